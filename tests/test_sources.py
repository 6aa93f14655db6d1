"""Each kind of public collection, from a loopback server that answers in its true shape."""

from __future__ import annotations

import hashlib
import json
import random
import socket
import subprocess
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from alignment_qa.errors import CollectionUnknown, FetchFailed
from alignment_qa.types import Document
from ingest import readers, sources
from ingest.sources.bring import Brought, bring
from ingest.sources.fetch import Fetch
from ingest.sources.original import Collection
from tests.upstream_server import Answer, Asked, Upstream


def documents(brought: Brought) -> list[Document]:
    """What ingest reads from the files that were brought, by title."""
    parts = [part for path in brought.files for _, part in readers.read_all(path, collection=path.parent.name)]
    assert all(isinstance(part, Document) for part in parts), parts
    return sorted((part for part in parts if isinstance(part, Document)), key=lambda d: d.source.title)


def of(kind: str, upstream: Upstream, path: str = "", **options: Any) -> Collection:
    return Collection(kind, kind, upstream.address + path, licence="unknown", options=options)


# aisafety.info


def question(n: int, **other: Any) -> dict[str, Any]:
    return {
        "title": f"What is kelp, part {n}?",
        "pageid": f"8K{n}",
        "text": "<p>unused</p>",
        "markdown": f"Kelp number {n} is a large brown alga.\n\nIt grows fast.\n\n## Scratchpad\n\nwrite this",
        "answerEditLink": None,
        "relatedQuestions": [{"title": "What is a reef?", "pageid": "9A"}],
        "tags": ["Definitions"],
        "banners": [{"title": "In progress", "text": "…"}],
        "status": "Live on site",
        "updatedAt": f"2024-03-{n + 1:02}T00:00:00.000Z",
        "alternatePhrasings": f"How would you define kelp {n}?\nWhat does kelp {n} mean?",
        "subtitle": None,
        **other,
    }


def test_the_answers_of_aisafety_info_keep_their_questions(upstream: Upstream, fetch: Fetch) -> None:
    data = [question(0), question(1), question(2, status="In progress"), question(3, markdown=None, text=None)]
    body = json.dumps({"data": data, "timestamp": "2024-05-01"})
    upstream.routes["/questions/allQuestionsOnSite"] = Answer(body, "application/json")
    brought = bring(of("stampy", upstream), fetch)
    first, second = documents(brought)
    assert (brought.whole, len(brought.files)) == (True, 2)
    assert first.source.title == "What is kelp, part 0?"
    assert first.text == "Kelp number 0 is a large brown alga.\n\nIt grows fast."
    assert set(first.questions) == {
        "What is kelp, part 0?",
        "How would you define kelp 0?",
        "What does kelp 0 mean?",
    }
    assert "What is a reef?" in first.related
    assert first.source.tags == ("Definitions", "In progress")
    assert first.source.url == upstream.address + "/questions/8K0"
    assert second.source.published == "2024-03-02"


# arXiv


def paper(n: int, comment: str = "") -> str:
    noted = f"<arxiv:comment>{comment}</arxiv:comment>" if comment else ""
    return f"""<entry><id>http://arxiv.org/abs/2301.{n:05}v2</id><updated>2023-02-01T00:00:00Z</updated>
<published>2023-01-{n + 1:02}T00:00:00Z</published><title>On the Growth
  of Kelp, Part {n}</title><summary>We measure kelp.</summary>
<author><name>Ada Reef</name></author><author><name>Bo Tide</name></author>{noted}
<link href="http://arxiv.org/abs/2301.{n:05}v2" rel="alternate" type="text/html"/>
<category term="q-bio.PE" scheme="http://arxiv.org/schemas/atom"/></entry>"""


def atom(papers: list[str], total: int) -> Answer:
    head = (
        '<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom" '
        'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        f"<title>query</title><id>x</id><opensearch:totalResults>{total}</opensearch:totalResults>"
    )
    return Answer(head + "".join(papers) + "</feed>", "application/atom+xml; charset=UTF-8")


def rendered(n: int) -> Answer:
    words = f"Kelp forest {n} grew by a third over ten summers, which surprised everybody who had measured it."
    page = f'<html><body><article class="ltx_document"><h1>On the Growth of Kelp, Part {n}</h1><p>{words}</p></article>'
    return Answer(page + "</body></html>")


def licensed(asked: Asked) -> Answer:
    record = (
        '<OAI-PMH xmlns="http://www.openarchives.org/OAI/2.0/"><GetRecord><record><metadata>'
        '<arXiv xmlns="http://arxiv.org/OAI/arXiv/"><id>2301.00000</id>'
        "<license>http://creativecommons.org/licenses/by/4.0/</license></arXiv></metadata></record></GetRecord></OAI-PMH>"
    )
    return Answer(record if asked.query["metadataPrefix"] == ["arXiv"] else "", "text/xml")


def pdf(words: str) -> bytes:
    """A page of text that a PDF reader can read."""
    from io import BytesIO

    from pypdf import PdfWriter
    from pypdf.generic import DecodedStreamObject, DictionaryObject, NameObject

    writer = PdfWriter()
    page = writer.add_blank_page(612, 792)
    font = {"/Type": "/Font", "/Subtype": "/Type1", "/BaseFont": "/Helvetica"}
    fonts = DictionaryObject({NameObject(name): NameObject(value) for name, value in font.items()})
    page[NameObject("/Resources")] = DictionaryObject(
        {NameObject("/Font"): DictionaryObject({NameObject("/F1"): fonts})}
    )
    content = DecodedStreamObject()
    content.set_data(f"BT /F1 11 Tf 72 700 Td ({words}) Tj ET".encode())
    page[NameObject("/Contents")] = writer._add_object(content)
    written = BytesIO()
    writer.write(written)
    return written.getvalue()


def test_papers_come_as_html_or_pdf_with_the_licence_their_authors_chose(upstream: Upstream, fetch: Fetch) -> None:
    papers = [paper(0), paper(1), paper(2, "This paper has been withdrawn by the authors")]
    upstream.routes["/api/query"] = atom(papers, 3)
    upstream.routes["/html/2301.00000v2"] = rendered(0)
    upstream.routes["/pdf/2301.00001v2"] = Answer(pdf("Kelp of the second part was smaller in all."), "application/pdf")
    upstream.routes["/oai"] = licensed
    collection = of("arxiv", upstream, categories=["q-bio.PE"], query="abs:kelp", metadata=upstream.address + "/oai")
    brought = bring(collection, fetch)
    asked = upstream.asked[0].query
    assert asked["search_query"] == ["(abs:kelp) AND (cat:q-bio.PE)"]
    assert brought.skipped == [("https://arxiv.org/abs/2301.00002", "2301.00002 was withdrawn by its authors")]
    first, second = documents(brought)
    assert first.source.title == "On the Growth of Kelp, Part 0"
    assert first.source.authors == ("Ada Reef", "Bo Tide")
    assert first.source.licence == "http://creativecommons.org/licenses/by/4.0/"
    assert (first.source.url, first.source.published) == ("https://arxiv.org/abs/2301.00000", "2023-01-01")
    assert first.source.tags == ("q-bio.PE",)
    assert "grew by a third" in first.text
    assert second.source.title == "On the Growth of Kelp, Part 1"
    assert "smaller in all" in second.text
    asked_before = len(upstream.asked)
    assert bring(collection, fetch).kept == 2
    assert {each.path for each in upstream.asked[asked_before:]} == {"/api/query"}


def test_a_list_of_papers_has_pages_of_which_one_may_be_empty(upstream: Upstream, fetch: Fetch) -> None:
    empty = [True]

    def answer(asked: Asked) -> Answer:
        start = int(asked.query["start"][0])
        if start == 100 and empty:
            empty.pop()
            return atom([], 103)
        return atom([paper(n) for n in range(start, min(start + 100, 103))], 103)

    upstream.routes["/api/query"] = answer
    for n in range(103):
        upstream.routes[f"/html/2301.{n:05}v2"] = rendered(n)
    brought = bring(of("arxiv", upstream, query="abs:kelp"), fetch)
    assert (brought.fetched, brought.whole, brought.broken) == (103, True, "")
    upstream.routes["/api/query"] = lambda asked: atom([], 103) if asked.query["start"] != ["0"] else answer(asked)
    again = bring(of("arxiv", upstream, query="abs:kelp"), fetch)
    assert "100 of 103" in again.broken
    assert again.gone == []
    cut = str(atom([paper(0)], 1).body)[:-20]
    upstream.routes["/api/query"] = Answer(cut, "application/atom+xml")
    assert "broken XML" in bring(of("arxiv", upstream, query="abs:kelp"), fetch).broken


def test_papers_can_be_named_and_dates_bound(upstream: Upstream, fetch: Fetch) -> None:
    upstream.routes["/api/query"] = atom([paper(0)], 1)
    upstream.routes["/html/2301.00000v2"] = rendered(0)
    assert bring(of("arxiv", upstream, ids=["2301.00000"]), fetch).fetched == 1
    assert upstream.asked[0].query["id_list"] == ["2301.00000"]
    bring(of("arxiv", upstream, query="abs:kelp"), fetch, since=date(2023, 1, 1))
    assert upstream.asked[-1].query["search_query"] == ["(abs:kelp) AND submittedDate:[202301010000 TO 299912312359]"]


def test_an_error_of_arxiv_is_said(upstream: Upstream, fetch: Fetch) -> None:
    wrong = "<entry><id>http://arxiv.org/api/errors#bad</id><title>Error</title><summary>incorrect id format</summary></entry>"
    upstream.routes["/api/query"] = atom([wrong], 1)
    assert "incorrect id format" in bring(of("arxiv", upstream, ids=["x"]), fetch).broken


# feeds


SPEECH = "".join(
    f"<p><strong>Ada Reef:</strong> What of kelp number {n}?</p><p><strong>Bo Tide:</strong> It grows by half a metre a day.</p>"
    for n in range(12)
)


def rss(items: str, generator: str = "") -> Answer:
    head = (
        '<?xml version="1.0"?><rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/" '
        'xmlns:dc="http://purl.org/dc/elements/1.1/"><channel><title>The Kelp Blog</title><link>https://kelp.example</link>'
        f"<description>d</description><copyright>CC BY 4.0</copyright><generator>{generator}</generator>"
    )
    return Answer(head + items + "</channel></rss>", "application/rss+xml; charset=UTF-8")


def item(upstream: Upstream, n: int, text: str = "", summary: str = "Short.") -> str:
    whole = f"<content:encoded><![CDATA[{text}]]></content:encoded>" if text else ""
    return (
        f"<item><title>Kelp talk {n}</title><link>{upstream.address}/talks/{n}</link><guid>talk-{n}</guid>"
        f"<pubDate>Tue, {n + 1:02} Aug 2023 10:00:00 +0000</pubDate><dc:creator>Ada Reef</dc:creator>"
        f"<category>transcripts</category><description><![CDATA[{summary}]]></description>{whole}</item>"
    )


def test_a_feed_gives_transcripts_whole_and_fetches_what_it_only_announces(upstream: Upstream, fetch: Fetch) -> None:
    cut = "<p>" + "Kelp is cut short here. " * 20 + "[…]</p>"
    items = [item(upstream, 0, SPEECH), item(upstream, 1), item(upstream, 2, cut)]
    upstream.routes["/feed.xml"] = rss("".join(items))
    for n in (1, 2):
        page = f"<html><body><article><h1>Kelp talk {n}</h1><p>The whole of talk {n} is on its page.</p></article></body></html>"
        upstream.routes[f"/talks/{n}"] = Answer(page, headers={"ETag": f'"{n}"'})
    brought = bring(of("feed", upstream, "/feed.xml"), fetch)
    first, second, third = documents(brought)
    assert not brought.whole  # what a feed no longer names has not gone
    assert first.text.startswith("Ada Reef: What of kelp number 0?\n\nBo Tide: It grows by half a metre a day.")
    assert first.source.authors == ("Ada Reef",)
    assert (first.source.published, first.source.licence) == ("2023-08-01", "CC BY 4.0")
    assert first.source.tags == ("transcripts",)
    assert "The whole of talk 1" in second.text
    assert "The whole of talk 2" in third.text
    assert second.source.url == upstream.address + "/talks/1"
    assert bring(of("feed", upstream, "/feed.xml"), fetch).fetched == 0


def test_the_pages_of_a_wordpress_feed_are_all_read(upstream: Upstream, fetch: Fetch) -> None:
    def answer(asked: Asked) -> Answer:
        number = int(asked.query.get("paged", ["1"])[0])
        if number > 3:
            return Answer("nothing", status=404)
        return rss(item(upstream, number, SPEECH + f"<p>{number}</p>"), "https://wordpress.org/?v=6.4")

    upstream.routes["/feed/"] = answer
    brought = bring(of("feed", upstream, "/feed/"), fetch)
    assert (brought.fetched, brought.whole) == (3, True)


def test_an_atom_feed_with_a_next_page_and_a_licence(upstream: Upstream, fetch: Fetch) -> None:
    def page(n: int, following: str) -> Answer:
        entry = (
            f'<entry><id>tag:{n}</id><title>Kelp {n}</title><link href="/k/{n}"/><updated>2023-01-0{n}T00:00:00Z</updated>'
            f'<content type="html">{SPEECH.replace("<", "&lt;")}&lt;p&gt;{n}&lt;/p&gt;</content></entry>'
        )
        head = '<feed xmlns="http://www.w3.org/2005/Atom"><title>Kelp</title><id>k</id><author><name>Cy Wave</name></author>'
        rights = '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/"/>'
        return Answer(f"{head}{rights}{following}{entry}</feed>", "application/atom+xml")

    upstream.routes["/atom"] = page(1, '<link rel="next" href="/atom2"/>')
    upstream.routes["/atom2"] = page(2, "")
    brought = bring(of("feed", upstream, "/atom"), fetch)
    assert (brought.fetched, brought.whole) == (2, True)
    first = documents(brought)[0].source
    assert (first.authors, first.url) == (("Cy Wave",), upstream.address + "/k/1")
    assert first.licence == "https://creativecommons.org/licenses/by/4.0/"


@pytest.mark.parametrize("path", ["/feed.xml", "/sitemap.xml"])
def test_xml_that_declares_entities_is_refused(upstream: Upstream, fetch: Fetch, path: str) -> None:
    bomb = '<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><urlset><url><loc>&b;</loc></url></urlset>'
    upstream.routes[path] = Answer(bomb, "application/xml")
    brought = bring(of("feed" if "feed" in path else "site", upstream, path), fetch)
    assert "entities" in brought.broken or "neither" in brought.broken
    assert brought.files == []


@pytest.mark.parametrize("body", ["<html>no feed</html>", "", "<rss version='2.0'><channel><item><title>cut"])
def test_what_is_no_feed_is_said_to_be_none(upstream: Upstream, fetch: Fetch, body: str) -> None:
    upstream.routes["/feed.xml"] = Answer(body, "text/xml")
    brought = bring(of("feed", upstream, "/feed.xml"), fetch)
    assert brought.files == []
    assert not brought.whole


# sites


def kelp_page(n: int, words: str = "", licence: str = "") -> Answer:
    shown = f'<a rel="license" href="{licence}">licence</a>' if licence else ""
    text = words or f"Page {n} tells of kelp that grows under the ice of the northern sea."
    body = f"<html><head><title>Kelp {n}</title></head><body><article><h1>Kelp {n}</h1><p>{text}</p></article>{shown}</body></html>"
    return Answer(body, headers={"ETag": f'"{hashlib.sha256(body.encode()).hexdigest()[:8]}"'})


def sitemap(upstream: Upstream, *pages: tuple[str, str]) -> Answer:
    urls = "".join(
        f"<url><loc>{place if '://' in place else upstream.address + place}</loc>"
        + (f"<lastmod>{day}</lastmod>" if day else "")
        + "</url>"
        for place, day in pages
    )
    return Answer(f'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">{urls}</urlset>', "application/xml")


def test_a_site_is_read_by_its_sitemap_and_read_again_only_where_it_changed(upstream: Upstream, fetch: Fetch) -> None:
    index = f"<sitemapindex><sitemap><loc>{upstream.address}/pages.xml</loc></sitemap></sitemapindex>"
    upstream.routes["/sitemap.xml"] = Answer(index, "text/xml")
    pages = [
        ("/kelp/1", "2024-01-01"),
        ("/kelp/2", ""),
        ("/kelp/3", ""),
        ("/login", ""),
        ("http://other.example/x", ""),
    ]
    upstream.routes["/pages.xml"] = sitemap(upstream, *pages)
    upstream.routes["/robots.txt"] = Answer("User-agent: *\nDisallow: /kelp/3", "text/plain")
    upstream.routes["/kelp/1"] = kelp_page(1, licence="https://creativecommons.org/licenses/by/4.0/")
    upstream.routes["/kelp/2"] = kelp_page(2)
    collection = of("site", upstream, "/sitemap.xml", exclude=["/login"])
    brought = bring(collection, fetch)
    assert (brought.fetched, brought.whole) == (2, True)
    ((refused, why),) = brought.skipped
    assert (refused, "robots.txt" in why) == (upstream.address + "/kelp/3", True)
    first, second = documents(brought)
    assert first.source.licence == "https://creativecommons.org/licenses/by/4.0/"
    assert second.source.licence == "unknown"
    assert second.source.url == upstream.address + "/kelp/2"

    upstream.asked.clear()
    upstream.routes["/pages.xml"] = sitemap(upstream, *pages[:2])
    again = bring(collection, fetch)
    assert (again.fetched, again.kept) == (0, 2)
    assert "/kelp/1" not in upstream.paths()  # its day has not changed
    assert "/kelp/2" in upstream.paths()  # it tells no day: asked, and answered 304

    upstream.routes["/kelp/2"] = kelp_page(2, "Page 2 now tells of kelp that was lost to a warm summer.")
    upstream.routes["/pages.xml"] = sitemap(upstream, *pages[1:2])
    last = bring(collection, fetch)
    assert (last.fetched, last.gone) == (1, [upstream.address + "/kelp/1"])
    assert "warm summer" in documents(last)[0].text


def test_a_page_that_has_gone_stays_until_the_list_no_longer_names_it(upstream: Upstream, fetch: Fetch) -> None:
    upstream.routes["/sitemap.xml"] = sitemap(upstream, ("/kelp/1", ""))
    upstream.routes["/kelp/1"] = kelp_page(1)
    bring(of("site", upstream, "/sitemap.xml"), fetch)
    del upstream.routes["/kelp/1"]
    again = bring(of("site", upstream, "/sitemap.xml"), fetch)
    assert "not there any more" in again.skipped[0][1]
    assert len(again.files) == 1


def test_a_single_address_may_be_a_page_a_pdf_or_a_feed(upstream: Upstream, fetch: Fetch) -> None:
    upstream.routes["/page"] = kelp_page(1)
    upstream.routes["/paper.pdf"] = Answer(pdf("Kelp grows in cold and shallow water."), "application/pdf")
    upstream.routes["/feed"] = rss(item(upstream, 0, SPEECH))
    upstream.routes["/notes.md"] = Answer("# Notes\n\nKelp *sways* in the swell.", "text/plain")
    texts = {}
    for path in ("/page", "/paper.pdf", "/feed", "/notes.md"):
        collection = sources.asked(upstream.address + path, {})
        (found,) = documents(bring(collection, fetch))
        texts[path] = found.text
    assert "northern sea" in texts["/page"]
    assert "cold and shallow" in texts["/paper.pdf"]
    assert texts["/feed"].startswith("Ada Reef:")
    assert texts["/notes.md"] == "Kelp sways in the swell."


# repositories


@pytest.fixture
def repository(upstream: Upstream, tmp_path: Path) -> Path:
    """A Git repository of documents, served as any server of repositories does, by `git http-backend`."""
    work = tmp_path / "work"
    work.mkdir()
    git(work, "init", "--quiet", "--initial-branch=main")
    (work / "docs").mkdir()
    (work / "docs" / "kelp.md").write_text("# Kelp\n\nKelp is a large brown alga of cold water.\n")
    (work / "docs" / "draft.md").write_text("# Draft\n\nNot yet.\n")
    (work / "LICENSE.txt").write_text("Do as you like.\n")
    (work / "code.py").write_text("print(1)\n")
    (work / "docs" / "link.md").symlink_to("/etc/hostname")
    (work / ".git" / "hooks" / "post-checkout").write_text("#!/bin/sh\ntouch /tmp/never\n")
    commit(work)

    def answer(asked: Asked) -> Answer:
        environment = {
            "GIT_PROJECT_ROOT": str(tmp_path), "GIT_HTTP_EXPORT_ALL": "1", "REQUEST_METHOD": asked.method,
            "PATH_INFO": asked.path.replace("/kelp.git", "/work/.git"),
            "QUERY_STRING": "&".join(f"{name}={value[0]}" for name, value in asked.query.items()),
            "CONTENT_TYPE": asked.headers.get("content-type", ""), "CONTENT_LENGTH": str(len(asked.body)),
            "GIT_PROTOCOL": asked.headers.get("git-protocol", ""), "PATH": "/usr/bin:/bin",
            "HTTP_CONTENT_ENCODING": asked.headers.get("content-encoding", ""), "REMOTE_USER": "", "REMOTE_ADDR": "",
        }  # fmt: skip
        done = subprocess.run(
            ["git", "http-backend"], input=asked.body, capture_output=True, env=environment, check=False
        )
        head, _, body = done.stdout.partition(b"\r\n\r\n")
        told = dict(line.split(": ", 1) for line in head.decode().split("\r\n") if ": " in line)
        return Answer(body, told.get("Content-Type", "text/plain"), int(told.get("Status", "200").split()[0]))

    for path in ("info/refs", "git-upload-pack"):
        upstream.routes[f"/kelp.git/{path}"] = answer
    return work


def git(folder: Path, *words: str) -> None:
    who = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    subprocess.run(["git", "-C", str(folder), *who, *words], check=True, capture_output=True)


def commit(folder: Path) -> None:
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "more")


def test_the_documents_of_a_repository_are_read_without_a_checkout(
    upstream: Upstream, fetch: Fetch, repository: Path
) -> None:
    collection = of("git", upstream, "/kelp.git", include=["docs/*"], exclude=["*/draft.md"])
    brought = bring(collection, fetch)
    assert (brought.broken, brought.skipped) == ("", [])
    (found,) = documents(brought)
    assert (found.source.title, found.text) == ("Kelp", "Kelp is a large brown alga of cold water.")
    assert found.source.url is not None
    assert found.source.url.startswith(upstream.address + "/kelp/blob/")
    assert found.source.url.endswith("/docs/kelp.md")

    (repository / "docs" / "kelp.md").write_text("# Kelp\n\nKelp is a large brown alga that is harvested.\n")
    (repository / "docs" / "otter.md").write_text("# Otters\n\nOtters eat urchins.\n")
    commit(repository)
    again = bring(collection, fetch)
    assert again.fetched == 2
    assert "harvested" in documents(again)[0].text
    (repository / "docs" / "kelp.md").unlink()
    commit(repository)
    assert bring(collection, fetch).gone == ["docs/kelp.md"]
    tell = sources.preview("git")
    assert tell
    assert "the last commit" in tell(collection, fetch)


def test_git_connects_to_the_number_that_was_checked(
    upstream: Upstream, fetch: Fetch, repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By a name that nobody but the check can resolve."""
    here = [(socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 80))]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *asked, **named: here)
    address = f"http://repository.example:{upstream.address.rpartition(':')[2]}/kelp.git"
    brought = bring(Collection("named", "git", address, options={"include": ["docs/kelp.md"]}), fetch)
    assert (brought.broken, brought.fetched) == ("", 1)


def test_a_repository_on_a_private_address_or_of_another_protocol_is_refused(upstream: Upstream, fetch: Fetch) -> None:
    with Fetch(pace=0) as strict:
        assert "--allow-private" in bring(of("git", upstream, "/kelp.git"), strict).broken
    for address in ("file:///tmp/x.git", "ssh://example.org/x.git", "ext::sh -c id"):
        assert "not an http" in bring(Collection("x", "git", address), fetch).broken
    assert "git:" in bring(of("git", upstream, "/nothing.git"), fetch).broken


# data sets


def record(n: int, **other: Any) -> dict[str, Any]:
    """A record of the Alignment Research Dataset's shape."""
    url = f"https://kelp.example/{n}"
    return {
        "id": hashlib.md5(url.encode()).hexdigest(), "title": f"Kelp {n}", "url": url, "source": "lesswrong",
        "source_type": "GreaterWrong", "text": f"Kelp number {n} is *large*.\n\nIt is brown, and grows by the day.",
        "date_published": f"2021-05-0{n + 1}T00:00:00Z", "authors": ["Ada Reef", "Bo Tide"], "summaries": [],
        "karma": 31, "tags": ["Kelp", "Reef"], **other,
    }  # fmt: skip


def lines(*rows: dict[str, Any]) -> str:
    return "".join(json.dumps(row) + "\n" for row in rows)


def test_a_data_set_on_the_hub_is_fetched_by_its_files(upstream: Upstream, fetch: Fetch) -> None:
    tree = [
        {"type": "file", "path": "lesswrong.jsonl", "size": 900, "oid": "a"},
        {"type": "file", "path": "ebooks.jsonl", "size": 900, "oid": "b"},
        {"type": "file", "path": "README.md", "size": 10, "oid": "c"},
    ]
    upstream.routes["/api/datasets/kelp/set/tree/main"] = Answer(json.dumps(tree), "application/json")
    moved = Answer(status=302, headers={"Location": "/cdn/1"})
    upstream.routes["/datasets/kelp/set/resolve/main/lesswrong.jsonl"] = moved
    rows = [record(0), record(1), record(2, url="https://libgen.is/book"), record(3, source="other")]
    body = lines(*rows)
    upstream.routes["/cdn/1"] = Answer(body, "application/octet-stream", headers={"ETag": '"1"'})
    collection = of("dataset", upstream, "/datasets/kelp/set", files=["lesswrong"], sources=["lesswrong"])
    brought = bring(collection, fetch)
    assert (brought.fetched, brought.whole) == (2, True)
    assert "shadow library" in brought.skipped[0][1]
    first = documents(brought)[0]
    assert first.source.title == "Kelp 0"
    assert first.source.authors == ("Ada Reef", "Bo Tide")
    assert (first.source.published, first.source.score, first.source.tags) == ("2021-05-01", 31, ("Kelp", "Reef"))
    assert first.source.licence == "unknown"
    assert first.text == "Kelp number 0 is large.\n\nIt is brown, and grows by the day."
    assert bring(collection, fetch).kept == 2
    tell = sources.preview("dataset")
    assert tell
    assert "lesswrong.jsonl" in tell(collection, fetch)


def test_a_data_set_on_this_machine_needs_no_network(fetch: Fetch, tmp_path: Path) -> None:
    (tmp_path / "set.jsonl").write_text(lines(record(0), record(1)))
    listed = tmp_path / "mine.yaml"
    listed.write_text("mine:\n  kind: dataset\n  address: set.jsonl\n  licence: CC BY 4.0\n")
    collection = sources.collections(listed)["mine"]
    brought = bring(collection, fetch)
    assert [d.source.licence for d in documents(brought)] == ["CC BY 4.0"] * 2
    (tmp_path / "set.jsonl").write_text(lines(record(0)) + '{"title": "cut off')
    broken = bring(collection, fetch)
    assert "line 2" in broken.broken
    assert broken.gone == []


# the list of collections


def test_the_shipped_list_names_address_kind_and_what_is_known_of_the_licence() -> None:
    known = sources.collections()
    assert {"aisafety-info", "lesswrong", "alignment-forum", "ea-forum", "arbital", "arxiv-alignment"} <= set(known)
    assert {collection.kind for collection in known.values()} >= set(sources.KINDS) - {"site"}
    for collection in known.values():
        assert collection.what
        assert collection.licence or collection.terms
        assert collection.address.startswith("https://")
    assert known["arxiv-alignment"].pace >= 3


@pytest.mark.parametrize(
    "text", ["- a", "x: 1", "x: {kind: none, address: y}", "x/y: {kind: feed, address: y}", "a: ["]
)
def test_a_list_that_is_none_is_refused_with_the_reason(tmp_path: Path, text: str) -> None:
    (tmp_path / "list.yaml").write_text(text)
    with pytest.raises(CollectionUnknown, match=r"list\.yaml"):
        sources.collections(tmp_path / "list.yaml")


def test_what_is_not_known_is_refused_by_name() -> None:
    with pytest.raises(CollectionUnknown, match="'nothing'"):
        sources.asked("nothing", {})
    tell = sources.preview("dataset")
    assert tell
    with pytest.raises(FetchFailed, match="JSONL"):
        tell(Collection("x", "dataset", "/nowhere"), Fetch())


# answers of another shape


ODD: tuple[Any, ...] = (None, 7, "", "odd", [], {}, [None], {"a": 1}, True, [[]], -1e9, "\ud800")


def disturbed(value: Any, chance: random.Random, at: float = 0.06) -> Any:
    """A JSON value some of whose parts are something else."""
    if chance.random() < at:
        return chance.choice(ODD)
    if isinstance(value, dict):
        return {key: disturbed(each, chance, at) for key, each in value.items() if chance.random() > at / 2}
    return [disturbed(each, chance, at) for each in value] if isinstance(value, list) else value


@pytest.mark.parametrize("kind", ["stampy", "forum", "arbital", "dataset"])
def test_no_answer_however_odd_ends_the_program(upstream: Upstream, fetch: Fetch, kind: str, tmp_path: Path) -> None:
    from tests import test_sources_forum as forums

    chance = random.Random(7)
    posts = forums.Forum([forums.post(n) for n in range(3)])
    sound = {"forum": posts, "arbital": forums.wiki}

    def odd(asked: Asked) -> Answer:
        answered = sound[kind](asked) if kind in sound else Answer(json.dumps({"data": [question(0), question(1)]}))
        return Answer(json.dumps(disturbed(json.loads(answered.body), chance)), "application/json")

    upstream.routes["/graphql"] = upstream.routes["/questions/allQuestionsOnSite"] = odd
    for _ in range(60):
        collection = of(kind, upstream, "/graphql" if kind in sound else "")
        if kind == "dataset":
            (tmp_path / "set.jsonl").write_text(lines(*(disturbed(record(n), chance, 0.2) or {} for n in range(3))))
            collection = Collection(kind, kind, str(tmp_path / "set.jsonl"))
        brought = bring(collection, fetch, limit=20)
        for path in brought.paths:
            list(readers.read_all(path) if path.is_file() else ())

"""`python -m ingest --from NAME` as a person types it, against collections on loopback."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from alignment_qa.config import cache_folder
from alignment_qa.index import Index
from tests.conftest import ROOT
from tests.test_sources import kelp_page, question, sitemap
from tests.test_sources_forum import Forum, post
from tests.upstream_server import Answer, Asked, Upstream

pytestmark = pytest.mark.slow


@pytest.fixture
def home(upstream: Upstream, tmp_path: Path) -> Path:
    """A folder with a list of collections of one's own: a site of three pages and a forum."""
    (tmp_path / "cache").mkdir()
    for exported in cache_folder().glob("*.onnx"):  # once for all tests
        (tmp_path / "cache" / exported.name).symlink_to(exported)
    (tmp_path / "list.yaml").write_text(
        f"kelp:\n  kind: site\n  address: {upstream.address}/sitemap.xml\n  what: pages on kelp\n  pace: 0\n"
        f"  licence: CC BY 4.0\n  terms: none\n"
        f"forum:\n  kind: forum\n  address: {upstream.address}/graphql\n  what: posts\n  pace: 0\n  tags: [Kelp]\n"
    )
    upstream.routes["/sitemap.xml"] = sitemap(upstream, *((f"/kelp/{n}", "") for n in range(3)))
    for n in range(3):
        upstream.routes[f"/kelp/{n}"] = kelp_page(n)
    upstream.routes["/graphql"] = Forum([post(n) for n in range(4)])
    return tmp_path


def command(home: Path, *words: str) -> tuple[list[str], dict[str, str]]:
    typed = [sys.executable, "-m", "ingest", *words, "--upstream", str(home / "list.yaml"), "--allow-private"]
    return typed, {**os.environ, "ALIGNMENT_QA_CACHE": str(home / "cache"), "PYTHONPATH": str(ROOT)}


def ingest(home: Path, *words: str) -> subprocess.CompletedProcess[str]:
    typed, environment = command(home, *words)
    return subprocess.run(typed, cwd=home, env=environment, capture_output=True, text=True)


def titles(home: Path) -> set[str]:
    with Index.open(home / "index") as index:
        return {document.source.title for document in index.documents()}


def test_a_collection_is_fetched_indexed_and_kept_in_line(upstream: Upstream, home: Path) -> None:
    first = ingest(home, "--from", "kelp")
    assert first.returncode == 0, first.stderr
    assert "kelp: 3 documents fetched, 0 unchanged, 0 gone, 0 skipped; licence: CC BY 4.0" in first.stdout
    assert titles(home) == {"Kelp 0", "Kelp 1", "Kelp 2"}
    with Index.open(home / "index") as index:
        assert {d.source.licence for d in index.documents()} == {"CC BY 4.0"}
        assert {d.source.collection for d in index.documents()} == {"kelp"}
    listed = subprocess.run(
        [sys.executable, "-m", "ingest", "--list"], cwd=home, env=command(home)[1], capture_output=True, text=True
    )
    assert listed.stdout.count("CC BY 4.0") == 3

    upstream.routes["/kelp/1"] = kelp_page(1, "Page 1 was written anew and tells of urchins.")
    upstream.routes["/sitemap.xml"] = sitemap(upstream, ("/kelp/0", ""), ("/kelp/1", ""))
    few = ingest(home, "--from", "kelp", "--limit", "1")
    assert few.returncode == 0, few.stderr
    assert titles(home) == {"Kelp 0", "Kelp 1", "Kelp 2"}  # a bounded run takes nothing for gone
    again = ingest(home, "--from", "kelp")
    assert "1 documents fetched, 1 unchanged, 1 gone" in again.stdout
    with Index.open(home / "index") as index:
        texts = {d.source.title: d.text for d in index.documents()}
    assert set(texts) == {"Kelp 0", "Kelp 1"}
    assert "urchins" in texts["Kelp 1"]


def test_a_limit_bounds_what_is_indexed_even_when_more_was_fetched_before(upstream: Upstream, home: Path) -> None:
    ingest(home, "--from", "forum")
    (home / "index").rename(home / "other")
    assert ingest(home, "--from", "forum", "--limit", "2").returncode == 0
    assert len(titles(home)) == 2


def test_what_a_collection_says_anew_of_a_document_arrives_though_its_text_is_the_same(
    upstream: Upstream, home: Path
) -> None:
    posts = [post(n) for n in range(3)]
    upstream.routes["/graphql"] = Forum(posts)
    ingest(home, "--from", "forum")
    posts[1]["coauthors"] = [{"displayName": "Bo Tide"}]
    posts[2]["baseScore"] = 900.0
    again = ingest(home, "--from", "forum")
    assert "0 documents fetched, 3 unchanged" in again.stdout
    assert "1 documents read" in again.stdout
    with Index.open(home / "index") as index:
        authors = {d.source.title: d.source.authors for d in index.documents()}
    assert authors["On kelp, part 1"] == ("Ada Reef", "Bo Tide")
    assert len(authors) == 3
    (home / "list.yaml").write_text(
        (home / "list.yaml").read_text().replace("what: posts", "what: posts\n  licence: CC0")
    )
    ingest(home, "--from", "forum")
    with Index.open(home / "index") as index:
        assert {d.source.licence for d in index.documents()} == {"CC0"}
    assert "0 documents read" in ingest(home, "--from", "forum").stdout


def test_a_broken_listing_leaves_the_index_as_it_is_and_says_so(upstream: Upstream, home: Path) -> None:
    ingest(home, "--from", "forum")
    upstream.routes["/graphql"] = Answer("<html>Are you a person?</html>", status=403)
    broken = ingest(home, "--from", "forum")
    assert broken.returncode == 1
    assert "refuses programs (403)" in broken.stderr
    assert "Traceback" not in broken.stderr
    assert len(titles(home)) == 4


def test_loopback_is_refused_without_being_allowed(upstream: Upstream, home: Path) -> None:
    typed, environment = command(home, "--from", "kelp")
    typed.remove("--allow-private")
    result = subprocess.run(typed, cwd=home, env=environment, capture_output=True, text=True)
    assert result.returncode == 1
    assert "127.0.0.1 is a private address; --allow-private allows that" in result.stderr
    assert upstream.asked == []
    assert not (home / "index").exists()


def test_a_dry_run_says_what_would_be_fetched_and_under_which_licence(upstream: Upstream, home: Path) -> None:
    result = ingest(home, "--from", "kelp", "--from", "forum", "--dry-run")
    assert result.returncode == 0, result.stderr
    assert f"new    {upstream.address}/kelp/1 · CC BY 4.0" in result.stdout
    assert "On kelp, part 2 · Ada Reef · 2023-01-03" in result.stdout
    assert "licence not known" in result.stdout
    assert not any(path.startswith("/kelp/") for path in upstream.paths())
    assert not (home / "index").exists()


def test_the_collections_are_listed_with_licence_and_terms(home: Path) -> None:
    result = ingest(home, "--from")
    assert (result.returncode, result.stderr) == (0, "")
    assert "pages on kelp" in result.stdout
    assert "licence: CC BY 4.0; terms: none" in result.stdout
    assert "licence: not known" in result.stdout


def test_options_narrow_a_collection_for_a_run(upstream: Upstream, home: Path) -> None:
    posts = [post(n) for n in range(4)]
    posts[2]["tags"] = [{"name": "Inner Kelp"}]
    upstream.routes["/graphql"] = Forum(posts)
    assert ingest(home, "--from", "forum", "--only", "tags=Inner Kelp,Outer Kelp").returncode == 0
    assert titles(home) == {"On kelp, part 2"}


def test_a_single_page_and_a_folder_can_be_taken_together(upstream: Upstream, home: Path, library: Path) -> None:
    result = ingest(home, str(library), "--from", upstream.address + "/kelp/1")
    assert result.returncode == 0, result.stderr
    assert "Kelp 1" in titles(home)
    assert len(titles(home)) == 4


def test_wrong_words_are_refused_with_the_reason(home: Path) -> None:
    for words, why in (
        (["--from", "nothing"], "No collection 'nothing'"),
        (["--from", "kelp", "--since", "yesterday"], "not a day"),
        (["--from", "kelp", "--limit", "0"], "not a number"),
        (["--from", "kelp", "--only", "tags"], "NAME=VALUE"),
        (["--from", "kelp", "--watch"], "--watch"),
        (["--dry-run"], "--dry-run goes with --from"),
    ):
        result = ingest(home, *words)
        assert (result.returncode, why in result.stderr) == (2, True), result.stderr
        assert "Traceback" not in result.stderr


def test_a_header_that_opens_a_host_comes_from_the_environment(upstream: Upstream, home: Path) -> None:
    posts = Forum([post(0)])
    closed = Answer("Are you a person?", status=403)
    upstream.routes["/graphql"] = lambda asked: posts(asked) if asked.headers.get("x-reader") == "s3" else closed
    typed, environment = command(home, "--from", "forum", "--dry-run")
    for access, status, words in (
        ("127.0.0.1 X-Reader: s3", 0, "On kelp, part 0"),
        ("other.example X-Reader: s3", 1, "refuses programs"),
        ("s3", 2, "HOST NAME: VALUE"),
    ):
        told = {**environment, "ALIGNMENT_QA_ACCESS": access}
        result = subprocess.run(typed, cwd=home, env=told, capture_output=True, text=True)
        assert (result.returncode, words in result.stdout + result.stderr) == (status, True), result.stderr
        assert "Traceback" not in result.stderr
        assert "s3" not in result.stdout + result.stderr or access == "s3"


def test_ctrl_c_keeps_what_was_fetched_and_the_next_run_goes_on(upstream: Upstream, home: Path) -> None:
    slow = {"on": True}

    def page(asked: Asked) -> Answer:
        if slow["on"]:
            time.sleep(30)
        return kelp_page(2)

    upstream.routes["/kelp/2"] = page
    typed, environment = command(home, "--from", "kelp")
    with subprocess.Popen(
        typed, cwd=home, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    ) as run:
        until = time.monotonic() + 60
        while "/kelp/2" not in upstream.paths() and time.monotonic() < until:
            time.sleep(0.05)
        run.send_signal(signal.SIGINT)
        _, said = run.communicate(timeout=30)
    assert run.returncode == 130
    assert "the same command goes on from there" in said
    assert "Traceback" not in said
    slow["on"] = False
    upstream.asked.clear()
    again = ingest(home, "--from", "kelp")
    assert "1 documents fetched, 2 unchanged" in again.stdout
    assert len(titles(home)) == 3


def test_an_answer_of_aisafety_info_is_answered_with_its_source(upstream: Upstream, home: Path) -> None:
    import json

    with (home / "list.yaml").open("a") as more:
        more.write(f"answers:\n  kind: stampy\n  address: {upstream.address}\n  pace: 0\n  licence: CC BY-SA 4.0\n")
    data = [question(0, title="What is kelp?", markdown="Kelp is a large brown alga that grows in cold, shallow sea.")]
    upstream.routes["/questions/allQuestionsOnSite"] = Answer(json.dumps({"data": data}), "application/json")
    assert ingest(home, "--from", "answers").returncode == 0
    typed = [sys.executable, "-m", "alignment_qa", "What is kelp?", "--json", "--index", "index"]
    result = subprocess.run(typed, cwd=home, env=command(home)[1], capture_output=True, text=True)
    (cited, *_) = json.loads(result.stdout)["citations"]
    assert cited["url"] == upstream.address + "/questions/8K0"
    assert cited["licence"] == "CC BY-SA 4.0"

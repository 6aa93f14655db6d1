"""Posts of a forum and pages of Arbital, from a loopback server that answers the GraphQL that is asked."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest

from alignment_qa.types import Document
from ingest.sources.bring import Brought, bring, listed
from ingest.sources.fetch import Fetch
from ingest.sources.original import Collection
from tests.test_sources import documents
from tests.upstream_server import Answer, Asked, Upstream


def post(n: int, **other: Any) -> dict[str, Any]:
    """A post as the forum's GraphQL gives it."""
    day = f"2023-{1 + n // 28:02}-{1 + n % 28:02}T10:00:00.000Z"
    return {
        "_id": f"id{n:03}",
        "title": f"On kelp, part {n}",
        "slug": f"on-kelp-{n}",
        "pageUrl": f"https://forum.example/posts/id{n:03}/on-kelp-{n}",
        "postedAt": day,
        "modifiedAt": day,
        "baseScore": 20.0,
        "voteCount": 9,
        "commentCount": 2,
        "wordCount": 30,
        "af": n % 2 == 0,
        "tags": [{"name": "Kelp"}],
        "user": {"displayName": "Ada Reef"},
        "coauthors": [],
        "contents": {
            "markdown": f"Kelp forest number {n} is a dense stand of **brown algae** in cold water.\n\n## More\n\nIt is tall."
        },
        "htmlBody": "<p>unused</p>",
        **other,
    }


class Forum:
    """Speaks the two questions that a source asks: a page of facts, and some posts' texts."""

    def __init__(self, posts: list[dict[str, Any]], most: int = 50) -> None:
        self.posts, self.most = posts, most
        self.pages: list[str] = []
        self.texts: list[list[str]] = []

    def __call__(self, asked: Asked) -> Answer:
        query = json.loads(asked.body)["query"]
        by_id = {each["_id"]: each for each in self.posts}
        if "posts(" in query:
            after = re.search(r'after: "([^"]*)"', query)
            assert after
            assert 'view: "old"' in query
            self.pages.append(after[1])
            karma = int(re.search(r"karmaThreshold: (\d+)", query)[1])  # type: ignore[index]
            found = sorted(self.posts, key=lambda each: each["postedAt"])
            found = [each for each in found if each["postedAt"] >= after[1] and each["baseScore"] >= karma][: self.most]
            facts = [{k: v for k, v in each.items() if k not in ("contents", "htmlBody")} for each in found]
            return Answer(json.dumps({"data": {"posts": {"totalCount": None, "results": facts}}}), "application/json")
        wanted = re.findall(r'(p\d+): post\(input: \{selector: \{_id: "(\w+)"\}\}\)', query)
        self.texts.append([key for _, key in wanted])
        data = {
            alias: {"result": {k: by_id[key].get(k) for k in ("_id", "contents", "htmlBody")}} for alias, key in wanted
        }
        return Answer(json.dumps({"data": data}), "application/json; charset=utf-8")


def forum(upstream: Upstream, **options: Any) -> Collection:
    licence = "the author's own"
    return Collection("forum", "forum", upstream.address + "/graphql", licence=licence, options=options)


def test_all_posts_of_all_pages_come_with_what_the_forum_says_of_them(upstream: Upstream, fetch: Fetch) -> None:
    posts = [post(n) for n in range(57)]
    posts[3]["coauthors"] = [{"displayName": "Bo Tide"}, {"displayName": "Ada Reef"}]
    server = upstream.routes["/graphql"] = Forum(posts)
    brought = bring(forum(upstream), fetch)
    assert (brought.fetched, brought.whole, brought.skipped, brought.broken) == (57, True, [], "")
    assert len(server.pages) == 3  # fifty, seven and the one that they end with, then none that is new
    assert sum(map(len, server.texts)) == 57
    found = {document.source.title: document for document in documents(brought)}
    assert len(found) == 57
    third = found["On kelp, part 3"].source
    assert third.authors == ("Ada Reef", "Bo Tide")
    assert third.published == "2023-01-04"
    assert third.url == "https://forum.example/posts/id003/on-kelp-3"
    assert (third.tags, third.score, third.licence, third.collection) == (("Kelp",), 20, "the author's own", "forum")
    assert found["On kelp, part 3"].text.startswith("Kelp forest number 3 is a dense stand of brown algae")


def test_a_second_run_asks_only_for_the_texts_that_changed(upstream: Upstream, fetch: Fetch) -> None:
    posts = [post(n) for n in range(12)]
    server = upstream.routes["/graphql"] = Forum(posts)
    bring(forum(upstream), fetch)
    server.texts.clear()
    posts[5]["contents"] = {"markdown": "Kelp forest number 5 has shrunk by half since it was first described here."}
    posts[5]["modifiedAt"] = "2024-02-02T00:00:00.000Z"
    del posts[9]
    again = bring(forum(upstream), fetch)
    assert (again.fetched, again.kept, again.gone) == (1, 10, ["id009"])
    assert server.texts == [["id005"]]
    assert "has shrunk" in next(d for d in documents(again) if d.source.title.endswith("part 5")).text


def test_a_stopped_run_goes_on_where_it_was(upstream: Upstream, fetch: Fetch) -> None:
    server = upstream.routes["/graphql"] = Forum([post(n) for n in range(30)])

    class Stopped(Exception):
        pass

    def stop(title: str) -> None:
        if title.endswith("part 14"):
            raise Stopped

    with pytest.raises(Stopped):
        bring(forum(upstream), fetch, progress=stop)
    server.texts.clear()
    assert bring(forum(upstream), fetch).kept == 15
    assert sum(map(len, server.texts)) == 15


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ({"tags": ["Reef"]}, {"id001", "id002"}),
        ({"authors": ["bo tide"]}, {"id002", "id003"}),
        ({"karma": 100}, {"id004"}),
        ({"af": True}, {"id000", "id002", "id004"}),
    ],
)
def test_posts_are_chosen_by_tag_author_karma_and_forum(
    upstream: Upstream, fetch: Fetch, options: dict[str, Any], expected: set[str]
) -> None:
    posts = [post(n) for n in range(5)]
    posts[1]["tags"] = posts[2]["tags"] = [{"name": "Reef"}, {"name": "Kelp"}]
    posts[2]["user"] = {"displayName": "Bo Tide"}
    posts[3]["coauthors"] = [{"displayName": "Bo Tide"}]
    posts[4]["baseScore"] = 150
    server = upstream.routes["/graphql"] = Forum(posts)
    bring(forum(upstream, **options), fetch)
    assert {key for keys in server.texts for key in keys} == expected


def test_the_licence_of_a_post_depends_on_its_day(upstream: Upstream, fetch: Fetch) -> None:
    upstream.routes["/graphql"] = Forum([post(n) for n in (0, 40)])
    brought = bring(forum(upstream, free_from="2023-02-01", free_licence="CC BY 4.0"), fetch)
    assert [document.source.licence for document in documents(brought)] == ["the author's own", "CC BY 4.0"]


def test_a_post_on_two_forums_is_one_document(upstream: Upstream, fetch: Fetch) -> None:
    """As ingest knows documents: by what they say."""
    upstream.routes["/graphql"] = Forum([post(2)])
    upstream.routes["/other"] = Forum([post(2, pageUrl="https://other.example/posts/id002/on-kelp-2")])
    one = bring(forum(upstream), fetch)
    other = bring(Collection("other", "forum", upstream.address + "/other"), fetch)
    (mine,), (theirs,) = documents(one), documents(other)
    assert mine.source.doc_id == theirs.source.doc_id
    assert mine.source.url != theirs.source.url


def test_a_post_without_a_text_is_named_and_html_will_do(upstream: Upstream, fetch: Fetch) -> None:
    html = "<p>Urchins graze kelp.</p><p>Otters eat urchins &amp; crabs.</p>"
    posts = [post(0, contents=None, htmlBody=""), post(1, contents=None, htmlBody=html)]
    upstream.routes["/graphql"] = Forum(posts)
    brought = bring(forum(upstream), fetch)
    ((name, why),) = brought.skipped
    assert (name, "no text" in why) == (posts[0]["pageUrl"], True)
    (found,) = documents(brought)
    assert found.text == "Urchins graze kelp.\n\nOtters eat urchins & crabs."
    assert found.source.title == "On kelp, part 1"


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (Answer(json.dumps({"errors": [{"message": "Cannot query field af"}]}), "application/json"), "query field af"),
        (Answer("<html>Checking your browser</html>"), "text/html"),
        (Answer("<html>Checking your browser</html>", status=403), "refuses programs"),
        (Answer(json.dumps({"data": {"posts": {"results": [7]}}}), "application/json"), ""),
        (Answer(json.dumps({"data": {"posts": "?"}}), "application/json"), "no list of posts"),
        (Answer("{", "application/json"), "not JSON"),
    ],
)
def test_an_answer_of_another_shape_takes_nothing_for_gone(
    upstream: Upstream, fetch: Fetch, answer: Answer, why: str
) -> None:
    upstream.routes["/graphql"] = Forum([post(0)])
    assert bring(forum(upstream), fetch).whole
    upstream.routes["/graphql"] = answer
    again = bring(forum(upstream), fetch)
    assert why in again.broken
    assert again.gone == [] or not why
    if why:
        assert not again.whole


def test_a_list_that_has_lost_most_of_itself_is_not_believed(upstream: Upstream, fetch: Fetch) -> None:
    posts = [post(n) for n in range(25)]
    upstream.routes["/graphql"] = Forum(posts)
    bring(forum(upstream), fetch)
    for left in (0, 9):
        upstream.routes["/graphql"] = Forum(posts[:left])
        again = bring(forum(upstream), fetch)
        assert f"names {left} documents where 25 were" in again.broken
        assert (again.gone, again.whole) == ([], False)
    upstream.routes["/graphql"] = Forum(posts[:20])
    assert len(bring(forum(upstream), fetch).gone) == 5


def test_a_rate_limit_in_the_middle_is_waited_for(upstream: Upstream, fetch: Fetch) -> None:
    server = Forum([post(n) for n in range(3)])
    busy = Answer("slow down", status=429, headers={"Retry-After": "0"})
    upstream.routes["/graphql"] = lambda asked: busy if len(upstream.asked) % 2 else server(asked)
    assert bring(forum(upstream), fetch).fetched == 3


def test_since_and_limit_bound_a_run_and_take_nothing_for_gone(upstream: Upstream, fetch: Fetch) -> None:
    from datetime import date

    server = upstream.routes["/graphql"] = Forum([post(n) for n in range(20)])
    bring(forum(upstream), fetch)
    late = bring(forum(upstream), fetch, since=date(2023, 1, 15))
    assert (len(late.files), late.whole, late.gone) == (6, False, [])
    assert server.pages[-1] >= "2023-01-15"
    few = bring(forum(upstream), fetch, limit=4)
    assert (len(few.files), few.whole, few.paths == few.files) == (4, False, True)


def test_a_dry_run_fetches_no_text(upstream: Upstream, fetch: Fetch) -> None:
    server = upstream.routes["/graphql"] = Forum([post(n) for n in range(3)])
    bring(forum(upstream), fetch, limit=1)
    server.texts.clear()
    told = list(listed(forum(upstream), fetch))
    assert [state for state, _ in told] == ["kept", "new", "new"]
    assert told[1][1].title == "On kelp, part 1"
    assert told[1][1].licence == "the author's own"
    assert server.texts == []


# Arbital


def wiki(asked: Asked) -> Answer:
    query = json.loads(asked.body)["query"]
    offset = int(re.search(r"offset: (\d+)", query)[1])  # type: ignore[index]
    tags = [
        {
            "_id": f"t{n}",
            "name": f"Kelp {n}",
            "slug": f"kelp-{n}",
            "createdAt": "2016-01-01T00:00:00Z",
            "textLastUpdatedAt": "2016-05-01T00:00:00Z",
            "description": {
                "markdown": f"[summary: Kelp {n} in short.]\n\nKelp number {n} is a large brown alga that grows fast.",
                "editedAt": "2016-05-02T00:00:00Z",
                "user": {"displayName": "Ada Reef"},
            },
            "contributors": {"contributors": [{"user": {"displayName": "Bo Tide"}}, {"user": None}]},
        }
        for n in range(55)
    ]
    tags[9]["description"] = None  # a tag without a text
    page = {"totalCount": len(tags), "results": tags[offset : offset + 50]}
    return Answer(json.dumps({"data": {"tags": page}}), "application/json")


def arbital(upstream: Upstream) -> Collection:
    return Collection("arbital", "arbital", upstream.address + "/graphql", licence="CC BY 3.0")


def test_the_pages_of_arbital_come_with_their_contributors(upstream: Upstream, fetch: Fetch) -> None:
    upstream.routes["/graphql"] = wiki
    brought: Brought = bring(arbital(upstream), fetch)
    assert (brought.fetched, brought.whole) == (54, True)
    found: Document = next(d for d in documents(brought) if d.source.title == "Kelp 7")
    assert found.source.authors == ("Ada Reef", "Bo Tide")
    assert (found.source.published, found.source.licence) == ("2016-05-02", "CC BY 3.0")
    assert found.source.url == upstream.address + "/w/kelp-7"
    assert found.text == "Kelp 7 in short.\n\nKelp number 7 is a large brown alga that grows fast."
    assert bring(arbital(upstream), fetch).kept == 54


def test_a_wiki_list_that_is_cut_off_is_broken(upstream: Upstream, fetch: Fetch) -> None:
    empty = Answer(json.dumps({"data": {"tags": {"totalCount": 55, "results": []}}}), "application/json")
    upstream.routes["/graphql"] = lambda asked: empty if b"offset: 50" in asked.body else wiki(asked)
    brought = bring(arbital(upstream), fetch)
    assert "50 of 55" in brought.broken
    assert (brought.whole, brought.fetched) == (False, 49)

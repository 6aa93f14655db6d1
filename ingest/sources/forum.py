"""The posts of LessWrong, the Alignment Forum, the EA Forum and others of their software, by GraphQL.

Pages of facts come first, oldest post first; texts are asked for only for those posts of a page that are wanted and not
here. Options: `tags`, `authors` (any of these), `karma` (at least), `af` (only what is on the Alignment Forum),
`free_from` (a day from which on the site's terms put posts under `free_licence`)."""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from alignment_qa.errors import FetchFailed
from ingest.sources.fetch import Fetch, Seal
from ingest.sources.original import Collection, Content, Has, Listing, Original
from ingest.sources.page import text_of

PAGE = 50
_TOGETHER = 10  # texts a request
_FACTS = (
    "_id title slug pageUrl postedAt modifiedAt baseScore voteCount commentCount wordCount af "
    "tags { name } user { displayName } coauthors { displayName }"
)
_TEXT = "_id contents { markdown } htmlBody"


def originals(collection: Collection, fetch: Fetch, since: date | None, has: Has) -> Listing:
    """Every post that the options ask for; whole if the pages came to their end."""
    after = since.isoformat() if since else "2000-01-01"
    seen: set[str] = set()
    while page := [post for post in _page(collection, fetch, after) if post["_id"] not in seen]:
        seen.update(post["_id"] for post in page)
        texts = _Texts(collection, fetch)
        posts = [_original(post, collection, texts) for post in page if _is_wanted(post, collection)]
        texts.missing = [post.key for post in posts if not has(post)]
        yield from posts
        after = str(page[-1]["postedAt"])
    return since is None


def answered(fetch: Fetch, url: str, query: str) -> Mapping[str, Any]:
    """The data that a GraphQL interface answers. Raises FetchFailed where it answers errors or something else."""
    answer = fetch.ask(url, {"query": query})
    errors = answer.get("errors") if isinstance(answer, dict) else None
    data = answer.get("data") if isinstance(answer, dict) else None
    if errors or not isinstance(data, dict):
        first = errors[0] if isinstance(errors, list) and errors else {}
        why = first.get("message") if isinstance(first, dict) else None
        raise FetchFailed(f"{url}: {str(why or 'no data in its answer')[:300]}")
    return data


def names(people: list[Any]) -> list[str]:
    """The names that are shown of users, each once."""
    shown = [person.get("displayName") for person in people if isinstance(person, dict)]
    return list(dict.fromkeys(str(name) for name in shown if name))


def _page(collection: Collection, fetch: Fetch, after: str) -> list[dict[str, Any]]:
    terms = [
        'excludeEvents: true, view: "old"',
        f"limit: {PAGE}",
        f"karmaThreshold: {int(collection.options.get('karma', 1))}",
        f"after: {json.dumps(after)}",
        f"af: {'true' if collection.options.get('af') else 'false'}",
    ]
    query = f"{{ posts(input: {{terms: {{{', '.join(terms)}}}}}) {{ totalCount results {{ {_FACTS} }} }} }}"
    found = answered(fetch, collection.address, query).get("posts")
    posts = found.get("results") if isinstance(found, dict) else None
    if not isinstance(posts, list):
        raise FetchFailed(f"{collection.address}: no list of posts in its answer")
    return [post for post in posts if isinstance(post, dict) and post.get("_id") and post.get("postedAt")]


def _is_wanted(post: Mapping[str, Any], collection: Collection) -> bool:
    tags, people = {name.casefold() for name in _tags(post)}, {name.casefold() for name in _authors(post)}
    wanted_tags = {name.casefold() for name in collection.listed("tags")}
    wanted_people = {name.casefold() for name in collection.listed("authors")}
    return (
        (not wanted_tags or bool(tags & wanted_tags))
        and (not wanted_people or bool(people & wanted_people))
        and float(post.get("baseScore") or 0) >= float(collection.options.get("karma", 1))
        and (not collection.options.get("af") or bool(post.get("af", True)))
    )


def _original(post: Mapping[str, Any], collection: Collection, texts: _Texts) -> Original:
    said = _said(post, collection)
    version = str(post.get("modifiedAt") or post["postedAt"])
    return Original(post["_id"], said, partial(texts.load, post["_id"], said), version)


def _said(post: Mapping[str, Any], collection: Collection) -> dict[str, object]:
    day = str(post["postedAt"])[:10]
    free_from = str(collection.options.get("free_from") or "9999")
    return {
        "title": post.get("title"),
        "authors": _authors(post),
        "published": day,
        "url": post.get("pageUrl"),
        "tags": _tags(post),
        "score": int(post.get("baseScore") or 0),
        "licence": collection.options.get("free_licence") if day >= free_from else None,
    }


def _tags(post: Mapping[str, Any]) -> list[str]:
    return [str(tag["name"]) for tag in post.get("tags") or [] if isinstance(tag, dict) and tag.get("name")]


def _authors(post: Mapping[str, Any]) -> list[str]:
    return names([post.get("user"), *(post.get("coauthors") or [])])


class _Texts:
    """The texts of a page's posts: the first that is asked for brings some of those that are `missing` after it too."""

    def __init__(self, collection: Collection, fetch: Fetch) -> None:
        self._address, self._fetch = collection.address, fetch
        self.missing: list[str] = []
        self._found: dict[str, Mapping[str, Any]] = {}

    def load(self, key: str, said: Mapping[str, object], seal: Seal | None) -> Content:
        if key not in self._found:
            at = self.missing.index(key)
            self._bring(self.missing[at : at + _TOGETHER])
        post = self._found[key]
        markdown = (post.get("contents") or {}).get("markdown")
        text = markdown or post.get("htmlBody")
        if not isinstance(text, str) or not text.strip():
            raise FetchFailed(f"{said.get('url')}: no text in it (a link to a post elsewhere?)")
        return text_of(said, text, html=not markdown)

    def _bring(self, keys: list[str]) -> None:
        selectors = [f"input: {{selector: {{_id: {json.dumps(key)}}}}}" for key in keys]
        asked = " ".join(f"p{n}: post({which}) {{ result {{ {_TEXT} }} }}" for n, which in enumerate(selectors))
        answer = answered(self._fetch, self._address, f"{{ {asked} }}")
        for n, key in enumerate(keys):
            self._found[key] = (answer.get(f"p{n}") or {}).get("result") or {}

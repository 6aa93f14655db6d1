"""The posts of a blog or a podcast with transcripts, by its RSS or Atom feed and the pages of it.

A post whose whole text is in the feed is taken from there; of one that is only announced, its page is fetched. A feed
mostly tells of the latest posts only, so that what it no longer names has not gone."""

from __future__ import annotations

import hashlib
import re
import time
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

from alignment_qa.errors import FetchFailed
from ingest.sources.fetch import Fetch, Page, Seal
from ingest.sources.original import Collection, Content, Has, Listing, Original
from ingest.sources.page import loading, text_of
from ingest.sources.xml import TYPES, feed_of

ACCEPTED = TYPES | {"text/html", "text/plain"}  # under which some servers send feeds
_CUT = re.compile(
    r"(?:\[?(?:…|&#8230;|\.\.\.)\]?|read more|continue reading|read the full (?:post|article))\W*(?:</?\w+[^<>]*>\s*)*$",
    re.IGNORECASE,
)
_WHOLE = 2000
"""Characters from which a summary is a text."""
_MOST_PAGES = 1000


def originals(collection: Collection, fetch: Fetch, since: date | None, has: Has) -> Listing:
    """Every post of the feed; whole only if it has pages and they came to their end."""
    first = fetch.get(collection.address, ACCEPTED, api=True)
    assert first is not None
    return (yield from posts(first, fetch))


def posts(first: Page, fetch: Fetch) -> Listing:
    """The posts of a feed whose first page is here."""
    seen: set[str] = set()
    paged = False
    page, url = feed_of(first.body, first.url), first.url
    for number in range(2, _MOST_PAGES):
        fresh = [post for post in page.entries if _key(post, url) not in seen]
        for post in fresh:
            seen.add(_key(post, url))
            if _key(post, url):
                yield _original(post, page, url, fetch)
        following = _next(page, first.url, url, number)
        if not fresh or following is None:
            return paged
        try:
            found = fetch.get(following, ACCEPTED, api=True)
        except FetchFailed as refusal:
            if refusal.status == 404 and _is_wordpress(page):
                return True  # how it says that there is no such page
            raise
        assert found is not None
        page, url, paged = feed_of(found.body, following), following, True
    return False


def _next(page: Any, first: str, url: str, number: int) -> str | None:
    """The address of the page after this one: what RFC 5005 links to, or WordPress's numbered one."""
    linked = next((link.get("href") for link in page.feed.get("links", []) if link.get("rel") == "next"), None)
    if linked:
        return urljoin(url, str(linked))
    if _is_wordpress(page):
        return f"{first}{'&' if urlsplit(first).query else '?'}{urlencode({'paged': number})}"
    return None


def _is_wordpress(page: Any) -> bool:
    return "wordpress" in str(page.feed.get("generator", "")).casefold()


def _key(post: Any, url: str) -> str:
    return str(post.get("id") or post.get("link") or "")


def _original(post: Any, page: Any, url: str, fetch: Fetch) -> Original:
    text, html = _text(post)
    link = urljoin(url, str(post.get("link") or post.get("id")))
    said = {
        "title": post.get("title"),
        "authors": _authors(post) or _authors(page.feed),
        "published": _day(post),
        "url": link,
        "tags": [tag.get("term") for tag in post.get("tags") or [] if tag.get("term")],
        "licence": _licence(post, post) or _licence(page.feed, post),
    }
    if text:
        version = hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]
        return Original(_key(post, url), said, partial(_load, said, text, html), version)
    return Original(_key(post, url), said, loading(fetch, link), str(dict.get(post, "updated") or ""))


def _text(post: Any) -> tuple[str, bool]:
    """The whole text of a post and whether it is HTML; empty if the feed only announces it."""
    for content in post.get("content") or []:
        if len(content.get("value", "")) > 200 and not _CUT.search(content["value"]):
            return content["value"], "html" in content.get("type", "html")
    summary = str(post.get("summary") or "")
    return (summary, "<" in summary) if len(summary) > _WHOLE and not _CUT.search(summary) else ("", False)


def _authors(told: Any) -> list[str]:
    named = [author.get("name") for author in told.get("authors") or []]
    return list(dict.fromkeys(name for name in named if name))


def _day(post: Any) -> str | None:
    told = dict.get(post, "published_parsed") or dict.get(post, "updated_parsed")
    return time.strftime("%Y-%m-%d", told) if told else None


def _licence(told: Any, post: Any) -> str | None:
    linked = (link.get("href") for link in told.get("links") or [] if link.get("rel") == "license")
    return next(linked, None) or told.get("license") or told.get("rights") or None


def _load(said: dict[str, object], text: str, html: bool, seal: Seal | None) -> Content:
    return text_of(said, text, html=html)

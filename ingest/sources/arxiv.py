"""Papers of arXiv, by its query interface: facts from there, the text as HTML where arXiv has rendered it, else as PDF,
the licence from its metadata interface.

Options: `ids`, or `query` in arXiv's own language and `categories` (any of these); `metadata`, the address of the
interface that tells licences."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import date
from functools import partial
from typing import Any
from urllib.parse import urlencode

from alignment_qa.errors import FetchFailed
from ingest.sources.fetch import Fetch, Seal
from ingest.sources.original import Collection, Content, Has, Listing, Original
from ingest.sources.page import loading
from ingest.sources.xml import TYPES, feed_of, root_of

PAGE = 100
_PAPER = re.compile(r"/abs/((?:[a-z-]+(?:\.[A-Z]{2})?/)?[\d.]+)(v\d+)?$")
_WITHDRAWN = re.compile(r"\bwithdrawn\b", re.IGNORECASE)
_EMPTY_PAGES = 3
"""How often a page is asked for again that is empty though the total says that there is more, as happens."""


def originals(collection: Collection, fetch: Fetch, since: date | None, has: Has) -> Listing:
    """Every paper that the options ask for, oldest first."""
    for paper in _papers(collection, fetch, since):
        found = _PAPER.search(paper.get("id", ""))
        if found is None:  # errors come as an entry too
            raise FetchFailed(f"{collection.address}: {str(paper.get('summary') or 'an error')[:200]}")
        key, version = found[1], found[2] or "v1"
        load = partial(_load, collection, fetch, key, version)
        if _WITHDRAWN.search(paper.get("arxiv_comment") or ""):
            load = partial(_withdrawn, key)
        yield Original(key, _said(paper, key), load, version)
    return since is None


def _papers(collection: Collection, fetch: Fetch, since: date | None) -> Iterator[Any]:
    ids = collection.listed("ids")
    if ids:
        for at in range(0, len(ids), PAGE):
            asked = ids[at : at + PAGE]
            yield from _page(collection, fetch, {"id_list": ",".join(asked), "max_results": str(PAGE)}).entries
        return
    wanted = [f"cat:{name}" for name in collection.listed("categories")]
    parts = [f"({collection.options['query']})"] if collection.options.get("query") else []
    parts += [f"({' OR '.join(wanted)})"] if wanted else []
    parts += [f"submittedDate:[{since:%Y%m%d}0000 TO 299912312359]"] if since else []
    asked_for = {"search_query": " AND ".join(parts), "sortBy": "submittedDate", "sortOrder": "ascending"}
    start, empty = 0, 0
    while True:
        page = _page(collection, fetch, {**asked_for, "start": str(start), "max_results": str(PAGE)})
        total = int(page.feed.get("opensearch_totalresults") or 0)
        yield from page.entries
        start += len(page.entries)
        if start >= total:
            return
        empty = 0 if page.entries else empty + 1
        if empty > _EMPTY_PAGES:
            raise FetchFailed(f"{collection.address}: {start} of {total} papers, then none")


def _page(collection: Collection, fetch: Fetch, asked: dict[str, str]) -> Any:
    url = f"{collection.address.rstrip('/')}/api/query?{urlencode(asked)}"
    found = fetch.get(url, TYPES, api=True)
    body = found.body if found else b""
    root_of(body, url)  # half an answer is none
    return feed_of(body, url)


def _said(paper: Any, key: str) -> dict[str, object]:
    return {
        "title": " ".join(paper.get("title", "").split()),
        "authors": [" ".join(author.get("name", "").split()) for author in paper.get("authors") or []],
        "published": paper.get("published", "")[:10] or None,
        "url": f"https://arxiv.org/abs/{key}",
        "tags": [tag.get("term") for tag in paper.get("tags") or [] if tag.get("term")],
    }


def _load(collection: Collection, fetch: Fetch, key: str, version: str, seal: Seal | None) -> Content:
    base = collection.address.rstrip("/")
    try:
        content = loading(fetch, f"{base}/html/{key}{version}")(None)
    except FetchFailed:  # not rendered, or not for programs
        content = loading(fetch, f"{base}/pdf/{key}{version}")(None)
    assert content is not None  # without a seal nothing is unchanged
    return Content(content.body, content.suffix, content.seal, {"licence": _licence(collection, fetch, key)})


def _withdrawn(key: str, seal: Seal | None) -> Content:
    raise FetchFailed(f"{key} was withdrawn by its authors")


def _licence(collection: Collection, fetch: Fetch, key: str) -> str | None:
    """The licence that its authors chose, as an address; None where it cannot be told."""
    if not collection.options.get("metadata"):
        return None
    asked = {"verb": "GetRecord", "identifier": f"oai:arXiv.org:{key}", "metadataPrefix": "arXiv"}
    url = f"{collection.options['metadata']}?{urlencode(asked)}"
    try:
        found = fetch.get(url, TYPES, api=True)
        root = root_of(found.body if found else b"", url)
    except FetchFailed:
        return None
    return next((str(each.text).strip() for each in root.iter("{*}license") if each.text), None)

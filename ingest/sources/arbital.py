"""The pages of Arbital, which live on LessWrong as wiki tags, by its GraphQL. Their texts come with the list, so that a
second run asks for the list again and keeps what has not changed."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any

from alignment_qa.errors import FetchFailed
from ingest.sources.fetch import Fetch, Seal
from ingest.sources.forum import PAGE, answered, names
from ingest.sources.original import Collection, Content, Has, Listing, Original
from ingest.sources.page import text_of

_FACTS = (
    "_id name slug createdAt textLastUpdatedAt description { markdown editedAt user { displayName } } "
    "contributors { contributors { user { displayName } } }"
)


def originals(collection: Collection, fetch: Fetch, since: date | None, has: Has) -> Listing:
    """Every wiki tag that came from Arbital and has a text."""
    offset = 0
    while True:
        query = (
            f"{{ tags(selector: {{allArbitalTags: {{excludedTagIds: []}}}}, limit: {PAGE}, offset: {offset}, "
            f"enableTotal: true) {{ totalCount results {{ {_FACTS} }} }} }}"
        )
        found = answered(fetch, collection.address, query).get("tags") or {}
        tags = found.get("results")
        if not isinstance(tags, list):
            raise FetchFailed(f"{collection.address}: no list of tags in its answer")
        for tag in tags:
            text = (tag.get("description") or {}).get("markdown")
            if isinstance(text, str) and text.strip():
                said = _said(tag, collection)
                yield Original(str(tag["_id"]), said, partial(_load, said, text), _version(text))
        offset += len(tags)
        total = found.get("totalCount")
        if not tags or (isinstance(total, int) and offset >= total):
            if isinstance(total, int) and offset < total:
                raise FetchFailed(f"{collection.address}: {offset} of {total} pages, then none")
            return True


def _said(tag: Mapping[str, Any], collection: Collection) -> dict[str, object]:
    described = tag.get("description") or {}
    contributors = ((tag.get("contributors") or {}).get("contributors")) or []
    changed = described.get("editedAt") or tag.get("textLastUpdatedAt") or tag.get("createdAt")
    return {
        "title": tag.get("name"),
        "authors": names([described.get("user"), *(each.get("user") for each in contributors)]),
        "published": str(changed or "")[:10] or None,
        "url": f"{collection.address.rpartition('/')[0]}/w/{tag.get('slug')}",
    }


def _load(said: Mapping[str, object], text: str, seal: Seal | None) -> Content:
    return text_of(said, text, html=False)


def _version(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "replace")).hexdigest()[:16]

"""An address, or a text that came inside an interface's answer, flows in; content with its format flows out. It alone
knows which media types are formats that we read."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from html import escape
from typing import Any

from ingest.sources.fetch import Fetch, Page, Seal
from ingest.sources.original import Content

SUFFIXES = {
    "text/html": ".html",
    "application/xhtml+xml": ".html",
    "application/pdf": ".pdf",
    "text/plain": ".txt",
    "text/markdown": ".md",
    "application/epub+zip": ".epub",
    "text/vtt": ".vtt",
    "application/x-subrip": ".srt",
}


def loading(fetch: Fetch, url: str) -> Callable[[Seal | None], Content | None]:
    """How to get the page at an address, if it has changed."""

    def load(seal: Seal | None) -> Content | None:
        found = fetch.get(url, SUFFIXES.keys(), seal=seal)
        return None if found is None else content_of(found)

    return load


def content_of(page: Page) -> Content:
    suffix = SUFFIXES[page.type]
    if suffix == ".txt" and page.url.rpartition(".")[2] in ("md", "markdown", "vtt", "srt", "tex"):
        suffix = "." + page.url.rpartition(".")[2]  # what servers of raw files send as plain text
    return Content(page.body, suffix, page.seal)


def text_of(said: Mapping[str, Any], text: str, *, html: bool) -> Content:
    """A text as a file of its own, which tells its title."""
    title = str(said.get("title") or "")
    if html:
        head = (
            f'<meta charset="utf-8"><meta property="og:title" content="{escape(title)}"><title>{escape(title)}</title>'
        )
        page = f"<html><head>{head}</head><body><article>{text}</article></body></html>"
        return Content(page.encode("utf-8", "replace"), ".html")
    front = f"---\ntitle: {json.dumps(title, ensure_ascii=False)}\n---\n\n" if title else ""
    return Content((front + text).encode("utf-8", "replace"), ".md")

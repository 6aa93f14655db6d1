"""The bytes of a feed or a sitemap flow in, its entries or its tree flow out. It alone parses XML from the network, and
refuses what declares entities: a few bytes of them unfold into gigabytes, or name a file of ours."""

from __future__ import annotations

from io import BytesIO
from typing import Any

from alignment_qa.errors import FetchFailed

TYPES = frozenset({"application/xml", "text/xml", "application/rss+xml", "application/atom+xml", "application/rdf+xml"})


def root_of(body: bytes, url: str) -> Any:
    """The root of an XML document. Raises FetchFailed."""
    from lxml import etree

    _refuse_entities(body, url)
    try:
        return etree.fromstring(body, etree.XMLParser(resolve_entities=False, no_network=True, load_dtd=False))
    except (etree.XMLSyntaxError, ValueError) as error:
        raise FetchFailed(f"{url}: broken XML ({str(error)[:100]})") from None


def feed_of(body: bytes, url: str) -> Any:
    """What feedparser finds in RSS or Atom, broken or not: `feed`, `entries`. Raises FetchFailed if it is neither."""
    import feedparser

    _refuse_entities(body, url)
    found = feedparser.parse(
        BytesIO(body), response_headers={"content-location": url, "content-type": "application/xml"}
    )
    if not found.get("version") or (found.bozo and not found.entries):
        raise FetchFailed(f"{url}: not a feed")
    return found


def _refuse_entities(body: bytes, url: str) -> None:
    if b"<!ENTITY" in body.replace(b"\0", b"").upper():
        raise FetchFailed(f"{url}: XML that declares entities is not read")

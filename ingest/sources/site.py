"""The pages of a site by its sitemap, or what is at a single address: a page, a PDF, a feed.

Options: `include`, `exclude`, patterns that an address must or must not match somewhere."""

from __future__ import annotations

import gzip
import re
import zlib
from collections.abc import Iterator
from datetime import date
from functools import partial
from io import BytesIO
from urllib.parse import urldefrag, urlsplit

from alignment_qa.errors import CollectionUnknown, FetchFailed
from ingest.readers import LARGEST
from ingest.sources import feed
from ingest.sources.fetch import Fetch, Page, Seal
from ingest.sources.original import Collection, Content, Has, Listing, Original
from ingest.sources.page import SUFFIXES, content_of, loading
from ingest.sources.xml import TYPES, root_of

_PACKED = frozenset({"application/gzip", "application/x-gzip"})
_ROOT = re.compile(rb"\A\s*(?:<\?xml[^>]{0,200}\?>|<!--.{0,2000}?-->|<\?[^>]{0,300}\?>|\s)*<(?:\w+:)?(\w+)", re.DOTALL)
_MOST = 50_000
_DEEPEST = 2


def originals(collection: Collection, fetch: Fetch, since: date | None, has: Has) -> Listing:
    """Every page of a sitemap, of which the whole list is told; or the one document at the address."""
    found = fetch.get(collection.address, SUFFIXES.keys() | TYPES | _PACKED)
    assert found is not None
    match _kind(found):
        case "urlset" | "sitemapindex":
            yield from _pages(found, collection, fetch, since)
            return since is None
        case "rss" | "feed" | "RDF":
            return (yield from feed.posts(found, fetch))
    if found.type not in SUFFIXES:
        raise FetchFailed(f"{collection.address}: neither a feed, a sitemap nor a page")
    yield Original(found.url, {"url": found.url}, partial(_here, found))
    return False


def _kind(page: Page) -> str:
    """The name of an XML document's root; `html` of a page."""
    root = _ROOT.match(_opened(page)[:4096].removeprefix(b"\xef\xbb\xbf"))
    return root[1].decode() if root else ""


def _opened(page: Page) -> bytes:
    if not page.body.startswith(b"\x1f\x8b"):
        return page.body
    try:
        with gzip.open(BytesIO(page.body)) as stream:
            content = stream.read(LARGEST + 1)
    except (OSError, EOFError, zlib.error):
        raise FetchFailed(f"{page.url}: cannot be unpacked") from None
    if len(content) > LARGEST:
        raise FetchFailed(f"{page.url}: unfolds into too much")
    return content


def _pages(first: Page, collection: Collection, fetch: Fetch, since: date | None) -> Iterator[Original]:
    include, exclude = _patterns(collection, "include"), _patterns(collection, "exclude")
    seen: set[str] = set()
    for url, changed in _addresses(first, fetch, _DEEPEST):
        url = urldefrag(url)[0]
        if url in seen or urlsplit(url).hostname != urlsplit(first.url).hostname:
            continue  # a sitemap speaks for its own site only (sitemaps.org)
        if (include and not any(each.search(url) for each in include)) or any(each.search(url) for each in exclude):
            continue
        if since and changed and changed[:10] < since.isoformat():
            continue
        seen.add(url)
        if len(seen) > _MOST:
            raise FetchFailed(f"{first.url}: more than {_MOST} pages")
        yield Original(url, {"url": url}, loading(fetch, url), changed)


def _addresses(page: Page, fetch: Fetch, deeper: int) -> Iterator[tuple[str, str]]:
    """Each address of a sitemap, and of those that it lists, with the day of its last change if it tells one."""
    root = root_of(_opened(page), page.url)
    for entry in root:
        place = str(entry.findtext("{*}loc") or "").strip()
        if not place:
            continue
        if not str(root.tag).endswith("sitemapindex"):
            yield place, str(entry.findtext("{*}lastmod") or "").strip()
        elif deeper:
            found = fetch.get(place, TYPES | _PACKED | {"text/plain"}, api=True)
            assert found is not None
            yield from _addresses(found, fetch, deeper - 1)


def _patterns(collection: Collection, option: str) -> list[re.Pattern[str]]:
    try:
        return [re.compile(pattern) for pattern in collection.listed(option)]
    except re.error as error:
        raise CollectionUnknown(f"{collection.name}: {option} is no pattern: {error}") from None


def _here(page: Page, seal: Seal | None) -> Content | None:
    """The page that was fetched to see what it is, unless its server told that it is the one before."""
    same = seal is not None and seal == page.seal and (seal.etag or seal.modified)
    return None if same else content_of(page)

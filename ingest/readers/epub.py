"""The bytes of an EPUB flow in, a Document flows out: its chapters in the order of its spine. It alone knows the
package inside the archive (EPUB 3.3, https://www.w3.org/TR/epub-33/)."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any
from urllib.parse import unquote
from zipfile import ZipFile

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers import archive, html
from ingest.readers.assemble import assemble
from ingest.readers.blocks import Block, normal, prose
from ingest.readers.decoding import decode
from ingest.readers.frontmatter import Stated, iso_date, names, web_address

_PAGES = ("application/xhtml+xml", "text/html")


def read(content: bytes, *, name: str = "", collection: str = "") -> Document:
    """The book in an EPUB. ReadFailed if its package is missing, it is encrypted, or it holds no prose."""
    with archive.checked(content) as book:
        container = archive.xml(book, "META-INF/container.xml")
        place = next((str(each.get("full-path")) for each in container.iter("{*}rootfile")), "")
        if place not in book.namelist():
            raise ReadFailed("an EPUB without its package")
        package = archive.xml(book, place)
        found = [block for page in _pages(book, package, posixpath.dirname(place)) for block in page]
    return assemble(found, _stated(package), name=name, collection=collection)


def _pages(book: ZipFile, package: Any, folder: str) -> Iterator[list[Block]]:
    """The blocks of each page of the spine, without the navigation."""
    items = {each.get("id"): each for each in package.iter("{*}item")}
    listed = set(book.namelist())
    for entry in package.iter("{*}itemref"):
        item = items.get(entry.get("idref"))
        if item is None or item.get("media-type") not in _PAGES or "nav" in (item.get("properties") or "").split():
            continue
        path = posixpath.normpath(posixpath.join(folder, unquote(item.get("href") or "")))
        if path in listed:
            yield html.plain_blocks(normal(decode(archive.content(book, path), declared=True)))


def _stated(package: Any) -> Stated:
    def said(name: str) -> list[str]:
        elements = package.iter(f"{{http://purl.org/dc/elements/1.1/}}{name}")
        return [words for each in elements if (words := prose(normal("".join(each.itertext()))))]

    return Stated(
        title=next(iter(said("title")), ""),
        authors=tuple(dict.fromkeys(name for each in said("creator") for name in names(each))),
        published=next((day for each in said("date") if (day := iso_date(each))), None),
        url=next((address for each in [*said("source"), *said("identifier")] if (address := web_address(each))), None),
        licence=next(iter(said("rights")), None),
    )

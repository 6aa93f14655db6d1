"""The bytes of a web page flow in, a Document flows out. It alone tells a page's article from its furniture: by the
element that the page calls its article, or else by trafilatura, checked against the plain text of the page."""

from __future__ import annotations

import logging
import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers import pagehead, tree
from ingest.readers.assemble import assemble
from ingest.readers.blocks import Block, normal
from ingest.readers.decoding import decode

_DECLARATION = re.compile(r"\A\s*<\?xml[^>]{0,200}\?>")
_MARKED = (
    "//*[@itemprop='articleBody']",
    "//article[not(ancestor::article)] | //d-article",
    "//main | //*[@role='main']",
    "//*[@id='mw-content-text' or @id='content' or @id='main-content']",
)
_FEWEST = 3
"""Words; a marked element with fewer is empty until a script fills it."""


def read(content: bytes, *, name: str = "", collection: str = "", url: str | None = None) -> Document:
    """The document in a web page. `url` is where it was fetched, if it was; the page's own address wins."""
    text = _DECLARATION.sub("", normal(decode(content, declared=True)))
    page = _page(text)
    said = pagehead.stated(page)
    return assemble(_blocks(page, text), replace(said, url=said.url or url), name=name, collection=collection)


def blocks(text: str) -> list[Block]:
    """The blocks of a page, or of a part of one, that is text already. ReadFailed if it is none."""
    text = _DECLARATION.sub("", text)
    return _blocks(_page(text), text)


def plain_blocks(text: str) -> list[Block]:
    """The blocks of a page that is all article, as a chapter of a book is; none if it is empty."""
    text = _DECLARATION.sub("", text)
    body = _page(text).find("body") if text.strip() else None
    return [] if body is None else list(tree.blocks(body))


def _page(text: str) -> Any:
    from lxml import etree, html

    try:
        return html.document_fromstring(text, parser=html.HTMLParser(huge_tree=True))
    except (etree.ParserError, ValueError):
        raise ReadFailed("no prose found in it") from None


def _blocks(page: Any, text: str) -> list[Block]:
    """The article's blocks. Trafilatura drops lists of links, code and headings such as "See also" (on 22 of 208 pages
    of Arbital), so that a page which marks its article is read as marked."""
    marked = _marked_article(page)
    if marked is not None:
        found = list(tree.blocks(marked))
        if _words(found) >= _FEWEST:
            return found
    body = page.find("body")
    plain = list(tree.blocks(page if body is None else body))
    article = _article(text)
    return plain if _words(article) * 2 < _words(plain) else article


def _marked_article(page: Any) -> Any:
    """The one element that the page marks as its article; None if it marks none or several."""
    for path in _MARKED:
        found = page.xpath(path)
        if len(found) == 1:
            return found[0]
    return None


def _article(text: str) -> list[Block]:
    """What trafilatura takes for the article, from its tree: its text output has lost which lines are headings."""
    from trafilatura import bare_extraction

    logging.getLogger("trafilatura").setLevel(logging.CRITICAL)  # it reports every page that it finds odd
    found = bare_extraction(
        text,
        favor_recall=True,
        include_comments=False,
        include_formatting=True,
        include_tables=True,
        with_metadata=False,
    )
    body = getattr(found, "body", None)
    return [] if body is None else list(tree.blocks(_as_html(body)))


_NAMES = {"list": "ul", "item": "li", "quote": "blockquote", "row": "tr", "cell": "td", "lb": "br", "code": "pre"}
_RENDERED = {"#b": "b", "#i": "i", "#u": "u", "#sub": "sub", "#sup": "sup", "#t": "tt"}


def _as_html(body: Any) -> Any:
    """Trafilatura's elements under the names that HTML gives them."""
    for element in body.iter():
        if not isinstance(element.tag, str):
            continue
        how = element.get("rend") or ""
        if element.tag == "head":
            element.tag = how if re.fullmatch("h[1-6]", how) else "h2"
        elif element.tag == "list":
            element.tag = how if how in ("ul", "ol") else "ul"
        elif element.tag == "hi":
            element.tag = _RENDERED.get(how, "span")
        elif element.tag == "code":
            # The same name for a line inside a sentence and for a block.
            block = "\n" in "".join(element.itertext()) or element.getparent() is body
            element.tag = "pre" if block else "code"
        else:
            element.tag = _NAMES.get(element.tag, element.tag)
    return body


def _words(blocks: Sequence[Block]) -> int:
    return sum(len(block.text.split()) for block in blocks)

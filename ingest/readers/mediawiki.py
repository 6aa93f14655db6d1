"""Wikitext flows in, a Document flows out. It alone calls mwparserfromhell, and knows which templates and links print
words and that notes are a page's bibliography; an export in XML is read page by page."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any, BinaryIO

from alignment_qa.errors import ReadFailed
from alignment_qa.types import Document
from ingest.readers.assemble import assemble
from ingest.readers.blocks import Block, normal, prose
from ingest.readers.decoding import decode
from ingest.readers.frontmatter import Stated, stated

_UNSEEN = frozenset("ref references gallery timeline imagemap score templatestyles section noinclude indicator".split())
_CODE = frozenset("pre source syntaxhighlight".split())
_BEHIND = re.compile(r"(?:file|image|media|category|template|help|[a-z]{2,3}|[a-z]{2}-[a-z]+)\s*:", re.IGNORECASE)
_CITING = re.compile(r"cite\b|citation$", re.IGNORECASE)
# Templates that print what they are given; all others are boxes, notices and links to other pages.
_PRINTING = frozenset("lang nowrap em strong small abbr tq nobr mvar math".split())
_QUOTING = frozenset("quote blockquote talkquote quotation".split())
_SWITCH = re.compile(r"__[A-Z]+__")
_DEEPEST = 40
_PAIRS = (
    ("{{", "}}"),
    ("[", "]"),
    ("<", ">"),
    ("<b>", "</b>"),
    ("<i>", "</i>"),
    ("<div", "</div"),
    ("<span", "</span"),
)
_UNCLOSED = 500
"""Each costs a second look at the whole page: 2,000 opened templates take 2 s, 4,000 take 10 s."""
_LARGEST = 4 * 1024 * 1024
"""Bytes of one page."""


def read(content: bytes, *, name: str = "", collection: str = "", title: str = "") -> Document:
    """The document in a page of wikitext. `title` is what an export calls it."""
    if len(content) > _LARGEST:
        raise ReadFailed(f"too large for a page of a wiki ({len(content) >> 20} MB; at most {_LARGEST >> 20} MB)")
    import mwparserfromhell

    text = normal(decode(content))
    if any(text.count(opening) > text.count(closing) + _UNCLOSED for opening, closing in _PAIRS):
        raise ReadFailed("marks that nothing closes")
    writer = _Writer()
    writer.write(mwparserfromhell.parse(text).nodes)
    writer.close()
    works = stated({"sources": list(dict.fromkeys(writer.notes)) + writer.works}).references
    return assemble(writer.found, Stated(title=title, references=works), name=name, collection=collection)


def pages(stream: BinaryIO) -> Iterator[tuple[str, str] | None]:
    """Title and wikitext of each article of an export; None alone if the file is another kind of XML."""
    from lxml import etree

    first = True
    try:
        for event, element in etree.iterparse(
            stream, events=("start", "end"), resolve_entities=False, no_network=True, load_dtd=False
        ):
            if first and etree.QName(element).localname != "mediawiki":
                yield None
                return
            first = False
            if event != "end" or etree.QName(element).localname != "page":
                continue
            text = element.findtext("{*}revision/{*}text") or ""
            if element.findtext("{*}ns") in (None, "0") and element.find("{*}redirect") is None and text.strip():
                yield element.findtext("{*}title") or "", text
            element.clear()
            while element.getprevious() is not None:
                del element.getparent()[0]
    except etree.XMLSyntaxError:
        if first:
            yield None
            return
        raise ReadFailed("broken XML from here on") from None


class _Writer:
    """The place in the page: words gathered for the open block, and the works that it cites."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self.works: list[Mapping[str, Any]] = []
        self.notes: list[str] = []
        self.text: list[str] = []
        self.kept: list[str] = []
        self.mark = ""
        self.number = 0
        self.depth = 0
        self.quoted = False

    def close(self) -> None:
        words = prose(_SWITCH.sub("", "".join(self.text)))
        words = re.sub("\ue000(\\d+)\ue001", lambda match: self.kept[int(match[1])], words)
        self.text = []
        if words:
            block = Block("item", f"{self.mark} {words}") if self.mark else Block("paragraph", words)
            self.found.append(replace(block, quoted=self.quoted))
        self.mark = ""

    def keep(self, words: str) -> None:
        self.text.append(f"\ue000{len(self.kept)}\ue001")
        self.kept.append(words)

    def write(self, nodes: Any) -> None:
        from mwparserfromhell import nodes as wiki

        self.depth += 1
        if self.depth > _DEEPEST:
            raise ReadFailed("nested too deep")
        for node in nodes:
            match node:
                case wiki.Text():
                    self._lines(str(node.value))
                case wiki.Heading():
                    self.close()
                    self.number = 0
                    self.found.append(Block("heading", _plain(node.title), node.level))
                case wiki.Wikilink():
                    if _BEHIND.match(str(node.title).strip()) is None:
                        self.write((node.text or node.title).nodes)
                case wiki.ExternalLink():
                    self.write(node.title.nodes if node.title is not None else [] if node.brackets else node.url.nodes)
                case wiki.HTMLEntity():
                    self.text.append(normal(node.normalize()))
                case wiki.Template():
                    self._template(node)
                case wiki.Tag():
                    self._tag(node)
        self.depth -= 1

    def _lines(self, text: str) -> None:
        """In a list a line is an item; elsewhere only a blank line parts paragraphs."""
        for at, line in enumerate(text.split("\n")):
            if at and (self.mark or not line.strip()):
                self.close()
            elif at:
                self.text.append(" ")
            self.text.append(line)
            if line.strip() and not self.mark and at:
                self.number = 0

    def _template(self, node: Any) -> None:
        name = str(node.name).strip().lower()
        values = [each for each in node.params if not each.showkey]
        if _CITING.match(name):
            self.works.append(_work(node))
        elif name == "convert" and len(values) > 1:
            self.text.append(f"{values[0].value} {values[1].value}")
        elif name in _QUOTING and values:
            self._quote(values[0].value.nodes)
        elif name in _PRINTING and values:
            self.write(values[1 if name == "lang" and len(values) > 1 else 0].value.nodes)

    def _tag(self, node: Any) -> None:
        name = str(node.tag).strip().lower()
        if name == "ref":
            self._note(node)
        elif name in ("li", "dd", "dt"):
            self._item(node, name)
        elif name in _CODE:
            self.close()
            code = str(node.contents or "").strip("\n").expandtabs(4)
            self.found += [Block("code", code)] if code.strip() else []
        elif name == "math":
            self.keep(f"${' '.join(str(node.contents).split())}$")
        elif name == "nowiki":
            self.keep(prose(str(node.contents or "")))
        elif name == "table":
            self._table(node)
        elif name in ("br", "hr"):
            self.text.append(" ")
        elif name not in _UNSEEN and node.contents is not None:
            if name == "blockquote":
                self._quote(node.contents.nodes)
                return
            block = name in ("p", "div", "poem", "center")
            if block:
                self.close()
            self.write(node.contents.nodes)
            if block:
                self.close()

    def _quote(self, nodes: Any) -> None:
        self.close()
        outer, self.quoted = self.quoted, True
        self.write(nodes)
        self.close()
        self.quoted = outer

    def _item(self, node: Any, name: str) -> None:
        """A mark of a list. `**` is parsed as two marks, of which the first is empty."""
        if "".join(self.text).strip():
            self.close()
        numbered = str(node.wiki_markup or "") == "#"
        self.number = self.number + 1 if numbered else 0
        self.mark = f"{self.number}." if numbered else "-" if name == "li" else ""
        if node.contents is not None and not node.self_closing:
            self.write(node.contents.nodes)
            self.close()

    def _note(self, node: Any) -> None:
        """A note is a work where it cites one by template; else its words are."""
        contents = node.contents
        if contents is None:
            return
        cited = [each for each in contents.filter_templates() if _CITING.match(str(each.name).strip())]
        self.works += [_work(each) for each in cited]
        words = "" if cited else _plain(contents)
        addresses = "" if cited else " ".join(str(link.url) for link in contents.filter_external_links())
        if words or addresses:
            self.notes.append(f"{words} {addresses}".strip() if addresses not in words else words)

    def _table(self, node: Any) -> None:
        """Each row on a line; cells before the first mark of a row are its head."""
        self.close()
        rows: list[list[Any]] = [[]]
        for tag in node.contents.filter_tags(recursive=False):
            if str(tag.tag) == "tr":
                rows.append(tag.contents.filter_tags(recursive=False))
            else:
                rows[-1].append(tag)
        for row in rows:
            cells = [_plain(cell.contents) for cell in row if str(cell.tag) in ("td", "th")]
            cells = [cell for cell in cells if not cell.startswith("+ ")]  # the table's caption
            if any(cells):
                self.found.append(Block("row", " | ".join(cells)))


def _plain(code: Any) -> str:
    """A line of the words in wikitext; an entity may name a character that no text can hold."""
    return prose(normal(code.strip_code()))


def _work(template: Any) -> Mapping[str, Any]:
    """A citation's fields under the names that a list of sources has for them."""
    field = {str(each.name).strip().lower(): _plain(each.value) for each in template.params}
    people = []
    for number in ("", *map(str, range(1, 10))):
        last = field.get(f"last{number}") or field.get(f"author{number}") or ""
        if last:
            people.append(f"{field.get(f'first{number}', '')} {last}".strip())
    year = re.search(r"\b(?:1[5-9]|20)\d\d\b", field.get("year") or field.get("date") or "")
    venue = next(
        (field[name] for name in ("journal", "website", "work", "publisher", "newspaper") if field.get(name)), ""
    )
    return {
        "authors": people,
        "year": year.group() if year else "",
        "title": field.get("title", ""),
        "venue": venue,
        "url": field.get("url") or (f"https://doi.org/{field['doi']}" if field.get("doi") else ""),
    }

"""A tree of HTML elements flows in, blocks flow out. It alone knows which elements are furniture of a page, which hold
text, and how formulas, superscripts and code are written in them."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator
from typing import Any

from ingest.readers.blocks import Block, Kind, prose
from ingest.readers.dialects import arbital_math, without_small_print

_UNSEEN = frozenset(
    """script style noscript template svg canvas iframe object embed video audio form button input select textarea nav
    footer aside figure figcaption head title link meta map menu dialog img picture source track
    d-footnote d-cite d-bibliography d-citation-list d-footnote-list d-front-matter d-title d-byline""".split()
)
_BLOCKS = frozenset(
    """address article body center dd details div dl dt fieldset header hgroup hr html li main ol p pre section summary
    table tbody td tfoot th thead tr ul blockquote h1 h2 h3 h4 h5 h6""".split()
)
_TWICE = re.compile(r"&(?:bull|nbsp|[mn]dash|hellip|[lr][sd]quo|quot|#39);")
ASKED, LONGEST = 7, 30
"""The level of the heading that a question is which stands by itself in bold, as a summary or as a term, with its answer after it; and its
words at most."""
_HEADINGS = {f"h{level}": level for level in range(1, 7)}


def blocks_of_fragment(content: str) -> list[Block]:
    """The blocks in a piece of HTML, however broken."""
    from lxml import etree
    from lxml.html import fragment_fromstring

    try:
        root = fragment_fromstring(content, create_parent="div")
    except (etree.ParserError, ValueError, AssertionError):  # lxml asserts that there is one body
        return []
    return list(blocks(root))


def blocks(root: Any) -> Iterator[Block]:
    """The blocks under an element in reading order, without furniture."""
    walk = _Walk()
    walk.into(root)
    walk.close()
    yield from walk.found


class _Walk:
    """The place in the tree: text gathered for the open block, and the lists around it."""

    def __init__(self) -> None:
        self.found: list[Block] = []
        self.text: list[str] = []
        self.kind: str = "paragraph"
        self.level = 0
        self.mark = ""
        self.lists: list[int] = []
        self.quotes = 0
        self.asks = False  # what is gathered may open with such a question
        self.section = Block("heading", "", 1)  # what a question and its answer interrupt
        self.answers = False
        self.resumes = False

    def close(self) -> None:
        """End the open block."""
        for line in arbital_math(without_small_print("".join(self.text))).split("\n"):
            words = prose(_twice_encoded(line.replace("\ue003", "<").replace("\ue004", ">")))
            if not words:
                continue
            if self.kind == "heading":
                self._add("heading", words, self.level)
            elif self.mark:
                self._add("item", f"{self.mark} {words}")
                self.mark = ""
            elif self.asks and words.endswith("?") and len(words.split()) <= LONGEST:
                self._add("heading", words, ASKED)
            else:
                self._add("paragraph", words)
            self.asks = False
        self.text = []

    def _add(self, kind: Kind, words: str, level: int = 0) -> None:
        block = Block(kind, words, level, quoted=self.quotes > 0)
        if kind != "heading" and self.resumes:
            self.found.append(self.section)
            self.answers = False
        elif kind == "heading":
            self.answers = level == ASKED
            self.section = self.section if self.answers else block
        self.resumes = False
        self.found.append(block)

    def into(self, element: Any) -> None:
        """Walk an element's text and children, without recursion: pages nest deeper than Python's stack."""
        stack: list[tuple[Any, bool]] = [(element, False)]
        while stack:
            node, leaving = stack.pop()
            if leaving:
                self._leave(node)
                if node is not element and node.tail:
                    self._say(node.tail)
                continue
            if not isinstance(node.tag, str) or _hidden(node):
                if node is not element and node.tail:
                    self._say(node.tail)
                continue
            if self._whole(node):
                if node is not element and node.tail:
                    self._say(node.tail)
                continue
            self._enter(node)
            stack.append((node, True))
            stack += [(child, False) for child in reversed(node)]

    def _say(self, words: str) -> None:
        self.text.append(" ".join(words.replace("<", "\ue003").replace(">", "\ue004").split("\n")))

    def _whole(self, node: Any) -> bool:
        """Take what is one piece: code, a table row, a formula's source, a line break."""
        match node.tag:
            case "pre":
                self.close()
                code = "".join(node.itertext()).strip("\n").expandtabs(4)
                if code.strip():
                    self._add("code", code)
            case "tr":
                self.close()
                cells = [prose(" ".join(cell.itertext())) for cell in node if cell.tag in ("td", "th")]
                if len(cells) == 1 or max(map(len, cells), default=0) > 2000:
                    return False  # a table for layout
                if any(cells):
                    self._add("row", arbital_math(" | ".join(cells)))
            case "math":
                source = node.xpath(".//*[local-name()='annotation'][contains(@encoding, 'tex')]/text()")
                self._say(f"${' '.join(source[0].split())}$" if source else " ".join(node.itertext()))
            case "br":
                self.text.append("\n" if not self.mark and self.kind != "heading" else " ")
            case _:
                return False
        return True

    def _enter(self, node: Any) -> None:
        tag = node.tag
        if tag in _BLOCKS:
            self.close()
            self.asks = tag in ("summary", "dt") or (tag == "p" and _opens_bold(node))
        if tag in _HEADINGS:
            self.kind, self.level = "heading", _HEADINGS[tag]
        elif tag in ("ul", "ol"):
            start = str(node.get("start") or "1")
            self.lists.append(0 if tag == "ul" else int(start) if start.isdigit() else 1)
        elif tag == "blockquote":
            self.quotes += 1
        elif tag == "li":
            number = self.lists[-1] if self.lists else 0
            self.mark = f"{number}." if number and len(self.lists) == 1 else "-"
            if number:
                self.lists[-1] += 1
        elif tag in ("sup", "sub"):
            self.text.append(f"<{tag}>")
        if node.text:
            self._say(node.text)

    def _leave(self, node: Any) -> None:
        tag = node.tag
        if tag in ("sup", "sub"):
            self.text.append(f"</{tag}>")
        if tag in _BLOCKS:
            self.close()
        if tag in _HEADINGS:
            self.kind = "paragraph"
        elif tag in ("details", "dl") or (tag == "p" and len(node) > 1 and _opens_bold(node)):
            self.resumes = self.answers
        elif tag == "blockquote":
            self.quotes -= 1
        elif tag in ("ul", "ol") and self.lists:
            self.lists.pop()
        elif tag == "li":
            self.mark = ""


def _opens_bold(node: Any) -> bool:
    """Its first line is in bold."""
    inside = list(node)
    if not inside or inside[0].tag not in ("b", "strong") or f"{node.text or ''}{inside[0].tail or ''}".strip():
        return False
    return all(after.tag == "br" for after in inside[1:2])


def _twice_encoded(text: str) -> str:
    return _TWICE.sub(lambda match: html.unescape(match.group()), text) if "&" in text else text


def _hidden(node: Any) -> bool:
    """Whether an element is furniture by its kind, by its role, by its name, or is not shown."""
    if node.tag in _UNSEEN:
        return True
    style = (node.get("style") or "").replace(" ", "").lower()
    if "display:none" in style or "visibility:hidden" in style or node.get("hidden") is not None:
        return True
    if node.get("aria-hidden") == "true" or (node.get("role") or "") in _ROLES:
        return True
    if node.tag in ("body", "main", "article", "html"):
        return False
    names = f"{node.get('class') or ''} {node.get('id') or ''}"
    return _FURNITURE.search(names.replace("_", "-").lower()) is not None


_ROLES = frozenset(("navigation", "banner", "contentinfo", "search", "complementary", "dialog"))
_FURNITURE = re.compile(
    r"(?:^|[\s-])(?:nav|navbar|navigation|menu|sidebar|breadcrumbs?|footer|share|sharing|sharedaddy|social|comments?"
    r"|comment-list|respond|related-posts?|jp-relatedposts|newsletter|subscribe|subscription|cookies?|advert|ads|promo"
    r"|author-box|author-bio|byline|post-meta|entry-meta|page-info|post-navigation|pagination|pager|skip-link|toc"
    r"|table-of-contents|editsection|mw-editsection|noprint|navbox|catlinks|printfooter|signup|popup|modal|sr-only"
    r"|screen-reader-text|visually-hidden|metadata|section-meta|headerlink|anchor-link|back-link|back-to-top)(?:$|\s)"
)

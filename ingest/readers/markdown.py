"""The bytes of a Markdown file flow in, a Document flows out. It alone knows Markdown: its tokens become blocks, and
what site generators add to the language is cleared before (`markup`, `dialects`)."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import cache
from typing import TYPE_CHECKING

from alignment_qa.types import Document
from ingest.readers import dialects
from ingest.readers.assemble import assemble
from ingest.readers.blocks import Block, normal, prose
from ingest.readers.decoding import decode
from ingest.readers.frontmatter import Stated, byline, split_front_matter
from ingest.readers.markup import plain

if TYPE_CHECKING:
    from markdown_it import MarkdownIt
    from markdown_it.rules_inline import StateInline
    from markdown_it.token import Token

_MARKER_LINK = re.compile(r"\s*(?:\[?\^?\d{1,3}\]?|[↩↑#¶§*†‡]|\^)\s*")
_ADDRESS_ENDS = re.compile(r"https?://\S+\s*$")
_CALLOUT = re.compile(r"\[!\w+\]")
"""How a site marks a note that is set like a quotation: `> [!NOTE]`."""
_TASK = re.compile(r"\[[ xX]\]\s+")
_BYLINES_AT_MOST_AT = 5
HEAD = 12
"""Words up to which bold text that is a paragraph, or opens one of at least as many more, is its heading."""
RUN_IN = 7
"""The level of a heading that runs into its paragraph."""
_ELEMENT = re.compile(r"<(/?)(?:div|section|table|details|article|aside|center|figure|ul|ol)\b", re.IGNORECASE)
_UNSEEN = ("mermaid", "dot", "graphviz", "plantuml", "tikz", "toc")
_CHUNK = re.compile(r"\{(?:r|python|julia|ojs|bash|sh|sql|stan|rcpp|mermaid|dot|webr|pyodide)\b[^{}]*\}", re.IGNORECASE)
"""Code that Quarto and R Markdown run and may not show."""
_CALLOUTS = re.compile(r"\{?(?:note|tip|warning|admonition|important|caution|hint|seealso)\b", re.IGNORECASE)


def read(content: bytes, *, name: str = "", collection: str = "") -> Document:
    """The document in a Markdown file. ReadFailed if its bytes are no text or hold no prose."""
    said, text = split_front_matter(normal(decode(content)))
    found = list(blocks(text))
    if said == Stated():
        said, found = _byline(found)
    return assemble(found, said, name=name, collection=collection)


def blocks(text: str) -> Iterator[Block]:
    """The blocks of Markdown text."""
    text, notes = dialects.cleared(text)
    yield from _resumed(_labelled(_walk(_parser().parse(text))))
    if notes:
        yield Block("heading", "Footnotes", 2)
        for note in notes:
            yield from (block for block in _walk(_parser().parse(note)) if block.kind != "heading")


@cache
def _parser() -> MarkdownIt:
    from markdown_it import MarkdownIt

    parser = MarkdownIt("commonmark").enable(["table", "strikethrough"])
    parser.inline.ruler.before("escape", "formula", _formula)
    return parser


def _formula(state: StateInline, silent: bool) -> bool:
    """`$…$` and `$$…$$` kept as they are: their underscores and asterisks are no emphasis (Pandoc's rule for `$`)."""
    source, start = state.src, state.pos
    if source[start] != "$":
        return False
    mark = "$$" if source.startswith("$$", start) else "$"
    opening = start + len(mark)
    end = source.find(mark, opening, opening + 3000)
    inner = source[opening:end]
    after = end + len(mark)
    money = mark == "$" and (inner[:1].isspace() or inner[-1:].isspace() or source[after : after + 1].isdigit())
    if end <= opening or money or "\n\n" in inner:
        return False
    if not silent:
        token = state.push("math_inline", "", 0)
        token.content = mark + " ".join(inner.split()) + mark
    state.pos = after
    return True


def _walk(tokens: Sequence[Token]) -> Iterator[Block]:
    lists: list[int] = []  # the next number of each open list; 0 in a bulleted one
    mark = ""  # of the list item that has no text yet
    quotes: list[bool] = []  # for each open `>`, whether it quotes
    opened = (
        0  # elements of HTML: a blank line ends what the standard calls HTML, and indented tags after it are no code
    )
    row: list[str] = []
    headed = False  # a heading came before
    at = 0

    def set_apart(*found: Block) -> Iterator[Block]:
        yield from (replace(block, quoted=any(quotes)) for block in found)

    while at < len(tokens):
        token = tokens[at]
        match token.type:
            case "bullet_list_open":
                lists.append(0)
            case "ordered_list_open":
                lists.append(int(token.attrs.get("start", 1)))
            case "bullet_list_close" | "ordered_list_close":
                lists.pop()
            case "list_item_open":
                # Numbers of an inner list would read as the outer one's.
                mark = f"{lists[-1]}." if lists[-1] and len(lists) == 1 else "-"
                lists[-1] += 1 if lists[-1] else 0
            case "list_item_close":
                mark = ""
            case "blockquote_open":
                first = next((each.content for each in tokens[at : at + 4] if each.type == "inline"), "")
                quotes.append(_CALLOUT.match(first) is None)
            case "blockquote_close":
                quotes.pop()
            case "heading_open":
                title = " ".join(_lines(tokens[at + 1].children or []))
                if lists or quotes:
                    yield from set_apart(Block("paragraph", title))
                else:
                    yield Block("heading", title, int(token.tag[1]))
                    headed = True
                at += 2
            case "td_open" | "th_open":
                row.append(" ".join(_lines(tokens[at + 1].children or [])))
            case "tr_close":
                if any(row):
                    yield from set_apart(Block("row", " | ".join(row)))
                row = []
            case "paragraph_open":
                children = tokens[at + 1].children or []
                head = _run_in(children) if headed and not (lists or quotes) else 0
                if head:
                    yield Block("heading", _lines(children[:head])[0].rstrip(".:! "), RUN_IN)
                yield from set_apart(*_paragraph(children[head:], mark, inside=bool(lists or quotes)))
                mark = ""
                at += 2
            case "code_block" if opened > 0 and token.content.lstrip().startswith("<"):
                opened += _opened_by(token.content)
                yield from _html(token.content)
            case "fence" | "code_block":
                yield from set_apart(*_code(token))
            case "html_block":
                opened += _opened_by(token.content)
                yield from _html(token.content)
        at += 1


def _opened_by(content: str) -> int:
    return sum(-1 if match[1] else 1 for match in _ELEMENT.finditer(content))


def _paragraph(children: Sequence[Token], mark: str, *, inside: bool) -> Iterator[Block]:
    lines = [line for line in _lines(children) if line]
    if mark:
        text = _TASK.sub("", " ".join(lines), count=1)
        if text:
            yield Block("item", f"{mark} {text}")
        return
    if not inside and len(lines) == 1 and _all_bold(children):
        title = lines[0].rstrip(":. ")
        if len(title.split()) <= HEAD:
            yield Block("heading", title, 6)
            return
    for line in lines:
        yield Block("paragraph", line)


def _run_in(children: Sequence[Token]) -> int:
    """How many of a paragraph's tokens are a head that runs into it, as `**Two kinds of test.** Some tests …`; a name that
    the sentence goes on from (`**Tests** are …`) is none, and `**Tests**: …` says what they are."""
    shown = [at for at, child in enumerate(children) if child.content.strip() or child.nesting]
    close = next((at for at, child in enumerate(children) if child.type == "strong_close"), 0)
    if not shown or not close or children[shown[0]].type != "strong_open" or close == shown[-1]:
        return 0
    head = " ".join(_lines(children[: close + 1]))
    after = " ".join(_lines(children[close + 1 :]))
    whole = head.endswith((".", "?", "!")) and after[:1] not in {":", ",", ";"} and not after[:1].islower()
    return close + 1 if whole and 2 <= len(head.split()) <= HEAD and len(after.split()) >= HEAD else 0


def _all_bold(children: Sequence[Token]) -> bool:
    shown = [child for child in children if child.content.strip() or child.nesting]
    return (
        len(shown) > 2
        and shown[0].type == "strong_open"
        and shown[-1].type == "strong_close"
        and sum(child.type == "strong_open" for child in shown) == 1
    )


def _lines(children: Sequence[Token]) -> list[str]:
    """The words of inline tokens: one line, and one more after each hard break."""
    kept: list[str] = []  # what must stay as it is while the rest is tidied: code and formulas
    parts: list[str] = []
    links: list[tuple[int, str]] = []
    for child in children:
        match child.type:
            case "text" | "text_special":
                parts.append(child.content)
            case "softbreak":
                # Lines that each end in an address are a list that somebody wrote without marks.
                parts.append("\n" if _ADDRESS_ENDS.search(parts[-1] if parts else "") else " ")
            case "hardbreak":
                parts.append("\n")
            case "code_inline" | "math_inline":
                parts.append(f"\ue000{len(kept)}\ue001")
                kept.append(child.content)
            case "html_inline":
                parts.append("\n" if re.match(r"<br\b", child.content, re.IGNORECASE) else child.content)
            case "link_open":
                links.append((len(parts), str(child.attrs.get("href", ""))))
            case "link_close" if links:
                since, target = links.pop()
                words = "".join(parts[since:])
                if words == "?" and target.startswith("#"):
                    parts[since:] = [f"“{re.sub('[_-]+', ' ', target[1:])}”"]  # a section that the site names
                elif _MARKER_LINK.fullmatch(words):
                    del parts[since:]
    # "**A claim.** : An explanation" is one author's way to set a label.
    text = re.sub(r"(?<=[.?!]) : (?=[A-Z])", " ", dialects.without_small_print("".join(parts)))
    lines = [prose(plain(line)) for line in text.split("\n")]
    return [re.sub("\ue000(\\d+)\ue001", lambda match: kept[int(match[1])], line) for line in lines]


def _code(token: Token) -> Iterator[Block]:
    language = token.info.strip().lower()
    content = token.content.rstrip("\n")
    if language.startswith(_UNSEEN) or _CHUNK.fullmatch(language) or not content.strip():
        return
    if _CALLOUTS.match(language) or (token.type == "code_block" and _is_prose(content)):
        yield from blocks("\n".join(line.lstrip() for line in content.split("\n")))
        return
    yield Block("code", content.expandtabs(4))


def _is_prose(content: str) -> bool:
    """Whether an indented block is a paragraph that somebody indented too far, not code."""
    lines = [line for line in content.split("\n") if line.strip()]
    odd = sum(character in "=(){}[];<>_|\\/#" for character in content)
    sentence = re.search(r"\w\w[\"'”’)*]*[.?!:](?:\s|$)", content) is not None
    long = len(content.split()) >= 8 and (len(lines) == 1 or len(content) > 50 * len(lines))
    return long and sentence and odd * 50 <= len(content) and not re.match(r"\s*(?:def|import|class|from)\b", content)


def _html(content: str) -> Iterator[Block]:
    """What a block of HTML says: its sentences, not its labels."""
    from ingest.readers import tree

    for block in tree.blocks_of_fragment(content):
        if len(block.text.split()) >= 6 or block.text[-1:] in tuple(".?!"):
            lines = [prose(plain(line)) for line in block.text.split("\n")]
            yield block if block.kind == "code" else replace(block, text=" ".join(lines))


def _labelled(found: Iterable[Block]) -> Iterator[Block]:
    """A label over code, as `Example: a request to …`, is the code's heading, and not a sentence."""
    label: Block | None = None
    under = False
    for block in found:
        code = block.kind == "code"
        if label is not None:
            yield replace(label, kind="heading", level=6) if code else label
            under, label = code, None
        if under and not code:
            yield Block("paragraph", dialects.RESUME)
            under = False
        words = len(block.text.split())
        if block.kind == "paragraph" and 2 <= words <= 20 and ": " in block.text and block.text[-1] not in ".:?!,;":
            label = block
        else:
            yield block
    if label is not None:
        yield label


def _resumed(found: Iterable[Block]) -> Iterator[Block]:
    """After an aside (`dialects`), a label or a paragraph with a head of its own, the section that it interrupted goes on
    under its own heading; what follows such a paragraph and is none, a list or code, belongs to it."""
    current: Block | None = None
    section: Block | None = None
    waiting = False
    under = 0  # paragraphs since a head that runs in, and that head
    for block in found:
        if block.kind == "paragraph" and block.text == dialects.RESUME:
            waiting = True
            continue
        if block.kind == "heading":
            current = block if block.level < 6 else current
            section = block if block.level < RUN_IN else section
            under = int(block.level == RUN_IN)
        elif under == 2 and block.kind == "paragraph":
            yield section or Block("heading", "", 1)
            under = 0
        elif waiting:
            yield current or Block("heading", "", 1)
        under += under == 1 and block.kind == "paragraph"
        waiting = False
        yield block


def _byline(found: list[Block]) -> tuple[Stated, list[Block]]:
    """What a line like `author: …, created: …` near the top states."""
    for at, block in enumerate(found[:_BYLINES_AT_MOST_AT]):
        if block.kind == "paragraph" and (said := byline(block.text)) is not None:
            return said, found[:at] + found[at + 1 :]
    return Stated(), found

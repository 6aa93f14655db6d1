"""Lines of a PDF flow in, blocks flow out. It alone guesses paragraphs and headings from how lines are set, and mends
words cut at line ends."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import groupby

from ingest.readers.blocks import Block, prose
from ingest.readers.hyphens import counted, mended
from ingest.readers.pdflines import Line
from ingest.readers.sections import bare_heading, entry, purpose_of
from ingest.readers.titles import calm

_ENDS = re.compile(r"[.?!:;][\"'”’)\]]*$")
_BULLET = re.compile(r"[•‣◦▪●■∗]\s*(?=\S)")
_NUMBER = re.compile(r"(?:[–—-]|\((?:\d{1,2}|[a-z]|[ivx]{1,4})\)|\d{1,2}[.)]|[a-z]\))\s+(?=\S)")
_COUNTED = re.compile(r"\(?(\d{1,2})[.)]\s")
_REFERENCE = re.compile(r"\[(?:\d{1,3}|[A-Za-z+]{2,8}\d{2}[a-z]?)\]\s*(?=\S)")
_NUMBERED = re.compile(r"((?:\d{1,2}|[A-H])(?:\.\d{1,2}){0,3})\.?\s+(?=[A-Z“\"‘])")
_ROMAN = re.compile(r"[IVX]{1,5}\.\s+[A-Z0-9][A-Z0-9\s,:&’'()/–—-]+")
_LETTERED = re.compile(r"[A-H]\.\s+[A-Z][\w\s,:&’'()/–—-]{2,70}")
_ABSTRACT = re.compile(r"Abstract\s*[—–:.-]\s*(?=\S)")
_STATEMENT = re.compile(
    r"(?:Definition|Theorem|Lemma|Proposition|Corollary|Remark|Assumption|Example|Claim) \d+(?:\.\d+)?(?: \(|\.)|Proof\."
)
_CAPTION = re.compile(r"(?:Figure|Fig\.|Table|Algorithm|Listing)\s+\d+[.:|]", re.IGNORECASE)
_NOTE_MARK = re.compile(r"(?:\d{1,2}|[*†‡§¶])\s?(?=[A-Z])")


def blocks(lines: Sequence[Line]) -> Iterator[Block]:
    """The blocks of these lines, in their order; footnotes and captions after the paragraph that they interrupt."""
    joined = _told_apart(_side_by_side(lines))
    body = body_size(joined)
    words = counted("\n".join(line.text for line in joined))
    rights = _rights(joined)
    groups: list[tuple[str, list[Line]]] = []  # kind, lines
    listed = False  # below the heading of a reference list
    for at, line in enumerate(joined):
        before = joined[at - 1] if at else None
        kind = _kind(line, before, joined[at + 1] if at + 1 < len(joined) else None, body)
        opened, held = groups[-1] if groups else ("", [])
        if opened == "item" and not kind and _counts_on(held[0], line):
            kind = "item"
        if before is None or not held:
            goes_on = False
        elif opened == "heading":
            goes_on = (kind == "heading" or line.text.isupper()) and _same_heading(before, line)
        elif listed and kind in ("", "item") and _hangs(held[0], before, line):
            goes_on = True  # entries are full of stops
        elif "code" in (kind, opened):
            goes_on = kind == opened
        elif kind:
            goes_on = opened == "reference" and kind == "item"
        elif opened == "note" and line.size > before.size * 1.05 > 0:
            goes_on = False
        elif opened == "reference":
            goes_on = True  # entries are full of stops; only the next mark ends one
        elif opened == "item" and not _jumps(before, line):
            # The rest of an item hangs to the right of its mark.
            goes_on = _hangs(held[0], before, line)
        else:
            goes_on = not _breaks(before, line, rights[before.page, _column(before)])
        if goes_on:
            held.append(line)
        else:
            groups.append((kind or "paragraph", [line]))
            listed = purpose_of(line.text) == "references" if kind == "heading" else listed
    yield from _interrupted_joined([_block(kind, group, words) for kind, group in groups])


def body_size(lines: Sequence[Line]) -> float:
    """The font size that most characters have."""
    sizes: Counter[float] = Counter()
    for line in lines:
        sizes[round(line.size, 1)] += len(line.text)
    return sizes.most_common(1)[0][0] if sizes else 0.0


def _side_by_side(lines: Sequence[Line]) -> list[Line]:
    """Lines that pdfium parted at a raised or lowered letter, put together again."""
    joined: list[Line] = []
    for line in lines:
        last = joined[-1] if joined else None
        if last is not None and last.page == line.page:
            height = max(last.size, line.size, 6)
            gap = line.left - last.right
            if abs(line.y - last.end_y) < height * 0.6 and -height * 0.5 < gap < height * 2.5:
                space = "" if gap < height * 0.12 else " "
                larger = last if len(last.text) >= len(line.text) else line
                joined[-1] = replace(
                    last,
                    text=last.text + space + line.text,
                    right=line.right,
                    end_y=line.y if line.size >= last.size else last.end_y,
                    size=larger.size or max(last.size, line.size),
                    bold=last.bold and line.bold,
                    italic=last.italic and line.italic,
                    typed=last.typed and line.typed,
                )
                continue
        joined.append(line)
    return joined


def _told_apart(lines: Sequence[Line]) -> list[Line]:
    """The lines without a style that most of the text has, which sets nothing apart."""
    size = sum(len(line.text) for line in lines)
    bold, italic, typed = (
        sum(len(line.text) for line in lines if getattr(line, style)) * 2 <= size
        for style in ("bold", "italic", "typed")
    )
    return [
        replace(line, bold=bold and line.bold, italic=italic and line.italic, typed=typed and line.typed)
        for line in lines
    ]


def _kind(line: Line, before: Line | None, after: Line | None, body: float) -> str:
    """heading, item, note, caption or code where a line opens one; empty where it may go on with what was before."""
    text = line.text
    if line.typed:
        return "code"
    if _CAPTION.match(text):
        return "caption"
    below = line.size and line.size < body * 0.95 and line.y < 250
    if below and _NOTE_MARK.match(text):
        return "note"
    ended = (
        before is None
        or _ENDS.search(before.text) is not None
        or _gap(before, line) > 1.3 * body
        or _jumps(before, line)
    )
    words = len(text.split())
    lettering = 0 < line.size < body * 0.7  # of a figure
    if words <= 16 and not lettering and not re.search(r"[.,;:]$", text) and re.search(r"[^\W\d_]{3}", text):
        larger = line.size > body * 1.08
        if bare_heading(text) or text.strip(" .:").casefold() == "abstract" or _ROMAN.fullmatch(text):
            return "heading"
        set_apart = line.bold or _opens_section(before, line, after, body)
        if (set_apart and ended) or (larger and words >= 1 and (ended or line.size > body * 1.2)):
            return "heading" if _looks_named(text) else ""
        if ended and _LETTERED.fullmatch(text) and line.right - line.left < 200:
            return "heading"
    if _ABSTRACT.match(text) or _STATEMENT.match(text):
        return "paragraph"
    if _REFERENCE.match(text):
        return "reference"
    if _BULLET.match(text) or (ended and _NUMBER.match(text)):
        return "item"
    smaller = below and before is not None and line.size < before.size * 0.95 and _gap(before, line) > body
    return "note" if smaller and words > 3 and text[:1].isupper() and _looks_named(text) else ""


def _opens_section(before: Line | None, line: Line, after: Line | None, body: float) -> bool:
    """Whether a line in italics stands alone between the end of a paragraph and the begin of one."""
    if not line.italic or not line.text[:1].isupper() or before is None or after is None:
        return False
    apart = _ENDS.search(before.text) is not None and _gap(before, line) > body
    return apart and not after.italic and after.text[:1].isupper() and _looks_named(after.text)


def _counts_on(item: Line, line: Line) -> bool:
    """Whether a line has the number after an item's and stands below it; items of one sentence end in no full stop."""
    one, other = _COUNTED.match(item.text), _COUNTED.match(line.text)
    return (
        one is not None
        and other is not None
        and int(other[1]) == int(one[1]) + 1
        and abs(item.left - line.left) < line.size
    )


def _looks_named(text: str) -> bool:
    """Whether words could name a section: mostly words, not the symbols of a formula."""
    text = _NUMBERED.sub("", text, count=1)
    letters = sum(character.isalpha() or character.isspace() for character in text)
    return letters * 4 >= len(text) * 3 and re.search(r"[=<>≤≥∈∑∫]", text) is None


def _same_heading(before: Line, line: Line) -> bool:
    return (
        (abs(before.size - line.size) < 0.5 or line.text.isupper())  # small capitals have another size
        and before.bold == line.bold
        and _NUMBERED.match(line.text) is None
        and purpose_of(before.text) == "prose"
        and 0 < before.end_y - line.y < 2.2 * max(line.size, 8)
    )


def _breaks(before: Line, line: Line, right: float) -> bool:
    """Whether a paragraph ends between two lines."""
    size = max(before.size, line.size, 6)
    ended = _ENDS.search(before.text) is not None
    if not ended:
        # A formula or a float can part lines widely; only a new size begins something else in mid-sentence.
        return abs(before.size - line.size) > 0.25 * size and min(len(before.text), len(line.text)) > 25
    if _jumps(before, line):
        return before.right < right - 3 * size or not line.text[:1].islower()
    indent = line.left - before.left
    return _gap(before, line) > 1.6 * size or 0.7 * size < indent < 6 * size or before.right < right - 3 * size


def _hangs(first: Line, before: Line, line: Line) -> bool:
    """Whether a line stands directly below and further to the right than the first of its item."""
    close = not _jumps(before, line) and _gap(before, line) < 1.8 * max(line.size, 6)
    return close and line.page == first.page and line.left > first.left + 0.4 * line.size


def _jumps(before: Line, line: Line) -> bool:
    return line.page != before.page or line.y > before.end_y + before.size


def _gap(before: Line, line: Line) -> float:
    return before.end_y - line.y if line.page == before.page else 0.0


def _column(line: Line) -> int:
    return int(line.left // 150)


def _rights(lines: Sequence[Line]) -> dict[tuple[int, int], float]:
    """How far to the right the lines of each column of each page go."""
    rights: dict[tuple[int, int], float] = {}
    for line in lines:
        key = line.page, _column(line)
        rights[key] = max(rights.get(key, 0.0), line.right)
    return rights


def _block(kind: str, lines: Sequence[Line], words: Counter[str]) -> Block:
    """The block that lines are. A page begins in it where the lines of the pages before it end, near enough."""
    block = _of_lines(kind, lines, words)
    pages: list[tuple[int, int]] = []
    place = 0
    for page, on_page in groupby(lines, key=lambda line: line.page):
        pages.append((min(place, len(block.text)), page))
        place += len(_of_lines(kind if not place else "paragraph", list(on_page), words).text) + 1
    return replace(block, pages=tuple(pages))


def _of_lines(kind: str, lines: Sequence[Line], words: Counter[str]) -> Block:
    text = mended("\n".join(line.text for line in lines), words)
    if kind == "note" and (mark := _NOTE_MARK.match(text)):
        text = text[mark.end() :]
    text = text.replace(". . .", "…")  # TeX's dots, which would end a sentence
    if kind == "heading":
        title = prose(text.replace("\n", " "))
        number = _NUMBERED.match(title)
        level = 2 + (number[1].count(".") if number else 0)
        if _LETTERED.fullmatch(title) and number and number[1].isalpha():
            level = 3
        return Block("heading", calm(title), level)
    if kind == "code":
        return Block("code", text)
    if kind in ("item", "reference"):
        number = re.match(r"(\d{1,2})[.)]", text)
        bullet = re.sub(r"^(?:[•‣◦▪●■∗–—-]|\[[^\]]{1,12}\])\s*", "", text)
        words_only = prose(entry(bullet) if number else bullet)
        return Block("item", f"{number[1]}. {words_only}" if number else f"- {words_only}")
    return Block("paragraph", prose(text), level=1 if kind in ("note", "caption") else 0)


def _interrupted_joined(found: Sequence[Block]) -> Iterator[Block]:
    """A paragraph that a note, a caption or a page parted, whole again; what parted it comes after it."""
    open_block: Block | None = None
    aside: list[Block] = []
    for block in found:
        floating = block.kind == "code" or (block.kind == "paragraph" and block.level == 1)
        floating = floating and not (open_block and block.kind == "code" and _ENDS.search(open_block.text))
        if open_block is not None and floating:
            aside.append(replace(block, level=0))
            continue
        goes_on = block.kind == "paragraph" and not floating and block.text[:1].islower()
        if open_block is not None and goes_on and not _ENDS.search(open_block.text):
            shift = len(open_block.text) + 1
            pages = *open_block.pages, *((shift + place, page) for place, page in block.pages)
            open_block = replace(open_block, text=f"{open_block.text} {block.text}", pages=pages)
            continue
        yield from _flushed(open_block, aside)
        open_block, aside = None, []
        if block.kind == "paragraph" and (match := _ABSTRACT.match(block.text)):
            yield Block("heading", "Abstract", 2)
            block = replace(block, text=block.text[match.end() :])
        if block.kind in ("paragraph", "item"):
            open_block = replace(block, level=0)
        else:
            yield block
    yield from _flushed(open_block, aside)


def _flushed(open_block: Block | None, aside: Sequence[Block]) -> Iterator[Block]:
    if open_block is not None and open_block.text:
        yield open_block
    yield from aside

"""An open PDF flows in, its lines of text flow out, with where and how they are set. It alone calls pdfium's text
functions, and knows which lines are a page's furniture."""

from __future__ import annotations

import ctypes
import re
import unicodedata
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from ingest.readers.blocks import normal

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_ACCENT = re.compile("([¨´ˇ˚˘])([A-Za-zı])|([cCsStT])(¸)")
_COMBINING = {"¨": "\u0308", "´": "\u0301", "ˇ": "\u030c", "˚": "\u030a", "˘": "\u0306", "¸": "\u0327"}
_PAGE_NUMBER = re.compile(r"(?:page )?[-–— ]*(?:\d{1,4}|[ivxlc]{1,6})[-–— ]*(?:(?:of|/) \d{1,4})?", re.IGNORECASE)
_STAMP = re.compile(
    r"arXiv:\d{4}\.\d{4,5}(?:v\d+)?\s+\[|.{0,60}downloaded from https?:|preprint\. under review"
    r"|contents lists available at |journal homepage: "
    r"|\d{1,2}/\d{1,2}/\d{2,4}, \d{1,2}:\d\d\b|(?:https?|file)://\S+ \d{1,4}/\d{1,4}$",  # of browsers that print
    re.IGNORECASE,
)
_BOLD = re.compile(r"bold|black|heavy|semibold|cmbx|cmb\d|sfbx|-b\b|\.b$|medi(?:um)?\b", re.IGNORECASE)
_ITALIC = re.compile(r"ital|obli|cmti|cmsl|sfti|-it\b|\.i$", re.IGNORECASE)
_TYPED = re.compile(r"mono|courier|consol|typewriter|cmtt|sftt|cmsltt|menlo|nimbusmon|code", re.IGNORECASE)
_EDGE_LINES = 3
_LONGEST_PAGE = 400_000
"""Characters; a page with more is a map or an attack, not prose."""


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is set. Lengths are in points, `y` grows upwards from the page's foot to the baseline."""

    text: str
    page: int
    """From 1."""
    left: float
    right: float
    y: float
    end_y: float
    size: float
    """0 where pdfium knows none."""
    bold: bool
    italic: bool = False
    typed: bool = False
    """In letters of one width."""


class _Place(NamedTuple):
    """Where and how one character is set."""

    left: float
    right: float
    y: float
    size: float
    bold: bool
    italic: bool
    typed: bool


def lines(document: Any) -> list[Line]:
    """The lines of all pages in reading order, without running heads, page numbers and stamps."""
    pages = [list(_of_page(document, number)) for number in range(1, len(document) + 1)]
    everywhere, facing = _running_heads(pages)
    kept: list[Line] = []
    for page in pages:
        edges = {*page[:_EDGE_LINES], *page[-_EDGE_LINES:]}
        outer = _outer(page)
        kept += [
            line
            for line in page
            if not _STAMP.match(line.text)
            and not (line in edges and (_PAGE_NUMBER.fullmatch(line.text) or _is_running_head(line, everywhere)))
            and not (line in outer and _at(line) in facing)
        ]
    return kept


def _running_heads(pages: list[list[Line]]) -> tuple[dict[str, float], set[tuple[str, int, int]]]:
    """Shapes of lines at the edges of at least half of the pages, with the smallest size that each is set in; and those
    that stand at one height of at least half of the left pages, or of the right ones."""
    if len(pages) < 3:
        return {}, set()
    seen: Counter[str] = Counter()
    sizes: dict[str, float] = {}
    facing: Counter[tuple[str, int, int]] = Counter()
    for page in pages:
        edges = {_shape(line.text): line.size for line in page[:_EDGE_LINES] + page[-_EDGE_LINES:]}
        seen.update(edges.keys())
        sizes |= {shape: min(size, sizes.get(shape, size)) for shape, size in edges.items()}
        facing.update({_at(line) for line in _outer(page)})
    everywhere = {shape: sizes[shape] for shape, count in seen.items() if count * 2 >= len(pages) and shape.strip("# ")}
    return everywhere, {at for at, count in facing.items() if count >= max(2, len(pages) // 4) and at[0].strip("# ")}


def _is_running_head(line: Line, repeated: dict[str, float]) -> bool:
    """A title that later pages repeat as their head is set larger, and is none."""
    smallest = repeated.get(_shape(line.text))
    return smallest is not None and line.size <= smallest * 1.2


def _outer(page: list[Line]) -> set[Line]:
    """The lines that stand highest and lowest."""
    placed = sorted((line for line in page if line.right), key=lambda line: line.y)
    return {*placed[:2], *placed[-2:]}


def _at(line: Line) -> tuple[str, int, int]:
    """Shape, height and side of the page; a page number that is set apart is none of the shape."""
    return _shape(line.text).strip("# "), round(line.y / 4), line.page % 2


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", text.casefold())


def _of_page(document: Any, number: int) -> Iterator[Line]:
    page = document[number - 1]
    try:
        text_page = page.get_textpage()
        try:
            text = text_page.get_text_range() if text_page.count_chars() <= _LONGEST_PAGE else ""
            unknown = _unknown(text_page) if text else []
            at = 0
            for raw in text.split("\r\n"):
                # pdfium counts in UTF-16 units.
                end = at + len(raw.encode("utf-16-le", "surrogatepass")) // 2
                shown = raw
                for place in (place - at for place in unknown if at <= place <= end):
                    shown = f"{shown[:place]}\ufffd{shown[place:]}"
                line = _line(text_page, raw, shown, at, number)
                at = end + 2
                if line is not None:
                    yield line
        finally:
            text_page.close()
    finally:
        page.close()


def _unknown(text_page: Any) -> list[int]:
    """Places in the text, the last first, of characters that pdfium leaves out because their font does not say what they
    are: without them `10⁻⁸` would be read as `108`."""
    import pypdfium2.raw as pdfium

    places: list[int] = []
    after = text_page.count_chars()
    for index in reversed(range(after)):
        place = pdfium.FPDFText_GetTextIndexFromCharIndex(text_page, index)
        if place >= 0:
            after = place
        elif pdfium.FPDFText_HasUnicodeMapError(text_page, index) == 1:
            places.append(after)
    return places


def _line(text_page: Any, raw: str, shown: str, at: int, number: int) -> Line | None:
    words = " ".join(_ACCENT.sub(_composed, normal(shown.translate(_LIGATURES))).split())
    if not words:
        return None
    first = _place(text_page, at + len(raw) - len(raw.lstrip()))
    last = _place(text_page, at + len(raw.rstrip()) - 1)
    middle = _place(text_page, at + len(raw) // 2)
    if first is None or last is None:
        return Line(words, number, 0, 0, 0, 0, 0, bold=False)
    known = [place for place in (middle, first, last) if place and place.size]
    bold, italic, typed = (all(place[at] for place in known or [first]) for at in (4, 5, 6))
    size = known[0].size if known else 0
    return Line(words, number, first.left, last.right, first.y, last.y, size, bold, italic, typed)


def _composed(match: re.Match[str]) -> str:
    """The letter with the accent that TeX's older fonts set beside it; what makes no letter stays."""
    accent, letter = match[1] or match[4], match[2] or match[3]
    one = unicodedata.normalize("NFC", letter.replace("ı", "i") + _COMBINING[accent])
    return one if len(one) == 1 and (accent != "´" or letter in "aeiouyAEIOUYı") else match[0]


def _place(text_page: Any, text_index: int) -> _Place | None:
    """None where pdfium knows none."""
    import pypdfium2.raw as pdfium

    index = pdfium.FPDFText_GetCharIndexFromTextIndex(text_page, text_index)
    if index < 0:
        return None
    box = [ctypes.c_double() for _ in range(4)]
    x, y = ctypes.c_double(), ctypes.c_double()
    if not pdfium.FPDFText_GetCharBox(text_page, index, *box):
        return None
    pdfium.FPDFText_GetCharOrigin(text_page, index, x, y)
    name = ctypes.create_string_buffer(128)
    flags = ctypes.c_int()
    pdfium.FPDFText_GetFontInfo(text_page, index, name, 128, flags)
    font = name.value.decode("utf-8", "replace")
    # Text may be set at size 1 and scaled by its matrix: the loose box has the size that is seen.
    loose = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(text_page, index, loose)
    size = pdfium.FPDFText_GetFontSize(text_page, index)
    size = size if size > 2 else abs(loose.top - loose.bottom)
    styles = (style.search(font) is not None for style in (_BOLD, _ITALIC, _TYPED))
    return _Place(box[0].value, box[1].value, y.value, size, *styles)

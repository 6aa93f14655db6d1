"""An open PDF flows in, its lines of text flow out, with where and how they are set. It alone calls pdfium's text
functions, and knows which lines are a page's furniture."""

from __future__ import annotations

import ctypes
import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from ingest.readers.blocks import normal

HYPHEN = "\ufffe"
"""What pdfium writes for a hyphen at the end of a line; the next line follows directly."""

_LIGATURES = str.maketrans({"ﬀ": "ff", "ﬁ": "fi", "ﬂ": "fl", "ﬃ": "ffi", "ﬄ": "ffl", "ﬅ": "st", "ﬆ": "st"})
_PAGE_NUMBER = re.compile(r"(?:page )?[-–— ]*(?:\d{1,4}|[ivxlc]{1,6})[-–— ]*(?:(?:of|/) \d{1,4})?", re.IGNORECASE)
_STAMP = re.compile(r"arXiv:\d{4}\.\d{4,5}(?:v\d+)?\s+\[|.{0,60}downloaded from https?:|preprint\. under review", re.I)
_BOLD = re.compile(r"bold|black|heavy|semibold|cmbx|cmb\d|sfbx|-b\b|\.b$|medi\b", re.IGNORECASE)
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
    bold: bool


def lines(document: Any) -> list[Line]:
    """The lines of all pages in reading order, without running heads, page numbers and stamps."""
    pages = [list(_of_page(document, number)) for number in range(1, len(document) + 1)]
    repeated = _running_heads(pages)
    kept: list[Line] = []
    for page in pages:
        edges = {*page[:_EDGE_LINES], *page[-_EDGE_LINES:]}
        kept += [
            line
            for line in page
            if not _STAMP.match(line.text)
            and not (line in edges and (_PAGE_NUMBER.fullmatch(line.text) or _is_running_head(line, repeated)))
        ]
    return kept


def _running_heads(pages: list[list[Line]]) -> dict[str, float]:
    """Shapes of lines at the edges of at least half of the pages, with the smallest size that each is set in."""
    if len(pages) < 3:
        return {}
    seen: Counter[str] = Counter()
    sizes: dict[str, float] = {}
    for page in pages:
        edges = {_shape(line.text): line.size for line in page[:_EDGE_LINES] + page[-_EDGE_LINES:]}
        seen.update(edges.keys())
        sizes |= {shape: min(size, sizes.get(shape, size)) for shape, size in edges.items()}
    return {shape: sizes[shape] for shape, count in seen.items() if count * 2 >= len(pages) and shape.strip("# ")}


def _is_running_head(line: Line, repeated: dict[str, float]) -> bool:
    """A title that later pages repeat as their head is set larger, and is none."""
    smallest = repeated.get(_shape(line.text))
    return smallest is not None and line.size <= smallest * 1.2


def _shape(text: str) -> str:
    return re.sub(r"\d+", "#", text.casefold())


def _of_page(document: Any, number: int) -> Iterator[Line]:
    page = document[number - 1]
    try:
        text_page = page.get_textpage()
        try:
            text = text_page.get_text_range() if text_page.count_chars() <= _LONGEST_PAGE else ""
            at = 0
            for raw in text.split("\r\n"):
                line = _line(text_page, raw, at, number)
                # pdfium counts in UTF-16 units.
                at += len(raw.encode("utf-16-le", "surrogatepass")) // 2 + 2
                if line is not None:
                    yield line
        finally:
            text_page.close()
    finally:
        page.close()


def _line(text_page: Any, raw: str, at: int, number: int) -> Line | None:
    words = " ".join(normal(raw.translate(_LIGATURES)).split())
    if not words:
        return None
    first = _place(text_page, at + len(raw) - len(raw.lstrip()))
    last = _place(text_page, at + len(raw.rstrip()) - 1)
    middle = _place(text_page, at + len(raw) // 2)
    if first is None or last is None:
        return Line(words, number, 0, 0, 0, 0, 0, bold=False)
    size = middle[3] if middle else first[3]
    return Line(words, number, first[0], last[1], first[2], last[2], size, bold=first[4] and last[4])


def _place(text_page: Any, text_index: int) -> tuple[float, float, float, float, bool] | None:
    """Left, right, baseline, font size and boldness of one character; None where pdfium knows none."""
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
    bold = _BOLD.search(name.value.decode("utf-8", "replace")) is not None
    # Text may be set at size 1 and scaled by its matrix: the loose box has the size that is seen.
    loose = pdfium.FS_RECTF()
    pdfium.FPDFText_GetLooseCharBox(text_page, index, loose)
    size = pdfium.FPDFText_GetFontSize(text_page, index)
    return box[0].value, box[1].value, y.value, size if size > 2 else abs(loose.top - loose.bottom), bold

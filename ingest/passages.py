"""A Document flows in, Passages flow out: exact spans of its text, about `size` encoder tokens each. This alone knows
how a text is cut: whole sentences, inside one section, lists with the sentence that leads into them."""

from __future__ import annotations

import hashlib
import re
from bisect import bisect_left
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple

from alignment_qa.marks import between
from alignment_qa.sentences import is_list_item, sentence_spans
from alignment_qa.types import Document, Heading, Passage, Role

Count = Callable[[list[str]], list[int]]
"""Encoder tokens of each text, special tokens not counted."""

_TINY = 40
"""Tokens; a passage below says too little to be found by itself."""
_WORD = re.compile(
    r"[(\[“\"'‘]*(?:[^\W\d_]{2,}(?:[-’'/][^\W\d_]+)*|[aAI]|[\d.,%–-]*\d[\d.,%–-]*)[)\]”\"'’.,;:!?–—%]*|[–—&|•-]"
)
_BATCH = 2048
_FIRST_CUT = 4000
"""Characters; longer units are cut to this before they are counted, so that no count sees a megabyte."""


@dataclass(frozen=True, slots=True)
class _Unit:
    """What is never cut: a sentence, a line of code, or a piece of one that is too long."""

    start: int
    end: int
    tokens: int
    quotable: bool


class _Span(NamedTuple):
    start: int
    end: int
    quotable: bool
    entry: bool
    """One of a reference list."""


@dataclass(frozen=True, slots=True)
class _Section:
    """A run of text under one heading."""

    start: int
    end: int
    path: str
    role: Role


def split(document: Document, count: Count, *, size: int = 200, limit: int = 240) -> Iterator[Passage]:
    """The passages of a document, in order and apart, none over `limit` tokens but entries of reference lists, which are
    not encoded and stay whole. Their ids come from their content."""
    sections = list(_sections(document))
    spans = [span for section in sections for span in _spans(document.text, section)]
    if document.pages:
        spans = [s._replace(quotable=s.quotable and not _symbols(document.text[s.start : s.end])) for s in spans]
    units = _counted(document.text, spans, count, limit)
    starts = [unit.start for unit in units]
    seen: Counter[tuple[str, str]] = Counter()
    for section in sections:
        within = units[bisect_left(starts, section.start) : bisect_left(starts, section.end)]
        for packed in _packed(document.text, within, size, limit):
            text = document.text[packed[0].start : packed[-1].end]
            seen[section.path, text] += 1
            yield Passage(
                passage_id=passage_id(document.source.doc_id, text, section.path, seen[section.path, text]),
                source=document.source,
                text=text,
                start=packed[0].start,
                end=packed[-1].end,
                heading=section.path,
                role=section.role,
                sentences=tuple((unit.start, unit.end) for unit in packed if unit.quotable),
                pages=between(document.pages, packed[0].start, packed[-1].end),
                quoted=between(document.quoted, packed[0].start, packed[-1].end),
            )


def passage_id(doc_id: str, text: str, heading: str, occurrence: int) -> str:
    """`occurrence` counts from 1 the passages of a document that have the same words under the same headings."""
    words = f"{text}\n{heading}{occurrence if occurrence > 1 else ''}"
    return f"{doc_id}-{hashlib.sha256(words.encode()).hexdigest()[:12]}"


def _sections(document: Document) -> Iterator[_Section]:
    """The document's text cut at its headings, each part with the path of titles above it."""
    title = document.source.title
    path: list[Heading] = []
    start, role = 0, "prose"
    for heading in (*document.headings, None):
        end = len(document.text) if heading is None else heading.start
        if end > start:
            names = [each.title for each in path if each.title and each.title != title]
            yield _Section(start, end, " › ".join([title, *names]), "references" if role == "references" else "prose")
        if heading is not None:
            path = [each for each in path if each.level < heading.level] + [heading]
            start, role = heading.start, heading.role


def _spans(document: str, section: _Section) -> list[_Span]:
    """Sentences, and the lines between them that hold none (code). An entry of a reference list is a line, whatever full
    stops it holds."""
    text = document[section.start : section.end]
    entries = section.role == "references"
    spans: list[tuple[int, int, bool]] = []
    if entries:
        spans = [(line.start(), line.end(), True) for line in _lines(text)]
    else:
        last = 0
        for start, end in [*sentence_spans(text), (len(text), len(text))]:
            if start > last and not text[last:start].isspace():
                spans += [(line.start() + last, line.end() + last, False) for line in _lines(text[last:start])]
            if end > start:
                spans.append((start, end, True))
            last = end
    return [_Span(section.start + start, section.start + end, quotable, entries) for start, end, quotable in spans]


def _symbols(sentence: str) -> bool:
    """Whether a quarter of its words are none: a page tells where letters stand, not how a formula is built of them."""
    words = sentence.split()
    return 4 * sum(_WORD.fullmatch(word) is None for word in words) >= len(words)


def _lines(gap: str) -> Iterator[re.Match[str]]:
    return re.finditer(r"[^\n]*\S", gap)


def _counted(text: str, spans: Sequence[_Span], count: Count, limit: int) -> list[_Unit]:
    """The spans with their tokens; those over the limit in pieces. A cut can add tokens, so pieces are counted too."""
    todo = [span._replace(start=a, end=b) for span in spans for a, b in _cut(text, span.start, span.end, _FIRST_CUT)]
    units: list[_Unit] = []
    while todo:
        over: list[_Span] = []
        for at in range(0, len(todo), _BATCH):
            batch = todo[at : at + _BATCH]
            for span, tokens in zip(batch, count([text[s.start : s.end] for s in batch]), strict=True):
                start, end, quotable, entry = span
                if tokens <= limit or end - start < 2 or entry:
                    units.append(_Unit(start, end, max(tokens, 1), quotable))
                else:
                    longest = max(1, min((end - start) * limit * 9 // (tokens * 10), (end - start) // 2))
                    over += [span._replace(start=a, end=b) for a, b in _cut(text, start, end, longest)]
        todo = over
    units.sort(key=lambda unit: unit.start)
    return units


def _cut(text: str, start: int, end: int, longest: int) -> Iterator[tuple[int, int]]:
    """Trimmed pieces of at most `longest` characters, cut at whitespace where there is some in a piece's second half."""
    while end - start > longest:
        edge = start + longest
        half = start + longest // 2
        at = max(text.rfind(" ", half, edge + 1), text.rfind("\n", half, edge + 1))
        at = at if at > start else edge
        yield start, at
        start = at
        while start < end and text[start].isspace():
            start += 1
    if end > start:
        yield start, end


def _packed(text: str, units: Sequence[_Unit], size: int, limit: int) -> list[Sequence[_Unit]]:
    """Units in order in the runs that cost least: near `size`, cut between paragraphs, no crumbs (Knuth and Plass 1981
    break lines this way). Runs hold at most `limit` tokens; the work grows with units times units a run."""
    breaks = [_break_cost(text, one, other) for one, other in pairwise(units)] + [0.0]
    cost = [0.0] * (len(units) + 1)
    opened_at = [0] * (len(units) + 1)
    for stop in range(1, len(units) + 1):
        tokens = 0
        cost[stop] = float("inf")
        for start in range(stop - 1, -1, -1):
            tokens += units[start].tokens
            if tokens > limit and start < stop - 1:
                break
            total = cost[start] + _length_cost(tokens, size, limit) + breaks[stop - 1]
            if total < cost[stop]:
                cost[stop], opened_at[stop] = total, start
    runs: list[Sequence[_Unit]] = []
    stop = len(units)
    while stop:
        runs.append(units[opened_at[stop] : stop])
        stop = opened_at[stop]
    return runs[::-1]


def _length_cost(tokens: int, size: int, limit: int) -> float:
    off = (size - tokens) / size if tokens <= size else (tokens - size) / (2 * (limit - size) + 1)
    return off * off + (1.0 if tokens < _TINY else 0.0)


def _break_cost(text: str, one: _Unit, other: _Unit) -> float:
    """What it costs the reader that a passage ends between these two."""
    if text[one.end - 1] == ":":
        return 2.0 if _in_list(text, other) else 1.0
    gap = text[one.end : other.start]
    if "\n\n" in gap:
        return 0.0
    return 0.1 if "\n" in gap else 0.25


def _in_list(text: str, unit: _Unit) -> bool:
    return is_list_item(text[unit.start : unit.start + 40])

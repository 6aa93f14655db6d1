"""Marks of a document's text, such as (start, page), cut to a part of it. A mark holds until the next."""

from __future__ import annotations

from bisect import bisect_right
from itertools import pairwise

Marks = tuple[tuple[int, int], ...]
"""(start, value), starts ascending; each value holds up to the next start."""


def between(marks: Marks, start: int, end: int) -> Marks:
    """The marks that hold somewhere in a span, the first of them from its start on."""
    if not marks:
        return ()
    first = max(0, bisect_right(marks, (start, _LARGEST)) - 1)
    return tuple((max(start, at), value) for at, value in marks[first:] if at < end)


def value_at(marks: Marks, place: int) -> int | None:
    """The value that holds at a place; None before the first mark."""
    at = bisect_right(marks, (place, _LARGEST)) - 1
    return marks[at][1] if at >= 0 else None


def share(marks: Marks, start: int, end: int) -> float:
    """The share of a span's characters at which the value is not 0."""
    edges = [*between(marks, start, end), (end, 0)]
    marked = sum(after - at for (at, value), (after, _) in pairwise(edges) if value)
    return marked / (end - start) if end > start else 0.0


_LARGEST = 2**63

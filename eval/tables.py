"""Cells flow in, the lines of a Markdown table flow out, its columns aligned so that a terminal shows it too."""

from __future__ import annotations

from collections.abc import Sequence

from eval.compare import Difference


def table(header: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [list(header), *map(list, rows)]
    widths = [max(3, *(len(line[column]) for line in lines)) for column in range(len(header))]
    drawn = [" | ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)) for line in lines]
    drawn.insert(1, " | ".join("-" * width for width in widths))
    return "\n".join(f"| {line} |" for line in drawn)


def change(one: Difference | None) -> str:
    """A difference with its 95 % interval, bold where that excludes zero."""
    if one is None:
        return ""
    value = f"{one.change.value:+.3f}"
    bounds = "" if one.change.low is None else f" ({one.change.low:+.3f} … {one.change.high:+.3f})"
    return (f"**{value}**" if one.real else value) + bounds

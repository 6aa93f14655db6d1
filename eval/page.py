"""A run flows in, a page flows out that people read: one HTML file that fetches nothing. Questions, answers and
documents are other people's words; Jinja escapes all of them, and a policy in the page refuses every script but ours."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from eval import plots, report
from eval.report import Record
from eval.runs import Run

_TEMPLATES = Path(__file__).parent / "templates"
_WORDS = 140
"""Characters that are shown of a retrieved passage, if it is one of the first few or holds a gold quote."""
_WITH_WORDS = 3
FIRST = ("good", "nuggets", "nuggets in hits", "quotes exact", "false refusals", "declined, near_miss")
"""What stands above the scorecard in large figures, where it was measured."""


@dataclass(frozen=True, slots=True)
class Failure:
    """A question that went wrong, with what was retrieved for it: heading, first words, whether it holds a gold quote."""

    record: Record
    way: str
    retrieved: tuple[tuple[str, str, bool], ...]


def html(run: Run, seed: int, history: Sequence[Mapping[str, Any]] = ()) -> str:
    """The whole page."""
    lines = report.scorecard(run, seed)
    failures = [Failure(record, report.way(record), _retrieved(record)) for record in report.wrong(run)]
    script = _read("report.js")
    digest = base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
    return (
        _environment()
        .get_template("report.html")
        .render(
            run=run,
            facts=run.facts,
            headline=report.headline(run).splitlines(),
            first=[line for name in FIRST for line in lines if line.name == name],
            lines=lines,
            meaning=report.MEANING,
            lower=report.LOWER_IS_BETTER,
            precision=report.PRECISION,
            wanted=report.wanted,
            latencies=report.latencies(run),
            plots=[(plot, Markup(plot.svg)) for plot in plots.draw(run, seed, history)],
            failures=failures,
            kinds=sorted({str(failure.record["kind"]) for failure in failures}),
            ways=sorted({failure.way for failure in failures}),
            style=Markup(_read("report.css")),
            script=Markup(script),
            policy=f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'",
        )
    )


def _retrieved(record: Record) -> tuple[tuple[str, str, bool], ...]:
    quotes = [" ".join(quote.split()) for quote in record["quotes"] if quote]
    rows = []
    for rank, (heading, context) in enumerate(zip(record["hits"], record["contexts"], strict=True)):
        words = " ".join(context.split())
        gold = any(quote in words for quote in quotes)
        shown = words if len(words) <= _WORDS else words[: _WORDS - 1] + "…"
        rows.append((heading, shown if gold or rank < _WITH_WORDS else "", gold))
    return tuple(rows)


def _read(name: str) -> str:
    return (_TEMPLATES / name).read_text(encoding="utf-8")


def _part(value: float) -> str:
    """A share as the page writes it: .670, 1.000."""
    return f"{value:.3f}".removeprefix("0") if 0 <= value <= 1 else f"{value:.1f}"


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(_TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(part=_part)
    return environment

"""A run and the history of committed ones flow in, plots flow out as SVG whose colours and font are the page's own, so
that one drawing serves light, dark and print. The only door to matplotlib."""

from __future__ import annotations

import io
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval import curves, report
from eval.measures import DEPTH
from eval.runs import Run

READ = 8
"""Passages that an answer reads: the k that the recall curve marks."""
ROWS = 12
"""Kinds or topics that are drawn, those with most questions."""
KEPT_LINES = ("good", "nuggets", "recall@8", "false refusals")
"""What is drawn over committed runs."""

_INKS = {
    "#010101": "var(--ink)", "#020202": "var(--soft)", "#030303": "var(--line)",
    "#040404": "var(--accent)", "#050505": "var(--second)", "#060606": "var(--third)", "#070707": "var(--fourth)",
}  # fmt: skip
INK, SOFT, LINE, ACCENT, SECOND, THIRD, FOURTH = _INKS
_STYLE = {
    "svg.fonttype": "none", "svg.hashsalt": "alignment-qa", "text.parse_math": False, "font.size": 12,
    "text.color": INK, "axes.labelcolor": SOFT, "axes.edgecolor": LINE, "xtick.color": SOFT, "ytick.color": SOFT,
    "axes.spines.top": False, "axes.spines.right": False, "axes.grid": True, "grid.color": LINE, "grid.linewidth": 0.6,
    "axes.axisbelow": True, "xtick.major.size": 0, "ytick.major.size": 0, "lines.linewidth": 2,
    "figure.constrained_layout.use": True, "legend.frameon": False, "legend.fontsize": 11,
}  # fmt: skip
_WIDTH, _HEIGHT = 400, 290  # in the SVG's own units, about pixels on the page

Axes = Any
Draw = Callable[[Axes], None]


@dataclass(frozen=True, slots=True)
class Plot:
    """`svg` is markup of ours to be put into the page as it is; `caption` says how to read it."""

    title: str
    caption: str
    svg: str


def draw(run: Run, seed: int, history: Sequence[Mapping[str, Any]]) -> list[Plot]:
    """The plots that the run has the numbers for. `history` holds lines of `committed.history`, oldest first."""
    records = run.questions
    plots: list[tuple[str, str, Draw, int]] = []
    if len({record["answerable"] for record in records}) == 2:
        plots += [
            ("Risk and coverage", "If only the surest part of the questions were answered: the share of vital facts that "
             "these answers lack. Lower is better; the dashed line is the best that any order could do, the dot is where "
             "it decides today.", lambda axes: _risk(axes, run, seed), _HEIGHT),
            ("Reliability", "What it states as the probability of an answer, and how often there is one. On the diagonal "
             "it states what is so; larger dots hold more questions.", lambda axes: _reliability(axes, run, seed), _HEIGHT),
        ]  # fmt: skip
    if curve := curves.recall(records, seed, DEPTH):
        plots.append(("Recall by k", f"The share of passages with gold words among the k best. An answer reads {READ}.",
                      lambda axes: _recall(axes, curve), _HEIGHT))  # fmt: skip
    if any(record["ms"] for record in records):
        plots.append(("Latency", "Milliseconds a question, by stage: the dot is the median, the thick line holds the "
                      "middle half, the thin one all but the fastest and the slowest 5 %.",
                      lambda axes: _latency(axes, run), _HEIGHT))  # fmt: skip
    for field in ("kind", "topic"):
        rows = parts(run, seed, field)
        if len(rows) > 1:
            plots.append((f"Good, by {field}", "Answerable questions answered with at least half of the vital facts, and "
                          "the 95 % interval; in brackets the number of questions.",
                          lambda axes, rows=rows: _parts(axes, rows), 90 + 24 * len(rows)))  # type: ignore[misc]  # fmt: skip
    if history:
        plots.append(("Over committed runs", "The same measures in each run that was kept, with 95 % intervals.",
                      lambda axes: _history(axes, history), _HEIGHT))  # fmt: skip
    return [
        Plot(title, caption, _svg(number, how, height)) for number, (title, caption, how, height) in enumerate(plots)
    ]


def parts(run: Run, seed: int, field: str) -> list[report.Line]:
    """The scorecard's lines by a field, those with most questions, best first."""
    prefix = f"{field}: "
    lines = [line for line in report.scorecard(run, seed) if line.name.startswith(prefix)]
    most = sorted(lines, key=lambda line: -line.estimate.questions)[:ROWS]
    return sorted(most, key=lambda line: -line.estimate.value)


def _risk(axes: Axes, run: Run, seed: int) -> None:
    curve = curves.risk_coverage(run.questions, seed)
    axes.fill_between(curve.x, curve.low, curve.high, color=ACCENT, alpha=0.15, linewidth=0)
    axes.plot(curve.x, curve.y, color=ACCENT)
    axes.plot(curve.x, curves.best_possible(run.questions), color=SOFT, linestyle="--", linewidth=1.2)
    if stands := curves.where_it_stands(run.questions):
        axes.plot(*stands, "o", color=SECOND, markersize=8)
    axes.set(xlabel="share of questions answered", ylabel="risk", xlim=(0, 1.02), ylim=(0, None))


def _reliability(axes: Axes, run: Run, seed: int) -> None:
    bins = curves.reliability(run.questions, seed)
    axes.plot([0, 1], [0, 1], color=SOFT, linestyle="--", linewidth=1.2)
    for one in bins:
        share = one.outcome.questions / len(run.questions)
        if one.outcome.low is not None:
            axes.plot([one.stated] * 2, [one.outcome.low, one.outcome.high], color=ACCENT, linewidth=1.4, alpha=0.6)
        axes.plot(one.stated, one.outcome.value, "o", color=ACCENT, markersize=4 + 14 * share**0.5)
    axes.set(
        xlabel="stated probability of an answer", ylabel="share with an answer", xlim=(-0.03, 1.03), ylim=(-0.03, 1.05)
    )


def _recall(axes: Axes, curve: curves.Curve) -> None:
    axes.axvline(READ, color=SOFT, linestyle="--", linewidth=1.2)
    axes.fill_between(curve.x, curve.low, curve.high, color=ACCENT, alpha=0.15, linewidth=0)
    axes.plot(curve.x, curve.y, color=ACCENT)
    axes.set(xlabel="k", ylabel="recall", xlim=(1, len(curve.x)), ylim=(0, 1), xticks=[1, 5, READ, 10, 15, 20])


def _latency(axes: Axes, run: Run) -> None:
    stages = [latency.stage for latency in report.latencies(run)][::-1]
    for row, stage in enumerate(stages):
        times = [record["ms"][stage] for record in run.questions if stage in record["ms"]]
        low, first, middle, third, high = np.maximum(np.percentile(times, [5, 25, 50, 75, 95]), 0.01)
        colour = ACCENT if stage == "total" else SOFT
        axes.plot([low, high], [row, row], color=colour, linewidth=1.2)
        axes.plot([first, third], [row, row], color=colour, linewidth=6, solid_capstyle="round")
        axes.plot(middle, row, "o", color=INK, markersize=5)
    axes.set_xscale("log")
    axes.xaxis.set_major_formatter(lambda value, _: f"{value:g}")
    axes.set(xlabel="milliseconds", yticks=range(len(stages)), yticklabels=stages, ylim=(-0.6, len(stages) - 0.4))
    axes.grid(False, axis="y")


def _parts(axes: Axes, lines: Sequence[report.Line]) -> None:
    names = []
    for row, line in enumerate(reversed(lines)):
        found = line.estimate
        name = line.name.split(": ", 1)[1].replace("_", " ")
        names.append(f"{name[:32]} ({found.questions})")
        if found.low is not None:
            axes.plot([found.low, found.high], [row, row], color=ACCENT, linewidth=1.6, alpha=0.6)
        axes.plot(found.value, row, "o", color=ACCENT, markersize=7)
    axes.set(
        xlim=(-0.02, 1.02), xticks=[0, 0.25, 0.5, 0.75, 1], yticks=range(len(names)), ylim=(-0.6, len(names) - 0.4)
    )
    axes.set_yticklabels(names)
    axes.grid(False, axis="y")


def _history(axes: Axes, history: Sequence[Mapping[str, Any]]) -> None:
    at = np.arange(len(history), dtype=float)
    for shift, (name, colour) in enumerate(zip(KEPT_LINES, (ACCENT, SECOND, THIRD, FOURTH), strict=True)):
        found = [
            (x + shift * 0.05, line["measures"][name])
            for x, line in zip(at, history, strict=True)
            if name in line["measures"]
        ]
        for x, one in found:
            if one["low"] is not None:
                axes.plot([x, x], [one["low"], one["high"]], color=colour, linewidth=1.2, alpha=0.6)
        axes.plot(
            [x for x, _ in found], [one["value"] for _, one in found], "o-", color=colour, label=name, markersize=5
        )
    every = max(1, -(-len(history) // 5))
    axes.set(ylim=(0, 1.02), xlim=(-0.5, len(history) - 0.3), xticks=at[::every])
    axes.set_xticklabels([line["date"][5:10] for line in history[::every]])
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, -0.1), ncols=2)


def _svg(number: int, how: Draw, height: int) -> str:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(_WIDTH / 72, height / 72))
        how(figure.subplots())
        written = io.StringIO()
        figure.savefig(written, format="svg", transparent=True, metadata={"Date": None, "Creator": None})
    drawn = written.getvalue()
    drawn = drawn[drawn.index("<svg") :]
    drawn = re.sub(r"<metadata>.*?</metadata>", "", drawn, flags=re.S)
    drawn = re.sub(
        r'(<svg[^>]*?) width="[^"]*"', r"\1", re.sub(r'(<svg[^>]*?) height="[^"]*"', r"\1", drawn, count=1), count=1
    )
    drawn = re.sub(r'( id="|url\(#|href="#)', rf"\g<1>plot{number}-", drawn)  # several drawings share the page
    for ink, variable in _INKS.items():
        drawn = drawn.replace(ink, variable)
    return drawn

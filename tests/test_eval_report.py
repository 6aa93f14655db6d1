"""The page of a run: its curves against values worked out by hand, its plots, its words escaped."""

from __future__ import annotations

import html
import re
from html.parser import HTMLParser
from typing import Any

import numpy as np
import pytest

from eval import curves, page, plots, report
from eval.intervals import Estimate
from eval.runs import Run

FACTS: dict[str, Any] = {
    "date": "2026-11-20T12:00:00+00:00", "documents": 3, "passages": 9, "way": "quoting", "ablation": None, "split": "all",
    "corpus": "c0", "index": "i0", "config": "f0", "code": "d0", "seed": 0, "machine": "Linux, 2 cores", "seconds": 1.0,
    "peak_mb": 100, "versions": {"numpy": "2"}, "golden": "golden", "left_out": [],
}  # fmt: skip
HOSTILE = '</script></style></svg><img src=x onerror="window.pwned=1"> \' $x_$ {{ 7*7 }}'


def record(name: str, **more: Any) -> dict[str, Any]:
    """A question as a run records it."""
    return {
        "id": name, "split": "dev", "kind": "how", "style": "plain", "topic": "", "reason": None, "answerable": True,
        "cluster": name, "question": f"asked about {name}?", "history": [], "documents": [name], "expected": [],
        "quotes": [], "alone": f"asked about {name}?", "answer": "An answer. [1]", "abstention": None, "hits": [],
        "contexts": [], "run": [], "relevant": [], "probability": 0.5, "ms": {"total": 20.0}, "measures": {}, **more,
    }  # fmt: skip


def unanswerable(name: str, probability: float, **more: Any) -> dict[str, Any]:
    row = record(name, answerable=False, reason="near_miss", probability=probability, **more)
    declined = float(row["abstention"] is not None)
    return {**row, "measures": {"good": declined, "declined": declined}}


def full_run(words: str = "plain words") -> Run:
    """Right and wrong questions of every way, with `words` wherever somebody else's words can stand."""
    said = {"question": words, "alone": words, "answer": words, "hits": [words], "contexts": [words], "quotes": [words]}
    expected = [{"text": words, "vital": True, "found": False}, {"text": words, "vital": False, "found": True}]
    found = {"good": 0.0, "nuggets": 0.0, "nuggets in hits": 1.0, "recall@8": 1.0}
    rows = [
        record("right", probability=0.9, topic="seas", run=["p1", "p2"], relevant=["p2"], measures={"good": 1.0, "nuggets": 1.0}),
        record("unsaid", probability=0.7, topic=words, kind="why", expected=expected, measures=found, run=["p1"], relevant=["p3"], **said),
        record("lost", probability=0.6, topic=words, history=[{"role": words, "text": words}], measures={**found, "nuggets in hits": 0.0}, **said),
        record("refused", probability=0.2, topic=words, abstention="no_evidence", measures={**found, "false refusals": 1.0}, **said),
        unanswerable("answered", 0.8, **said),
        unanswerable("declined", 0.1, abstention="no_evidence"),
    ]  # fmt: skip
    return Run({**FACTS, "golden": words}, rows)


HISTORY = [
    {
        "date": f"2026-11-{day}T00:00:00+00:00",
        "measures": {"good": {"value": 0.6, "low": 0.5, "high": 0.7, "questions": 9}},
    }
    for day in (20, 21)
]


def test_risk_at_a_coverage_is_that_of_the_surest_answered() -> None:
    # surest first: risks 0, 1, 0 and 1 (no answer exists) → after each: 0, 1/2, 1/3, 1/2
    rows = [
        record("a", probability=0.9, measures={"nuggets": 1.0}),
        record("b", probability=0.7, measures={"nuggets": 0.0}),
        record("c", probability=0.6, measures={"nuggets": 1.0}),
        unanswerable("d", 0.1),
    ]
    curve = curves.risk_coverage(rows, seed=0)
    for coverage, risk in ((0.5, 1 / 2), (1.0, 1 / 2)):
        assert curve.y[np.argmin(abs(curve.x - coverage))] == pytest.approx(risk, abs=0.02)
    assert curve.y[0] == 0
    assert (curve.low <= curve.y).all()
    assert (curve.y <= curve.high).all()
    assert curves.best_possible(rows)[-1] == pytest.approx(1 / 2)
    assert curves.where_it_stands(rows) == (1.0, pytest.approx(1 / 2))


def test_recall_by_k_counts_what_was_relevant_and_found_so_far() -> None:
    rows = [
        record("a", run=["x", "p", "q"], relevant=["p", "q"]),
        record("b", run=["p"], relevant=["p"]),
        record("c", run=["p"], relevant=[]),
    ]
    curve = curves.recall(rows, seed=0, depth=3)
    assert curve
    assert curve.y == pytest.approx([(0 + 1) / 2, (1 / 2 + 1) / 2, 1.0])
    assert curves.recall(rows[2:], seed=0, depth=3) is None


def test_reliability_sets_what_was_stated_beside_what_was_so() -> None:
    rows = [
        record("a", probability=0.82),
        record("b", probability=0.88),
        unanswerable("c", 0.85),
        unanswerable("d", 0.03),
    ]
    low, high = curves.reliability(rows, seed=0)
    assert (low.stated, low.outcome.value) == (pytest.approx(0.03), 0.0)
    assert (high.stated, high.outcome.value) == (pytest.approx(0.85), pytest.approx(2 / 3))


@pytest.mark.parametrize(
    ("low", "high", "questions", "says"),
    [(0.64, 0.72, 467, "831"), (0.99, 1.0, 400, "enough"), (1.0, 1.0, 400, ""), (None, None, 4, "")],
)
def test_the_scorecard_says_how_many_questions_a_narrow_interval_takes(
    low: float | None, high: float | None, questions: int, says: str
) -> None:
    # half the width is 0.04, wanted is 0.03: (4/3)² times as many
    assert report.wanted(report.Line("All", "good", Estimate(1.0, low, high, questions, 9))) == says


def test_the_length_of_an_answer_has_no_wanted_interval() -> None:
    assert report.wanted(report.Line("Answer", "words", Estimate(120, 110, 130, 50, 9))) == ""


def test_each_question_that_went_wrong_says_which_way() -> None:
    ways = {row["id"]: report.way(row) for row in report.wrong(full_run())}
    assert ways == {
        "unsaid": "found, not said",
        "lost": "not found",
        "refused": "declined, should not",
        "answered": "answered, should not",
    }


def test_where_nothing_says_what_is_good_what_was_declined_or_not_found_went_wrong() -> None:
    rows = [
        record("found", measures={"documents@8": 1.0}),
        record("lost", measures={"documents@8": 0.0}),
        record("refused", measures={"documents@8": 1.0}, abstention="no_evidence"),
    ]
    ways = {row["id"]: report.way(row) for row in report.wrong(Run(FACTS, rows))}
    assert ways == {"lost": "not found", "refused": "declined, should not"}


def test_plots_take_their_colours_and_their_font_from_the_page() -> None:
    drawn = plots.draw(full_run(), 0, HISTORY)
    titles = [plot.title for plot in drawn]
    assert titles == [
        "Risk and coverage", "Reliability", "Recall by k", "Latency", "Good, by kind", "Good, by topic", "Over committed runs",
    ]  # fmt: skip
    for plot in drawn:
        assert "var(--soft)" in plot.svg
        assert not re.search(r"#[0-9a-f]{6}\b", plot.svg), plot.title  # no colour of matplotlib's own is left
        assert "<text" in plot.svg
        assert "http://" not in re.sub(r' xmlns(:\w+)?="[^"]*"', "", plot.svg)
    ids = re.findall(r' id="([^"]+)"', "".join(plot.svg for plot in drawn))
    assert len(ids) == len(set(ids))


def test_the_same_run_is_drawn_the_same() -> None:
    assert page.html(full_run(), 0, HISTORY) == page.html(full_run(), 0, HISTORY)


def test_what_was_not_measured_is_not_drawn() -> None:
    only = Run(FACTS, [record("a", ms={}, measures={"good": 1.0}), record("b", ms={}, measures={"good": 0.0})])
    assert plots.draw(only, 0, []) == []
    assert "Questions that went wrong: 1 of 2" in page.html(only, 0)


class Parts(HTMLParser):
    """What a browser would make of a page: its elements with their attributes, and the text outside scripts."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))


def test_other_peoples_words_stay_words() -> None:
    hostile = page.html(full_run(HOSTILE), 0, HISTORY)
    found, plain = Parts(hostile).elements, Parts(page.html(full_run(), 0, HISTORY)).elements
    active = ("script", "style", "img", "svg", "details", "input")
    assert [tag for tag, _ in found if tag in active] == [tag for tag, _ in plain if tag in active]
    assert not [name for _, attributes in found for name in attributes if name.startswith("on")]
    assert "{{ 7*7 }}" in hostile


def test_the_page_asks_for_nothing_from_anywhere() -> None:
    text = page.html(full_run(), 0, HISTORY)
    for tag, attributes in Parts(text).elements:
        assert tag not in {"link", "img", "iframe", "object"}
        assert "src" not in attributes
        assert (attributes.get("href") or attributes.get("xlink:href") or "#").startswith("#")
    assert "@import" not in text
    assert re.search(r"default-src 'none'.*?script-src 'sha256-", html.unescape(text))

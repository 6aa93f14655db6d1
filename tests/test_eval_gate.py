"""The committed run, and the gate that compares a later one with it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from eval import committed
from eval.golden import GoldenError
from eval.runs import Run
from tests.test_eval_report import FACTS, record

NAMES = [f"q{n}" for n in range(60)]


def run(**values: list[float]) -> Run:
    """A run of sixty questions on sixty documents, with these measures."""
    rows = [
        record(name, measures={measure.replace("_", " "): of[n] for measure, of in values.items()})
        for n, name in enumerate(NAMES)
    ]
    return Run(FACTS, rows)


def closed(before: Run, after: Run) -> set[str]:
    return {verdict.difference.name for verdict in committed.judge(before, after, seed=0) if verdict.loss}


WELL: dict[str, Any] = {"good": [1.0] * 50 + [0.0] * 10, "nuggets": [0.8] * 60, "false_refusals": [0.0] * 60}


def test_a_run_of_unchanged_code_passes_its_own_gate() -> None:
    assert closed(run(**WELL), run(**WELL)) == set()


def test_a_worse_run_closes_the_gate_on_what_it_lost_and_on_nothing_else() -> None:
    worse = run(**{**WELL, "good": [0.0] * 15 + [1.0] * 35 + [0.0] * 10, "false_refusals": [1.0] * 15 + [0.0] * 45})
    assert closed(run(**WELL), worse) == {"good", "false refusals"}
    assert closed(worse, run(**WELL)) == set()
    verdicts = committed.judge(run(**WELL), worse, seed=0)
    assert "Closed" in committed.text(run(**WELL), worse, verdicts, [])


def test_four_documents_that_fell_together_are_not_yet_a_loss_though_their_interval_excludes_zero() -> None:
    after = run(**{**WELL, "good": [0.0] * 4 + [1.0] * 46 + [0.0] * 10})
    verdict = next(v for v in committed.judge(run(**WELL), after, seed=0) if v.difference.name == "good")
    assert verdict.difference.loss
    assert not verdict.loss
    assert verdict.p > committed.LEVEL


def test_the_more_measures_are_watched_the_surer_each_must_be() -> None:
    after = run(**{**WELL, "good": [0.0] * 7 + [1.0] * 43 + [0.0] * 10})
    alone = committed.judge(run(good=WELL["good"]), after, seed=0)
    among = committed.judge(run(**WELL), after, seed=0)
    assert alone[0].p == pytest.approx(alone[0].difference.p)
    assert next(v for v in among if v.difference.name == "good").p == pytest.approx(3 * (alone[0].difference.p or 0))


def test_where_no_facts_are_named_documents_and_words_are_watched_instead() -> None:
    rows = [{**r, "measures": {"documents@8": 1.0, "contained": 1.0}} for r in run().questions]
    worse = [{**r, "measures": {"documents@8": float(n > 20), "contained": 1.0}} for n, r in enumerate(rows)]
    assert closed(Run(FACTS, rows), Run(FACTS, worse)) == {"documents@8"}
    assert [v.difference.name for v in committed.judge(Run(FACTS, rows), Run(FACTS, worse), 0)] == [
        "documents@8", "contained",
    ]  # fmt: skip


def test_one_quote_that_is_no_longer_verbatim_closes_the_gate() -> None:
    exact = run(quotes_exact=[1.0] * 60)
    assert committed.broken(exact, run(quotes_exact=[1.0] * 59 + [0.5])) == ["q59"]
    assert committed.broken(run(quotes_exact=[0.5] * 60), exact) == []


def test_latency_and_what_is_neither_good_nor_bad_are_not_watched() -> None:
    assert not {"total", "words", "ms"} & set(committed.WATCHED)


def test_a_committed_run_holds_no_words_and_still_compares(tmp_path: Path) -> None:
    full = run(**WELL)
    committed.keep(full, seed=0, folder=tmp_path)
    text = (tmp_path / committed.RUN).read_text()
    assert "asked about" not in text
    kept = Run.read(tmp_path / committed.RUN)
    assert closed(kept, full) == set()
    assert len(committed.judge(kept, full, seed=0)) == 3
    reworded = Run(FACTS, [{**row, "question": "Something else?"} for row in full.questions])
    with pytest.raises(GoldenError, match="no question in common"):
        committed.judge(kept, reworded, seed=0)


def test_each_committed_run_adds_a_line_and_only_like_ones_make_a_history(tmp_path: Path) -> None:
    full = run(**WELL)
    committed.keep(full, seed=0, folder=tmp_path)
    committed.keep(Run({**FACTS, "split": "dev"}, full.questions), seed=0, folder=tmp_path)
    committed.keep(Run({**FACTS, "date": "2026-12-01T00:00:00+00:00"}, full.questions), seed=0, folder=tmp_path)
    history = committed.history(full, tmp_path)
    assert [line["date"][:10] for line in history] == ["2026-11-20", "2026-12-01"]
    assert history[0]["measures"]["good"]["value"] == pytest.approx(50 / 60, abs=1e-4)
    assert {"corpus", "index", "config", "code", "versions", "machine", "seed", "seconds"} <= set(history[0])
    with (tmp_path / "history.jsonl").open("a") as stream:
        stream.write("<<<<<<< ours\n")
    with pytest.raises(GoldenError, match=r"history\.jsonl:4 is not JSON"):
        committed.history(full, tmp_path)


def test_the_history_that_is_committed_can_be_read() -> None:
    lines = [json.loads(line) for line in (committed.RESULTS / "history.jsonl").read_text().splitlines()]
    assert lines
    assert all({"date", "corpus", "config", "machine", "seed", "measures"} <= set(line) for line in lines)

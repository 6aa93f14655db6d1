"""A run that is to be committed flows in: its page, its numbers without any texts, and one line of history flow out to
`results/`. A later run flows in beside it: whether anything that matters was lost flows out."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from eval import compare, report
from eval.compare import Difference, wording
from eval.golden import GoldenError
from eval.runs import Run

RESULTS = Path(__file__).parent / "results"
RUN = "run.json"

WATCHED = {
    "good": "what a person gets, in one number",
    "nuggets in hits": "what was found: an answer can say no more",
    "nuggets": "what was said of it",
    "citation recall": "sentences that their sources carry",
    "false refusals": "declining more often is the cheapest way to look honest",
    "declined": "and answering everything the cheapest way to look helpful",
}
"""The measures that the gate watches, with the reason. Few, since each one more makes the others harder to see; latency
is not among them, since it changes with the machine."""
INSTEAD = {"nuggets in hits": "documents@8", "nuggets": "contained"}
"""What is watched where the questions name no facts, as those of other people often do not."""
PROMISED = "quotes exact"
"""Watched without statistics: one quote that is not verbatim is one too many."""
LEVEL = 0.05
"""How often at most the gate may close by chance when a change shifted answers without making them worse, over all
measures together. When nothing changed there is no difference, and it cannot close. On the dev half (244 questions on
103 documents) with values shifted at random, intervals alone closed it in 13 runs of 100, with this in 1 at most; where
8 % of the answers were lost it closed in 88 of 100, where 5 % were in 37: it sees large losses, not small ones."""

_KEPT = ("id", "answerable", "cluster", "abstention", "probability")


@dataclass(frozen=True, slots=True)
class Verdict:
    """A watched measure. `p` is that of its difference, made larger for the number of measures watched (Holm, 1979)."""

    difference: Difference
    p: float

    @property
    def loss(self) -> bool:
        """The interval excludes zero on the bad side, and would by chance less often than `LEVEL`. The second matters
        where few documents changed: four that fell together already move the interval off zero, at p = 0.125."""
        return self.difference.loss and self.p <= LEVEL


def judge(before: Run, after: Run, seed: int) -> list[Verdict]:
    """The watched measures over the questions that both runs asked. Raises GoldenError if there are none."""
    if not (pairs := compare.paired(before, after)):
        raise GoldenError(
            "The two runs have no question in common. Questions of your own are compared with an earlier run of "
            "them, which --report wrote: --gate DIR/run.json"
        )
    old, new = [a for a, _ in pairs], [b for _, b in pairs]
    measured = {name for record in old for name in record["measures"]}
    names = [name if name in measured else INSTEAD.get(name, name) for name in WATCHED]
    found = (compare.difference(name, old, new, seed) for name in names)
    ordered = sorted(((one.p, one) for one in found if one and one.p is not None), key=lambda pair: pair[0])
    verdicts, so_far = [], 0.0
    for at, (p, one) in enumerate(ordered):
        so_far = max(so_far, min(1.0, p * (len(ordered) - at)))
        verdicts.append(Verdict(one, so_far))
    return sorted(verdicts, key=lambda verdict: names.index(verdict.difference.name))


def broken(before: Run, after: Run) -> list[str]:
    """The ids of questions whose quotes are less exact than they were."""
    return [
        new["id"]
        for old, new in compare.paired(before, after)
        if new["measures"].get(PROMISED, 1.0) < old["measures"].get(PROMISED, 1.0)
    ]


def text(before: Run, after: Run, verdicts: Sequence[Verdict], lost: Sequence[str]) -> str:
    """The gate's findings for a terminal."""
    asked = len(compare.paired(before, after))
    rows = [f"Gate: {asked} questions that the run of {before.facts['date'][:10]} asked too",
            f"  {'':18} {'before':>7} {'now':>7} {'change':>8}  95 % interval     p, of {len(verdicts)}"]  # fmt: skip
    for verdict in verdicts:
        one = verdict.difference
        bounds = "" if one.change.low is None else f"{one.change.low:+.3f} … {one.change.high:+.3f}"
        rows.append(
            f"{'✗' if verdict.loss else ' '} {one.name:18} {one.before:7.3f} {one.after:7.3f} {one.change.value:+8.3f}  {bounds:17} {verdict.p:.3f}"
        )
    rows += [f"✗ not verbatim where it was: {name}" for name in lost]
    closed = bool(lost) or any(verdict.loss for verdict in verdicts)
    rows.append(
        "Closed: this is worse. See which questions: --failures"
        if closed
        else "Open: no loss that is more than chance."
    )
    return "\n".join(rows)


def keep(run: Run, seed: int, folder: Path = RESULTS) -> None:
    """Write the run without texts, and its line of history."""
    folder.mkdir(parents=True, exist_ok=True)
    rows = [json.dumps(_slim(record), ensure_ascii=False) for record in run.questions]
    facts = json.dumps(run.facts, ensure_ascii=False)
    (folder / RUN).write_text('{"facts": ' + facts + ',\n"questions": [\n' + ",\n".join(rows) + "\n]}\n")
    with (folder / "history.jsonl").open("a", encoding="utf-8") as stream:
        stream.write(json.dumps(line(run, seed), ensure_ascii=False) + "\n")


def line(run: Run, seed: int) -> dict[str, Any]:
    """A run in one line: its facts, and each measure's value, bounds and number of questions."""
    measured = {
        one.name: {
            "value": round(one.estimate.value, 4),
            "low": None if one.estimate.low is None else round(one.estimate.low, 4),
            "high": None if one.estimate.high is None else round(one.estimate.high, 4),
            "questions": one.estimate.questions,
        }
        for one in report.scorecard(run, seed)
        if one.group in report.GROUPS
    }
    return {**run.facts, "measures": measured}


def history(run: Run, folder: Path = RESULTS) -> list[dict[str, Any]]:
    """The committed runs that were made like this one, oldest first: of the same questions' name and half, answered in
    the same way. Raises GoldenError when a line cannot be read."""
    file = folder / "history.jsonl"
    lines = []
    for number, text in enumerate(file.read_text(encoding="utf-8").splitlines() if file.exists() else [], 1):
        try:
            lines.append(json.loads(text))
        except ValueError:
            raise GoldenError(f"{file}:{number} is not JSON; mend or remove the line.") from None
    alike = ("golden", "split", "way", "ablation")
    return [one for one in lines if all(one.get(name) == run.facts.get(name) for name in alike)]


def _slim(record: dict[str, Any]) -> dict[str, Any]:
    """What a paired comparison needs; the question's wording as a hash, so that a reworded one is not compared."""
    measured = {name: int(value) if value == int(value) else value for name, value in record["measures"].items()}
    return {**{name: record[name] for name in _KEPT}, "wording": wording(record), "measures": measured}

"""Two runs flow in, their paired differences flow out: how much each measure changed, how sure that is, and which
questions went from right to wrong or back."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from eval import intervals
from eval.golden import GoldenError
from eval.intervals import Estimate, Floats
from eval.report import GROUPS, LOWER_IS_BETTER, NEUTRAL, Record, statistic
from eval.runs import Run


@dataclass(frozen=True, slots=True)
class Difference:
    """B minus A on one measure. `p` is None where the measure is not one of single questions."""

    name: str
    before: float
    after: float
    change: Estimate
    p: float | None

    @property
    def real(self) -> bool:
        """The interval excludes zero."""
        return (
            self.change.low is not None
            and self.change.high is not None
            and not self.change.low <= 0 <= self.change.high
        )

    @property
    def loss(self) -> bool:
        """A real change for the worse."""
        return self.real and self.name not in NEUTRAL and (self.change.value > 0) == (self.name in LOWER_IS_BETTER)


@dataclass(frozen=True, slots=True)
class Flip:
    """A question whose answer is good in one run and not in the other."""

    before: Record
    after: Record

    @property
    def gained(self) -> bool:
        return bool(self.after["measures"]["good"])


def compare(before: Run, after: Run, seed: int) -> tuple[list[Difference], list[Flip]]:
    """Over the questions that both runs asked in the same words. Raises GoldenError if there are none."""
    pairs = paired(before, after)
    if not pairs:
        raise GoldenError("The two runs have no question in common.")
    old, new = [a for a, _ in pairs], [b for _, b in pairs]
    found = (difference(name, old, new, seed) for names in GROUPS.values() for name in names)
    flips = [Flip(a, b) for a, b in pairs if a["measures"].get("good") != b["measures"].get("good")]
    return [one for one in found if one], sorted(flips, key=lambda flip: (flip.gained, flip.before["id"]))


def paired(before: Run, after: Run) -> list[tuple[Record, Record]]:
    """The records of the same question, in A's order."""
    others: Mapping[str, dict[str, Any]] = {record["id"]: record for record in after.questions}
    return [
        (record, others[record["id"]])
        for record in before.questions
        if record["id"] in others and wording(others[record["id"]]) == wording(record)
    ]


def wording(record: Record) -> str:
    """Eight hex digits of a question and the conversation before it; committed runs hold these alone."""
    if "wording" in record:
        return str(record["wording"])
    words = [*(turn["text"] for turn in record.get("history", ())), record["question"]]
    return hashlib.sha256("\0".join(words).encode()).hexdigest()[:8]


def difference(name: str, old: Sequence[Record], new: Sequence[Record], seed: int) -> Difference | None:
    """How one measure changed between the records of the same questions; None where it applies to none of them."""
    single = any(name in record["measures"] for record in old)
    if single:
        both = [(a, b) for a, b in zip(old, new, strict=True) if name in a["measures"] and name in b["measures"]]
        old, new = [a for a, _ in both], [b for _, b in both]
    first, second = statistic(name, old), statistic(name, new)
    if first is None or second is None:
        return None
    (of_old, clusters), (of_new, _) = first, second

    def change(weights: Floats) -> Floats:
        return np.subtract(of_new(weights), of_old(weights))

    estimate = intervals.estimate(change, clusters, seed)
    if estimate is None:
        return None
    ones = np.ones((1, len(clusters)))
    p = None
    if single:
        apart = [b["measures"][name] - a["measures"][name] for a, b in zip(old, new, strict=True)]
        p = intervals.permutation(apart, clusters, seed)
    return Difference(name, float(of_old(ones)[0]), float(of_new(ones)[0]), estimate, p)


def apart(before: Run, after: Run) -> list[str]:
    """What else differs between the runs: a comparison tells most when little does."""
    names = ("corpus", "code", "config", "encoder", "way", "ablation", "split")
    pairs = [(name, before.facts.get(name), after.facts.get(name)) for name in names]
    return [f"{name}: {a} → {b}" for name, a, b in pairs if a != b]


def text(differences: Sequence[Difference], flips: Sequence[Flip]) -> str:
    """The comparison for a terminal: a star marks an interval that excludes zero."""
    rows = [f"  {'':24} {'A':>7} {'B':>7}  {'B − A':>7}  95 % interval      p"]
    for one in differences:
        bounds = "" if one.change.low is None else f"{one.change.low:+.3f} … {one.change.high:+.3f}"
        p = "" if one.p is None else f"{one.p:.3f}"
        star = "*" if one.real else " "
        rows.append(
            f"{star} {one.name:24} {one.before:7.3f} {one.after:7.3f}  {one.change.value:+7.3f}  {bounds:17} {p}".rstrip()
        )
    for gained, title in ((False, "Lost"), (True, "Gained")):
        chosen = [flip for flip in flips if flip.gained == gained]
        rows += ["", f"{title}: {len(chosen)}"]
        for flip in chosen:
            rows += [
                f"  {flip.before['id']}  {flip.after.get('question') or flip.before.get('question', '')}",
                f"    A {_short(flip.before)}",
                f"    B {_short(flip.after)}",
            ]
    return "\n".join(rows)


def _short(record: Record, width: int = 150) -> str:
    answer = " ".join(str(record.get("answer", "")).split())
    measure = "nuggets" if "nuggets" in record["measures"] else "contained"
    verdict = record["abstention"] or f"{measure} {record['measures'].get(measure, 0):.2f}"
    return f"({verdict}) {answer if len(answer) <= width else answer[: width - 1] + '…'}"

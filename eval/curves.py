"""Records of a run flow in, the points of its curves flow out, with 95 % bounds: what `plots` draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from eval import intervals
from eval.intervals import Estimate, Floats
from eval.report import Record, risk

GRID = np.linspace(0.02, 1.0, 50)
"""Coverages at which risk is read off."""


@dataclass(frozen=True, slots=True)
class Curve:
    """`y` over `x`, with the bounds of y; arrays of one length."""

    x: Floats
    y: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Bin:
    """Questions whose stated probability is alike: what was stated, on average, and how often it was so."""

    stated: float
    outcome: Estimate


def risk_coverage(records: Sequence[Record], seed: int) -> Curve:
    """The mean risk of the surest part of the questions, by how large that part is."""
    order = intervals.surest([record["probability"] for record in records])
    risks = np.asarray([risk(record) for record in records])[order]

    def curve(weights: Floats) -> Floats:
        ordered = weights[:, order]
        answered = np.cumsum(ordered, axis=1)
        coverage = answered / answered[:, -1:]
        selective = np.cumsum(ordered * risks, axis=1) / np.maximum(answered, 1)
        return np.stack([np.interp(GRID, x, y) for x, y in zip(coverage, selective, strict=True)])

    return Curve(GRID, *intervals.band(curve, [record["cluster"] for record in records], seed))


def best_possible(records: Sequence[Record]) -> Floats:
    """Risk over `GRID` if the questions were ordered by their true risk."""
    risks = np.sort([risk(record) for record in records])
    parts = np.arange(1, len(risks) + 1)
    return np.interp(GRID, parts / len(risks), np.cumsum(risks) / parts)


def where_it_stands(records: Sequence[Record]) -> tuple[float, float] | None:
    """(coverage, risk) as it decides today; None when it answers nothing."""
    answered = [record for record in records if not record["abstention"]]
    if not answered:
        return None
    return len(answered) / len(records), float(np.mean([risk(record) for record in answered]))


def reliability(records: Sequence[Record], seed: int, bins: int = 10) -> list[Bin]:
    """Bins of equal width that hold a question."""
    chosen: dict[int, list[Record]] = {}
    for record in records:
        chosen.setdefault(min(int(record["probability"] * bins), bins - 1), []).append(record)
    result = []
    for _, members in sorted(chosen.items()):
        true = intervals.mean([float(record["answerable"]) for record in members])
        if outcome := intervals.estimate(true, [record["cluster"] for record in members], seed):
            result.append(Bin(float(np.mean([record["probability"] for record in members])), outcome))
    return result


def recall(records: Sequence[Record], seed: int, depth: int) -> Curve | None:
    """Recall of the relevant passages among the k best, for k up to `depth`. None where nothing was judged."""
    judged = [record for record in records if record["relevant"]]
    if not judged:
        return None
    found = np.zeros((len(judged), depth))
    for row, record in zip(found, judged, strict=True):
        for at, unit in enumerate(record["run"][:depth]):
            row[at] = (unit in record["relevant"]) / len(record["relevant"])
    by_k = np.cumsum(found, axis=1)

    def curve(weights: Floats) -> Floats:
        mean: Floats = weights @ by_k / weights.sum(axis=1, keepdims=True)
        return mean

    ks = np.arange(1, depth + 1, dtype=np.float64)
    return Curve(ks, *intervals.band(curve, [record["cluster"] for record in judged], seed))

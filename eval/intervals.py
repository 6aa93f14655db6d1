"""Values with their clusters flow in, intervals flow out. Questions on one document stand or fall together, so
documents are drawn, not questions (cluster bootstrap: Field and Welsh, 2007), always from a stated seed."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Statistic = Callable[[Floats], Floats]
"""Weights (draws, questions), how often each question was drawn → the statistic of each draw; NaN where undefined."""

RESAMPLES = 2000
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic with its 95 % interval; `low` and `high` are None where one cluster leaves nothing to draw."""

    value: float
    low: float | None
    high: float | None
    questions: int
    clusters: int


def draws(clusters: Sequence[str], seed: int, resamples: int = RESAMPLES) -> Floats:
    """(resamples, questions): how often each question is drawn when its clusters are drawn with replacement."""
    names, member = np.unique(np.asarray(clusters), return_inverse=True)
    rng = np.random.default_rng(seed)
    counts = rng.multinomial(len(names), np.full(len(names), 1 / len(names)), size=resamples)
    weights: Floats = counts[:, member].astype(np.float64)
    return weights


def estimate(statistic: Statistic, clusters: Sequence[str], seed: int, *, shifted: bool = False) -> Estimate | None:
    """The statistic of all questions, each once, with its percentile interval. None where there are no questions or
    the statistic is undefined on them. `shifted` is for sums of distances, which drawing anew makes larger on average,
    so that the value could lie below its own interval: the draws are moved to have it as their mean, and end at 0."""
    if not clusters:
        return None
    value = float(statistic(np.ones((1, len(clusters))))[0])
    if np.isnan(value):
        return None
    groups = len(set(clusters))
    if groups < 2:
        return Estimate(value, None, None, len(clusters), groups)
    drawn = statistic(draws(clusters, seed))
    if shifted:
        drawn = np.maximum(drawn + value - np.nanmean(drawn), 0)
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.nanpercentile(drawn, [tail, 100 - tail])
    return Estimate(value, float(low), float(high), len(clusters), groups)


def needed(found: Estimate, half_width: float) -> int | None:
    """How many questions, spread over documents as these are, would give an interval of ± `half_width`: its width falls
    with the root of their number. None where there is no interval, or one without width, to go by."""
    if found.low is None or found.high is None or found.low == found.high:
        return None
    return math.ceil(found.questions * ((found.high - found.low) / 2 / half_width) ** 2)


def band(curve: Statistic, clusters: Sequence[str], seed: int) -> tuple[Floats, Floats, Floats]:
    """The points of a curve, with the lower and the upper bounds of their 95 % intervals. `curve` maps weights to
    (draws, points); where one cluster leaves nothing to draw, the bounds are the curve itself."""
    points: Floats = curve(np.ones((1, len(clusters))))[0]
    if len(set(clusters)) < 2:
        return points, points, points
    tail = 100 * (1 - LEVEL) / 2
    low, high = np.nanpercentile(curve(draws(clusters, seed)), [tail, 100 - tail], axis=0)
    return points, low, high


def mean(values: Sequence[float]) -> Statistic:
    """The weighted mean of a value a question."""
    row = np.asarray(values, dtype=np.float64)

    def of(weights: Floats) -> Floats:
        total = weights.sum(axis=1)
        return _divide(weights @ row, total)

    return of


def auroc(scores: Sequence[float], positive: Sequence[bool]) -> Statistic:
    """How probably a positive scores above a negative, ties counting half (Mann and Whitney)."""
    score, is_positive = np.asarray(scores, dtype=np.float64), np.asarray(positive, dtype=bool)
    above = score[is_positive][:, None] - score[~is_positive][None, :]
    wins = (above > 0) + 0.5 * (above == 0)

    def of(weights: Floats) -> Floats:
        left, right = weights[:, is_positive], weights[:, ~is_positive]
        won = np.einsum("dp,pn,dn->d", left, wins, right, optimize=True)
        return _divide(won, left.sum(axis=1) * right.sum(axis=1))

    return of


def surest(scores: Sequence[float]) -> NDArray[np.intp]:
    """The order from the highest score down. Ties fall at random, always the same way: the order of a file says nothing."""
    return np.lexsort((np.random.default_rng(0).random(len(scores)), -np.asarray(scores, dtype=np.float64)))


def aurc(scores: Sequence[float], risks: Sequence[float]) -> Statistic:
    """Area under the risk–coverage curve: the mean risk of the questions answered, over all ways to answer only the
    surest (Geifman and El-Yaniv, 2017). 0 is perfect."""
    order = surest(scores)
    risk = np.asarray(risks, dtype=np.float64)[order]

    def of(weights: Floats) -> Floats:
        ordered = weights[:, order]
        answered = np.cumsum(ordered, axis=1)
        selective = _divide(np.cumsum(ordered * risk, axis=1), answered)
        return _divide(np.nansum(selective * ordered, axis=1), ordered.sum(axis=1))

    return of


def calibration_error(probabilities: Sequence[float], outcomes: Sequence[bool], bins: int = 10) -> Statistic:
    """Expected calibration error over bins of equal width: how far, on average, stated probability and outcome part."""
    stated, outcome = np.asarray(probabilities, dtype=np.float64), np.asarray(outcomes, dtype=np.float64)
    member = np.minimum((stated * bins).astype(int), bins - 1)

    def of(weights: Floats) -> Floats:
        apart = np.zeros(len(weights))
        for one in range(bins):
            inside = member == one
            apart += np.abs(weights[:, inside] @ (stated[inside] - outcome[inside]))
        return _divide(apart, weights.sum(axis=1))

    return of


def permutation(differences: Sequence[float], clusters: Sequence[str], seed: int, flips: int = 10_000) -> float:
    """Two-sided p of a mean difference under no effect: the signs of whole clusters are flipped at random. With few
    clusters all flips are taken instead."""
    names, member = np.unique(np.asarray(clusters), return_inverse=True)
    sums = np.bincount(member, weights=np.asarray(differences, dtype=np.float64), minlength=len(names))
    observed = abs(sums.sum())
    if 2 ** len(names) <= flips:
        bits = (np.arange(2 ** len(names))[:, None] >> np.arange(len(names))) & 1
        flipped = np.abs((1 - 2 * bits) @ sums)
        return float(np.mean(flipped >= observed - 1e-12))
    signs = np.random.default_rng(seed).choice([-1.0, 1.0], size=(flips, len(names)))
    return float((1 + np.sum(np.abs(signs @ sums) >= observed - 1e-12)) / (1 + flips))


def _divide(above: Floats, below: Floats) -> Floats:
    """Quotients, NaN where there is nothing to divide by."""
    result: Floats = np.divide(above, below, out=np.full(np.shape(above), np.nan), where=below > 0)
    return result

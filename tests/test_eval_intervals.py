"""Statistics and their intervals, against values worked out by hand."""

from __future__ import annotations

import math

import numpy as np
import pytest

from eval import intervals


def test_the_estimate_is_the_plain_mean_and_its_interval_holds_it() -> None:
    found = intervals.estimate(intervals.mean([1, 0, 1, 1]), ["a", "b", "c", "d"], seed=1)
    assert found is not None
    assert found.low is not None
    assert found.high is not None
    assert (found.value, found.questions, found.clusters) == (0.75, 4, 4)
    assert found.low <= 0.75 <= found.high


def test_the_same_seed_gives_the_same_interval_and_another_seed_another() -> None:
    values, clusters = [0.1 * (n % 10) for n in range(60)], [f"document {n % 17}" for n in range(60)]
    one, same, other = (intervals.estimate(intervals.mean(values), clusters, seed) for seed in (7, 7, 8))
    assert one == same
    assert one != other


def test_questions_on_one_document_are_drawn_together_so_the_interval_widens() -> None:
    values = [1.0] * 10 + [0.0] * 10
    apart = intervals.estimate(intervals.mean(values), [str(n) for n in range(20)], seed=0)
    together = intervals.estimate(intervals.mean(values), [str(n // 5) for n in range(20)], seed=0)
    assert apart
    assert together
    assert apart.low
    assert apart.high
    assert together.high
    assert together.low is not None
    assert together.high - together.low > apart.high - apart.low


def test_one_document_leaves_nothing_to_draw() -> None:
    found = intervals.estimate(intervals.mean([1, 0]), ["a", "a"], seed=0)
    assert found
    assert (found.value, found.low, found.high) == (0.5, None, None)


def test_no_question_is_no_estimate() -> None:
    assert intervals.estimate(intervals.mean([]), [], seed=0) is None


def test_auroc_counts_the_pairs_that_are_in_order() -> None:
    # positives 0.9 and 0.4; negatives 0.4 and 0.1: won, won, tie, won
    statistic = intervals.auroc([0.9, 0.4, 0.4, 0.1], [True, True, False, False])
    assert statistic(np.ones((1, 4)))[0] == pytest.approx(3.5 / 4)


def test_auroc_without_one_side_is_undefined() -> None:
    assert math.isnan(intervals.auroc([0.9, 0.4], [True, True])(np.ones((1, 2)))[0])


def test_aurc_is_the_mean_risk_of_the_surest() -> None:
    # surest first: risks 0, 1, 0 → selective risks 0, 1/2, 1/3
    assert intervals.aurc([0.5, 0.9, 0.2], [1, 0, 0])(np.ones((1, 3)))[0] == pytest.approx((0 + 1 / 2 + 1 / 3) / 3)


def test_calibration_error_is_the_distance_in_each_bin() -> None:
    # bin of 0.9: stated 0.9 and 0.9, came true once; bin of 0.1: never
    statistic = intervals.calibration_error([0.9, 0.9, 0.1, 0.1], [True, False, False, False])
    assert statistic(np.ones((1, 4)))[0] == pytest.approx((0.8 + 0.2) / 4)


def test_the_calibration_error_lies_within_its_interval_though_drawing_makes_it_larger() -> None:
    rng = np.random.default_rng(0)
    stated = rng.random(200).tolist()
    outcomes = (rng.random(200) < stated).tolist()
    clusters = [str(n) for n in range(200)]
    statistic = intervals.calibration_error(stated, outcomes)
    plain = intervals.estimate(statistic, clusters, 0)
    found = intervals.estimate(statistic, clusters, 0, shifted=True)
    assert plain is not None
    assert found is not None
    assert plain.high is not None
    assert found.low is not None
    assert found.high is not None
    assert 0 <= found.low < found.value < found.high < plain.high


def test_a_constant_gain_over_few_documents_has_the_p_of_all_its_flips() -> None:
    # four documents all up: only "all up" and "all down" of sixteen flips are as far out
    assert intervals.permutation([1, 1, 1, 1], ["a", "b", "c", "d"], seed=0) == pytest.approx(2 / 16)


def test_no_change_at_all_is_no_evidence_of_change() -> None:
    assert intervals.permutation([0.0] * 40, [str(n) for n in range(40)], seed=0) == 1.0


def test_a_change_on_many_documents_is_found() -> None:
    assert intervals.permutation([0.5] * 40, [str(n) for n in range(40)], seed=0) < 0.001


def test_ties_fall_at_random_and_not_as_the_file_has_them() -> None:
    # half of a tie is without risk; were the order of the file kept, the area would be far from its middle
    apart = intervals.aurc([0.5] * 400, [0] * 200 + [1] * 200)(np.ones((1, 400)))[0]
    assert apart == pytest.approx(0.5, abs=0.1)
    assert apart == intervals.aurc([0.5] * 400, [0] * 200 + [1] * 200)(np.ones((1, 400)))[0]


def test_a_band_holds_its_curve_and_one_document_gives_none() -> None:
    values = np.array([[0.0, 1.0], [1.0, 1.0], [1.0, 0.0], [0.0, 0.0]])

    def curve(weights: intervals.Floats) -> intervals.Floats:
        mean: intervals.Floats = weights @ values / weights.sum(axis=1, keepdims=True)
        return mean

    points, low, high = intervals.band(curve, ["a", "b", "c", "d"], seed=0)
    assert points == pytest.approx([0.5, 0.5])
    assert (low < points).all()
    assert (points < high).all()
    assert all((part == points).all() for part in intervals.band(curve, ["a"] * 4, seed=0)[1:])

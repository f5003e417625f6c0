from __future__ import annotations

import pytest

from model.assessment import Rating
from training.curves import smoothed
from training.metrics import (
    Said,
    abstention,
    calibration,
    calibration_error,
    confusion,
    difference,
    f1,
    interval,
    mcnemar,
)

U, M, N = Rating
GOLD = [U, U, M, N, N, N]
SAID = [Said(U, 0.9), Said(N, 0.6), Said(M, 0.7), Said(N, 0.8), Said(N, 0.95), Said(None)]


def test_f1_is_what_was_computed_by_hand():
    """F1 is 2/3 for U, 1 for M, 2*2/(3+3) for N; an unanswered example counts as missed."""
    table = confusion(GOLD, SAID)
    assert table.tolist() == [[1, 0, 1, 0], [0, 1, 0, 0], [0, 0, 2, 1]]
    macro, weighted = f1(table)
    assert macro == pytest.approx((2 / 3 + 1 + 2 / 3) / 3)
    assert weighted == pytest.approx((2 * 2 / 3 + 1 * 1 + 3 * 2 / 3) / 6)


def test_saying_nothing_scores_nothing():
    """Abstaining on everything is F1 0, not an error and not perfect."""
    assert f1(confusion(GOLD, [Said(None)] * 6)) == (0.0, 0.0)


def test_mcnemar_counts_only_where_two_systems_differ():
    """Five against none on the discordant examples is p = 2/32; equal systems have p = 1."""
    right = [Said(U)] * 5
    wrong = [Said(N)] * 5
    assert mcnemar([U] * 5, right, wrong) == pytest.approx(2 / 32)
    assert mcnemar([U] * 5, right, right) == 1.0


def test_an_interval_holds_the_figure_and_widens_with_fewer_groups():
    """Whole groups are drawn again: many like groups give a narrow interval, two unlike ones a wide one."""
    gold, said = GOLD * 20, SAID * 20
    low, high = interval(gold, said, [place // 6 for place in range(120)], seed=0)
    macro = f1(confusion(gold, said))[0]
    assert low == pytest.approx(macro)
    assert high == pytest.approx(macro)
    low, high = interval([U, N], [Said(U), Said(M)], ["a", "b"], seed=0)
    assert (low, high) == (0.0, 1.0)


def test_calibration_and_abstention_follow_confidence():
    """Bands hold what was said with that confidence; giving up the least sure raises the share right."""
    assert calibration(GOLD, SAID, bins=2) == [(pytest.approx(0.79), pytest.approx(0.8), 5)]
    curve = abstention(GOLD, SAID)
    assert curve[0] == (pytest.approx(1 / 6), 1.0)
    assert curve[-1] == (pytest.approx(5 / 6), pytest.approx(0.8))


def test_a_curve_is_smoothed_over_what_came_before():
    """Each point is the mean of at most so many values up to it."""
    assert smoothed([1.0, 2.0, 3.0, 4.0], window=2) == [1.0, 1.5, 2.5, 3.5]


def test_a_difference_is_of_the_same_draws():
    """A system is no better than itself in any draw; the right one is better than a wrong one by what F1 says."""
    right = [Said(each) for each in GOLD]
    topics = [place // 2 for place in range(6)]
    assert difference(GOLD, right, right, topics, seed=0) == (0.0, 0.0, 0.0)
    more, low, high = difference(GOLD, right, [Said(None)] * 6, topics, seed=0)
    assert more == pytest.approx(1.0)
    assert 0 < low <= high <= 1


def test_calibration_error_is_the_mean_distance_of_bands():
    """Ten answers a tenth too sure and ten exact ones are half a tenth off; without answers there is none."""
    assert calibration_error([(0.6, 0.5, 10), (0.9, 0.9, 10)]) == pytest.approx(0.05)
    assert calibration_error([]) is None

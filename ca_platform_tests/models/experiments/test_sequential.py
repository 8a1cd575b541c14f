"""Verdicts at all times: the published formulas, and what looking every day does."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.errors import ValidationError
from ca_platform.models.experiments import Comparison, asymptotic_sequence, planned_boundary, poisson_rates, sequential
from ca_platform.models.experiments.means import by_student

LOOKS = 28


def _normal(statistic: np.ndarray, error: float = 1.0) -> Comparison:
    shape = np.shape(statistic)
    degrees, enough = np.full(shape, 1e6), np.full(shape, True)
    return by_student("walk", np.asarray(statistic) * error, np.full(shape, error), degrees, enough, 0.05)


@pytest.mark.parametrize("size", [100, 1000, 5000])
def test_sequence_is_the_formula_of_gbstats(size: int) -> None:
    # gbstats, sequential_rho and sequential_interval_halfwidth: eq. 161 and 9, with s² the variance times n.
    alpha, tuned_to, error = 0.05, 1000, 0.3
    rho = np.sqrt((-2 * np.log(alpha) + np.log(-2 * np.log(alpha) + 1)) / tuned_to)
    variance = error**2 * size
    width = np.sqrt(variance) * np.sqrt(
        (2 * (size * rho**2 + 1) * np.log(np.sqrt(size * rho**2 + 1) / alpha)) / (size * rho) ** 2
    )
    found = asymptotic_sequence(_normal(np.array(1.3), error), size, tuned_to, alpha)
    assert found.high - found.estimate == pytest.approx(width, rel=1e-9)


def test_p_value_of_the_sequence_is_the_level_at_which_its_interval_meets_zero() -> None:
    grown = (-2 * np.log(0.05) + np.log(-2 * np.log(0.05) + 1)) * 0.7
    statistic = np.sqrt((grown + 1) / grown * 2 * np.log(np.sqrt(grown + 1) / 0.05))
    assert asymptotic_sequence(_normal(np.array(statistic)), 700, 1000).p_value == pytest.approx(0.05, rel=1e-9)


@pytest.mark.parametrize("size", [50, 300, 700, 1000, 1500])
def test_interval_leaves_zero_out_just_where_p_is_below_alpha(size: int) -> None:
    found = sequential(_normal(np.linspace(0, 6, 500)), size, 1000)
    assert ((found.low > 0) == (found.p_value < 0.05)).all()


def test_interval_at_the_planned_size_is_at_most_a_third_wider_than_the_fixed_one() -> None:
    fixed = _normal(np.array(2.0))
    found = sequential(fixed, 1000, 1000)
    assert (found.high - found.low) / (fixed.high - fixed.low) == pytest.approx(1.274, abs=0.002)
    best = min(float(asymptotic_sequence(fixed, 1000, tuned).high - 2) for tuned in np.linspace(200, 5000, 100))
    assert best / (fixed.high - 2) > 1.5


def test_looking_every_day_finds_nothing_on_nothing() -> None:
    steps = np.random.default_rng(1).normal(size=(8_000, 2 * LOOKS))
    size = np.arange(1, 2 * LOOKS + 1)
    walk = _normal(np.cumsum(steps, axis=1) / np.sqrt(size))
    for test, planned in ((sequential, LOOKS), (asymptotic_sequence, LOOKS), (planned_boundary, 2 * LOOKS)):
        ever = (test(walk, size, planned).p_value < 0.05).any(axis=1).mean()
        assert ever <= 0.05
    assert (walk.p_value < 0.05)[:, :LOOKS].any(axis=1).mean() > 0.2


def test_customers_who_go_on_differing_make_it_no_worse() -> None:
    # All are there from the first day, and each has a level: sums over days hang together more than a random walk.
    dice = np.random.default_rng(2)
    days = np.arange(1, LOOKS + 1)
    for share in (0.3, 1.0):
        walk = np.cumsum(dice.normal(size=(8_000, LOOKS)), axis=1) * np.sqrt(1 - share)
        level = dice.normal(size=(8_000, 1)) * np.sqrt(share / LOOKS) * days
        spread = np.sqrt((1 - share) * days + share * days**2 / LOOKS)
        found = sequential(_normal((walk + level) / spread), days, LOOKS)
        assert (found.p_value < 0.05).any(axis=1).mean() <= 0.05


def test_after_the_planned_size_the_sequence_goes_on() -> None:
    found = planned_boundary(_normal(np.array(9.0)), 1001, 1000)
    assert (float(found.p_value), float(found.high)) == (1.0, np.inf)
    assert sequential(_normal(np.array(9.0)), 2000, 1000).p_value < 1e-6


def test_ratio_without_a_standard_error_is_refused() -> None:
    with pytest.raises(ValidationError, match="no standard error"):
        sequential(poisson_rates(3, 1.0, 4, 1.0), 10, 100)
    with pytest.raises(ValidationError, match="not above 0"):
        sequential(_normal(np.array(1.0)), 0, 100)

"""Metrics of forecasts by hand, against libraries, and by what must hold for every forecast."""

from __future__ import annotations

from fractions import Fraction
from itertools import product

import numpy as np
import pytest
from numpy.typing import NDArray

from ca_platform.models import backtest
from ca_platform.models.backtest.metrics import tenths

Floats = NDArray[np.float64]


def some(seed: int, size: int = 400) -> tuple[Floats, Floats]:
    """Outcomes with many zeros, and forecasts with many ties that know something of them."""
    dice = np.random.default_rng(seed)
    actual = dice.poisson(dice.gamma(0.5, 2.0, size)).astype(np.float64)
    return actual, np.round(actual * dice.random(size) + dice.random(size), 1)


def lorenz_area(actual: list[int], order: list[int]) -> Fraction:
    """Area under the Lorenz curve of the outcomes in this order, in fractions."""
    whole, total, area = sum(actual), Fraction(0), Fraction(0)
    for place in order:
        area += (total + total + actual[place]) / Fraction(2 * len(actual) * whole)
        total += actual[place]
    return area


@pytest.mark.parametrize("seed", range(5))
def test_errors_and_rank_correlation_equal_those_of_scikit_learn_and_scipy(seed: int) -> None:
    from scipy.stats import spearmanr
    from sklearn.metrics import mean_absolute_error, mean_squared_error

    actual, forecast = some(seed)
    assert backtest.mean_absolute_error(actual, forecast) == pytest.approx(mean_absolute_error(actual, forecast))
    squared = backtest.root_mean_squared_error(actual, forecast) ** 2
    assert squared == pytest.approx(mean_squared_error(actual, forecast))
    assert backtest.spearman(actual, forecast) == pytest.approx(spearmanr(actual, forecast).statistic)


@pytest.mark.parametrize("seed", range(5))
def test_gini_of_an_event_is_twice_the_area_under_its_roc_curve_less_one(seed: int) -> None:
    from sklearn.metrics import roc_auc_score

    actual, forecast = some(seed)
    event = (actual > 0).astype(np.float64)
    assert backtest.normalised_gini(event, forecast) == pytest.approx(2 * roc_auc_score(event, forecast) - 1)


def test_gini_is_the_ratio_of_the_areas_between_diagonal_and_lorenz_curve() -> None:
    actual, forecast = [0, 4, 1, 0, 2, 2], [0.1, 0.6, 0.5, 0.3, 0.2, 0.4]
    by_forecast = sorted(range(6), key=forecast.__getitem__)
    by_itself = sorted(range(6), key=actual.__getitem__)
    half = Fraction(1, 2)
    expected = (half - lorenz_area(actual, by_forecast)) / (half - lorenz_area(actual, by_itself))
    assert backtest.normalised_gini(actual, forecast) == pytest.approx(float(expected))


def test_gini_is_1_for_the_very_order_minus_1_for_the_reverse_and_0_for_equal_forecasts() -> None:
    actual, _ = some(3)
    assert backtest.normalised_gini(actual, actual * 10 + 1) == pytest.approx(1.0)
    assert backtest.normalised_gini(actual, -actual) == pytest.approx(-1.0)
    assert backtest.normalised_gini(actual, np.ones(actual.size)) == pytest.approx(0.0, abs=1e-12)


def test_decile_error_compares_the_sums_of_each_tenth() -> None:
    actual = [0, 0, 1, 3, 2, 4]
    forecast = [0.1, 0.2, 1, 2, 3, 5]
    # Tenths of two: nothing happened in the first; 4 of which 3 were forecast; 6 of which 8 were.
    assert backtest.decile_error(actual, forecast, groups=3) == pytest.approx((1 / 4 + 2 / 6) / 2)


def test_total_error_is_negative_where_too_little_was_forecast() -> None:
    assert backtest.total_error([3, 1], [2, 1]) == pytest.approx(-0.25)


def test_coverage_counts_the_bounds_as_inside() -> None:
    assert backtest.interval_coverage([1, 2, 3, 4], [1, 0, 4, 0], [2, 2, 5, 3]) == 0.5


@pytest.mark.parametrize("seed", range(3))
def test_no_metric_follows_the_order_of_the_customers(seed: int) -> None:
    actual, forecast = some(seed)
    event, share = actual > 0, forecast / forecast.max()
    turned = np.random.default_rng(seed).permutation(actual.size)
    numbers = (
        backtest.mean_absolute_error,
        backtest.root_mean_squared_error,
        backtest.spearman,
        backtest.normalised_gini,
        backtest.total_error,
        backtest.decile_error,
    )
    for metric in numbers:
        assert metric(actual[turned], forecast[turned]) == pytest.approx(metric(actual, forecast), rel=1e-12)
    for chance in (backtest.auc, backtest.brier_score, backtest.decile_gap):
        assert chance(event[turned], share[turned]) == pytest.approx(chance(event, share), rel=1e-12)


def test_metrics_have_no_value_where_nothing_can_be_said() -> None:
    nothing: list[float] = []
    assert all(
        np.isnan(metric(nothing, nothing))
        for metric in (
            backtest.mean_absolute_error,
            backtest.root_mean_squared_error,
            backtest.spearman,
            backtest.normalised_gini,
            backtest.total_error,
            backtest.decile_error,
            backtest.auc,
            backtest.brier_score,
            backtest.decile_gap,
        )
    )
    assert np.isnan(backtest.interval_coverage(nothing, nothing, nothing))
    assert np.isnan(backtest.chance_gap(nothing))
    zeros, rising = [0.0] * 20, np.arange(20.0)
    assert np.isnan(backtest.total_error(zeros, rising))
    assert np.isnan(backtest.decile_error(zeros, rising))
    assert np.isnan(backtest.normalised_gini(zeros, rising))
    assert np.isnan(backtest.spearman(rising, zeros))
    assert np.isnan(backtest.auc(zeros, rising))


@pytest.mark.parametrize("seed", range(5))
def test_probabilities_are_scored_as_by_scikit_learn(seed: int) -> None:
    from sklearn.metrics import brier_score_loss, roc_auc_score

    actual, forecast = some(seed)
    event, share = actual > 0, forecast / forecast.max()
    assert backtest.auc(event, share) == pytest.approx(roc_auc_score(event, share))
    assert backtest.brier_score(event, share) == pytest.approx(brier_score_loss(event, share))


def test_deciles_of_distinct_probabilities_equal_the_calibration_curve_of_scikit_learn() -> None:
    from sklearn.calibration import calibration_curve

    dice = np.random.default_rng(0)
    share = dice.random(1000)
    event = dice.random(1000) < share**2
    observed, forecast = calibration_curve(event, share, n_bins=10, strategy="quantile")
    found = backtest.deciles(event, share)
    assert [item.observed for item in found] == pytest.approx(observed.tolist())
    assert [item.forecast for item in found] == pytest.approx(forecast.tolist())
    assert backtest.decile_gap(event, share) == pytest.approx(float(np.abs(observed - forecast).mean()))


def test_customers_with_equal_probabilities_share_their_outcomes() -> None:
    event, share = [1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5]
    assert [(item.customers, item.observed) for item in backtest.deciles(event, share, groups=2)] == [
        (2, 0.25),
        (2, 0.25),
    ]


@pytest.mark.parametrize("share", [0.1, 0.5, 0.8])
def test_chance_gap_is_what_true_probabilities_have_on_average(share: float) -> None:
    dice = np.random.default_rng(1)
    told = np.clip(dice.normal(share, 0.05, 2000), 0.01, 0.99)
    gaps = [backtest.decile_gap(dice.random(2000) < told, told) for _ in range(200)]
    assert backtest.chance_gap(told) == pytest.approx(float(np.mean(gaps)), rel=0.05)


@pytest.mark.parametrize(("size", "groups"), list(product([1, 3, 10, 25], [1, 4, 10])))
def test_groups_hold_everybody_once_and_none_is_empty(size: int, groups: int) -> None:
    forecast = np.random.default_rng(size).random(size)
    parts = tenths(forecast, groups)
    assert sorted(np.concatenate(parts).tolist()) == list(range(size))
    assert min(part.size for part in parts) >= 1
    assert max(part.size for part in parts) - min(part.size for part in parts) <= 1

"""Welch, paired t, CUPED and regression adjustment against SciPy, statsmodels and the formulas that gbstats publishes."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats

from ca_platform.errors import ValidationError
from ca_platform.models.experiments import (
    Moments,
    cuped,
    history_covariates,
    paired_t,
    regression_adjusted,
    variance_reduction,
    welch,
    with_missing,
)
from ca_platform_tests.models.experiments.sides import spending

EXACT = 1e-9
A, B = spending(40, 1), spending(55, 2, 1.3)


def test_welch_is_scipys() -> None:
    found, known = welch(Moments.of(A), Moments.of(B)), stats.ttest_ind(B, A, equal_var=False)
    interval = known.confidence_interval()
    assert found.statistic == pytest.approx(known.statistic, rel=EXACT)
    assert found.p_value == pytest.approx(known.pvalue, rel=EXACT)
    assert (found.low, found.high) == pytest.approx((interval.low, interval.high), rel=EXACT)
    assert found.estimate == pytest.approx(B.mean() - A.mean(), rel=EXACT)


def test_tail_far_out_is_no_zero() -> None:
    found = welch(Moments.of(A), Moments.of(B + 1e4))
    assert 0 < found.p_value < 1e-50


def test_paired_t_is_scipys() -> None:
    after = A[::-1] + 3
    found, known = paired_t(Moments.of(A, after)), stats.ttest_rel(after, A)
    assert found.p_value == pytest.approx(known.pvalue, rel=EXACT)
    assert found.low == pytest.approx(known.confidence_interval().low, rel=EXACT)


def test_many_items_at_once_are_each_item_by_itself() -> None:
    item = np.repeat([0, 1, 2], [10, 20, 25])
    a, b = Moments.by_item(item, 4, B), Moments.by_item(item[::-1], 4, B[::-1] * 2)
    together = welch(a, b)
    for number in range(4):
        alone = welch(a[number], b[number])
        assert together.p_value[number] == alone.p_value
        assert together[number].low == alone.low


def _pair(customers: int, seed: int) -> tuple[np.ndarray, np.ndarray]:
    before = spending(customers, seed)
    return 0.7 * before + spending(customers, seed + 100), before


def test_cuped_is_the_formula_of_gbstats() -> None:
    # gbstats, RegressionAdjustedStatistic: one slope of both sides together, variance of each side around it.
    (y_a, x_a), (y_b, x_b) = _pair(40, 3), _pair(55, 4)
    found = cuped(Moments.of(y_a, x_a), Moments.of(y_b, x_b))
    y, x = np.append(y_a, y_b), np.append(x_a, x_b)
    slope = np.cov(y, x)[0, 1] / np.var(x, ddof=1)
    sides = [(np.mean(y) - slope * np.mean(x), y.size, _adjusted(y, x, slope)) for y, x in ((y_a, x_a), (y_b, x_b))]
    (mean_a, n_a, var_a), (mean_b, n_b, var_b) = sides
    error = np.sqrt(var_a / n_a + var_b / n_b)
    degrees = (var_b / n_b + var_a / n_a) ** 2 / (var_b**2 / (n_b**2 * (n_b - 1)) + var_a**2 / (n_a**2 * (n_a - 1)))
    assert found.estimate == pytest.approx(mean_b - mean_a, rel=EXACT)
    assert found.standard_error == pytest.approx(error, rel=EXACT)
    assert found.p_value == pytest.approx(2 * stats.t.sf(abs(mean_b - mean_a) / error, degrees), rel=EXACT)


def _adjusted(y: np.ndarray, x: np.ndarray, slope: float) -> float:
    return float(np.var(y, ddof=1) + slope**2 * np.var(x, ddof=1) - 2 * slope * np.cov(y, x)[0, 1])


def test_cuped_without_a_varying_covariate_is_welch() -> None:
    zeros_a, zeros_b = (Moments.of(side, np.zeros(side.size)) for side in (A, B))
    assert cuped(zeros_a, zeros_b).p_value == welch(Moments.of(A), Moments.of(B)).p_value


def test_regression_adjustment_is_the_weighted_regression_of_statsmodels() -> None:
    (y_a, x_a), (y_b, x_b) = _pair(8000, 3), _pair(2000, 4)
    a, b = (Moments.of(y, x, np.sqrt(x)) for y, x in ((y_a, x_a), (2 * y_b, x_b)))
    found = regression_adjusted(a, b)
    x, is_b = np.append(x_a, x_b), np.arange(10_000) >= 8000
    columns = np.column_stack([np.ones(10_000), is_b, x, np.sqrt(x)])
    # Each customer by the other side's weight in the variance of the difference.
    weights = np.where(is_b, 1 / (2000 * 1999), 1 / (8000 * 7999))
    known = sm.WLS(np.append(y_a, 2 * y_b), columns, weights).fit(cov_type="HC3")
    assert found.estimate == pytest.approx(known.params[1], rel=EXACT)
    assert found.standard_error == pytest.approx(known.bse[1], rel=0.02)


def test_adjustment_of_unequal_sides_is_no_less_precise_than_none() -> None:
    # What foretells much in the large side and the contrary in the small one: least squares over both would lose.
    dice = np.random.default_rng(5)
    x_a, x_b = dice.normal(size=4000), dice.normal(size=400)
    a, b = Moments.of(2 * x_a + dice.normal(size=4000), x_a), Moments.of(-x_b + dice.normal(size=400), x_b)
    assert variance_reduction(a, b, regression_adjusted(a, b)) > 0.2
    assert variance_reduction(a, b, cuped(a, b)) < 0


def test_covariates_that_repeat_others_or_never_vary_change_nothing() -> None:
    (y_a, x_a), (y_b, x_b) = _pair(40, 3), _pair(55, 4)
    plain = regression_adjusted(Moments.of(y_a, x_a), Moments.of(y_b, x_b))
    doubled = regression_adjusted(
        Moments.of(y_a, x_a, 3 * x_a, np.ones(40)), Moments.of(y_b, x_b, 3 * x_b, np.ones(55))
    )
    assert doubled.estimate == pytest.approx(plain.estimate, rel=EXACT)
    assert doubled.p_value == pytest.approx(plain.p_value, rel=1e-6)


def test_missing_values_of_a_covariate_may_be_filled_with_anything() -> None:
    (y_a, x_a), (y_b, x_b) = _pair(60, 5), _pair(80, 6)
    x_a[::4], x_b[::3] = np.nan, np.nan
    found = regression_adjusted(Moments.of(y_a, *with_missing(x_a)), Moments.of(y_b, *with_missing(x_b)))
    a, b = (Moments.of(y, np.nan_to_num(x, nan=99.0), np.isnan(x)) for y, x in ((y_a, x_a), (y_b, x_b)))
    assert regression_adjusted(a, b).estimate == pytest.approx(found.estimate, rel=1e-8)
    assert variance_reduction(Moments.of(y_a), Moments.of(y_b), found) > 0.05


def test_adjustment_takes_off_what_the_covariate_foretells() -> None:
    dice = np.random.default_rng(7)
    x = dice.normal(size=(2, 4000))
    y = 0.8 * x + 0.6 * dice.normal(size=x.shape)
    a, b = (Moments.of(*pair) for pair in zip(y, x, strict=True))
    for test in (cuped, regression_adjusted):
        assert variance_reduction(a, b, test(a, b)) == pytest.approx(0.64, abs=0.03)


def test_history_covariates_of_newcomers_and_old_customers_are_finite() -> None:
    columns = history_covariates([10.0, 0.0, np.nan], [3.0, 400.0, np.nan])
    assert all(np.isfinite(column).all() for column in columns)
    assert len(columns) == 6


def test_side_without_covariate_is_refused() -> None:
    with pytest.raises(ValidationError, match="columns"):
        cuped(Moments.of(A), Moments.of(B))

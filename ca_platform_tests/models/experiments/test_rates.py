"""Rates and shares against SciPy and statsmodels."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm
from scipy import stats
from statsmodels.stats.proportion import confint_proportions_2indep, proportion_confint, test_proportions_2indep
from statsmodels.stats.rates import test_poisson_2indep

from ca_platform.errors import ValidationError
from ca_platform.models.experiments import boschloo, negative_binomial, poisson_rates, proportions, wilson
from ca_platform_tests.models.experiments.sides import counts

EXACT = 1e-9
# statsmodels divides by shares of 0, and says that its own optimum is flat.
pytestmark = [pytest.mark.filterwarnings(f"ignore::{kind}") for kind in ("RuntimeWarning", "UserWarning")]
_of_shares, _of_rates = test_proportions_2indep, test_poisson_2indep
del test_proportions_2indep, test_poisson_2indep  # they are no tests of ours
RATES = [(10, 100.0, 25, 110.0), (0, 10.0, 5, 12.0), (50, 3.0, 20, 4.0), (3, 5.0, 3, 5.0), (100, 50.0, 0, 20.0)]


@pytest.mark.parametrize("case", RATES)
def test_conditional_rate_test_is_the_binomial_one(case: tuple[int, float, int, float]) -> None:
    events_a, time_a, events_b, time_b = case
    found = poisson_rates(*case)
    known = stats.binomtest(events_b, events_a + events_b, time_b / (time_a + time_b))
    assert found.p_value == pytest.approx(known.pvalue, rel=EXACT)
    assert found.p_value == pytest.approx(
        _of_rates(events_b, time_b, events_a, time_a, method="exact-cond", compare="ratio").pvalue, rel=EXACT
    )
    share = known.proportion_ci()
    assert found.low == pytest.approx(share.low / (1 - share.low) * time_a / time_b, rel=EXACT)
    high = np.inf if share.high == 1 else share.high / (1 - share.high) * time_a / time_b
    assert found.high == pytest.approx(high, rel=EXACT)


def test_rates_of_many_items_are_each_by_itself() -> None:
    events_a, time_a, events_b, time_b = (np.array(column) for column in zip(*RATES, strict=True))
    together = poisson_rates(events_a, time_a, events_b, time_b)
    assert together.p_value.tolist() == [float(poisson_rates(*case).p_value) for case in RATES]


def test_negative_binomial_is_statsmodels() -> None:
    dice = np.random.default_rng(5)
    a, b = counts(200, 1), counts(220, 2, 1.4)
    time_a, time_b = dice.integers(3, 9, a.size), dice.integers(3, 9, b.size)
    found = negative_binomial(a, time_a, b, time_b)
    events, is_b = np.append(a, b), np.arange(a.size + b.size) >= a.size
    columns, time = np.column_stack([np.ones(events.size), is_b]), np.append(time_a, time_b)
    how = {"disp": 0, "method": "bfgs", "maxiter": 1000, "gtol": 1e-10}
    apart = sm.NegativeBinomial(events, columns, exposure=time).fit(**how)
    together = sm.NegativeBinomial(events, columns[:, :1], exposure=time).fit(**how)
    assert found.statistic == pytest.approx(2 * (apart.llf - together.llf), abs=1e-8)
    assert np.log(found.estimate) == pytest.approx(apart.params[1], abs=1e-7)
    assert found.standard_error == pytest.approx(apart.bse[1], rel=0.05)


def test_negative_binomial_of_poisson_counts_is_poisson() -> None:
    # With no dispersion left the likelihood ratio is that of two Poisson rates: 2 Σ n log(rate / pooled rate).
    a, b = np.array([1.0] * 30 + [2.0] * 30), np.array([2.0] * 50 + [1.0] * 10)
    found = negative_binomial(a, 1.0, b, 1.0)
    sums = np.array([a.sum(), b.sum()])
    poisson = 2 * float(sums @ np.log(sums / 60 / (sums.sum() / 120)))
    assert found.statistic == pytest.approx(poisson, rel=1e-3)


def test_customer_heterogeneity_widens_the_interval_of_the_rates() -> None:
    a, b = counts(300, 3, 2.0), counts(300, 4, 2.0)
    blind, aware = poisson_rates(a.sum(), a.size, b.sum(), b.size), negative_binomial(a, 1.0, b, 1.0)
    assert aware.high - aware.low > 1.5 * (blind.high - blind.low)


@pytest.mark.parametrize("case", [(122, 21_306, 267, 21_307), (30, 500, 50, 480), (0, 200, 9, 120)])
def test_shares_of_many_customers_are_statsmodels(case: tuple[int, int, int, int]) -> None:
    hit_a, all_a, hit_b, all_b = case
    found = proportions(*case)
    known = _of_shares(hit_b, all_b, hit_a, all_a, method="score", compare="diff", correction=True)
    low, high = confint_proportions_2indep(hit_b, all_b, hit_a, all_a, compare="diff", method="newcomb")
    assert (found.statistic, found.p_value) == pytest.approx((known.statistic, known.pvalue), rel=EXACT)
    assert (found.low, found.high) == pytest.approx((low, high), rel=EXACT)


def test_shares_of_few_customers_are_tested_exactly() -> None:
    found = proportions(2, 10, 8, 10)
    assert found.p_value == boschloo(2, 10, 8, 10) == stats.boschloo_exact([[2, 8], [8, 2]]).pvalue
    assert boschloo(8, 10, 2, 11) == boschloo(2, 11, 8, 10)


def test_score_test_takes_over_where_it_hardly_differs() -> None:
    assert proportions(30, 95, 45, 98).p_value == boschloo(30, 95, 45, 98)
    assert proportions(30, 105, 45, 108).p_value == pytest.approx(boschloo(30, 105, 45, 108), abs=5e-3)


def test_interval_of_one_share_is_wilsons() -> None:
    assert wilson(5, 100) == pytest.approx(proportion_confint(5, 100, method="wilson"), rel=EXACT)
    low, high = wilson(0, 0)
    assert (float(low), float(high)) == (0, 1)


def test_counts_that_are_none_are_refused() -> None:
    with pytest.raises(ValidationError, match="whole numbers"):
        poisson_rates(1.5, 1.0, 2, 1.0)
    with pytest.raises(ValidationError, match="counts of customers"):
        proportions(11, 10, 1, 10)
    with pytest.raises(ValidationError, match="no time at risk"):
        negative_binomial([1, 2], [1.0, 0.0], [1, 2], 1.0)

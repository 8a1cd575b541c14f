"""The Gamma–Gamma model of amounts, published figures and odd amounts."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import polars as pl
import pytest
from scipy import stats

from ca_platform.errors import ValidationError
from ca_platform.models.clv.gamma_gamma import (
    PARAMETERS,
    GammaGamma,
    expected_amount,
    fit_amounts,
    known_amounts,
    probability_of_at_most,
)
from ca_platform_tests.models.clv.shops import CDNOW_END, cdnow_days

PUBLISHED = known_amounts(p=6.25, q=3.74, v=15.44)


def test_parameters_are_the_published_ones(public_data: Path) -> None:
    # Fader and Hardie 2013: the 946 repeat buyers of the CDNOW sample, by their repeat purchases.
    days = cdnow_days(public_data).filter(pl.col("day") <= CDNOW_END)
    repeats = days.filter(pl.col("day") > pl.col("day").min().over("client"))
    buyers = repeats.group_by("client").agg(pl.len(), pl.col("amount").mean())
    fitted = fit_amounts(buyers["len"], buyers["amount"])
    assert fitted.customers == 946
    assert fitted.values == pytest.approx({"p": 6.25, "q": 3.74, "v": 15.44}, abs=6e-3)
    assert not fitted.degenerate
    assert expected_amount(fitted, [0], [0.0]) == pytest.approx([35.2], abs=0.1)


def test_density_is_the_derivative_of_the_distribution() -> None:
    # One purchase day of a new customer: the model's density, from the likelihood, and its distribution agree.
    likelihood = GammaGamma(np.array([1.0]), np.array([30.0]), np.array([1.0]))
    value, _ = likelihood(np.log([6.25, 3.74, 15.44]))
    above, below = (probability_of_at_most(PUBLISHED, [0], [0.0], 1, [amount]) for amount in (30.01, 29.99))
    assert np.exp(value) == pytest.approx((above - below) / 0.02, rel=1e-5)


def test_gradient_is_the_slope_of_the_likelihood() -> None:
    likelihood = GammaGamma(np.array([1.0, 4, 2, 1]), np.array([3.0, 0.5, 20, 7]), np.array([1.0, 2, 1, 5]))
    for here in (np.array([1.0, 1.0, 2.0]), np.array([-2.0, 0.5, -3.0])):
        slopes = [
            (likelihood(here + step)[0] - likelihood(here - step)[0]) / 2e-5 for step in 1e-5 * np.eye(len(PARAMETERS))
        ]
        assert likelihood(here)[1] == pytest.approx(slopes, rel=1e-5)


def test_amounts_to_come_are_distributed_as_drawn_ones() -> None:
    rng = np.random.default_rng(5)
    # A customer with three days of 20 in the mean: ν is Gamma(q + 3 p, v + 60).
    rates = rng.gamma(3.74 + 3 * 6.25, 1 / (15.44 + 60), 100_000)
    sums = rng.gamma(2 * 6.25, 1 / rates)
    for amount in (20.0, 40.0, 70.0):
        said = probability_of_at_most(PUBLISHED, [3], [20.0], 2, [amount])
        assert said == pytest.approx([np.mean(sums <= amount)], abs=6e-3)
    assert 2 * expected_amount(PUBLISHED, [3], [20.0]) == pytest.approx([sums.mean()], rel=0.01)


def test_parameters_of_drawn_customers_are_found_within_their_errors() -> None:
    rng = np.random.default_rng(8)
    days = rng.integers(1, 8, 30_000)
    rates = rng.gamma(4.0, 1 / 50.0, days.size)
    means = rng.gamma(2.5 * days, 1 / rates) / days
    fitted = fit_amounts(days, means)
    for item, value in zip(fitted.estimates, (2.5, 4.0, 50.0), strict=True):
        assert item.standard_error is not None
        assert abs(item.value - value) < 3.5 * item.standard_error
        assert item.standard_error < 0.05 * value


def test_unit_of_money_changes_nothing_but_the_scale() -> None:
    rng = np.random.default_rng(4)
    days = rng.integers(1, 6, 400)
    means = rng.gamma(2.0 * days, 1 / rng.gamma(3.0, 1 / 20.0, days.size)) / days
    dollars, cents = fit_amounts(days, means), fit_amounts(days, 100 * means)
    assert cents["p"] == pytest.approx(dollars["p"], rel=1e-4)
    assert cents["v"] == pytest.approx(100 * dollars["v"], rel=1e-4)
    assert cents.log_likelihood == pytest.approx(dollars.log_likelihood - 400 * np.log(100))
    of_dollars, of_cents = (fitted.estimates[2].standard_error for fitted in (dollars, cents))
    assert of_dollars is not None
    assert of_cents == pytest.approx(100 * of_dollars, rel=1e-3)


@pytest.mark.parametrize("amount", [-0.01, float("nan"), float("inf")])
def test_amounts_that_are_no_payments_are_refused(amount: float) -> None:
    with pytest.raises(ValidationError, match=r"1 mean amounts .* at row 1; .* leave cancellations and refunds out"):
        fit_amounts([1, 2, 1], [5.0, amount, 7.0])


def test_a_shop_in_which_nobody_pays_expects_nothing() -> None:
    fitted = fit_amounts([1, 2, 3], [0.0, 0.0, 0.0])
    assert (fitted.degenerate, fitted.reason) == (True, "no customer has paid anything")
    assert expected_amount(fitted, [1, 2, 3], [0.0, 0.0, 0.0]).tolist() == [0, 0, 0]
    assert probability_of_at_most(fitted, [1], [0.0], 3, [0.0]).tolist() == [1.0]


def test_customers_who_paid_nothing_do_not_spoil_the_fit() -> None:
    days, means = np.array([1, 2, 5, 1, 3, 2] * 5), np.linspace(5, 80, 30)
    paying = fit_amounts(days, means)
    mixed = fit_amounts(np.append(days, [1, 9]), np.append(means, [0.0, 0.0]))
    assert mixed.values == paying.values
    nothing = expected_amount(mixed, [1, 9], [0.0, 0.0])
    assert 0 < nothing[1] < nothing[0] < expected_amount(mixed, [0], [0.0])[0]


def test_equal_amounts_are_flagged_and_expected_to_stay() -> None:
    fitted = fit_amounts(np.full(50, 2), np.full(50, 9.99))
    assert fitted.degenerate
    assert "the likelihood still rises where" in fitted.reason
    assert expected_amount(fitted, [2], [9.99]) == pytest.approx([9.99], rel=0.01)


def test_amounts_of_few_customers_are_flagged() -> None:
    fitted = fit_amounts([1, 2], [10.0, 30.0])
    assert fitted.degenerate
    assert "only 2 customers have paid anything" in fitted.reason
    assert np.isfinite(expected_amount(fitted, [1, 2], [10.0, 30.0])).all()


def test_distribution_of_one_amount_is_beta_prime() -> None:
    said = probability_of_at_most(PUBLISHED, [4], [25.0], 1, [31.0])
    prime = stats.betaprime(6.25, 3.74 + 4 * 6.25, scale=15.44 + 100)
    assert said == pytest.approx([prime.cdf(31.0)])

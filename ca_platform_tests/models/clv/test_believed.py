"""Giant orders tell less than they were worth; all others tell what they do."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.backtest import History, mean_absolute_error, normalised_gini
from ca_platform.models.clv.believed import believed_means
from ca_platform.models.clv.customers import Buyers, buyers_at
from ca_platform.models.clv.gamma_gamma import expected_amount, fit_amounts
from ca_platform.models.clv.records import Floats


def drawn(customers: int, seed: int, most: int = 6) -> tuple[Floats, Floats]:
    """Amounts of purchase days by Gamma–Gamma, around 30, and the days of each customer."""
    rng = np.random.default_rng(seed)
    days = rng.integers(1, most, customers).astype(np.float64)
    rates = np.repeat(rng.gamma(4.0, 1 / 60, customers), days.astype(int))
    return rng.gamma(4.0, 1 / rates), days


def means(amount: Floats, days: Floats) -> Floats:
    count = days.astype(int)
    return np.asarray(np.add.reduceat(amount, np.cumsum(count) - count) / count)


def forecast(days: Floats, mean: Floats) -> Floats:
    return expected_amount(fit_amounts(days, mean), days, mean)


def test_amounts_of_a_usual_shop_are_believed() -> None:
    amount, days = drawn(2_000, seed=1)
    assert believed_means(amount, days) == pytest.approx(means(amount, days), rel=0.01)


def test_who_once_paid_200_times_the_usual_is_expected_to_come_down() -> None:
    amount, days = drawn(2_000, seed=2)
    giant = int(np.flatnonzero(days == 1)[0])
    place = int(days[:giant].sum())
    amount[place] = 200 * np.median(amount)
    plain, believed = (forecast(days, mean(amount, days)) for mean in (means, believed_means))
    assert plain[giant] > 0.4 * amount[place]
    assert believed[giant] < 0.05 * amount[place]
    others = np.delete(believed / plain, giant)
    assert others == pytest.approx(np.median(others), rel=0.25)


def test_whose_orders_are_all_giant_stays_so() -> None:
    amount, days = drawn(2_000, seed=3)
    whale = np.full(8, 200 * np.median(amount))
    believed = believed_means(np.append(amount, whale), np.append(days, 8.0))
    assert believed[-1] == pytest.approx(whale[0], rel=0.05)


def test_a_few_giant_orders_spoil_no_forecast_of_the_next_amounts() -> None:
    amount, days = drawn(4_000, seed=4, most=8)
    # The first day of each is to come; of the others a few were giants.
    first = np.cumsum(days.astype(int)) - days.astype(int)
    again = days > 1
    coming, seen, known = amount[first][again], np.delete(amount, first), days[again] - 1
    seen[:: seen.size // 8] *= 200
    said = {mean: forecast(known, mean(seen, known)) for mean in (means, believed_means)}
    errors, ranks = (
        {mean: metric(coming, one) for mean, one in said.items()} for metric in (mean_absolute_error, normalised_gini)
    )
    assert errors[believed_means] < 0.9 * errors[means]
    assert ranks[believed_means] > ranks[means]


@pytest.mark.parametrize("amount", [0.0, 0.01, 20.0, 1e7])
def test_equal_amounts_are_believed_of_few_and_many(amount: float) -> None:
    for customers in (1, 2, 300):
        days = (np.arange(customers) % 3 + 1).astype(np.float64)
        assert believed_means(np.full(int(days.sum()), amount), days) == pytest.approx(np.full(customers, amount))
    assert believed_means(np.zeros(0), np.zeros(0)).size == 0


def test_orders_of_a_day_are_one_amount() -> None:
    buyers: Buyers = buyers_at(History([1, 1, 1, 2, 2], [0.1, 0.9, 5.0, 5.0, 6.0], amount=[4, 6, 10, 1, 3]), 9)
    assert buyers.mean_amount == pytest.approx([10.0, 2.0])

"""Items that do nothing are judged by what the reports make of them, and most of them rightly."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from ca_platform.models.experiments import Moments
from ca_platform.models.experiments.order_windows import OrderWindows, instants, order_windows
from ca_platform.models.experiments.placebo_items import Coins, Promoted, Sold, measure_items, paid
from ca_platform.models.experiments.records import Bools, Ints
from ca_platform.models.experiments.skewed import welch_skewed
from ca_platform.reports.before_after import Asked, Bought, Uses, products_before_after, promotions_before_after

ALPHA = 0.05
START = datetime(2024, 1, 1, tzinfo=UTC)
ITEMS, USES = 40, 60


def shop(customers: int = 400, days: int = 100, seed: int = 4) -> tuple[OrderWindows, Bools]:
    """Orders of customers of whom some come often, with skewed amounts, and which of them may be compared."""
    dice = np.random.default_rng(seed)
    counts = 1 + dice.poisson(dice.gamma(0.8, 6.0, customers))
    at = dice.uniform(0, days, int(counts.sum()))
    rows = pl.LazyFrame(
        {
            "slice": np.zeros(at.size, np.int64),
            "customer": np.repeat(np.arange(customers), counts),
            "at": pl.Series([START + timedelta(days=float(one)) for one in at], dtype=pl.Datetime("us", "UTC")),
            "amount": pl.Series(np.round(dice.gamma(1.5, 30.0, at.size) + 0.01, 2).tolist()).cast(pl.Decimal(18, 4)),
        }
    )
    windows = order_windows(instants(rows).collect(), "Europe/Berlin")
    return windows, (windows.at >= windows.at.min() + 8e11) & (windows.at <= windows.at.max() - 7e11)


def picked(windows: OrderWindows, uses: int = USES, seed: int = 9) -> Ints:
    return np.sort(np.random.default_rng(seed).integers(0, len(windows), (ITEMS, uses)), axis=1)


def uses_of(coins: Coins) -> Uses:
    return Uses(coins.row[coins.first], coins.item[coins.first])


NAMES = pl.DataFrame({"slice": [0] * ITEMS, "item": [f"i{number:02}" for number in range(ITEMS)]})


@pytest.mark.parametrize("metric", ["orders", "amount"])
def test_promotions_have_the_verdicts_of_the_report(metric: str) -> None:
    windows, observed = shop()
    coins = Coins.of(windows, picked(windows))
    found = Promoted(windows, observed).p_values(coins, ALPHA)[metric]
    asked = Asked("promotion", metric, date(2024, 4, 10), ALPHA)
    report = promotions_before_after(windows, observed, uses_of(coins), NAMES, asked).compared.comparison
    assert ((found <= ALPHA) == (report.p_value <= ALPHA)).all()
    inside = (found > 0) & (found < 1)
    assert 5 < inside.sum() < ITEMS
    np.testing.assert_allclose(found[inside], report.p_value[inside], rtol=1e-6)


@pytest.mark.parametrize("metric", ["orders", "amount"])
@pytest.mark.parametrize("uses", [USES, 900])
def test_products_have_the_p_values_of_the_report(metric: str, uses: int) -> None:
    windows, observed = shop()
    coins = Coins.of(windows, picked(windows, uses))
    first = uses_of(coins)
    dropped = np.zeros(first.row.size)
    for place, row in zip(coins.use, coins.row, strict=True):
        start = windows.at[first.row[place]]
        if start < windows.at[row] <= start + 7 * 86_400_000_000:
            dropped[place] += windows.own[metric][row]
    nothing = np.zeros(ITEMS, bool)
    bought = Bought(np.bincount(coins.use), {metric: dropped}, nothing, nothing)
    asked = Asked("product", metric, date(2024, 4, 10), ALPHA)
    report = products_before_after(windows, observed, first, bought, NAMES, asked).compared.comparison
    found = Sold(windows, observed).p_values(coins)[metric]
    np.testing.assert_allclose(found, report.p_value, rtol=1e-6)


def test_pairs_compare_the_mean_order_of_customers_who_used_one_of_the_two() -> None:
    windows, _ = shop(seed=5)
    one, other = (Coins.of(windows, picked(windows, uses, seed)) for uses, seed in ((90, 1), (60, 2)))
    sides = []
    for coins in (one, other):
        spent: dict[int, list[float]] = {}
        for row in coins.row[coins.item == 0]:
            spent.setdefault(int(windows.owner[row]), []).extend([windows.own["amount"][row]])
        sides.append(spent)
    values = [
        np.array([np.mean(spent[c]) for c in spent if c not in rest])
        for spent, rest in zip(sides, sides[::-1], strict=True)
    ]
    a, b = (Moments.of(value, value**2) for value in values)
    expected = welch_skewed(a, b).p_value
    assert paid(windows, one, other, ALPHA)["amount"][0] == pytest.approx(float(expected))


def test_every_test_of_before_and_after_is_measured_and_offered_where_nothing_happens() -> None:
    windows, observed = shop(700)
    found = {(one.test, one.metric): one.calibration for one in measure_items(windows, observed, 2_000, seed=3)}
    before_after = ("sign_flip", "item_permutation", "item_permutation_frequent")
    pairs = {(test, metric) for test in before_after for metric in ("orders", "amount")}
    assert set(found) == pairs | {("welch_skewed", "amount")}
    assert all(one.is_offered and one.splits == 2_000 for one in found.values())
    few = observed & (np.arange(len(windows)) < 2_000)
    assert measure_items(windows, few) == []

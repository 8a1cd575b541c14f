"""Intervals of revenue are the shortest that hold their share, 0 included."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from ca_platform.models.clv import Fit, Summary, fit, known, order_probabilities
from ca_platform.models.clv.gamma_gamma import fit_amounts, known_amounts
from ca_platform.models.clv.intervals import forecast_revenue
from ca_platform.models.clv.records import Floats
from ca_platform_tests.models.clv.shops import cdnow, one_time_buyers

MONEY = known_amounts(p=6.25, q=3.74, v=15.44)
COUNTS = {
    "bg_nbd": known("bg_nbd", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}),
    "pareto_nbd": known("pareto_nbd", {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}),
    "mbg_cnbd_k": known("mbg_cnbd_k", {"r": 0.86, "alpha": 4.3, "a": 0.16, "b": 1.9}, regularity=2),
}
# One order, doubtful, few, many, and thousands of orders.
BUYERS = Summary([0, 2, 6, 60, 3000], [0, 30, 37, 51, 400], [30, 38, 38, 52, 400])
MEANS = np.array([20.0, 35.0, 10.0, 100.0, 8.0])


def drawn(counts: Fit, weeks: float, draws: int = 100_000) -> Floats:
    """Revenue of each buyer, drawn: a number of days, then the rate of amounts, then their sum; a row per buyer."""
    rng = np.random.default_rng(17)
    shares = order_probabilities(counts, BUYERS, weeks, up_to=700)
    rows = []
    for row, (repeats, mean) in enumerate(zip(BUYERS.repeats, MEANS, strict=True)):
        days = rng.choice(shares.shape[1], draws, p=shares[row] / shares[row].sum())
        rates = rng.gamma(3.74 + 6.25 * (repeats + 1), 1 / (15.44 + mean * (repeats + 1)), draws)
        rows.append(np.where(days > 0, rng.gamma(6.25 * np.maximum(days, 1), 1 / rates), 0.0))
    return np.array(rows)


@pytest.mark.parametrize("name", COUNTS)
def test_intervals_are_the_shortest_that_hold_their_share(name: str) -> None:
    weeks = 39.0
    sums = np.sort(drawn(COUNTS[name], weeks), axis=1)
    coming = forecast_revenue(COUNTS[name], MONEY, BUYERS, MEANS, weeks)
    assert coming.expected == pytest.approx(sums.mean(axis=1), rel=0.02)
    wanted = int(0.8 * sums.shape[1])
    for row, (low, high) in enumerate(zip(coming.low, coming.high, strict=True)):
        held = np.mean((sums[row] >= low) & (sums[row] <= high))
        if high == 0.0:
            assert np.mean(sums[row] == 0.0) > 0.795
            continue
        assert held == pytest.approx(0.8, abs=0.01)
        shortest = (sums[row][wanted:] - sums[row][:-wanted]).min()
        assert high - low == pytest.approx(shortest, rel=0.03)


def test_intervals_begin_at_zero_where_no_order_is_likely_and_above_it_where_it_is_not() -> None:
    coming = forecast_revenue(COUNTS["bg_nbd"], MONEY, BUYERS, MEANS, 39.0)
    assert (coming.low[0], coming.high[0]) == (0.0, 0.0)
    assert coming.low[1] == 0.0 < coming.high[1]
    assert 0.0 < coming.low[3] < coming.expected[3] < coming.high[3]
    narrow = (coming.high[4] - coming.low[4]) / coming.expected[4]
    assert narrow < 0.25 < (coming.high[3] - coming.low[3]) / coming.expected[3]


def test_longer_share_and_horizon_give_wider_intervals() -> None:
    ends = [
        forecast_revenue(COUNTS["bg_nbd"], MONEY, BUYERS, MEANS, weeks, share=share).high
        for weeks, share in ((13.0, 0.5), (13.0, 0.8), (39.0, 0.8), (39.0, 0.95))
    ]
    for narrow, wide in pairwise(ends):
        assert (narrow <= wide).all()


def test_customers_with_the_same_history_differ_by_their_amounts_alone() -> None:
    summary = Summary([3, 3, 3], [20, 20, 20], [24, 24, 24])
    coming = forecast_revenue(COUNTS["bg_nbd"], MONEY, summary, [10.0, 20.0, 0.0], 26.0)
    one, twice, free = np.column_stack([coming.expected, coming.high])
    factor = (15.44 + 80) / (15.44 + 40)
    assert twice == pytest.approx(one * factor)
    assert free == pytest.approx(one * 15.44 / (15.44 + 40))


def test_intervals_of_cdnow_hold_their_share_of_the_holdout_where_orders_are_likely(public_data: Path) -> None:
    # A purchase day brings 1 in this shop, so that the outcome is a number of days.
    summary, days = cdnow(public_data)
    ones = np.ones(len(summary))
    amounts = known_amounts(p=1e3, q=1e3, v=1.0)
    coming = forecast_revenue(fit("bg_nbd", summary), amounts, summary, ones, 39.0)
    held = (days >= np.round(coming.low)) & (days <= np.round(coming.high))
    # Whoever probably does not order is held by [0, 0] with more than the share.
    assert 0.8 < held.mean() < 0.9
    assert 0.68 < held[coming.high > 0].mean() < 0.85


def test_odd_shops_give_numbers() -> None:
    summary = one_time_buyers()
    free = fit_amounts(summary.repeats + 1, np.zeros(len(summary)))
    for amounts, mean in ((free, 0.0), (MONEY, 12.0)):
        coming = forecast_revenue(fit("bg_nbd", summary), amounts, summary, np.full(len(summary), mean), 26.0)
        for figure in (coming.expected, coming.low, coming.high):
            assert np.isfinite(figure).all()
        assert coming.high.max() == 0.0
    coming = forecast_revenue(COUNTS["bg_nbd"], free, BUYERS, np.zeros(5), 26.0)
    assert (coming.low + coming.high + coming.expected).tolist() == [0.0] * 5

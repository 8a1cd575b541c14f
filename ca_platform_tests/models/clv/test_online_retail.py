"""A wholesaler's customers hardly ever leave: the likelihood rises without end, and the answer stays sensible."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pytest

from ca_platform.models.clv import MODELS, Fit, Summary, expected_orders, fit, probability_of_no_order
from ca_platform.models.clv.gamma_gamma import fit_amounts
from ca_platform.models.clv.intervals import forecast_revenue
from ca_platform.models.clv.purchases import orders_per_day, purchase_histories, summary_of
from ca_platform_tests.models.clv.shops import online_retail_orders

CUT, WEEKS = date(2011, 6, 10), 26.0


class Shop(NamedTuple):
    histories: pl.DataFrame
    summary: Summary
    fits: dict[str, Fit]
    later: pl.DataFrame


@pytest.fixture(scope="module")
def shop(public_data: Path) -> Shop:
    orders = online_retail_orders(public_data)
    histories = purchase_histories(orders, CUT).collect()
    end = CUT + timedelta(weeks=int(WEEKS))
    later = purchase_histories(orders.filter(pl.col("day") > CUT), end).collect()
    summary = summary_of(histories)
    joined = histories.select("customer").join(later, on="customer", how="left", maintain_order="left")
    return Shop(histories, summary, {model: fit(model, summary) for model in MODELS}, joined.fill_null(0))


def test_the_fit_without_a_maximum_is_flagged(shop: Shop) -> None:
    for model, names in (("bg_nbd", "a and b"), ("mbg_nbd", "a and b"), ("pareto_nbd", "s and beta")):
        assert shop.fits[model].degenerate
        assert shop.fits[model].reason == f"the likelihood still rises where {names} may go no further"


def test_regular_buyers_determine_the_model_that_knows_them(shop: Shop) -> None:
    regular = shop.fits["mbg_cnbd_k"]
    assert regular.regularity == 2
    assert not regular.degenerate
    assert regular.log_likelihood > shop.fits["mbg_nbd"].log_likelihood + 100


@pytest.mark.parametrize("model", MODELS)
def test_forecasts_are_sensible_also_where_the_fit_is_not(shop: Shop, model: str) -> None:
    days = shop.later["purchase_days"].to_numpy().astype(np.float64)
    expected = expected_orders(shop.fits[model], shop.summary, WEEKS)
    silent = probability_of_no_order(shop.fits[model], shop.summary, WEEKS)
    assert np.isfinite(expected).all()
    assert np.isfinite(silent).all()
    # The strong half of the year is ahead, which no model of this kind knows.
    assert -0.2 < expected.sum() / days.sum() - 1 < 0.05
    assert np.corrcoef(expected, days)[0, 1] > 0.7


def test_revenue_to_come_is_within_finite_intervals(shop: Shop) -> None:
    mean = shop.histories["mean_amount"]
    amounts = fit_amounts(shop.histories["purchase_days"], mean)
    coming = forecast_revenue(shop.fits["mbg_cnbd_k"], amounts, shop.summary, mean, WEEKS)
    revenue = shop.later["amount"].to_numpy()
    assert not amounts.degenerate
    assert ((coming.low >= 0) & (coming.low <= coming.high) & np.isfinite(coming.high)).all()
    assert 0.70 < np.mean((revenue >= coming.low) & (revenue <= coming.high)) < 0.85


def test_orders_on_a_purchase_day_are_between_the_customers_and_the_shops(shop: Shop) -> None:
    orders, days = (shop.histories[name].to_numpy() for name in ("orders", "purchase_days"))
    ratio = orders_per_day(orders, days)
    shops = orders.sum() / days.sum()
    assert ratio.min() >= 1.0
    between = np.sort([orders / days, np.full(orders.size, shops)], axis=0)
    assert ((ratio >= between[0] - 1e-9) & (ratio <= between[1] + 1e-9)).all()
    assert np.sum(ratio * days) == pytest.approx(orders.sum(), rel=0.02)

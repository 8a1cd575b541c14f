"""The models give what the literature prints for the CDNOW sample (calibration 39 weeks, hold-out 39 weeks)."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from ca_platform.models.clv import (
    MODELS,
    Fit,
    Summary,
    expected_orders,
    fit,
    order_probabilities,
    probability_alive,
    probability_of_no_order,
)
from ca_platform.models.clv.records import Floats
from ca_platform_tests.models.clv.shops import CDNOW_HOLDOUT_WEEKS, cdnow


class Fitted(NamedTuple):
    fits: dict[str, Fit]
    summary: Summary
    orders: Floats


@pytest.fixture(scope="module")
def fitted(public_data: Path) -> Fitted:
    summary, orders = cdnow(public_data)
    return Fitted({model: fit(model, summary) for model in MODELS}, summary, orders)


# Fader, Hardie and Lee 2005 (BG/NBD); Fader and Hardie 2005 (Pareto/NBD); Platzer, BTYDplus (MBG/NBD).
@pytest.mark.parametrize(
    ("model", "published", "log_likelihood"),
    [
        ("bg_nbd", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426}, -9582.4),
        ("pareto_nbd", {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669}, -9595.0),
        ("mbg_nbd", {"r": 0.525, "alpha": 6.183, "a": 0.891, "b": 1.614}, -9582.1),
    ],
)
def test_parameters_are_the_published_ones(
    fitted: Fitted, model: str, published: dict[str, float], log_likelihood: float
) -> None:
    found = fitted.fits[model]
    assert {name: round(value, 3) for name, value in found.values.items()} == pytest.approx(published, abs=1.1e-3)
    assert found.log_likelihood == pytest.approx(log_likelihood, abs=0.06)
    assert (found.degenerate, found.reason) == (False, "")
    assert found.customers == 2357


def test_bg_nbd_expects_1653_orders_where_1882_came(fitted: Fitted) -> None:
    expected = expected_orders(fitted.fits["bg_nbd"], fitted.summary, CDNOW_HOLDOUT_WEEKS)
    assert fitted.orders.sum() == 1882
    assert round(expected.sum()) == 1653
    assert np.abs(expected - fitted.orders).mean() == pytest.approx(0.785, abs=6e-4)


def test_a_customer_of_the_papers_is_expected_to_order_so_often(fitted: Fitted) -> None:
    # Fader, Hardie and Lee 2005, note on BG/NBD in Excel: x = 2, t_x = 30.43, T = 38.86 gives 1.226 in 39 weeks.
    customer = Summary([2], [30.43], [38.86])
    assert expected_orders(fitted.fits["bg_nbd"], customer, 39.0) == pytest.approx([1.226], abs=1e-3)
    # BTYD's walk-through of Pareto/NBD: x = 26, t_x = 30.86, T = 31 gives 25.46 in 52 weeks, P(alive) .9979.
    customer = Summary([26], [30.86], [31.0])
    assert expected_orders(fitted.fits["pareto_nbd"], customer, 52.0) == pytest.approx([25.46], abs=0.01)
    assert probability_alive(fitted.fits["pareto_nbd"], customer) == pytest.approx([0.9979], abs=1e-4)


def test_standard_errors_are_those_of_the_curvature(fitted: Fitted) -> None:
    # r and alpha of BG/NBD are told well, a and b less so (lifetimes prints .013, .378, .186, .705 for them).
    errors = [item.standard_error for item in fitted.fits["bg_nbd"].estimates]
    assert errors == pytest.approx([0.0126, 0.378, 0.186, 0.705], rel=0.01)


@pytest.mark.parametrize("model", ["naive", "bg_nbd", "mbg_nbd", "pareto_nbd", "mbg_cnbd_k"])
def test_probabilities_of_counts_have_the_mean_that_is_expected(fitted: Fitted, model: str) -> None:
    found, summary = fitted.fits[model], fitted.summary.distinct()[0]
    shares = order_probabilities(found, summary, CDNOW_HOLDOUT_WEEKS, up_to=120)
    assert shares.min() >= 0.0
    assert shares.sum(axis=1) == pytest.approx(np.ones(len(summary)))
    assert shares[:, 0] == pytest.approx(probability_of_no_order(found, summary, CDNOW_HOLDOUT_WEEKS), abs=1e-9)
    assert shares @ np.arange(121) == pytest.approx(expected_orders(found, summary, CDNOW_HOLDOUT_WEEKS), abs=1e-3)


def test_random_buyers_are_not_called_regular(fitted: Fitted) -> None:
    assert fitted.fits["mbg_cnbd_k"].regularity == 1

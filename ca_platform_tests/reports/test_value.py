"""Rows of lifetime value, from what a model says."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ca_platform.models import clv
from ca_platform.models.backtest import History
from ca_platform.models.clv.customers import buyers_at
from ca_platform.models.clv.level import Level
from ca_platform.reports.value import customer_rows
from ca_platform.training import Forecasts

DAY = date(2024, 7, 3)


def forecasts(alive: list[float], reason: str = "") -> Forecasts:
    ones = np.ones(len(alive))
    level = Level(1.0, "none", None, 0, 0.0, "")
    return Forecasts(
        np.arange(len(alive)), ones, ones, ones, ones, ones, np.array(alive), ones, ones, 182.0, "bg_nbd", DAY, reason,
        level, level,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("alive", "is_known"), [([1.0, 1.0, 1.0], False), ([0.99, 1.0], False), ([0.9899, 1.0], True), ([0.0, 0.4], True)]
)
def test_probabilities_are_known_of_all_where_one_of_them_tells_something(
    alive: list[float], *, is_known: bool
) -> None:
    rows = customer_rows(forecasts(alive), DAY).collect()
    assert rows["probability_alive"].to_list() == (alive if is_known else [None] * len(alive))
    said = None if is_known else "the orders do not show who has left"
    assert rows["note"].to_list() == [said] * len(alive)


def test_what_else_is_to_beware_of_stays_in_the_note() -> None:
    rows = customer_rows(forecasts([1.0], "one customer has 97% of all orders"), DAY).collect()
    assert rows["note"].to_list() == ["one customer has 97% of all orders; the orders do not show who has left"]


@pytest.mark.parametrize("model", ["bg_nbd", "mbg_nbd", "pareto_nbd"])
def test_fit_of_customers_who_all_go_on_tells_nothing_of_leaving_and_one_of_some_who_stop_does(model: str) -> None:
    """Each comes every so many days, up to a hundred; then the fast half of them stops after two months."""
    gaps = np.geomspace(4, 100, 60)
    days = [np.arange(number % 4, 200, gap) for number, gap in enumerate(gaps)]
    stopped = [own[own < 60] if gap < 20 else own for own, gap in zip(days, gaps, strict=True)]
    for shop, is_known in ((days, False), (stopped, True)):
        customer, at = np.repeat(np.arange(60), [own.size for own in shop]), np.concatenate(shop)
        summary = buyers_at(History(customer, at, amount=np.ones(at.size)), 200).summary
        alive = clv.probability_alive(clv.fit(model, summary), summary)
        rows = customer_rows(forecasts(list(alive)), DAY).collect()
        assert rows["probability_alive"].null_count() == (0 if is_known else 60)

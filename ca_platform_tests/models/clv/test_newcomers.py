"""Customers who have not come yet: from first orders alone, with nothing but what was known."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields

import numpy as np
import pytest

from ca_platform.models.backtest import History, Origin, rolling_origins
from ca_platform.models.clv.arrivals import Arrivals
from ca_platform.models.clv.first_orders import YEAR, weekday_shares
from ca_platform.models.clv.newcomers import Newcomers, forecast_newcomers
from ca_platform.models.clv.records import Floats

HORIZON = 28


def shop(by_day: Floats, ages: tuple[int, ...] = (0,), amount: Callable[[int], float] = lambda _: 10.0) -> History:
    """So many customers come on each day and order at these ages, as far as the days go."""
    first = np.repeat(np.arange(by_day.size), by_day.astype(int))
    rows = [
        (number, day + age, amount(day))
        for number, day in enumerate(first.tolist())
        for age in ages
        if day + age < by_day.size
    ]
    customer, at, paid = zip(*rows, strict=True)
    return History(customer, at, amount=paid)


def newcomers(history: History, end: int, horizon: int = HORIZON) -> Newcomers:
    arrivals = Arrivals.of(history, end)
    return forecast_newcomers(arrivals, horizon, rolling_origins(arrivals.start, end, horizon))


def test_a_steady_shop_goes_on() -> None:
    coming = newcomers(shop(np.full(140, 3.0), ages=(0, 10)), 140)
    assert coming.customers == pytest.approx(np.full(HORIZON, 3.0))
    # Who comes on a day pays at once, and again after ten days.
    by_hand = [30.0 + (30.0 if day >= 10 else 0.0) for day in range(HORIZON)]
    assert coming.revenue == pytest.approx(by_hand)
    assert coming.level.log_error == pytest.approx(0.0, abs=0.02)


def test_revenue_is_that_of_each_day_s_newcomers_by_age() -> None:
    dice = np.random.default_rng(3)
    history = shop(dice.poisson(4, 120).astype(float), ages=(0, 3, 17))
    arrivals = Arrivals.of(history, 120)
    coming = forecast_newcomers(arrivals, HORIZON, ())
    at_age = {0: 10.0, 3: 10.0, 17: 10.0}
    by_loops = [
        sum(coming.customers[came] * at_age.get(day - came, 0.0) for came in range(day + 1)) for day in range(HORIZON)
    ]
    assert coming.revenue == pytest.approx(by_loops)


def test_newcomers_come_on_the_weekdays_on_which_they_came() -> None:
    open_days = np.where(np.arange(210) % 7 == 6, 0.0, 5.0)
    coming = newcomers(shop(open_days), 210)
    closed = (210 + np.arange(HORIZON)) % 7 == 6
    assert coming.customers[closed].max() < 0.1 * coming.customers[~closed].min()
    assert coming.customers.sum() == pytest.approx(5 * 24, rel=0.01)


def test_nobody_comes_any_more_where_nobody_has_come_for_long() -> None:
    coming = newcomers(shop(np.where(np.arange(300) < 84, 20.0, 0.0), ages=(0, 30)), 300)
    assert coming.customers.sum() < 1
    assert coming.revenue.sum() < 20


def test_those_who_seem_new_when_the_data_begin_tell_nothing_of_newcomers() -> None:
    history = shop(np.full(160, 2.0), ages=(0, 5), amount=lambda day: 500.0 if day < 30 else 10.0)
    assert newcomers(history, 160).revenue.sum() == pytest.approx(10 * 2 * (28 + 23), rel=0.01)


def test_a_season_that_comes_again_is_foreseen() -> None:
    days = np.arange(3 * YEAR)
    by_day = np.round(10 + 9 * np.sin(2 * np.pi * days / YEAR))
    arrivals = Arrivals.of(shop(by_day), days.size)
    origins = [Origin(days.size - back, 91) for back in (455, 364, 273, 182, 91)]
    coming = forecast_newcomers(arrivals, 91, origins)
    assert coming.way == "season"
    assert "5 earlier origins" in coming.reason
    assert coming.customers.sum() == pytest.approx(by_day[:91].sum(), rel=0.05)


def test_what_comes_later_changes_nothing() -> None:
    dice = np.random.default_rng(8)
    history = shop(dice.poisson(3, 250).astype(float), ages=(0, 9, 40))
    early, late = newcomers(history, 180), newcomers(history.until(180.0), 180)
    cut = Arrivals.of(history, 250).until(180)
    other = forecast_newcomers(cut, HORIZON, rolling_origins(0, 180, HORIZON))
    for field in fields(Newcomers):
        values = [getattr(found, field.name) for found in (early, late, other)]
        assert all(np.array_equal(value, values[0]) for value in values), field.name


@pytest.mark.parametrize("days", [1, 2, 5, 20, 55])
def test_a_young_shop_gives_numbers(days: int) -> None:
    coming = newcomers(shop(np.full(days, 2.0)), days, horizon=182)
    assert coming.customers == pytest.approx(np.full(182, 2.0), rel=0.2)
    assert np.isfinite(coming.revenue).all()
    assert (coming.revenue > 0).all()


def test_no_shop_has_no_newcomers() -> None:
    coming = newcomers(History([], []), 10)
    assert coming.customers.tolist() == coming.revenue.tolist() == [0.0] * HORIZON


def test_amounts_of_0_give_revenue_of_0() -> None:
    coming = newcomers(shop(np.full(140, 2.0), amount=lambda _: 0.0), 140)
    assert coming.customers.sum() > 50
    assert coming.revenue.tolist() == [0.0] * HORIZON


def test_outcome_is_of_those_who_came_within_the_horizon() -> None:
    history = History([1, 1, 2, 2, 3], at=[0.0, 5.0, 4.0, 6.0, 9.0], amount=[1.0, 2.0, 4.0, 8.0, 16.0])
    arrivals = Arrivals.of(history, 10)
    assert arrivals.outcome(4, 3) == (1.0, 12.0)
    assert arrivals.amount(4, 3) == 14.0
    assert arrivals.by_day.tolist() == [1.0, 0, 0, 0, 4.0, 2.0, 8.0, 0, 0, 16.0]


def test_shares_of_weekdays_are_a_whole() -> None:
    dice = np.random.default_rng(2)
    for days in (3, 13, 91, 400):
        assert weekday_shares(dice.poisson(2, days).astype(float), start=5).sum() == pytest.approx(1)
    assert weekday_shares(np.zeros(50), start=0).tolist() == [1 / 7] * 7

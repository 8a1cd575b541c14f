"""A shop's own year is learnt where it comes again, and from nothing but what was known."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest

from ca_platform.models.backtest import History, log_loss, rolling_origins
from ca_platform.models.clv.arrivals import Arrivals
from ca_platform.models.clv.clock import PLAIN, Clock, seasonal
from ca_platform.models.clv.contest import hold_contest
from ca_platform.models.clv.customers import buyers_at, clock_at, seen_clock_at
from ca_platform.models.clv.newcomers import forecast_newcomers
from ca_platform.models.clv.records import Ints
from ca_platform.models.clv.season import own_clock
from ca_platform.models.value_classes import from_parameters, to_parameters, train

YEAR = 365.2425
SUMMER = Clock((0.6,) * 4 + (1.8,) * 4 + (0.6,) * 4)
GIFTS = Clock((0.05, *(0.2,) * 9, 5.0, 5.0))


def day(year: int, month: int, number: int = 1) -> int:
    return (date(year, month, number) - date(1970, 1, 1)).days


def drawn(clock: Clock, start: int, end: int, count: int, growth: float = 0.0, seed: int = 3) -> Ints:
    """Days of orders by a clock, more in each year by a logarithm."""
    rng = np.random.default_rng(seed)
    days = np.arange(start, end)
    sold = clock.weeks(days, days + 1) * np.exp(growth * (days - start) / YEAR)
    return np.sort(rng.choice(days, count, p=sold / sold.sum()))


def off(found: Clock, truth: Clock) -> float:
    """The largest error of a month's share of the year."""
    shares = [np.array(clock.months) / np.sum(clock.months) for clock in (found, truth)]
    return float(np.abs(shares[0] - shares[1]).max())


@pytest.mark.parametrize("growth", [-0.7, 0.0, 0.7])
def test_a_shop_that_grows_or_shrinks_has_the_year_that_comes_again(growth: float) -> None:
    start, end = day(2021, 1), day(2024, 4)
    for truth in (GIFTS, seasonal(1.0), PLAIN):
        clock = own_clock(drawn(truth, start, end, 20_000, growth), end, seasonal(0.5))
        assert off(clock, truth) < 0.025


def test_a_shop_younger_than_a_year_has_the_usual_one() -> None:
    usual = seasonal(0.5)
    assert own_clock(drawn(GIFTS, day(2023, 2), day(2024, 1), 5_000), day(2024, 1), usual) == usual


def test_one_year_is_believed_only_where_it_is_unlike_any_growth() -> None:
    start, end = day(2023, 1), day(2024, 2)
    usual = seasonal(0.5)
    # Twice as many orders at the end of the year as at its begin, or half as many.
    for growth in (-0.7, 0.7):
        assert own_clock(drawn(usual, start, end, 5_000, growth), end, usual) == usual
    assert off(own_clock(drawn(GIFTS, start, end, 5_000), end, usual), GIFTS) < 0.08


def test_two_years_to_the_day_are_two_years() -> None:
    # 730 days are half a day less than two years of 365.2425.
    start = day(2022, 1)
    usual = seasonal(0.5)
    assert off(own_clock(drawn(SUMMER, start, start + 730, 20_000), start + 730, usual), SUMMER) < 0.02
    assert off(own_clock(drawn(SUMMER, start, start + 700, 20_000), start + 700, usual), SUMMER) > 0.05


def test_few_orders_tell_less_of_a_season_than_they_seem_to() -> None:
    usual, start, end = seasonal(0.5), day(2021, 1), day(2024, 1)
    own, counted = [], []
    for seed in range(20):
        days = drawn(usual, start, end, 40, seed=seed)
        own.append(off(own_clock(days, end, usual), usual))
        months = np.bincount((days.astype("M8[D]").astype("M8[M]").astype(int)) % 12, minlength=12)
        counted.append(off(Clock(tuple((months + 1e-9).tolist())), usual))
    assert np.mean(own) < 0.6 * np.mean(counted)


def test_what_comes_later_changes_nothing() -> None:
    days = drawn(GIFTS, day(2021, 1), day(2024, 4), 4_000)
    history = History(np.arange(days.size) % 500, days)
    origin = day(2023, 6)
    assert (
        buyers_at(history, origin, has_season=True).clock
        == buyers_at(history.until(float(origin)), origin, has_season=True).clock
    )


def test_half_a_year_without_the_season_is_forecast_without_it() -> None:
    # 90 % of a gift shop's orders come in two months: the half-year after them is not like the one before.
    start, end, horizon = day(2022, 2), day(2025, 1), 181
    days = drawn(GIFTS, start, end + horizon, 9_000)
    customer = np.random.default_rng(4).integers(0, 1_500, days.size)
    history = History(customer, days, amount=np.full(days.size, 20.0))
    contest = hold_contest(history, end, horizon, ("naive", "bg_nbd", "mbg_nbd"), has_season=True)
    buyers = buyers_at(history, end, has_season=True)
    said = contest.model.forecast(buyers, horizon).orders.sum() * contest.orders_level.factor
    came = history.outcome(buyers.number, end, horizon).orders.sum()
    assert said == pytest.approx(came, rel=0.2)
    assert history.outcome(buyers.number, end - horizon, horizon).orders.sum() > 6 * came


def test_newcomers_of_a_gift_shop_come_in_its_season() -> None:
    start, end, horizon = day(2021, 2), day(2024, 1), 91
    days = drawn(GIFTS, start, end + horizon, 12_000)
    # Each comes once: first orders are all that there is.
    history = History(np.arange(days.size), days, amount=np.full(days.size, 20.0))
    arrivals, origins = Arrivals.of(history, end + horizon), rolling_origins(start, end, horizon)
    known, (came, paid) = arrivals.until(end), arrivals.outcome(end, horizon)
    coming = forecast_newcomers(known, horizon, origins, lambda at: seen_clock_at(history, at, has_season=True))
    assert coming.customers.sum() == pytest.approx(came, rel=0.25)
    assert coming.revenue.sum() == pytest.approx(paid, rel=0.25)
    assert forecast_newcomers(known, horizon, origins).customers.sum() > 1.5 * came


def test_newcomers_take_plain_time_before_a_year_has_been_seen() -> None:
    days = drawn(GIFTS, day(2023, 2), day(2024, 12), 4_000)
    history = History(np.arange(days.size), days)
    young, old = day(2024, 1), day(2024, 3)
    assert clock_at(history.until(float(young)), young, has_season=True) != PLAIN
    assert seen_clock_at(history, young, has_season=True) == PLAIN
    assert seen_clock_at(history, old, has_season=True) == clock_at(history.until(float(old)), old, has_season=True)
    assert seen_clock_at(history, old, has_season=False) == PLAIN


def test_value_classes_of_a_gift_shop_know_that_spring_is_not_christmas() -> None:
    start, end, horizon = day(2022, 2), day(2025, 1), 181
    days = drawn(GIFTS, start, end + horizon, 9_000)
    rng = np.random.default_rng(4)
    history = History(rng.integers(0, 1_500, days.size), days, amount=rng.gamma(3.0, 10.0, days.size))
    known = history.until(float(end))
    spent = history.outcome(known.customers, end, horizon).amount
    losses = {}
    for has_season in (False, True):
        model = train(known, end, horizon, has_season=has_season).model
        assert model is not None
        model = from_parameters(to_parameters(model.served_by("blend")))
        losses[has_season] = log_loss(model.borders.classes(spent), model.classify(known, end).chances)
    assert losses[True] < 0.85 * losses[False]

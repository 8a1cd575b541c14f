"""The course of revenue day by day, and how far totals may be off."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.models.backtest import History, Origin
from ca_platform.models.clv.arrivals import Arrivals
from ca_platform.models.clv.course import (
    Missed,
    Scatter,
    around,
    daily_course,
    day_intervals,
    milestones,
    spending_variance,
    spread_of_sums,
    sum_intervals,
)
from ca_platform.models.clv.doubts import doubts
from ca_platform.models.clv.level import Level, log_width
from ca_platform.models.clv.newcomers import forecast_newcomers

EVEN = np.full(7, 1 / 7)
LEVEL = Level(1.0, "none", log_error=0.1, origins=6, horizon_weeks=13.0, reason="")
UNKNOWN = Level(1.0, "none", log_error=None, origins=1, horizon_weeks=13.0, reason="")


@given(
    st.lists(st.floats(0, 1e9), min_size=4, max_size=4),
    st.integers(0, 6),
    st.lists(st.floats(0, 5), min_size=7, max_size=7),
)
# The first call imports scipy.
def test_days_are_never_negative_and_sum_to_the_total(totals: list[float], first: int, weekday: list[float]) -> None:
    days = daily_course(milestones(60), np.array(totals), np.array(weekday), first)
    assert days.shape == (60,)
    assert (days >= 0).all()
    assert days.sum() == pytest.approx(totals[-1], rel=1e-9, abs=1e-9)


def test_rows_of_totals_that_sum_to_another_give_days_that_do() -> None:
    totals = np.array([[7.0, 20.0, 60.0], [3.0, 20.0, 30.0]])
    days = daily_course([7, 28, 90], totals, EVEN, first_day=3)
    assert days[:, :7].sum(axis=1) == pytest.approx([7.0, 3.0])
    assert days[:, :28].sum(axis=1) == pytest.approx([20.0, 20.0])
    assert daily_course([90], totals.sum(axis=0)[-1:], EVEN, 3).sum() == pytest.approx(days.sum())


def test_a_weekday_without_revenue_has_none_in_the_course() -> None:
    weekday = np.array([0.0, 0.2, 0.2, 0.2, 0.2, 0.1, 0.1])
    days = daily_course([7, 21], np.array([70.0, 140.0]), weekday, first_day=5)
    assert days[np.arange(5, 26) % 7 == 0].tolist() == [0.0] * 3
    assert days[3] / days[0] == pytest.approx(2.0)


def test_the_error_of_totals_is_that_of_both_parts_together() -> None:
    dice = np.random.default_rng(4)
    first = np.sort(dice.integers(0, 200, 600))
    customer = np.concatenate([np.arange(600), dice.integers(0, 600, 900)])
    at = np.concatenate([first, np.minimum(first[customer[600:]] + dice.integers(1, 90, 900), 279)])
    history = History(customer, at, amount=dice.gamma(2, 10, 1500))
    arrivals = Arrivals.of(history, 280)
    origins = [Origin(place, 40) for place in (120, 160, 200, 240)]
    newcomers = forecast_newcomers(arrivals, 40, origins)
    missed = Missed.of(arrivals, origins, [0.5, -0.2, 0.0, 0.1], newcomers)

    by_hand = []
    for origin, error, tried in zip(origins, (0.5, -0.2, 0.0, 0.1), newcomers.tried, strict=True):
        begun = {number for number, when in zip(customer, at, strict=True) if when < origin.at}
        inside = (at >= origin.at) & (at < origin.end)
        known = np.array([number in begun for number in customer])
        amounts = history_amounts(history, customer, at)
        # Too few origins have ended by any of these for a factor.
        by_hand.append(0.7 / (1 + error) + 0.3 * amounts[inside & ~known].sum() / tried)
    level = missed.level(0.3)
    assert level.log_error == pytest.approx(np.sqrt(np.mean(np.log(by_hand) ** 2)))
    assert (level.factor, level.origins, level.horizon_weeks) == (1.0, 4, 40 / 7)


def history_amounts(history: History, customer: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Amounts in the caller's order, by customer and time; those of equal ones are as good as each other in sums."""
    order = np.lexsort((at, customer))
    found = np.zeros(order.size)
    found[order] = history.amount
    return found


def test_an_origin_without_revenue_tells_nothing() -> None:
    arrivals = Arrivals.of(History([1, 2], at=[0.0, 1.0], amount=[5.0, 5.0]), 60)
    origins = [Origin(place, 10) for place in (20, 30, 40, 50)]
    newcomers = forecast_newcomers(arrivals, 10, origins)
    assert Missed.of(arrivals, origins, [np.nan] * 4, newcomers).level(0.5).log_error is None


def test_without_errors_of_earlier_forecasts_there_is_no_interval() -> None:
    scatter = Scatter.of(np.tile([1.0, 2.0], 50), EVEN, start=0)
    assert day_intervals(np.ones(5), UNKNOWN, scatter, 26.0) is None
    assert sum_intervals(np.ones(5), UNKNOWN, scatter, 26.0) is None
    assert day_intervals(np.ones(5), LEVEL, Scatter(np.zeros(0)), 26.0) is None


def test_days_scatter_more_than_their_sum() -> None:
    dice = np.random.default_rng(1)
    scatter = Scatter.of(dice.gamma(4, 25, 300), EVEN, start=0)
    assert scatter.deviation == pytest.approx(0.5, abs=0.1)
    amounts = np.full(182, 100.0)
    day, sums = day_intervals(amounts, LEVEL, scatter, 26.0), sum_intervals(amounts, LEVEL, scatter, 26.0)
    assert day is not None
    assert sums is not None
    widths = np.log(sums.high / sums.low) / 2
    assert np.log(day.high / day.low).min() / 2 > widths[-1]
    assert (np.diff(widths) < 0).all()
    assert widths[-1] == pytest.approx(log_width(LEVEL, 26.0), rel=0.15)
    assert (sums.low < np.cumsum(amounts)).all()


def test_chance_that_the_level_has_in_it_counts_once() -> None:
    scatter, amounts = Scatter(np.array([0.5, 1.5])), np.full(91, 10.0)
    counted = float(spread_of_sums(amounts, scatter)[-1])
    once = sum_intervals(amounts, LEVEL, scatter, 13.0, counted=counted)
    twice = sum_intervals(amounts, LEVEL, scatter, 13.0)
    assert once is not None
    assert twice is not None
    assert np.log(once.high[-1] / 910) == pytest.approx(log_width(LEVEL, 13.0))
    assert (once.high < twice.high).all()
    assert np.log(once.high[0] / 10) > 4 * np.log(once.high[-1] / 910)


def test_interval_of_days_holds_its_share_of_them() -> None:
    dice = np.random.default_rng(5)
    past, coming = dice.gamma(3, 30, 200), dice.gamma(3, 30, 2_000)
    exact = Level(1.0, "none", log_error=1e-6, origins=9, horizon_weeks=26.0, reason="")
    ends = day_intervals(np.full(2_000, 90.0), exact, Scatter.of(past, EVEN, 0), 26.0)
    assert ends is not None
    assert np.mean((coming >= ends.low) & (coming <= ends.high)) == pytest.approx(0.8, abs=0.05)


def test_chance_widens_what_the_level_leaves_open() -> None:
    totals = np.array([100.0, 100.0])
    ends = around(totals, LEVEL, np.array([0.0, 0.5]), 13.0)
    assert ends is not None
    assert np.log(ends.high[0] / 100) == pytest.approx(log_width(LEVEL, 13.0))
    assert ends.high[1] > ends.high[0]
    assert ends.low[1] < ends.low[0]


def test_intervals_that_say_hardly_anything_end_at_the_hundredfold() -> None:
    wild = Level(1.0, "none", log_error=40.0, origins=2, horizon_weeks=1.0, reason="")
    scatter = Scatter(np.array([0.0, 1.0, 2.0]))
    for ends in (
        around(np.array([5.0]), wild, np.array([1e9]), 26.0),
        sum_intervals(np.array([5.0]), wild, scatter, 26.0),
        day_intervals(np.array([5.0]), wild, scatter, 26.0),
    ):
        assert ends is not None
        assert 5.0 < ends.high[0] < 1_001
        assert 0 <= ends.low[0] < 5.0


def test_variance_of_spending_is_that_of_drawn_customers() -> None:
    dice = np.random.default_rng(9)
    no_order, mean = 0.6, 2.5
    counts = np.where(dice.random(400_000) < no_order, 0, dice.geometric(1 / mean, 400_000))
    spent = dice.gamma(np.maximum(counts, 1e-9), 20.0)
    told = spending_variance(np.array([(1 - no_order) * mean]), np.array([20.0]), np.array([no_order]))
    assert told[0] == pytest.approx(spent.var(), rel=0.02)
    assert spending_variance(np.zeros(1), np.ones(1), np.ones(1)).tolist() == [0.0]


DAYS = np.arange(100)


@pytest.mark.parametrize(
    ("history", "doubt"),
    [
        (History([], []), "nobody has ordered yet"),
        (History(DAYS, DAYS, amount=np.zeros(100)), "no order has an amount"),
        (History(np.maximum(DAYS - 89, 0), DAYS, amount=np.ones(100)), "one customer has 90% of all orders"),
        (
            History(DAYS, DAYS, amount=np.where(DAYS % 2, 5.0, 60_000.0)),
            "from 5 to 60,000: are they of one currency?",
        ),
        (History(DAYS, DAYS - 40, amount=np.ones(100)), "no order for 40 days"),
        (
            History(np.where(DAYS < 60, DAYS % 30, 100 + DAYS % 20), DAYS, amount=np.ones(100)),
            "had ordered before 1970-03-02 has ordered since: did customers get other numbers?",
        ),
        (
            History(np.arange(300) % 60, np.repeat(DAYS, 3), amount=np.where(np.repeat(DAYS, 3) < 75, 20.0, 26.0)),
            "the same customers lately pay 30% more for an order than before",
        ),
    ],
)
def test_odd_shops_are_doubted(history: History, doubt: str) -> None:
    assert any(doubt in said for said in doubts(history, 100))


def test_a_shop_that_wins_or_closes_and_comes_back_has_not_renumbered_its_customers() -> None:
    regular = History(DAYS % 30, DAYS, amount=np.ones(100))
    closed = regular.customer[(regular.day < 40) | (regular.day >= 70)]
    days = regular.day[(regular.day < 40) | (regular.day >= 70)]
    assert doubts(History(closed, days, amount=np.ones(closed.size)), 100) == (
        "no order from 1970-02-10 to 1970-03-11, as if all customers had kept away",
    )
    later = np.arange(200, 700)
    assert doubts(History(np.append(closed, later % 30), np.append(days, later), amount=np.ones(570)), 700) == ()
    # Ten times as many newcomers from one day on.
    many = np.repeat(DAYS[60:], 10)
    crowd = History(np.append(DAYS % 30, 1_000 + np.arange(many.size)), np.append(DAYS, many), amount=np.ones(500))
    assert doubts(crowd, 100) == ()


def test_prices_are_not_said_to_rise_where_others_come_or_amounts_scatter() -> None:
    rng = np.random.default_rng(3)
    days = np.repeat(DAYS, 10)
    customer = np.arange(1_000) % 170
    scattered = History(customer, days, amount=20 * np.exp(rng.normal(0, 1, 1_000)))
    assert doubts(scattered, 100) == ()
    # From day 75 on others come as well, who spend ten times as much.
    more = np.repeat(DAYS[75:], 5)
    richer = History(
        np.append(customer, 500 + np.arange(more.size)),
        np.append(days, more),
        amount=np.append(scattered.amount, np.full(more.size, 200.0)),
    )
    assert doubts(richer, 100) == ()


def test_nothing_is_doubted_of_a_usual_shop_and_nothing_that_comes_later_counts() -> None:
    usual = History(DAYS % 30, DAYS, amount=DAYS + 1.0)
    assert doubts(usual, 100) == ()
    later = History(np.append(DAYS % 30, 1), np.append(DAYS, 5_000.0), amount=np.append(DAYS + 1.0, 1e9))
    assert doubts(later, 100) == ()

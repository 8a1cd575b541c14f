"""The week before and after an order, on the smallest data that show its edges."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import numpy as np
import polars as pl
import pytest

from ca_platform.calendar import INSTANT
from ca_platform.models.experiments.order_windows import OrderWindows, instants, order_windows

NOON = datetime(2024, 3, 20, 11, tzinfo=UTC)
WEEK, MOMENT = timedelta(hours=168), timedelta(microseconds=1)
Row = tuple[int, datetime, str]


def windows(*orders: Row, slices: int = 1) -> OrderWindows:
    """Of orders by customer, instant and amount, the same in each slice."""
    rows = [(number, *order) for number in range(slices) for order in orders]
    types = {"slice": pl.UInt32(), "customer": pl.UInt32(), "at": INSTANT, "amount": pl.Decimal(18, 4)}
    exact = [(number, customer, at, Decimal(amount)) for number, customer, at, amount in rows]
    return order_windows(instants(pl.LazyFrame(exact, schema=types, orient="row")).collect(), "Europe/Berlin")


def day(text: str) -> int:
    return (date.fromisoformat(text) - date(1970, 1, 1)).days


def micro(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // MOMENT


def test_order_a_week_before_counts_and_a_moment_earlier_does_not() -> None:
    found = windows((1, NOON - WEEK - MOMENT, "9"), (1, NOON - WEEK, "5"), (1, NOON, "1"))
    assert (found.before["orders"][2], found.before["amount"][2]) == (1, 5)


def test_order_a_week_later_counts_and_a_moment_later_does_not() -> None:
    found = windows((1, NOON, "1"), (1, NOON + WEEK, "5.25"), (1, NOON + WEEK + MOMENT, "9"))
    assert (found.after["orders"][0], found.after["amount"][0], found.squares["amount"][0]) == (1, 5.25, 5.25**2)


def test_orders_on_one_instant_lie_neither_before_nor_after_each_other() -> None:
    found = windows((1, NOON, "1"), (1, NOON, "2"), (1, NOON + timedelta(hours=1), "4"))
    assert len(found) == 2
    assert (found.own["orders"][0], found.own["amount"][0]) == (2, 3)
    assert (found.after["orders"][0], found.before["orders"][1], found.before["amount"][1]) == (1, 2, 3)


def test_other_customers_and_slices_are_in_no_window() -> None:
    found = windows((1, NOON, "1"), (2, NOON + MOMENT, "5"), slices=2)
    assert not any(found.before["orders"]) and not any(found.after["orders"])
    assert found.begin.tolist() == [0, 1, 2, 3, 4]


def test_time_after_is_over_on_the_day_that_holds_its_last_moment() -> None:
    # Berlin is an hour ahead: 22:59:59.999999 ends the day, 23:00 begins the next.
    late = datetime(2024, 3, 20, 22, 59, 59, 999_999, tzinfo=UTC)
    found = windows((1, late, "1"), (1, late + MOMENT, "1"))
    assert found.closes.tolist() == [day("2024-03-27"), day("2024-03-28")]


def test_week_with_a_change_of_clocks_has_as_many_hours() -> None:
    # On the 31st of March 2024 clocks skip an hour, so the same clock time is an hour too early.
    start = datetime(2024, 3, 27, 22, 30, tzinfo=UTC)
    found = windows((1, start, "1"), (1, start + WEEK, "1"))
    assert found.after["orders"][0] == 1
    # 23:30 by the clock before, 00:30 of the day after a week later.
    assert (found.day[0], found.closes[0]) == (day("2024-03-27"), day("2024-04-04"))


@pytest.mark.parametrize(("downloaded", "counts"), [(timedelta(0), True), (MOMENT, False)])
def test_time_before_must_lie_after_the_download(downloaded: timedelta, *, counts: bool) -> None:
    found = windows((0, NOON, "1"))
    download = np.array([micro(NOON - WEEK + downloaded)])
    assert found.observed(day("2024-03-27"), 0, download).tolist() == [counts]
    assert found.observed(day("2024-03-27"), micro(NOON - WEEK + downloaded), np.array([0])).tolist() == [counts]


def test_order_of_the_last_week_is_not_observed() -> None:
    found = windows((0, NOON, "1"))
    assert [found.observed(day(text), 0, np.array([0])).item() for text in ("2024-03-26", "2024-03-27")] == [
        False,
        True,
    ]


def test_orders_of_one_week_with_as_many_before_are_alike_and_five_are_as_many_as_more() -> None:
    monday = datetime(2024, 3, 18, 8, tzinfo=UTC)
    mine = [(0, monday + timedelta(hours=hour), "1") for hour in range(8)]
    found = windows(*mine, (1, monday + timedelta(days=6), "1"), (2, monday - timedelta(days=1), "1"))
    stratum = found.stratum.tolist()
    assert stratum[8] == stratum[0] != stratum[9]
    assert len(set(stratum[:6])) == 6 and set(stratum[5:8]) == {stratum[5]}


def test_what_is_known_on_a_day_is_what_it_would_be_without_the_later_orders() -> None:
    early = [(0, NOON, "1"), (0, NOON + timedelta(days=2), "2"), (3, NOON + timedelta(days=1), "4")]
    late = [(0, NOON + timedelta(days=30), "8"), (1, NOON + timedelta(days=31), "16")]
    known, place = windows(*early, *late).until(day("2024-03-25"))
    alone = windows(*early)
    assert place.sum() == len(known) == 3
    assert np.diff(known.begin).sum() == 3
    for name in ("before", "after", "squares"):
        for metric, values in getattr(alone, name).items():
            np.testing.assert_array_equal(getattr(known, name)[metric], values)

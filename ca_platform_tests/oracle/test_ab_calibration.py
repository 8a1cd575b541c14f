"""Calibrations against a second implementation: loops over customers and orders, and the tests of SciPy.

Random splits written once more are other splits: rates agree as far as chance lets them. That every test judges a split as
the reports would is held against these in ``models/experiments``.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from datetime import date, datetime, timedelta
from itertools import groupby
from math import sqrt
from statistics import mean, variance
from typing import NamedTuple

import polars as pl
import pytest
from scipy import stats

from ca_platform.catalogue.ab_tests import CAPPED
from ca_platform_tests.computed import computed
from ca_platform_tests.training.shop import START, Order, orders, write

DAY = date(2024, 8, 12)
SPLITS = 400
WEEKS = timedelta(days=28)
WINDOW = timedelta(days=7)


@pytest.fixture(scope="module")
def shop() -> list[Order]:
    return [order for order in orders(900, seed=8) if order.at.date() <= DAY]


@pytest.fixture(scope="module")
def found(shop: list[Order], tmp_path_factory: pytest.TempPathFactory) -> pl.DataFrame:
    settings, lake = write(tmp_path_factory.mktemp("calibration"), shop)
    return computed(["ab_calibration"], [DAY], settings, lake)["ab_calibration"]


def people(shop: list[Order]) -> list[tuple[float, int]]:
    """What customers paid in the last four weeks, and their orders, of all with a session in the half-year before."""
    moment = DAY - WEEKS
    known = {order.client for order in shop if moment - timedelta(days=182) < order.at.date() <= moment}
    paid = dict.fromkeys([*sorted(known), *(f"v{place}" for place in range(20))], (0.0, 0))
    for order in shop:
        if order.at.date() > moment and order.client in paid:
            amount, count = paid[order.client]
            paid[order.client] = amount + order.amount, count + 1
    return list(paid.values())


def splits(shop: list[Order]) -> Iterator[tuple[list[tuple[float, int]], list[tuple[float, int]]]]:
    dice = random.Random(5)
    everybody = people(shop)
    side = len(everybody) // 4
    for _ in range(SPLITS):
        drawn = dice.sample(everybody, 2 * side)
        yield drawn[:side], drawn[side:]


def welch(number: int, convert: Callable[[float], float] = float) -> Callable[..., float]:
    def p_value(a: list[tuple[float, int]], b: list[tuple[float, int]]) -> float:
        sides = [[convert(row[number]) for row in side] for side in (a, b)]
        return float(stats.ttest_ind(*sides, equal_var=False).pvalue)

    return p_value


TESTS = {
    ("welch", "revenue_per_customer"): welch(0),
    ("welch", "orders_per_customer"): welch(1),
    ("welch", "conversion"): welch(1, lambda count: float(count > 0)),
}


def agree(rate: float, hits: int, count: int) -> bool:
    """Whether a share of so many trials is what the report says of 20,000: within three and a half standard errors."""
    own = hits / count
    return abs(own - rate) < 3.5 * sqrt(0.05 * 0.95 * (1 / count + 1 / 20_000))


def test_rates_of_two_groups_are_those_of_other_splits(shop: list[Order], found: pl.DataFrame) -> None:
    pairs = list(splits(shop))
    for (test, metric), p_value in TESTS.items():
        row = found.row(by_predicate=(pl.col("test") == test) & (pl.col("metric") == metric), named=True)
        assert row["customers"] == len(pairs[0][0])
        assert agree(row["rejection_rate"], sum(p_value(a, b) <= 0.05 for a, b in pairs), SPLITS)


class Around(NamedTuple):
    """An order, and how many orders more its customer has in the week after than in the week before; None: not whole."""

    client: str
    stratum: tuple[int, int]
    change: int | None


def surroundings(shop: list[Order]) -> list[Around]:
    """By customer and time."""
    begin, end = (datetime.combine(day, datetime.min.time()) for day in (START, DAY + timedelta(days=1)))
    found = []
    for client, own in groupby(
        sorted(shop, key=lambda order: (order.client, order.at)), key=lambda order: order.client
    ):
        times = [order.at for order in own]
        for at in times:
            after = sum(at < other <= at + WINDOW for other in times)
            before = sum(at - WINDOW <= other < at for other in times)
            is_whole = max(begin, times[0]) <= at - WINDOW and at + WINDOW < end
            stratum = (at.date() - date(1970, 1, 5)).days // 7, min(sum(other < at for other in times), 5)
            found.append(Around(client, stratum, after - before if is_whole else None))
    return found


def placebo_p(orders: list[Around], uses: int, dice: random.Random) -> float:
    """Of a promotion that orders carry by chance: the sum of adjusted changes against that of random signs."""
    carrying = set(dice.sample(range(len(orders)), uses))
    used: set[str] = set()
    treated: dict[tuple[int, int], list[int]] = {}
    controls: dict[tuple[int, int], list[int]] = {}
    for place, (client, stratum, change) in enumerate(orders):
        if client not in used and change is not None:
            (treated if place in carrying else controls).setdefault(stratum, []).append(change)
        if place in carrying:
            used.add(client)
    total = squares = 0.0
    for stratum, changes in treated.items():
        others = controls.get(stratum, [])
        if len(others) >= 2:
            beyond = [change - mean(others) for change in changes]
            total += sum(beyond)
            shared = len(changes) * (len(changes) - 1) * variance(others) / len(others)
            squares += sum(one**2 for one in beyond) + shared
    return float(2 * stats.norm.sf(abs(total) / sqrt(squares)))


def test_rates_of_before_and_after_are_those_of_other_promotions_without_effect(
    shop: list[Order], found: pl.DataFrame
) -> None:
    row = found.row(by_predicate=(pl.col("test") == "sign_flip") & (pl.col("metric") == "orders"), named=True)
    orders, dice = surroundings(shop), random.Random(6)
    hits = sum(placebo_p(orders, row["customers"], dice) <= 0.05 for _ in range(SPLITS))
    assert agree(row["rejection_rate"], hits, SPLITS)


def test_intervals_are_those_of_wilson_and_decide_what_is_offered(found: pl.DataFrame) -> None:
    assert found.select("test", "metric").rows() == sorted(found.select("test", "metric").rows())
    z = stats.norm.ppf(0.975)
    for row in found.iter_rows(named=True):
        share, count = row["rejection_rate"], row["splits"]
        assert 1_000 <= count <= 20_000, "segments too small for a verdict do not count"
        middle = (share + z**2 / (2 * count)) / (1 + z**2 / count)
        width = z / (1 + z**2 / count) * sqrt(share * (1 - share) / count + z**2 / (4 * count**2))
        assert (row["ci_low"], row["ci_high"]) == pytest.approx((middle - width, middle + width))
        is_close = middle + width >= 0.04 and middle - width <= 0.06
        is_replaced = row["metric"] == "amount" and CAPPED.get(row["test"]) in set(found["test"])
        assert row["is_offered"] == (is_close and not is_replaced)
        assert row["trained_on"] == DAY, "a Monday"

"""Anomalies of customers against a second implementation of all but the forecast.

What the model foresaw is taken as it is; recomputed in plain Python, customer by customer: what came, what all did alike,
how odd a figure is by the laws of the report, and the share of customers of the window before who were as odd.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from math import erfc, exp, floor, log, log10, sqrt
from statistics import median
from typing import Any, NamedTuple

import polars as pl
import pytest

from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform.settings.reports import Clv
from ca_platform.training import ValueModels
from ca_platform_tests.computed import computed
from ca_platform_tests.training.shop import START, Order, orders, write

DAY = date(2024, 8, 12)
WINDOW = 56
NAMES = ("clvrfm_anomaly", "clvrfm_anomaly_flagged")
ORDERS = orders(2_800, seed=8)


class Told(NamedTuple):
    """What was foreseen of a customer: expected orders, the chance of none, the amount of one."""

    orders: float
    none: float
    amount: float


class Figure(NamedTuple):
    actual: float
    expected: float
    residual: float
    tail: float


class Made(NamedTuple):
    settings: Settings
    lake: Lake
    frames: dict[str, pl.DataFrame]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    settings, lake = write(tmp_path_factory.mktemp("customers"), ORDERS)
    clv = Clv(horizon_weeks=10, models=("mbg_nbd",))
    settings = settings.model_copy(update={"reports": settings.reports.model_copy(update={"clv": clv})})
    days = [START, START + timedelta(days=60), DAY]
    return Made(settings, lake, computed(NAMES, days, settings, lake))


def by_client(until: date) -> dict[str, list[Order]]:
    """Orders up to the end of a day, oldest first."""
    found: dict[str, list[Order]] = {}
    for order in sorted(ORDERS, key=lambda order: order.at):
        if order.at.date() <= until:
            found.setdefault(order.client, []).append(order)
    return found


def foreseen(made: Made, back: int) -> dict[str, Told]:
    """By the model that serves the day, of the customers of so many days before it."""
    models = ValueModels(DAY, made.settings, made.lake)
    buyers, told = models.earlier(DAY, back, WINDOW)
    numbers = made.lake.scan("client_numbers").select("customer", "client").collect()
    names = dict(numbers.iter_rows())
    return {
        names[number]: Told(*values)
        for number, *values in zip(
            buyers.number.tolist(), told.orders.tolist(), told.no_order.tolist(), told.amount.tolist(), strict=True
        )
    }


def days_since(last: datetime, end: date) -> float:
    """To the end of a day."""
    return (datetime.combine(end, time.min) + timedelta(days=1) - last) / timedelta(days=1)


def spread(known: dict[str, list[Order]]) -> float:
    changes = [
        abs(log(later.amount + 0.01) - log(earlier.amount + 0.01))
        for own in known.values()
        for earlier, later in pairwise(own)
    ]
    return max(median(changes) / 0.6745 / sqrt(2), 0.05)


def figures(told: dict[str, Told], end: date) -> dict[tuple[str, str], Figure]:
    """Each figure of each customer in the window that ends with a day."""
    begin = end - timedelta(days=WINDOW)
    known, whole = by_client(begin), by_client(end)
    assert set(told) == set(known)
    came = {client: [order for order in whole[client] if order.at.date() > begin] for client in known}
    means = {client: sum(order.amount for order in own) / len(own) for client, own in came.items() if own}
    level = sum(map(len, came.values())) / sum(one.orders for one in told.values())
    shift = exp(median(log((means[client] + 0.01) / (told[client].amount + 0.01)) for client in means))
    deviation = spread(known)
    found = {}
    for client, own in told.items():
        count, none = len(came[client]), own.none**level
        expected = own.orders * level
        # Geometric from one order on, with the mean and the chance of none that were foreseen.
        stays = 1 - 1 / (expected / (1 - none))
        upper = (1 - none) * stays ** (count - 1) if count else 1.0
        lower = 1 - (1 - none) * stays**count
        residual = log((count + 0.5) / (expected + 0.5))
        found[client, "frequency"] = Figure(count, expected, residual, min(2 * min(upper, lower), 1))
        silence = days_since(whole[client][-1].at, end)
        before = days_since(known[client][-1].at, begin)
        lasts = none ** (silence / WINDOW) if count else none
        usual = WINDOW * (1 - none) / -log(none) + none * before
        found[client, "recency"] = Figure(silence, usual, log((silence + 1 / 24) / (usual + 1 / 24)), lasts)
        if count:
            amount = own.amount * shift
            change = log((means[client] + 0.01) / (amount + 0.01))
            usually = deviation * sqrt(1 / count + 1 / (len(known[client]) + 1))
            tail = erfc(abs(change) / usually / sqrt(2))
            found[client, "monetary"] = Figure(means[client], amount, change, tail)
    return found


def usual_tails(made: Made, metric: str) -> list[float]:
    before = figures(foreseen(made, 2 * WINDOW), DAY - timedelta(days=WINDOW))
    return sorted(figure.tail for (_, own), figure in before.items() if own == metric)


def share(tails: Sequence[float], tail: float) -> float:
    return (1 + sum(other <= tail * (1 + 1e-12) for other in tails)) / (len(tails) + 1)


def rows(frame: pl.DataFrame) -> dict[tuple[str, str], dict[str, Any]]:
    return {(row["client"], row["metric"]): row for row in frame.iter_rows(named=True)}


def test_every_figure_of_every_customer_is_that_by_loops(made: Made) -> None:
    found = rows(made.frames["clvrfm_anomaly"].filter(report_date=DAY))
    expected = figures(foreseen(made, WINDOW), DAY)
    assert set(found) == set(expected)
    tails = {metric: usual_tails(made, metric) for metric in ("frequency", "monetary", "recency")}
    assert min(map(len, tails.values())) > 100
    for key, figure in expected.items():
        row = found[key]
        told = (row["actual"], row["expected"], row["residual"], row["score"], row["p_value"])
        probability = share(tails[key[1]], figure.tail)
        wanted = (figure.actual, figure.expected, figure.residual, -log10(figure.tail), probability)
        assert told == pytest.approx(wanted, rel=1e-6, abs=1e-9), key
        assert row["date"] == DAY
        assert row["is_anomaly"] == (probability <= 0.001)
        assert (row["direction"], row["explanation"] is None) == (
            (("decrease" if figure.residual < 0 else "increase"), False) if row["is_anomaly"] else (None, True)
        )
        if row["low"] is not None and row["high"] is not None:
            assert (row["low"] - 1e-9 <= row["actual"] <= row["high"] + 1e-9) or row["is_anomaly"]


def test_nobody_is_flagged_among_too_few_and_the_rare_are_listed_oddest_first(made: Made) -> None:
    frame, listed = (made.frames[name].filter(report_date=DAY) for name in NAMES)
    flagged = frame.filter("is_anomaly").sort("p_value", "score", "client", descending=[False, True, False])
    assert flagged.height
    assert listed["rank"].to_list() == list(range(1, flagged.height + 1))
    assert listed.select(frame.columns).equals(flagged)
    sizes = dict(frame.group_by("metric").len().iter_rows())
    assert all(row["customers"] == sizes[row["metric"]] for row in listed.iter_rows(named=True))
    for metric in sizes:
        few = floor(0.001 * (len(usual_tails(made, metric)) + 1))
        assert few or not flagged.filter(metric=metric).height


def test_early_days_have_no_rows_and_then_no_probability(made: Made) -> None:
    frame = made.frames["clvrfm_anomaly"]
    assert frame.filter(report_date=START).is_empty()
    young = frame.filter(report_date=START + timedelta(days=60))
    assert young.height
    assert young["p_value"].null_count() == young.height
    assert not young["is_anomaly"].any()
    assert made.frames["clvrfm_anomaly_flagged"].filter(pl.col("report_date") < DAY).is_empty()


def test_a_day_alone_gives_the_same_rows_and_what_comes_later_changes_nothing(made: Made) -> None:
    alone = computed(NAMES, [DAY], made.settings, made.lake)
    for name in NAMES:
        assert alone[name].equals(made.frames[name].filter(report_date=DAY))
    models = ValueModels(DAY + timedelta(days=5), made.settings, made.lake)
    later, earlier = (
        models.earlier(DAY, WINDOW, WINDOW),
        ValueModels(DAY, made.settings, made.lake).earlier(DAY, WINDOW, WINDOW),
    )
    assert later[0].number.tolist() == earlier[0].number.tolist()
    assert later[1].orders.tolist() == earlier[1].orders.tolist()

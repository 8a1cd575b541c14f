"""Churn risk against a second implementation of what can be written twice.

Trees and likelihoods written once more would be the same again, so the probabilities of the candidates themselves are
taken as they are. Recomputed in plain Python, from the orders alone: who has a risk and which horizon, the outcome of
every origin, the baseline with all its metrics, the ranking by days since the last order, what the deciles must add up
to, and the distribution from the served probabilities.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import pairwise
from math import pi, prod, sqrt
from statistics import median
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.computed import computed
from ca_platform_tests.training.shop import START, Order, orders, write

DAY = date(2024, 8, 12)
NAMES = ("churn_risk", "churn_risk_distribution", "churn_backtest")


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    settings, lake = write(tmp_path_factory.mktemp("risk"), orders())
    # The season moves the ranks that are recomputed here.
    reports = settings.reports.model_copy(update={"retail_year": False})
    settings = settings.model_copy(update={"reports": reports})
    return computed(NAMES, [DAY], settings, lake)


def midnight(day: date) -> datetime:
    return datetime.combine(day, datetime.min.time())


def histories(until: date) -> dict[str, list[datetime]]:
    """Times of the orders of each customer up to the end of a day, by the clock."""
    found: dict[str, list[datetime]] = {}
    for client, at, _ in sorted(orders(), key=lambda order: order.at):
        if at.date() <= until:
            found.setdefault(client, []).append(at)
    return found


def days(span: timedelta) -> float:
    return span / timedelta(days=1)


def hours_up(value: float) -> float:
    """A wait in days, counted in begun hours."""
    hours = value * 24
    whole = int(hours)
    return (whole + (hours > whole)) / 24


def silent(known: Sequence[str], origin: date, horizon: int) -> dict[str, bool]:
    """Who of them did not order in so many days after the origin's."""
    late = [order for order in orders() if 0 < (order.at.date() - origin).days <= horizon]
    came = {order.client for order in late}
    return {client: client not in came for client in known}


def baseline(known: dict[str, list[datetime]], origin: date, horizon: int) -> dict[str, float]:
    """The Kaplan–Meier share of the waits that last for the horizon beyond each customer's own so far."""
    end = midnight(origin + timedelta(days=1))
    ended = [hours_up(days(later - earlier)) for own in known.values() for earlier, later in pairwise(own)]
    idle = {client: days(end - own[-1]) for client, own in known.items()}
    waits = [*ended, *map(hours_up, idle.values())]
    lasting = {step: 1 - ended.count(step) / sum(other >= step for other in waits) for step in sorted(set(ended))}

    def beyond(wait: float) -> float:
        return prod(share for step, share in lasting.items() if step <= wait)

    return {client: beyond(wait + horizon) / beyond(wait) for client, wait in idle.items()}


def auc(scores: dict[str, float], event: dict[str, bool]) -> float:
    pairs = [(scores[a], scores[b]) for a in event if event[a] for b in event if not event[b]]
    return sum(1.0 if one > other else 0.5 if one == other else 0.0 for one, other in pairs) / len(pairs)


def gaps(chances: dict[str, float], event: dict[str, bool]) -> tuple[float, float]:
    """Mean gap of deciles and the one by chance; customers with equal chances share their outcomes."""
    alike: dict[float, list[bool]] = {}
    for client, chance in chances.items():
        alike.setdefault(chance, []).append(event[client])
    rows = sorted((chance, sum(alike[chance]) / len(alike[chance])) for chance in chances.values())
    size, more = divmod(len(rows), 10)
    found, by_chance, place = [], [], 0
    for group in range(10):
        part = rows[place : place + size + (group < more)]
        place += len(part)
        found.append(abs(sum(chance for chance, _ in part) - sum(share for _, share in part)) / len(part))
        by_chance.append(sqrt(2 / pi * sum(chance * (1 - chance) for chance, _ in part)) / len(part))
    return sum(found) / 10, sum(by_chance) / 10


def figures(frame: pl.DataFrame, origin: date, model: str) -> dict[str, Any]:
    return {row["metric"]: row["value"] for row in frame.filter(origin=origin, model=model).iter_rows(named=True)}


def test_every_customer_with_an_order_has_a_risk_within_twice_the_median_gap(frames: dict[str, pl.DataFrame]) -> None:
    risk = frames["churn_risk"]
    assert risk["client"].to_list() == sorted(histories(DAY))
    assert risk["churn_probability"].is_between(0, 1, closed="none").all()
    trained_on = risk["trained_on"].unique().item()
    assert trained_on == DAY, "a Monday"
    between = [days(later - earlier) for own in histories(trained_on).values() for earlier, later in pairwise(own)]
    assert risk["horizon_days"].unique().to_list() == [round(2 * median(between))]
    served = frames["churn_backtest"].filter("is_served")["model"].unique().to_list()
    assert risk["model"].unique().to_list() == served


def test_distribution_counts_the_served_probabilities(frames: dict[str, pl.DataFrame]) -> None:
    chances = frames["churn_risk"]["churn_probability"].to_list()
    rows = frames["churn_risk_distribution"].rows(named=True)
    assert [row["bin_start"] for row in rows] == [place / 10 for place in range(10)]
    for place, row in enumerate(rows):
        inside = [chance for chance in chances if min(int(chance * 10), 9) == place]
        assert row["customers"] == len(inside)
        assert row["expected_silent"] == pytest.approx(sum(inside))


def test_outcomes_of_every_origin_and_the_baseline_are_those_by_loops(frames: dict[str, pl.DataFrame]) -> None:
    found = frames["churn_backtest"]
    horizon = int(found["horizon_days"].unique().item())
    origins = found["origin"].unique().sort().to_list()
    assert len(origins) == 4
    assert origins[-1] == DAY - timedelta(days=horizon)
    for origin in origins:
        known = histories(origin)
        event = silent(list(known), origin, horizon)
        share = sum(event.values()) / len(event)
        for row in found.filter(origin=origin, metric="share_without_order").iter_rows(named=True):
            assert (row["value"], row["customers"]) == (pytest.approx(share), len(known))
        chances = baseline(known, origin, horizon)
        own = figures(found, origin, "waiting_times")
        assert own["mean_probability"] == pytest.approx(sum(chances.values()) / len(chances))
        assert own["auc"] == pytest.approx(auc(chances, event))
        assert own["brier"] == pytest.approx(sum((event[c] - chances[c]) ** 2 for c in event) / len(event))
        assert (own["decile_gap"], own["chance_gap"]) == pytest.approx(gaps(chances, event))


def test_days_since_the_last_order_rank_as_by_loops(frames: dict[str, pl.DataFrame]) -> None:
    found = frames["churn_backtest"]
    horizon = int(found["horizon_days"].unique().item())
    for origin in found["origin"].unique().to_list():
        known = histories(origin)
        idle = {client: days(midnight(origin + timedelta(days=1)) - own[-1]) for client, own in known.items()}
        by_loops = auc(idle, silent(list(known), origin, horizon))
        assert figures(found, origin, "recency")["auc"] == pytest.approx(by_loops)


def test_deciles_of_the_served_add_up_to_all_customers(frames: dict[str, pl.DataFrame]) -> None:
    served = frames["churn_backtest"].filter("is_served")
    for origin in served["origin"].unique().to_list():
        own = served.filter(origin=origin)
        whole = own.filter(metric="auc")["customers"].item()
        for kind, metric in (("forecast", "mean_probability"), ("observed", "share_without_order")):
            part = own.filter(pl.col("metric").str.starts_with(f"{kind}_decile_"))
            assert part["customers"].sum() == whole
            mean = (part["value"] * part["customers"]).sum() / whole
            assert mean == pytest.approx(own.filter(metric=metric)["value"].item())


def test_the_shop_of_these_tests_orders_in_every_week() -> None:
    weeks = {(order.at.date() - START).days // 7 for order in orders()}
    assert isinstance(orders()[0], Order)
    assert len(weeks) == 29

"""Lifetime value against a second implementation of what can be written twice.

Likelihoods and trees written once more would be the same again, so the parameters that were found are taken as they are.
Recomputed in plain Python, from the orders alone: who is forecast, what MBG/NBD expects of each customer with these
parameters by integrals over what the customer may be, in weeks of trade, the outcome of every origin, the baseline with all
its metrics, and what the deciles must add up to.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import exp, sqrt
from statistics import mean
from typing import Any, NamedTuple

import numpy as np
import polars as pl
import pytest
from scipy.special import betaln, gammaln

from ca_platform.settings import Settings
from ca_platform.settings.reports import Clv
from ca_platform.training import ValueModels
from ca_platform_tests.computed import computed
from ca_platform_tests.training.shop import orders, write

DAY = date(2024, 8, 12)
HORIZON = 70
NAMES = ("client_feature_predicted", "clv_backtest")


class Bought(NamedTuple):
    """Days with an order, how many orders and what they cost, of one customer."""

    days: list[date]
    orders: int
    amount: float


class Made(NamedTuple):
    frames: dict[str, pl.DataFrame]
    models: ValueModels


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Made:
    settings, lake = write(tmp_path_factory.mktemp("value"), orders())
    settings = asking(settings, Clv(horizon_weeks=HORIZON // 7, models=("mbg_nbd",)))
    return Made(computed(NAMES, [DAY], settings, lake), ValueModels(DAY, settings, lake))


def asking(settings: Settings, clv: Clv) -> Settings:
    return settings.model_copy(update={"reports": settings.reports.model_copy(update={"clv": clv})})


def histories(until: date) -> dict[str, Bought]:
    """What each customer has bought up to the end of a day."""
    found: dict[str, list[tuple[date, float]]] = {}
    for client, at, amount in sorted(orders(), key=lambda order: order.at):
        if at.date() <= until:
            found.setdefault(client, []).append((at.date(), amount))
    return {
        client: Bought(sorted({day for day, _ in own}), len(own), sum(amount for _, amount in own))
        for client, own in found.items()
    }


def outcomes(known: Sequence[str], origin: date, horizon: int) -> dict[str, tuple[int, float]]:
    """Orders and revenue of them in so many days after the origin's."""
    came = {client: [0, 0.0] for client in known}
    for client, at, amount in orders():
        if client in came and 0 < (at.date() - origin).days <= horizon:
            came[client][0] += 1
            came[client][1] += amount
    return {client: (int(count), paid) for client, (count, paid) in came.items()}


def passed(day: date, strength: float) -> float:
    """Days of trade since 1970 at the begin of a day: month by month, each as long as retail sells in it."""
    index = [0.870, 0.935, 0.981, 0.927, 0.951, 0.937, 0.921, 0.968, 0.891, 1.007, 1.155, 1.456]
    lengths = [31, 28.2425, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31]
    trade = [length * float(share**strength) for length, share in zip(lengths, index, strict=True)]
    years, rest = divmod((day - date(1970, 1, 1)).days, sum(lengths))
    found = 0.0
    for length, sold in zip(lengths, trade, strict=True):
        found += sold * min(max(rest / length, 0), 1)
        rest -= length
    return years * sum(lengths) + found * sum(lengths) / sum(trade)


def season(known: dict[str, Bought], end: date) -> float:
    """How strong the season is: half where customers come again every seven weeks, the less the more often."""
    again = sum(len(own.days) - 1 for own in known.values())
    return 1 / (1 + 7 * again / sum((end - own.days[0]).days / 7 for own in known.values()))


def weeks(first: date, last: date, strength: float) -> float:
    return (passed(last, strength) - passed(first, strength)) / 7


def weeks_ahead(end: date, horizon: int, strength: float) -> float:
    return weeks(end + timedelta(days=1), end + timedelta(days=1 + horizon), strength)


def orders_per_day(known: dict[str, Bought]) -> dict[str, float]:
    """Orders on a day with one: the customer's own drawn towards the shop's, by moments."""
    beyond = {client: own.orders - len(own.days) for client, own in known.items()}
    rate = sum(beyond.values()) / sum(len(own.days) for own in known.values())
    excess = sum((beyond[client] - rate * len(own.days)) ** 2 - rate * len(own.days) for client, own in known.items())
    if not rate or excess <= 0:
        return dict.fromkeys(known, 1 + rate)
    shape = rate**2 * sum(len(own.days) ** 2 for own in known.values()) / excess
    return {client: 1 + (beyond[client] + shape) / (len(own.days) + shape / rate) for client, own in known.items()}


def lives(own: Bought, end: date, values: dict[str, float], strength: float) -> tuple[float, float]:
    """Probability that the customer has not left, and purchase days expected within the horizon, by MBG/NBD.

    By integrals over the rate of ordering λ and the chance p to leave after an order, weighted by how well they explain the
    history: λ^x exp(−λ t) (1 − p)^x … (Batislam, Denizel and Filiztekin 2007), on grids of both.
    """
    r, alpha, a, b = (values[name] for name in ("r", "alpha", "a", "b"))
    x, horizon = len(own.days) - 1, weeks_ahead(end, HORIZON, strength)
    recency, age = (weeks(own.days[0], day, strength) for day in (own.days[-1], end))
    # Over the whole lines, by steps of the logarithm of λ and of the log odds of p.
    rate = np.exp(np.linspace(-30, 8, 900))[:, None] / alpha
    odds = np.linspace(-45, 45, 500)[None, :]
    log_leaves, log_stays = -np.logaddexp(0, -odds), -np.logaddexp(0, odds)
    log_rate = r * np.log(alpha) - gammaln(r) + (r + x) * np.log(rate) - alpha * rate
    log_leaving = a * log_leaves + b * log_stays - betaln(a, b)
    alive = np.exp(log_rate + log_leaving + (x + 1) * log_stays - rate * age)
    gone = np.exp(log_rate + log_leaving + x * log_stays + log_leaves - rate * recency)
    leaves = np.exp(log_leaves)
    coming = -np.expm1(-rate * leaves * horizon) / leaves
    whole = alive.sum() + gone.sum()
    return float(alive.sum() / whole), float((alive * coming).sum() / whole)


def ranked(scores: Sequence[float]) -> list[float]:
    """Ranks from 1; equal values share the mean of theirs."""
    line = sorted(scores)
    return [bisect_left(line, value) + (line.count(value) + 1) / 2 for value in scores]


def correlation(one: Sequence[float], other: Sequence[float]) -> float:
    left, right = mean(one), mean(other)
    both = sum((a - left) * (b - right) for a, b in zip(one, other, strict=True))
    return both / sqrt(sum((a - left) ** 2 for a in one) * sum((b - right) ** 2 for b in other))


def shared(came: Sequence[float], said: Sequence[float]) -> list[tuple[float, float]]:
    """Forecast and outcome by ascending forecast; of equal forecasts each has the mean of their outcomes."""
    alike: dict[float, list[float]] = {}
    for value, outcome in zip(said, came, strict=True):
        alike.setdefault(value, []).append(outcome)
    return sorted((value, mean(alike[value])) for value in said)


def gini(came: Sequence[float], said: Sequence[float]) -> float:
    """Twice the area between the diagonal and the curve of the outcomes in the order of the forecasts."""
    total, height, area = sum(came), 0.0, 0.0
    for _, outcome in shared(came, said):
        area += (height + outcome / total / 2) / len(came)
        height += outcome / total
    return 1 - 2 * area


def tenths(came: Sequence[float], said: Sequence[float]) -> list[list[tuple[float, float]]]:
    rows = shared(came, said)
    size, more = divmod(len(rows), 10)
    ends = [0]
    for group in range(10):
        ends.append(ends[-1] + size + (group < more))
    return [rows[begin:end] for begin, end in pairwise(ends)]


def metrics(came: Sequence[float], said: Sequence[float]) -> dict[str, float]:
    errors = [abs(value - outcome) for outcome, value in zip(came, said, strict=True)]
    parts = [(sum(value for value, _ in part), sum(outcome for _, outcome in part)) for part in tenths(came, said)]
    return {
        "mae": mean(errors),
        "rmse": sqrt(mean(error**2 for error in errors)),
        "spearman": correlation(ranked(came), ranked(said)),
        "gini": gini(came, said) / gini(came, came),
        "decile_error": mean(abs(value / outcome - 1) for value, outcome in parts if outcome),
        "total_error": sum(said) / sum(came) - 1,
    }


def figures(frame: pl.DataFrame, origin: date, model: str) -> dict[str, Any]:
    return {row["metric"]: row["value"] for row in frame.filter(origin=origin, model=model).iter_rows(named=True)}


def test_every_customer_is_expected_what_integrals_over_rate_and_leaving_give(made: Made) -> None:
    rows = made.frames["client_feature_predicted"]
    assert rows["model"].unique().to_list() == ["mbg_nbd"]
    assert rows["trained_on"].unique().to_list() == [DAY], "a Monday"
    assert rows["horizon_days"].unique().to_list() == [float(HORIZON)]
    assert rows["note"].null_count() == rows.height
    known = histories(DAY)
    assert rows["client"].to_list() == sorted(known)
    served = made.models.model(DAY)
    values = dict(made.models.candidate(DAY, "mbg_nbd").orders.values)  # type: ignore[attr-defined]
    per_day, strength = orders_per_day(known), season(known, DAY)
    for row in rows[::12].iter_rows(named=True):
        own = known[row["client"]]
        alive, days = lives(own, DAY, values, strength)
        assert row["probability_alive"] == pytest.approx(alive, rel=1e-4)
        expected = days * per_day[row["client"]] * served.orders_level.factor
        assert row["expected_orders"] == pytest.approx(expected, rel=1e-4)


def test_amounts_are_the_customers_own_drawn_towards_the_shops(made: Made) -> None:
    """Eq. 5 of Fader and Hardie 2013: the mean of the own amount and the shop's, weighted by p x and q − 1."""
    amounts = made.models.candidate(DAY, "mbg_nbd").amounts  # type: ignore[attr-defined]
    served = made.models.model(DAY)
    level = served.revenue_level.factor / served.orders_level.factor
    known = histories(DAY)
    per_day = orders_per_day(known)
    shops = amounts["p"] * amounts["v"] / (amounts["q"] - 1)
    rows = made.frames["client_feature_predicted"].with_columns(pl.col(pl.Decimal).cast(pl.Float64))
    for row in rows.iter_rows(named=True):
        own = known[row["client"]]
        days = len(own.days)
        weight = (amounts["q"] - 1) / (amounts["p"] * days + amounts["q"] - 1)
        amount = weight * shops + (1 - weight) * own.amount / days
        assert row["expected_amount"] == pytest.approx(amount / per_day[row["client"]] * level, abs=0.006)
        assert row["expected_revenue"] == pytest.approx(
            row["expected_orders"] * row["expected_amount"], rel=1e-3, abs=0.02
        )
        assert 0 <= row["revenue_low"] <= row["revenue_high"]
        assert row["next_expected_purchase"] is None or row["next_expected_purchase"] > DAY


def test_the_baseline_and_all_its_metrics_are_those_by_loops(made: Made) -> None:
    found = made.frames["clv_backtest"]
    origins = found["origin"].unique().sort().to_list()
    (horizon,) = found["horizon_days"].unique().to_list()
    # A quarter of the 194 days of the shop.
    assert (
        horizon == (DAY - min(own.days[0] for own in histories(DAY).values()) + timedelta(days=1)).days // 4 < HORIZON
    )
    assert len(origins) == 4
    assert origins[-1] == DAY - timedelta(days=horizon)
    for origin in origins:
        known = histories(origin)
        came = outcomes(list(known), origin, int(horizon))
        per_day, strength = orders_per_day(known), season(known, origin)
        ahead = weeks_ahead(origin, int(horizon), strength)
        age = {client: weeks(own.days[0], origin, strength) for client, own in known.items()}
        # Half an order before each customer's own, in the time that the shop has one in.
        shop = sum(len(own.days) - 1 for own in known.values()) / sum(age.values())
        rates = {client: (0.5 + len(own.days) - 1) / (0.5 / shop + age[client]) for client, own in known.items()}
        # In this order: rates that are equal but for rounding must be so here too.
        said = [rates[client] * ahead * per_day[client] for client in known]
        own = figures(found, origin, "naive")
        by_loops = metrics([came[client][0] for client in known], said)
        assert {name: own[f"orders_{name}"] for name in by_loops} == pytest.approx(by_loops)
        rows = found.filter(origin=origin, model="naive", metric="orders_mae")
        assert rows["customers"].to_list() == [len(known)]


def test_deciles_of_the_served_add_up_to_the_totals(made: Made) -> None:
    served = made.frames["clv_backtest"].filter("is_served")
    assert served["model"].unique().to_list() == ["mbg_nbd"]
    for origin in served["origin"].unique().to_list():
        rows = served.filter(origin=origin)
        known = histories(origin)
        came = outcomes(list(known), origin, int(rows["horizon_days"][0]))
        for measure, place in (("orders", 0), ("revenue", 1)):
            total = sum(pair[place] for pair in came.values())
            parts = {
                side: rows.filter(pl.col("metric").str.starts_with(f"{measure}_{side}_decile_"))
                for side in ("forecast", "observed")
            }
            sums = {side: float((part["value"] * part["customers"]).sum()) for side, part in parts.items()}
            assert [part["customers"].sum() for part in parts.values()] == [len(known)] * 2
            assert sums["observed"] == pytest.approx(total)
            error = rows.filter(metric=f"{measure}_total_error")["value"].item()
            assert sums["forecast"] / sums["observed"] - 1 == pytest.approx(error)


def test_the_integrals_of_these_tests_give_what_is_published() -> None:
    """A customer of whom nothing is known but the first order lives with b / (a + b) on that day."""
    values = {"r": 0.5, "alpha": 6.0, "a": 0.9, "b": 1.6}
    alive, _ = lives(Bought([DAY], 1, 9.0), DAY, values, strength=0.0)
    assert alive == pytest.approx(1.6 / 2.5, rel=1e-6)
    assert exp(betaln(0.9, 2.6) - betaln(0.9, 1.6)) == pytest.approx(1.6 / 2.5)

"""Value classes against a second implementation of what can be written twice.

Regressions and trees written once more would be the same again, so the probabilities of the candidates themselves are
taken as they are. Recomputed in plain Python, from the orders alone: the horizon, the borders of every training and of
every origin, the classes that came, both baselines with all their metrics, which of the served classes is told, and what
the table of told and come must add up to.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from math import floor, log, log10, sqrt
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.computed import computed
from ca_platform_tests.training.shop import START, orders, write

DAY = date(2024, 8, 12)
NAMES = ("clv_segments", "clv_segments_distribution", "clv_segments_backtest")
CLASSES = ("low", "mid", "high")
# What is known begins with the first order; a quarter of it in whole weeks is shorter than 26 weeks.
FIRST = min(order.at.date() for order in orders())
HORIZON = ((DAY - FIRST).days + 1) // 4 // 7 * 7


@pytest.fixture(scope="module")
def frames(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    settings, lake = write(tmp_path_factory.mktemp("classes"), orders())
    return computed(NAMES, [DAY], settings, lake)


def revenue(known: date, first: date, last: date) -> dict[str, float]:
    """What each customer with an order up to a day has paid between two others, both included."""
    found = {order.client: 0.0 for order in sorted(orders()) if order.at.date() <= known}
    for order in orders():
        if first <= order.at.date() <= last and order.client in found:
            found[order.client] += order.amount
    return found


def after(origin: date) -> dict[str, float]:
    return revenue(origin, origin + timedelta(days=1), origin + timedelta(days=HORIZON))


def before(origin: date) -> dict[str, float]:
    return revenue(origin, origin - timedelta(days=HORIZON - 1), origin)


def quantile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    place = share * (len(ordered) - 1)
    low = floor(place)
    high = min(low + 1, len(ordered) - 1)
    return ordered[low] + (place - low) * (ordered[high] - ordered[low])


def two_digits(value: float) -> float:
    return round(value, 1 - floor(log10(value))) if value else 0.0


def windows(known: date) -> list[date]:
    """The last days that are known at up to four origins whose horizons have ended by a day, half a horizon apart."""
    room = (known - FIRST).days + 1 - 2 * HORIZON
    assert room >= 0
    count = min(2 * room // HORIZON + 1, 4)
    last = known - timedelta(days=HORIZON)
    steps = [min(HORIZON * back, room * back // (count - 1)) if back else 0 for back in range(count)]
    return [last - timedelta(days=step) for step in steps]


def borders(known: date) -> tuple[float, float]:
    came = [amount for origin in windows(known) for amount in after(origin).values()]
    low = two_digits(quantile(came, 1 / 3))
    return low, max(two_digits(quantile([amount for amount in came if amount > low], 2 / 3)), low)


def classed(amounts: dict[str, float], edges: tuple[float, float]) -> dict[str, int]:
    return {client: (amount > edges[0]) + (amount > edges[1]) for client, amount in amounts.items()}


def learnt(known: date) -> tuple[list[float], list[list[float]]]:
    """Share of each class in the windows before a day, with one customer more in each, and of each after each, with twelve
    more by these shares."""
    edges = borders(known)
    counts = [[0] * 3 for _ in CLASSES]
    sizes = [1] * 3
    for origin in windows(known):
        then, came = classed(before(origin), edges), classed(after(origin), edges)
        for client, value_class in came.items():
            counts[then[client]][value_class] += 1
            sizes[value_class] += 1
    shares = [size / sum(sizes) for size in sizes]
    following = [
        [(count + 12 * share) / (sum(row) + 12) for count, share in zip(row, shares, strict=True)] for row in counts
    ]
    return shares, following


def metrics(came: dict[str, int], chances: dict[str, Sequence[float]], told: dict[str, int]) -> dict[str, float | None]:
    found: dict[str, float | None] = {
        "accuracy": sum(told[client] == own for client, own in came.items()) / len(came),
        "log_loss": sum(-log(max(chances[client][own], 1e-6)) for client, own in came.items()) / len(came),
    }
    scores = []
    for place, name in enumerate(CLASSES):
        right = sum(told[client] == own == place for client, own in came.items())
        size, said = list(came.values()).count(place), list(told.values()).count(place)
        found[f"recall_{name}"] = right / size if size else None
        if size + said:
            scores.append(2 * right / (size + said))
    found["macro_f1"] = sum(scores) / len(scores)
    return found


def figures(frame: pl.DataFrame, origin: date, model: str) -> dict[str, Any]:
    return {row["metric"]: row["value"] for row in frame.filter(origin=origin, model=model).iter_rows(named=True)}


def test_every_customer_with_an_order_has_a_class_by_the_borders_of_earlier_horizons(
    frames: dict[str, pl.DataFrame],
) -> None:
    found = frames["clv_segments"]
    assert found["client"].to_list() == sorted({order.client for order in orders() if order.at.date() <= DAY})
    assert found["trained_on"].unique().to_list() == [DAY], "a Monday"
    assert found["horizon_days"].unique().to_list() == [HORIZON]
    assert found.select("low_border", "high_border").unique().rows() == [borders(DAY)]
    assert found["model"].unique().to_list() == (
        frames["clv_segments_backtest"].filter("is_served")["model"].unique().to_list()
    )


def test_the_class_told_is_the_likeliest_by_the_root_of_its_share(frames: dict[str, pl.DataFrame]) -> None:
    shares, _ = learnt(DAY)
    for row in frames["clv_segments"].iter_rows(named=True):
        chances = [row[f"probability_{name}"] for name in CLASSES]
        assert sum(chances) == pytest.approx(1)
        assert min(chances) >= 0
        weighed = [chance / sqrt(share) for chance, share in zip(chances, shares, strict=True)]
        told = weighed.index(max(weighed))
        assert (row["value_class"], row["probability"]) == (CLASSES[told], chances[told])


def test_distribution_counts_the_classes_of_the_customers(frames: dict[str, pl.DataFrame]) -> None:
    customers = frames["clv_segments"]
    rows = frames["clv_segments_distribution"].rows(named=True)
    assert [(row["class_index"], row["value_class"]) for row in rows] == list(enumerate(CLASSES))
    for row in rows:
        assert row["customers"] == customers["value_class"].to_list().count(row["value_class"])
        assert row["expected_customers"] == pytest.approx(sum(customers[f"probability_{row['value_class']}"].to_list()))
        assert (row["low_border"], row["high_border"]) == borders(DAY)


def test_outcomes_of_every_origin_and_both_baselines_are_those_by_loops(frames: dict[str, pl.DataFrame]) -> None:
    found = frames["clv_segments_backtest"]
    origins = found["origin"].unique().sort().to_list()
    assert len(origins) >= 3
    assert origins[-1] == DAY - timedelta(days=HORIZON)
    for origin in origins:
        edges = borders(origin)
        came, then = classed(after(origin), edges), classed(before(origin), edges)
        shares, following = learnt(origin)
        frequent = shares.index(max(shares))
        assert figures(found, origin, "most_frequent") == pytest.approx(
            metrics(came, dict.fromkeys(came, shares), dict.fromkeys(came, frequent))
        )
        assert figures(found, origin, "last_spend") == pytest.approx(
            metrics(came, {client: following[own] for client, own in then.items()}, then)
        )
        assert found.filter(origin=origin, metric="accuracy")["customers"].unique().to_list() == [len(came)]
        for place, name in enumerate(CLASSES):
            size = list(came.values()).count(place)
            assert found.filter(origin=origin, metric=f"recall_{name}")["customers"].unique().to_list() == [size]


def test_what_was_told_of_each_class_adds_up_to_the_figures_of_the_served(frames: dict[str, pl.DataFrame]) -> None:
    served = frames["clv_segments_backtest"].filter("is_served")
    for origin in served["origin"].unique().to_list():
        own = figures(served, origin, served["model"][0])
        sizes = {row["metric"]: row["customers"] for row in served.filter(origin=origin).iter_rows(named=True)}
        counts = {
            (came, told): own[f"{came}_said_{told}"] * sizes[f"{came}_said_{told}"]
            for came in CLASSES
            for told in CLASSES
        }
        whole = sum(counts.values())
        assert whole == pytest.approx(sizes["accuracy"])
        assert sum(counts[name, name] for name in CLASSES) / whole == pytest.approx(own["accuracy"])
        scores = []
        for name in CLASSES:
            came, told = (sum(n for key, n in counts.items() if key[side] == name) for side in (0, 1))
            scores.append(2 * counts[name, name] / (came + told))
            assert counts[name, name] / came == pytest.approx(own[f"recall_{name}"])
            assert own[f"observed_{name}"] == pytest.approx(came / whole)
        assert sum(scores) / 3 == pytest.approx(own["macro_f1"])


def test_the_shop_of_these_tests_begins_with_its_first_order() -> None:
    assert FIRST >= START

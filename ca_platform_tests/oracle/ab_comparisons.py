"""Pairs of promotions and changes of segments, by loops over orders.

Small shops have no verdict, and none is worked out here; what has one is in ``test_ab_comparisons``.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from itertools import combinations
from typing import Any

from ca_platform_tests.oracle import before_after
from ca_platform_tests.oracle.before_after import METRICS, OF_TEST
from ca_platform_tests.oracle.funnels import Rows, ratio
from ca_platform_tests.oracle.promotions import promotion_of, promotions
from ca_platform_tests.oracle.rfm import NAMES
from ca_platform_tests.oracle.rfm_day import state
from ca_platform_tests.oracle.world import World

NOTHING = dict.fromkeys((*OF_TEST, "matched_customers"))


def mean(values: list[float]) -> float | None:
    return sum(values) / len(values) if values else None


# ---- pairs of promotions


def sides(world: World) -> dict[tuple[str, str], tuple[dict[str, float], dict[str, float], set[str]]]:
    """What customers of the first and of the second promotion of each pair paid per order, and who used both."""
    spent: dict[str, dict[str, list[float]]] = {name: defaultdict(list) for name in promotions(world)}
    for order in world.orders:
        name = promotion_of(order)
        if name is not None:
            spent[name][order.client].append(float(order.amount))
    found = {}
    for first, second in combinations(sorted(spent), 2):
        both = set(spent[first]) & set(spent[second])
        a, b = (
            {who: sum(paid) / len(paid) for who, paid in spent[name].items() if who not in both}
            for name in (first, second)
        )
        found[first, second] = a, b, both
    return found


def pairs(world: World) -> Rows:
    rows = []
    for (first, second), (a, b, both) in sides(world).items():
        one, other = mean([*a.values()]), mean([*b.values()])
        difference = None if one is None or other is None else other - one
        rows.append(
            {
                **NOTHING,
                "promotion_a": first,
                "promotion_b": second,
                "metric": "amount",
                "customers": len(a) + len(b),
                "customers_a": len(a),
                "customers_b": len(b),
                "customers_of_both": len(both),
                "mean_a": one,
                "mean_b": other,
                "difference": difference,
                "raw_difference": difference,
                "relative_difference": None if difference is None else ratio(difference, one),
                "test": "welch_skewed",
                "note": "insufficient",
            }
        )
    return rows


def summary(world: World) -> Rows:
    names = promotions(world)
    counts = {"wins": 0, "losses": 0, "ties": 0, "reject_ratio": None, "without_verdict": len(names) - 1}
    return [{"promotion_id": name, **counts} for name in names] if len(names) > 1 else []


def differences(world: World) -> Rows:
    """Both metrics before and after in one table."""
    return [row for metric in METRICS for row in before_after.promotions(world, metric)]


# ---- segments


def windows(word: str, day: date) -> list[list[date]]:
    """The days of five windows, the latest first."""
    found: list[list[date]] = []
    if word == "daily":
        return [[day - timedelta(weeks=back)] for back in range(5)]
    last = day
    while len(found) < 5:
        is_end = last.isoweekday() == 7 if word == "weekly" else (last + timedelta(days=1)).day == 1
        if is_end:
            found.append([last])
            while len(found[-1]) < (7 if word == "weekly" else last.day):
                found[-1].append(found[-1][-1] - timedelta(days=1))
        last -= timedelta(days=1)
    return found


@dataclass(frozen=True)
class Segment:
    """A segment at the start of the oldest window.

    Attributes:
        outcomes: of each customer, the latest window first.
        others: of all customers of other segments.
        moved: customers who are elsewhere at the end.
    """

    name: str
    outcomes: list[list[float]]
    others: list[list[float]]
    moved: int

    @property
    def factor(self) -> float | None:
        """What the others ordered in the latest window for each order in the mean of those before."""
        return ratio(sum(own[0] for own in self.others), sum(sum(own[1:]) / 4 for own in self.others))


def segments(world: World, word: str, metric: str) -> list[Segment]:
    days = windows(word, world.day)
    since, last = min(days[-1]) - timedelta(days=1), max(days[0])
    known = state(world, since).segments if since >= world.shop.start_date else {}
    now = state(world, last).segments
    outcomes = {client: [0.0] * 5 for client in known}
    places = {day: place for place, window in enumerate(days) for day in window}
    for order in world.orders:
        place = places.get(world.local_day(order.start)) if order.client in outcomes else None
        if place is not None:
            outcomes[order.client][place] += METRICS[metric](order)
    return [
        Segment(
            name,
            [outcomes[client] for client, own in known.items() if own == name],
            [outcomes[client] for client, own in known.items() if own != name],
            sum(own == name and now[client] != name for client, own in known.items()),
        )
        for name in NAMES
    ]


def changes(world: World, word: str, metric: str) -> Rows:
    days = windows(word, world.day)
    since = min(days[-1]) - timedelta(days=1)
    return [
        {
            **NOTHING,
            **plain(segment),
            "item": segment.name,
            "item_kind": f"segment_{word}",
            "metric": metric,
            "moved_customers": segment.moved,
            "test": f"beyond_shop_{word}",
            "note": "insufficient" if since >= world.shop.start_date else "not observed",
            "segments_as_of": since,
            "after_first": min(days[0]),
            "after_last": max(days[0]),
        }
        for segment in segments(world, word, metric)
    ]


def plain(segment: Segment) -> dict[str, Any]:
    """What is said of a segment however few its customers are."""
    before = mean([sum(own[1:]) / 4 for own in segment.outcomes])
    after = mean([own[0] for own in segment.outcomes])
    raw = None if after is None or before is None else after - before
    factor = segment.factor
    difference = None if factor is None or after is None or before is None else after - factor * before
    return {
        "customers": len(segment.outcomes),
        "mean_before": before,
        "mean_after": after,
        "raw_difference": raw,
        "difference": difference,
        "relative_difference": None if difference is None else ratio(difference, before),
    }


REPORTS: dict[str, Callable[[World], Rows]] = {
    "promotion_comparison": pairs,
    "promotion_comparison_summary": summary,
    "order_and_payment_amount_differences": differences,
    **{
        f"segments_change_{word}_before_after_{metric}": partial(changes, word=word, metric=metric)
        for word in ("daily", "weekly", "monthly")
        for metric in METRICS
    },
}

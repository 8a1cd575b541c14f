"""Scores and segments of buyers at the end of a day, by loops over customers and partitions of their values."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import numpy as np

from ca_platform_tests.oracle.cohorts import orders_by_client
from ca_platform_tests.oracle.world import World, midnight, once

HOUR = timedelta(hours=1)
# Score of the k-th best of so many clusters.
SCORES = {1: [5], 2: [5, 1], 3: [5, 3, 1], 4: [5, 4, 2, 1], 5: [5, 4, 3, 2, 1]}


def segment_of(recency: int, frequency: int, monetary: int) -> str:
    """The default table, told as a walk from question to question."""
    if recency >= 4:
        if frequency == 1:
            return "promising"
        if frequency <= 3:
            return "potential loyalist"
        return "champions" if monetary >= 4 else "loyal customers"
    if recency == 3 and frequency >= 3:
        return "need attention"
    if frequency >= 3:
        return "can't lose them" if frequency >= 4 and monetary >= 4 else "at risk"
    if recency >= 2:
        return "about to sleep"
    return "hibernating" if frequency == 2 else "lost"


@dataclass
class Buyer:
    client: str
    orders: int
    revenue: Decimal
    last: datetime
    visits: list[datetime]
    recency: float
    gap: float | None
    amount: float


def buyers(world: World, day: date) -> list[Buyer]:
    """Everybody with an order up to a day."""
    end = midnight(day + timedelta(days=1), world.shop.time_zone)
    found = []
    for client, every in orders_by_client(world).items():
        own = [order for order in every if order.start < end]
        if not own:
            continue
        visits: list[datetime] = []
        for order in own:
            if not visits or order.start - visits[-1] > HOUR:
                visits.append(order.start)
        revenue = sum((order.amount for order in own), Decimal(0))
        gaps = len(visits) - 1
        found.append(
            Buyer(
                client=client,
                orders=len(own),
                revenue=revenue,
                last=own[-1].start,
                visits=visits,
                recency=_microseconds(end - own[-1].start) / 3.6e9,
                gap=_microseconds(visits[-1] - visits[0]) / gaps / 3.6e9 if gaps else None,
                amount=int(revenue * 10_000) / len(own) / 1e4,
            )
        )
    return found


def _microseconds(time: timedelta) -> int:
    return time // timedelta(microseconds=1)


# ---- clusters


def clusters(values: list[float]) -> list[list[float]]:
    """The best five clusters of values, each a list of distinct ones; of equally good ones the leftmost borders.

    One end after the other, from the best cut of the end before on: a cut never moves back.
    """
    counts = Counter(values)
    points = sorted(counts)
    count = len(points)
    if count <= 5:
        return [[point] for point in points]
    costs = Costs(points, [counts[point] for point in points])
    best = [np.concatenate([[math.inf], [costs.until(end, 0)[0] for end in range(1, count + 1)]])]
    for _ in range(4):
        before, after, low = best[-1], np.full(count + 1, math.inf), 0
        for end in range(1, count + 1):
            totals = before[low:end] + costs.until(end, low)
            low += int(totals.argmin())
            after[end] = totals.min()
        best.append(after)
    borders = [count]
    for before in reversed(best[:-1]):
        totals = before[: borders[0]] + costs.until(borders[0], 0)
        room = 1e-9 * best[-1][-1] + 1e-13 * best[0][-1]
        borders.insert(0, next(n for n, total in enumerate(totals) if total <= totals.min() + room))
    return [points[a:b] for a, b in pairwise([0, *borders])]


class Costs:
    """Squares around the mean of neighbouring values."""

    def __init__(self, points: list[float], weights: list[int]) -> None:
        mass = np.array(weights, float)
        away = np.array(points) - np.average(points, weights=mass)
        self._sums = [np.concatenate([[0.0], np.cumsum(mass * away**power)]) for power in (0, 1, 2)]

    def until(self, end: int, first: int) -> Any:
        """Of the values before place ``end`` from each place on, from ``first`` to the one before it."""
        weight, value, square = (own[end] - own[first:end] for own in self._sums)
        return square - value**2 / weight


@dataclass
class Scale:
    """Clusters of a measure: the largest value of each, and its center; the smallest first."""

    uppers: list[float]
    centers: list[float]
    fewer_is_better: bool

    def score(self, value: float | None) -> int:
        if value is None:
            return 1
        place = sum(value > upper for upper in self.uppers)
        return self._scores[place]

    def center(self, score: int) -> float:
        return self.centers[self._scores.index(score)]

    @property
    def _scores(self) -> list[int]:
        best_first = SCORES[len(self.centers)]
        return best_first if self.fewer_is_better else best_first[::-1]


def scale(values: list[float], *, by_logarithm: bool, fewer_is_better: bool) -> Scale | None:
    if not values:
        return None
    onto, back = (math.log1p, math.expm1) if by_logarithm else (float, float)
    raw: dict[float, list[float]] = defaultdict(list)
    for value in values:
        raw[onto(value)].append(value)
    weights = Counter(onto(value) for value in values)
    groups = clusters([onto(value) for value in values])
    centers = [math.fsum(p * weights[p] for p in group) / sum(weights[p] for p in group) for group in groups]
    uppers = []
    for left, right, group, following in zip(centers, centers[1:], groups, groups[1:], strict=False):
        low, high = max(raw[group[-1]]), min(raw[following[0]])
        middle = round(back((left + right) / 2), 6)
        uppers.append(low if middle >= high else max(middle, low))
    return Scale(uppers, [back(center) for center in centers], fewer_is_better)


# ---- a day


@dataclass
class Day:
    """Who is where at the end of a day."""

    buyers: list[Buyer]
    scales: dict[str, Scale]
    borders_as_of: date
    scores: dict[str, tuple[int, int, int]]
    segments: dict[str, str]


@once
def state(world: World, day: date) -> Day:
    own = buyers(world, day)
    month_end = (day + timedelta(days=1)).replace(day=1) - timedelta(days=1)
    kept, as_of = _kept(buyers(world, month_end)), month_end
    if len(kept) < 2:
        kept, as_of = _kept(own), day
    scales = dict(kept)
    recency = scale([b.recency for b in own], by_logarithm=False, fewer_is_better=True)
    if recency is not None:
        scales["recency"] = recency
    spans = [visits[-1] - visits[0] for visits in (b.visits for b in own)]
    gaps = sum(len(b.visits) - 1 for b in own)
    mean_gap = sum(map(_microseconds, spans)) // gaps if gaps else -1
    end = midnight(day + timedelta(days=1), world.shop.time_zone)
    scores, segments = {}, {}
    for b in own:
        frequency = scales["frequency"].score(b.gap) if "frequency" in scales else 1
        scores[b.client] = (scales["recency"].score(b.recency), frequency, scales["monetary"].score(b.amount))
        is_new = b.orders == 1 and _microseconds(end - b.last) <= mean_gap
        segments[b.client] = "newcomers" if is_new else segment_of(*scores[b.client])
    return Day(own, scales, as_of, scores, segments)


def _kept(own: list[Buyer]) -> dict[str, Scale]:
    """Scales of gap and amount; only those that there are."""
    gap = scale([b.gap for b in own if b.gap is not None], by_logarithm=True, fewer_is_better=True)
    amount = scale([b.amount for b in own], by_logarithm=True, fewer_is_better=False)
    return {name: found for name, found in (("frequency", gap), ("monetary", amount)) if found is not None}

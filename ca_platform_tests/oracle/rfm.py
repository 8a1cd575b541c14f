"""RFM, segments and their clusters, by loops over customers and partitions of their values."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

import numpy as np

from ca_platform_tests.oracle.cohorts import orders_by_client
from ca_platform_tests.oracle.funnels import Rows, ratio
from ca_platform_tests.oracle.world import World, midnight

HOUR = timedelta(hours=1)
MANY = 5_000
# Score of the k-th best of so many clusters.
SCORES = {1: [5], 2: [5, 1], 3: [5, 3, 1], 4: [5, 4, 2, 1], 5: [5, 4, 3, 2, 1]}
NAMES = [
    "champions",
    "loyal customers",
    "potential loyalist",
    "newcomers",
    "promising",
    "need attention",
    "about to sleep",
    "at risk",
    "can't lose them",
    "hibernating",
    "lost",
]


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


_KNOWN: dict[tuple[int, date], tuple[World, Day]] = {}


def state(world: World, day: date) -> Day:
    """Made once for all reports; the world is kept, so that its id is its own."""
    if (id(world), day) not in _KNOWN:
        _KNOWN[id(world), day] = world, _state(world, day)
    return _KNOWN[id(world), day][1]


def _state(world: World, day: date) -> Day:
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


# ---- reports


def rfm(world: World) -> Rows:
    now = state(world, world.day)
    return [
        {
            "client": b.client,
            "recency_hours": b.recency,
            "frequency_hours": b.gap,
            "orders": b.orders,
            "monetary": b.revenue / b.orders,
            "revenue": b.revenue,
            **dict(zip(("recency_score", "frequency_score", "monetary_score"), now.scores[b.client], strict=True)),
            "segment": now.segments[b.client],
            "borders_as_of": now.borders_as_of,
        }
        for b in now.buyers
    ]


def segmentation(world: World) -> Rows:
    now = state(world, world.day)
    revenue = defaultdict(Decimal, {name: Decimal(0) for name in NAMES})
    for b in now.buyers:
        revenue[now.segments[b.client]] += b.revenue
    counts = Counter(now.segments.values())
    total = sum(revenue.values(), Decimal(0))
    return [
        {
            "segment": name,
            "customers": counts[name],
            "share": ratio(counts[name], len(now.buyers)),
            "revenue": revenue[name],
            "revenue_share": float(revenue[name] / total) if total else None,
        }
        for name in NAMES
    ]


def transitions(world: World) -> Rows:
    now, before = state(world, world.day), state(world, world.day - timedelta(days=30))
    pairs = Counter((before.segments.get(client), segment) for client, segment in now.segments.items())
    whole: Counter[str | None] = Counter()
    for (old, _), customers in pairs.items():
        whole[old] += customers
    return [
        {
            "segment_before": old,
            "segment": new,
            "customers": customers,
            "share_of_before": customers / whole[old],
        }
        for (old, new), customers in pairs.items()
    ]


MEASURES: dict[str, tuple[str, Callable[[Buyer], Any]]] = {
    "recency": ("recency_hours", lambda b: b.recency),
    "frequency": ("frequency_hours", lambda b: b.gap),
    "monetary": ("monetary", lambda b: b.amount),
}


def money(measure: str, value: float) -> Any:
    # Ten digits, as inside; what is shown of them is rounded once more.
    return round(Decimal(value), 10) if measure == "monetary" else value


def to_cents(amount: float) -> Decimal:
    """What is shown of an amount, half a cent up: amounts that look alike are one point."""
    return round(Decimal(amount), 10).quantize(Decimal("0.01"), ROUND_HALF_UP)


def cluster_rows(world: World, measure: str) -> Rows:
    now = state(world, world.day)
    index = list(MEASURES).index(measure)
    value_of = MEASURES[measure][1]
    groups: dict[int, list[float]] = defaultdict(list)
    for b in now.buyers:
        if value_of(b) is not None:
            groups[now.scores[b.client][index]].append(value_of(b))
    rows: Rows = []
    for score, values in groups.items():
        borders = edges(min(values), max(values), 10)
        counts = Counter(place(value, borders) for value in values)
        numbers = {"min": min(values), "max": max(values), "mean": math.fsum(values) / len(values)}
        numbers["center"] = now.scales[measure].center(score)
        for n, (start, end) in enumerate(pairwise(borders)):
            rows.append(
                {"score": score, "customers": len(values), "bin_index": n, "bin_customers": counts[n]}
                | {
                    name: money(measure, number)
                    for name, number in (numbers | {"bin_start": start, "bin_end": end}).items()
                }
            )
    once = sum(b.gap is None for b in now.buyers)
    if measure == "frequency" and once:
        empty = dict.fromkeys(("bin_index", "min", "max", "mean", "center", "bin_start", "bin_end"))
        rows.append({"score": 1, "customers": once, "bin_customers": once, **empty})
    return rows


def edges(low: float, high: float, bins: int, *, by_logarithm: bool = False) -> list[float]:
    if low == high:
        return [low, high]
    if not by_logarithm:
        return [low, *(low + (high - low) / bins * n for n in range(1, bins)), high]
    step = (math.log1p(high) - math.log1p(low)) / bins
    inner = (round(math.expm1(math.log1p(low) + step * n), 6) for n in range(1, bins))
    return [low, *(min(max(edge, low), high) for edge in inner), high]


def place(value: float, borders: list[float]) -> int:
    """Number of the bin; the last one holds its end too."""
    return sum(value >= border for border in borders[1:-1])


def all_edges(own: list[Buyer]) -> dict[str, list[float]]:
    """Fine bins of each measure."""
    found = {}
    for measure, (_, value_of) in MEASURES.items():
        values = [value_of(b) for b in own if value_of(b) is not None]
        if values:
            found[measure] = edges(min(values), max(values), 48, by_logarithm=measure != "recency")
    return found


def view(world: World, first: str, second: str) -> Rows:
    now = state(world, world.day)
    borders = all_edges(now.buyers)
    is_binned = len(now.buyers) > MANY
    ends: defaultdict[tuple[Any, ...], list[tuple[Any, ...]]] = defaultdict(list)
    for b in now.buyers:
        cell = [_span(b, measure, borders if is_binned else {}) for measure in (first, second)]
        ends[tuple(low for low, _ in cell)].append(tuple(high for _, high in cell))
    names = [MEASURES[measure][0] for measure in (first, second)]
    return [
        {
            **dict(zip(names, lows, strict=True)),
            # Bins that begin at the same cent are one.
            **{
                f"{name}_to": max(own, key=lambda end: end or 0)
                for name, own in zip(names, zip(*highs, strict=True), strict=True)
            },
            "customers": len(highs),
            "is_binned": is_binned,
        }
        for lows, highs in ends.items()
    ]


def _span(b: Buyer, measure: str, borders: dict[str, list[float]]) -> tuple[Any, Any]:
    """The value, or where its bin begins and ends; amounts to the cent."""
    value = MEASURES[measure][1](b)
    span = (value, value)
    if value is not None and measure in borders:
        n = place(value, borders[measure])
        span = borders[measure][n], borders[measure][n + 1]
    return (to_cents(span[0]), to_cents(span[1])) if measure == "monetary" else span


def bins(world: World) -> Rows:
    now = state(world, world.day)
    borders = {
        measure: [*own[:-1:3], own[-1]] if len(own) > 2 else own for measure, own in all_edges(now.buyers).items()
    }
    counts: Counter[tuple[Any, ...]] = Counter()
    for b in now.buyers:
        values = {measure: value_of(b) for measure, (_, value_of) in MEASURES.items()}
        cell = tuple(None if value is None else place(value, borders[name]) for name, value in values.items())
        counts[now.segments[b.client], *cell] += 1
    rows: Rows = []
    for (segment, *places), customers in counts.items():
        row: dict[str, Any] = {"segment": segment, "customers": customers}
        for measure, n in zip(MEASURES, places, strict=True):
            row[f"{measure}_bin"] = n
            row[f"{measure}_start"] = None if n is None else money(measure, borders[measure][n])
            row[f"{measure}_end"] = None if n is None else money(measure, borders[measure][n + 1])
        rows.append(row)
    return rows

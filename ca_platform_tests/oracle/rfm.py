"""Reports of RFM, segments and their clusters, from the scores of ``rfm_day``."""

from __future__ import annotations

import math
from collections import Counter, defaultdict
from collections.abc import Callable
from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal
from itertools import pairwise
from typing import Any

from ca_platform_tests.oracle.funnels import Rows, ratio
from ca_platform_tests.oracle.rfm_day import Buyer, state
from ca_platform_tests.oracle.world import World

MANY = 5_000
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

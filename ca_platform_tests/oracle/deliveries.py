"""Deliveries: how long they take by hour of the week, by place, by day, and in all."""

from __future__ import annotations

import math
from bisect import bisect_left, bisect_right
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date, datetime
from functools import cache, partial
from statistics import fmean, median
from typing import Any

from ca_platform_tests.oracle.funnels import Rows, ratio
from ca_platform_tests.oracle.parcels import good_deliveries
from ca_platform_tests.oracle.world import Delivery, Shop, World, once

DURATIONS = ("deliver", "prepare", "ride", "return")
_LETTERS = "0123456789bcdefghjkmnpqrstuvwxyz"
_PRECISION = 7


@dataclass(frozen=True)
class Timed:
    """One duration of one delivery: on which local day it was delivered, on which the duration was known, and the
    local moment whose hour it belongs to."""

    delivered: date
    day: date
    minutes: float
    moment: datetime
    delivery: Delivery

    @property
    def slot(self) -> tuple[int, int]:
        return self.moment.isoweekday(), self.moment.hour

    @property
    def is_late(self) -> bool | None:
        promised, delivered = self.delivery.promised, self.delivery.delivered
        return None if promised is None or delivered is None else delivered > promised


def timed(world: World, duration: str) -> list[Timed]:
    """What is known of the slice at the end of the day."""
    found = _known(world.shop, world.day, duration)
    return [t for session in world.sessions for t in found.get(session.order_id, ())]


@once
def _known(shop: Shop, day: date, duration: str) -> dict[str, list[Timed]]:
    """What is known of the whole shop, by order."""
    by_order: dict[str, list[Timed]] = {}
    for t in _all(World(shop, day, [], {}), duration):
        if t.delivered <= day and t.day <= day:
            by_order.setdefault(t.delivery.order_id, []).append(t)
    return by_order


def _all(zone: World, duration: str) -> Iterator[Timed]:
    for delivery, delivered, session in good_deliveries(zone.shop):
        stations = {
            "deliver": (session.start, delivered),
            "prepare": (session.start, delivery.prepared),
            "ride": (delivery.prepared, delivered),
            "return": (delivered, delivery.returned),
        }
        start, end = stations[duration]
        if start is None or end is None:
            continue
        of_return = duration == "return"
        yield Timed(
            delivered=zone.local_day(delivered),
            day=zone.local_day(end if of_return else delivered),
            minutes=(end - start).total_seconds() / 60,
            moment=zone.local(delivered if of_return else session.start),
            delivery=delivery,
        )


def figures(found: list[Timed]) -> dict[str, Any]:
    minutes = [t.minutes for t in found]
    return {
        "deliveries": len(minutes),
        "mean_minutes": fmean(minutes) if minutes else None,
        "median_minutes": median(minutes) if minutes else None,
        "p90_minutes": _nine_tenths(sorted(minutes)) if minutes else None,
    }


def _nine_tenths(ordered: list[float]) -> float:
    place = 0.9 * (len(ordered) - 1)
    below = math.floor(place)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (place - below)


def weekday_hour(world: World, duration: str) -> Rows:
    found = timed(world, duration)
    slots: dict[tuple[int, int], list[Timed]] = {(day, hour): [] for day in range(1, 8) for hour in range(24)}
    for t in found:
        slots[t.slot].append(t)
    ordered = sorted(t.minutes for t in found)
    ties = sum(t**3 - t for t in Counter(ordered).values())
    adjusted = _adjusted({slot: p for slot, own in slots.items() if (p := _p(own, ordered, ties)) is not None})
    means = [fmean(t.minutes for t in own) for own in slots.values() if own]
    rows = []
    for (weekday, hour), own in slots.items():
        row = {"weekday": weekday, "hour": hour, **figures(own)}
        mean, width = row["mean_minutes"], max(means, default=0) - min(means, default=0)
        normalized = None if mean is None or math.isclose(width, 0, abs_tol=1e-12) else (mean - min(means)) / width
        p_value = adjusted.get((weekday, hour))
        is_high = normalized is not None and normalized > 0.9
        is_abnormal = is_high and len(own) >= 20 and p_value is not None and p_value < 0.05
        rows.append({**row, "normalized": normalized, "p_value": p_value, "is_abnormal": is_abnormal})
    return rows


def _p(here: list[Timed], ordered: list[float], ties: int) -> float | None:
    """How often a delivery of a slot takes longer than one of another, against what chance makes of it."""
    n, rest, total = len(here), len(ordered) - len(here), len(ordered)
    if not here or not rest or ordered[0] == ordered[-1]:
        return None
    longer = sum((bisect_left(ordered, t.minutes) + bisect_right(ordered, t.minutes)) / 2 for t in here) - n * n / 2
    deviation = math.sqrt(n * rest / 12 * (total + 1 - ties / (total * (total - 1))))
    return _above((longer - n * rest / 2 - 0.5) / deviation)


def _above(z: float) -> float:
    """Part of a normal distribution above ``z``."""
    return math.erfc(z / math.sqrt(2)) / 2


def _adjusted(p: dict[Any, float]) -> dict[Any, float]:
    """Benjamini and Hochberg: the least of what each p-value from here on would be if it were the last one."""
    ordered = sorted(p, key=lambda test: p[test])
    whole = [p[test] * len(p) / rank for rank, test in enumerate(ordered, 1)]
    least = 1.0
    adjusted = {}
    for test, of_last in reversed(list(zip(ordered, whole, strict=True))):
        least = min(least, of_last)
        adjusted[test] = least
    return adjusted


def locations(world: World, duration: str) -> Rows:
    limits = _limits(world, duration)
    cells: dict[str, list[Timed]] = {}
    for t in timed(world, duration):
        cell = _cell(t.delivery)
        if cell is not None:
            cells.setdefault(cell, []).append(t)
    logs = {cell: [_log(t, limits) for t in own] for cell, own in cells.items()}
    scores = _scores(logs)
    flagged = _flagged(scores, logs)
    rows = []
    for cell, own in cells.items():
        (south, north), (west, east) = box(cell)
        rows.append(
            {
                "geohash": cell,
                "latitude": (south + north) / 2,
                "longitude": (west + east) / 2,
                "deliveries": len(own),
                "mean_minutes": fmean(t.minutes for t in own),
                "score": scores[cell],
                "is_abnormal": cell in flagged,
            }
        )
    return rows


def _limits(world: World, duration: str) -> dict[date, tuple[float, float]]:
    """Between which logarithms durations count as they are: a quarter and four times the median of the shop's day."""
    days: dict[date, list[float]] = {}
    for t in (t for own in _known(world.shop, world.day, duration).values() for t in own):
        days.setdefault(t.day, []).append(t.minutes)
    middles = {day: math.log1p(median(minutes)) for day, minutes in days.items()}
    return {day: (middle - math.log(4), middle + math.log(4)) for day, middle in middles.items()}


def _log(t: Timed, limits: dict[date, tuple[float, float]]) -> float:
    low, high = limits[t.day]
    return round(min(max(math.log1p(t.minutes), low), high) * 10_000) / 10_000


def _scores(logs: dict[str, list[float]]) -> dict[str, float | None]:
    if len(logs) < 2:
        return dict.fromkeys(logs)
    means = {cell: fmean(own) for cell, own in logs.items()}
    degrees = sum(len(own) - 1 for own in logs.values())
    within = sum((x - means[cell]) ** 2 for cell, own in logs.items() for x in own) / max(degrees, 1)
    areas: dict[str, list[float]] = {}
    for cell, mean in means.items():
        areas.setdefault(cell[: _PRECISION - 2], []).append(mean)
    middle = median(means.values())
    middles = {area: median(near) if len(near) >= 3 else middle for area, near in areas.items()}
    above = {cell: mean - middles[cell[: _PRECISION - 2]] for cell, mean in means.items()}
    errors = {cell: within / len(own) for cell, own in logs.items()}
    between = (1.4826 * median(abs(x) for x in above.values())) ** 2 - median(errors.values())
    spread = {cell: math.sqrt(errors[cell] + max(between, 0)) for cell in logs}
    return {cell: above[cell] / max(spread[cell], 1e-9) for cell in logs}


def _flagged(scores: dict[str, float | None], logs: dict[str, list[float]]) -> set[str]:
    p = {cell: _above(score) for cell, score in scores.items() if score is not None and len(logs[cell]) >= 5}
    return {cell for cell, adjusted in _adjusted(p).items() if adjusted <= 0.05}


def _cell(delivery: Delivery) -> str | None:
    if delivery.is_suspect or delivery.latitude is None or delivery.longitude is None:
        return None
    return geohash(delivery.latitude, delivery.longitude)


@cache
def geohash(latitude: float, longitude: float) -> str:
    """Halve the globe in turn, longitude first; five halvings are a letter."""
    sides = {"x": (-180.0, 180.0), "y": (-90.0, 90.0)}
    letters, bits = "", ""
    for turn in range(5 * _PRECISION):
        side, value = ("y", latitude) if turn % 2 else ("x", longitude)
        low, high = sides[side]
        middle = (low + high) / 2
        bits += "1" if value >= middle else "0"
        sides[side] = (middle, high) if value >= middle else (low, middle)
        if len(bits) == 5:
            letters, bits = letters + _LETTERS[int(bits, 2)], ""
    return letters


def box(cell: str) -> tuple[tuple[float, float], tuple[float, float]]:
    """Latitudes and longitudes between which a cell lies."""
    x, y = (-180.0, 180.0), (-90.0, 90.0)
    for turn, bit in enumerate("".join(f"{_LETTERS.index(letter):05b}" for letter in cell)):
        low, high = y if turn % 2 else x
        half = ((low + high) / 2, high) if bit == "1" else (low, (low + high) / 2)
        x, y = (x, half) if turn % 2 else (half, y)
    return y, x


def kpis(world: World) -> Rows:
    rows = []
    for duration in _connected(world.shop):
        found = timed(world, duration)
        cells = {cell for t in found if (cell := _cell(t.delivery)) is not None}
        rows.append(
            {"duration": duration, **figures(found), "locations": len(cells) or None, **_promises(found, duration)}
        )
    return rows


def daily(world: World) -> Rows:
    rows = []
    for duration in _connected(world.shop):
        days: dict[date, list[Timed]] = {day: [] for day in world.days[-world.shop.history_days :]}
        for t in timed(world, duration):
            days.get(t.day, []).append(t)
        for day, own in days.items():
            rows.append({"date": day, "duration": duration, **figures(own), **_promises(own, duration)})
    return rows


def _connected(shop: Shop) -> tuple[str, ...]:
    is_there = {"prepare": shop.has_prepared, "ride": shop.has_prepared, "return": shop.has_returns}
    return tuple(name for name in DURATIONS if is_there.get(name, True))


def _promises(found: list[Timed], duration: str) -> dict[str, Any]:
    """Deliveries with a promise and those after it, which only the whole way can be."""
    late = [t.is_late for t in found if t.is_late is not None] if duration == "deliver" else []
    if not late:
        return {"promised": None, "late": None, "share_late": None}
    return {"promised": len(late), "late": sum(late), "share_late": ratio(sum(late), len(late))}


REPORTS: dict[str, Callable[[World], Rows]] = {
    **{f"{name}_weekday_hour": partial(weekday_hour, duration=name) for name in DURATIONS},
    **{f"{name}_location": partial(locations, duration=name) for name in DURATIONS},
    "deliver_kpis": kpis,
    "daily_deliveries": daily,
}

"""Abnormally long deliveries, by the robust baseline alone: week by week from everything taken in before."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from functools import partial
from statistics import NormalDist, fmean
from typing import Any

from ca_platform_tests.oracle.deliveries import DURATIONS, Timed, geohash, timed
from ca_platform_tests.oracle.funnels import Rows
from ca_platform_tests.oracle.world import World

FADE = 0.5 ** (1 / 13)
STRENGTH = 4.0
SHRINK = 20.0
ENOUGH = 300
CLIENT = "client"
EDGES = [-3.0 + 4.5 / 36 * n for n in range(37)]
NORMAL = NormalDist()


@dataclass(frozen=True)
class Row:
    """A delivery as it is judged: the week and the day (numbered), the keys of its groups."""

    timed: Timed
    client: str
    cell: str | None

    @property
    def day(self) -> int:
        return self.timed.day.toordinal()

    @property
    def week(self) -> int:
        return (self.day - 1) // 7  # day 1 of the calendar is a Monday

    @property
    def log(self) -> float:
        return math.log1p(self.timed.minutes)

    @property
    def slot(self) -> tuple[int, int]:
        return self.timed.slot


@dataclass(frozen=True)
class Taken:
    """What is kept of a judged delivery: values cut to what is likely, and by base its residual.

    ``around``: by level what its neighbours said, and the mean of its group if it had a past; ``kept``: the residual in units of the spread that is known after its week.
    """

    row: Row
    log: float
    value: float
    residual: dict[str, float]
    scaled: dict[str, float]
    spread: dict[str, float]
    size: dict[str, int]
    hour_share: dict[str, float]
    around: dict[Any, tuple[float, float | None]]
    kept: dict[str, float] = field(default_factory=dict)


def abnormal_orders(world: World, duration: str) -> Rows:
    clients = {session.order_id: session.client for session in world.sessions}
    starts = {session.order_id: session.start for session in world.sessions}
    found = timed(world, duration)
    if len(found) < ENOUGH:
        return []
    day_of = {id(t): world.local_day(t.delivery.delivered) for t in found if t.delivery.delivered}
    found.sort(key=lambda t: (t.day, day_of[id(t)], t.delivery.order_id, t.delivery.delivered))
    rows = [Row(t, clients[t.delivery.order_id], cell_of(t)) for t in found]
    listed = []
    for row, said in judged(rows):
        if said["rule_2"] and row.timed.minutes > said["expected_minutes"]:
            delivery = row.timed.delivery
            listed.append(
                {
                    "order_id": delivery.order_id,
                    "client": row.client,
                    "order_time": starts[delivery.order_id],
                    "delivery_date": delivery.delivered,
                    "latitude": delivery.latitude,
                    "longitude": delivery.longitude,
                    "geohash": row.cell,
                    "minutes": row.timed.minutes,
                    **said,
                    "is_abnormal": True,
                }
            )
    return listed


def cell_of(t: Timed) -> str | None:
    d = t.delivery
    if d.is_suspect or d.latitude is None or d.longitude is None:
        return None
    return geohash(d.latitude, d.longitude)


def judged(rows: list[Row]) -> Iterable[tuple[Row, dict[str, Any]]]:
    """All deliveries, in order, and what is said of them."""
    past: list[Taken] = []
    for week in sorted({row.week for row in rows}):
        own = [row for row in rows if row.week == week]
        said, taken = _week(own, past)
        yield from zip(own, said, strict=True)
        past += taken


def _week(own: list[Row], past: list[Taken]) -> tuple[list[dict[str, Any]], list[Taken]]:
    this = own[0].week
    weight = [FADE ** (this - t.row.week) for t in past]
    level = _mean(past, weight) if past else fmean(row.log for row in own)
    hours = _sums(past, weight, lambda t: t.row.slot[1], lambda t: t.log)
    slots = _sums(past, weight, lambda t: t.row.slot, lambda t: t.log)
    ones = [1.0] * len(past)
    cells = {n: _sums(past, ones, partial(_around, letters=n), lambda t: t.value) for n in (4, 5, 6, 7)}
    customers = _sums(past, ones, lambda t: t.row.client, lambda t: t.value)
    ruler = {base: _Ruler(past, weight, base, this) for base in ("slot", "location", "customer")}

    strength = {level: _strength(past, level) for level in (4, 5, 6, 7, CLIENT)}
    usual, here, customer, around = [], [], [], []
    for row in own:
        usual.append(_shrunk(slots, row.slot, _shrunk(hours, row.slot[1], level)))
        place = 0.0
        said_around: dict[Any, tuple[float, float | None]] = {}
        for letters in (4, 5, 6, 7) if row.cell else ():
            key = row.cell and row.cell[:letters]
            said_around[letters] = (place, _raw(cells[letters], key))
            place = _shrunk(cells[letters], key, place, strength[letters])
        here.append(place)
        said_around[CLIENT] = (place, _raw(customers, row.client))
        customer.append(_shrunk(customers, row.client, place, strength[CLIENT]))
        around.append(said_around)

    sizes = [
        {"slot": 0, "location": _size(cells[7], row.cell), "customer": _size(customers, row.client)} for row in own
    ]
    spreads = [
        {base: ruler[base].spread(size[base], row.slot) for base in size} for row, size in zip(own, sizes, strict=True)
    ]
    left = [row.log - u - c for row, u, c in zip(own, usual, customer, strict=True)]
    common = defaultdict(list)
    for row, over, s in zip(own, left, spreads, strict=True):
        common[row.day].append(min(max(over, -4 * s["customer"]), 4 * s["customer"]))
    shift = [sum(common[row.day]) / (len(common[row.day]) + 20) for row in own]

    said, taken = [], []
    for n, row in enumerate(own):
        over = row.log - usual[n]
        rest = {"slot": over, "location": over - here[n] - shift[n], "customer": over - customer[n] - shift[n]}
        z = {base: rest[base] / spreads[n][base] for base in rest}
        p: dict[str, float | None] = dict.fromkeys(z)
        if len(past) >= ENOUGH:
            p = {base: ruler[base].probability(sizes[n][base], z[base]) for base in z}
        if row.cell is None:
            p["location"] = None
        said.append(_said(p, z, math.expm1(usual[n] + customer[n]), is_placed=row.cell is not None))
        limit = 2.5 * spreads[n]["customer"]
        surprise = min(max(rest["customer"], -limit), limit)
        share = {base: ruler[base].hour_share(row.slot) for base in z}
        taken.append(
            Taken(
                row,
                usual[n] + shift[n] + surprise,
                customer[n] + surprise,
                rest,
                z,
                spreads[n],
                sizes[n],
                share,
                around[n],
            )
        )
    known = [*past, *taken]
    now = [*weight, *[1.0] * len(taken)]
    after = {base: _Ruler(known, now, base, this) for base in ruler}
    return said, [replace(t, kept=_in_units(t, after)) for t in taken]


def _in_units(t: Taken, ruler: dict[str, _Ruler]) -> dict[str, float]:
    return {base: value / ruler[base].spread(t.size[base], t.row.slot) for base, value in t.residual.items()}


def _said(p: dict[str, float | None], z: dict[str, float], expected: float, *, is_placed: bool) -> dict[str, Any]:
    def under(base: str, limit: float) -> bool:
        value = p[base]
        return value is not None and value < limit

    customer, location, slot = under("customer", 0.0003), under("location", 0.0003), under("slot", 0.05)
    return {
        "expected_minutes": expected,
        "score": max(z["location"], z["customer"]) if is_placed else z["customer"],
        "p_customer": p["customer"],
        "p_location": p["location"],
        "p_weekday_hour": p["slot"],
        "customer_anomaly": customer,
        "location_anomaly": location,
        "weekday_hour_anomaly": slot,
        "rule_1": customer and location and slot,
        "rule_2": (customer or location) and slot,
    }


def _around(t: Taken, letters: int) -> str | None:
    return t.row.cell and t.row.cell[:letters]


def _mean(past: list[Taken], weight: list[float]) -> float:
    return sum(w * t.log for w, t in zip(weight, past, strict=True)) / sum(weight)


def _sums(
    past: list[Taken], weight: list[float], key: Callable[[Taken], Any], value: Callable[[Taken], float]
) -> dict[Any, tuple[float, float]]:
    """Count and sum by group."""
    found: dict[Any, tuple[float, float]] = {}
    for w, t in zip(weight, past, strict=True):
        count, total = found.get(key(t), (0.0, 0.0))
        found[key(t)] = (count + w, total + w * value(t))
    return found


def _shrunk(groups: dict[Any, tuple[float, float]], key: Any, towards: float, strength: float = STRENGTH) -> float:
    count, total = groups.get(key, (0.0, 0.0))
    return (total + strength * towards) / (count + strength)


def _raw(groups: dict[Any, tuple[float, float]], key: Any) -> float | None:
    return groups[key][1] / groups[key][0] if key in groups else None


def _strength(past: list[Taken], level: Any) -> float:
    """Variance within groups over that between them, which is what the past of a group and its present share."""
    pairs = []
    for t in past:
        neighbours, mean = t.around.get(level, (0.0, None))
        if mean is not None:
            pairs.append((t.value - neighbours, mean - neighbours))
    whole = fmean(now * now for now, _ in pairs) if pairs else 1.0
    between = (sum(now * before for now, before in pairs) + 50 * whole / 5) / (len(pairs) + 50)
    return min(max(whole / max(between, whole / 1000, 1e-300) - 1, 0.25), 1000)


def _size(groups: dict[Any, tuple[float, float]], key: Any) -> int:
    """Class of the number of earlier deliveries."""
    count = 0 if key is None else groups.get(key, (0, 0))[0]
    return sum(count >= border for border in (1, 2, 4, 8, 16))


class _Ruler:
    """How far residuals of a base spread, and how often they are so large."""

    def __init__(self, past: list[Taken], weight: list[float], base: str, week: int) -> None:
        counted = [(w, t) for w, t in zip(weight, past, strict=True) if base != "location" or t.row.cell is not None]
        self._prior = FADE ** (week - min((t.row.week for t in past), default=week))
        self._hours: dict[Any, tuple[float, float]] = {}
        self._sizes: dict[Any, tuple[float, float]] = {}
        self._seen: dict[bool, list[tuple[float, float]]] = {False: [], True: []}
        for w, t in counted:
            cut = min(max(t.scaled[base], -2.5), 2.5)
            share = t.hour_share[base]
            _add(self._hours, t.row.slot, w, cut**2 * share)
            _add(self._sizes, t.size[base], w, (cut * t.spread[base]) ** 2 / share)
            if base in t.kept:
                self._seen[t.size[base] > 0].append((t.kept[base], w))
        self._tail = {some: [(x, w) for x, w in seen if x > EDGES[-1]] for some, seen in self._seen.items()}
        self._above: dict[tuple[bool, float], float] = {}

    def hour_share(self, slot: tuple[int, int]) -> float:
        weight, squares = self._hours.get(slot, (0.0, 0.0))
        return (squares + SHRINK) / (weight + SHRINK)

    def spread(self, size: int, slot: tuple[int, int]) -> float:
        weights, totals = zip(*self._sizes.values(), strict=True) if self._sizes else ((), ())
        whole = (self._prior + sum(totals)) / (self._prior + sum(weights))
        weight, squares = self._sizes.get(size, (0.0, 0.0))
        variance = (squares + SHRINK * whole) / (weight + SHRINK)
        return max(math.sqrt(variance * self.hour_share(slot)), 1e-3)

    def _over(self, edge: float, *, some: bool) -> float:
        """Share of residuals over an edge, of groups with a past or without."""
        if (some, edge) not in self._above:
            seen, prior = self._seen[some], 10.0 * self._prior
            over = sum(w for x, w in seen if x > edge) + prior * (1 - NORMAL.cdf(edge))
            self._above[some, edge] = over / (sum(w for _, w in seen) + prior)
        return self._above[some, edge]

    def probability(self, size: int, z: float) -> float:
        some = size > 0
        if z <= EDGES[0]:
            return 1.0
        if z <= EDGES[-1]:
            right = next(n for n, edge in enumerate(EDGES) if z <= edge)
            inside = (z - EDGES[right - 1]) / (EDGES[right] - EDGES[right - 1])
            return self._over(EDGES[right - 1], some=some) * (1 - inside) + self._over(EDGES[right], some=some) * inside
        beyond = 10.0 * self._prior * (1 - NORMAL.cdf(1.5))
        whole = beyond + sum(w for x, w in self._tail[some] if x < 3.0)
        excess = 0.44 * beyond + sum(w * min(x - 1.5, 1.5) for x, w in self._tail[some])
        return self._over(1.5, some=some) * math.exp(-(z - 1.5) / (excess / whole))


def _add(sums: dict[Any, tuple[float, float]], key: Any, weight: float, value: float) -> None:
    count, total = sums.get(key, (0.0, 0.0))
    sums[key] = (count + weight, total + weight * value)


REPORTS: dict[str, Callable[[World], Rows]] = {
    f"{name}_orders": partial(abnormal_orders, duration=name) for name in DURATIONS
}

"""Cohorts, retention, growth and the journey, by loops over customers and their orders."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import cache
from itertools import pairwise
from statistics import median
from typing import Any

from ca_platform_tests.oracle.funnels import Rows, ratio
from ca_platform_tests.oracle.periods import NAMES, is_partial, next_period, periods
from ca_platform_tests.oracle.world import ZERO, Session, World, once


@once
def orders_by_client(world: World) -> dict[str, list[Session]]:
    """The orders of each customer in their sequence."""
    found: dict[str, list[Session]] = defaultdict(list)
    for order in sorted(world.orders, key=lambda s: (s.start, s.order_id)):
        found[order.client].append(order)
    return found


def distance(grain: str, first: date, second: date) -> int:
    """How many periods the second one lies after the first."""
    if grain == "monthly":
        return (second.year - first.year) * 12 + second.month - first.month
    return (second - first).days // (7 if grain == "weekly" else 1)


def steps(world: World, number: int) -> Iterator[tuple[datetime, datetime | None]]:
    """Starting event and next event of each customer who has the starting event; number 0 starts at the download."""
    sequences = orders_by_client(world)
    for client, own in world.milestones.items():
        instants = [own["download"], *(order.start for order in sequences.get(client, []))]
        if number < len(instants):
            yield instants[number], instants[number + 1] if number + 1 < len(instants) else None


@cache
def cell(grain: str, cohort: date, offset: int) -> date:
    return next_period(grain, cell(grain, cohort, offset - 1)) if offset else cohort


def cohorts(world: World, grain: str, number: int) -> Rows:
    members: dict[date, list[int | None]] = defaultdict(list)
    for begin, following in steps(world, number):
        if world.local_day(begin) < world.shop.start_date:
            continue
        cohort = NAMES[grain](world.local_day(begin))
        members[cohort].append(
            None if following is None else max(0, distance(grain, cohort, NAMES[grain](world.local_day(following))))
        )
    every = sorted({NAMES[grain](day) for day in world.days})
    if grain == "daily":
        every = every[-world.shop.cohort_days :]
    rows: Rows = []
    for cohort in every:
        for offset in range(16):
            place = cell(grain, cohort, offset)
            is_over = place > world.day
            size = len(members[cohort])
            customers = None if is_over else members[cohort].count(offset)
            up_to = None if is_over else sum(o is not None and o <= offset for o in members[cohort])
            rows.append(
                {
                    "cohort": cohort,
                    "offset": offset,
                    "customers": customers,
                    "cohort_size": size,
                    "rate": ratio(customers, size),
                    "cumulative_rate": ratio(up_to, size),
                    "is_partial": None if is_over else is_partial(world, grain, place),
                }
            )
    return rows


def by_first_order(world: World, grain: str) -> dict[date, list[list[Session]]]:
    """The orders of each customer by the period of the first."""
    found: dict[date, list[list[Session]]] = defaultdict(list)
    for own in orders_by_client(world).values():
        found[NAMES[grain](world.local_day(own[0].start))].append(own)
    return found


def retention(world: World, grain: str, last: int) -> Rows:
    found = by_first_order(world, grain)
    rows: Rows = []
    for cohort in periods(world, grain):
        actives = [{NAMES[grain](world.local_day(order.start)) for order in own} for own in found[cohort]]
        for offset in range(last + 1):
            place = cell(grain, cohort, offset)
            is_over = place > world.day
            customers = sum(place in active for active in actives)
            rows.append(
                {
                    "cohort": cohort,
                    "offset": offset,
                    "customers": None if is_over else customers,
                    "cohort_size": len(found[cohort]),
                    "rate": None if is_over else ratio(customers, len(found[cohort])),
                    "is_partial": None if is_over else is_partial(world, grain, place),
                }
            )
    return rows


def cohort_revenue(world: World) -> Rows:
    found = by_first_order(world, "monthly")
    rows: Rows = []
    for cohort in periods(world, "monthly"):
        orders = [(NAMES["monthly"](world.local_day(order.start)), order) for own in found[cohort] for order in own]
        size = len(found[cohort])
        total = ZERO
        for offset in range(25):
            place = cell("monthly", cohort, offset)
            row: dict[str, Any] = {"cohort": cohort, "offset": offset, "cohort_size": size}
            names = ("orders", "revenue", "mean_order_value", "cumulative_revenue_per_customer", "is_partial")
            row |= dict.fromkeys(names)
            if place <= world.day:
                inside = [order for month, order in orders if month == place]
                revenue = sum((order.amount for order in inside), ZERO)
                total += revenue
                row |= {
                    "orders": len(inside),
                    "revenue": revenue,
                    "mean_order_value": revenue / len(inside) if inside else None,
                    "cumulative_revenue_per_customer": total / size if size else None,
                    "is_partial": is_partial(world, "monthly", place),
                }
            rows.append(row)
    return rows


def growth(world: World) -> Rows:
    rows: Rows = []
    for name, grain, year in (("week", "weekly", 52), ("month", "monthly", 12)):
        table = _growth(world, grain)
        for metric in ("revenue", "orders", *(f"{kind}_customers" for kind in KINDS)):
            values = [(float(row[metric]), is_partial(world, grain, period)) for period, row in table.items()]
            for index, period in enumerate(table):
                rows.append(
                    {
                        "period": name,
                        "date": period,
                        "metric": metric,
                        "value": values[index][0],
                        "change_previous": change(values, index, 1),
                        "change_year": change(values, index, year),
                        "is_partial": values[index][1],
                    }
                )
    return rows


KINDS = ("new", "returning", "reactivated", "churned")


def change(values: list[tuple[float, bool]], index: int, back: int) -> float | None:
    """Change against the value so many periods before, of values that are whole or partial."""
    if index < back:
        return None
    (earlier, was_partial), (value, is_partial_now) = values[index - back], values[index]
    return None if was_partial or is_partial_now or not earlier else value / earlier - 1


def _growth(world: World, grain: str) -> dict[date, dict[str, Decimal | int]]:
    """Metrics by period: sets of customers, compared."""
    table: dict[date, dict[str, Decimal | int]] = {}
    orders: dict[date, list[Session]] = defaultdict(list)
    for order in world.orders:
        orders[NAMES[grain](world.local_day(order.start))].append(order)
    before: set[str] = set()
    ever: set[str] = set()
    for period in periods(world, grain):
        inside = orders[period]
        active = {s.client for s in inside}
        table[period] = {
            "revenue": sum((s.amount for s in inside), ZERO),
            "orders": len(inside),
            "new_customers": len(active - ever),
            "returning_customers": len(active & before),
            "reactivated_customers": len((active & ever) - before),
            "churned_customers": len(before - active),
        }
        before = active
        ever |= active
    return table


def customer_journey(world: World) -> Rows:
    sequences = orders_by_client(world)
    buyers = len(sequences)
    orders = sum(map(len, sequences.values()))
    count = max(1, int(Decimal(orders) / buyers + Decimal("0.5"))) if buyers else 1
    hour = timedelta(hours=1)
    stages: list[tuple[str, list[float], list[Decimal]]] = []
    downloads = [max((own[0].start - world.milestones[c]["download"]) / hour, 0.0) for c, own in sequences.items()]
    stages.append(("download_to_order_1", downloads, [own[0].amount for own in sequences.values()]))
    for number in range(1, count):
        pairs = [list(pairwise(own))[number - 1] for own in sequences.values() if len(own) > number]
        hours = [(b.start - a.start) / hour for a, b in pairs]
        stages.append((f"order_{number}_to_order_{number + 1}", hours, [b.amount for _, b in pairs]))
    stages.append(("last_order_to_now", [(world.as_of - own[-1].start) / hour for own in sequences.values()], []))
    rows: Rows = []
    total = 0.0
    for index, (stage, hours, amounts) in enumerate(stages):
        mean = sum(hours) / len(hours) if hours else None
        total += mean or 0.0
        rows.append(
            {
                "stage": stage,
                "stage_index": index,
                "customers": len(hours),
                "mean_hours": mean,
                "median_hours": median(hours) if hours else None,
                "cumulative_mean_hours": total if hours else None,
                "mean_amount": sum(amounts, ZERO) / len(amounts) if amounts else None,
            }
        )
    return rows

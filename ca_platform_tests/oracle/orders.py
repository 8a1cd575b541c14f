"""Orders over time, averages, distributions and KPI tables, by loops over sessions."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

from ca_platform_tests.oracle.funnels import Rows, ratio
from ca_platform_tests.oracle.periods import NAMES, is_partial, periods
from ca_platform_tests.oracle.world import ZERO, Session, World, values_of


def orders(world: World, grain: str) -> Rows:
    count = Counter(NAMES[grain](world.local_day(s.start)) for s in world.orders)
    return [
        {"date": period, "orders": count[period], "is_partial": is_partial(world, grain, period)}
        for period in periods(world, grain)
    ]


def hourly_orders(world: World) -> Rows:
    count = Counter(world.local(s.start).hour for s in world.orders)
    days = len(world.days)
    return [{"hour": hour, "mean_orders": count[hour] / days, "days": days} for hour in range(24)]


def weekly_average_session_per_user(world: World) -> Rows:
    return _weekly(world, world.sessions, "sessions_per_customer")


def weekly_average_order_per_user(world: World) -> Rows:
    return _weekly(world, world.orders, "orders_per_customer")


def _weekly(world: World, sessions: list[Session], column: str) -> Rows:
    inside = _by_week(world, sessions)
    rows: Rows = []
    for week in periods(world, "weekly"):
        customers = len({s.client for s in inside[week]})
        rows.append({"week": week, column: ratio(len(inside[week]), customers), "customers": customers})
    return rows


def weekly_average_payment_amount(world: World) -> Rows:
    inside = _by_week(world, world.orders)
    return [
        {"week": week, "mean_amount": _mean_amount(inside[week]), "orders": len(inside[week])}
        for week in periods(world, "weekly")
    ]


def _by_week(world: World, sessions: list[Session]) -> dict[date, list[Session]]:
    inside: dict[date, list[Session]] = defaultdict(list)
    for session in sessions:
        inside[NAMES["weekly"](world.local_day(session.start))].append(session)
    return inside


def _mean_amount(sessions: list[Session]) -> Decimal | None:
    return sum((s.amount for s in sessions), ZERO) / len(sessions) if sessions else None


def percentile(values: list[Decimal], share: Decimal) -> Decimal:
    """Linear interpolation between the two nearest ranks of the sorted values."""
    position = (len(values) - 1) * share
    low = int(position)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (position - low)


def purchase_amount_distribution(world: World) -> Rows:
    amounts = sorted(s.amount for s in world.orders)
    if not amounts:
        return []
    by_client: dict[str, list[Session]] = defaultdict(list)
    for order in world.orders:
        by_client[order.client].append(order)
    means = [_mean_amount(own) for own in by_client.values()]
    low, high = percentile(amounts, Decimal("0.01")), percentile(amounts, Decimal("0.99"))
    count = 1 if low == high else 20
    edges = [low + (high - low) * n / count for n in range(count + 1)]
    rows: Rows = [_bin(amounts, means, amounts[0], low, lambda x: x < low, overflow=True)]
    for n in range(count):
        last = n == count - 1
        rows.append(
            _bin(
                amounts,
                means,
                edges[n],
                edges[n + 1],
                lambda x, n=n, last=last: edges[n] <= x and (x <= high if last else x < edges[n + 1]),
                overflow=False,
            )
        )
    rows.append(_bin(amounts, means, high, amounts[-1], lambda x: x > high, overflow=True))
    return [row | {"bin_index": place} for place, row in enumerate(rows)]


def _bin(amounts: Any, means: Any, start: Any, end: Any, inside: Any, *, overflow: bool) -> dict[str, Any]:
    return {
        "bin_start": start,
        "bin_end": end,
        "orders": sum(map(inside, amounts)),
        "customers": sum(map(inside, means)),
        "is_overflow": overflow,
    }


def user_counts_per_order_seq(world: World) -> Rows:
    per_client = Counter(Counter(s.client for s in world.orders).values())
    top = max(per_client, default=0)
    return [
        {
            "orders": k,
            "customers": per_client[k],
            "customers_at_least": sum(n for orders_, n in per_client.items() if orders_ >= k),
        }
        for k in range(1, top + 1)
    ]


METRICS = ("orders", "revenue", "visitors", "discount", "mean_order_value", "conversion_rate", "new_customers")


def kpis(world: World) -> Rows:
    first_order = {client: own["first_purchase"] for client, own in world.milestones.items() if "first_purchase" in own}

    def measure(first: date, last: date) -> dict[str, Any]:
        sessions = [s for s in world.sessions if first <= world.local_day(s.start) <= last]
        bought = [s for s in sessions if s.purchased]
        return {
            "orders": len(bought),
            "revenue": sum((s.amount for s in bought), ZERO),
            "visitors": len({s.client for s in sessions}),
            "discount": sum((s.discount for s in bought), ZERO),
            "mean_order_value": _mean_amount(bought),
            "conversion_rate": ratio(len(bought), len(sessions)),
            "new_customers": sum(first <= world.local_day(at) <= last for at in first_order.values()),
        }

    def window(first: date, last: date) -> dict[str, Any]:
        return measure(first, last) if first >= world.shop.start_date else dict.fromkeys(METRICS)

    day = world.day
    total = measure(world.shop.start_date, day)
    last = window(day - timedelta(days=6), day)
    previous = window(day - timedelta(days=13), day - timedelta(days=7))
    rows: Rows = []
    for metric in METRICS:
        now, before = last[metric], previous[metric]
        change = None if now is None or before is None else now - before
        rows.append(
            {
                "metric": metric,
                "value": total[metric],
                "value_last_7d": now,
                "value_previous_7d": before,
                "change_abs": change,
                "change_rel": ratio(change, before),
            }
        )
    return rows


def client_kpis(world: World) -> Rows:
    sessions: dict[str, list[Session]] = defaultdict(list)
    for session in world.sessions:
        sessions[session.client].append(session)
    rows: Rows = []
    for client in sorted(world.milestones):
        own = sessions.get(client, [])
        bought = sorted((s for s in own if s.purchased), key=lambda s: (s.start, s.order_id))
        gaps = [(b.start - a.start) / timedelta(hours=1) for a, b in pairwise(bought)]
        rows.append(
            {
                "client": client,
                "sessions": len(own),
                "orders": len(bought),
                "revenue": sum((s.amount for s in bought), ZERO),
                "discount": sum((s.discount for s in bought), ZERO),
                "recency_days": (world.as_of - bought[-1].start) / timedelta(hours=24) if bought else None,
                "mean_gap_hours": sum(gaps) / len(gaps) if gaps else None,
                "mean_amount": _mean_amount(bought),
                "first_order": bought[0].start if bought else None,
                "last_order": bought[-1].start if bought else None,
                "download_date": world.milestones[client]["download"],
            }
        )
    return rows


def _measures(sessions: list[Session]) -> dict[str, Any]:
    bought = [s for s in sessions if s.purchased]
    return {
        "sessions": len(sessions),
        "orders": len(bought),
        "revenue": sum((s.amount for s in bought), ZERO),
        "discount": sum((s.discount for s in bought), ZERO),
        "customers": len({s.client for s in sessions}),
    }


def dimension_kpis(world: World) -> Rows:
    return [
        {"dimension": name, "value": value} | _measures([s for s in world.sessions if s.dimensions.get(name) == value])
        for name in world.shop.dimensions
        for value in values_of(world.shop, world.day, name)
    ]


def daily_dimension_values(world: World) -> Rows:
    rows: Rows = []
    for name in world.shop.dimensions:
        for value in values_of(world.shop, world.day, name):
            inside: dict[date, list[Session]] = defaultdict(list)
            for session in world.sessions:
                if session.dimensions.get(name) == value:
                    inside[world.local_day(session.start)].append(session)
            for day in periods(world, "daily"):
                rows.append({"dimension": name, "value": value, "date": day} | _measures(inside[day]))
    return rows

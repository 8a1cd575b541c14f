"""The eleven reports of promotions, by loops over orders."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, timedelta
from typing import Any

from ca_platform_tests.oracle.funnels import Rows, ratio
from ca_platform_tests.oracle.periods import periods
from ca_platform_tests.oracle.world import ZERO, Session, World


def promotion_of(order: Session) -> str | None:
    """Null and empty alike are none."""
    return order.promotion or None


def promotions(world: World) -> list[str]:
    return sorted({name for order in world.orders if (name := promotion_of(order)) is not None})


def by_day(world: World) -> dict[date, list[Session]]:
    """Orders of each day that a table by day holds, quiet days included."""
    found: dict[date, list[Session]] = {day: [] for day in periods(world, "daily")}
    for order in world.orders:
        day = world.local_day(order.start)
        if day in found:
            found[day].append(order)
    return found


def by_hour(world: World) -> dict[int, list[Session]]:
    found: dict[int, list[Session]] = {hour: [] for hour in range(24)}
    for order in world.orders:
        found[world.local(order.start).hour].append(order)
    return found


def per_promotion(orders: list[Session]) -> dict[str, list[Session]]:
    found: dict[str, list[Session]] = defaultdict(list)
    for order in orders:
        name = promotion_of(order)
        if name is not None:
            found[name].append(order)
    return found


def inorganic_orders(world: World) -> Rows:
    return [
        {"date": day, "promotion_id": name, "orders": len(own)}
        for day, orders in by_day(world).items()
        for name, own in per_promotion(orders).items()
    ]


def daily_organic_orders(world: World) -> Rows:
    return [
        {"date": day, "orders": sum(promotion_of(order) is None for order in orders)}
        for day, orders in by_day(world).items()
    ]


def hourly_organic_orders(world: World) -> Rows:
    days = len(world.days)
    return [
        {"hour": hour, "mean_orders": sum(promotion_of(order) is None for order in orders) / days, "days": days}
        for hour, orders in by_hour(world).items()
    ]


def inorganic_ratio(world: World, by: str) -> Rows:
    """By ``date`` or ``hour``."""
    periods_of: dict[Any, list[Session]] = dict(by_day(world) if by == "date" else by_hour(world))
    rows: Rows = []
    for period, orders in periods_of.items():
        used: dict[str | None, int] = {None: sum(promotion_of(order) is not None for order in orders)}
        used |= {name: len(own) for name, own in per_promotion(orders).items()}
        for name, count in used.items():
            rows.append(
                {
                    by: period,
                    "promotion_id": name,
                    "orders": len(orders),
                    "promoted_orders": count,
                    "ratio": ratio(count, len(orders)),
                }
            )
    return rows


def daily_money(world: World, what: str) -> Rows:
    """By ``revenue`` or ``discount``."""
    rows: Rows = []
    for day, orders in by_day(world).items():
        for name, own in per_promotion(orders).items():
            revenue, discount = sum((o.amount for o in own), ZERO), sum((o.discount for o in own), ZERO)
            value = revenue if what == "revenue" else discount
            rows.append({"date": day, "promotion_id": name, what: value, "gross_revenue": revenue + discount})
    return rows


def mean_orders_per_customer(world: World) -> Rows:
    return [
        {"promotion_id": row["promotion_id"], "mean_orders_per_customer": row["orders"] / row["customers"]}
        for row in promotion_kpis(world)
    ]


def customers_of_promotions(world: World) -> Rows:
    return [{"promotion_id": row["promotion_id"], "customers": row["customers"]} for row in promotion_kpis(world)]


def promotion_kpis(world: World) -> Rows:
    everything: dict[str, list[Session]] = defaultdict(list)
    for order in sorted(world.orders, key=lambda order: (order.start, order.order_id)):
        everything[order.client].append(order)
    rows: Rows = []
    for name in promotions(world):
        own = [order for order in world.orders if promotion_of(order) == name]
        days = sorted(world.local_day(order.start) for order in own)
        active = (days[-1] - days[0]).days + 1
        revenue, discount = sum((o.amount for o in own), ZERO), sum((o.discount for o in own), ZERO)
        new = again = 0
        clients = {order.client for order in own}
        for client in clients:
            sequence = everything[client]
            first = next(n for n, order in enumerate(sequence) if promotion_of(order) == name)
            new += first == 0
            again += any(o.start - sequence[first].start <= timedelta(days=30) for o in sequence[first + 1 :])
        rows.append(
            {
                "promotion_id": name,
                "orders": len(own),
                "revenue": revenue,
                "discount": discount,
                "customers": len(clients),
                "active_days": active,
                "orders_per_day": len(own) / active,
                "revenue_per_day": revenue / active,
                "discount_per_day": discount / active,
                "new_customers": new,
                "repeat_customers_30d": again,
            }
        )
    return rows

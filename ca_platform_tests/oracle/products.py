"""Products and categories, by loops over the lines of orders; money in exact fractions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from typing import Any

from ca_platform_tests.oracle.funnels import Rows, ratio
from ca_platform_tests.oracle.periods import periods
from ca_platform_tests.oracle.world import Line, Session, Shop, World, once


@dataclass(frozen=True, slots=True)
class Sold:
    """A line of an order, with what it brings: exact, in 1e-8 of the currency; its quantity in 1e-4."""

    order: Session
    line: Line
    revenue: int | Fraction
    discount: int | Fraction
    quantity: int


def share_of_discount(lines: list[Line], discount: int) -> list[int | Fraction]:
    """The discount of an order, spread over its lines."""
    if discount == 0:
        return [0] * len(lines)
    worth = [_worth(line) for line in lines]
    weights = worth if sum(worth) != 0 else [_whole(line.quantity) for line in lines]
    return [Fraction(discount * weight, sum(weights)) for weight in weights]


def _worth(line: Line) -> int:
    return _whole(line.price) * _whole(line.quantity) - _whole(line.discount) * _SCALE


def _whole(value: Decimal) -> int:
    """In 1e-4: what the lake keeps of a number."""
    return int(value * _SCALE)


_SCALE = 10**4


@once
def sold(world: World) -> list[Sold]:
    """Lines of the orders, the newest last."""
    lines_of, found = lines_by_order(world.shop), []
    for order in sorted(world.orders, key=lambda s: (s.start, s.order_id.encode())):
        lines = lines_of.get(order.order_id, [])
        for line, share in zip(lines, share_of_discount(lines, _whole(order.discount) * _SCALE), strict=True):
            revenue, discount = _worth(line) - share, _whole(line.discount) * _SCALE + share
            found.append(Sold(order, line, revenue, discount, _whole(line.quantity)))
    return found


@once
def lines_by_order(shop: Shop) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for line in shop.lines:
        found[line.order_id].append(line)
    return found


def _grouped(lines: list[Sold], key: Callable[[Sold], Any]) -> dict[Any, list[Sold]]:
    found: dict[Any, list[Sold]] = defaultdict(list)
    for one in lines:
        found[key(one)].append(one)
    return found


def _orders(own: list[Sold]) -> int:
    return len({one.order.order_id for one in own})


def _units(own: list[Sold]) -> float:
    return sum(one.quantity for one in own) / _SCALE


def _customers(own: list[Sold]) -> int:
    return len({one.order.client for one in own})


def _revenue(own: list[Sold]) -> int | Fraction:
    return sum(one.revenue for one in own)


def money(value: int | Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator) / _SCALE**2


def _ranked(world: World, column: str) -> Rows:
    groups = _grouped(sold(world), lambda one: getattr(one.line, column))

    def place(name: str | None) -> tuple[Any, ...]:
        own = groups[name]
        return -_orders(own), -round(Fraction(_revenue(own), _SCALE**2), 4), name is None, (name or "").encode()

    return [
        {
            column: name,
            "orders": _orders(groups[name]),
            "units": _units(groups[name]),
            "revenue": money(_revenue(groups[name])),
            "customers": _customers(groups[name]),
            "rank": rank,
        }
        for rank, name in enumerate(sorted(groups, key=place), start=1)
    ]


def most_ordered_products(world: World) -> Rows:
    return _ranked(world, "product")


def most_ordered_categories(world: World) -> Rows:
    return _ranked(world, "category")


def daily_products(world: World) -> Rows:
    """The rows of the report day alone: its part in the lake."""
    return _daily(world, [world.day])


def products_of_window(world: World) -> Rows:
    """The same over the days that a reader sees."""
    return _daily(world, periods(world, "daily"))


def _daily(world: World, days: list[date]) -> Rows:
    inside = {order.order_id: day for order in world.orders if (day := world.local_day(order.start)) in days}
    lines = [one for one in sold(world) if one.order.order_id in inside]
    groups = _grouped(lines, lambda one: (inside[one.order.order_id], one.line.product))
    return [
        {
            "date": day,
            "product": product,
            "orders": _orders(own),
            "units": _units(own),
            "revenue": money(_revenue(own)),
        }
        for (day, product), own in groups.items()
    ]


def product_kpis(world: World) -> Rows:
    rows: Rows = []
    for product, own in _grouped(sold(world), lambda one: one.line.product).items():
        by_client = _grouped(own, lambda one: one.order.client)
        rows.append(
            {
                "product": product,
                "category": own[-1].line.category,
                "orders": _orders(own),
                "units": _units(own),
                "revenue": money(_revenue(own)),
                "discount": money(sum(one.discount for one in own)),
                "customers": len(by_client),
                "units_per_customer": ratio(_units(own), len(by_client)),
                "repeat_rate": ratio(sum(_orders(mine) >= 2 for mine in by_client.values()), len(by_client)),
            }
        )
    return rows

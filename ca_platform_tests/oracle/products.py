"""Products and categories, by loops over the lines of orders; money in exact fractions."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from fractions import Fraction
from functools import cache
from typing import Any

from ca_platform_tests.oracle.funnels import Rows, ratio
from ca_platform_tests.oracle.periods import periods
from ca_platform_tests.oracle.world import Line, Session, Shop, World


@dataclass(frozen=True)
class Sold:
    """A line of an order, with what it brings."""

    order: Session
    line: Line
    revenue: Fraction
    discount: Fraction


def share_of_discount(lines: list[Line], discount: Fraction) -> list[Fraction]:
    """The discount of an order, spread over its lines."""
    worth = [_worth(line) for line in lines]
    weights = worth if sum(worth) != 0 else [Fraction(line.quantity) for line in lines]
    return [discount * weight / sum(weights) for weight in weights]


def _worth(line: Line) -> Fraction:
    return Fraction(line.price) * Fraction(line.quantity) - Fraction(line.discount)


@cache
def _baskets(shop_id: int) -> dict[str, list[Line]]:
    found: dict[str, list[Line]] = defaultdict(list)
    for line in _SHOPS[shop_id].lines:
        found[line.order_id].append(line)
    return found


# By identity: a shop is not hashable. It is kept, so that its id stays its own.
_SHOPS: dict[int, Shop] = {}


def sold(world: World) -> list[Sold]:
    """Lines of the orders, the newest last."""
    _SHOPS[id(world.shop)] = world.shop
    baskets, found = _baskets(id(world.shop)), []
    for order in sorted(world.orders, key=lambda s: (s.start, s.order_id.encode())):
        lines = baskets.get(order.order_id, [])
        for line, share in zip(lines, share_of_discount(lines, Fraction(order.discount)), strict=True):
            found.append(Sold(order, line, _worth(line) - share, Fraction(line.discount) + share))
    return found


def _grouped(lines: list[Sold], key: Callable[[Sold], Any]) -> dict[Any, list[Sold]]:
    found: dict[Any, list[Sold]] = defaultdict(list)
    for one in lines:
        found[key(one)].append(one)
    return found


def _orders(own: list[Sold]) -> int:
    return len({one.order.order_id for one in own})


def _units(own: list[Sold]) -> float:
    return float(sum(Fraction(one.line.quantity) for one in own))


def _customers(own: list[Sold]) -> int:
    return len({one.order.client for one in own})


def money(value: Fraction) -> Decimal:
    return Decimal(value.numerator) / Decimal(value.denominator)


def _ranked(world: World, column: str) -> Rows:
    groups = _grouped(sold(world), lambda one: getattr(one.line, column))

    def place(name: str | None) -> tuple[Any, ...]:
        own = groups[name]
        revenue = sum((one.revenue for one in own), Fraction(0))
        return -_orders(own), -round(revenue, 4), name is None, (name or "").encode()

    return [
        {
            column: name,
            "orders": _orders(groups[name]),
            "units": _units(groups[name]),
            "revenue": money(sum((one.revenue for one in groups[name]), Fraction(0))),
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
    groups = _grouped(sold(world), lambda one: (world.local_day(one.order.start), one.line.product))
    return [
        {
            "date": day,
            "product": product,
            "orders": _orders(own),
            "units": _units(own),
            "revenue": money(sum((one.revenue for one in own), Fraction(0))),
        }
        for (day, product), own in groups.items()
        if day in days
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
                "revenue": money(sum((one.revenue for one in own), Fraction(0))),
                "discount": money(sum((one.discount for one in own), Fraction(0))),
                "customers": len(by_client),
                "units_per_customer": ratio(_units(own), len(by_client)),
                "repeat_rate": ratio(sum(_orders(mine) >= 2 for mine in by_client.values()), len(by_client)),
            }
        )
    return rows

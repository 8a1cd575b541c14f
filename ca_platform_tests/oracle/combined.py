"""What is bought together, by loops over baskets; measures in exact fractions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from heapq import nsmallest
from itertools import combinations
from math import ceil, sqrt
from typing import Any

from ca_platform_tests.oracle.funnels import Rows
from ca_platform_tests.oracle.products import sold
from ca_platform_tests.oracle.world import World

MOST_PAIRS = 100_000
MOST_RULES = 10_000
LEAST_ORDERS = 5

Holders = dict[str, set[str]]


def baskets(world: World) -> dict[str, set[str]]:
    """Products of each order with a line."""
    found: dict[str, set[str]] = defaultdict(set)
    bought = {s.order_id for s in world.orders}
    for line in world.shop.lines:
        if line.order_id in bought:
            found[line.order_id].add(line.product)
    return found


def holders(baskets: dict[str, set[str]]) -> Holders:
    """Orders, or customers, of each product."""
    found: Holders = defaultdict(set)
    for order, products in baskets.items():
        for product in products:
            found[product].add(order)
    return found


def most_combined_products(world: World) -> Rows:
    orders = baskets(world)
    single = {product: len(rows) for product, rows in holders(orders).items()}
    pairs: Counter[tuple[str, str]] = Counter()
    for products in orders.values():
        pairs.update(combinations(sorted(products), 2))
    counts = Counter(pairs.values())
    least = world.shop.min_orders
    while sum(number for count, number in counts.items() if count >= least) > MOST_PAIRS:
        least += 1
    below = sum(number for count, number in counts.items() if count < least)
    return [
        {
            "product_a": a,
            "product_b": b,
            "orders": count,
            "support": count / len(orders),
            "confidence_ab": count / single[a],
            "confidence_ba": count / single[b],
            "lift": float(Fraction(count * len(orders), single[a] * single[b])),
            "jaccard": count / (single[a] + single[b] - count),
            "min_orders": least,
            "pairs_below": below,
        }
        for (a, b), count in pairs.items()
        if count >= least
    ]


def frequent(own: Holders, least: int, size: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """Sets of products that stand together in at least ``least`` orders, by intersecting their orders depth first."""
    products = sorted(product for product, rows in own.items() if len(rows) >= least)

    def grown(members: tuple[str, ...], rows: set[str] | None, start: int) -> Iterator[tuple[tuple[str, ...], int]]:
        for place in range(start, len(products)):
            both = own[products[place]] if rows is None else rows & own[products[place]]
            if len(both) >= least:
                larger = (*members, products[place])
                yield larger, len(both)
                if len(larger) < size:
                    yield from grown(larger, both, place + 1)

    return grown((), None, 0)


def association_rules(world: World) -> Rows:
    orders = baskets(world)
    everything = len(orders)
    least = max(LEAST_ORDERS, ceil(Fraction(world.shop.min_support) * everything))
    known = dict(frequent(holders(orders), least, world.shop.max_size))
    rules = []
    for members, both in known.items():
        for consequent in members if len(members) > 1 else ():
            antecedent = tuple(product for product in members if product != consequent)
            first, second = known[antecedent], known[consequent,]
            if Fraction(both, first) >= Fraction(world.shop.min_confidence):
                lift = Fraction(both * everything, first * second)
                rules.append((-lift, -both, list(antecedent), consequent, first, second))
    return [
        {
            "antecedent": antecedent,
            "consequent": consequent,
            "support": -both / everything,
            "confidence": -both / first,
            "lift": float(-lift),
            "leverage": float(Fraction(-both, everything) - Fraction(first, everything) * Fraction(second, everything)),
            "conviction": _conviction(-both, first, second, everything),
            "orders": -both,
            "rules_total": len(rules),
            "min_orders": least,
            "rank": rank,
        }
        for rank, (lift, both, antecedent, consequent, first, second) in enumerate(sorted(rules)[:MOST_RULES], start=1)
    ]


def _conviction(both: int, first: int, second: int, everything: int) -> float | None:
    """P(A) P(not C) over P(A and not C)."""
    if both == first:
        return None
    return float(Fraction(first * (everything - second), everything * (first - both)))


def similar_products(world: World) -> Rows:
    customers: dict[str, set[str]] = defaultdict(set)
    buyer = {s.order_id: s.client for s in world.orders}
    for order, products in baskets(world).items():
        customers[buyer[order]] |= products
    single = {product: len(rows) for product, rows in holders(customers).items()}
    revenue = _revenue(world)
    together: dict[str, Counter[str]] = defaultdict(Counter)
    for products in customers.values():
        for product in products:
            together[product].update(products)
    rows: Rows = []
    for product, others in together.items():
        # Of whole numbers Python divides exactly rounded, so that equal scores are equal.
        near: list[tuple[Any, ...]] = nsmallest(
            10,
            (
                (-(both * both / single[other]), -revenue[other], other, both)
                for other, both in others.items()
                if other != product and both >= 2
            ),
        )
        rows += [
            {
                "product": product,
                "similar": other,
                "score": both / sqrt(single[product] * single[other]),
                "rank": rank,
            }
            for rank, (_, _, other, both) in enumerate(near, start=1)
        ]
    return rows


def _revenue(world: World) -> dict[str, Fraction]:
    found: dict[str, Fraction] = defaultdict(Fraction)
    for one in sold(world):
        found[one.line.product] += one.revenue
    return {product: round(total, 4) for product, total in found.items()}

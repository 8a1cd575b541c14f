"""What is bought together, by loops over baskets; measures in exact fractions."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from fractions import Fraction
from math import ceil, sqrt

from ca_platform_tests.oracle.funnels import Rows
from ca_platform_tests.oracle.products import lines_by_order, sold
from ca_platform_tests.oracle.world import World, once

MOST_PAIRS = 100_000
MOST_RULES = 10_000
LEAST_ORDERS = 5

Holders = dict[str, int]
"""Of each product, who holds it: bits of a number, so that those who hold two are one operation."""


@once
def baskets(world: World) -> dict[str, set[str]]:
    """Products of each order with a line."""
    lines_of = lines_by_order(world.shop)
    return {s.order_id: {line.product for line in lines_of[s.order_id]} for s in world.orders if s.order_id in lines_of}


def holders(baskets: dict[str, set[str]]) -> Holders:
    """Orders, or customers, of each product: the first basket is the lowest bit."""
    found: Holders = defaultdict(int)
    for place, products in enumerate(baskets.values()):
        for product in products:
            found[product] |= 1 << place
    return found


def most_combined_products(world: World) -> Rows:
    orders = baskets(world)
    single = Counter(product for products in orders.values() for product in products)
    # By the first product: one table of all pairs takes twice as long.
    pairs: dict[str, Counter[str]] = defaultdict(Counter)
    for products in orders.values():
        ordered = sorted(products)
        for place, product in enumerate(ordered, start=1):
            pairs[product].update(ordered[place:])
    counts = Counter(count for seconds in pairs.values() for count in seconds.values())
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
        for a, seconds in pairs.items()
        for b, count in seconds.items()
        if count >= least
    ]


def frequent(own: Holders, least: int, size: int) -> Iterator[tuple[tuple[str, ...], int]]:
    """Sets of products that stand together in at least ``least`` orders, by intersecting their orders depth first."""
    products = sorted(product for product, rows in own.items() if rows.bit_count() >= least)

    def grown(members: tuple[str, ...], rows: int, start: int) -> Iterator[tuple[tuple[str, ...], int]]:
        for place in range(start, len(products)):
            both = rows & own[products[place]]
            if (count := both.bit_count()) >= least:
                larger = (*members, products[place])
                yield larger, count
                if len(larger) < size:
                    yield from grown(larger, both, place + 1)

    return grown((), -1, 0)


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
    single = {product: buyers.bit_count() for product, buyers in holders(customers).items()}
    revenue = _revenue(world)
    rows: Rows = []
    for product, others in _bought_by_the_same(customers).items():
        # Of whole numbers Python divides exactly rounded, so that equal scores are equal.
        squares = {other: both * both / single[other] for other, both in others.items()}
        tenth = sorted(squares.values())[-10:][0]
        near = sorted((-square, -revenue[other], other) for other, square in squares.items() if square >= tenth)
        rows += [
            {
                "product": product,
                "similar": other,
                "score": others[other] / sqrt(single[product] * single[other]),
                "rank": rank,
            }
            for rank, (_, _, other) in enumerate(near[:10], start=1)
        ]
    return rows


def _bought_by_the_same(customers: dict[str, set[str]]) -> dict[str, dict[str, int]]:
    """The other products that at least two of a product's customers bought, and how many did."""
    found: dict[str, dict[str, int]] = defaultdict(dict)
    own = list(holders(customers).items())
    for place, (product, buyers) in enumerate(own, start=1):
        for other, theirs in own[place:]:
            if (both := (buyers & theirs).bit_count()) >= 2:
                found[product][other] = found[other][product] = both
    return found


def _revenue(world: World) -> dict[str, Fraction]:
    found: dict[str, Fraction] = defaultdict(Fraction)
    for one in sold(world):
        found[one.line.product] += one.revenue
    return {product: round(total, 4) for product, total in found.items()}

"""Drawn shops as the model and as the second implementation take them."""

from __future__ import annotations

import random
from collections.abc import Sequence

import numpy as np

from ca_platform.models.recommend import Purchases
from ca_platform_tests.oracle.recommending import Known, Order

ITEMS = [f"item {n:02}" for n in range(26)]


def drawn(seed: int, customers: int = 25, days: int = 150, orders: int = 140) -> Known:
    """Customers with habits, items in fashion; orders in the order of time."""
    dice = random.Random(seed)
    habits = {f"c{n:02}": dice.sample(ITEMS, 4) for n in range(customers)}
    found = []
    for day in sorted(dice.randrange(days) for _ in range(orders)):
        customer = dice.choice(list(habits))
        fashion = ITEMS[day * len(ITEMS) // days :][:3]
        chosen = [dice.choice(dice.choice([habits[customer], habits[customer], fashion, ITEMS])) for _ in range(4)]
        found.append(Order(customer, frozenset(chosen[: dice.randrange(1, 5)]), day))
    return Known(tuple(found), days - 1)


def as_numbers(known: Known, customers: list[str], items: list[str]) -> Purchases:
    """The same as numbers, which are places in the lists."""
    rows = [
        (customers.index(order.customer), number, items.index(item), order.day)
        for number, order in enumerate(known.orders)
        for item in order.items
    ]
    return purchases(rows, len(customers), len(items))


def purchases(rows: Sequence[tuple[int, int, int, int]], n_customers: int, n_items: int) -> Purchases:
    """From customer, order, item and day."""
    customers, orders, items, days = np.array(rows, np.int64).reshape(-1, 4).T
    return Purchases(customers, orders, items, days, n_customers, n_items)

"""Nasty baskets for the nasty shops."""

from __future__ import annotations

import random
from decimal import Decimal

from ca_platform_tests.oracle.world import Line, Session

PRODUCTS = [
    "plain",
    "PLAIN",
    'say "hi"',
    "a/b\\c",
    "<img src=x onerror=alert(1)>",
    "\U0001f389",
    "Ünal",
    "two\nlines",
    " blanks ",
    "comma, inside",
    "None",
    "007",
    "7",
    "x" * 10_000,
    *(f"product {n}" for n in range(20)),
]
CATEGORIES = ["fruit", "Fruit", "<b>", None, None, "a=b", "ß"]


def nasty_lines(sessions: list[Session], seed: int) -> list[Line]:
    """A product twice in an order, null and changing categories, lines that cost money, discounts over lines that are
    worth nothing or cancel each other out, lines without a session, of sessions without purchase, orders without a
    line."""
    dice = random.Random(f"baskets {seed}")
    lines: list[Line] = []
    for session in sessions:
        if dice.random() < 0.1:
            continue
        kind = dice.choice(["plain", "plain", "plain", "free", "costly", "zero sum"])
        if kind == "zero sum":
            lines += [
                Line(session.order_id, dice.choice(PRODUCTS), Decimal(5), category="fruit"),
                Line(session.order_id, dice.choice(PRODUCTS), Decimal(0), Decimal(3), Decimal(5)),
            ]
            continue
        for _ in range(dice.randrange(1, 6)):
            # Some are bought often.
            product = PRODUCTS[int(len(PRODUCTS) * dice.random() ** 2)]
            lines.append(_line(dice, session.order_id, product, kind))
        if dice.random() < 0.3:
            lines.append(_line(dice, session.order_id, lines[-1].product, kind))
    lines += [_line(dice, f"no such order {n}", PRODUCTS[n], "plain") for n in range(5)]
    return lines


def _line(dice: random.Random, order_id: str, product: str, kind: str) -> Line:
    price = Decimal(dice.choice([1, 99, 1999, dice.randrange(1, 5000)])) / 100 if kind != "free" else Decimal(0)
    quantity = Decimal(dice.choice(["1", "1", "2", "0.3333", "12", "2.5"]))
    off = Decimal(dice.choice([0, 0, 1, 10])) / 100
    if kind == "costly" and dice.random() < 0.4:
        off = price * quantity + Decimal("1.5")
    return Line(order_id, product, price, quantity, off.quantize(Decimal("0.0001")), dice.choice(CATEGORIES))

"""What ``check`` says of sources that load well and are still wrong: lines of other orders, guests as one customer."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from ca_platform.ingest import Agreement, preview
from ca_platform_tests.ingest.small import SESSIONS, SmallShop

ORDERS = 60
HEAD = "order_id,product,price,quantity"


def notes(folder: Path, *lines: str, client: str = "") -> tuple[str, ...]:
    """What is said of orders that cost 5 to 5,000, and of these lines of theirs."""
    shop, costs = SmallShop(folder), prices()
    rows = [f"{number},{client or f'c{number}'},2024-03-25,{cost},true" for number, cost in enumerate(costs)]
    shop.sessions(*rows, header=SESSIONS)
    shop.write("lines.csv", *lines, header=HEAD)
    shop.connect("lines", "lines.csv")
    agreement = Agreement()
    return sum((preview(source, shop.settings, 2, agreement).notes for source in ("sessions", "lines")), ())


def prices() -> list[int]:
    chance = random.Random(1)
    return [round(5 * 10 ** (3 * chance.random())) for _ in range(ORDERS)]


def test_lines_of_the_orders_beside_them_are_well(tmp_path: Path) -> None:
    said = notes(tmp_path, *(f"{number},pen,{cost / 2},2" for number, cost in enumerate(prices())))
    assert not [sentence for sentence in said if "order_id" in sentence]


@pytest.mark.parametrize(
    ("line", "words"),
    [
        ("{next},pen,{half},2", "of 59 orders come to about what the order cost"),
        ("{number},pen,{cost},2", None),
        ("{number},pen,{cents},2", "The lines of only 0 of 60 orders"),
        ("x{number},pen,{half},2", "Only 0 of the first 60 orders have a line"),
    ],
)
def test_lines_of_other_orders_or_in_other_units_are_named(tmp_path: Path, line: str, words: str | None) -> None:
    rows = [
        line.format(next=number + 1, number=number, half=cost / 2, cost=cost, cents=cost * 50)
        for number, cost in enumerate(prices())
    ]
    said = [sentence for sentence in notes(tmp_path, *rows) if "order_id" in sentence]
    assert (words is None and not said) or (words is not None and words in said[0])


def test_number_of_all_guests_is_named(tmp_path: Path) -> None:
    said = " ".join(notes(tmp_path, f"{1},pen,1,1", client="0"))
    assert "60 rows have the client '0': if these are guests, they would be one customer" in said

"""Orders without a customer's number: their e-mail address stands for it, and what has none is refused, and counted."""

from __future__ import annotations

from pathlib import Path

import polars as pl
import pytest

from ca_platform.sources import guess
from ca_platform_tests.sources.guessed import load, loaded

HEAD = "order_id,customer_id,email,order_date,total"
ROWS = [
    "1,7,a@b.c,2024-03-25,5",
    "2,{guest},G@b.c,2024-03-25,6",
    "3,{guest},g@b.c,2024-03-26,7",
    "4,{guest},h@b.c,2024-03-26,8",
]


@pytest.mark.parametrize("guest", ["", "0", "guest"])
def test_guests_are_told_apart_by_their_addresses(tmp_path: Path, guest: str) -> None:
    shop = load(tmp_path, "\n".join([HEAD, *(row.format(guest=guest) for row in ROWS)]) + "\n")
    assert [row["client"] for row in shop.rows()] == ["7", "g@b.c", "g@b.c", "h@b.c"]
    assert shop.reasons() == []


def test_guests_of_lines_are_told_apart_by_their_addresses(tmp_path: Path) -> None:
    lines = [f"{row.format(guest='0')},{product}" for row in ROWS for product in ("pen", "cup")]
    shop = load(tmp_path, "\n".join([f"{HEAD},sku", *lines]) + "\n")
    assert {row["order_id"]: row["client"] for row in shop.rows()} == {
        "1": "7",
        "2": "g@b.c",
        "3": "g@b.c",
        "4": "h@b.c",
    }


def test_numbers_of_customers_with_gaps_stay_the_numbers_they_are(tmp_path: Path) -> None:
    """Some programs write a column of whole numbers with gaps as 7.0: a table of customers has 7."""
    frame = pl.read_csv("\n".join([HEAD, *(row.format(guest="") for row in ROWS)]).encode())
    frame = frame.with_columns(pl.col("customer_id").cast(pl.Float64), pl.col("order_date").str.to_date())
    frame.write_parquet(tmp_path / "rows.parquet")
    assert [row["client"] for row in loaded(tmp_path, str(tmp_path / "rows.parquet")).rows()][:2] == ["7", "g@b.c"]


@pytest.mark.parametrize("guest", ["", "0"])
def test_orders_of_nobody_are_refused_and_counted_not_made_one_customer(tmp_path: Path, guest: str) -> None:
    text = f"order_id,customer_id,order_date,total\n1,7,2024-03-25,5\n2,{guest},2024-03-25,6\n3,{guest},2024-03-25,7\n"
    shop = load(tmp_path, text)
    assert [row["client"] for row in shop.rows()] == ["7"]
    assert [reason for reason, _ in shop.reasons()] == ["missing_value", "missing_value"]
    (doubt,) = guess(str(tmp_path / "rows.csv"), "sessions").doubts
    assert doubt.startswith("2 of the first 3 rows have no customer")
    assert "'guest ' ||" in doubt


def test_address_in_capital_letters_is_the_same_customer(tmp_path: Path) -> None:
    shop = load(tmp_path, "order_id,email,order_date,total\n1,A@b.c,2024-03-25,5\n2,a@b.c,2024-03-26,6\n")
    assert {row["client"] for row in shop.rows()} == {"a@b.c"}

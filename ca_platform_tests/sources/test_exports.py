"""Exports as shop systems write them: what ``init`` proposes loads them with the right numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
import pytest

from ca_platform.sources import guess, guesses
from ca_platform_tests.sources.guessed import amounts, load, loaded

HEAD = "order_id,customer_id,order_date,total"


def test_column_without_values_is_nothing(tmp_path: Path) -> None:
    """Shopify's exports have a column of receipts' numbers, Stripe's one of invoices' numbers, which most shops leave empty."""
    text = (
        "Receipt Number,id,user_id,user_pseudo_id,Created (UTC),Amount\n,ch_1,,7,2024-03-25,5\n,ch_2,,8,2024-03-26,6\n"
    )
    shop = load(tmp_path, text)
    assert {row["order_id"]: row["client"] for row in shop.rows()} == {"ch_1": "7", "ch_2": "8"}


def test_column_that_half_the_rows_leave_empty_is_no_number_of_orders(tmp_path: Path) -> None:
    """As where only the first line of an order has its number: rows without one would be refused one by one."""
    (tmp_path / "rows.csv").write_text("order_id,customer,date,total\n1,7,2024-03-25,5\n,7,2024-03-25,6\n")
    found = guess(str(tmp_path / "rows.csv"), "sessions")
    assert "order_id" in found.missing
    assert "50% of the rows have no value" in found.unfit["order_id"]


def test_words_of_a_name_may_stand_in_another_order(tmp_path: Path) -> None:
    """PrestaShop writes id_order, and has numbers and dates of invoices beside it."""
    text = "id_order,id_customer,invoice_number,invoice_date,date_add,total_paid,delivery_date,valid\n"
    rows = "4,7,1,2024-03-26,2024-03-25 10:00:00,5,0000-00-00 00:00:00,1\n5,8,2,2024-03-27,2024-03-26 10:00:00,6,0000-00-00 00:00:00,0\n"
    shop = load(tmp_path, text + rows)
    assert {row["order_id"]: (str(row["day"]), row["has_purchased"]) for row in shop.rows()} == {
        "4": ("2024-03-25", True),
        "5": ("2024-03-26", False),
    }


def test_grid_with_names_of_months_and_words_in_brackets_loads(tmp_path: Path) -> None:
    text = (
        '"ID","Purchase Date","Customer Email","Grand Total (Base)","Grand Total (Purchased)","Status"\n'
        '"000000001","Mar 25, 2024 1:02:03 PM","a@b.c","$1,234.50","€1,111.00","Complete"\n'
        '"000000002","Mar 26, 2024 11:02:03 AM","d@e.f","$7.00","€6.00","Canceled"\n'
    )
    shop = load(tmp_path, text)
    rows = {row["order_id"]: row for row in shop.rows()}
    assert rows["000000001"]["session_start_date"] == datetime(2024, 3, 25, 13, 2, 3, tzinfo=UTC)
    assert amounts(shop) == {"000000001": Decimal("1234.5"), "000000002": 0}


def test_numbers_of_orders_that_could_be_instants_are_numbers(tmp_path: Path) -> None:
    shop = load(tmp_path, f"{HEAD}\n1000000123,7410991464714,1711360800,5\n1000000124,7410991464715,1711447200,6\n")
    assert {row["order_id"]: row["client"] for row in shop.rows()} == {
        "1000000123": "7410991464714",
        "1000000124": "7410991464715",
    }
    assert {str(row["day"]) for row in shop.rows()} == {"2024-03-25", "2024-03-26"}


def test_whole_numbers_of_days_are_dates(tmp_path: Path) -> None:
    """As warehouses of data write them: what lies in 1970 is no order of a shop."""
    frame = pl.DataFrame(
        {"order_id": [1, 2], "customer_id": [7, 8], "order_date": [20240325, 20240326], "total": [5, 6]}
    )
    frame.write_parquet(tmp_path / "rows.parquet")
    shop = loaded(tmp_path, str(tmp_path / "rows.parquet"))
    assert [str(row["day"]) for row in shop.rows()] == ["2024-03-25", "2024-03-26"]


def test_time_of_day_in_a_column_of_its_own_is_not_lost(tmp_path: Path) -> None:
    """Square's exports have the day and the time of day beside each other."""
    text = (
        "Date,Time,Net Sales,Transaction ID,Customer ID\n03/25/24,10:15:30,$5.00,t1,c1\n03/26/24,09:00:00,$6.00,t2,c2\n"
    )
    first = load(tmp_path, text).rows()[0]
    assert first["session_start_date"] == datetime(2024, 3, 25, 10, 15, 30, tzinfo=UTC)


def test_dates_in_another_form_than_those_of_the_orders_are_left_out_and_named(tmp_path: Path) -> None:
    """A source has one form of dates: Etsy's exports have two, of which the second would make each row unreadable."""
    rows = "".join(f"{day},c{day},03/{day}/24,5,03/{day}/2024,03/{day}/2024\n" for day in range(25, 31))
    shop = load(tmp_path, f"order_id,customer,Sale Date,total,session_end_date,opened_at\n{rows}")
    assert len(shop.rows()) == 6
    assert "actions" not in shop.sources["sessions"]
    assert "session_end_date is left out" in guess(str(tmp_path / "rows.csv")).doubts[0]


def test_line_that_tells_excel_the_separator_is_no_header(tmp_path: Path) -> None:
    shop = load(tmp_path, "sep=;\norder_id;customer;date;total\n1;7;2024-03-25;5,50\n2;8;2024-03-26;6,25\n")
    assert amounts(shop) == {"1": Decimal("5.5"), "2": Decimal("6.25")}


LINES = "order-id,buyer-email,purchase-date,sku,quantity-purchased,item-price"


@pytest.mark.parametrize("is_of_line", [True, False])
def test_price_that_grows_with_the_quantity_is_that_of_a_line(tmp_path: Path, *, is_of_line: bool) -> None:
    """Amazon calls both so: a product that was bought in several quantities tells which it is."""
    prices, rows = {"pen": 2, "cup": 9}, [LINES]
    for order in range(6):
        for product, price in prices.items():
            pieces = 1 + order % 3
            rows.append(f"o{order},a@b.c,2024-03-25,{product},{pieces},{price * pieces if is_of_line else price}")
    shop = load(tmp_path, "\n".join(rows) + "\n")
    assert amounts(shop) == {f"o{order}": Decimal(11 * (1 + order % 3)) for order in range(6)}
    assert {(row["product"], row["price"]) for row in shop.rows("lines")} == {("pen", 2), ("cup", 9)}


def test_price_of_which_the_rows_do_not_tell_what_it_is_is_named(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(f"{LINES}\no1,a@b.c,2024-03-25,pen,2,4\no1,a@b.c,2024-03-25,cup,1,9\n")
    doubts = guess(str(tmp_path / "rows.csv"), "sessions").doubts
    assert any("item-price is taken for that of one unit" in doubt for doubt in doubts)


def test_lines_have_their_part_of_a_total_that_all_rows_of_an_order_repeat(tmp_path: Path) -> None:
    text = (
        "order_number,customer_id,order_date,order_total,item_sku,item_quantity,item_total\n"
        "1,7,2024-03-25,20,pen,2,6\n1,7,2024-03-25,20,cup,1,9\n2,8,2024-03-25,10,cup,1,9\n2,8,2024-03-25,10,pen,1,3\n"
    )
    shop = load(tmp_path, text)
    assert amounts(shop) == {"1": 20, "2": 10}
    assert {(row["product"], row["price"]) for row in shop.rows("lines")} == {("pen", 3), ("cup", 9)}


def test_sessions_that_began_in_the_same_second_are_two(tmp_path: Path) -> None:
    """Google Analytics numbers a session by its second, and says with each item what the whole order cost."""
    second = 1_711_360_800
    rows = [
        {"event_timestamp": (second + late) * 1_000_000, "event_name": name, "user_pseudo_id": user, "user_id": None}
        | {"ga_session_id": second, "item_id": item, "price": price, "quantity": pieces, "purchase_revenue": total}
        for user, late, name, item, price, pieces, total in (
            ("a", 0, "session_start", None, None, None, None),
            ("a", 9, "purchase", "pen", 5.0, 2, 24.9),
            ("a", 9, "purchase", "cup", 10.0, 1, 24.9),
            ("b", 0, "session_start", None, None, None, None),
            ("b", 5, "view_item", "cup", 10.0, 1, None),
        )
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "events.parquet")
    shop = loaded(tmp_path, str(tmp_path / "events.parquet"))
    assert amounts(shop) == {f"a {second}": Decimal("24.9"), f"b {second}": 0}
    assert {(row["order_id"], row["product"]) for row in shop.rows("lines")} == {
        (f"a {second}", "pen"),
        (f"a {second}", "cup"),
    }


CANCELLED = [
    ("Cancelled at", ("", "2024-03-26 10:00:00", "")),
    ("is_cancelled", ("false", "true", "false")),
    ("status", ("bezahlt", "Storniert", "offen")),
    ("status", ("paid", "geannuleerd", "pending")),
]


@pytest.mark.parametrize(("column", "values"), CANCELLED)
def test_order_that_any_column_says_was_cancelled_is_no_purchase(
    tmp_path: Path, column: str, values: tuple[str, ...]
) -> None:
    rows = "".join(f"{number},7,2024-03-25,5,{value}\n" for number, value in enumerate(values))
    shop = load(tmp_path, f"{HEAD},{column}\n{rows}")
    assert [row["has_purchased"] for row in shop.rows()] == [True, False, True]
    assert "actions" not in shop.sources["sessions"]


def test_order_of_which_some_lines_were_cancelled_keeps_the_others(tmp_path: Path) -> None:
    rows = [
        *("o1,7,2024-03-25,pen,1,5,shipped", "o1,7,2024-03-25,cup,1,9,cancelled"),
        *("o2,8,2024-03-25,pen,1,5,cancelled", "o2,8,2024-03-25,cup,1,9,cancelled"),
        *("o3,8,2024-03-25,pen,1,5,shipped", "o3,8,2024-03-25,cup,2,9,shipped"),
    ]
    shop = load(
        tmp_path, "\n".join(["order_id,customer_id,order_date,sku,quantity,unit_price,item_status", *rows]) + "\n"
    )
    assert amounts(shop) == {"o1": 5, "o2": 0, "o3": 23}
    assert [row["has_purchased"] for row in shop.rows()] == [True, False, True]
    assert [row["order_id"] for row in shop.rows("lines")] == ["o1", "o3", "o3"]


def test_states_by_numbers_and_refunds_are_named(tmp_path: Path) -> None:
    rows = "1,7,2024-03-25,5,5,0.00\n2,7,2024-03-26,6,7,2.00\n"
    (tmp_path / "rows.csv").write_text(f"{HEAD},order_status_id,Refunded Amount\n{rows}")
    said = " ".join(guess(str(tmp_path / "rows.csv")).doubts)
    assert "order_status_id says by numbers" in said
    assert "1 of the first 2 rows have a refund in Refunded Amount" in said


def test_amount_or_flag_that_all_rows_have_alike_is_no_step(tmp_path: Path) -> None:
    rows = "1,7,2024-03-25,5,0,1,0\n2,7,2024-03-26,6,0,1,1\n"
    (tmp_path / "rows.csv").write_text(f"{HEAD},fee_total,is_web,shipping_tax\n{rows}")
    assert "actions" not in guess(str(tmp_path / "rows.csv")).mapping


def test_rows_that_lack_a_customer_are_said_to_be_no_sessions(tmp_path: Path) -> None:
    text = "amazon-order-id\tpurchase-date\tsku\tquantity\titem-price\no1\t2024-03-25\tpen\t1\t5\n"
    (tmp_path / "rows.txt").write_text(text)
    (found,) = guesses(str(tmp_path / "rows.txt"))
    assert found.source == "lines"
    assert found.no_sessions == ("client",)


def test_columns_without_a_name_are_no_obstacle(tmp_path: Path) -> None:
    """Lines of tables that were saved by a spreadsheet often end in separators."""
    assert amounts(load(tmp_path, f"{HEAD},,\n1,7,2024-03-25,5,,\n2,7,2024-03-26,6,,\n")) == {"1": 5, "2": 6}


def test_header_alone_says_what_has_no_values(tmp_path: Path) -> None:
    (tmp_path / "rows.csv").write_text(f"{HEAD}\n")
    assert "has no values" in guess(str(tmp_path / "rows.csv"), "sessions").unfit["payment_amount"]

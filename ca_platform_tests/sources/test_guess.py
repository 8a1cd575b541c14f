"""Tables whose rows are no orders: what ``init`` proposes makes orders of them and loads with the right numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ca_platform.sources import guess, guesses
from ca_platform_tests.ingest.small import SmallShop
from ca_platform_tests.sources.guessed import amounts, load

LINES = """\
Order ID;Customer;Order Date;Product;Kind;Region;Sales;Quantity;Discount
o1;7;25.03.2024;pen;office;North;10,50;2;0,2
o1;7;25.03.2024;desk;furniture;North;100,00;1;0
o2;8;26.03.2024;pen;office;South;5,25;1;0
o2;8;26.03.2024;lamp;light;South;20,00;4;0,2
"""


def test_lines_become_one_order_each_and_its_lines(tmp_path: Path) -> None:
    shop = load(tmp_path, LINES)
    assert amounts(shop) == {"o1": Decimal("110.5"), "o2": Decimal("25.25")}
    lines = {(row["order_id"], row["product"]): (row["price"], row["quantity"]) for row in shop.rows("lines")}
    assert lines == {
        ("o1", "pen"): (Decimal("5.25"), 2),
        ("o1", "desk"): (Decimal(100), 1),
        ("o2", "pen"): (Decimal("5.25"), 1),
        ("o2", "lamp"): (Decimal(5), 4),
    }


def test_only_what_an_order_has_once_is_a_dimension(tmp_path: Path) -> None:
    shop = load(tmp_path, LINES)
    assert shop.sources["sessions"]["dimensions"] == ["Region"]


def test_total_that_is_repeated_on_each_line_counts_once(tmp_path: Path) -> None:
    head = "Name,Email,Created at,Total,Discount Code,Lineitem name,Lineitem price,Lineitem quantity\n"
    rows = (
        "#1,a@b.c,2024-03-25 10:00:00 +0100,30.00,SPRING,pen,10.00,1\n"
        "#1,a@b.c,2024-03-25 10:00:00 +0100,,,ink,20.00,1\n"
        "#2,d@e.f,2024-03-26 10:00:00 +0100,15.00,,pen,10.00,2\n"
        "#2,d@e.f,2024-03-26 10:00:00 +0100,15.00,,ink,20.00,1\n"
    )
    shop = load(tmp_path, head.replace("Name,", "Order number,") + rows)
    assert amounts(shop) == {"#1": Decimal(30), "#2": Decimal(15)}
    assert {row["order_id"]: row["promotion_id"] for row in shop.rows()} == {"#1": "SPRING", "#2": None}


def test_orders_that_shopify_exports_load_whole(tmp_path: Path) -> None:
    """It calls the number of an order Name, and says only in the first line of an order what the whole order has."""
    head = "Name,Email,Financial Status,Currency,Total,Discount Code,Discount Amount,Created at,Lineitem quantity,Lineitem name,Lineitem price,Shipping Country"
    shop = load(
        tmp_path,
        f"{head}\n"
        "#1002,a@b.c,refunded,EUR,27.00,SPRING,3.00,2024-03-26 10:00:00 +0100,1,pen,10.00,DE\n"
        "#1002,a@b.c,,,,,,2024-03-26 10:00:00 +0100,2,ink,10.00,\n"
        "#1001,d@e.f,paid,EUR,15.00,,0.00,2024-03-25 10:00:00 +0100,1,pen,10.00,FR\n"
        "#1001,d@e.f,,,,,,2024-03-25 10:00:00 +0100,1,cup,5.00,\n",
    )
    rows = {row["order_id"]: row for row in shop.rows()}
    assert {name: row["has_purchased"] for name, row in rows.items()} == {"#1001": True, "#1002": False}
    assert rows["#1001"]["payment_amount"] == 15
    assert shop.sources["sessions"]["dimensions"] == ["Financial Status", "Shipping Country"]
    assert shop.reasons() == []
    assert len(shop.rows("lines")) == 4


def test_address_or_single_value_is_no_dimension(tmp_path: Path) -> None:
    rows = "".join(
        f"{n},c{n},2024-03-25,5,u{n % 3}@a.io,{'web' if n % 2 else ''},{'DE' if n % 2 else 'FR'}\n" for n in range(9)
    )
    (tmp_path / "rows.csv").write_text(f"order_id,customer,date,amount,contact,source,country\n{rows}")
    assert guess(str(tmp_path / "rows.csv"), "sessions").mapping["dimensions"] == ["country"]


def test_amount_of_an_order_with_an_unreadable_line_is_refused_not_understated(tmp_path: Path) -> None:
    head, *rows = LINES.splitlines()
    shop = load(tmp_path, "\n".join([head, *(rows * 3), "o3;9;27.03.2024;pen;office;South;broken;1;0"]) + "\n")
    assert "o3" not in amounts(shop)
    assert shop.reasons() == [("missing_value", "payment_amount")]


@pytest.mark.parametrize(
    ("amounts_", "read"),
    [
        (("$1,234.50", "$7", "$ 9.00"), ("1234.5", "7", "9")),
        (("1.234,50 €", "7 €", "9,00 €"), ("1234.5", "7", "9")),
        (("CHF 1'234.50", "CHF 7.00", "CHF 9.25"), ("1234.5", "7", "9.25")),
        (("1\u202f234,50 kr", "7 kr", "9,25 kr"), ("1234.5", "7", "9.25")),
        (("₹1,23,456", "₹7", "₹9"), ("123456", "7", "9")),
        (("¥1,234", "¥12,000", "¥9"), ("1234", "12000", "9")),
        (("1,234", "12.5", "9"), ("1234", "12.5", "9")),
        (("KD 1.234", "KD 12.500", "KD 9.000"), ("1.234", "12.5", "9")),
    ],
)
@pytest.mark.parametrize("is_lines", [False, True])
def test_amounts_load_as_people_write_them(
    tmp_path: Path, amounts_: tuple[str, ...], read: tuple[str, ...], *, is_lines: bool
) -> None:
    rows = [f"o{number};c{number};2024-03-25;pen;{text}" for number, text in enumerate(amounts_)]
    rows += [f"o{number};c{number};2024-03-25;pen;{text}" for number, text in enumerate(amounts_)] if is_lines else []
    shop = load(tmp_path, "\n".join(["order_id;customer;date;product;amount", *rows]))
    assert ("query" in shop.sources["sessions"]) == is_lines
    assert amounts(shop) == {f"o{number}": Decimal(text) for number, text in enumerate(read)}


def test_amounts_of_another_currency_are_refused_and_those_in_brackets_are_negative(tmp_path: Path) -> None:
    texts = ("$5", "$6", "$7", "$8", "£9", "(3.00)", "$(4.00)", "-$1.00", "$2", "$3", "$4")
    rows = [f"o{number},c,2024-03-25,{text}" for number, text in enumerate(texts)]
    shop = load(tmp_path, "\n".join(["order_id,customer,date,amount", *rows]))
    negative = ("negative_amount", "amount")
    assert sorted(shop.reasons()) == [negative, negative, negative, ("unreadable_number", "amount")]
    assert shop.sources["sessions"]["currency_mark"] == "$"


def test_codes_of_coupons_are_no_amounts(tmp_path: Path) -> None:
    rows = "".join(f"o{number},c,2024-03-25,5,TOP{10 * (number % 3)}\n" for number in range(9))
    (tmp_path / "rows.csv").write_text(f"order_id,client,date,amount,code\n{rows}")
    found = guess(str(tmp_path / "rows.csv"), "sessions").mapping
    assert found["dimensions"] == ["code"]
    assert "currency_mark" not in found


def test_purchases_without_a_number_are_one_order_per_customer_and_time(tmp_path: Path) -> None:
    rows = "customer_id,date,value\n4,2024-03-25,29.33\n4,2024-03-25,1.00\n4,2024-03-27,14.96\n9,2024-03-25,5\n"
    assert amounts(load(tmp_path, rows)) == {
        "4 2024-03-25": Decimal("30.33"),
        "4 2024-03-27": Decimal("14.96"),
        "9 2024-03-25": Decimal(5),
    }


def test_log_of_events_becomes_sessions(tmp_path: Path) -> None:
    shop = load(
        tmp_path,
        "event_time,event_type,product_id,price,user_id,user_session\n"
        "2024-03-25 10:00:00,view,1,5.50,7,s1\n"
        "2024-03-25 10:01:00,cart,1,5.50,7,s1\n"
        "2024-03-25 10:02:00,purchase,1,5.50,7,s1\n"
        "2024-03-26 10:00:00,view,2,9.00,8,s2\n"
        "2024-03-26 10:00:30,view,1,5.50,8,s2\n",
    )
    rows = {row["order_id"]: row for row in shop.rows()}
    assert amounts(shop) == {"s1": Decimal("5.5"), "s2": Decimal(0)}
    assert [rows[name]["has_purchased"] for name in ("s1", "s2")] == [True, False]
    assert sorted(shop.sources["sessions"]["actions"]) == ["cart", "view"]
    assert [(row["order_id"], row["product"]) for row in shop.rows("lines")] == [("s1", "1")]


def test_events_of_google_analytics_become_sessions(tmp_path: Path) -> None:
    """Their instants are microseconds, their first event is called as a step that every funnel has anyway."""
    micro = 1_711_360_800_000_000  # 2024-03-25 10:00 UTC
    events = [
        ("s1", "a.1", 0, "session_start", None, None),
        ("s1", "a.1", 5, "add_to_cart", "pen", 5.5),
        ("s1", "a.1", 9, "purchase", "pen", 5.5),
        ("s2", "b.2", 20, "session_start", None, None),
        ("s2", "b.2", 25, "add_to_cart", "cup", 9.0),
    ]
    rows = [
        {
            "event_timestamp": micro + at * 60_000_000,
            "event_name": event,
            "user_pseudo_id": user,
            "ga_session_id": session,
        }
        | {"item_id": item, "item_price": price}
        for session, user, at, event, item, price in events
    ]
    pl.DataFrame(rows).write_parquet(tmp_path / "events.parquet")
    shop = SmallShop(tmp_path)
    shop.sources = {each.source: each.mapping for each in guesses(str(tmp_path / "events.parquet"))}
    for source in shop.sources:
        shop.load(source)
    assert amounts(shop) == {"s1": Decimal("5.5"), "s2": Decimal(0)}
    assert shop.sources["sessions"]["actions"] == ["add_to_cart"]
    first = min(row["session_start_date"] for row in shop.rows())
    assert first == datetime(2024, 3, 25, 10, tzinfo=UTC)
    assert [(row["order_id"], row["product"]) for row in shop.rows("lines")] == [("s1", "pen")]


def test_few_orders_that_were_written_twice_are_no_lines(tmp_path: Path) -> None:
    rows = "".join(f"{number},c{number % 3},2024-03-25,p,5\n" for number in [*range(20), 3])
    (tmp_path / "rows.csv").write_text(f"order_id,client,date,product,amount\n{rows}")
    assert "query" not in guess(str(tmp_path / "rows.csv"), "sessions").mapping


GUESSES: list[tuple[str, str, dict[str, Any]]] = [
    # Tables that frameworks make call their own key `id`.
    (
        "id,user_id,created_at,total\n1,7,2024-03-25,5\n2,7,2024-03-26,6\n",
        "sessions",
        {"order_id": "id", "client": "user_id", "session_start_date": "created_at", "payment_amount": "total"},
    ),
    ("id,email,created_at\n7,a@b.c,2024-03-25\n", "customers", {"client": "id", "download_date": "created_at"}),
    # The better name is taken, wherever it stands.
    (
        "number,amount,created_at,order_date,order_id,customer_id,total\n4,2,2024-03-25,2024-03-24,9,7,5\n",
        "sessions",
        {"client": "customer_id", "session_start_date": "order_date", "payment_amount": "total"},
    ),
]


@pytest.mark.parametrize(("text", "source", "columns"), GUESSES)
def test_best_name_is_taken(tmp_path: Path, text: str, source: str, columns: dict[str, str]) -> None:
    (tmp_path / "rows.csv").write_text(text)
    found = guess(str(tmp_path / "rows.csv"))
    assert (found.source, found.mapping["columns"]) == (source, columns)


@pytest.mark.parametrize("written", ["2024/03/26 10:15", "26.03.24", "3/26/2024 10:15 AM", "26-03-2024T10:15:30"])
def test_form_of_dates_is_found_and_loads(tmp_path: Path, written: str) -> None:
    shop = load(tmp_path, f"order_id,customer,date,total\n1,c,{written},1\n2,c,{written},2\n")
    assert {str(row["day"]) for row in shop.rows()} == {"2024-03-26"}


def test_month_before_day_is_seen_in_the_first_days_of_a_month(tmp_path: Path) -> None:
    """As in a file that begins on the first of December, whose first days are after the twelfth far below."""
    rows = "".join(f"{day},c,4/{day}/2024 8:26,1\n" for day in range(1, 6))
    shop = load(tmp_path, f"order_id,customer,date,total\n{rows}")
    assert sorted({str(row["day"]) for row in shop.rows()}) == [f"2024-04-{day:02}" for day in range(1, 6)]


@pytest.mark.parametrize(("gift", "is_order"), [((1, 0, 1), False), ((1, 1, 0), True)])
def test_flag_says_who_bought_only_where_it_goes_with_the_amounts(
    tmp_path: Path, gift: tuple[int, ...], *, is_order: bool
) -> None:
    rows = "".join(f"{n},c{n},2024-03-25,{5 if n < 2 else 0},{flag}\n" for n, flag in enumerate(gift))
    (tmp_path / "rows.csv").write_text(f"order_id,customer_id,order_date,amount,is_gift\n{rows}")
    found = guess(str(tmp_path / "rows.csv"))
    assert (found.mapping["columns"].get("has_purchased") == "is_gift") is is_order
    assert (found.mapping.get("constants") == {"has_purchased": True}) is not is_order


def test_cancelled_orders_are_no_purchases(tmp_path: Path) -> None:
    head = "order_id,customer,date,total,status\n"
    shop = load(tmp_path, head + "1,7,2024-03-25,5,paid\n2,7,2024-03-25,6,Cancelled\n3,7,2024-03-26,7,\n")
    assert {row["order_id"]: row["has_purchased"] for row in shop.rows()} == {"1": True, "2": False, "3": True}
    assert amounts(shop)["2"] == 0


def test_cancelled_lines_are_no_purchases(tmp_path: Path) -> None:
    head, *rows = LINES.splitlines()
    states = ("paid", "paid", "refunded", "refunded")
    lines = [f"{row};{state}" for row, state in zip(rows, states, strict=True)]
    shop = load(tmp_path, "\n".join([f"{head};Status", *lines]) + "\n")
    assert {row["order_id"]: row["has_purchased"] for row in shop.rows()} == {"o1": True, "o2": False}


def test_share_is_no_amount_of_discount_and_dates_of_delivery_are_no_steps(tmp_path: Path) -> None:
    text = "order_id,customer,date,total,discount,shipped_at\n1,7,2024-03-25,5,0.2,2024-03-26\n2,8,2024-03-25,6,0,\n"
    (tmp_path / "rows.csv").write_text(text)
    mapping = guess(str(tmp_path / "rows.csv")).mapping
    assert "discount_amount" not in mapping["columns"]
    assert "actions" not in mapping


def test_folder_of_different_files_is_several_sources(tmp_path: Path) -> None:
    (tmp_path / "customers.csv").write_text("id,email,created_at\n7,a@b.c,2024-03-25\n")
    (tmp_path / "orders.csv").write_text("id,user_id,created_at,total\n1,7,2024-03-25,5\n2,7,2024-03-26,6\n")
    (tmp_path / "order_items.csv").write_text("order_id,product_id,price,quantity\n1,p,5,1\n")
    (tmp_path / "products.csv").write_text("product_id,title\np,Pen\n")
    found = {each.source: Path(each.mapping["path"]).name for each in guesses(str(tmp_path))}
    assert found == {"customers": "customers.csv", "sessions": "orders.csv", "lines": "order_items.csv"}


def test_folder_in_which_nothing_fits_still_says_what_is_missing(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text("colour,hex\nred,#f00\n")
    (tmp_path / "b.csv").write_text("order_id,comment\n1,good\n")
    assert guess(str(tmp_path)).missing


def test_folder_of_like_files_is_one_source(tmp_path: Path) -> None:
    for year in (2023, 2024):
        (tmp_path / f"{year}.csv").write_text(f"order_id,customer,date,total\n{year},7,{year}-03-25,5\n")
    assert [(each.source, each.mapping["path"]) for each in guesses(str(tmp_path))] == [("sessions", str(tmp_path))]


def test_visits_without_an_amount_are_no_purchases(tmp_path: Path) -> None:
    text = "session_id,user_id,started_at,amount\ns1,7,2024-03-25 10:00,\ns2,7,2024-03-25 11:00,5\ns3,8,2024-03-26,0\n"
    shop = load(tmp_path, text)
    assert {row["order_id"]: row["has_purchased"] for row in shop.rows()} == {"s1": False, "s2": True, "s3": False}


def test_free_order_is_an_order(tmp_path: Path) -> None:
    shop = load(tmp_path, "order_id,user_id,ordered_at,amount\no1,7,2024-03-25,5\no2,7,2024-03-26,0\n")
    assert [row["has_purchased"] for row in shop.rows()] == [True, True]

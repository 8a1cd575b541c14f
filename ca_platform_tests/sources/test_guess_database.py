"""Databases, with tables whose rows are no orders: what ``init`` proposes finds the tables and loads the right numbers."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from ca_platform.sources import guesses
from ca_platform_tests.services.postgresql import PostgresqlServer
from ca_platform_tests.sources.guessed import amounts, load, load_database


@pytest.fixture
def database(postgresql_server: PostgresqlServer, request: pytest.FixtureRequest) -> Iterator[str]:
    """The address of a database that no other test writes to."""
    name = f"guessed_{abs(hash(request.node.name))}"
    with psycopg.connect(postgresql_server.url, autocommit=True) as connection:
        connection.execute(f"CREATE DATABASE {name}")
        yield f"{postgresql_server.url.rpartition('/')[0]}/{name}"
        connection.execute(f"DROP DATABASE {name} WITH (FORCE)")


def test_all_tables_of_a_shop_are_found_among_hundreds(database: str) -> None:
    with psycopg.connect(database, autocommit=True) as connection:
        for number in range(210):
            connection.execute(f"CREATE TABLE a_{number:03} (name text)")
        connection.execute("CREATE TABLE users (id int, email text, created_at timestamptz)")
        connection.execute("CREATE TABLE orders (id int, user_id int, created_at timestamptz, total numeric(10, 2))")
        connection.execute(
            "CREATE TABLE order_items (id int, order_id int, product_id int, price numeric, quantity int)"
        )
        connection.execute("CREATE TABLE products (id int, title text, price numeric)")
        connection.execute("INSERT INTO orders VALUES (1, 7, '2024-03-25', 5)")
        connection.execute("INSERT INTO users VALUES (7, 'a@b.c', '2024-03-25')")
    found = {each.source: each.mapping for each in guesses(database)}
    assert {source: mapping["table"] for source, mapping in found.items()} == {
        "sessions": "orders",
        "customers": "users",
        "lines": "order_items",
    }
    assert found["sessions"]["columns"]["client"] == "user_id"
    assert found["customers"]["columns"]["client"] == "id"


def test_lines_in_a_database_become_one_order_each_and_its_lines(tmp_path: Path, database: str) -> None:
    shop = load_database(
        tmp_path,
        database,
        'CREATE TABLE sales ("Order ID" text, customer uuid, "Order Date" timestamp, product int, price float8, '
        "quantity int, region text, status text)",
        "INSERT INTO sales VALUES "
        "('o1', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2024-03-25 10:00', 1, 5.25, 2, 'North', 'paid'),"
        "('o1', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2024-03-25 10:00', 2, 100.1, 1, 'North', 'paid'),"
        "('o2', 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2024-03-26 10:00', 1, 5.25, 1, 'South', 'cancelled'),"
        "('o2', 'b0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '2024-03-26 10:00', 3, 5.00, 4, 'South', 'cancelled')",
    )
    assert amounts(shop) == {"o1": Decimal("110.6"), "o2": Decimal(0)}
    assert {row["order_id"]: row["has_purchased"] for row in shop.rows()} == {"o1": True, "o2": False}
    assert shop.sources["sessions"]["dimensions"] == ["region", "status"]
    assert {(row["order_id"], row["product"], row["price"]) for row in shop.rows("lines")} == {
        ("o1", "1", Decimal("5.25")),
        ("o1", "2", Decimal("100.1")),
        ("o2", "1", Decimal("5.25")),
        ("o2", "3", Decimal(5)),
    }


def test_tables_of_magento_load_with_their_discounts(tmp_path: Path, database: str) -> None:
    """It writes discounts as negative amounts, and calls the key of each table entity_id."""
    shop = load_database(
        tmp_path,
        database,
        "CREATE TABLE sales_order (entity_id int, status text, store_id int, customer_id int, discount_amount numeric(20, 4), "
        "grand_total numeric(20, 4), increment_id text, created_at timestamp, updated_at timestamp)",
        "CREATE TABLE customer_entity (entity_id int, email text, created_at timestamp, updated_at timestamp, dob date)",
        "CREATE TABLE catalog_product_entity (entity_id int, sku text, created_at timestamp)",
        "CREATE TABLE sales_order_item (item_id int, order_id int, sku text, qty_ordered numeric, price numeric(12, 4))",
        "INSERT INTO sales_order VALUES (1, 'complete', 1, 7, -1, 9, '0001', '2024-03-25', '2024-03-26'), "
        "(2, 'canceled', 1, 7, 0, 5, '0002', '2024-03-25', '2024-03-26'), (3, 'complete', 1, 8, 0, 6, '0003', '2024-03-26', "
        "'2024-03-26')",
        "INSERT INTO customer_entity VALUES (7, 'a@b.c', '2024-03-25', '2024-03-26', '1980-01-01'), "
        "(8, 'd@e.f', '2024-03-25', '2024-03-26', NULL)",
        "INSERT INTO sales_order_item VALUES (1, 1, 'pen', 2, 5), (2, 2, 'pen', 1, 5), (3, 3, 'cup', 1, 6)",
    )
    rows = {row["order_id"]: (row["client"], row["payment_amount"], row["discount_amount"]) for row in shop.rows()}
    assert rows == {"1": ("7", 9, 1), "2": ("7", 0, 0), "3": ("8", 6, 0)}
    assert {row["client"] for row in shop.rows("customers")} == {"7", "8"}
    assert {(row["order_id"], row["quantity"]) for row in shop.rows("lines")} == {("1", 2), ("2", 1), ("3", 1)}
    assert not {"actions", "dimensions"} & shop.sources["customers"].keys()
    assert "actions" not in shop.sources["sessions"] or "store_id" not in shop.sources["sessions"]["actions"]
    assert [shop.reasons(source) for source in shop.sources] == [[], [], []]


def test_log_of_events_in_a_database_becomes_sessions(tmp_path: Path, database: str) -> None:
    shop = load_database(
        tmp_path,
        database,
        "CREATE TABLE events (event_time timestamptz, event_type text, product_id int, price numeric(9, 2), user_id int, "
        "user_session text)",
        "INSERT INTO events VALUES ('2024-03-25 10:00Z', 'view', 1, 5.50, 7, 's1'), ('2024-03-25 10:02Z', 'purchase', 1, 5.50, "
        "7, 's1'), ('2024-03-26 10:00Z', 'view', 2, 9.00, 8, 's2'), ('2024-03-26 10:01Z', 'view', 1, 5.50, 8, 's2')",
    )
    assert amounts(shop) == {"s1": Decimal("5.5"), "s2": Decimal(0)}
    assert shop.sources["sessions"]["actions"] == ["view"]
    assert [(row["order_id"], row["product"]) for row in shop.rows("lines")] == [("s1", "1")]


def test_rare_states_of_orders_are_found_behind_the_first_rows(tmp_path: Path, database: str) -> None:
    rows = "select n, n % 7, timestamp '2024-03-25' + n * interval '1 minute', 5, 'complete' from generate_series(1, 6000) n"
    shop = load_database(
        tmp_path,
        database,
        "CREATE TABLE orders (id int, user_id int, created_at timestamp, total int, status text)",
        f"INSERT INTO orders {rows}",
        "INSERT INTO orders VALUES (6001, 1, '2024-03-31', 5, 'canceled')",
    )
    bought = {row["order_id"]: row["has_purchased"] for row in shop.rows()}
    assert (bought["1"], bought["6001"]) == (True, False)


def test_rare_states_in_files_are_found_behind_the_first_rows(tmp_path: Path) -> None:
    rows = "".join(f"{n},{n % 7},2024-03-25,5,complete\n" for n in range(60_000))
    shop = load(tmp_path, f"id,user_id,created_at,total,status\n{rows}60001,1,2024-03-25,5,canceled\n")
    assert sum(not row["has_purchased"] for row in shop.rows()) == 1


_TEXTS = {
    "o1": "€ 1.234,50",
    "o2": "(12,00)",
    "o3": "-3,00 €",
    "o4": "12,00 €",
    "o5": "much",
    **{f"p{number}": f"{number} €" for number in range(9)},
}


@pytest.mark.parametrize("is_lines", [False, True])
def test_amounts_in_texts_of_a_database_load_as_people_write_them(
    tmp_path: Path, database: str, *, is_lines: bool
) -> None:
    """Beside a column of numbers, which a server writes with a point whatever the texts of its table are like."""
    rows = [
        f"('{order}', 'c{order}', '2024-03-25', 'pen', '{text}', 1.25)"
        for order, text in _TEXTS.items()
        for _ in range(1 + is_lines)
    ]
    shop = load_database(
        tmp_path,
        database,
        "CREATE TABLE orders (order_id text, customer text, date timestamp, product text, total text, discount numeric(9, 2))",
        f"INSERT INTO orders VALUES {', '.join(rows)}",
    )
    assert ("query" in shop.sources["sessions"]) == is_lines
    whole = {f"p{number}": Decimal(number) for number in range(9)}
    assert amounts(shop) == {"o1": Decimal("1234.5"), "o4": Decimal(12), **whole}
    assert {row["discount_amount"] for row in shop.rows()} == {Decimal("1.25")}
    unread = ("missing_value", "payment_amount") if is_lines else ("unreadable_number", "total")
    negative = ("negative_amount", "payment_amount" if is_lines else "total")
    assert sorted(shop.reasons()) == sorted([negative, negative, unread])

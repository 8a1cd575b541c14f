"""Mapping, constants, dimensions, actions, promotions; what check and init see."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from ca_platform.errors import ConfigurationError, SourceError
from ca_platform.ingest import day_range, preview
from ca_platform.ingest.values import read_flag, read_money, read_text
from ca_platform.ranges import newest_in_source
from ca_platform.sources import guess
from ca_platform_tests.ingest.small import SmallShop

HEAD = "OrderNo,Who,Started,Total,Country,view,basket,coupon,variant"
ROWS = (
    "1,7,2024-03-25 10:00,12.50,UK,2024-03-25 10:01,yes,SPRING,A",
    "2,007,2024-03-26 10:00,0,,,no,,",
    "3,None,2024-03-26 11:00,3,NA,2024-03-26 11:01,,NA,B",
)
COLUMNS = {"order_id": "OrderNo", "client": "Who", "session_start_date": "Started", "payment_amount": "Total"}


@pytest.fixture
def mapped(shop: SmallShop) -> SmallShop:
    shop.sessions(
        *ROWS,
        header=HEAD,
        columns={**COLUMNS, "country": "Country"},
        constants={"has_purchased": True, "channel": "web", "discount_amount": 0.5},
        dimensions=["country", "channel"],
        actions=["view", "basket"],
        experiments=["variant"],
        promotion_id="coupon",
    )
    return shop


def test_columns_constants_and_own_names_become_lake_columns(mapped: SmallShop) -> None:
    summary = mapped.load()
    assert summary.actions == {"view": "time", "basket": "flag"}
    first, second, third = mapped.rows()
    assert first == {
        "day": date(2024, 3, 25),
        "order_id": "1",
        "client": "7",
        "session_start_date": datetime(2024, 3, 25, 10, tzinfo=UTC),
        "session_end_date": None,
        "payment_amount": Decimal("12.5"),
        "discount_amount": Decimal("0.5"),
        "has_purchased": True,
        "promotion_id": "SPRING",
        "dimensions.country": "UK",
        "dimensions.channel": "web",
        "actions.view": True,
        "actions.basket": True,
        "action_times.view": datetime(2024, 3, 25, 10, 1, tzinfo=UTC),
        "action_times.basket": None,
        "experiments.variant": "A",
    }
    assert (second["client"], second["dimensions.country"], second["actions.view"]) == ("007", None, False)
    assert (third["client"], third["dimensions.country"], third["promotion_id"]) == ("None", "NA", "NA")


def test_columns_of_the_lake_do_not_depend_on_what_is_mapped(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true")
    shop.load()
    names = shop.lake.scan("sessions").collect_schema().names()
    assert {"session_end_date", "discount_amount", "promotion_id"} <= set(names)


def test_preview_shows_mapped_rows_without_touching_the_lake(mapped: SmallShop) -> None:
    seen = preview("sessions", mapped.settings, rows=2)
    assert seen.rows.height == 2
    assert seen.rows["dimensions.channel"].to_list() == ["web", "web"]
    assert seen.totals == {"read": 3, "loaded": 3, "quarantined": 0, "out_of_range": 0, "open": 0, "adjusted": 0}
    assert seen.actions == {"view": "time", "basket": "flag"}
    assert (seen.first_day, seen.last_day) == (date(2024, 3, 25), date(2024, 3, 26))
    assert seen.columns["client"] == "Who"
    assert not (mapped.folder / "lake").exists()


def test_preview_counts_what_a_load_would(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true", "1,c,2024-03-26,1,true", "2,c,2020-01-01,1,true", "3,c,2024-03-25,-1,true")
    seen = preview("sessions", shop.settings)
    loaded = shop.load()
    assert (seen.totals, seen.reasons) == (loaded.totals, loaded.reasons)
    assert seen.bad["row_number"].to_list() == [5, 3] or seen.bad["row_number"].to_list() == [3, 5]


def test_day_range_goes_by_local_days_and_ignores_bad_dates(shop: SmallShop) -> None:
    shop.sessions("1,c,2020-06-30T23:30:00Z,1,true", "2,c,2024-03-31T22:30:00Z,1,true", "3,c,9999-12-31,1,true")
    assert day_range("sessions", shop.settings) == (date(2020, 7, 1), date(2024, 3, 31))
    shop.sessions("1,c,soon,1,true", "2,c,later,1,true")
    with pytest.raises(SourceError, match="date_format"):
        day_range("sessions", shop.settings)
    shop.sessions()
    assert day_range("sessions", shop.settings) is None
    shop.write("customers.csv", "a,2024-01-01", header="client,download_date")
    shop.connect("customers", "customers.csv")
    assert day_range("customers", shop.settings) is None


def test_row_of_a_day_to_come_is_not_the_newest_day_of_the_data(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-30,1,true", "2,c,2024-03-31,1,true", "3,c,2099-01-01,1,true")
    assert newest_in_source(shop.settings) == date(2024, 3, 31)
    shop.sessions("3,c,2099-01-01,1,true")
    with pytest.raises(SourceError, match="no rows with a date up to"):
        newest_in_source(shop.settings)


def test_source_that_is_not_connected_is_named(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true")
    with pytest.raises(ConfigurationError, match=r"Add `sources\.lines`"):
        shop.load("lines")
    with pytest.raises(ConfigurationError, match="no source"):
        shop.load("orders")


def test_one_action_with_flags_in_one_file_and_times_in_another_is_an_error(shop: SmallShop) -> None:
    head = "order_id,client,session_start_date,payment_amount,has_purchased,view"
    shop.write("s/1.csv", "1,c,2024-03-25,1,true,yes", header=head)
    shop.write("s/2.csv", "2,c,2024-03-25,1,true,2024-03-25T10:00:00Z", header=head)
    shop.connect("sessions", "s/*.csv", actions=["view"])
    with pytest.raises(SourceError, match="mixes flags"):
        shop.load()


@pytest.mark.parametrize(
    ("values", "texts"),
    [
        (pl.Series([17850, None]), ["17850", None]),
        (pl.Series([17850.0, 2.5, float("nan"), -3.0]), ["17850", "2.5", None, "-3"]),
        (pl.Series([Decimal("17850.00"), Decimal("2.50")]), ["17850", "2.5"]),
        (pl.Series(["a", "", " ", "007"]), ["a", None, " ", "007"]),
        (pl.Series([True]), ["true"]),
    ],
    ids=["int", "float", "decimal", "text", "flag"],
)
def test_ids_are_text_as_a_person_writes_it(values: pl.Series, texts: list[str | None]) -> None:
    assert read_text(values).values.to_list() == texts


@pytest.mark.parametrize(
    ("values", "money"),
    [
        (pl.Series(["1", " 2.5 ", "1e3", "+4", "", None]), ["1", "2.5", "1000", "4", None, None]),
        (pl.Series([0.1, 1.00005, None]), ["0.1", "1.0001", None]),
        (pl.Series([1, None]), ["1", None]),
        (pl.Series([Decimal("1.234567")]), ["1.2346"]),
    ],
    ids=["text", "float", "int", "decimal"],
)
def test_money_is_exact_to_four_digits(values: pl.Series, money: list[str | None]) -> None:
    assert read_money(values).values.to_list() == [None if text is None else Decimal(text) for text in money]


def test_decimal_comma_leaves_no_room_for_points() -> None:
    read = read_money(pl.Series(["1,5", "1.5", "1.234,5", " 2,5"]), ",")
    assert read.values.to_list() == [Decimal("1.5"), None, None, Decimal("2.5")]
    assert [rows.to_list() for rows in read.problems.values()] == [[False, True, True, False]]


def test_flags_of_every_type_are_read() -> None:
    for values in (pl.Series([1, 0, None]), pl.Series([1.0, 0.0, None]), pl.Series(["Yes", "n", ""])):
        assert read_flag(values).values.to_list() == [True, False, None]
    assert read_flag(pl.Series([2])).problems


def test_categories_are_read_as_their_text(shop: SmallShop) -> None:
    columns = {
        "order_id": "1",
        "client": "c",
        "session_start_date": "2024-03-25",
        "payment_amount": "1.5",
        "bought": "yes",
    }
    frame = pl.DataFrame({name: [value] * 3 for name, value in columns.items()}).cast(pl.Categorical)
    frame.write_parquet(shop.folder / "s.parquet")
    shop.connect("sessions", "s.parquet", kind="parquet", columns={"has_purchased": "bought"})
    assert shop.load().totals["loaded"] == 1
    assert shop.rows()[0]["payment_amount"] == Decimal("1.5")


def test_action_of_numbers_that_are_flags_and_epochs_names_both(shop: SmallShop) -> None:
    head = "order_id,client,session_start_date,payment_amount,has_purchased,view"
    shop.sessions("1,c,2024-03-25,1,true,0", "2,c,2024-03-25,1,true,1711454400", header=head, actions=["view"])
    with pytest.raises(SourceError, match=r"flags \('0'\) and times \('1711454400'\)"):
        shop.load()


GUESSES: list[tuple[str, str, dict[str, Any]]] = [
    (
        "OrderNo;CustomerNo;Started;Total;Bought;Land\n1;2;2024-01-01 10:00;12,50;yes;DE\n2;2;2024-01-02;1,5;no;AT\n",
        "sessions",
        {
            "separator": ";",
            "decimal": ",",
            "columns": {
                "order_id": "OrderNo",
                "client": "CustomerNo",
                "session_start_date": "Started",
                "payment_amount": "Total",
                "has_purchased": "Bought",
            },
            "dimensions": ["Land"],
        },
    ),
    ("client,download_date,first_login\na,2024-01-01,2024-01-02\n", "customers", {"actions": ["first_login"]}),
    (
        "order_no,customer_id,created_at,total,bought\n"
        + "1,7,2024-01-02 10:00:00,9.5,1\n" * 19
        + "2,7,2024-13-45,broken,0\n",
        "sessions",
        {
            "columns": {
                "order_id": "order_no",
                "client": "customer_id",
                "session_start_date": "created_at",
                "payment_amount": "total",
                "has_purchased": "bought",
            },
        },
    ),
    (
        "Bestellnummer;Kunde;Datum;Betrag;bought\n1;K7;31.01.2024 18:05;9,50;1\n2;K7;1.2.2024 07:30;4,00;0\n",
        "sessions",
        {
            "separator": ";",
            "decimal": ",",
            "date_format": "%d.%m.%Y %H:%M",
            "columns": {
                "order_id": "Bestellnummer",
                "client": "Kunde",
                "session_start_date": "Datum",
                "payment_amount": "Betrag",
                "has_purchased": "bought",
            },
        },
    ),
    (
        "invoice,sku,price,qty\n1,a,2.5,1\n",
        "lines",
        {"columns": {"order_id": "invoice", "product": "sku", "quantity": "qty"}},
    ),
]


@pytest.mark.parametrize(("text", "source", "expected"), GUESSES)
def test_guess_reads_names_and_values(tmp_path: Path, text: str, source: str, expected: dict[str, Any]) -> None:
    path = tmp_path / "rows.csv"
    path.write_text(text)
    found = guess(str(path))
    assert found.source == source
    assert {key: found.mapping.get(key) for key in expected} == expected
    assert found.missing == ()
    assert all(words.split(":")[0] in ("sure", "likely", "a guess") for words in found.confidence.values())


def test_table_with_order_numbers_is_no_list_of_customers(tmp_path: Path) -> None:
    (path := tmp_path / "rows.csv").write_text("order_no,customer_id,created_at\n1,7,2024-01-02\n")
    found = guess(str(path))
    assert (found.source, found.missing) == ("sessions", ("payment_amount",))


@pytest.mark.parametrize("clock", ["", " 10:15", " 10:15:30"])
def test_guess_of_date_format_loads(shop: SmallShop, clock: str) -> None:
    path = shop.folder / "orders.csv"
    path.write_text(f"order,customer,date,total\n1,c,25/03/2024{clock},1\n2,c,26/03/2024{clock},2\n")
    shop.sources["sessions"] = guess(str(path)).mapping
    assert shop.load().totals["loaded"] == 2


def test_guess_loads_what_it_proposes(shop: SmallShop) -> None:
    shop.sessions("1,c,2024-03-25,1,true", "2,c,2024-03-26,1,no")
    found = guess(str(shop.folder / "sessions.csv"))
    shop.sources["sessions"] = found.mapping
    assert shop.load().totals["loaded"] == 2

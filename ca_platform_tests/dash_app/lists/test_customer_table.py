"""The table of customers: what the grid may ask of the store, which columns stand there, and everything about one."""

from __future__ import annotations

import io
import json
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import polars as pl
import pytest
from playwright.sync_api import expect

from ca_platform.catalogue.customers import ADDED
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform.store import CustomerQuery, Filter, open_store
from ca_platform_tests.dash_app.lists.test_clicks import ALL, COUNTED, ORDERED, opened_rows
from ca_platform_tests.dash_app.real_shop import address
from ca_platform_tests.dash_app.screen import NARROW, WIDE, Open, Reader, assert_accessible
from ca_platform_tests.dash_app.visitor import Visitor
from dash_app.customers import filter_of, query_of
from dash_app.lists import Lists
from dash_app.messages import kept_values
from dash_app.pages import CARDS

SPEC = CARDS[ALL].spec
# Where days begin by the clock of the shop.
FIRST = datetime(2024, 5, 31, 23, tzinfo=UTC)
NEXT = datetime(2024, 6, 1, 23, tzinfo=UTC)


def asked(name: str, **model: Any) -> tuple[Filter, ...]:
    return query_of({"filterModel": {name: model}}, SPEC, "Europe/London").filters


@pytest.mark.parametrize(
    ("name", "model", "filters"),
    [
        ("churn_probability", {"type": "greaterThan", "filter": 30}, (Filter("churn_probability", ">", 0.3),)),
        ("churn_horizon_days", {"type": "equals", "filter": 30}, (Filter("churn_horizon_days", "=", 30),)),
        ("segment", {"type": "contains", "filter": "risk"}, (Filter("segment", "contains", "risk"),)),
        ("last_order", {"type": "lessThan", "dateFrom": "2024-06-01 00:00:00"}, (Filter("last_order", "<", FIRST),)),
        ("last_order", {"type": "greaterThan", "dateFrom": "2024-06-01"}, (Filter("last_order", ">=", NEXT),)),
        (
            "last_order",
            {"type": "equals", "dateFrom": "2024-06-01T00:00:00"},
            (Filter("last_order", ">=", FIRST), Filter("last_order", "<", NEXT)),
        ),
        ("last_order", {"type": "blank"}, (Filter("last_order", "is null"),)),
        ("last_order", {"type": "equals", "dateFrom": "9999-12-31 00:00:00"}, ()),
        ("last_order", {"type": "equals", "dateFrom": "soon"}, ()),
        ("last_order", {"type": "notEqual", "dateFrom": "2024-06-01"}, ()),
        ("last_order", {"type": "equals"}, ()),
        ("churn_probability", {"type": "greaterThan", "filter": True}, ()),
        ("recommendations", {"type": "contains", "filter": "tea"}, ()),
    ],
    ids=str,
)
def test_filter_of_the_grid_is_a_question_of_the_store(name: str, model: Any, filters: tuple[Filter, ...]) -> None:
    assert asked(name, **model) == filters


def test_every_column_but_lists_can_be_sorted_and_filtered(shop: Settings) -> None:
    with open_store(shop) as store:
        for column in SPEC.columns:
            offered = filter_of(column)
            if offered.get("sortable") is False:
                continue
            query = query_of({"sortModel": [{"colId": column.name, "sort": "asc"}]}, SPEC, "Europe/London")
            assert query.sort == ((column.name, False),)
            rows = store.customers(query).rows[column.name].drop_nulls()
            assert rows.equals(rows.sort())
            for kind in offered["filterParams"]["filterOptions"]:
                model = {"type": kind, "filter": "1" if "Text" in offered["filter"] else 1, "dateFrom": "2024-06-01"}
                question = query_of({"filterModel": {column.name: model}}, SPEC, "Europe/London")
                assert question.filters
                assert store.customers(question).total >= 0


def test_customers_are_filtered_by_their_churn_risk_in_percent(visitor: Visitor, shop: Settings) -> None:
    with open_store(shop) as store:
        everybody = store.customers(CustomerQuery(limit=1_000)).rows
    risky = everybody.filter(pl.col("churn_probability") > 0.5)
    assert 0 < risky.height < everybody.height
    model = {"churn_probability": {"filterType": "number", "type": "greaterThan", "filter": 50}}
    sort = [{"colId": "churn_probability", "sort": "desc"}]
    found = visitor.rows(ALL, "", startRow=0, endRow=100, filterModel=model, sortModel=sort)
    assert found["rowCount"] == risky.height
    shown = [row["churn_probability"] for row in found["rowData"]]
    assert shown == sorted(risky["churn_probability"], reverse=True)[:100]


def test_saved_customers_have_every_column_shown_or_not(visitor: Visitor) -> None:
    saved = pl.read_csv(io.StringIO(visitor.get(f"/csv/{ALL}").text), infer_schema=False)
    added = [name for taken in ADDED.values() for name in taken]
    assert set(added) < set(saved.columns)
    assert saved["churn_probability"].null_count() < saved.height
    assert saved["client"].n_unique() == saved.height


@pytest.mark.parametrize(
    ("card", "query", "column"),
    [
        (ALL, "", "revenue"),
        (COUNTED, address("churn", "customers"), "revenue"),
        (ORDERED, address("kpis", "value", metric="orders"), "payment_amount"),
    ],
)
def test_saved_rows_are_those_that_the_filters_of_the_table_leave(
    visitor: Visitor, card: str, query: str, column: str
) -> None:
    model = {column: {"filterType": "number", "type": "greaterThan", "filter": 20}}
    left = visitor.rows(card, query, startRow=0, endRow=100, filterModel=model)["rowCount"]
    whole = visitor.rows(card, query, startRow=0, endRow=100)["rowCount"]
    assert 0 < left < whole
    path = f"/csv/{card}{query}{'&' if query else '?'}"
    assert saved(visitor, path + urlencode({"filter": json.dumps(model)})) == left
    nobody = json.dumps({column: {"type": "greaterThan", "filter": 10**9}})
    assert saved(visitor, path + urlencode({"filter": nobody})) == 0
    assert saved(visitor, path + urlencode({"filter": "no json"})) == whole


def saved(visitor: Visitor, path: str) -> int:
    """How many rows a file has; it always has its header."""
    return pl.read_csv(io.StringIO(visitor.get(path).text), infer_schema=False).height


def test_values_that_are_kept_from_an_earlier_day_are_named(shop: Settings, tmp_path: Path) -> None:
    lake, day, before = Lake(str(tmp_path)), date(2024, 5, 2), date(2024, 5, 1)
    with lake.write() as write:
        for name, known in {"client_kpis": day, "rfm": before, "churn_risk": day}.items():
            write.put(name, known, pl.DataFrame({"client": ["a"]}))
    kept = Lists(shop, lake).kept_values(day)
    assert kept == {"rfm": before}
    assert kept_values(kept) == ["Not computed for this day, and as they were before: RFM of customers (1 May 2024)."]
    assert kept_values({}) == []


def test_file_of_a_filtered_table_has_the_rows_that_stand_there(screen: Open) -> None:
    reader = screen(WIDE, "light")
    reader.open("/customers")
    opened_rows(reader, ALL)
    name = reader.page.locator(f"[data-card={ALL}] .opens-customer").first.inner_text()
    reader.page.locator(".ag-header-cell[col-id=client] .ag-header-cell-filter-button").click()
    reader.page.locator(".ag-filter input[type=text]").first.fill(name)
    expect(reader.page.locator(f"[data-card={ALL}] .opens-customer")).to_have_count(1)
    reader.page.keyboard.press("Escape")
    with reader.page.expect_download() as download:
        reader.page.locator(f"[data-card={ALL}] [data-role=csv]").click()
    assert pl.read_csv(download.value.path(), infer_schema=False)["client"].to_list() == [name]
    assert not reader.complaints


def heads(reader: Reader) -> set[str]:
    cells = reader.page.locator(f"[data-card={ALL}] .ag-header-cell")
    return {str(cell.get_attribute("col-id")) for cell in cells.all()}


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_reader_chooses_columns_and_they_stay(screen: Open, size: Any, scheme: str) -> None:
    reader = screen(size, scheme)
    reader.open("/customers")
    opened_rows(reader, ALL)
    assert {"client", "revenue", "segment", "churn_probability"} <= heads(reader)
    assert not {"recency_score", "download_date"} & heads(reader)
    card = reader.page.locator(f"[data-card={ALL}]")
    card.locator(".card-columns summary").click()
    assert card.get_by_role("checkbox", name="Segment").is_checked()
    card.get_by_role("checkbox", name="Recency score").check()
    card.get_by_role("checkbox", name="Segment").uncheck()
    reader.page.wait_for_selector(f"[data-card={ALL}] .ag-header-cell[col-id=recency_score]")
    assert_accessible(reader)
    assert reader.overflow() <= 0
    reader.page.keyboard.press("Escape")
    assert not card.locator(".columns").is_visible()
    reader.open("/customers")
    reader.page.wait_for_selector(f"[data-card={ALL}] .ag-header-cell[col-id=recency_score]")
    assert "segment" not in heads(reader)


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "dark"), (NARROW, "light")])
def test_name_of_a_customer_opens_everything_about_it(screen: Open, shop: Settings, size: Any, scheme: str) -> None:
    with open_store(shop) as store:
        best = store.customers(CustomerQuery((("revenue", True),), limit=1)).rows.row(0, named=True)
    reader = screen(size, scheme)
    reader.open("/customers")
    opened_rows(reader, ALL)
    cell = reader.page.locator(f"[data-card={ALL}] .ag-row[row-index='0'] [col-id=client]")
    cell.focus()
    reader.page.keyboard.press("Enter")
    dialog = reader.page.get_by_role("dialog")
    assert dialog.locator("h2").inner_text() == best["client"]
    said = dict(
        zip(
            (text.split("\n")[0] for text in dialog.locator("dt").all_inner_texts()),
            dialog.locator("dd").all_inner_texts(),
            strict=True,
        )
    )
    assert said["Churn probability"] == f"{best['churn_probability']:.1%}"
    assert said["Segment"] == best["segment"]
    assert said["Orders"] == str(best["orders"])
    assert_accessible(reader)
    assert reader.overflow() <= 0
    reader.page.keyboard.press("Escape")
    assert dialog.count() == 0

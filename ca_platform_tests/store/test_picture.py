"""The merged picture of customers: what each table says, as of which day, and the same in both stores."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest
from polars.testing import assert_frame_equal

from ca_platform.catalogue.customers import ADDED, COLUMNS, CUSTOMERS
from ca_platform.lake import Lake
from ca_platform.store import CustomerQuery, Filter
from ca_platform.store.elasticsearch import ElasticsearchStore
from ca_platform.store.lakecustomers import customer_page
from ca_platform.store.picture import LASTS, TABLES, days_shown, picture, spec_of
from ca_platform.store.recommended import PRODUCTS, REASONS
from ca_platform_tests.store.people import table

DAY = date(2024, 5, 31)
CLIENTS = [f"c{number:02}" for number in range(12)]


def put(lake: Lake, name: str, day: date, clients: list[str]) -> None:
    """Rows of a per-customer table as the platform keeps them; those of different days differ."""
    with lake.write() as write:
        write.put(name, day, table(name, clients, day))


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    """All tables of the day; the last customers have never ordered, and nothing is said of them."""
    found = Lake(str(tmp_path / "lake"))
    put(found, "client_kpis", DAY, CLIENTS)
    for name in TABLES[1:]:
        put(found, name, DAY, CLIENTS[:9])
    return found


def test_customer_has_what_every_table_says(lake: Lake) -> None:
    whole = picture(lake, DAY)
    assert whole.columns == [*CUSTOMERS.column_names, PRODUCTS, REASONS]
    assert whole["client"].to_list() == CLIENTS
    for column in COLUMNS:
        assert whole[column.name][9:].null_count() == 3
    assert whole["churn_probability"][:9].null_count() == 0
    assert whole[PRODUCTS][:9].null_count() == 0


@pytest.mark.parametrize("name", TABLES[1:])
def test_table_without_rows_of_the_day_keeps_what_it_said_last(lake: Lake, name: str) -> None:
    expected = picture(lake, DAY)
    later = DAY + timedelta(days=3)
    for other in TABLES:
        if other != name:
            put(lake, other, later, CLIENTS)
    shown = picture(lake, later)
    assert days_shown(lake, later) == {other: DAY if other == name else later for other in TABLES}
    of_table = ADDED.get(name, [PRODUCTS, REASONS])
    assert_frame_equal(shown.select("client", *of_table), expected.select("client", *of_table))


def test_picture_of_a_day_knows_nothing_of_later_ones(lake: Lake) -> None:
    before = picture(lake, DAY)
    for name in TABLES:
        put(lake, name, DAY + timedelta(days=1), CLIENTS)
    assert_frame_equal(picture(lake, DAY), before)


def test_what_was_said_too_long_ago_is_not_shown(lake: Lake) -> None:
    for days, is_shown in ((LASTS.days, True), (LASTS.days + 1, False)):
        day = DAY + timedelta(days=days)
        put(lake, "client_kpis", day, CLIENTS)
        assert (picture(lake, day)["churn_probability"].null_count() < len(CLIENTS)) == is_shown


def test_pages_of_both_stores_are_the_same_whatever_they_are_sorted_and_filtered_by(
    lake: Lake, elastic: ElasticsearchStore
) -> None:
    elastic.replace("customers", [DAY], picture(lake, DAY), spec_of(lake))
    sortable = [(column.name, down) for column in CUSTOMERS.columns for down in (False, True)]
    queries = [CustomerQuery((order,), limit=7, offset=1) for order in sortable]
    queries += [CustomerQuery(filters=(Filter(column.name, "is not null"),)) for column in COLUMNS]
    queries += [
        CustomerQuery((("segment", True), ("churn_probability", True)), (Filter("churn_probability", ">", 0.3),)),
        CustomerQuery(filters=(Filter("recency_score", ">=", 3), Filter("churn_horizon_days", "<", 1e6))),
    ]
    for query in queries:
        ours, theirs = elastic.customers(query), customer_page(lake, query, 2)
        assert_frame_equal(ours.rows, theirs.rows)
        assert (ours.total, ours.day) == (theirs.total, theirs.day)

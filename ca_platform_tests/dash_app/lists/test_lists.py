"""The list behind a number: its address, its rows, its words, its export."""

from __future__ import annotations

import io
import json
from typing import Any
from urllib.parse import quote

import polars as pl
import pytest

from ca_platform.settings import Settings
from ca_platform.store import Dimension
from ca_platform_tests.dash_app.real_shop import DAY, EARLIER, HTML, address, largest, report
from ca_platform_tests.dash_app.visitor import Visitor
from dash_app.opened import CustomerFilters
from dash_app.state import parse

COUNTED, ORDERED, DELIVERED, ALL = "customers-counted", "orders-counted", "deliveries-counted", "customers-all"
ONE = {"customers": "customer", "orders": "order", "deliveries": "delivery"}
BIN = "key.bin_index=3&key.bin_start=1.5&key.bin_end=2"
RULE = "report=association_rules&count=orders&key.consequent=b"
NO_LISTS = ("a", "[]", "[1]", '{"a": 1}', r'["\ud800"]', 20_000 * "[")

# ---- the address


def test_address_of_a_number_is_read_and_written_alike() -> None:
    query = "?date=2024-06-10&report=weekly_cohort_from_1_to_2&count=customers&key.cohort=2024-03-25&key.offset=1"
    view, notices = parse(query, ("region",), CustomerFilters)
    assert (view.query(), notices) == (query, ())
    assert view.without_filters().query() == "?date=2024-06-10"


def test_key_without_value_stands_for_the_null_value() -> None:
    view, notices = parse("?report=dimension_kpis&count=orders&key.dimension=region", ("region",), CustomerFilters)
    assert notices == ()
    assert isinstance(view.filters, CustomerFilters)
    assert view.filters.report is not None
    assert view.filters.report.key == (("dimension", "region"), ("value", None))


def test_number_without_value_in_a_key_is_null_where_the_report_has_nulls() -> None:
    query = "?report=rfm_bins&count=customers&key.segment=lost&key.recency_bin=1&key.monetary_bin=2"
    view, notices = parse(query, (), CustomerFilters)
    assert notices == ()
    assert view.query() == query
    assert parse(f"{query}&key.frequency_bin=", (), CustomerFilters)[0] == view


@pytest.mark.parametrize(
    ("query", "reason"),
    [
        ("report=daily_order&count=orders", "did you mean daily_orders"),
        ("report=daily_orders&count=revenue", "revenue of daily_orders cannot be opened"),
        ("report=daily_orders", "cannot be opened"),
        ("report=daily_orders&count=orders", "date of the row is not given"),
        ("report=daily_orders&count=orders&key.date=yesterday", "date of the row is no day"),
        ("report=weekly_retention&count=customers&key.cohort=2024-03-25&key.offset=x", "offset of the row is no whole"),
        ("report=weekly_retention&count=customers&key.cohort=2024-03-25&key.offset=1e9", "is no whole number"),
        (f"report=weekly_retention&count=customers&key.cohort=2024-03-25&key.offset={10**30}", "too large"),
        ("report=growth&count=value&key.period=week&key.date=2024-03-25&key.metric=revenue", "counts neither"),
        (f"report=purchase_amount_distribution&count=orders&{BIN}&key.is_overflow=1", "no flag: true or false"),
        (f"report=purchase_amount_distribution&count=orders&{BIN}", "is_overflow of the row is not given"),
        (
            f"report=purchase_amount_distribution&count=orders&{BIN}x&key.is_overflow=true",
            "bin_end of the row is no amo",
        ),
        (
            "report=purchase_amount_distribution&count=orders&key.bin_index=3&key.bin_start=nan&key.bin_end=1&key.is_overflow=true",
            "large",
        ),
        *((f"{RULE}&key.antecedent={quote(text)}", "antecedent of the row is no list of texts") for text in NO_LISTS),
        (f"report={quote('<b>&x=1')}&count=orders", "no number of the report <b>&x=1"),
    ],
)
def test_nonsense_about_a_number_gives_one_notice_and_all_customers(visitor: Visitor, query: str, reason: str) -> None:
    view, notices = parse(f"?{query}", (), CustomerFilters)
    assert view.query() == ""
    assert len(notices) == 1
    assert reason in notices[0]
    place = visitor.place(f"/customers?{query}")
    assert place["shown"]["data"]["cards"] == [ALL]


# ---- the list


OPENED = [
    ("weekly_cohort_from_1_to_2", "customers", ("cohort", "offset"), {}),
    ("weekly_cohort_from_1_to_2", "cumulative_rate", ("cohort", "offset"), {}),
    ("weekly_cohort_downloads", "cohort_size", ("cohort",), {}),
    ("monthly_retention", "customers", ("cohort", "offset"), {}),
    ("cohort_revenue", "orders", ("cohort", "offset"), {}),
    ("growth", "value", ("period", "date", "metric"), {"metric": "churned_customers"}),
    ("growth", "value", ("period", "date", "metric"), {"metric": "orders"}),
    ("customer_journey", "customers", ("stage",), {}),
    ("churn", "churned", (), {}),
    ("churn_weekly", "newly_churned", ("week",), {}),
    ("purchase_amount_distribution", "orders", ("bin_index", "bin_start", "bin_end", "is_overflow"), {}),
    ("purchase_amount_distribution", "customers", ("bin_index", "bin_start", "bin_end", "is_overflow"), {}),
    ("user_counts_per_order_seq", "customers_at_least", ("orders",), {}),
    ("customer_funnel_conversion", "customers_ever", ("cohort", "step"), {}),
    ("kpis", "value_last_7d", ("metric",), {"metric": "visitors"}),
    ("dimension_kpis", "orders", ("dimension", "value"), {}),
    ("weekly_orders", "orders", ("date",), {}),
    ("product_kpis", "customers", ("product",), {}),
    ("association_rules", "orders", ("antecedent", "consequent"), {}),
    ("promotion_kpis", "orders", ("promotion_id",), {}),
    ("promotion_kpis", "new_customers", ("promotion_id",), {}),
    ("deliver_weekday_hour", "deliveries", ("weekday", "hour"), {}),
    ("return_location", "deliveries", ("geohash",), {}),
    ("deliver_kpis", "deliveries", ("duration",), {}),
    ("daily_deliveries", "deliveries", ("date", "duration"), {"duration": "return"}),
]


@pytest.mark.parametrize(("name", "column", "key", "where"), OPENED)
def test_list_has_as_many_rows_as_the_number_counts_and_says_so(
    visitor: Visitor, shop: Settings, name: str, column: str, key: tuple[str, ...], where: dict[str, Any]
) -> None:
    row = largest(shop, name, column, **where)
    count = round(row[column] * (row["cohort_size"] if column == "cumulative_rate" else 1))
    texts = {part: json.dumps(row[part]) if isinstance(row[part], list) else row[part] for part in key}
    query = address(name, column, **{part: text for part, text in texts.items() if text is not None})
    (card,) = visitor.place(f"/customers{query}")["shown"]["data"]["cards"]
    answer = visitor.card(card, query)
    assert answer["verdict"] == "ready"
    noun = card.partition("-")[0]
    assert answer["reading"].startswith(f"The {count} {noun if count > 1 else ONE[noun]} ")
    assert answer["reading"].endswith(", as of the end of 10 Jun 2024.")
    rows = visitor.rows(card, query, startRow=0, endRow=100)
    identity = "client" if card == COUNTED else "order_id"
    assert rows["rowCount"] == count > 0
    found = pl.read_csv(io.StringIO(visitor.get(f"/csv/{card}{query}").text), infer_schema=False)
    assert found.height == count
    if card == DELIVERED:  # an order may have several
        assert len(rows["rowData"]) == min(count, 100)
        return
    assert len({row[identity] for row in rows["rowData"]}) == min(count, 100)
    assert found[identity].n_unique() == count


def test_list_of_a_dimension_value_and_of_an_earlier_day_has_as_many_rows(visitor: Visitor, shop: Settings) -> None:
    known = report(shop, "churn", EARLIER, Dimension("channel", "web"))
    query = f"?date={EARLIER}&dimension=channel=web&report=churn&count=engaged"
    answer = visitor.card(COUNTED, query)
    assert f"The {known['engaged'][0]} customers" in answer["reading"]
    assert "(channel “web”), as of the end of 3 Jun 2024." in answer["reading"]
    assert answer["note"] == ""
    assert visitor.rows(COUNTED, query, startRow=0, endRow=100)["rowCount"] == known["engaged"][0]


def test_list_is_sorted_and_filtered_like_the_table_of_all_customers(visitor: Visitor, shop: Settings) -> None:
    query = address("churn", "churned")
    count = report(shop, "churn")["churned"][0]
    rows = visitor.rows(COUNTED, query, startRow=0, endRow=100)["rowData"]
    assert [row["revenue"] for row in rows] == sorted((row["revenue"] for row in rows), reverse=True)
    ascending = visitor.rows(COUNTED, query, startRow=0, endRow=5, sortModel=[{"colId": "client", "sort": "asc"}])
    assert [row["client"] for row in ascending["rowData"]] == sorted(row["client"] for row in rows)[:5]
    often = {"orders": {"type": "greaterThan", "filter": 2}}
    few = visitor.rows(COUNTED, query, startRow=0, endRow=100, filterModel=often)
    assert few["rowCount"] == sum(row["orders"] > 2 for row in rows)
    assert 0 < few["rowCount"] < count


def test_name_of_a_customer_who_stands_out_opens_that_one(visitor: Visitor) -> None:
    query = address("clvrfm_anomaly_flagged", "client", client=HTML)
    assert visitor.card(COUNTED, query)["reading"] == f"The 1 customer called “{HTML}”, as of the end of 10 Jun 2024."
    rows = visitor.rows(COUNTED, query, startRow=0, endRow=100)
    assert [row["client"] for row in rows["rowData"]] == [HTML]


def test_number_that_counts_nobody_opens_an_empty_list_that_says_so(visitor: Visitor) -> None:
    query = address("daily_orders", "orders", date="2019-01-01")
    answer = visitor.card(ORDERED, query)
    assert answer["verdict"] == "empty"
    assert answer["message"]["text"].startswith("None of the orders placed on Tue 1 Jan 2019")


def test_list_that_cannot_be_found_says_why(visitor: Visitor) -> None:
    before = visitor.card(COUNTED, f"?date=2024-01-01&{address('churn', 'churned')[1:]}")
    assert (before["verdict"], "start_date" in before["message"]["text"]) == ("missing", True)
    after = visitor.card(COUNTED, f"?date=2024-07-01&{address('churn', 'churned')[1:]}")
    assert (after["verdict"], "ca-platform run" in after["message"]["text"]) == ("missing", True)
    unknown = visitor.card(COUNTED, f"?dimension=region=Mars&{address('churn', 'churned')[1:]}")
    assert (unknown["verdict"], "region=Mars" in unknown["message"]["text"]) == ("missing", True)


def test_days_and_values_of_a_list_are_those_of_its_report(visitor: Visitor) -> None:
    place = visitor.place(f"/customers{address('churn', 'churned')}")
    assert (place["day"]["minDate"], place["day"]["maxDate"]) == (str(EARLIER), str(DAY))
    assert any(value["value"] == "channel=web" for value in place["values"]["data"]["channel"])
    everybody = visitor.place("/customers")
    assert (everybody["day"]["minDate"], everybody["day"]["maxDate"]) == (str(DAY), str(DAY))

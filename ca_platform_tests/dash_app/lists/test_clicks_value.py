"""Numbers of lifetime value lead to their customers: bars of segments and classes, and the list by what is expected."""

from __future__ import annotations

import polars as pl

from ca_platform.settings import Settings
from ca_platform.settings.segments import SEGMENTS
from ca_platform_tests.dash_app.lists.test_clicks import COUNTED, asked, click_mark, opened_rows
from ca_platform_tests.dash_app.real_shop import EARLIER, report
from ca_platform_tests.dash_app.screen import NARROW, Open, assert_accessible

LIST = "clv-customers"


def test_click_on_the_revenue_of_a_segment_opens_its_customers(screen: Open, shop: Settings) -> None:
    reader = screen()
    reader.open("/clv")
    frame = report(shop, "clvsegments_amount").filter(pl.col("segment").is_in(SEGMENTS), pl.col("customers") > 0)
    row = frame.sort("amount", descending=True).row(0, named=True)
    shown = [name for name in SEGMENTS if frame.filter(segment=name).height]
    click_mark(reader, "clv-segments", (row["amount"] / 2, shown.index(row["segment"])))
    assert opened_rows(reader, COUNTED) == row["customers"]
    assert asked(reader)["key.segment"] == row["segment"]


def test_click_on_a_class_opens_its_customers(screen: Open, shop: Settings) -> None:
    reader = screen()
    reader.open("/clv")
    row = report(shop, "clv_segments_distribution").sort("customers", descending=True).row(0, named=True)
    click_mark(reader, "clv-classes", (row["class_index"], row["customers"] / 3))
    assert opened_rows(reader, COUNTED) == row["customers"]
    assert asked(reader)["key.class_index"] == str(row["class_index"])


def test_list_begins_with_those_of_whom_most_is_expected_and_opens_one(screen: Open) -> None:
    reader = screen(NARROW, "dark")
    reader.open("/clv")
    assert opened_rows(reader, LIST) > 0
    cells = f"[data-card={LIST}] .ag-row [col-id=expected_revenue]"
    amounts = [
        float(text.removeprefix("€").replace(",", "")) for text in reader.page.locator(cells).all_inner_texts()[:5]
    ]
    assert amounts == sorted(amounts, reverse=True)
    assert amounts[0] > 0
    name = reader.page.locator(f"[data-card={LIST}] .ag-row[row-index='0'] .opens-customer")
    client = name.inner_text()
    name.click()
    dialog = reader.page.locator("dialog.customer")
    assert dialog.locator("h2").inner_text() == client
    assert_accessible(reader)


def test_earlier_forecast_is_laid_over_what_then_came(screen: Open) -> None:
    reader = screen()
    reader.open(f"/clv?compare={EARLIER}")
    sums = [trace["name"] for trace in reader.figure("clv-sums")]
    assert {"earlier", "came", "expected"} <= set(sums)
    said = reader.page.locator("[data-card=clv-sums] .card-reading").inner_text()
    assert "were expected for the 7 days since" in said

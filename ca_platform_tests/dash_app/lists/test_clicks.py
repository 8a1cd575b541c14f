"""From a number to whom it counts, in a browser: clicks, links, keyboard, and what can be done with the list."""

from __future__ import annotations

from typing import Any
from urllib.parse import parse_qsl, unquote

import polars as pl
import pytest

from ca_platform.settings import Settings
from ca_platform.store import Dimension
from ca_platform_tests.dash_app.real_shop import DAY, EARLIER, HTML, address, largest, report
from ca_platform_tests.dash_app.screen import NARROW, WIDE, Open, Reader, assert_accessible

COUNTED, ORDERED, DELIVERED, ALL = "customers-counted", "orders-counted", "deliveries-counted", "customers-all"


def opened_rows(reader: Reader, card: str) -> int:
    """Rows that the grid says it has."""
    reader.page.wait_for_selector(f"[data-card={card}][data-state=ready] .ag-row:not(.ag-row-loading)")
    grid = "dash_ag_grid.getApi({card, part: 'grid'})"
    reader.page.wait_for_function(f"card => {grid}.isLastRowIndexKnown()", arg=card)
    return int(reader.page.evaluate(f"card => {grid}.getDisplayedRowCount()", card))


def click_mark(reader: Reader, card: str, point: tuple[float | str, float]) -> None:
    """Click where plotly draws a mark: at its place on the axes."""
    reader.click_mark(card, point)


def asked(reader: Reader) -> dict[str, str]:
    return dict(parse_qsl(reader.address.partition("?")[2]))


@pytest.mark.parametrize(("size", "scheme"), [(WIDE, "light"), (NARROW, "dark")])
def test_click_on_a_cohort_cell_opens_its_customers(screen: Open, shop: Settings, size: Any, scheme: str) -> None:
    reader = screen(size, scheme)
    reader.open("/cohorts?kind=1-2")
    frame = report(shop, "weekly_cohort_from_1_to_2")
    cell = frame.filter(pl.col("customers") > 0).sort("customers", descending=True).row(0, named=True)
    cohorts = frame["cohort"].unique().sort().to_list()
    click_mark(reader, "cohorts-1-2-weekly", (cell["offset"], cohorts.index(cell["cohort"])))
    assert opened_rows(reader, COUNTED) == cell["customers"]
    assert asked(reader) == {
        "date": str(DAY),
        "report": "weekly_cohort_from_1_to_2",
        "count": "customers",
        "key.cohort": str(cell["cohort"]),
        "key.offset": str(cell["offset"]),
    }
    assert reader.overflow() <= 0
    assert_accessible(reader)
    reader.page.go_back()
    reader.page.wait_for_selector("[data-card=cohorts-1-2-weekly]")
    assert reader.address == "/cohorts?kind=1-2"


def test_click_on_a_part_of_a_churn_bar_opens_that_part(screen: Open, shop: Settings) -> None:
    reader = screen()
    reader.open("/churn")
    row = report(shop, "churn_weekly").filter(pl.col("engaged") > 0, pl.col("churned") > 0).row(-1, named=True)
    middles = {"engaged": row["engaged"] / 2, "churned": row["engaged"] + row["churned"] / 2}
    for column, height in middles.items():
        click_mark(reader, "churn-customers", (str(row["week"]), height))
        assert opened_rows(reader, COUNTED) == row[column]
        assert asked(reader)["count"] == column
        assert asked(reader)["key.week"] == str(row["week"])
        reader.page.go_back()
        reader.page.wait_for_selector("[data-card=churn-customers][data-state=ready]")


def test_click_on_a_stage_of_the_journey_opens_its_customers(screen: Open, shop: Settings) -> None:
    reader = screen()
    reader.open("/journey")
    row = report(shop, "customer_journey").row(0, named=True)
    click_mark(reader, "journey-reached", (0.1, 0.0))
    assert opened_rows(reader, COUNTED) == row["customers"]


def test_click_on_an_hour_of_the_week_opens_its_deliveries(screen: Open, shop: Settings) -> None:
    reader = screen()
    reader.open("/deliveries")
    row = largest(shop, "deliver_weekday_hour", "deliveries")
    click_mark(reader, "deliveries-deliver-week", (row["hour"], row["weekday"]))
    assert opened_rows(reader, DELIVERED) == row["deliveries"] > 0


def test_click_on_the_late_share_of_a_day_opens_its_late_deliveries(screen: Open, shop: Settings) -> None:
    reader = screen()
    reader.open("/deliveries")
    row = largest(shop, "daily_deliveries", "late", duration="deliver")
    click_mark(reader, "deliveries-late", (str(row["date"]), row["share_late"]))
    assert opened_rows(reader, DELIVERED) == row["late"] > 0
    assert "after the promised time" in reader.page.locator(f"[data-card={DELIVERED}] .card-reading").inner_text()


@pytest.mark.parametrize(
    ("route", "card", "label", "row"),
    [
        ("/churn", "churn-now", "Churned customers", ("churn", "churned", {})),
        ("/", "overview-kpis", "Visitors, 7 days", ("kpis", "value_last_7d", {"metric": "visitors"})),
    ],
)
def test_key_figure_is_a_link_to_those_it_counts(
    screen: Open, shop: Settings, route: str, card: str, label: str, row: tuple[str, str, dict[str, Any]]
) -> None:
    reader = screen()
    reader.open(route)
    name, column, where = row
    tile = reader.page.locator(f"[data-card={card}] .tile", has_text=label)
    tile.locator("a").click()
    assert opened_rows(reader, COUNTED) == largest(shop, name, column, **where)[column]


def test_number_in_the_table_of_a_card_is_a_link_that_the_keyboard_follows(screen: Open, shop: Settings) -> None:
    reader = screen()
    reader.open(f"/orders?date={DAY}&dimension=channel=web&by=week")
    newest_first = report(shop, "weekly_orders", DAY, Dimension("channel", "web")).reverse()
    row = newest_first.row(2, named=True)
    assert row["orders"] > 0
    card = reader.page.locator("[data-card=orders-weekly]")
    card.locator("[data-role=table]").click()
    cell = card.locator(".ag-row[row-index='2'] [col-id=orders]")
    assert cell.locator("a").get_attribute("href") == (
        f"/customers?date={DAY}&dimension=channel=web&report=weekly_orders&count=orders&key.date={row['date']}"
    )
    cell.focus()
    reader.page.keyboard.press("Enter")
    assert opened_rows(reader, ORDERED) == row["orders"]
    assert "(channel “web”)" in reader.page.locator(f"[data-card={ORDERED}] .card-reading").inner_text()


def test_list_in_the_browser_is_sorted_filtered_and_saved(screen: Open, shop: Settings, tmp_path: Any) -> None:
    reader = screen()
    reader.open(f"/customers{address('churn', 'customers')}")
    count = report(shop, "churn")["customers"][0]
    assert opened_rows(reader, COUNTED) == count
    card = reader.page.locator(f"[data-card={COUNTED}]")
    assert card.locator(".ag-row[row-index='0'] [col-id=client]").inner_text() == HTML
    assert card.locator("img, b").count() == 0
    card.locator(".ag-header-cell[col-id=client] .ag-header-cell-label").click()
    reader.page.wait_for_function(
        "card => document.querySelector(`[data-card=${card}] .ag-row[row-index='0'] [col-id=client]`)?.innerText === '007'",
        arg=COUNTED,
    )
    reader.page.evaluate(
        "card => dash_ag_grid.getApi({card, part: 'grid'}).setFilterModel({client: {filterType: 'text', type: 'contains', filter: 'BOLD'}})",
        COUNTED,
    )
    reader.page.wait_for_function(
        "card => dash_ag_grid.getApi({card, part: 'grid'}).getDisplayedRowCount() === 1", arg=COUNTED
    )
    with reader.page.expect_download() as csv:
        card.locator("[data-role=csv]").click()
    assert csv.value.suggested_filename == f"churn_{DAY}.csv"
    csv.value.save_as(tmp_path / "rows.csv")
    saved = pl.read_csv(tmp_path / "rows.csv", infer_schema=False)
    assert saved["client"].to_list() == [HTML], "the rows that the filter leaves"
    assert_accessible(reader)


def test_another_day_of_a_list_shows_the_same_number_of_that_day(screen: Open, shop: Settings) -> None:
    reader = screen()
    reader.open(f"/customers?date={DAY}&{address('churn', 'churned')[1:]}")
    assert opened_rows(reader, COUNTED) == report(shop, "churn")["churned"][0]
    before = report(shop, "churn", EARLIER)["churned"][0]
    reader.page.locator("#earlier").click()
    reader.wait_shown(date=str(EARLIER))
    reader.page.wait_for_function(
        "([card, count]) => dash_ag_grid.getApi({card, part: 'grid'}).getDisplayedRowCount() === count",
        arg=[COUNTED, before],
    )
    assert f"The {before} customers" in reader.page.locator(f"[data-card={COUNTED}] .card-reading").inner_text()
    assert asked(reader)["report"] == "churn"
    reader.page.locator("nav a", has_text="Customers").last.click()
    reader.page.wait_for_selector(f"[data-card={ALL}][data-state=ready]")
    assert reader.address == f"/customers?date={EARLIER}"


def test_rule_opens_its_orders_from_the_card_and_from_its_table(screen: Open, shop: Settings) -> None:
    reader = screen()
    reader.open("/products")
    row = report(shop, "association_rules").sort("rank").row(0, named=True)
    card = reader.page.locator("[data-card=products-rules]")
    link = card.locator("tbody tr").first.locator("a")
    assert link.inner_text() == str(row["orders"])
    address = link.get_attribute("href")
    card.locator("[data-role=table]").click()
    cells = card.locator(".ag-row[row-index='0']")
    opened = cells.locator("[col-id=orders] a")
    opened.wait_for()
    assert cells.locator("[col-id=antecedent]").inner_text() == " + ".join(row["antecedent"])
    # Python writes the list with spaces, the browser without.
    assert unquote(opened.get_attribute("href") or "").replace('", "', '","') == unquote(address or "").replace('", "', '","')  # fmt: skip
    opened.click()
    assert opened_rows(reader, ORDERED) == row["orders"]

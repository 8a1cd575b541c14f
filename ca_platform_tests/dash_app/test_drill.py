"""From a number to whom it counts: the address, the list, its words, its export, and the clicks that lead there."""

from __future__ import annotations

import io
import threading
from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlencode

import polars as pl
import pytest
from werkzeug.serving import make_server

from ca_platform.settings import Settings
from ca_platform.store import MAIN, Dimension, open_store
from ca_platform_tests.dash_app import real_shop
from ca_platform_tests.dash_app.screen import NARROW, WIDE, Open, Reader, assert_accessible
from ca_platform_tests.dash_app.visitor import Visitor
from dash_app.app import Dashboards, build
from dash_app.opened import CustomerFilters
from dash_app.state import parse

if TYPE_CHECKING:
    from playwright.sync_api import Browser, StorageState

DAY, EARLIER, HTML = real_shop.DAY, real_shop.EARLIER, real_shop.HTML
COUNTED, ORDERED, ALL = "customers-counted", "orders-counted", "customers-all"


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    return real_shop.build_shop(tmp_path_factory.mktemp("real"))


@pytest.fixture(scope="module")
def app(shop: Settings) -> Dashboards:
    return build(shop)


@pytest.fixture(scope="module")
def visitor(app: Dashboards) -> Visitor:
    visitor = Visitor(app)
    visitor.log_in()
    return visitor


@pytest.fixture(scope="module")
def site(app: Dashboards) -> Iterator[str]:
    server = make_server("127.0.0.1", 0, app.server, threaded=True)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()


@pytest.fixture(scope="module")
def session(browser: Browser, site: str) -> StorageState:
    context = browser.new_context()
    reader = Reader(context, site)
    reader.log_in()
    state = context.storage_state()
    context.close()
    return state


def report(shop: Settings, name: str, day: date = DAY, dimension: Dimension = MAIN) -> pl.DataFrame:
    found = open_store(shop).report(name, day, dimension)
    assert found is not None
    return found


def largest(shop: Settings, name: str, column: str, **where: Any) -> dict[str, Any]:
    """The row of a report with the largest number in a column."""
    return report(shop, name).filter(**where).sort(column, descending=True, nulls_last=True).row(0, named=True)


def address(report_name: str, column: str, **key: Any) -> str:
    return "?" + urlencode({"report": report_name, "count": column, **{f"key.{n}": v for n, v in key.items()}})


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
    ("weekly_cohort_downloads", "cohort_size", ("cohort",), {}),
    ("monthly_retention", "customers", ("cohort", "offset"), {}),
    ("cohort_revenue", "orders", ("cohort", "offset"), {}),
    ("growth", "value", ("period", "date", "metric"), {"metric": "churned_customers"}),
    ("growth", "value", ("period", "date", "metric"), {"metric": "orders"}),
    ("customer_journey", "customers", ("stage",), {}),
    ("churn", "churned", (), {}),
    ("churn_weekly", "newly_churned", ("week",), {}),
    ("user_counts_per_order_seq", "customers_at_least", ("orders",), {}),
    ("customer_funnel_conversion", "customers_ever", ("cohort", "step"), {}),
    ("kpis", "value_last_7d", ("metric",), {"metric": "visitors"}),
    ("dimension_kpis", "orders", ("dimension", "value"), {}),
    ("weekly_orders", "orders", ("date",), {}),
    ("product_kpis", "customers", ("product",), {}),
    ("promotion_kpis", "orders", ("promotion_id",), {}),
    ("promotion_kpis", "new_customers", ("promotion_id",), {}),
]


@pytest.mark.parametrize(("name", "column", "key", "where"), OPENED)
def test_list_has_as_many_rows_as_the_number_counts_and_says_so(
    visitor: Visitor, shop: Settings, name: str, column: str, key: tuple[str, ...], where: dict[str, Any]
) -> None:
    row = largest(shop, name, column, **where)
    count, query = int(row[column]), address(name, column, **{part: row[part] for part in key if row[part] is not None})
    (card,) = visitor.place(f"/customers{query}")["shown"]["data"]["cards"]
    answer = visitor.card(card, query)
    assert answer["verdict"] == "ready"
    noun = card.partition("-")[0] if count > 1 else card.partition("-")[0].removesuffix("s")
    assert answer["reading"].startswith(f"The {count} {noun} ")
    assert answer["reading"].endswith(", as of the end of 10 Jun 2024.")
    rows = visitor.rows(card, query, startRow=0, endRow=100)
    identity = "client" if card == COUNTED else "order_id"
    assert rows["rowCount"] == count > 0
    assert len({row[identity] for row in rows["rowData"]}) == min(count, 100)
    found = pl.read_csv(io.StringIO(visitor.get(f"/csv/{card}{query}").text), infer_schema=False)
    assert found[identity].n_unique() == found.height == count


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


# ---- clicks


def opened_rows(reader: Reader, card: str) -> int:
    """Rows that the grid says it has."""
    reader.page.wait_for_selector(f"[data-card={card}][data-state=ready] .ag-row:not(.ag-row-loading)")
    grid = "dash_ag_grid.getApi({card, part: 'grid'})"
    reader.page.wait_for_function(f"card => {grid}.isLastRowIndexKnown()", arg=card)
    return int(reader.page.evaluate(f"card => {grid}.getDisplayedRowCount()", card))


def click_mark(reader: Reader, card: str, point: tuple[float | str, float]) -> None:
    """Click where plotly draws a mark: at its place on the axes."""
    reader.page.locator(f"[data-card={card}] .card-drawing").scroll_into_view_if_needed()
    place = reader.page.evaluate(
        """([card, [x, y]]) => {
          const plot = document.querySelector(`[data-card="${card}"] .js-plotly-plot`);
          const {xaxis, yaxis} = plot._fullLayout, area = plot.getBoundingClientRect();
          return [area.left + xaxis._offset + xaxis.d2p(x), area.top + yaxis._offset + yaxis.d2p(y)];
        }""",
        [card, point],
    )
    reader.page.mouse.move(*place)
    reader.page.wait_for_selector(f"[data-card={card}] .opens-here")
    reader.page.mouse.click(*place)


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
    row = report(shop, "weekly_orders", DAY, Dimension("channel", "web")).row(2, named=True)
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
    assert (saved.height, saved["client"].is_in([HTML]).sum()) == (count, 1)
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

"""Lists in a browser over each document store: the same walk shows the same."""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import polars as pl
import pytest

from ca_platform.catalogue import report_spec
from ca_platform.catalogue.customers import CUSTOMERS
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform.store import Dimension
from ca_platform.store.elasticsearch import ElasticsearchStore
from ca_platform.store.picture import customers_of
from ca_platform_tests.computed import computed
from ca_platform_tests.dash_app.lists.test_clicks import ALL, COUNTED, ORDERED, opened_rows
from ca_platform_tests.dash_app.real_shop import DAY, EARLIER, HTML, address, largest, report
from ca_platform_tests.dash_app.screen import Open, Reader, served
from ca_platform_tests.services.elasticsearch import ElasticsearchServer
from dash_app.app import build

pytestmark = pytest.mark.usefixtures("elasticsearch_server")  # asked for by name only, it would not be seen before

VIEW = "recency_monetary"
REPORTS = ("churn", "churn_weekly", "weekly_orders", VIEW, "client_kpis")


@pytest.fixture
def elastic_site(shop: Settings, elasticsearch_server: ElasticsearchServer) -> Iterator[str]:
    """The dashboards of the same shop, its reports in Elasticsearch."""
    prefix = f"t{uuid.uuid4().hex[:10]}_"
    kind = {"kind": "elasticsearch", "hosts": (elasticsearch_server.url,), "index_prefix": prefix}
    settings = shop.model_copy(update={"document_store": shop.document_store.model_copy(update=kind)})
    with ElasticsearchStore(settings) as store:
        for name, frame in computed(REPORTS, [EARLIER, DAY], settings, Lake.open(settings)).items():
            if name == "client_kpis":
                merged = customers_of(Lake.open(settings), DAY).collect()
                store.replace("customers", [DAY], merged, CUSTOMERS)
            else:
                store.replace(name, [EARLIER, DAY], frame, report_spec(name))
        with served(build(settings, store)) as site:
            yield site
    elasticsearch_server.request("DELETE", f"/{prefix}*?ignore_unavailable=true&expand_wildcards=all")


@pytest.fixture(params=["site", "elastic_site"], ids=["embedded", "elasticsearch"])
def reader(request: pytest.FixtureRequest, screen: Open) -> Iterator[Reader]:
    """Somebody in front of one of the stores; the login counts at both, for they have the same users."""
    found: Reader = screen()
    own = found.site
    found.site = request.getfixturevalue(request.param)
    yield found
    found.site = own  # the other one ends before the tab is left


def wait_rows(reader: Reader, card: str, count: int) -> None:
    condition = "([card, count]) => dash_ag_grid.getApi({card, part: 'grid'})?.getDisplayedRowCount() === count"
    reader.page.wait_for_function(condition, arg=[card, count])


def test_walk_through_lists_shows_the_same_in_both_stores(reader: Reader, shop: Settings, tmp_path: Any) -> None:
    reader.open("/churn")
    reader.page.locator("[data-card=churn-now] .tile", has_text="Churned customers").locator("a").click()
    assert opened_rows(reader, COUNTED) == report(shop, "churn")["churned"][0]
    first = reader.page.locator(f"[data-card={COUNTED}] .ag-row[row-index='0'] [col-id=client]")
    reader.page.locator(f"[data-card={COUNTED}] .ag-header-cell[col-id=client] .ag-header-cell-label").click()
    reader.page.wait_for_function(
        "card => document.querySelector(`[data-card=${card}] .ag-row[row-index='0'] [col-id=client]`)?.innerText === '007'",
        arg=COUNTED,
    )
    assert first.inner_text() == "007"

    reader.open(f"/customers?date={EARLIER}&dimension=channel=web&{address('churn', 'customers')[1:]}")
    wait_rows(reader, COUNTED, report(shop, "churn", EARLIER, Dimension("channel", "web"))["customers"][0])
    week = largest(shop, "weekly_orders", "orders")
    reader.open(f"/customers{address('weekly_orders', 'orders', date=week['date'])}")
    wait_rows(reader, ORDERED, week["orders"])

    # Time and amount of a point are numbers that both stores have to keep to the last digit.
    point = {name: largest(shop, VIEW, "customers")[name] for name in ("recency_hours", "monetary", "is_binned")}
    reader.open(f"/customers{address(VIEW, 'customers', **point)}")
    wait_rows(reader, COUNTED, largest(shop, VIEW, "customers")["customers"])

    reader.page.locator("nav a", has_text="Customers").last.click()
    everybody = opened_rows(reader, ALL)
    card = reader.page.locator(f"[data-card={ALL}]")
    assert card.locator(".ag-row[row-index='0'] [col-id=client]").inner_text() == HTML
    with reader.page.expect_download() as csv:
        card.locator("[data-role=csv]").click()
    csv.value.save_as(tmp_path / "rows.csv")
    saved = pl.read_csv(tmp_path / "rows.csv", infer_schema=False)
    assert saved["client"].n_unique() == saved.height == everybody
    grid = "dash_ag_grid.getApi({card, part: 'grid'})"
    model = "{client: {filterType: 'text', type: 'contains', filter: 'BOLD'}}"
    reader.page.evaluate(f"card => {grid}.setFilterModel({model})", ALL)
    wait_rows(reader, ALL, 1)

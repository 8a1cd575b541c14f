"""A small invented shop behind the dashboards: its settings, its store filled by hand, somebody who may look."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

import polars as pl
import pytest

from ca_platform.catalogue import ReportSpec, report_spec, report_specs
from ca_platform.lake import Lake
from ca_platform.settings import Settings, load_settings
from ca_platform.store import DocumentStore, open_store
from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.screen import WIDE, Open, Reader, logged_in, served
from ca_platform_tests.dash_app.visitor import PASSWORD, USER, Visitor
from ca_platform_tests.once import made_once
from dash_app.app import Dashboards, build
from dash_app.pages import PAGES
from dash_app.records import Card
from dash_app.users import UserStore

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page, StorageState

DAYS = tuple(frames.DAY - timedelta(days=back) for back in (28, 8, 7, 2, 1, 0))
VALUED = frames.DAY
"""The one day that has dimension values."""
EMPTY = frames.DAY - timedelta(days=8)
"""A day on which the computed reports have no row."""
UNCONNECTED_REPORTS = ("dimension_kpis", "daily_dimension_values", "dimension_anomaly")

_SETTINGS = """
business: {time_zone: Europe/London, currency: GBP, start_date: 2025-10-15, simulated: true}
sources:
  lines: {kind: csv, path: lines.csv, columns: {order_id: o, product: p, category: g, price: a}}
  customers: {kind: csv, path: customers.csv, columns: {client: c, download_date: d}}
  deliveries:
    kind: csv
    path: deliveries.csv
    columns:
      {order_id: o, delivery_date: d, prepare_date: p, return_date: r, promised_date: m, latitude: y, longitude: x}
  sessions:
    kind: csv
    path: sessions/*.csv
    columns: {order_id: o, client: c, session_start_date: s, payment_amount: p, has_purchased: h}
    promotion_id: x
    dimensions: [region, channel]
    actions: [has_basket, order_screen]
    experiments: [checkout]
"""


def write_settings(folder: Path, text: str = _SETTINGS) -> Settings:
    """Settings that lie in the folder, everything else beside them."""
    path = folder / "ca_platform.yaml"
    path.write_text(text)
    return load_settings(path)


def fill(store: DocumentStore) -> None:
    """Every report that pages show, on every day, and each dimension value on the newest."""
    for spec in report_specs():
        if spec.storage == "document" and spec.name in frames.NAMES:
            store.replace(spec.name, DAYS, pl.concat(_parts(spec)), spec)


def fill_lake(settings: Settings) -> None:
    """The reports that the lake keeps: customers of the newest day, and sales of products."""
    sales = report_spec("daily_products_of_sales")
    with Lake.open(settings).write() as write:
        for name in ("client_kpis", "product_recommendations"):
            write.put(name, frames.DAY, frames.report(name))
        for day in DAYS:
            write.put(sales.name, day, pl.concat(_parts(sales, (day,))).drop("report_date"))


def build_shop(folder: Path) -> None:
    """Settings, store and lake of the shop, and somebody who may look."""
    settings = write_settings(folder)
    with open_store(settings) as store:
        fill(store)
    fill_lake(settings)
    UserStore(settings.users.path).add(USER, PASSWORD)


def _parts(spec: ReportSpec, days: Sequence[date] = DAYS) -> Iterator[pl.DataFrame]:
    for day in days:
        frame = frames.report(spec.name, day)
        yield _placed(frame.clear() if day == EMPTY else frame, day, "main", None)
        if spec.by_dimension and day == VALUED:
            for name, values in frames.DIMENSIONS.items():
                for value in values:
                    yield _placed(frame.head(max(frame.height - 3, 1)), day, name, value)


def _placed(frame: pl.DataFrame, day: object, dimension: str, value: str | None) -> pl.DataFrame:
    return frame.select(
        pl.lit(day).alias("report_date"),
        pl.lit(dimension).alias("report_dimension"),
        pl.lit(value, pl.String).alias("report_value"),
        pl.all(),
    )


def first_shown(route: str) -> tuple[Card, ...]:
    """The cards of a page on which nothing is chosen yet."""
    page = PAGES[route]
    return page.shown(page.filters())


@pytest.fixture(scope="session")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    """Settings of the shop, its store filled, one user."""
    return load_settings(made_once(tmp_path_factory, "shop", build_shop) / "ca_platform.yaml")


@pytest.fixture(scope="session")
def app(shop: Settings) -> Dashboards:
    return build(shop)


@pytest.fixture
def stranger(app: Dashboards) -> Visitor:
    """Somebody who has not logged in."""
    return Visitor(app)


@pytest.fixture(scope="session")
def visitor(app: Dashboards) -> Visitor:
    """Somebody who has. Verifying a password takes its time on purpose: once for all tests that do not log out."""
    visitor = Visitor(app)
    visitor.log_in()
    return visitor


@pytest.fixture(scope="session")
def site(app: Dashboards) -> Iterator[str]:
    """Address of the running dashboards."""
    with served(app) as address:
        yield address


@pytest.fixture(scope="session")
def tab(browser: Browser) -> Iterator[Page]:
    """A tab that tests use one after the other: where our scripts have run before, they run in half the time."""
    context = browser.new_context()
    yield context.new_page()
    context.close()


@pytest.fixture(scope="session")
def session(tab: Page, site: str) -> StorageState:
    """Cookies of somebody who has logged in."""
    return logged_in(tab, site)


@pytest.fixture
def screen(tab: Page, site: str, session: StorageState) -> Iterator[Open]:
    """Opens a page of somebody who is logged in; the test fails on anything that the page complains of."""
    opened: list[Reader] = []

    def open_(size: tuple[int, int] = WIDE, scheme: Any = "light", *, known: bool = True) -> Reader:
        assert not opened, "one at a time"
        if known:
            tab.context.add_cookies(session["cookies"])  # type: ignore[arg-type]
        tab.set_viewport_size({"width": size[0], "height": size[1]})
        tab.emulate_media(color_scheme=scheme)
        opened.append(Reader(tab, site))
        return opened[0]

    yield open_
    for reader in opened:
        reader.leave()
    assert [complaint for reader in opened for complaint in reader.complaints] == []

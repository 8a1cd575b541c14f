"""CONTRIBUTING.md keeps its word: a report is one row, one function and one card, and its example works as it stands."""

from __future__ import annotations

import json
import re
from datetime import date
from pathlib import Path
from textwrap import dedent
from typing import Any

import polars as pl
import pytest

import ca_platform as ca
from ca_platform.catalogue import ReportSpec, add_report, registry, report_spec
from ca_platform.drill import Count, add_count, counts
from ca_platform.drill import table as drilled
from ca_platform.errors import ReportError
from ca_platform.lake import Lake
from ca_platform.reports import bind_report, compute
from ca_platform.reports.bind import BINDINGS
from ca_platform.settings import load_settings
from ca_platform.simulate import ShopParameters, simulate_shop
from ca_platform_tests.dash_app.visitor import PASSWORD, USER, Visitor
from ca_platform_tests.oracle.compare import assert_equal
from ca_platform_tests.oracle.loaded import shop_of
from ca_platform_tests.oracle.reports import ORACLE
from dash_app.app import build
from dash_app.pages import CARDS, PAGE_OF, PAGES, add_card
from dash_app.users import UserStore

GUIDE = Path(__file__).parents[1] / "CONTRIBUTING.md"
NAME, CARD, PAGE = "orders_by_weekday", "orders-weekday", "/orders"


def example() -> list[str]:
    """The Python blocks of the guide: row, function, card, second implementation, orders behind a number."""
    blocks = re.findall(r"^ *```python\n(.*?)^ *```$", GUIDE.read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [dedent(block) for block in blocks]


@pytest.fixture
def registries(monkeypatch: pytest.MonkeyPatch) -> None:
    """What a test adds to the tables is gone after it."""
    monkeypatch.setattr(registry, "_REPORTS", dict(registry._REPORTS))
    tables: tuple[tuple[dict[str, Any], str], ...] = ((BINDINGS, NAME), (ORACLE, NAME), (CARDS, CARD), (PAGE_OF, CARD))
    for table, key in tables:
        monkeypatch.setitem(table, key, None)
        del table[key]
    monkeypatch.setattr(drilled, "_BY_REPORT", dict(drilled._BY_REPORT))
    monkeypatch.setitem(PAGES, PAGE, PAGES[PAGE])
    for card in PAGES[PAGE].cards:
        monkeypatch.setitem(PAGE_OF, card.id, PAGE_OF[card.id])


@pytest.fixture
def added(registries: None) -> ReportSpec:
    """The example of the guide, executed."""
    namespace: dict[str, Any] = {"__name__": "example"}
    for block in example():
        exec(compile(block, str(GUIDE), "exec"), namespace)
    return report_spec(NAME)


def test_example_of_the_guide_is_computed_stored_collected_and_shown(
    added: ReportSpec, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulate_shop(tmp_path, parameters=ShopParameters(days=10, customers=60, sessions=600))
    monkeypatch.setenv("CA_SETTINGS", str(tmp_path / "ca_platform.yaml"))
    assert NAME in ca.report_names()
    summary = ca.run(select=NAME)
    assert summary["reports"] == {"written": 1, "failed": []}
    # The second implementation of the guide agrees, in all cells of every dimension value.
    settings = load_settings()
    lake = Lake.open(settings)
    days = lake.days("sessions")
    ((_, frame),) = compute([NAME], days, settings, lake)
    assert isinstance(frame, pl.DataFrame), repr(frame)
    shop = shop_of(settings, lake)
    assert sum(assert_equal(frame, shop, NAME, day) for day in days) > 1000
    # What is collected is what was computed, for the shop and for a dimension value.
    for dimension in ("main", "device=mobile"):
        table = ca.collect_report(NAME, dimension=dimension)
        assert table.columns == list(added.column_names)
        assert table.equals(_of(frame, days[-1], dimension).select(table.columns))
        assert table["orders"].sum() > 0
    # A visitor sees it on its page.
    UserStore(settings.users.path).add(USER, PASSWORD)
    visitor = Visitor(build(settings))
    visitor.log_in()
    answer = visitor.card(CARD)
    assert answer["verdict"] == "ready"
    assert answer["reading"].endswith("of all.")
    assert len(answer["figure"]["data"]) == 1
    assert f'"data-report": "{NAME}"' in json.dumps(visitor.place(PAGE))
    # A number of it opens as many orders as it counts.
    row = _of(frame, days[-1], "device=mobile").row(0, named=True)
    query = f"?date={days[-1]}&dimension=device=mobile&report={NAME}&count=orders&key.weekday={row['weekday']}"
    assert visitor.rows("orders-counted", query, startRow=0, endRow=10)["rowCount"] == row["orders"] > 0


def _of(frame: pl.DataFrame, day: date, dimension: str) -> pl.DataFrame:
    name, _, value = dimension.partition("=")
    place = (pl.col("report_dimension") == name) & pl.col("report_value").eq_missing(pl.lit(value or None))
    return frame.filter((pl.col("report_date") == day) & place)


def test_name_that_is_taken_is_refused_everywhere(added: ReportSpec) -> None:
    with pytest.raises(ReportError, match="orders_by_weekday is taken"):
        add_report(added)
    with pytest.raises(ReportError, match="has its function already"):
        bind_report(NAME, BINDINGS["kpis"])
    with pytest.raises(ValueError, match="orders-weekday"):
        add_card(PAGE, CARDS[CARD])
    with pytest.raises(ReportError, match="said already"):
        add_count(counts(NAME)[0])
    with pytest.raises(ReportError, match="no column 'customers'"):
        add_count(Count(NAME, "customers", "customers", ("weekday",), counts(NAME)[0].rows))


def test_report_of_no_family_page_or_catalogue_is_refused_with_what_there_is(registries: None) -> None:
    spec = report_spec("kpis")
    lost = ReportSpec("lost", "nothing", "", "", "", spec.columns, spec.key, spec.facts, "/nowhere")
    with pytest.raises(ReportError, match=r"'nothing' and the page '/nowhere'.* funnels.* /orders"):
        add_report(lost)
    with pytest.raises(ReportError, match="There is no report 'lost'"):
        bind_report("lost", BINDINGS["kpis"])
    assert "lost" not in BINDINGS

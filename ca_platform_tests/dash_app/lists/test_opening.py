"""What the marks of the charts open: a cell that the card's report has, and where a count is drawn, its number."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import polars as pl
import pytest

from ca_platform.drill import count_of
from ca_platform.settings import Settings
from ca_platform.store import open_store
from ca_platform_tests.dash_app import drawn, real_shop
from dash_app.figures.opening import X, by_name, each, opens, with_opening
from dash_app.filters import CohortFilters
from dash_app.laketables import LakeTables, is_lake_table
from dash_app.pages import CARDS, PAGE_OF
from dash_app.records import Card, Look

# The shop has no experiment.
OPENING = [
    card
    for card in CARDS.values()
    if card.figure is not None and card.spec.storage != "lake" and card.report != "experiments"
]
# Cards whose marks are as long, high or dark as the number that they open.
DRAWN = {
    "orders-daily",
    "orders-weekly",
    "orders-monthly",
    "overview-orders",
    "churn-customers",
    "churn-moves",
    "orders-sequence",
    "orders-amounts",
    "retention-customers-month",
    "retention-customers-week",
    "promotions-organic",
    "segments-tree",
    "segments-flow",
    "rfm-recency-clusters",
    "rfm-frequency-clusters",
    "rfm-monetary-clusters",
    "clv-classes",
}


def frame_of(name: str, settings: Settings) -> pl.DataFrame:
    place = LakeTables(settings) if is_lake_table(name) else open_store(settings)
    found = place.report(name, real_shop.DAY)
    assert found is not None
    return found


def opened(card: Card, trace: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any], Any]]:
    """What each mark opens, as a browser reads it: column, key, and the value of the mark."""
    said = trace["meta"]["opens"]
    for place, x, y, value in _marks(trace):
        key = {name: _read(where, place, x, y) for name, where in said["key"].items()}
        texts = {name: _written(part) for name, part in key.items() if part is not None}
        count, parsed = count_of(card.report, said["column"], texts)
        yield count.column, dict(parsed), value


def _read(where: dict[str, Any], place: tuple[int, ...], x: Any, y: Any) -> Any:
    if "is" in where:
        return where["is"]
    if "x" in where or "y" in where:
        return x if "x" in where else y
    if "number" in where:
        return drawn.numbers(where["number"])[place[0]]
    values = where.get("row") or where.get("column") or where["point"]
    return values[place[1] if "column" in where else place[0]]


def _written(part: Any) -> str:
    """As JavaScript writes it."""
    return str(part).lower() if isinstance(part, bool) else str(part)


def _marks(trace: dict[str, Any]) -> Iterator[tuple[tuple[int, ...], Any, Any, Any]]:
    if trace["type"] == "heatmap":
        for row, line in enumerate(trace["z"]):
            for column, value in enumerate(line):
                if value is not None:
                    x = trace["x"][column] if "x" in trace else column
                    yield (row, column), x, trace["y"][row] if "y" in trace else row, value
        return
    if trace["type"] in ("treemap", "sankey", "scatter3d"):
        sizes = trace["values"] if "values" in trace else trace["link"]["value"] if "link" in trace else trace["x"]
        yield from (((place,), None, None, value) for place, value in enumerate(drawn.numbers(sizes)))
        return
    ys = drawn.numbers(trace["y"])
    xs = drawn.days(trace) if _has_days(trace) else drawn.numbers(trace["x"])
    is_flat = trace.get("orientation") == "h"
    for place, (x, y) in enumerate(zip(xs, ys, strict=True)):
        value = x if is_flat else y
        if value is not None:
            yield (place,), x if isinstance(x, date) else _whole(x), y, value


def _has_days(trace: dict[str, Any]) -> bool:
    return "x0" in trace or (isinstance(trace["x"], list) and bool(trace["x"]) and isinstance(trace["x"][0], str))


def _whole(value: Any) -> Any:
    return int(value) if isinstance(value, float) and value.is_integer() else value


@pytest.mark.parametrize("card", OPENING, ids=[card.id for card in OPENING])
def test_every_mark_that_opens_is_a_cell_of_the_report(card: Card, shop: Settings) -> None:
    frame = frame_of(card.report, shop)
    look = Look(currency="EUR", day=real_shop.DAY, filters=PAGE_OF[card.id].filters())
    if card.also:
        look = Look(currency="EUR", day=real_shop.DAY, filters=look.filters, also=frame_of(card.also, shop))
    rows = card.rows(frame, look)
    assert card.figure is not None
    data = with_opening(card.figure(rows, look)["data"], card.drill or (lambda _: {}))
    found = [mark for trace in data if "opens" in trace.get("meta", {}) for mark in opened(card, trace)]
    if card.drill is not None or card.id in DRAWN:
        assert found
    for column, key, value in found:
        cell = frame.filter(pl.col(name).eq_missing(pl.lit(part)) for name, part in key.items())
        # Tables by period and promotion have no row where nothing happened; a chart shows 0 there.
        assert cell.height > 0 or value == 0, (column, key)
        if card.id in DRAWN:
            assert abs(value) == cell[column][0], (column, key)


def test_cell_of_the_rate_so_far_opens_the_customers_up_to_then(shop: Settings) -> None:
    card = CARDS["cohorts-1-2-weekly"]
    frame = frame_of(card.report, shop)
    look = Look(day=real_shop.DAY, filters=CohortFilters(kind="1-2", metric="cumulative"))
    assert card.figure is not None
    data = card.figure(frame, look)["data"]
    found = [mark for trace in data if "opens" in trace.get("meta", {}) for mark in opened(card, trace)]
    assert {column for column, _, _ in found} == {"cumulative_rate"}
    keys = pl.DataFrame([key for _, key, _ in found], schema_overrides={"offset": pl.Int64}).unique()
    assert keys.join(frame.drop_nulls("cumulative_rate"), on=["cohort", "offset"], how="semi").height == keys.height > 0


def test_marks_that_are_not_of_the_report_open_nothing() -> None:
    own: dict[str, Any] = {"type": "bar", "name": "orders"}
    said = {"type": "bar", **opens("customers", week=X)}
    others: list[dict[str, Any]] = [
        {"type": "scatter", "name": "earlier"},
        {"type": "scatter", "name": "mean"},
        {"type": "scatter", "line": {"dash": "dot"}},
        {"type": "bar", "hoverinfo": "skip"},
    ]
    traces = with_opening([own, said, *others], each("orders", date=X))
    assert traces[0]["meta"] == opens("orders", date=X)["meta"]
    assert traces[1:] == [said, *others]
    named = with_opening([own, {"type": "bar", "name": "other"}], by_name({"orders": opens("orders", date=X)}))
    assert ["meta" in trace for trace in named] == [True, False]

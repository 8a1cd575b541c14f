"""The triangle of cohorts: what is coloured, grey, marked and left out."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import drawn, frames
from ca_platform_tests.dash_app.test_ages import weeks
from dash_app.figures.maps import MAX_ROWS
from dash_app.figures.triangle import Triangle, triangle
from dash_app.pages import CARDS
from dash_app.records import Look

LOOK = Look(currency="GBP", day=frames.DAY)
WEEKS = Triangle("rate", "week", "share of the cohort", "the download")
TRIANGLES = [name for name, card in CARDS.items() if card.figure and getattr(card.figure, "func", None) is triangle]


def cells(figure: dict[str, Any], name: str, axis: str = "y", key: str = "z") -> list[Any]:
    return next((trace[key] for trace in figure["data"] if trace["name"] == name and trace["yaxis"] == axis), [])


def dots(figure: dict[str, Any]) -> set[tuple[int, int]]:
    """Row and column of the cells with a dot in their corner."""
    found = [trace for trace in figure["data"] if trace["name"] == "unfinished"]
    return {(round(y), round(x)) for trace in found for x, y in zip(trace["x"], trace["y"], strict=True)}


@pytest.mark.parametrize("name", TRIANGLES)
def test_cells_are_the_rows_of_the_report(name: str) -> None:
    card = CARDS[name]
    kind: Triangle = card.figure.keywords["kind"]  # type: ignore[union-attr]
    frame = frames.report(card.report)
    figure = triangle(frame, LOOK, kind)
    cohorts = frame["cohort"].unique().sort().to_list()[-kind.rows :]
    big = frame.filter(
        pl.col("cohort").is_in(cohorts) & (pl.col("cohort_size") >= 30) & (pl.col("offset") >= kind.first)
    )
    wanted = {
        (cohorts.index(cohort), offset): value
        for cohort, offset, value in big.select("cohort", "offset", kind.measure).drop_nulls().iter_rows()
    }
    rates = next(trace for trace in figure["data"] if trace["name"] == "rate" and trace["yaxis"] == "y")
    found = {
        (place, offset): value
        for place, row in zip(rates["y"], rates["z"], strict=True)
        for offset, value in zip(rates["x"], row, strict=True)
        if value is not None
    }
    assert found == wanted
    partial = big.filter("is_partial").select("cohort", "offset").iter_rows()
    small = frame.filter((pl.col("cohort_size") < 30) & pl.col("is_partial"))["cohort"].to_list()
    shown = {(cohorts.index(cohort), offset) for cohort, offset in partial}
    assert {(row, column) for row, column in dots(figure) if cohorts[row] not in small} == shown


def test_cell_whose_time_has_not_come_has_dots_and_is_never_zero() -> None:
    figure = triangle(weeks((100, [10, 5]), (100, [20, None])), LOOK, WEEKS)
    assert cells(figure, "rate") == [[0.1, 0.05], [0.2, None]]
    assert cells(figure, "not yet", key="text") == [["", ""], ["", "…"]]
    assert "…: not yet" in drawn.notes(figure)


def test_running_cells_have_a_dot_and_no_others() -> None:
    figure = triangle(weeks((100, [10, 5]), (100, [20, None]), is_running=True), LOOK, WEEKS)
    assert dots(figure) == {(0, 1), (1, 0)}
    assert "dot: unfinished" in drawn.notes(figure)
    assert not dots(triangle(weeks((100, [10, 5])), LOOK, WEEKS))


def test_row_on_top_is_the_mean_by_size_of_what_is_over() -> None:
    figure = triangle(weeks((100, [10, 5]), (300, [90, None]), (500, [0, None])), LOOK, WEEKS)
    assert cells(figure, "rate", "y2")[0] == [100 / 900, 0.05]
    assert figure["layout"]["yaxis2"]["ticktext"] == ["<b>all · 900</b>"]


def test_small_cohort_is_grey_and_its_counts_are_in_the_hover() -> None:
    figure = triangle(weeks((29, [12, 1]), (30, [12, None])), LOOK, WEEKS)
    assert cells(figure, "rate") == [[None, None], [0.4, None]]
    assert cells(figure, "no rate") == [[0, 0], [None, None]]
    assert cells(figure, "no rate", key="customdata")[0][0] == "2 Nov 2026, week 0: 12 of 29 (41.4%)"
    assert "grey: fewer than 30 customers" in drawn.notes(figure)


def test_cohort_without_customers_is_blank() -> None:
    figure = triangle(weeks((100, [10]), (0, [0])), LOOK, WEEKS)
    assert cells(figure, "rate") == [[0.1], [None]]
    assert not cells(figure, "no rate")
    assert not cells(figure, "not yet")


def test_columns_that_no_cohort_has_reached_are_left_out() -> None:
    figure = triangle(weeks((100, [10, 5, None, None]), (100, [20, None, None, None])), LOOK, WEEKS)
    assert cells(figure, "rate", key="x") == [0, 1]


def test_first_column_does_not_flatten_the_scale() -> None:
    figure = triangle(weeks((100, [90, 5, 4])), LOOK, WEEKS)
    assert figure["layout"]["coloraxis"]["cmax"] == 0.05
    assert "week 0 is beyond the scale" in drawn.notes(figure)
    assert "beyond" not in drawn.notes(triangle(weeks((100, [4, 5])), LOOK, WEEKS))


def test_retention_begins_with_the_period_after_the_first_order() -> None:
    frame = frames.report("monthly_retention")
    figure = triangle(frame, LOOK, Triangle("rate", "month", "share", "the first order", first=1))
    assert min(cells(figure, "rate", key="x")) == 1
    assert figure["layout"]["coloraxis"]["cmax"] < 1


def test_sizes_stand_beside_the_cohorts() -> None:
    axis = triangle(weeks((100, [10]), (12_345, [10])), LOOK, WEEKS)["layout"]["yaxis"]
    assert axis["ticktext"] == ["2 Nov 2026 · 100", "9 Nov 2026 · 12.3k"]


def test_cells_carry_text_while_it_is_legible() -> None:
    few = triangle(weeks(*[(100, [50])] * 30), LOOK, WEEKS)
    many = triangle(weeks(*[(100, [50])] * 31), LOOK, WEEKS)
    assert drawn.texts(few, "rate")[0] == ["50"]
    assert all("text" not in trace for trace in many["data"] if trace["name"] == "rate" and trace["yaxis"] == "y")
    assert "in %" in drawn.notes(few)


def test_cohorts_past_the_limit_are_in_the_mean_alone() -> None:
    figure = triangle(weeks(*[(100, [40])] * 100, *[(100, [0])] * 100), LOOK, WEEKS)
    assert len(cells(figure, "rate")) == MAX_ROWS
    assert f"newest {MAX_ROWS} of 200 weeks" in drawn.notes(figure)
    assert cells(figure, "rate", "y2")[0] == [0.2]


def test_amounts_are_written_in_the_currency_that_stands_above() -> None:
    rows = [
        {"cohort": date(2026, 9, 1), "offset": offset, "cohort_size": 40, "orders": 40, "revenue": 2000.0}
        | {"cumulative_revenue_per_customer": 50.0 * (offset + 1)}
        for offset in range(2)
    ]
    kind = Triangle("cumulative_revenue_per_customer", "month", "revenue", "the first order", unit="money")
    figure = triangle(frames.table("cohort_revenue", rows), LOOK, kind)
    assert drawn.texts(figure, "rate") == [["50", "100"]]
    assert cells(figure, "rate", key="customdata") == [
        ["Sep 2026, month 0: £50.00 a customer, of 40", "Sep 2026, month 1: £100.00 a customer, of 40"]
    ]
    assert cells(figure, "rate", "y2")[0] == [50.0, 100.0]
    assert "in GBP" in drawn.notes(figure)


@pytest.mark.parametrize("count", [1, 3, 8, 30])
def test_columns_are_named_right_below_the_last_row(count: int) -> None:
    rows = weeks(*[(100, [10, 5])] * count)
    layout = triangle(rows, LOOK, WEEKS)["layout"]
    (bottom, top), height = layout["yaxis"]["domain"], min(count, 8)
    assert layout["xaxis"]["anchor"] == "y"
    assert layout["yaxis"]["range"] == [count - 0.5, -0.5]
    assert top - bottom == pytest.approx(top * height / 8)
    assert top == layout["yaxis2"]["domain"][0]

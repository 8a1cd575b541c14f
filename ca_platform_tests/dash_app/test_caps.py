"""Charts of more than they can show: what is summed, what is left out, and that both are said."""

from __future__ import annotations

import itertools
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import drawn, frames
from dash_app.figures import cohorts, conversion, dimension_days, dimensions, maps, steps
from dash_app.figures.values import daily_top_values, top_values
from dash_app.records import Look

LOOK = Look(currency="GBP", day=frames.DAY)
MONDAY = date(2024, 1, 1)


def funnel_of(count: int) -> pl.DataFrame:
    rows = [
        {
            "date": MONDAY + timedelta(days=7 * week),
            "step": f"step {index}",
            "step_index": index,
            "sessions": 100 + index,
        }
        for week in range(3)
        for index in range(count)
    ]
    return frames.table("weekly_funnel", rows)


def sales(values: dict[str | None, float]) -> pl.DataFrame:
    rows = [
        {"dimension": "region", "value": value, "sessions": 1, "orders": 1, "discount": 0.0, "customers": 1}
        | {"revenue": revenue}
        for value, revenue in values.items()
    ]
    return frames.table("dimension_kpis", rows)


def daily_sales(values: dict[str | None, float], days: int = 10) -> pl.DataFrame:
    rows = [
        {"dimension": "region", "value": value, "date": MONDAY + timedelta(days=day), "revenue": revenue + day}
        | {"sessions": 1, "orders": 1, "discount": 0.0, "customers": 1}
        for value, revenue in values.items()
        for day in range(days)
    ]
    return frames.table("daily_dimension_values", rows)


MANY: dict[str | None, float] = {f"v{number:03}": 1000.0 - number for number in range(200)} | {None: 5.0}


# ---- steps --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("count", "panels"), [(6, 1), (7, 7), (12, 12), (20, 12)])
def test_more_than_six_steps_get_a_panel_each_up_to_twelve(count: int, panels: int) -> None:
    figure = steps.sessions_by_step(funnel_of(count), LOOK, "week")
    assert len([name for name in figure["layout"] if name.startswith("yaxis")]) == panels
    assert ("12 of 20 shown" in drawn.notes(figure)) == (count == 20)


def test_panels_stand_below_each_other_without_touching() -> None:
    layout = steps.sessions_by_step(funnel_of(9), LOOK, "week")["layout"]
    domains = sorted(layout[name]["domain"] for name in layout if name.startswith("yaxis"))
    assert all(below[1] < above[0] for below, above in itertools.pairwise(domains))
    assert domains[0][0] >= 0


def test_conversion_shows_the_first_twelve_steps_and_says_so() -> None:
    rows = [
        {"step": f"s{index}", "step_index": index, "sessions_open": 100, "sessions_closed": 100 - index}
        | {"conversion_from_start": 1 - index / 100, "conversion_from_previous": 0.99 if index else None}
        for index in range(15)
    ]
    figure = conversion.conversion(frames.table("session_funnel_conversion", rows), LOOK)
    assert "first 12 of 15 steps" in drawn.notes(figure)
    assert len(drawn.rows_of(figure)[0]["y"]) == 12


# ---- values of dimensions -----------------------------------------------------------------------------------------


def test_values_past_the_limit_are_summed_in_one_bar() -> None:
    shown = top_values(sales(MANY), 5)
    assert shown["label"].to_list() == ["v000", "v001", "v002", "v003", "v004", "196 others"]
    assert shown["revenue"].sum() == pytest.approx(sum(MANY.values()))
    assert shown["share"].sum() == pytest.approx(1)


def test_single_value_past_the_limit_is_shown_by_its_name() -> None:
    shown = top_values(sales({"a": 3.0, "b": 2.0, "c": 1.0}), 2)
    assert shown["label"].to_list() == ["a", "b", "c"]
    assert not shown["is_rest"].any()


def test_null_value_is_a_value() -> None:
    shown = top_values(sales({None: 3.0, "b": 2.0}), 5)
    assert shown["label"].to_list() == ["(no value)", "b"]


def test_dimension_without_revenue_has_no_shares() -> None:
    assert top_values(sales({"a": 0.0, "b": 0.0}), 5)["share"].to_list() == [None, None]


def test_dimensions_past_the_sixth_are_left_out_and_it_is_said() -> None:
    frame = pl.concat([sales({"a": 1.0}).with_columns(dimension=pl.lit(f"d{number}")) for number in range(8)])
    figure = dimensions.revenue_by_value(frame, LOOK)
    assert "6 of 8 dimensions" in drawn.notes(figure)
    assert len(figure["data"]) == 6


def test_bars_and_their_names_stand_at_the_same_places() -> None:
    layout = dimensions.revenue_by_value(frames.report("dimension_kpis"), LOOK)
    axis = layout["layout"]["yaxis"]
    assert axis["tickvals"] == [place for trace in layout["data"] for place in trace["y"]]
    assert axis["ticktext"][0] == "EU"
    assert axis["ticktext"][7] == "(no value)"


def test_days_of_all_lines_add_up_to_the_days_of_the_report() -> None:
    frame = daily_sales(MANY)
    lines = daily_top_values(frame, 4)
    assert lines["label"].unique(maintain_order=True).to_list() == ["v000", "v001", "v002", "v003", "197 others"]
    expected = frame.group_by("date").agg(pl.col("revenue").sum()).sort("date")
    assert lines.group_by("date").agg(pl.col("revenue").sum()).sort("date")["revenue"].to_list() == pytest.approx(
        expected["revenue"].to_list()
    )


def test_null_value_has_a_line_of_its_own() -> None:
    lines = daily_top_values(daily_sales({None: 30.0, "a": 20.0, "b": 10.0}), 1)
    assert lines["label"].unique(maintain_order=True).to_list() == ["(no value)", "2 others"]


def test_line_is_the_mean_of_seven_days() -> None:
    lines = daily_top_values(daily_sales({"a": 10.0}), 4)
    assert lines["mean"].to_list()[6:9] == pytest.approx([13.0, 14.0, 15.0])
    assert lines["mean"].to_list()[:2] == pytest.approx([10.0, 10.5])


def test_at_most_three_dimensions_are_drawn_by_day() -> None:
    frame = pl.concat([daily_sales({"a": 1.0}).with_columns(dimension=pl.lit(f"d{number}")) for number in range(4)])
    figure = dimension_days.daily_revenue_by_value(frame, LOOK)
    assert "3 of 4 dimensions" in drawn.notes(figure)
    assert len(figure["data"]) == 3


# ---- cohorts ------------------------------------------------------------------------------------------------------


def cohort(week: int, size: int, customers: int | None, step: str = "first_purchase") -> dict[str, Any]:
    rate = customers / size if size and customers is not None else None
    return {
        "cohort": MONDAY + timedelta(days=7 * week),
        "step": step,
        "cohort_size": size,
        "customers_7d": customers,
        "rate_7d": rate,
        "is_censored_7d": customers is None,
        "customers_ever": customers or 0,
        "rate_ever": (customers or 0) / size if size else None,
    }


def cells(figure: dict[str, Any], name: str, axis: str = "y") -> list[list[Any]]:
    return next(
        (trace[key] for trace in figure["data"] if trace["name"] == name and trace["yaxis"] == axis for key in ["z"]),
        [],
    )


def texts(figure: dict[str, Any], name: str) -> list[list[str]]:
    return next(trace["text"] for trace in figure["data"] if trace["name"] == name and trace["yaxis"] == "y")


def cohort_map(*rows: dict[str, Any]) -> dict[str, Any]:
    return cohorts.cohorts(frames.table("customer_funnel_conversion", rows), LOOK, "7d")


def test_row_on_top_is_the_mean_weighted_by_size_over_cohorts_whose_time_has_passed() -> None:
    figure = cohort_map(cohort(0, 100, 10), cohort(1, 300, 90), cohort(2, 500, None))
    assert cells(figure, "rate", "y2") == [[0.25]]
    assert figure["layout"]["yaxis2"]["ticktext"] == ["<b>all · 400</b>"]


def test_cell_whose_time_has_not_passed_is_grey_with_dots_and_never_zero() -> None:
    figure = cohort_map(cohort(0, 100, 10), cohort(1, 100, None))
    assert cells(figure, "rate") == [[0.1], [None]]
    assert texts(figure, "no rate") == [[""], ["…"]]
    assert "too early to know" in drawn.notes(figure)


def test_cohort_of_fewer_than_thirty_shows_counts_and_no_rate() -> None:
    figure = cohort_map(cohort(0, 29, 12), cohort(1, 30, 12))
    assert cells(figure, "rate") == [[None], [0.4]]
    assert texts(figure, "no rate") == [["12/29"], [""]]


def test_week_without_downloads_is_blank() -> None:
    figure = cohort_map(cohort(0, 100, 10), cohort(1, 0, 0))
    assert texts(figure, "no rate") == [[""], [""]]
    assert cells(figure, "rate") == [[0.1], [None]]


def test_sizes_stand_beside_the_weeks() -> None:
    axis = cohort_map(cohort(0, 100, 10), cohort(1, 12_345, 10))["layout"]["yaxis"]
    assert axis["ticktext"] == ["1 Jan 2024 · 100", "8 Jan 2024 · 12.3k"]


def test_milestones_stand_in_the_order_in_which_they_are_reached() -> None:
    names = ("first_login", "first_purchase", "first_session", "signup")
    axis = cohort_map(*(cohort(0, 100, 10, name) for name in names))["layout"]["xaxis"]
    assert axis["ticktext"] == ["sign-up", "first<br>login", "first<br>session", "first<br>purchase"]


def test_two_years_of_weeks_are_shown_the_mean_is_of_all() -> None:
    figure = cohort_map(*(cohort(week, 100, 50 if week < 100 else 0) for week in range(200)))
    assert len(cells(figure, "rate")) == maps.MAX_ROWS
    assert "newest 104 of 200 weeks" in drawn.notes(figure)
    assert cells(figure, "rate")[-1] == [0.0]
    assert figure["layout"]["yaxis"]["ticktext"][0] == "3 Nov 2025 · 100"
    assert cells(figure, "rate", "y2") == [[0.25]]


def test_cells_carry_text_while_it_is_legible_and_a_scale_after_that() -> None:
    few = cohort_map(*(cohort(week, 100, 50) for week in range(30)))
    many = cohort_map(*(cohort(week, 100, 50) for week in range(31)))
    assert drawn.texts(few, "rate")[0] == ["50%"]
    assert not few["layout"]["coloraxis"]["showscale"]
    assert many["layout"]["coloraxis"]["showscale"]
    assert all("text" not in trace for trace in many["data"] if trace["name"] == "rate" and trace["yaxis"] == "y")

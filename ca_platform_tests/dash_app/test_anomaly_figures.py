"""Days that stand out, drawn: what came, the range, open diamonds, the calendar, and what carries one day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import anomaly_frames, drawn, frames
from ca_platform_tests.dash_app.anomaly_frames import HOLIDAY, MACHINE, OUTAGE
from dash_app.figures import anomaly_calendar, anomaly_course, anomaly_drivers
from dash_app.figures.labels import width
from dash_app.flagged import AnomalyFilters
from dash_app.records import Look
from dash_app.words import anomaly_days as days

LOOK = Look(currency="GBP", day=frames.DAY, filters=AnomalyFilters(span="all"))
REPORT = "dfunnel_anomaly"


def report(name: str = REPORT, **changes: Any) -> pl.DataFrame:
    return frames.report(name).with_columns(**changes)


def by_name(figure: dict[str, Any], name: str) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if trace["name"] == name]


# ---- day by day -----------------------------------------------------------------------------------------------------


def test_every_figure_has_its_panel_with_what_came_and_its_range() -> None:
    figure = anomaly_course.course(report(), LOOK)
    axes = [name for name in figure["layout"] if name.startswith("yaxis")]
    assert len(axes) == 4
    low, high, expected, came = by_name(figure, "sessions")
    own = report().filter(metric="sessions").sort("date")
    for trace, column in ((low, "low"), (high, "high"), (expected, "expected"), (came, "actual")):
        assert drawn.days(trace) == own["date"].to_list()
        assert drawn.numbers(trace["y"]) == pytest.approx(own[column].to_list(), rel=1e-6)
    assert (low["line"]["width"], high["fill"]) == (0, "tonexty")
    assert "area: the range that was expected" in drawn.notes(figure)


def test_figure_that_is_known_on_no_day_has_no_panel() -> None:
    unknown = pl.when(pl.col("metric") == "has_basket").then(None).otherwise("actual")
    figure = anomaly_course.course(report(actual=unknown), LOOK)
    assert len([name for name in figure["layout"] if name.startswith("yaxis")]) == 3
    assert not by_name(figure, "has basket")


def test_open_diamonds_are_the_flagged_days_that_the_figure_carries() -> None:
    figure = anomaly_course.course(report(), LOOK)
    (orders,) = by_name(figure, "orders, stands out")
    (sessions,) = by_name(figure, "sessions, stands out")
    assert drawn.days(orders) == [MACHINE, *OUTAGE]
    assert drawn.days(sessions) == list(OUTAGE)
    assert orders["marker"]["symbol"] == "diamond-open"
    assert orders["customdata"] == ["stands out: +160.0%", "stands out: −42.0%", "stands out: −42.0%"]
    flagged = report().filter(pl.col("is_anomaly"), metric="orders").sort("date")
    assert drawn.numbers(orders["y"]) == flagged["actual"].to_list()


def test_known_days_are_circles_and_no_diamonds_with_their_name_escaped() -> None:
    named = pl.when(pl.col("date") == HOLIDAY).then(pl.lit("known day: <b>Fair</b>")).otherwise("explanation")
    figure = anomaly_course.course(report(explanation=named), LOOK)
    (trace,) = by_name(figure, "sessions, known day")
    assert drawn.days(trace) == [HOLIDAY]
    assert trace["marker"]["symbol"] == "circle-open"
    assert trace["customdata"] == ["known day: &lt;b&gt;Fair&lt;/b&gt;"]


def test_day_that_another_figure_carries_is_no_known_day() -> None:
    figure = anomaly_course.course(report(), LOOK)
    circles = [trace for trace in figure["data"] if trace["name"].endswith("known day")]
    assert {day for trace in circles for day in drawn.days(trace)} == {HOLIDAY}


def test_click_on_a_day_opens_it() -> None:
    figure = anomaly_course.course(report(), LOOK)
    for name in ("sessions, stands out", "sessions, known day"):
        assert by_name(figure, name)[0]["meta"] == {"chooses": {"name": "opened", "x": True}}
    opening = [trace for trace in by_name(figure, "sessions") if "meta" in trace]
    assert len(opening) == 1


@pytest.mark.parametrize(
    ("span", "count"), [("90", 90), ("180", anomaly_frames.WINDOW), ("all", anomaly_frames.WINDOW)]
)
def test_days_shown_are_the_last(span: Any, count: int) -> None:
    figure = anomaly_course.course(report(), replace(LOOK, filters=AnomalyFilters(span=span)))
    came = next(trace for trace in by_name(figure, "sessions") if "meta" in trace)
    assert drawn.days(came) == [frames.DAY - timedelta(days=back) for back in range(count - 1, -1, -1)]


def test_of_many_figures_those_that_stand_out_most_have_a_panel_and_it_is_said() -> None:
    own = report().filter(metric="sessions")
    many = pl.concat(
        [
            own.with_columns(metric=pl.lit(f"step_{number:02}"), is_anomaly=pl.col("is_anomaly") & pl.lit(number == 11))
            for number in range(12)
        ]
    )
    figure = anomaly_course.course(many, LOOK)
    assert len([name for name in figure["layout"] if name.startswith("yaxis")]) == anomaly_course.MOST
    assert by_name(figure, "step 11")
    assert not by_name(figure, "step 10")
    assert "8 of 12 figures" in drawn.notes(figure)


def test_history_of_three_weeks_is_drawn_without_a_range() -> None:
    young = frames.report(REPORT, frames.DAY, frames.DAY - timedelta(days=20))
    figure = anomaly_course.course(young, LOOK)
    assert [trace["name"] for trace in figure["data"]] == ["sessions", "has basket", "orders", "orders / sessions"]
    assert "area" not in drawn.notes(figure)


def test_figure_that_starts_late_and_one_with_gaps_are_drawn() -> None:
    late = pl.when(pl.col("date") > date(2026, 10, 1)).then("actual")
    holes = pl.when(pl.col("date").dt.day() % 5 > 0).then(late)
    figure = anomaly_course.course(report(actual=holes), LOOK)
    came = next(trace for trace in by_name(figure, "sessions") if "meta" in trace)
    assert len(drawn.days(came)) == len(drawn.numbers(came["y"])) < 52


# ---- the calendar ---------------------------------------------------------------------------------------------------


def test_calendar_has_a_square_for_each_day_with_a_score() -> None:
    figure = anomaly_calendar.calendar(report(), LOOK)
    heat, diamonds, circles = figure["data"]
    weeks = [date.fromisoformat(text) for text in heat["x"]]
    assert all(week.weekday() == 0 for week in weeks)
    squares = {
        weeks[column] + timedelta(days=row): value
        for row, line in enumerate(heat["z"])
        for column, value in enumerate(line)
        if value is not None
    }
    assert set(squares) == set(report()["date"])
    assert squares[MACHINE] == pytest.approx(2.69897, rel=1e-5)
    assert heat["meta"]["chooses"]["values"][MACHINE.weekday()][weeks.index(date(2026, 8, 3))] == str(MACHINE)
    assert len(diamonds["x"]) == 3
    assert [(week, day) for week, day in zip(circles["x"], circles["y"], strict=True)] == [(str(HOLIDAY), 0)]
    assert "flagged, score" in heat["customdata"][MACHINE.weekday()][1 + weeks.index(date(2026, 7, 27))]


def test_day_as_unusual_as_no_other_is_at_the_end_of_the_scale() -> None:
    figure = anomaly_calendar.calendar(report(p_value=pl.lit(0.0)), LOOK)
    values = {value for line in figure["data"][0]["z"] for value in line if value is not None}
    assert values == {3.0}


def test_weekdays_of_the_calendar_have_a_line_each_below_any_number_of_notes() -> None:
    layout = anomaly_calendar.calendar(report(), LOOK)["layout"]
    # The months and the scale take 92 pixels.
    assert (layout["meta"]["height"] - layout["margin"]["t"] - 92) / 7 >= 15
    # Ticks closer than a month are days: no month is named twice.
    assert layout["xaxis"]["tickformatstops"][0] == {"dtickrange": [None, "M1"], "value": "%-d %b\n%Y"}


# ---- one day --------------------------------------------------------------------------------------------------------


def test_bars_of_a_day_are_distances_in_widths_of_the_range() -> None:
    look = replace(LOOK, filters=AnomalyFilters(opened=MACHINE))
    figure = anomaly_drivers.drivers(days.of_day(report(), look), look)
    filled, hollow = figure["data"]
    # Expected 1, up to 1.17; 2.6 came.
    assert drawn.numbers(filled["x"]) == pytest.approx([8.0, 8.0])
    assert filled["text"] == ["+160.0%", "+160.0%"]
    assert drawn.numbers(hollow["x"]) == pytest.approx([0.0, 0.0], abs=1e-3)
    assert figure["layout"]["yaxis"]["ticktext"] == ["sessions", "has basket", "orders", "orders / sessions"]


def test_change_behind_a_bar_has_room_beside_the_names_on_a_phone() -> None:
    """A card of 390 pixels leaves 318 to the chart."""
    metrics = ["order_screen/has_basket", "has_basket/product_view", "sessions"]
    rows = pl.concat([report().filter(date=MACHINE).head(1).with_columns(metric=pl.lit(name)) for name in metrics])
    rows = rows.with_columns(
        expected=pl.lit(1.0), low=pl.lit(0.9), high=pl.lit(1.1), actual=pl.Series([0.25, 1.7, 1.0])
    )
    figure = anomaly_drivers.drivers(rows, LOOK)
    layout = figure["layout"]
    assert "order screen /<br>has basket" in layout["yaxis"]["ticktext"]
    low, high = layout["xaxis"]["range"]
    pixels = (318 - layout["margin"]["l"] - layout["margin"]["r"]) / (high - low)
    for trace in figure["data"]:
        for far, text in zip(drawn.numbers(trace["x"]), trace["text"], strict=True):
            assert (far - low if far < 0 else high - far) * pixels >= width([text]), text


def test_expected_outside_of_the_range_has_a_distance_too() -> None:
    rows = report("dorders_anomaly", expected=pl.col("high") * 1.1).filter(date=OUTAGE[1])
    found = anomaly_drivers.distances(rows)["distance"]
    assert found.len() == 1
    assert found[0] < -1


def test_constant_figure_without_a_range_is_left_out() -> None:
    rows = report(low=pl.col("expected"), high=pl.col("expected"))
    assert anomaly_drivers.distances(rows).is_empty()
    assert anomaly_drivers.without_distances(rows)

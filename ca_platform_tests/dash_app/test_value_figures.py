"""Charts of customer value: what came and what is expected, earlier forecasts, segments, calibration."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import plotly.graph_objects as go
import polars as pl
import pytest

from ca_platform_tests.dash_app import drawn, frames
from ca_platform_tests.dash_app.days_of_shop import DAY, START
from ca_platform_tests.dash_app.test_value_words import LOOK, THEN, course, report
from ca_platform_tests.dash_app.value_frames import HORIZON
from dash_app.figures import value_course, value_models, value_segments
from dash_app.words.value_segments import TO_COME


def by_name(figure: dict[str, Any]) -> dict[str, dict[str, Any]]:
    return {trace["name"]: trace for trace in figure["data"]}


def test_what_came_is_solid_and_what_is_expected_dashed_from_the_last_day_on() -> None:
    figure = value_course.course(course(100, 50, 20), LOOK)
    traces = by_name(figure)
    assert list(traces) == ["came", "expected", "newcomers"]
    assert [trace["line"].get("dash") for trace in traces.values()] == [None, "dash", "dash"]
    assert drawn.numbers(traces["came"]["y"]) == [100] * 20
    assert drawn.numbers(traces["expected"]["y"]) == [100, *[50] * 10]
    assert drawn.days(traces["expected"])[0] == drawn.days(traces["came"])[-1] == DAY
    assert drawn.numbers(traces["newcomers"]["y"]) == [20] * 10
    (today,) = figure["layout"]["shapes"]
    assert (today["x0"], today["line"]["dash"]) == (str(DAY), "dot")


def test_band_lies_between_the_ends_of_the_intervals() -> None:
    traces = by_name(value_course.course(course(100, 50, low=40.0, high=70.0), LOOK))
    assert drawn.numbers(traces["low"]["y"]) == [40] * 10
    assert drawn.numbers(traces["high"]["y"]) == [70] * 10
    assert traces["high"]["fill"] == "tonexty"
    assert "80% of days" in drawn.notes(value_course.course(course(100, 50, low=40.0, high=70.0), LOOK))


def test_many_days_are_drawn_as_their_mean_and_the_days_pale_behind_it() -> None:
    frame = report("daily_clv")
    traces = by_name(value_course.course(frame, LOOK))
    came = frame.filter(data_type="actual")
    assert drawn.numbers(traces["day"]["y"]) == pytest.approx(came["amount"][6:].to_list(), rel=1e-6)
    assert drawn.numbers(traces["came"]["y"])[-1] == pytest.approx(came["amount"].tail(7).mean(), rel=1e-6)
    # What is expected begins where what came ends, with the mean of its own first week.
    expected = frame.filter(data_type="predicted")
    assert len(drawn.numbers(traces["expected"]["y"])) == HORIZON + 1
    assert drawn.numbers(traces["expected"]["y"])[1] == pytest.approx(expected["amount"].head(7).mean(), rel=1e-6)


def test_forecast_of_an_earlier_day_is_dotted_over_what_then_came() -> None:
    look = replace(LOOK, compare_day=THEN, compare=course(100, 80, day=THEN, low=60.0, high=90.0))
    figure = value_course.course(course(100, 50, low=40.0, high=70.0), look)
    low, high, earlier = figure["data"][:3]
    assert (low["name"], high["fill"], earlier["line"]["dash"]) == ("low", "tonexty", "dot")
    assert drawn.days(earlier) == [THEN + timedelta(days=n) for n in range(1, 11)]
    assert "dotted: forecast of 11 Nov 2026" in drawn.notes(figure)
    same = replace(look, compare_day=DAY)
    assert "earlier" not in by_name(value_course.course(course(100, 50), same))


def test_course_without_a_forecast_band_or_newcomers_is_drawn() -> None:
    for frame in (
        course(100, 50).filter(data_type="actual"),
        course(100, 50).filter(data_type="predicted"),
        course(0, 5),
    ):
        figure = value_course.course(frame, LOOK)
        go.Figure(figure)
        assert "area" not in drawn.notes(figure)
        assert "orange" not in drawn.notes(figure)


def test_shop_without_any_money_is_empty() -> None:
    assert value_course.without_money(course(0, 0))
    assert not value_course.without_money(course(0, 5))


def test_segments_stand_from_the_best_to_the_lost_and_those_still_to_come_last() -> None:
    frame = report("clvsegments_amount")
    figure = value_segments.segments(frame, LOOK)
    go.Figure(figure)
    known, coming = figure["data"]
    names = figure["layout"]["yaxis"]["ticktext"]
    assert names[-1] == TO_COME
    assert (
        drawn.numbers(known["x"])
        == frame.filter(pl.col("customers") > 0).filter(pl.col("segment") != TO_COME)["amount"].to_list()
    )
    assert drawn.numbers(known["error_x"]["array"]) == pytest.approx([0.4 * x for x in drawn.numbers(known["x"])])
    assert known["meta"]["opens"]["key"]["segment"]["point"] == names[:-1]
    assert "meta" not in coming
    assert drawn.numbers(coming["x"]) == [frame.filter(segment=TO_COME)["amount"][0]]


def test_segments_lie_on_each_other_week_by_week_with_those_still_to_come_on_top() -> None:
    frame = report("clvsegments_weekly")
    figure = value_segments.weekly(frame, LOOK)
    go.Figure(figure)
    names = [trace["name"] for trace in figure["data"]]
    expected = frame.group_by("segment").agg(pl.col("amount").sum()).filter(pl.col("amount") > 0)["segment"]
    assert set(names) == set(expected) and names[-1] == TO_COME
    for trace in figure["data"]:
        own = frame.filter(segment=trace["name"]).sort("week")["amount"].to_list()
        assert drawn.numbers(trace["y"]) == pytest.approx(own, rel=1e-3)


def test_calibration_has_the_level_in_it_that_was_put_right_at_an_origin() -> None:
    frame = report("clv_backtest")
    newest = frame.filter(pl.col("origin") == pl.col("origin").max(), metric="orders_decile_error", is_served=True)
    level = newest.with_columns(metric=pl.lit("orders_level"), value=pl.lit(1.5))
    plain, put_right = (
        [trace["customdata"][-1] for trace in value_models.calibration(rows, LOOK, "orders")["data"]]
        for rows in (frame, pl.concat([frame, level]))
    )
    assert put_right[:-1] == plain[:-1]
    assert (plain[-1], put_right[-1]) == ("tenth 10: forecast 12.3, came 11.0", "tenth 10: forecast 18.4, came 11.0")


def test_calibration_shows_each_origin_and_nothing_at_all_at_the_edge() -> None:
    figure = value_models.calibration(report("clv_backtest"), LOOK)
    go.Figure(figure)
    assert [trace["mode"] for trace in figure["data"]] == ["markers"] * 3 + ["lines+markers"]
    newest = figure["data"][-1]
    assert drawn.numbers(newest["x"]) == pytest.approx([1.9**place for place in range(1, 11)])
    lowest = 10 ** round(figure["layout"]["xaxis"]["range"][0] + 0.05)
    assert drawn.numbers(newest["y"])[0] == pytest.approx(lowest)
    assert newest["marker"]["symbol"] == ["circle-open", *["circle"] * 9]
    orders = value_models.calibration(report("clv_backtest"), LOOK, "orders")
    assert drawn.numbers(orders["data"][-1]["x"]) == pytest.approx([0.02 * 1.9**place for place in range(1, 11)])
    assert orders["layout"]["xaxis"]["ticktext"] == ["0.01", "0.1", "1", "10", "100"]
    assert value_models.without_deciles(report("clv_backtest").clear())
    assert not value_models.without_deciles(report("clv_backtest"))


def test_first_days_of_a_shop_are_drawn() -> None:
    frame = frames.table("daily_clv", [{"date": START, "data_type": "actual", "amount": 5.0}])
    go.Figure(value_course.course(frame, replace(LOOK, day=START)))


def test_sum_that_was_expected_is_drawn_beside_the_sum_that_came() -> None:
    then = course(100, 80, day=THEN).with_columns(sum_amount=pl.col("amount").cum_sum())
    frame = report("daily_clv")
    alone = value_course.sums(frame, LOOK)
    assert [trace["name"] for trace in alone["data"]] == ["low", "high", "expected"]
    last = frame.filter(data_type="predicted").row(-1, named=True)
    assert drawn.numbers(alone["data"][2]["y"])[-1] == pytest.approx(last["sum_amount"])
    figure = value_course.sums(course(100, 50), replace(LOOK, compare_day=THEN, compare=then))
    go.Figure(figure)
    traces = by_name(figure)
    assert drawn.numbers(traces["came"]["y"]) == [100.0 * n for n in range(1, 11)]
    assert drawn.days(traces["came"]) == [THEN + timedelta(days=n) for n in range(1, 11)]
    assert traces["earlier"]["line"]["dash"] == "dot"
    assert "solid: what came since" in drawn.notes(figure)

"""What is drawn is what the report says: its rows, its unfinished periods, an earlier day."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import drawn, frames
from ca_platform_tests.dash_app.drawing import EARLIER, draw, every_card, look
from dash_app.pages import CARDS
from dash_app.records import Card

# ---- drawn numbers are the rows -----------------------------------------------------------------------------------

LINES = {
    "funnels-daily": ("step", "date", "sessions"),
    "funnels-weekly": ("step", "date", "sessions"),
    "funnels-monthly": ("step", "date", "sessions"),
    "funnels-downloads-daily": ("step", "date", "customers"),
    "funnels-downloads-weekly": ("step", "date", "customers"),
    "funnels-downloads-monthly": ("step", "date", "customers"),
}
ONE = {
    "orders-daily": ("date", "orders"),
    "overview-orders": ("date", "orders"),
    "orders-weekly": ("date", "orders"),
    "orders-monthly": ("date", "orders"),
    "orders-mean-amount": ("week", "mean_amount"),
    "orders-per-customer": ("week", "orders_per_customer"),
    "sessions-per-customer": ("week", "sessions_per_customer"),
}


@pytest.mark.parametrize("name", LINES)
@pytest.mark.parametrize("options", [{}, {"compare": True}], ids=str)
def test_lines_are_the_rows_of_the_report(name: str, options: dict[str, Any]) -> None:
    series, place, measure = LINES[name]
    card = CARDS[name]
    frame = frames.report(card.report)
    wanted = {
        (step.replace("_", " ").replace("signup", "sign-up"), at): value
        for step, at, value in frame.select(series, place, measure).iter_rows()
    }
    assert drawn.by_place(drawn.rows_of(draw(card, **options))) == wanted


@pytest.mark.parametrize("name", ONE)
def test_single_series_are_the_rows_of_the_report(name: str) -> None:
    place, measure = ONE[name]
    card = CARDS[name]
    found = drawn.by_place(drawn.rows_of(draw(card)))
    assert {at: value for (_, at), value in found.items()} == dict(
        frames.report(card.report).select(place, measure).iter_rows()
    )


def test_shares_are_those_of_the_steps_after_the_first() -> None:
    frame = frames.report("weekly_funnel").filter(pl.col("step_index") > 0)
    found = drawn.by_place(drawn.rows_of(draw(CARDS["funnels-shares"])))
    assert sorted(found.values()) == sorted(frame["share_of_sessions"].to_list())
    assert len(found) == frame.height


@pytest.mark.parametrize(
    ("name", "measure"), [("funnels-hourly", "sessions"), ("funnels-downloads-hourly", "customers")]
)
def test_hours_are_the_rows_of_the_report(name: str, measure: str) -> None:
    frame = frames.report(CARDS[name].report)
    traces = drawn.rows_of(draw(CARDS[name]))
    assert [drawn.numbers(trace["x"]) for trace in traces] == [list(range(24))] * len(traces)
    by_step = frame.sort("step_index", "hour")[f"mean_{measure}"].to_list()
    assert [value for trace in traces for value in drawn.numbers(trace["y"])] == by_step


def test_hourly_orders_are_the_rows_of_the_report() -> None:
    (trace,) = drawn.rows_of(draw(CARDS["orders-hourly"]))
    assert drawn.numbers(trace["y"]) == frames.report("hourly_orders")["mean_orders"].to_list()


def test_amounts_and_counts_are_the_rows_of_the_report() -> None:
    frame = frames.report("purchase_amount_distribution")
    above, below = draw(CARDS["orders-amounts"])["data"]
    assert drawn.numbers(above["y"]) == frame["orders"].to_list()
    assert drawn.numbers(below["y"]) == frame["customers"].to_list()
    counts = frames.report("user_counts_per_order_seq")
    exactly, at_least = draw(CARDS["orders-sequence"])["data"]
    assert drawn.numbers(exactly["y"]) == counts["customers"].to_list()
    assert drawn.numbers(at_least["y"]) == counts["customers_at_least"].to_list()


def test_bars_of_the_conversion_are_its_shares() -> None:
    frame = frames.report("session_funnel_conversion")
    bars = [trace for trace in drawn.rows_of(draw(CARDS["funnels-conversion"])) if trace["type"] == "bar"]
    assert [drawn.numbers(bar["x"]) for bar in bars] == [frame["conversion_from_start"].to_list()]


def test_single_customer_is_a_bar_on_a_logarithmic_axis() -> None:
    axis = draw(CARDS["orders-sequence"])["layout"]["yaxis"]
    assert axis["type"] == "log"
    assert axis["range"][0] < 0 < axis["range"][1]


# ---- unfinished periods -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["orders-weekly", "orders-monthly"])
def test_unfinished_bars_are_hatched_and_no_others(name: str) -> None:
    frame = frames.report(CARDS[name].report)
    (bars,) = draw(CARDS[name])["data"]
    assert [shape == "/" for shape in bars["marker"]["pattern"]["shape"]] == frame["is_partial"].to_list()
    assert "hatched" in drawn.notes(draw(CARDS[name]))


@pytest.mark.parametrize("name", ["funnels-weekly", "funnels-downloads-monthly", "orders-mean-amount"])
def test_line_to_an_unfinished_period_is_dashed_and_its_point_hollow(name: str) -> None:
    figure = draw(CARDS[name])
    ends = {drawn.days(trace)[-1] for trace in figure["data"] if trace.get("line", {}).get("dash") == "dash"}
    hollow = [trace for trace in figure["data"] if "unfinished" in trace.get("hovertemplate", "")]
    solid = [trace for trace in drawn.rows_of(figure) if trace not in hollow]
    last = drawn.days(hollow[0])[-1]
    assert last in ends
    assert all(last not in drawn.days(trace) for trace in solid)
    assert "dashed: unfinished" in drawn.notes(figure)


def test_shop_without_unfinished_periods_has_no_such_marks() -> None:
    frame = frames.report("weekly_funnel").with_columns(is_partial=pl.lit(value=False))
    figure = draw(CARDS["funnels-weekly"], frame)
    assert "unfinished" not in str(figure)
    assert not [trace for trace in figure["data"] if trace["line"].get("dash")]


def test_overflow_bins_are_hatched_and_named() -> None:
    figure = draw(CARDS["orders-amounts"])
    flags = frames.report("purchase_amount_distribution")["is_overflow"].to_list()
    for bars in figure["data"]:
        assert [shape == "/" for shape in bars["marker"]["pattern"]["shape"]] == flags
    assert "hatched: under £8.50, over £212.00" in drawn.notes(figure)


# ---- an earlier day -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "grain_days"), [("orders-weekly", 7), ("funnels-weekly", 7)])
def test_earlier_report_is_moved_under_the_shown_one(name: str, grain_days: int) -> None:
    earlier = frames.report(CARDS[name].report, EARLIER)
    measure = earlier.columns[-2] if name == "orders-weekly" else "sessions"
    (first, *_) = drawn.dotted(draw(CARDS[name], compare=True))
    shown = frames.report(CARDS[name].report)["date"].max()
    assert drawn.days(first)[-1] == shown
    last = earlier.filter(pl.col("date") == pl.col("date").max())[measure][0]
    assert drawn.numbers(first["y"])[-1] == last
    assert "13 weeks earlier" in first["hovertemplate"]


def test_months_are_moved_by_whole_months() -> None:
    (line,) = drawn.dotted(draw(CARDS["orders-monthly"], compare=True))
    earlier = frames.report("monthly_orders", EARLIER)
    assert drawn.days(line)[-1] == date(2026, 11, 1)
    assert drawn.numbers(line["y"])[-1] == earlier["orders"][-1]
    assert "3 months earlier" in line["hovertemplate"]


def test_days_in_the_same_month_have_nothing_to_compare() -> None:
    near = replace(look(), compare_day=date(2026, 11, 3), compare=frames.report("monthly_orders", date(2026, 11, 3)))
    card = CARDS["orders-monthly"]
    assert card.figure is not None
    figure = card.figure(frames.report("monthly_orders"), near)
    assert not drawn.dotted(figure)
    assert "dotted" not in drawn.notes(figure)


def test_peak_of_the_earlier_report_does_not_flatten_the_chart() -> None:
    frame = frames.report("weekly_funnel")
    earlier = frames.report("weekly_funnel", EARLIER).with_columns(sessions=pl.col("sessions") * 100)
    card = CARDS["funnels-weekly"]
    assert card.figure is not None
    figure = card.figure(frame, replace(look(), compare_day=EARLIER, compare=earlier))
    highest = frame["sessions"].to_list()
    assert figure["layout"]["yaxis"]["range"][1] <= 2 * max(highest)


@every_card
def test_earlier_report_without_rows_draws_nothing(card: Card) -> None:
    frame = frames.report(card.report)
    assert card.figure is not None
    empty = replace(look(), compare_day=EARLIER, compare=frame.clear())
    assert card.figure(frame, empty)["data"] == draw(card)["data"]


def earlier_marks(name: str) -> list[dict[str, Any]]:
    return [trace for trace in draw(CARDS[name], compare=True)["data"] if trace.get("name") == "earlier"]


def test_conversion_of_the_earlier_day_is_marked_on_each_bar() -> None:
    (trace,) = earlier_marks("funnels-conversion")
    before = frames.report("session_funnel_conversion", EARLIER)
    assert drawn.numbers(trace["x"]) == before["conversion_from_start"].to_list()


def test_revenue_of_the_earlier_day_is_marked_on_the_bar_of_the_same_value() -> None:
    before = frames.report("dimension_kpis", EARLIER)
    marked = [value for trace in earlier_marks("overview-revenue") for value in drawn.numbers(trace["x"])]
    assert marked == before["revenue"].to_list()


def test_mean_day_of_the_earlier_report_is_dotted() -> None:
    (line,) = drawn.dotted(draw(CARDS["orders-hourly"], compare=True))
    assert drawn.numbers(line["y"]) == frames.report("hourly_orders", EARLIER)["mean_orders"].to_list()
    assert "as of 21 Aug 2026" in line["hovertemplate"]

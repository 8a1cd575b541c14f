"""Curves, growth, the journey and churn: drawn numbers are the rows of the report."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import drawn, frames
from ca_platform_tests.dash_app.test_ages import weeks
from dash_app.figures import churn, curves, growth, journey
from dash_app.pages import CARDS
from dash_app.records import Figure, Look
from dash_app.words import ages
from dash_app.words.dates import Grain

EARLIER = date(2026, 8, 21)
LOOK = Look(currency="GBP", day=frames.DAY)


def compared(report: str) -> Look:
    return replace(LOOK, compare_day=EARLIER, compare=frames.report(report, EARLIER))


def named(figure: Figure, name: str) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if trace.get("name") == name]


def points(trace: dict[str, Any]) -> list[tuple[Any, Any]]:
    return list(zip(drawn.numbers(trace["x"]), drawn.numbers(trace["y"]), strict=True))


def come(frame: pl.DataFrame, look: Look = LOOK) -> Figure:
    return curves.come(frame, look, "week", "share with the first order", "the download", 4)


# ---- curves -------------------------------------------------------------------------------------------------------


def test_curve_of_all_cohorts_and_one_of_the_newest_are_drawn() -> None:
    frame = frames.report("weekly_cohort_downloads")
    figure = come(frame)
    (whole,) = named(figure, "all")
    assert points(whole) == list(ages.come(frame).select("offset", "rate").iter_rows())
    (late,) = named(figure, "newest 13")
    newest, _ = ages.newest(frame, 4, 13)
    assert points(late) == list(ages.come(newest).select("offset", "rate").iter_rows())


def test_without_older_cohorts_there_is_no_curve_of_the_newest() -> None:
    figure = come(weeks((100, [10, 5])))
    assert [trace["name"] for trace in figure["data"]] == ["all"]
    assert "newest" not in drawn.notes(figure)


def test_curve_ends_where_too_few_customers_are_behind_it() -> None:
    figure = come(weeks((20, [10, 5]), (20, [10, None])))
    assert points(named(figure, "all")[0]) == [(0, 0.5)]


def test_card_of_curves_is_empty_where_too_few_customers_are_behind_any_point() -> None:
    card = CARDS["cohorts-0-1-weekly-curve"]
    assert card.is_empty(weeks((20, [10]), (9, [1])))
    assert not card.is_empty(weeks((20, [10]), (10, [1])))
    again = CARDS["retention-weekly-curves"]
    assert again.is_empty(weeks((40, [40, None])))
    assert not again.is_empty(weeks((40, [40, 1])))


def test_earlier_curve_is_dotted_and_says_of_when() -> None:
    (line,) = drawn.dotted(come(frames.report("weekly_cohort_downloads"), compared("weekly_cohort_downloads")))
    before = ages.come(frames.report("weekly_cohort_downloads", EARLIER))
    assert points(line) == list(before.select("offset", "rate").iter_rows())
    assert "as of 21 Aug 2026" in line["hovertemplate"]


def test_newest_cohorts_with_a_curve_stand_beside_the_mean() -> None:
    frame = frames.report("monthly_retention")
    figure = curves.retention(frame, LOOK, "month")
    lines = {trace["name"] for trace in figure["data"]}
    assert lines == {"all", "Sep 2026", "Aug 2026", "Jul 2026"}
    july = frame.filter((pl.col("cohort") == date(2026, 7, 1)) & (pl.col("offset") > 0)).drop_nulls("rate")
    solid, hollow = (
        [trace for trace in named(figure, "Jul 2026") if ("unfinished" in trace["hovertemplate"]) == flag]
        for flag in (False, True)
    )
    over = july.filter(~pl.col("is_partial")).select("offset", "rate")
    assert points(solid[0]) == list(over.iter_rows())
    assert [points(trace) for trace in hollow] == [list(july.filter("is_partial").select("offset", "rate").iter_rows())]


def test_revenue_curve_is_in_the_currency_of_the_shop() -> None:
    frame = frames.report("cohort_revenue")
    figure = curves.revenue(frame, LOOK)
    (whole,) = named(figure, "all")
    assert points(whole) == list(ages.revenue_per_customer(frame).select("offset", "rate").iter_rows())
    assert whole["hovertemplate"] == "£%{y:,.2f}"
    assert figure["layout"]["yaxis"]["tickprefix"] == "£"


# ---- growth -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("grain", ["week", "month"])
def test_customers_stand_above_zero_and_churned_ones_below(grain: Grain) -> None:
    frame = frames.report("growth").filter(pl.col("period") == grain)
    figure = growth.customers(frames.report("growth"), LOOK, grain)
    for name, sign in (("returning", 1), ("new", 1), ("reactivated", 1), ("churned", -1)):
        (bars,) = named(figure, name)
        rows = frame.filter(pl.col("metric") == f"{name}_customers").sort("date")
        assert drawn.days(bars) == rows["date"].to_list()
        assert drawn.numbers(bars["y"]) == [sign * value for value in rows["value"].to_list()]
        hatched = [shape == "/" for shape in bars["marker"]["pattern"]["shape"]]
        assert hatched == rows["is_partial"].to_list()
    assert figure["layout"]["barmode"] == "relative"
    assert "hatched: unfinished" in drawn.notes(figure)


def test_axis_holds_the_highest_bar_and_the_deepest() -> None:
    rows = frames.report("growth").filter(pl.col("period") == "month")
    low, high = growth.customers(frames.report("growth"), LOOK, "month")["layout"]["yaxis"]["range"]
    active = rows.filter(pl.col("metric").is_in(["new_customers", "returning_customers", "reactivated_customers"]))
    highest = active.group_by("date").agg(pl.col("value").sum())["value"].to_list()
    deepest = rows.filter(pl.col("metric") == "churned_customers")["value"].to_list()
    assert low < -max(deepest)
    assert high > max(highest)


def test_earlier_customers_are_one_dotted_line_of_all_who_ordered() -> None:
    (line,) = drawn.dotted(growth.customers(frames.report("growth"), compared("growth"), "month"))
    earlier = frames.report("growth", EARLIER).filter(
        (pl.col("period") == "month")
        & pl.col("metric").is_in(["new_customers", "returning_customers", "reactivated_customers"])
    )
    sums = earlier.group_by("date").agg(pl.col("value").sum()).sort("date")
    assert drawn.numbers(line["y"]) == sums["value"].to_list()
    assert drawn.days(line)[-1] == date(2026, 11, 1)


@pytest.mark.parametrize("name", ["revenue", "orders"])
def test_changes_stand_below_their_measure(name: Any) -> None:
    rows = frames.report("growth").filter((pl.col("period") == "week") & (pl.col("metric") == name)).sort("date")
    figure = growth.measure(frames.report("growth"), LOOK, name, "week")
    bars = figure["data"][0]
    assert drawn.numbers(bars["y"]) == rows["value"].to_list()
    for column, words in (("change_previous", "on the week before"), ("change_year", "on the year before")):
        (line,) = named(figure, words)
        known = rows.drop_nulls(column)
        assert known.height
        assert list(zip(drawn.days(line), drawn.numbers(line["y"]), strict=True)) == list(
            known.select("date", column).iter_rows()
        )
        assert line["yaxis"] == "y2"


def test_shop_younger_than_a_year_has_no_change_on_the_year_before() -> None:
    figure = growth.measure(frames.report("growth"), LOOK, "revenue", "month")
    assert not named(figure, "on the year before")
    assert "year" not in drawn.notes(figure)


# ---- journey ------------------------------------------------------------------------------------------------------


def test_bars_of_the_journey_are_shares_of_the_first_order() -> None:
    frame = frames.report("customer_journey")
    counts = frame["customers"].to_list()[:4]
    bars = [trace for trace in journey.reached(frame, LOOK)["data"] if trace.get("hoverinfo") != "skip"]
    assert [drawn.numbers(bar["x"]) for bar in bars] == [pytest.approx([count / counts[0] for count in counts])]


def test_each_stage_begins_where_the_one_before_ends_in_the_mean() -> None:
    frame = frames.report("customer_journey").filter(pl.col("stage") != "last_order_to_now")
    bars = journey.times(frames.report("customer_journey"), LOOK)["data"][0]
    lengths = drawn.numbers(bars["x"])
    assert lengths == pytest.approx([hours / 24 for hours in frame["mean_hours"].to_list()])
    ends = [start + length for start, length in zip(bars["base"], lengths, strict=True)]
    assert ends == pytest.approx([hours / 24 for hours in frame["cumulative_mean_hours"].to_list()])
    assert bars["base"] == pytest.approx([0.0, *ends[:-1]])


def test_stage_that_nobody_reached_has_no_length_and_no_median() -> None:
    rows = [
        {"stage": "download_to_order_1", "stage_index": 0, "customers": 3, "mean_hours": 48.0, "median_hours": 24.0}
        | {"cumulative_mean_hours": 48.0, "mean_amount": 10.0},
        {"stage": "order_1_to_order_2", "stage_index": 1, "customers": 0},
        {"stage": "last_order_to_now", "stage_index": 2, "customers": 3, "mean_hours": 5.0, "median_hours": 5.0}
        | {"cumulative_mean_hours": 53.0},
    ]
    frame = frames.table("customer_journey", rows)
    bars, medians = journey.times(frame, LOOK)["data"]
    assert drawn.numbers(bars["x"]) == [2.0, 0.0]
    assert points(medians) == [(1.0, 0.0)]
    assert bars["customdata"][1] == "order 1 → order 2: nobody yet"
    amounts = journey.amounts(frame, LOOK)["data"][0]
    assert amounts["customdata"] == ["order 1: £10.00", "order 2: nobody yet"]


def test_stages_past_the_twelfth_are_left_out_and_it_is_said() -> None:
    rows = [
        {"stage": f"order_{index}_to_order_{index + 1}", "stage_index": index, "customers": 50 - index}
        for index in range(15)
    ]
    figure = journey.reached(frames.table("customer_journey", rows), LOOK)
    assert "first 12 of 15 stages" in drawn.notes(figure)
    assert len(figure["data"][1]["y"]) == journey.MAX_STAGES


@pytest.mark.parametrize(
    ("draw", "column", "unit"),
    [(journey.times, "cumulative_mean_hours", 24), (journey.amounts, "mean_amount", 1)],
)
def test_earlier_journey_is_an_upright_line_on_each_bar(draw: Any, column: str, unit: int) -> None:
    (marks,) = named(draw(frames.report("customer_journey"), compared("customer_journey")), "earlier")
    before = frames.report("customer_journey", EARLIER).head(4)
    assert drawn.numbers(marks["x"]) == pytest.approx([value / unit for value in before[column].to_list()])


# ---- churn --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "column"), [("churn-rate", "churn_rate"), ("churn-threshold", "threshold_days")])
def test_churn_lines_are_the_rows_of_the_report(name: str, column: str) -> None:
    frame = frames.report("churn_weekly")
    card = CARDS[name]
    assert card.figure is not None
    (line,) = drawn.rows_of(card.figure(frame, LOOK))
    assert list(zip(drawn.days(line), drawn.numbers(line["y"]), strict=True)) == list(
        frame.select("week", column).iter_rows()
    )


def test_engaged_and_churned_add_up_to_the_customers() -> None:
    frame = frames.report("churn_weekly")
    engaged, churned = churn.customers(frame, LOOK)["data"]
    sums = [sum(pair) for pair in zip(drawn.numbers(engaged["y"]), drawn.numbers(churned["y"]), strict=True)]
    assert sums == frame["customers"].to_list()


def test_customers_who_came_back_stand_below_zero() -> None:
    rows = frames.report("churn_weekly").drop_nulls("newly_churned")
    went, back = churn.moves(frames.report("churn_weekly"), LOOK)["data"]
    assert drawn.numbers(went["y"]) == rows["newly_churned"].to_list()
    assert drawn.numbers(back["y"]) == [-count for count in rows["reactivated"].to_list()]
    assert [count for count, _ in back["customdata"]] == rows["reactivated"].to_list()


def test_mondays_before_there_is_a_threshold_are_left_out() -> None:
    frame = frames.report("churn_weekly")
    unknown = dict.fromkeys(("engaged", "churned", "churn_rate", "engaged_rate", "threshold_days"))
    young = pl.concat(
        [frame.head(2).with_columns(**{name: pl.lit(None, frame.schema[name]) for name in unknown}), frame[2:]]
    )
    (line,) = churn.rate(young, LOOK)["data"]
    assert drawn.days(line) == frame["week"].to_list()[2:]
    assert CARDS["churn-rate"].is_empty(young.head(2))
    assert CARDS["churn-moves"].is_empty(frame.head(1))
    assert not CARDS["churn-rate"].is_empty(frame.head(1))

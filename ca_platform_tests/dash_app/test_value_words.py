"""Sentences about customer value: what is expected, what an earlier forecast became, which model serves."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from ca_platform.store import Dimension
from ca_platform_tests.dash_app import frames, value_frames
from ca_platform_tests.dash_app.days_of_shop import DAY, START
from dash_app.pages import CARDS
from dash_app.records import Look
from dash_app.words import value_course, value_customers, value_models, value_segments

LOOK = Look(currency="GBP", day=DAY)
THEN = DAY - timedelta(days=10)


def report(name: str, day: date = DAY) -> pl.DataFrame:
    return frames.table(name, value_frames.VALUE_REPORTS[name](day, START))


def course(past: float, ahead: float, newcomers: float = 0.0, day: date = DAY, **ends: float) -> pl.DataFrame:
    """Twenty days that came and ten that are expected, of so much each."""
    came = [{"date": day - timedelta(days=n), "data_type": "actual", "amount": past} for n in range(20)]
    coming: list[dict[str, Any]] = [
        {"date": day + timedelta(days=n), "data_type": "predicted", "amount": ahead, "newcomers_part": newcomers} | ends
        for n in range(1, 11)
    ]
    return frames.table("daily_clv", [*came, *coming])


@pytest.mark.parametrize(
    ("frame", "words"),
    [
        (
            course(100, 110, 22),
            (
                "£1,100 are expected in the 10 days to 1 Dec 2026, 10.0% more than in as many days before; 20.0% of it from "
                "customers who are still to come."
            ),
        ),
        (course(100, 50), "£500.00 are expected in the 10 days to 1 Dec 2026, 50.0% less than in as many days before."),
        (course(0, 50), "£500.00 are expected in the 10 days to 1 Dec 2026."),
        (
            course(100, 50).filter(pl.col("date") > DAY - timedelta(days=3)),
            "£500.00 are expected in the 10 days to 1 Dec 2026.",
        ),
        (course(100, 50).filter(data_type="actual"), "There is no forecast: nothing is known of how customers order."),
    ],
)
def test_forecast_is_held_against_as_many_days_before(frame: pl.DataFrame, words: str) -> None:
    assert value_course.expected(frame, LOOK) == words


def test_earlier_forecast_is_held_against_the_days_that_have_passed_since() -> None:
    then = course(100, 80, day=THEN, sum_low=700.0, sum_high=1_000.0)
    look = replace(LOOK, compare_day=THEN, compare=then)
    assert value_course.outcome(course(100, 50), look) == (
        "On 11 Nov 2026 £800.00 were expected for the 10 days since, and £1,000 came; that is 25.0% more than expected, "
        "inside the 80% interval of £700.00 to £1,000."
    )
    assert "outside the 80% interval" in value_course.outcome(course(200, 50), look)
    without = replace(look, compare=then.with_columns(sum_low=None, sum_high=None))
    assert value_course.outcome(course(80, 50), without).endswith("£800.00 came; that is as much as expected.")


def test_half_of_what_is_expected_is_told_by_its_day_where_no_earlier_day_is_shown() -> None:
    said = value_course.in_all(course(100, 50), LOOK)
    assert said.startswith("Half of £500.00 is expected by 26 Nov 2026; compare with an earlier day")
    then = replace(LOOK, compare_day=THEN, compare=course(100, 80, day=THEN))
    assert value_course.in_all(course(100, 50), then) == value_course.outcome(course(100, 50), then) != ""
    assert value_course.in_all(course(100, 0), LOOK) == "Nothing is expected."
    warned = course(100, 50).with_columns(note=pl.lit("few orders"))
    assert value_course.in_all(warned, LOOK).endswith(" Beware: few orders.")
    limit = warned.with_columns(note=pl.lit("the likelihood still rises where s may go no further"))
    assert value_course.in_all(limit, LOOK).endswith(
        " Beware: the model is at the limit of what these orders can tell "
        "(the likelihood still rises where s may go no further)."
    )


def test_forecast_tells_the_interval_of_its_sum_and_what_the_report_warns_of() -> None:
    frame = course(100, 110, sum_low=900.0, sum_high=1_300.0)
    said = value_course.expected(frame.with_columns(note=pl.lit("one customer has half of all orders")), LOOK)
    assert said == (
        "£1,100 are expected in the 10 days to 1 Dec 2026 (80%: £900.00 to £1,300), 10.0% more than in as many days "
        "before. Beware: one customer has half of all orders."
    )


def test_forecast_tells_how_far_ahead_the_back_test_could_look_where_it_goes_farther() -> None:
    tested = replace(LOOK, also=report("clv_backtest"))
    words = "No forecast of more than 91 days could be tested yet; how far off this one may be is reckoned from those."
    assert words in value_course.expected(report("daily_clv"), tested)
    assert words not in value_course.expected(course(100, 110), tested)
    assert "tested" not in value_course.expected(report("daily_clv"), LOOK)
    untested = replace(LOOK, also=report("clv_backtest").clear())
    assert "tested" not in value_course.expected(report("daily_clv"), untested)


def test_caption_of_the_forecast_tells_the_error_of_the_back_test() -> None:
    said = value_course.expected(course(100, 110), replace(LOOK, also=report("clv_backtest")))
    assert said.endswith(
        " At 4 tests of 91 days each “MBG/CNBD-k, ranks corrected by trees” missed the total by 6.0% on average."
    )
    region = replace(LOOK, dimension=Dimension("region", "EU"))
    assert "missed the total of the whole shop by" in value_models.missed(report("clv_backtest"), region)
    assert value_models.missed(report("clv_backtest").clear(), LOOK) == ""


def test_reason_for_an_empty_course_tells_no_orders_from_no_money() -> None:
    assert value_course.why_empty(course(0, 0)) == value_course.NO_MONEY
    assert value_course.why_empty(course(0, 0).clear()) == value_course.NO_DATA
    told = course(0, 0).with_columns(note=pl.lit("no order has an amount"))
    assert value_course.why_empty(told) == f"{value_course.NO_MONEY} What is known of it: no order has an amount."


def test_models_are_listed_with_means_over_the_origins_the_served_one_first() -> None:
    found = value_models.listed(report("clv_backtest"), LOOK)
    assert [row[0].text for row in found.rows] == [
        "MBG/CNBD-k, ranks corrected by trees (serves)",
        "BG/NBD",
        "same rate as before",
    ]
    by_head = dict(zip([head.text for head in found.heads], found.rows[2], strict=True))
    # Errors of opposite signs do not cancel each other.
    assert by_head["Total missed by"].text == "31.0%"
    assert by_head["Mean error"].text == "£61.00"
    assert by_head["Within 80%"].text == "70.0%"


def test_sentence_about_models_holds_the_served_one_against_the_baseline() -> None:
    assert value_models.models(report("clv_backtest"), LOOK) == (
        "“MBG/CNBD-k, ranks corrected by trees” serves: over 4 tests of 91 days each it missed the total by 6.0% (the "
        "baseline: 31.0%) and ranked with a Gini coefficient of 0.660 (the baseline: 0.520)."
    )


def test_figure_that_a_model_does_not_have_is_no_number() -> None:
    frame = report("clv_backtest").with_columns(value=pl.lit(None, pl.Float64))
    assert {cell.text for row in value_models.listed(frame, LOOK).rows for cell in row[1:]} == {"–"}
    assert value_models.models(frame, LOOK) == (
        "“MBG/CNBD-k, ranks corrected by trees” serves: over 4 tests of 91 days each it has no figures of revenue."
    )
    assert value_models.calibration(frame, LOOK) == "There is no back-test yet."


def test_calibration_is_told_by_the_newest_origin() -> None:
    assert value_models.calibration(report("clv_backtest"), LOOK) == (
        "At the newest test, on 22 Aug 2026, tenths of 3,700 customers were missed by 14.0% on average; of the best "
        "tenth £613.11 each were expected, and £643.76 came."
    )
    assert value_models.calibration(report("clv_backtest"), LOOK, "orders").endswith(
        "missed by 7.0% on average; of the best tenth 12.3 orders each were expected, and 11.0 orders came."
    )


def levelled(factor: float) -> pl.DataFrame:
    """The back-test with a level of revenue at its newest origin."""
    frame = report("clv_backtest")
    newest = frame.filter(pl.col("origin") == pl.col("origin").max(), metric="revenue_decile_error", is_served=True)
    return pl.concat([frame, newest.with_columns(metric=pl.lit("revenue_level"), value=pl.lit(factor))])


def test_calibration_tells_of_the_level_that_was_put_right() -> None:
    # Of each tenth but the first, to whom nothing came, a twentieth more came than was forecast.
    told = value_models.calibration(levelled(1.05), LOOK)
    assert "missed by 0.0% on average, all forecasts times 1.05, the level learnt by then; of the best" in told
    assert told.endswith("£643.76 each were expected, and £643.76 came.")
    assert "missed by 4.8% on average" in value_models.calibration(levelled(1.0), LOOK)


def test_segments_tell_the_best_and_those_who_are_still_to_come() -> None:
    rows = [
        {"segment": "champions", "customers": 10, "amount": 600.0},
        {"segment": "lost", "customers": 90, "amount": 100.0},
        {"segment": "still to come", "customers": 7, "amount": 300.0},
    ]
    assert value_segments.expected(frames.table("clvsegments_amount", rows), LOOK) == (
        "Of £1,000 that are expected, £600.00 (60.0%) come from the 10 customers who are now champions; 30.0% from "
        "customers who are still to come."
    )
    warned = frames.table("clvsegments_amount", [row | {"note": "few orders"} for row in rows])
    assert value_segments.expected(warned, LOOK).endswith(" Beware: few orders.")
    nothing = [row | {"amount": 0.0} for row in rows]
    assert value_segments.expected(frames.table("clvsegments_amount", nothing), LOOK) == (
        "Nothing is expected of any customer."
    )


def test_weeks_tell_which_segment_fades_most() -> None:
    rows = [
        {"segment": segment, "week": week, "amount": amount}
        for segment, amounts in (("champions", (90.0, 60.0)), ("lost", (40.0, 5.0)), ("still to come", (1.0, 80.0)))
        for week, amount in enumerate(amounts, start=1)
    ]
    assert value_segments.by_week(frames.table("clvsegments_weekly", rows), LOOK) == (
        "Revenue of the segment lost fades most: £40.00 in the first week, £5.00 in the last one."
    )
    even = [row | {"amount": 40.0} for row in rows]
    assert value_segments.by_week(frames.table("clvsegments_weekly", even), LOOK) == (
        "The revenue of no segment fades: customers are expected to order as they do now."
    )


def test_best_customers_are_told_with_what_they_are_expected_to_bring() -> None:
    look = replace(LOOK, total=400)
    rows = pl.DataFrame({"client": ["a", "b"], "expected_revenue": [70.0, 30.0]})
    assert value_customers.best(rows, look) == (
        "The 2 customers of whom most is expected are to bring £100.00, as of the end of 21 Nov 2026; 400 customers in all."
    )
    nothing = rows.with_columns(pl.col("expected_revenue") * 0)
    assert value_customers.best(nothing, look) == "No revenue is expected of any of 400 customers."
    unknown = rows.with_columns(expected_revenue=pl.lit(None, pl.Float64))
    for frame in (unknown, rows.drop("expected_revenue")):
        assert value_customers.best(frame, look).startswith("No forecast of customers is computed")


def test_shop_where_nothing_is_paid_is_not_called_too_young_for_tests() -> None:
    card, frame = CARDS["clv-calibration"], report("clv_backtest")
    assert card.why_empty is not None
    assert "nothing had been paid" in card.why_empty(frame)
    assert card.why_empty(frame.clear()) == value_models.TOO_SHORT

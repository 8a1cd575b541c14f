"""Days that stand out in words: how many, which, why, and how far alarms can be trusted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.anomaly_frames import HOLIDAY, MACHINE, OUTAGE
from ca_platform_tests.dash_app.visitor import Visitor
from dash_app.flagged import AnomalyFilters
from dash_app.pages import CARDS
from dash_app.records import Look
from dash_app.state import View, parse
from dash_app.words import anomalies as words
from dash_app.words import anomaly_customers as customers
from dash_app.words import anomaly_days as days
from dash_app.words import anomaly_detectors as detectors
from dash_app.words.anomaly_notes import left_in
from dash_app.words.formats import Formats

FORM = Formats("GBP")
LOOK = Look(currency="GBP", day=frames.DAY, filters=AnomalyFilters(span="all"))
REPORT, VALUES, TESTS = "dfunnel_anomaly", "dimension_anomaly", "anomaly_backtest"
PLACE = {"leads": "/funnels?date={day}", "called": "Funnels"}


def opening(day: date | None) -> Look:
    return replace(LOOK, also=frames.report(REPORT), filters=AnomalyFilters(span="all", opened=day))


# ---- amounts and names ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "metric", "text"),
    [
        (1234.6, "orders", "1,235"),
        (3.4, "orders", "3.40"),
        (0.088, "orders/sessions", "8.8%"),
        (0.52, "hours_with_sessions", "52.0%"),
        (1.018, "hours_with_sessions", "100.0%"),
        (0.6, "usual_products", "60.0%"),
        (46.5, "mean_amount", "£46.50"),
        (None, "orders", "–"),
    ],
)
def test_amount_is_written_as_what_it_is(value: float | None, metric: str, text: str) -> None:
    assert words.written(value, metric, FORM) == text


def test_figure_of_which_nothing_was_expected_has_no_change() -> None:
    row = {"actual": 7.0, "expected": 0.0, "metric": "orders"}
    assert words.change(row) is None
    assert words.changed(row, FORM) == "7"


def test_figures_come_as_on_the_way_to_an_order_and_ratios_last() -> None:
    assert words.ordered(frames.report(REPORT)) == ["sessions", "has_basket", "orders", "orders/sessions"]


# ---- days -----------------------------------------------------------------------------------------------------------


def test_days_in_a_row_are_one_alarm() -> None:
    said = words.course(frames.report(REPORT), LOOK)
    assert said.startswith("3 of the last 130 days stand out (2 alarms), the last on Wed 4 Nov 2026: ")
    flagged = days.flagged(days.flagged_rows(frames.report(REPORT), LOOK), opening(None))
    assert flagged == (
        "2 alarms on 3 flagged days; the budget lets chance alone raise 4.33 on 130 scored days, and 5 in 30 days over all "
        "5 reports."
    )


def test_shop_of_three_weeks_says_what_it_takes() -> None:
    young = frames.report(REPORT, frames.DAY, date(2026, 11, 1))
    assert words.course(young, LOOK) == words.calendar(young, LOOK) == words.NO_SCORE
    assert "eight weeks" in words.NO_SCORE
    assert words.opened(young, LOOK) is None
    assert days.of_day(young, LOOK).is_empty()
    assert CARDS["anomalies-funnel-opened"].is_empty(young)
    assert CARDS["anomalies-funnel-flagged"].is_empty(young)


def test_quiet_days_stand_out_nowhere() -> None:
    quiet = frames.report(REPORT).with_columns(is_anomaly=pl.lit(value=False), is_alarm=pl.lit(value=False))
    assert words.course(quiet, LOOK) == "No day of the last 130 days stands out."
    assert CARDS["anomalies-funnel-flagged"].is_empty(quiet)
    assert words.opened(quiet, LOOK) == frames.DAY


def test_newest_flagged_day_is_opened_until_one_is_chosen() -> None:
    frame = frames.report(REPORT)
    assert words.opened(frame, LOOK) == OUTAGE[1]
    assert days.of_day(frame, opening(MACHINE))["date"].unique().to_list() == [MACHINE]
    assert days.of_day(frame, opening(date(2020, 1, 1))).is_empty()


def test_list_of_flagged_days_opens_each_and_leads_to_its_page() -> None:
    listing = days.listed(days.flagged_rows(frames.report(REPORT), LOOK), LOOK, **PLACE)
    assert [row[0].text for row in listing.rows] == ["Wed 4 Nov 2026", "Tue 3 Nov 2026", "Wed 5 Aug 2026"]
    assert [row[0].chooses for row in listing.rows] == [("opened", str(day)) for day in (*OUTAGE[::-1], MACHINE)]
    assert [row[-1].leads for row in listing.rows][-1] == f"/funnels?date={MACHINE}"
    assert listing.rows[-1][1].text == (
        "orders, −42% (channel = <b>web</b>, −38%, about 120 orders); "
        "orders / sessions, −42% (channel = <b>web</b>, −38%, about 120 orders)"
    )
    assert {row[2].text for row in listing.rows} == {"one day in 500"}


def test_explanation_of_many_figures_is_that_of_the_farthest() -> None:
    rows = days.of_day(frames.report(REPORT), opening(OUTAGE[0]))
    assert days.sentence(rows, LOOK).endswith("about 120 orders); and 3 more figures.")
    bare = rows.with_columns(explanation=pl.lit(None, pl.String))
    listed = days.listed(bare, LOOK, **PLACE).rows[0][1].text
    assert listed == "has basket −42.0%; orders −42.0%; orders / sessions −42.0%; and 1 more figure"


def test_known_day_is_named_and_does_not_stand_out() -> None:
    said = days.sentence(days.of_day(frames.report(REPORT), opening(HOLIDAY)), LOOK)
    assert said.startswith("Mon 31 Aug 2026 does not stand out")
    assert said.endswith("public holiday: Summer Bank Holiday.")


def test_figures_of_a_day_stand_beside_what_was_expected() -> None:
    rows = days.of_day(frames.report("revenue_anomaly"), opening(MACHINE))
    listing = days.metrics(rows, LOOK, **PLACE)
    assert [row[0].text for row in listing.rows] == ["Orders", "Revenue", "Order value"]
    orders = rows.filter(metric="orders").row(0, named=True)
    assert [cell.text for cell in listing.rows[0][1:]] == [
        f"{orders['actual']:,.0f}",
        f"{orders['expected']:,.0f}",
        f"{orders['low']:,.0f} to {orders['high']:,.0f}",
        "+160.0%",
        "yes",
    ]
    assert listing.rows[2][5].text == "no"
    assert days.counted(rows, LOOK) == "On Wed 5 Aug 2026 1 of 3 figures stands out."


def test_dimension_values_are_those_of_the_opened_day_and_of_the_figures_shown() -> None:
    look = opening(OUTAGE[0])
    rows = days.values_of_day(frames.report(VALUES), look)
    assert rows["date"].unique().to_list() == [OUTAGE[0]]
    assert days.behind(rows, look).startswith("On Tue 3 Nov 2026, channel = “web” explains orders: −80.0%")
    unnamed = rows.with_columns(value=pl.lit(None, pl.String))
    assert days.behind(unnamed, look).startswith("On Tue 3 Nov 2026, what is without a channel explains orders: −80.0%")
    listing = days.values(rows, look)
    assert [row[0].text for row in listing.rows] == [
        "channel = web",
        "channel = <b>partner</b> & co",
        "region = (no value)",
    ]
    assert [row[-1].text for row in listing.rows] == ["yes", "no", "no"]
    cohorts = replace(look, also=frames.report("dcohort_anomaly"))
    assert days.values_of_day(frames.report(VALUES), cohorts).is_empty()


def test_day_that_went_through_all_values_says_so() -> None:
    rows = days.values_of_day(frames.report(VALUES), opening(OUTAGE[0])).with_columns(is_anomaly=pl.lit(value=False))
    assert days.behind(rows, LOOK).startswith("No single dimension value explains Tue 3 Nov 2026")


# ---- what could not be taken out -------------------------------------------------------------------------------------

SEASON = "peaks of the season not known: less than a year of history"


def test_what_could_not_be_taken_out_is_said_of_the_days_on_which_it_was_not() -> None:
    frame = frames.report(REPORT)
    until = pl.col("date") <= MACHINE
    noted = frame.with_columns(note=pl.when(until).then(pl.lit(SEASON)))
    assert left_in(noted, LOOK) == (f"{SEASON}, until 5 Aug 2026",)
    assert left_in(noted.filter(until), LOOK) == (SEASON,)
    assert left_in(frame.with_columns(note=pl.lit(None, pl.String)), LOOK) == ()
    listing = days.listed(days.flagged_rows(noted, LOOK), LOOK, **PLACE)
    assert listing.note == f"{SEASON}, until 5 Aug 2026"


def test_what_could_not_be_taken_out_of_some_figures_names_them() -> None:
    rows = days.of_day(frames.report(REPORT), opening(MACHINE))
    both = pl.when(pl.col("metric").is_in(["orders", "sessions"])).then(pl.lit(f"{SEASON}; holidays not known"))
    noted = rows.with_columns(note=both)
    said = [f"{SEASON} (of sessions and orders)", "holidays not known (of sessions and orders)"]
    assert list(left_in(noted, LOOK)) == said
    assert "; ".join(said) in days.metrics(noted, LOOK, **PLACE).note
    three = rows.with_columns(note=pl.when(pl.col("metric") != "sessions").then(pl.lit(SEASON)))
    assert left_in(three, LOOK) == (f"{SEASON} (of 3 of 4 figures)",)


# ---- how far alarms can be trusted ----------------------------------------------------------------------------------


def test_budgets_of_all_reports_are_summed_and_measured_ones_beside_them() -> None:
    said = detectors.in_all(frames.report(TESTS), replace(LOOK, budget=0.5))
    assert said == (
        "Each of 5 reports may raise 0.50 false alarms in 30 days where nothing happens, together 2.50; on quiet days 4.50 "
        "were measured, in 5 reports."
    )
    whole, *each = detectors.tiles(frames.report(TESTS), LOOK)
    assert (whole.value, whole.change) == ("5", "false alarms in 30 days, 1 a report")
    assert [tile.label for tile in each] == list(detectors.WATCHED.values())
    assert {(tile.value, tile.change) for tile in each} == {("93% found", "0.90 false alarms in 30 days")}


def test_detectors_are_listed_with_the_one_that_serves_first() -> None:
    rows = detectors.of_report(frames.report(TESTS), LOOK, REPORT)
    listing = detectors.listed(rows, LOOK)
    assert [row[0].text for row in listing.rows] == [
        "Mahalanobis distance (serves)",
        "Autoencoder",
        "Same-weekday deviation",
    ]
    assert [cell.text for cell in listing.rows[0][1:]] == ["93%", "0.90", "0", "95%", "93%", "63%"]
    assert [head.text for head in listing.heads[5:]] == ["Half-day outage", "Drop by a quarter"]
    assert listing.rows[1][4].text == "–"
    assert detectors.served(rows, LOOK).startswith("Mahalanobis distance serves: it found 93% of 60 sudden incidents")


def test_report_of_which_nothing_was_measured_has_no_table() -> None:
    frame = frames.report(TESTS).filter(pl.col("report") != REPORT)
    assert CARDS["anomalies-funnel-detectors"].is_empty(frame)
    assert not CARDS["anomalies-budget"].is_empty(frame)


# ---- customers -------------------------------------------------------------------------------------------------------


def test_customers_are_listed_with_what_was_foreseen_of_them_and_open_by_name() -> None:
    frame = frames.report("clvrfm_anomaly_flagged")
    listing = customers.listed(frame, LOOK)
    assert [cell.text for cell in listing.rows[0]] == [
        "<i>anna</i>",
        "orders in 56 days",
        "0",
        "6.20",
        "at least 1.00",
        "one customer in 5,000",
    ]
    assert [row[4].text for row in listing.rows[1:]] == ["at most £145.50", "at most 21.8"]
    assert listing.rows[0][0].opens == ("client", {"client": "<i>anna</i>"})
    assert customers.reading(frame, LOOK) == (
        "3 of 4,402 customers do not do as was foreseen: 1 by orders in 56 days, 1 by order value and 1 by days since the last "
        "order."
    )


def test_no_customer_says_what_it_takes() -> None:
    assert CARDS["anomalies-customers"].is_empty(frames.report("clvrfm_anomaly_flagged").clear())
    assert "fewer than 100 customers" in customers.NO_CUSTOMER


# ---- the address ----------------------------------------------------------------------------------------------------


def test_opened_day_stands_in_the_address_and_is_kept_by_the_controls(visitor: Visitor) -> None:
    view = View(filters=AnomalyFilters(report="dorders_anomaly", opened=MACHINE))
    assert view.query() == f"?report=dorders_anomaly&opened={MACHINE}"
    assert parse(view.query(), (), AnomalyFilters) == (view, ())
    shown = visitor.place(f"/anomalies{view.query()}")["shown"]["data"]
    assert shown["kept"] == {"opened": str(MACHINE)}
    assert [control["name"] for control in shown["controls"]] == ["report", "span"]


def test_nonsense_for_a_day_is_named() -> None:
    view, notices = parse("?opened=<b>7</b>", (), AnomalyFilters)
    assert view == View(filters=AnomalyFilters())
    assert notices == ("opened=<b>7</b> was left out: write a day as year-month-day, such as 2026-01-31.",)


def test_chosen_day_without_a_score_says_so_and_leads_back(visitor: Visitor) -> None:
    answer = visitor.card("anomalies-funnel-opened", f"?date={frames.DAY}&opened=2020-01-01")
    assert (answer["verdict"], answer["message"]["text"]) == ("empty", days.NOT_SCORED)
    assert answer["message"]["link"] == ["Clear the filters", f"?date={frames.DAY}"]

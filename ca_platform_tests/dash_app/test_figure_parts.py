"""The small parts of figures: escaping, encoding, labels that keep apart."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.catalogue import report_spec
from ca_platform_tests.dash_app import drawn
from dash_app.figures import encode
from dash_app.figures.frame import period_axis
from dash_app.figures.labels import escape, shorten, shorten_all, spread
from dash_app.figures.lines import lines
from dash_app.figures.traces import Line, Scale
from dash_app.grid import grid, records
from dash_app.records import Look
from dash_app.words.formats import Formats

FORM = Formats("GBP")


@given(st.text())
def test_escaped_text_has_no_tag_entity_or_placeholder_of_its_own(text: str) -> None:
    shown = escape(text)
    assert "<" not in shown
    assert ">" not in shown
    assert "%{" not in shown
    assert "\n" not in shown


@given(st.lists(st.text("ab …", min_size=1, max_size=40), unique=True), st.integers(12, 26))
def test_different_names_are_never_shortened_to_the_same(names: list[str], length: int) -> None:
    shown = shorten_all(names, length)
    assert len(set(shown)) == len(names)
    assert all(len(text) <= length for text in shown)


def test_names_that_would_look_alike_show_what_they_differ_in_and_others_stay() -> None:
    names = ["SET/6 RED SPOTTY PAPER PLATES WITH RIM", "SET/6 TEAL SPOTTY PAPER PLATES WITH RIM"]
    alike = ["WHITE CERAMIC HEART, LARGE, GIFT BOX", "WHITE CERAMIC HEART, SMALL, GIFT BOX"]
    assert len({shorten(name, 22) for name in alike}) == 1
    assert shorten_all(alike, 22) == [
        "WHITE C…LARGE, GIFT…",
        "WHITE C…SMALL, GIFT…",
    ]
    assert shorten_all(names, 22) == [shorten(name, 22) for name in names]


@given(st.lists(st.integers(-(2**40), 2**40)))
def test_whole_numbers_survive_encoding(values: list[int]) -> None:
    assert drawn.numbers(encode.array(pl.Series(values, dtype=pl.Int64))) == values


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False)))
def test_floats_survive_encoding(values: list[float]) -> None:
    assert drawn.numbers(encode.array(pl.Series(values, dtype=pl.Float64))) == values


def test_missing_values_are_null_and_not_nan() -> None:
    assert encode.array(pl.Series([1.5, None])) == [1.5, None]


@given(st.lists(st.integers(0, 400), min_size=1, unique=True), st.sampled_from([1, 7]))
def test_places_survive_encoding(offsets: list[int], step: int) -> None:
    wanted = [date(2024, 2, 26) + timedelta(days=step * offset) for offset in sorted(offsets)]
    sent = encode.along(pl.Series(wanted, dtype=pl.Date)) | {"y": [0] * len(wanted)}
    assert drawn.days(sent) == wanted


@given(st.lists(st.floats(0, 300), min_size=1, max_size=15))
def test_labels_keep_their_distance_and_their_order(positions: list[float]) -> None:
    moved = spread(positions, 14, 0, 300)
    order = sorted(range(len(moved)), key=lambda index: (positions[index], -index))
    gaps = [moved[after] - moved[before] for before, after in pairwise(order)]
    assert all(gap >= 14 - 1e-6 for gap in gaps)
    assert all(-1e-6 <= place <= 300 + 1e-6 for place in moved)


@given(st.integers(1, 26))
def test_dates_beside_names_are_few_enough_for_a_narrow_card(count: int) -> None:
    weeks = [str(date(2024, 1, 1) + timedelta(weeks=week)) for week in range(count)]
    few, more = (period_axis(Look(), "week", weeks, beside_names=beside)["tickvals"] for beside in (True, False))
    assert 1 <= len(few) <= 3
    assert len(few) <= len(more) <= 6
    assert few[0] == more[0] == weeks[0]


def test_table_by_day_begins_with_the_newest() -> None:
    sorts = {
        name: {
            column["field"]: column.get("sort")
            for column in grid(report_spec(name), pl.DataFrame(), "UTC", FORM).columnDefs
        }
        for name in ("daily_orders", "monthly_retention", "most_ordered_products")
    }
    assert sorts["daily_orders"] == {"date": "desc", "orders": None, "is_partial": None}
    assert set(sorts["monthly_retention"].values()) == set(sorts["most_ordered_products"].values()) == {None}
    rows = pl.DataFrame({"date": [date(2026, 1, 1), date(2026, 1, 2)], "orders": [1, 2], "is_partial": [False, True]})
    assert [row["orders"] for row in grid(report_spec("daily_orders"), rows, "UTC", FORM).rowData] == [2, 1]


def test_table_writes_times_with_one_digit_and_instants_by_the_clock_of_the_shop() -> None:
    columns = {
        column["field"]: column for column in grid(report_spec("client_kpis"), pl.DataFrame(), "UTC", FORM).columnDefs
    }
    assert columns["first_order"]["headerName"] == "First order"
    assert columns["first_order"]["headerTooltip"] == "shop time"
    summer = pl.DataFrame({"first_order": [datetime(2026, 6, 30, 23, 30, tzinfo=UTC)]})
    assert records(summer, "Europe/London") == [{"first_order": "2026-07-01 00:30"}]
    assert "d3.format(',.1f')" in columns["mean_gap_hours"]["valueFormatter"]["function"]
    assert "'<0.001'" not in columns["mean_gap_hours"]["valueFormatter"]["function"]
    assert "d3.format(',')" in columns["orders"]["valueFormatter"]["function"]
    minutes = {
        column["field"]: column for column in grid(report_spec("deliver_kpis"), pl.DataFrame(), "UTC", FORM).columnDefs
    }
    assert "d3.format(',.1f')" in minutes["p90_minutes"]["valueFormatter"]["function"]
    days = {
        column["field"]: column
        for column in grid(report_spec("promotion_kpis"), pl.DataFrame(), "UTC", FORM).columnDefs
    }
    assert "d3.format(',')" in days["active_days"]["valueFormatter"]["function"]


def test_table_says_neither_nothing_where_there_is_something_nor_all_where_it_is_not() -> None:
    columns = grid(report_spec("client_feature_predicted"), pl.DataFrame(), "UTC", FORM).columnDefs
    (alive,) = [column for column in columns if column["field"] == "probability_alive"]
    written = alive["valueFormatter"]["function"]
    assert "params.value < 0.0005 ? '<0.1%'" in written
    assert "params.value < 1 ? '>99.9%'" in written


def far_off(heights: list[int]) -> tuple[float, str]:
    """Where the axis of a line of days ends, and what stands above it."""
    days = [date(2026, 1, 1) + timedelta(days=place) for place in range(len(heights))]
    rows = pl.DataFrame({"date": days, "customers": heights, "is_partial": False})
    scale = Scale("date", "customers", "customers per day", "day")
    layout = lines([Line("download", rows)], scale, Look())["layout"]
    return layout["yaxis"]["range"][1], " ".join(one["text"] for one in layout["annotations"])


def test_far_off_first_days_do_not_flatten_all_others_and_the_chart_says_so() -> None:
    edge, said = far_off([500, 300, *[10, 12] * 30])
    assert 12 < edge < 30
    assert "cut off above: up to 500" in said


def test_newest_days_and_peaks_of_a_few_times_the_usual_are_drawn_whole() -> None:
    for heights, highest in (([*[10, 12] * 30, 500], 500), ([10, 12] * 30 + [50] + [10] * 20, 50), ([500, 10], 500)):
        edge, said = far_off(heights)
        assert edge > highest
        assert "cut off" not in said


def test_amounts_in_a_table_have_their_currency_and_the_sign_before_it() -> None:
    yen = Formats("JPY", "de-DE")
    written = [
        {column["field"]: column for column in grid(report_spec("client_kpis"), pl.DataFrame(), "UTC", form).columnDefs}
        for form in (FORM, yen)
    ]
    pounds, others = (columns["revenue"] for columns in written)
    assert "'−' : '') + '£' + d3.format(',.2f')" in pounds["valueFormatter"]["function"]
    assert pounds["headerTooltip"].endswith("(GBP)")
    assert "d3.format(',.0f')" in others["valueFormatter"]["function"]
    assert others["valueFormatter"]["function"].endswith("+ '\u00a0¥'")

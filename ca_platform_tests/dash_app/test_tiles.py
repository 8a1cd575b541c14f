"""The key figures as tiles and as a sentence, held against cases computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from dash_app.records import Look
from dash_app.words import kpis

LOOK = Look(currency="GBP", day=date(2026, 11, 22))
EARLIER = date(2026, 10, 25)


def kpi(metric: str, value: float | None, now: float | None = None, before: float | None = None) -> dict[str, Any]:
    return {"metric": metric, "value": value, "value_last_7d": now, "value_previous_7d": before}


def tile(*rows: dict[str, Any], look: Look = LOOK) -> Any:
    return kpis.tiles(frames.table("kpis", list(rows)), look)[0]


def test_tile_says_how_the_last_seven_days_differ_from_the_seven_before() -> None:
    found = tile(kpi("revenue", 123_456.78, 12_340.0, 10_000.0))
    assert (found.label, found.value, found.change) == ("Revenue, 7 days", "£12.3k", "+23.4% on the 7 days before")
    assert (found.trend, found.is_good) == ("up", True)
    assert found.title == "£12,340.00 in the last 7 days, £10,000.00 in the 7 before, £123,456.78 in all"


@pytest.mark.parametrize(
    ("metric", "now", "before", "change", "trend", "is_good"),
    [
        ("orders", 9.0, 10.0, "−10.0% on the 7 days before", "down", False),
        ("orders", 10.0, 10.0, "0.0% on the 7 days before", "flat", None),
        ("orders", 10.0, 0.0, "0 on the 7 days before", "up", True),
        ("orders", 10.0, None, "nothing to compare with yet", "", None),
        ("discount", 20.0, 10.0, "+100.0% on the 7 days before", "up", None),
        ("conversion_rate", 0.054, 0.05, "+0.4 pp on the 7 days before", "up", True),
        ("conversion_rate", 0.05, 0.054, "−0.4 pp on the 7 days before", "down", False),
    ],
)
def test_change_has_the_right_sign_and_is_neutral_where_there_is_nothing_to_say(
    metric: str, now: float, before: float | None, change: str, trend: str, is_good: object
) -> None:
    found = tile(kpi(metric, 100.0, now, before))
    assert (found.change, found.trend, found.is_good) == (change, trend, is_good)


def test_tile_of_a_shop_younger_than_seven_days_shows_its_total() -> None:
    found = tile(kpi("new_customers", 3.0))
    assert (found.label, found.value, found.change) == ("New customers, in all", "3", "no seven days yet")
    assert (found.trend, found.is_good) == ("", None)
    assert tile(kpi("mean_order_value", None)).value == "–"


def test_tile_beside_an_earlier_day_names_it() -> None:
    look = replace(LOOK, compare_day=EARLIER, compare=frames.table("kpis", [kpi("orders", 50.0, 8.0, 7.0)]))
    found = tile(kpi("orders", 100.0, 10.0, 9.0), look=look)
    assert found.change == "+25.0% on the 7 days to 25 Oct 2026"


def test_spark_line_is_the_figure_of_each_report_day_oldest_first() -> None:
    history = pl.concat(
        frames.table("kpis", [kpi("orders", 1.0, value, 1.0)]).select(
            pl.lit(date(2026, 11, day)).alias("report_date"), pl.all()
        )
        for day, value in ((22, 3.0), (20, None), (21, 2.0))
    )
    assert tile(kpi("orders", 1.0, 3.0, 2.0), look=replace(LOOK, history=history)).spark == (None, 2.0, 3.0)
    assert tile(kpi("orders", 1.0, 3.0, 2.0)).spark == ()


@pytest.mark.parametrize(
    ("rows", "sentence"),
    [
        ((kpi("orders", 9.0, 1.0, 4.0), kpi("revenue", 90.0, 30.0, 20.0)), "In the last seven days 1 order brought £30.00, 50.0% more than in the seven days before."),
        ((kpi("orders", 9.0, 2.0), kpi("revenue", 90.0, 30.0)), "In the last seven days 2 orders brought £30.00."),
        ((kpi("orders", 9.0), kpi("revenue", 1090.0)), "So far 9 orders brought £1,090; there are no seven days yet."),
    ],
)  # fmt: skip
def test_key_figures_in_a_sentence(rows: tuple[dict[str, Any], ...], sentence: str) -> None:
    assert kpis.reading(frames.table("kpis", list(rows)), LOOK) == sentence

"""Deliveries in words: key figures, hours, places, abnormal orders and the two rules."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl

from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.days_of_shop import DAY
from dash_app.filters import DeliveryFilters
from dash_app.pages import PAGES
from dash_app.records import Look
from dash_app.state import parse
from dash_app.words import deliveries as words
from dash_app.words import delivery_backtest as backtest
from dash_app.words import slow_orders as slow
from dash_app.words.spans import NAMES

LOOK = Look(currency="GBP", day=DAY)


def figures(late: float | None = 0.125, mean: float = 60.0) -> pl.DataFrame:
    rows = [
        {"duration": name, "deliveries": count, "mean_minutes": minutes, "median_minutes": 0.9 * minutes}
        | {"p90_minutes": 2 * minutes, "locations": 12, **promises(late if name == "deliver" else None)}
        for name, count, minutes in (("deliver", 800, mean), ("prepare", 800, 20.0), ("ride", 800, 40.0))
    ]
    return pl.DataFrame(rows, schema_overrides={"promised": pl.Int64, "late": pl.Int64, "share_late": pl.Float64})


def promises(late: float | None, promised: int = 600) -> dict[str, Any]:
    """Three of four deliveries have a promise."""
    if late is None:
        return {"promised": None, "late": None, "share_late": None}
    return {"promised": promised, "late": round(promised * late), "share_late": late}


def order(number: int, **more: Any) -> dict[str, Any]:
    return {
        "order_id": f"o{number}",
        "client": "c1",
        "order_time": datetime(2026, 11, 20, 18, 4, tzinfo=UTC),
        "minutes": 120.0,
        "expected_minutes": 40.0,
        "score": 3.0,
        "p_customer": None,
        "p_location": 0.004,
        "p_weekday_hour": 0.01,
        "customer_anomaly": False,
        "location_anomaly": True,
        "weekday_hour_anomaly": True,
        "rule_1": False,
        "rule_2": True,
        "is_abnormal": True,
    } | more


def orders(*rows: dict[str, Any]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema_overrides={"p_customer": pl.Float64, "expected_minutes": pl.Float64})


# ---- key figures


def test_sentence_says_what_a_delivery_is_made_up_of_and_what_is_late() -> None:
    said = words.reading(figures(), LOOK)
    assert said == (
        "An order is at the door 60 min after it was placed, in the mean of 800 deliveries: 20 min to prepare it and "
        "40 min to ride; 12.5% came later than promised."
    )
    assert words.reading(figures(None), LOOK).endswith("40 min to ride.")


def test_tile_of_a_duration_says_how_it_spreads_and_shorter_is_better() -> None:
    look = replace(LOOK, compare_day=DAY - timedelta(days=7), compare=figures(0.1, 75.0))
    tiles = {tile.label: tile for tile in words.tiles(figures(), look)}
    assert list(tiles) == ["Deliveries", "Delivery, mean", "Preparation, mean", "Ride, mean", "Late", "Places"]
    assert tiles["Delivery, mean"].value == "60 min"
    assert tiles["Delivery, mean"].change == "−20.0% since 14 Nov 2026"
    assert tiles["Delivery, mean"].is_good is True
    assert "nine of ten within 2.0 h, of 800 deliveries" in tiles["Delivery, mean"].title
    assert (tiles["Late"].value, tiles["Late"].change, tiles["Late"].is_good) == (
        "12.5%",
        "+2.5 pp since 14 Nov 2026",
        False,
    )


def test_shop_without_promises_has_no_tile_for_late_ones() -> None:
    assert "Late" not in [tile.label for tile in words.tiles(figures(None), LOOK)]


# ---- hours, places, days


def test_sentence_of_the_week_names_the_slowest_hour_and_whether_it_is_abnormal() -> None:
    rows = pl.DataFrame(
        {
            "weekday": [1, 5, 6],
            "hour": [9, 18, 3],
            "deliveries": [100, 100, 1],
            "mean_minutes": [30.0, 50.0, 400.0],
            "is_abnormal": [False, True, False],
        }
    )
    assert words.slots(rows, LOOK, "ride") == (
        "Ride takes longest on Fri from 18:00 to 19:00: 50 min against 42 min over the whole week: abnormally slow."
    )
    usual = words.slots(rows.with_columns(is_abnormal=False), LOOK, "ride")
    assert usual.endswith("50 min against 42 min over the whole week; no hour is abnormal.")


def test_slowest_places_come_first_and_lead_to_their_part_of_the_map_and_back() -> None:
    rows = pl.DataFrame(
        {
            "geohash": ["gcpvj0d", "gcpvj0e", "u33db2m"],
            "latitude": [51.5, 51.6, 52.5],
            "longitude": [0.1, 0.2, 13.4],
            "deliveries": [10, 20, 10],
            "mean_minutes": [30.0, 60.0, None],
            "score": [0.9, 0.1, None],
            "is_abnormal": [False, True, False],
        }
    )
    listed = words.listed_places(rows, LOOK).rows
    assert [row[0].text for row in listed] == ["gcpvj0e", "gcpvj0d", "u33db2m"]
    assert listed[0][0].chooses == ("area", "gcpvj")
    assert [row[1].text for row in listed] == ["60 min", "30 min", "–"]
    look = replace(LOOK, filters=DeliveryFilters(area="gcpvj"))
    assert words.in_area(rows, look)["geohash"].to_list() == ["gcpvj0d", "gcpvj0e"]
    assert words.listed_places(rows, look).rows[0][0].chooses == ("area", "")
    assert "; 1 cell is abnormally slow, with 66.7% of the deliveries." in words.places(rows, LOOK, "deliver")


def test_days_are_weighed_by_their_deliveries() -> None:
    rows = pl.DataFrame(
        {
            "date": [DAY - timedelta(days=8), DAY - timedelta(days=1), DAY],
            "duration": "deliver",
            "deliveries": [5, 10, 30],
            "mean_minutes": [20.0, 10.0, 30.0],
            "promised": [5, 10, 30],
            "late": [1, 0, 6],
            "share_late": [0.2, 0.0, 0.2],
        }
    )
    assert words.by_day(rows, LOOK) == (
        "In the last seven days 40 deliveries took 25 min from the order to the door on average, "
        "25.0% more than in the seven days before."
    )
    assert words.late_by_day(rows, LOOK).startswith("In the last seven days 15.0% of the deliveries came later")


# ---- abnormal orders


def test_rules_are_explained_and_counted() -> None:
    rows = orders(order(1), order(2), order(3, customer_anomaly=True, rule_1=True), order(4, location_anomaly=False))
    assert "4 orders, for 1 of which (25.0%) the stricter rule 1 holds too." in slow.rules(rows, LOOK)
    listed = {row[0].text: row for row in slow.listed_rules(rows, LOOK).rows}
    assert [listed[name][2].text for name in ("Rule 1", "Rule 2", "Unusual for the place")] == ["1", "4", "3"]
    assert "all three" in listed["Rule 1"][1].text


def test_most_abnormal_orders_come_first_and_lead_to_order_and_customer() -> None:
    rows = orders(order(1), order(2, score=9.0, expected_minutes=None), order(3, customer_anomaly=True, rule_1=True))
    first, second, third = slow.listed(rows, LOOK).rows
    assert [row[0].text for row in (first, second, third)] == ["o2", "o1", "o3"]
    assert first[0].chooses == ("order", "o2")
    assert first[1].opens == ("client", {"client": "c1"})
    assert [first[4].text, first[5].text] == ["–", "–"]
    assert [cell.text for cell in second[3:]] == ["2.0 h", "40 min", "×3.00", "place, hour", "2"]
    assert third[7].text == "1 and 2"


def test_order_that_is_asked_for_is_opened_and_else_the_most_abnormal() -> None:
    rows = orders(order(1), order(2, score=9.0), order(3))
    assert slow.opened(rows, LOOK)["order_id"].to_list() == ["o2"]
    asked = slow.opened(rows, replace(LOOK, filters=DeliveryFilters(order="o3")))
    assert asked["order_id"].to_list() == ["o3"]
    assert slow.opened(rows, replace(LOOK, filters=DeliveryFilters(order="gone"))).is_empty()
    assert slow.sentence(asked, LOOK, "ride") == (
        "The ride of “o3” took 2.0 h, 3.00 times the 40 min expected from leaving to the door; "
        "unusual for the place and the hour of the week."
    )
    tiles = {tile.label: tile for tile in slow.tiles(asked, LOOK)}
    assert tiles["Order"].opens == ("order_id", {"order_id": "o3"})
    assert (tiles["So long, given the customer"].value, tiles["So long, given the customer"].change) == (
        "–",
        "too little is known",
    )
    assert (tiles["So long, given the place"].value, tiles["So long, given the place"].change) == ("0.40%", "unusual")


def test_candidates_of_the_newest_back_test_stand_beside_each_other() -> None:
    frame = backtest.of_duration(frames.report("delivery_backtest"), LOOK)
    assert frame["duration"].unique().to_list() == ["deliver"]
    assert backtest.reading(frame, LOOK) == (
        "Since 22 Oct 2026 the autoencoder judges a delivery where it clearly finds more planted delays: "
        "place by the autoencoder (73.0%, robust baseline 69.0%), customer by the autoencoder (73.0%, robust baseline 69.0%)."
    )
    rows = [[cell.text for cell in row] for row in backtest.listed(frame, LOOK).rows]
    assert rows[:2] == [
        ["place: autoencoder (in use)", "73.0%", "43.0%", "83.0%", "98.0%", "2,000"],
        ["place: robust baseline", "69.0%", "39.0%", "79.0%", "94.0%", "2,000"],
    ]


def test_duration_that_is_chosen_has_cards_of_its_own() -> None:
    page = PAGES["/deliveries"]
    shown = {what: {card.report for card in page.shown(DeliveryFilters(duration=what))} for what in NAMES}
    for what, reports in shown.items():
        assert {name for name in reports if name.endswith("_location")} == {f"{what}_location"}
        assert {name for name in reports if name.endswith("_orders")} == {f"{what}_orders"}
        assert {f"{each}_weekday_hour" for each in NAMES} < reports


def test_address_keeps_area_and_order_and_names_what_is_no_geohash() -> None:
    view, notices = parse("?duration=ride&area=gcpv&order=o%2F1", (), DeliveryFilters)
    assert view.filters.chosen() == {"duration": "ride", "area": "gcpv", "order": "o/1"}
    assert view.filters.kept() == {"area": "gcpv", "order": "o/1"}
    assert view.query() == "?duration=ride&area=gcpv&order=o%2F1"
    assert not notices
    view, notices = parse("?area=London&order=", (), DeliveryFilters)
    assert view.filters == DeliveryFilters()
    assert notices == ("area=London was left out: write the beginning of a geohash, such as gcpv.",)


def test_week_before_the_first_delivery_has_nothing_to_compare_with() -> None:
    rows = pl.DataFrame(
        {"date": [date(2026, 1, 1)], "duration": ["deliver"], "deliveries": [3], "mean_minutes": [20.0]}
        | {"promised": [None], "late": [None], "share_late": [None]},
        schema_overrides={"promised": pl.Int64, "late": pl.Int64, "share_late": pl.Float64},
    )
    look = replace(LOOK, day=date(2026, 1, 1))
    assert (
        words.by_day(rows, look)
        == "In the last seven days 3 deliveries took 20 min from the order to the door on average."
    )
    assert words.late_by_day(rows, look) == "No delivery of the last seven days had a promised time."
    assert words.by_day(rows, replace(LOOK, day=date(2026, 3, 1))) == "Nothing was delivered in the last seven days."

"""Deliveries drawn: hours of the week, the map and the ground under it."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import orjson
import polars as pl
import pytest

import dash_app
from ca_platform.facts.deliveries import geohash
from ca_platform_tests.dash_app import drawn
from ca_platform_tests.dash_app.days_of_shop import DAY
from dash_app.figures.countries import countries, view
from dash_app.figures.places import MOST_CELLS, places, taken_together
from dash_app.figures.slots import slots
from dash_app.filters import DeliveryFilters
from dash_app.records import Look
from dash_app.words.deliveries import in_area
from scripts.countries import outlines

LOOK = Look(currency="GBP", day=DAY)
OUTLINES = Path(dash_app.__file__).parent / "assets" / "geo" / "countries.geojson"
KILOBYTES_OF_MAP = 100


def slot(weekday: int, hour: int, mean: float, *, is_abnormal: bool = False) -> dict[str, Any]:
    times = {"mean_minutes": mean, "median_minutes": mean, "p90_minutes": mean}
    return {"weekday": weekday, "hour": hour, "deliveries": 30, "is_abnormal": is_abnormal, **times}


def week(*rows: dict[str, Any]) -> dict[str, Any]:
    return slots(pl.DataFrame(rows), LOOK, "deliver")


# ---- hours of the week --------------------------------------------------------------------------------------------


def test_slot_stands_at_its_weekday_and_hour_and_one_without_a_delivery_is_blank() -> None:
    (cells,) = week(slot(1, 0, 20), slot(7, 23, 80))["data"]
    known = [(row, hour, value) for row, line in enumerate(cells["z"]) for hour, value in enumerate(line) if value]
    assert known == [(0, 0, 20.0), (6, 23, 80.0)]
    assert cells["customdata"][6][23].startswith("Sun, 23:00 to 24:00<br>80 min in the mean of 30 deliveries")


def test_abnormal_slot_carries_an_open_diamond_and_it_is_said() -> None:
    figure = week(slot(1, 9, 20), slot(5, 18, 80, is_abnormal=True))
    diamond = figure["data"][1]
    assert (diamond["x"], diamond["y"], diamond["marker"]["symbol"]) == ([18], [5], "diamond-open")
    assert "abnormally slow" in drawn.notes(figure)
    assert "abnormally slow" not in drawn.notes(week(slot(1, 9, 20)))


def test_odd_delivery_at_night_does_not_stretch_the_scale() -> None:
    night = slot(2, 3, 500) | {"deliveries": 1}
    axis = week(slot(1, 9, 20), slot(5, 18, 80), night)["layout"]["coloraxis"]
    assert (axis["cmin"], axis["cmax"]) == (20.0, 80.0)
    assert week(slot(1, 9, 20), night)["data"][0]["z"][1][3] == 500.0
    assert week(night)["data"][0]["z"][1][3] == 8.333


@pytest.mark.parametrize(
    ("minutes", "shown", "unit"), [(0.0, 0.0, " min"), (90.0, 90.0, " min"), (600.0, 10.0, " h"), (576_000.0, 400.0, " days")]
)  # fmt: skip
def test_times_are_in_the_unit_that_suits_them(minutes: float, shown: float, unit: str) -> None:
    figure = week(slot(3, 12, minutes))
    assert figure["data"][0]["z"][2][12] == shown
    axis = figure["layout"]["coloraxis"]
    assert axis["colorbar"]["ticksuffix"] == unit
    assert axis["cmin"] == 0.0  # one colour has no scale of its own


# ---- the map ------------------------------------------------------------------------------------------------------


def cells(count: int, spread: float = 0.3) -> pl.DataFrame:
    dice = random.Random(5)
    rows = pl.DataFrame(
        {
            "latitude": [dice.gauss(51.5, spread) for _ in range(count)],
            "longitude": [dice.gauss(-0.1, spread) for _ in range(count)],
            "deliveries": [dice.randint(1, 900) for _ in range(count)],
            "mean_minutes": [dice.uniform(20, 90) for _ in range(count)],
            "is_abnormal": [dice.random() < 0.01 for _ in range(count)],
        }
    )
    named = rows.with_columns(geohash=geohash(pl.col("latitude"), pl.col("longitude"), 7))
    return named.unique("geohash").sort("geohash")


def test_few_cells_are_drawn_as_they_are() -> None:
    rows = cells(50)
    found = taken_together(rows).sort("geohash")
    names = ["geohash", "deliveries", "is_abnormal"]
    assert found.select(names).equals(rows.select(names))
    assert found["mean_minutes"].to_list() == pytest.approx(rows["mean_minutes"].to_list())
    assert not any("meta" in trace for trace in places(rows, LOOK, "ride")["data"])


def test_neighbours_are_taken_together_by_their_deliveries() -> None:
    rows = pl.DataFrame(
        {
            "geohash": ["gcp0", "gcp1", "u0b0"],
            "latitude": [50.0, 54.0, 10.0],
            "longitude": [0.0, 1.0, 20.0],
            "deliveries": [30, 10, 5],
            "mean_minutes": [20.0, 60.0, 7.0],
            "is_abnormal": [False, True, False],
        }
    )
    found = taken_together(rows, most=2)
    assert found.rows() == [("gcp", 51.0, 0.25, 30.0, 40, True, 2), ("u0b", 10.0, 20.0, 7.0, 5, False, 1)]


def test_cells_are_halved_as_often_as_there_is_room_for_them() -> None:
    rows = cells(4_000)
    counts = [taken_together(rows, most).height for most in (2, 40, 600, 3_000, 10_000)]
    assert counts == sorted(counts)
    assert [counts[0] == 2, 15 < counts[1] <= 40, 300 < counts[2] <= 600] == [True] * 3
    assert counts[-1] == rows.height
    assert taken_together(rows, 600)["deliveries"].sum() == rows["deliveries"].sum()


def test_map_of_very_many_cells_stays_small_and_loses_no_delivery() -> None:
    rows = cells(30_000)
    figure = places(rows, LOOK, "deliver")
    rings, circles = figure["data"]
    assert len(orjson.dumps(figure)) <= 1000 * KILOBYTES_OF_MAP
    assert MOST_CELLS / 2 < drawn.marks(figure) - len(drawn.numbers(rings["lat"])) <= MOST_CELLS
    assert sum(drawn.numbers(circles["customdata"])) == rows["deliveries"].sum()
    assert f"{rows.height:,} cells taken together" in drawn.notes(figure)


def test_circle_of_several_cells_opens_them_and_the_area_draws_no_others() -> None:
    rows = cells(30_000)
    chooses = places(rows, LOOK, "deliver")["data"][-1]["meta"]["chooses"]
    area = chooses["values"][0]
    look = Look(currency="GBP", day=DAY, filters=DeliveryFilters(area=area))
    opened = in_area(rows, look)
    assert (chooses["name"], opened.height) == ("area", rows.filter(pl.col("geohash").str.starts_with(area)).height)
    assert opened.height < rows.height
    assert f"area {area}" in drawn.notes(places(opened, look, "deliver"))


def test_area_of_a_circle_grows_with_its_deliveries() -> None:
    rows = cells(3).with_columns(deliveries=pl.Series([100, 400, 1]))
    sizes = drawn.numbers(places(rows.with_columns(is_abnormal=False), LOOK, "ride")["data"][0]["marker"]["size"])
    assert [size - 5 for size in sizes] == pytest.approx([21, 10.5, 1.05])


def test_one_cell_and_equal_times_are_drawn() -> None:
    rows = cells(1).with_columns(mean_minutes=0.0)
    axis = places(rows, LOOK, "return")["layout"]["coloraxis"]
    assert (axis["cmin"], axis["cmax"]) == (0.0, 1.0)


# ---- the ground ---------------------------------------------------------------------------------------------------


def test_ground_of_the_map_asks_nobody_else_for_anything() -> None:
    style = countries(LOOK)
    addresses = [text for text in drawn.leaves(style) if isinstance(text, str) and "/" in text]
    assert len(addresses) == 1
    assert addresses[0].startswith("/assets/geo/countries.geojson?m=")
    assert not {"glyphs", "sprite"} & set(style)


def test_outlines_are_small_and_their_rings_are_closed() -> None:
    assert OUTLINES.stat().st_size < 450_000
    found = json.loads(OUTLINES.read_text())
    rings = [
        ring for one in found["features"] for polygon in one["geometry"]["coordinates"] for ring in polygon
    ]  # fmt: skip
    assert len(found["features"]) > 200
    assert all(ring[0] == ring[-1] for ring in rings)
    assert all(abs(x) <= 180 and abs(y) <= 90 for ring in rings for x, y in ring)


def test_neighbours_keep_one_border_when_it_is_simplified() -> None:
    # Two squares beside each other; their border, the first arc, bends a little.
    topology = {
        "transform": {"scale": [1, 1], "translate": [0, 0]},
        "arcs": [[[10, 0], [0, 5], [0, 5]], [[10, 10], [-10, 0], [0, -10], [10, 0]], [[10, 10], [10, 0], [0, -10], [-10, 0]]],
        "objects": {
            "countries": {
                "geometries": [{"type": "Polygon", "arcs": [[0, 1]]}, {"type": "MultiPolygon", "arcs": [[[2, 0]]]}]
            }
        },
    }  # fmt: skip
    one, other = [feature["geometry"]["coordinates"][0][0] for feature in outlines(topology)["features"]]
    assert one == [(10, 0), (10, 10), (0, 10), (0, 0), (10, 0)]
    assert other == [(10, 10), (20, 10), (20, 0), (10, 0), (10, 10)]


def test_view_shows_the_whole_box_and_no_more_than_the_world() -> None:
    near, far = view(51.49, 51.51, -0.2, 0.0), view(-60.0, 80.0, -180.0, 180.0)
    assert near["center"] == {"lat": 51.5, "lon": -0.1}
    assert 512 * 2 ** near["zoom"] * 0.2 / 360 <= 480
    assert far["zoom"] == 0.4
    assert view(1.0, 1.0, 2.0, 2.0)["zoom"] == 12.5

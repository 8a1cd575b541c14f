"""Drawings in the metadata of a training: what stands in them, whatever they are given."""

from __future__ import annotations

import base64
import math
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.defs.drawn import Curve, Rival, course, image, rivals, tenths

numbers = st.floats(-1e9, 1e9)


def marks(drawing: str, tag: str) -> list[dict[str, str]]:
    return [mark.attrib for mark in ET.fromstring(drawing).iter(f"{{http://www.w3.org/2000/svg}}{tag}")]


def words(drawing: str) -> list[str]:
    return [mark.text or "" for mark in ET.fromstring(drawing).iter("{http://www.w3.org/2000/svg}text")]


def test_an_image_holds_its_drawing_and_says_what_it_is() -> None:
    drawing = tenths("Mean orders", [(1.0, 2.0)])
    said = image(drawing, "Mean orders, by tenths")
    start = "![Mean orders, by tenths](data:image/svg+xml;base64,"
    assert said.startswith(start)
    assert base64.b64decode(said.removeprefix(start).removesuffix(")")).decode() == drawing


def test_bars_are_as_high_as_what_they_say() -> None:
    drawing = tenths("Mean orders", [(1.0, 2.0), (4.0, 3.0)])
    ground, *legend = marks(drawing, "rect")[:3]
    bars = [float(mark["height"]) for mark in marks(drawing, "rect")[3:]]
    assert ground["fill"] == "#fff", "readable where Dagster is dark"
    assert [mark["fill"] for mark in legend] == ["#D55E00", "#0072B2"]
    assert bars == pytest.approx([bars[0], 2 * bars[0], 4 * bars[0], 3 * bars[0]], rel=0.01)


def test_a_candidate_without_a_value_has_a_row_and_no_point() -> None:
    drawing = rivals(
        "Brier", [Rival("trees", [0.1, 0.3], is_served=True), Rival("waiting <times>", [], is_served=False)]
    )
    assert "trees (serves)" in words(drawing)
    assert "waiting <times>" in words(drawing)
    points = marks(drawing, "circle")
    assert [float(point["fill-opacity"]) for point in points] == [0.3, 0.3, 1.0]
    first, second, mean = (float(point["cx"]) for point in points)
    assert mean == pytest.approx((first + second) / 2, abs=0.1)


def test_the_best_epoch_of_each_seed_is_marked_and_unknown_losses_are_left_out() -> None:
    drawing = course("Loss", [Curve([math.nan, 2.0, 1.0], [3.0, 1.0, 2.0]), Curve([math.nan, 2.5], [3.5, 1.5])])
    lines = [line["points"].split() for line in marks(drawing, "polyline")]
    assert [len(line) for line in lines] == [2, 3, 1, 2]
    assert [(point["cx"], point["cy"]) for point in marks(drawing, "circle")] == [
        tuple(lines[1][1].split(",")),
        tuple(lines[3][1].split(",")),
    ]


@given(st.lists(st.tuples(numbers, numbers), max_size=10))
def test_all_marks_lie_within_the_picture(pairs: list[tuple[float, float]]) -> None:
    drawing = tenths("Any", pairs)
    for mark in marks(drawing, "rect")[1:]:
        assert 0 <= float(mark["x"]) <= 640
        assert 0 <= float(mark["y"]) <= float(mark["y"]) + float(mark["height"]) <= 300
    ticks = [float(line["y1"]) for line in marks(drawing, "line")]
    assert 2 <= len(ticks) <= 12
    assert all(0 <= tick <= 300 for tick in ticks)

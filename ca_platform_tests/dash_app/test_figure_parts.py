"""The small parts of figures: escaping, encoding, labels that keep apart."""

from __future__ import annotations

from datetime import date, timedelta
from itertools import pairwise

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ca_platform_tests.dash_app import drawn
from dash_app.figures import encode
from dash_app.figures.labels import escape, spread


@given(st.text())
def test_escaped_text_has_no_tag_entity_or_placeholder_of_its_own(text: str) -> None:
    shown = escape(text)
    assert "<" not in shown
    assert ">" not in shown
    assert "%{" not in shown
    assert "\n" not in shown


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

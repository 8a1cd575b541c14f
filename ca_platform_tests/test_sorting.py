"""One sort by several columns is the sort by each of them, and places in groups count from 0."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

import polars as pl
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.sorting import is_first, is_last, packed, place_in_group, sort_by

LETTERS = pl.Enum(["b", "a", "c"])
_COLUMNS: dict[str, tuple[Any, st.SearchStrategy[Any]]] = {
    "count": (pl.UInt32, st.integers(0, 2**32 - 1)),
    "few": (pl.Int64, st.integers(-2, 2)),
    "any": (pl.Int64, st.integers(-(2**63), 2**63 - 1)),
    "large": (pl.UInt64, st.integers(0, 2**64 - 1)),
    "day": (pl.Date, st.dates()),
    "at": (pl.Datetime("us"), st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1))),
    "letter": (LETTERS, st.sampled_from(["a", "b", "c"])),
    "text": (pl.String, st.text(max_size=2)),
    "same": (pl.Int64, st.just(5)),
}


@st.composite
def _frames(draw: st.DrawFn) -> pl.DataFrame:
    names = draw(st.lists(st.sampled_from(list(_COLUMNS)), min_size=1, max_size=3, unique=True))
    height = draw(st.integers(0, 12))
    values = {name: draw(st.lists(st.none() | _COLUMNS[name][1], min_size=height, max_size=height)) for name in names}
    return pl.DataFrame(values, schema={name: _COLUMNS[name][0] for name in names})


@given(_frames())
def test_sort_by_columns_together_is_the_sort_by_each_of_them(frame: pl.DataFrame) -> None:
    assert sort_by(frame, frame.columns).equals(frame.sort(frame.columns))


def test_days_numbers_and_enumerations_are_sorted_as_one_number() -> None:
    columns = {"day": [date(2024, 3, 1), date(2024, 2, 1)], "item": [7, None], "letter": ["c", "a"]}
    frame = pl.DataFrame(columns, schema_overrides={"letter": LETTERS})
    assert packed(frame, frame.columns) is not None
    assert packed(frame.with_columns(pl.col("letter").cast(pl.String)), frame.columns) is None


def test_what_is_in_order_is_not_sorted_again() -> None:
    frame = pl.DataFrame({"day": [1, 1, 2], "item": [1, 3, 2]})
    assert sort_by(frame, ["day", "item"]) is frame


def test_places_count_from_0_in_each_group() -> None:
    frame = pl.DataFrame({"slice": [0, 0, 0, 1, 1], "item": [3, 3, 4, 4, 4]})
    found = frame.select(
        place=place_in_group("slice", "item"), first=is_first("slice", "item"), last=is_last("slice", "item")
    )
    assert found["place"].to_list() == [0, 1, 0, 0, 1]
    assert found["first"].to_list() == [True, False, True, True, False]
    assert found["last"].to_list() == [False, True, True, False, True]

"""Hold a frame of the platform against the rows of this implementation, cell by cell."""

from __future__ import annotations

import math
from datetime import date
from decimal import Decimal
from typing import Any

import polars as pl

from ca_platform.catalogue import report_spec
from ca_platform_tests.oracle.reports import IN_PARTS, MAIN_ONLY, ORACLE
from ca_platform_tests.oracle.world import Shop, World, once, values_of, world


def expected_slices(shop: Shop, name: str, day: date) -> dict[tuple[str, str | None], list[dict[str, Any]]]:
    """The report of one day for ``main`` and for every dimension value, by the plain implementation."""
    worlds = _worlds(shop, day)
    chosen = [place for place in worlds if place == ("main", None) or name not in MAIN_ONLY]
    return {place: ORACLE[name](worlds[place]) for place in chosen}


@once
def _worlds(shop: Shop, day: date) -> dict[tuple[str, str | None], World]:
    """What is known at the end of the day, for ``main`` and for every dimension value."""
    places: list[tuple[str, str | None]] = [("main", None)]
    places += [(d, value) for d in shop.dimensions for value in values_of(shop, day, d)]
    return {(d, value): world(shop, day, d, value) for d, value in places}


def assert_equal(frame: pl.DataFrame, shop: Shop, name: str, day: date) -> int:
    """Every cell of a report's frame equals the plain implementation's; returns the number of cells compared.

    Those of ``IN_PARTS`` have tests of their own.
    """
    if name in IN_PARTS:
        return 0
    key = report_spec(name).key
    own = frame.filter(pl.col("report_date") == day)
    found: dict[tuple[str, str | None], list[dict[str, Any]]] = {}
    for row in own.drop("report_date").iter_rows(named=True):
        found.setdefault((row.pop("report_dimension"), row.pop("report_value")), []).append(row)
    expected = {place: rows for place, rows in expected_slices(shop, name, day).items() if rows}
    assert set(found) == set(expected), f"{name} {day}: slices differ: {set(found) ^ set(expected)}"
    cells = 0
    for place, rows in expected.items():
        wanted, got = _by_key(rows, key), _by_key(found[place], key)
        assert set(got) == set(wanted), f"{name} {day} {place}: rows differ: {list(set(got) ^ set(wanted))[:5]}"
        for row_key, alike in wanted.items():
            assert len(got[row_key]) == len(alike), f"{name} {day} {place} {row_key}: doubled rows"
            for row, own_row in zip(alike, got[row_key], strict=True):
                if row == own_row:
                    cells += len(row)
                    continue
                assert set(row) == set(own_row), f"{name}: columns differ"
                for column, value in row.items():
                    have = own_row[column]
                    assert same(have, value), f"{name} {day} {place} {row_key} {column}: {have!r}, expected {value!r}"
                    cells += 1
    return cells


def _by_key(rows: list[dict[str, Any]], key: tuple[str, ...]) -> dict[tuple[Any, ...], list[dict[str, Any]]]:
    """Rows by key, in their order: the two overflow bins of a single amount are alike in everything."""
    found: dict[tuple[Any, ...], list[dict[str, Any]]] = {}
    for row in rows:
        # Edges of bins are exact in both, but with a different number of digits.
        values = [round(row[name], 6) if isinstance(row[name], Decimal) else row[name] for name in key]
        found.setdefault(tuple(values), []).append(row)
    return found


def same(have: Any, want: Any) -> bool:
    """Equal, with room for the last bits of a float only."""
    if have is None or want is None:
        return have is want
    if have == want:
        return True
    if isinstance(want, float | Decimal) or isinstance(have, float | Decimal):
        return math.isclose(float(have), float(want), rel_tol=1e-9, abs_tol=1e-4 if isinstance(want, Decimal) else 1e-9)
    return False

"""Durations of an invented shop, as arrays."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ca_platform.models.deliveries import Durations, pairs

FIRST_DAY = 19_723
"""2024-01-01, a Monday."""


def durations(
    rows: int, days: int, seed: int = 1, *, customers: int = 60, spread: float = 0.2, parts: int = 1
) -> Durations:
    """Every customer has a place, every place a duration of its own, around which orders are log-normal."""
    rng = np.random.default_rng(seed)
    customer = rng.integers(0, customers, rows)
    cell = customer % 24
    usual = 10.0 + 2.0 * cell.astype(np.float64)
    part = customer % parts
    cells = (cell, cell // 4, cell // 8, np.zeros(rows, np.int64))
    return Durations(
        day=np.sort(FIRST_DAY + rng.integers(0, days, rows)),
        part=part,
        minutes=usual * np.exp(rng.normal(0.0, spread, rows)),
        slot=rng.integers(0, 168, rows),
        customer=pairs(part, customer),
        places=tuple(pairs(part, code) for code in cells),
        latitude=50.0 + cell / 40,
        longitude=8.0 + cell % 7 / 40,
    )


def with_(given: Durations, **columns: Any) -> Durations:
    """The same with other columns."""
    names = ("day", "part", "minutes", "slot", "customer", "places", "latitude", "longitude")
    return Durations(**({name: getattr(given, name) for name in names} | columns))


def codes(names: Sequence[object]) -> np.ndarray[Any, np.dtype[np.int64]]:
    """Numbers in the place of names, -1 for none."""
    number = {name: n for n, name in enumerate(sorted({name for name in names if name is not None}, key=str))}
    return np.array([number.get(name, -1) for name in names], np.int64)

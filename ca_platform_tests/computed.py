"""Reports as the platform computes them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date

import polars as pl

from ca_platform.lake import Lake
from ca_platform.reports import compute
from ca_platform.settings import Settings


def computed(names: Iterable[str], days: Sequence[date], settings: Settings, lake: Lake) -> dict[str, pl.DataFrame]:
    """The reports by name; one that cannot be computed fails the test."""
    found: dict[str, pl.DataFrame] = {}
    for name, frame in compute(names, days, settings, lake):
        assert isinstance(frame, pl.DataFrame), f"{name}: {frame!r}"
        found[name] = frame
    return found

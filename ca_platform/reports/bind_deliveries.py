"""Name of a report of deliveries → the function that makes it; see ``bind``."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import polars as pl

from ca_platform.catalogue.deliveries import DURATIONS
from ca_platform.reports import deliveries, delivery_slots
from ca_platform.reports.cut import Cut


def _slices(cut: Cut) -> list[int]:
    return cut.slices.collect()["slice"].to_list()


def _slots(cut: Cut, duration: str) -> pl.LazyFrame:
    counted = cut.tables.deliveries.counted(duration)
    return delivery_slots.weekday_hour(counted, _slices(cut), cut.calendar.day)


def _places(cut: Cut, duration: str) -> pl.LazyFrame:
    tables = cut.tables.deliveries
    return deliveries.locations(cut.of(tables.cells(duration)).collect(), tables.geohashes)


def _kpis(cut: Cut) -> pl.LazyFrame:
    tables = cut.tables.deliveries
    counted = {name: tables.counted(name) for name in tables.durations}
    places = {name: cut.of(tables.cells(name)) for name in tables.durations}
    return delivery_slots.kpis(counted, places, cut.of(tables.late), _slices(cut), cut.calendar.day)


def _daily(cut: Cut) -> pl.LazyFrame:
    tables = cut.tables.deliveries
    return deliveries.daily(cut.of(tables.days), cut.slices, tables.durations, cut.calendar)


DELIVERIES: dict[str, Callable[[Cut], pl.LazyFrame]] = {
    **{f"{name}_weekday_hour": partial(_slots, duration=name) for name in DURATIONS},
    **{f"{name}_location": partial(_places, duration=name) for name in DURATIONS},
    "deliver_kpis": _kpis,
    "daily_deliveries": _daily,
}

"""A shop on the whole way: source files, lake, facts, reports, store, and what comes back from the store."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import polars as pl

from ca_platform.calendar import days_between
from ca_platform.catalogue import connected, report_spec, report_specs
from ca_platform.ingest import IngestSummary, ingest
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform.store import open_store
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.compare import assert_equal
from ca_platform_tests.oracle.reports import ORACLE
from ca_platform_tests.oracle.world import Shop


@dataclass(frozen=True)
class Way:
    """A shop that went the whole way.

    Attributes:
        loaded: by source.
        frames: reports as they were computed.
        stored: the same for the whole shop on the last day, as the store gives them back.
    """

    settings: Settings
    lake: Lake
    loaded: dict[str, IngestSummary]
    frames: dict[str, pl.DataFrame]
    stored: dict[str, pl.DataFrame]


def load(settings: Settings, last: date) -> tuple[Lake, dict[str, IngestSummary]]:
    lake = Lake.open(settings)
    days = list(days_between(settings.business.start_date, last))
    connected_sources = settings.sources.connected()
    sources = ("sessions", "customers", "lines", "deliveries", "assignments")
    order = [name for name in sources if name in connected_sources]
    return lake, {name: ingest(name, None if name == "customers" else days, settings, lake) for name in order}


def go(settings: Settings, days: Sequence[date]) -> Way:
    """Load everything up to the last of the days, compute and store every report that exists."""
    lake, loaded = load(settings, days[-1])
    names = [spec.name for spec in report_specs() if connected(spec, settings)]
    frames = computed(names, days, settings, lake)
    stored: dict[str, pl.DataFrame] = {}
    with open_store(settings) as store:
        for name, frame in frames.items():
            if report_spec(name).storage == "document":
                store.replace(name, days, frame, report_spec(name))
                assert store.days(name) == list(days)
                found = store.report(name, days[-1])
                assert found is not None
                stored[name] = found
    for name, table in stored.items():
        main = (pl.col("report_date") == days[-1]) & (pl.col("report_dimension") == "main")
        assert table.height == frames[name].filter(main).height
        assert table.columns == list(report_spec(name).column_names)
    return Way(settings, lake, loaded, frames, stored)


def compared(way: Way, shop: Shop, days: Sequence[date], *, but: frozenset[str] = frozenset()) -> int:
    """Every report that the second implementation knows equals it; returns the cells."""
    names = [name for name in way.frames if name in ORACLE and name not in but]
    return sum(assert_equal(way.frames[name], shop, name, day) for name in names for day in days)

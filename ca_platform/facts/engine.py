"""Making the facts that are missing or out of date: which days, in which runs, in one write each."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date, timedelta

import polars as pl

from ca_platform.calendar import days_between, days_in_words, days_together
from ca_platform.errors import HistoryError
from ca_platform.facts.digests import expected
from ca_platform.facts.make import Maker
from ca_platform.facts.registry import FACTS, REACH, TOTALS, read_sources, schema, sort_key, with_sources
from ca_platform.facts.shape import Shape
from ca_platform.facts.totals import last_month_end, running_totals
from ca_platform.lake import Lake, Part
from ca_platform.settings import Settings
from ca_platform.sorting import sort_by

# Sessions that are held in memory at a time; days are never split.
RUN_ROWS = 1_000_000
# Rows of other sources that take as much memory as a session.
PER_SESSION = {"lines": 3, "deliveries": 1}
_SHOWN_RANGES = 5
# Threads that write parts: Polars works outside of Python's lock.
_WRITERS = 4


@dataclass(frozen=True, slots=True)
class FactSummary:
    """A fact table on the asked days.

    Attributes:
        rows: number of rows by day.
        made: days that were made now; the others were there and up to date.
    """

    name: str
    rows: dict[date, int]
    made: tuple[date, ...] = field(default=())


def ensure_facts(name: str, days: Sequence[date], settings: Settings, lake: Lake) -> FactSummary:
    """Make the fact table for these days where it is missing or out of date.

    A fact that looks at the past is made for all earlier days too.

    Raises:
        HistoryError: a day whose sessions are needed has not been loaded.
    """
    made = ensure([name], days, settings, lake).get(name, [])
    parts = {part.day: part.rows for part in lake.parts(name, min(days), max(days))} if days else {}
    return FactSummary(name, {day: parts.get(day, 0) for day in days}, tuple(made))


def ensure(names: Iterable[str], days: Sequence[date], settings: Settings, lake: Lake) -> dict[str, list[date]]:
    """The same for several fact tables, so that they share the reading; returns the days made by table."""
    if not days:
        return {}
    shape = Shape.of(settings)
    wanted = with_sources(list(names))
    loaded = {source: _loaded(source, shape.start_date, max(days), lake) for source in ("sessions", *PER_SESSION)}
    summed = {TOTALS[name].source for name in wanted if name in TOTALS}
    missing = {
        name: _missing(name, needed_days(name, days, shape.start_date, is_summed=name in summed), loaded, shape, lake)
        for name in wanted
    }
    rows = {day: part.rows for day, part in loaded["sessions"].items()}
    for source in {source for name in wanted for source in read_sources(name)} & set(PER_SESSION):
        rows = {day: count + loaded[source][day].rows // PER_SESSION[source] for day, count in rows.items()}
    plain = {name: chosen for name, chosen in missing.items() if name not in TOTALS}
    for run in _runs(plain, rows):
        _make_run(run, shape, lake)
    for name in wanted:
        if name in TOTALS:
            for day in sorted(missing[name]):
                _make_total(name, day, missing[name][day], shape, lake)
    return {name: sorted(chosen) for name, chosen in missing.items()}


def _loaded(source: str, first: date, last: date, lake: Lake) -> dict[date, Part]:
    return {part.day: part for part in lake.parts(source, first, last) if part.day is not None}


def needed_days(name: str, days: Sequence[date], start: date, *, is_summed: bool = False) -> list[date]:
    """Days on which a fact must be there so that it is right on ``days``.

    Args:
        is_summed: running totals of the fact are wanted too.
    """
    if REACH[name] in ("day", "week") and not is_summed:
        return sorted({day for day in days if day >= start})
    return list(days_between(start, max(days)))


def check_history(days: Iterable[date], loaded: Iterable[date], what: str, source: str = "sessions") -> None:
    """Refuse to go on without the sessions, or another source, of these days."""
    absent = sorted(set(days) - set(loaded))
    if absent:
        raise HistoryError(
            f"{what}: the {source} of {days_in_words(absent, _SHOWN_RANGES)} have not been loaded. "
            f"Load them: ca-platform load --from {absent[0]} --to {absent[-1]}."
        )


def _missing(
    name: str, needed: Sequence[date], loaded: Mapping[str, Mapping[date, Part]], shape: Shape, lake: Lake
) -> dict[date, str]:
    """Days to make, with the digest of their inputs."""
    sources = read_sources(name)
    for source in sources:
        check_history(needed, loaded[source], f"fact {name}", source)
    if not needed:
        return {}
    writes = {day: "\n".join(loaded[source][day].write_id for source in sources) for day in needed}
    if REACH[name] == "week":
        writes = {day: part.write_id for day, part in loaded["sessions"].items()}
    digests = expected(name, needed, writes, shape)
    have = {part.day: part.inputs for part in lake.parts(name, needed[0], needed[-1])}
    return {day: digest for day, digest in digests.items() if have.get(day) != digest}


def _runs(missing: Mapping[str, Mapping[date, str]], rows: Mapping[date, int]) -> Iterator[dict[str, dict[date, str]]]:
    """The days to make, cut into runs whose sessions fit into memory."""
    days = sorted({day for chosen in missing.values() for day in chosen})
    for run in days_together({day: rows[day] for day in days}, RUN_ROWS):
        yield _of_days(missing, run)


def _of_days(missing: Mapping[str, Mapping[date, str]], days: Sequence[date]) -> dict[str, dict[date, str]]:
    chosen = set(days)
    return {name: {day: text for day, text in by_day.items() if day in chosen} for name, by_day in missing.items()}


def _make_run(run: Mapping[str, Mapping[date, str]], shape: Shape, lake: Lake) -> None:
    """Make the facts one after the other; each is written while the next one is made."""
    maker = Maker(run, shape, lake)
    with lake.write() as write, ThreadPoolExecutor(_WRITERS, thread_name_prefix="facts") as writers:
        writing: list[Future[Part]] = []
        for name in FACTS:
            if not run.get(name):
                continue
            frames = maker.make(name)
            # No more than two tables are held in memory.
            _wait(writing)
            writing = [writers.submit(write.put, name, day, rows, run[name][day]) for day, rows in frames.items()]
        _wait(writing)


def _wait(writing: Iterable[Future[Part]]) -> None:
    for part in writing:
        part.result()


def _make_total(name: str, day: date, digest: str, shape: Shape, lake: Lake) -> None:
    total = TOTALS[name]
    before = last_month_end(day - timedelta(days=1))

    def build() -> pl.LazyFrame:
        types = schema(name, shape)
        old = lake.scan(name, before, before, schema=types)
        since = lake.scan(total.source, max(before + timedelta(days=1), shape.start_date), day, schema=types)
        return running_totals(old, since, day, total)

    rows = sort_by(lake.collect(build), sort_key(name)).select(
        pl.col(column).cast(dtype) for column, dtype in schema(name, shape).items()
    )
    with lake.write() as write:
        write.put(name, day, rows, digest)

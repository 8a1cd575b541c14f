"""Computing reports for many days: facts, compact tables, one cut per day, errors report by report."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import date, timedelta
from functools import cache, partial

import polars as pl

from ca_platform.calendar import days_between
from ca_platform.catalogue import Kind, ReportSpec, connected_facts, missing_inputs, report_spec
from ca_platform.errors import ReportError
from ca_platform.facts import FACTS, check_history, ensure
from ca_platform.lake import Lake
from ca_platform.reports import sizes
from ca_platform.reports.bind import BINDINGS
from ca_platform.reports.cut import Cut
from ca_platform.reports.periods import Calendar
from ca_platform.reports.tables import Tables
from ca_platform.settings import Settings
from ca_platform.settings.connecting import to_connect

# Tables by day whose rows never change later. Those of customers' milestones may: a download can still come.
UNCHANGING = frozenset(
    {
        "daily_cohort_from_1_to_2",
        "daily_cohort_from_2_to_3",
        "daily_cohort_from_3_to_4",
        "daily_funnel",
        "daily_orders",
        "daily_dimension_values",
        "inorganic_orders_per_promotion_per_day",
        "daily_organic_orders",
        "daily_inorganic_ratio",
        "daily_promotion_revenue",
        "daily_promotion_discount",
        "daily_deliveries",
    }
)
PREFIX = ("report_date", "report_dimension", "report_value")


def compute(
    names: Iterable[str], days: Sequence[date], settings: Settings, lake: Lake
) -> Iterator[tuple[str, pl.DataFrame | Exception]]:
    """Each report for all of the days, for ``main`` and every value of every dimension, or why it failed.

    Facts that are missing or out of date are made first. A report that fails does not keep the others from being
    computed.

    Yields:
        Name and frame: ``report_date``, ``report_dimension``, ``report_value`` (null for ``main`` and for the null
        value) and the columns of the catalogue, sorted by all keys, ``main`` first.
    """
    for name, pieces in compute_pieces(names, days, settings, lake):
        yield name, _whole(pieces)


def _whole(pieces: Iterable[tuple[Sequence[date], pl.DataFrame]]) -> pl.DataFrame | Exception:
    try:
        return pl.concat([frame for _, frame in pieces])
    except Exception as error:  # noqa: BLE001 handed to the caller, who must know them all
        return error


def compute_pieces(
    names: Iterable[str], days: Sequence[date], settings: Settings, lake: Lake
) -> Iterator[tuple[str, Iterator[tuple[list[date], pl.DataFrame]]]]:
    """The same for callers that need not hold all days of a large report in memory.

    Yields:
        Name, and frames of some of the days after the others, each with its days. They are computed as they are asked
        for, before the next report; where the report fails, its error is raised then.
    """
    asked = sorted(set(days))
    if not asked:
        return
    chosen = list(dict.fromkeys(names))
    failed = _prepare(chosen, asked, settings, lake)
    tables = Tables(asked, settings, lake)
    for name in chosen:
        yield name, _pieces(name, asked, tables, settings, lake, failed.get(name))


def _pieces(
    name: str, days: Sequence[date], tables: Tables, settings: Settings, lake: Lake, failed: Exception | None
) -> Iterator[tuple[list[date], pl.DataFrame]]:
    if failed is not None:
        raise failed
    for piece in lake.retry(lambda: sizes.pieces(name, days, tables)):
        yield piece, lake.retry(partial(_report, report_spec(name), piece, tables, settings))


def _prepare(names: Sequence[str], days: Sequence[date], settings: Settings, lake: Lake) -> dict[str, Exception]:
    """Make the facts of all reports together; where that fails, report by report, so that only some of them fail."""
    loaded = cache(lambda: lake.days("sessions"))
    failed = {name: error for name in names if (error := _refusal(name, days, settings, loaded)) is not None}
    good = [name for name in names if name not in failed]
    try:
        _ensure(good, days, settings, lake)
    except Exception as error:  # noqa: BLE001 each report tells its own failure
        if len(good) == 1:
            return {**failed, good[0]: error}
        return failed | {name: own for each in good for name, own in _prepare([each], days, settings, lake).items()}
    return failed


def _ensure(names: Sequence[str], days: Sequence[date], settings: Settings, lake: Lake) -> None:
    facts = {fact for name in names for fact in connected_facts(report_spec(name), settings) if fact in FACTS}
    start = settings.business.start_date
    ensure(facts, list(days_between(start, days[-1])), settings, lake)


def _refusal(name: str, days: Sequence[date], settings: Settings, loaded: Callable[[], list[date]]) -> Exception | None:
    """Why a report cannot be computed for these days, before any work is done."""
    try:
        _check(name, days, settings, loaded)
    except Exception as error:  # noqa: BLE001 handed to the caller, who must know them all
        return error
    return None


def _check(name: str, days: Sequence[date], settings: Settings, loaded: Callable[[], list[date]]) -> None:
    missing = missing_inputs(report_spec(name), settings)
    if missing:
        raise ReportError(f"The report {name} needs {to_connect(missing)}. Connect it in the settings.")
    start = settings.business.start_date
    if days[0] < start:
        raise ReportError(
            f"The report {name} does not exist for {days[0]}: business.start_date is {start}. Ask for a later day."
        )
    check_history(days_between(start, days[-1]), loaded(), f"report {name}")


def _report(spec: ReportSpec, days: Sequence[date], tables: Tables, settings: Settings) -> pl.DataFrame:
    """One report for these days."""
    length = settings.reports.cohort_days if spec.window == "cohorts" else settings.reports.history_days
    if spec.name in UNCHANGING and len(days) > 1:
        return _unchanging(spec, days, tables, length)
    frames = [_finished(spec, day, BINDINGS[spec.name](_cut(tables, day, days, length)), tables.slices) for day in days]
    return _together(frames, in_pieces=len(days) == 1 or spec.name in sizes.LARGE)


def _together(frames: Sequence[pl.LazyFrame], *, in_pieces: bool = False) -> pl.DataFrame:
    """All days below each other. Many small tables are made beside each other, large ones in pieces."""
    return pl.concat(pl.collect_all(frames, engine="streaming" if in_pieces else "in-memory"))


def _cut(tables: Tables, day: date, days: Sequence[date], length: int) -> Cut:
    return Cut(tables, Calendar(tables.shape.start_date, day, length, tables.shape.time_zone), tuple(days))


def _unchanging(spec: ReportSpec, days: Sequence[date], tables: Tables, length: int) -> pl.DataFrame:
    """A table by day whose rows are the same in every report: made for the last day, then cut to the others."""
    last = days[-1]
    rows = BINDINGS[spec.name](_cut(tables, last, days, length + (last - days[0]).days))
    since = pl.lit(tables.slices["day"]).gather(pl.col("slice"))
    whole = _finished(spec, last, rows.with_columns(since=since), tables.slices, "since").collect(engine="streaming")
    period = "cohort" if spec.window == "cohorts" else "date"

    def cut(day: date) -> pl.LazyFrame:
        inside = pl.col(period).is_between(day - timedelta(days=length - 1), day) & (pl.col("since") <= day)
        found = whole.lazy().filter(inside).drop("since").with_columns(pl.lit(day).alias(PREFIX[0]))
        return _before(spec, day, found) if spec.window == "cohorts" else found

    return _together([cut(day) for day in days])


def _before(spec: ReportSpec, day: date, cohorts: pl.LazyFrame) -> pl.LazyFrame:
    """Cohorts by day with nothing in the cells that have not come by the end of ``day``."""
    cells = [pl.col(name) for name in spec.column_names if name not in ("cohort", "offset", "cohort_size")]
    has_come = pl.col("offset") <= (pl.lit(day) - pl.col("cohort")).dt.total_days()
    return cohorts.with_columns(pl.when(has_come).then(cell) for cell in cells)


def _finished(spec: ReportSpec, day: date, rows: pl.LazyFrame, slices: pl.DataFrame, *others: str) -> pl.LazyFrame:
    """Names in the place of numbers, the catalogue's columns, sorted.

    Args:
        slices: by slice number, without a gap: names and ``rank``.
        others: columns to keep besides those of the catalogue.
    """
    # Texts may come as enumerations, which sort as fast as numbers; outside they are texts.
    texts = {column.name for column in spec.columns if column.kind is Kind.TEXT}
    own = [pl.col(name).cast(pl.String) if name in texts else pl.col(name) for name in (*spec.column_names, *others)]
    report_date = pl.lit(day).alias(PREFIX[0])
    if not spec.by_dimension:
        prefix = [pl.lit("main").alias(PREFIX[1]), pl.lit(None, pl.String).alias(PREFIX[2])]
        return rows.sort(spec.key, nulls_last=False).select(report_date, *prefix, *own)
    # Picking by position is cheaper than a join, and keeps the order.
    rank, *names = (pl.lit(slices[name]).gather(pl.col("slice")) for name in ("rank", "dimension", "value"))
    ordered = rows.with_columns(slice_rank=rank).sort("slice_rank", *spec.key, nulls_last=False)
    return ordered.select(report_date, *(n.alias(p) for n, p in zip(names, PREFIX[1:], strict=True)), *own)

"""Where a computed report goes: the document store, or the lake for tables with a row per customer or per sale."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

import polars as pl

from ca_platform.catalogue import Kind, ReportSpec
from ca_platform.defs.resources import Platform
from ca_platform.store.reportframe import DAY, DIMENSION, PREFIX, VALUE, documents_in

PREVIEW_ROWS = 5


@dataclass(frozen=True, slots=True)
class DayRows:
    """What was written of one report for one day.

    Attributes:
        main: rows of the table for everything.
        dimension_rows: rows of the tables of all dimension values together.
        dimension_values: number of those tables.
        note: what a reader of the number should know.
        preview: a few rows of the table for everything, of the newest day alone.
    """

    day: date
    main: int
    dimension_rows: int = 0
    dimension_values: int = 0
    note: str = ""
    preview: pl.DataFrame | None = None


def publish(
    spec: ReportSpec, days: Sequence[date], frame: pl.DataFrame, platform: Platform, last: date | None = None
) -> list[DayRows]:
    """Make ``frame`` the content of the report on these days.

    Args:
        last: where they are a piece of a range, its last day.
    """
    last = last or days[-1]
    *earlier, newest = _written(spec, days, frame, platform, last)
    if newest.day != last:
        return [*earlier, newest]
    return [*earlier, replace(newest, preview=_preview(spec, frame, newest.day))]


def _written(
    spec: ReportSpec, days: Sequence[date], frame: pl.DataFrame, platform: Platform, last: date
) -> list[DayRows]:
    if spec.parts == "day":
        return _rows_to_lake(spec, days, frame, platform)
    if spec.storage == "lake":
        return _to_lake(spec, days, frame, platform, last)
    platform.store.replace(spec.name, days, frame, spec)
    return rows_by_day(days, frame)


def _preview(spec: ReportSpec, frame: pl.DataFrame, day: date) -> pl.DataFrame | None:
    """The first rows, or of a table by period the last ones. None of tables that name customers: runs are no place
    for them.
    """
    if "client" in spec.column_names:
        return None
    main = frame.filter((pl.col(DAY) == day) & (pl.col(DIMENSION) == "main")).select(spec.column_names)
    first = next(column for column in spec.columns if column.name == spec.key[0])
    return main.tail(PREVIEW_ROWS) if first.kind is Kind.DATE else main.head(PREVIEW_ROWS)


def rows_by_day(days: Sequence[date], frame: pl.DataFrame) -> list[DayRows]:
    """Row counts of a report's frame, days without rows included."""
    is_main = pl.col(DIMENSION) == "main"
    rows = pl.col("length")
    # A report's rows come document by document: their runs are few, and looking at each row would take long.
    counted = (
        documents_in(frame.select(PREFIX))
        .group_by(DAY)
        .agg(main=rows.filter(is_main).sum(), rest=rows.filter(~is_main).sum(), values=(~is_main).sum())
    )
    found = {row[0]: row[1:] for row in counted.iter_rows()}
    return [DayRows(day, *found.get(day, (0, 0, 0))) for day in days]


def _to_lake(
    spec: ReportSpec, days: Sequence[date], frame: pl.DataFrame, platform: Platform, last: date
) -> list[DayRows]:
    """One part per day that is kept, in one write. Showing the newest day is ``documents``' business."""
    lake = platform.lake
    known = lake.days(spec.name)
    newest = max([last, *known])
    keep = platform.settings.reports.keep_daily
    kept = [day for day in days if is_kept(day, newest, keep)]
    main = frame.filter(pl.col(DIMENSION) == "main").drop(DIMENSION, VALUE).rename({DAY: "day"})
    tables = {day: main.filter(pl.col("day") == day).select("day", *spec.column_names) for day in days}
    with lake.write() as write:
        for day in kept:
            write.put(spec.name, day, tables[day])
        write.drop(spec.name, [day for day in known if day not in kept and not is_kept(day, newest, keep)])
    note = f"of the last {keep} days and of month ends only: not kept"
    return [DayRows(day, tables[day].height, note="" if day in kept else note) for day in days]


def _rows_to_lake(spec: ReportSpec, days: Sequence[date], frame: pl.DataFrame, platform: Platform) -> list[DayRows]:
    """One part per day, with the rows of that day for everything and for every dimension value. All are kept."""
    with platform.lake.write() as write:
        for day in days:
            write.put(spec.name, day, frame.filter(pl.col(DAY) == day).rename({DAY: "day"}))
    return rows_by_day(days, frame)


def is_kept(day: date, newest: date, keep_daily: int) -> bool:
    """Whether the per-customer tables of ``day`` are kept: the last days all, before them the month ends."""
    is_month_end = (day + timedelta(days=1)).day == 1
    return is_month_end or (newest - day).days < keep_daily

"""One batch of source rows, read and judged: good rows in the lake's types, bad ones with their reason.

Belongs here: what all sources share. The rules of one source are in ``rules``; what happens to the rows afterwards is
in the loaders.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import polars as pl

from ca_platform.calendar import local_day
from ca_platform.errors import SourceError
from ca_platform.ingest.fields import Field, Kind
from ca_platform.ingest.plan import Plan, Window
from ca_platform.ingest.quarantine import bad_rows, ragged_rows
from ca_platform.ingest.reasons import UNREADABLE
from ca_platform.ingest.table import Table
from ca_platform.ingest.values import (
    ActionKind,
    Column,
    Reading,
    read_action,
    read_degrees,
    read_flag,
    read_money,
    read_text,
    read_time,
)
from ca_platform.ingest.written import bare_numbers
from ca_platform.sources.base import FILE, Batch


@dataclass(frozen=True)
class Unread:
    """Rows of one column that could not be read, and the first of them."""

    rows: int
    reason: str
    value: str
    place: str


@dataclass(frozen=True)
class Checked:
    """What became of a batch.

    Attributes:
        good: rows to load, typed, in source order, with ``day``.
        raw: the batch as it was read; ``kept`` are the positions of the good rows in it.
        bad: rows for the quarantine.
        early: days of the rows before the first day.
        adjusted: which of the good rows have a local time that was doubled or skipped.
    """

    good: pl.DataFrame
    raw: pl.DataFrame
    kept: pl.Series
    bad: pl.DataFrame
    early: pl.Series
    open_rows: int
    adjusted: pl.Series
    scanned: int
    unread: Mapping[str, Unread]
    actions: Mapping[str, ActionKind]


def check(batch: Batch, plan: Plan) -> Checked:
    """Read and judge one batch."""
    raw, height = batch.frame, batch.frame.height
    read = {item.target: _read(item, raw, plan.reading) for item in plan.fields}
    given = frozenset(item.target for item in plan.fields if item.is_given)
    table = Table({name: column.values for name, column in read.items()}, given, height)
    for item in plan.fields:
        for reason, rows in read[item.target].problems.items():
            table.mark(item.target, reason, rows)
    unread = _unread(table, raw, plan)
    plan.rules(table)
    day = _day(table, plan)
    bad = table.bad()
    is_bad = _mask(bad["index"], height)
    inside, early = _split(day, plan, height)
    is_open = _open(table, plan, is_bad)
    kept_mask = inside & ~is_bad & ~is_open if (bad.height or is_open.any()) else inside
    kept = kept_mask.arg_true()
    table.columns["day"] = day
    good = pl.DataFrame([table.columns[name].alias(name) for name in plan.output])
    shown = _shown(bad, day, early, plan.window)
    ragged = ragged_rows(batch.ragged, plan.files)
    adjusted = [column.adjusted for column in read.values() if column.adjusted is not None]
    return Checked(
        good=good if len(kept) == height else good[kept],
        raw=raw,
        kept=kept,
        bad=pl.concat([bad_rows(raw, shown, plan.fields, plan.files), ragged]),
        early=day.filter(early),
        open_rows=int(is_open.sum()),
        adjusted=_any(adjusted, height)[kept],
        scanned=height + ragged.height,
        unread=unread,
        actions={name: column.action for name, column in read.items() if column.action is not None},
    )


def _read(item: Field, raw: pl.DataFrame, reading: Reading) -> Column:
    if item.column is None:
        constant = pl.Series([item.constant], dtype=None if item.constant is not None else pl.Null)
        one = _read_values(constant.alias(item.target), item, reading)
        if one.problems:
            raise SourceError(
                f"The constant {item.constant!r} of {item.target} cannot be read ({next(iter(one.problems)).value}). "
                "Correct it in `constants`."
            )
        return Column(one.values.new_from_index(0, raw.height), {}, None, one.action)
    return _read_values(raw[item.column], item, reading if item.is_text else reading.of_numbers())


def _read_values(values: pl.Series, item: Field, reading: Reading) -> Column:
    if isinstance(values.dtype, (pl.Categorical, pl.Enum)):
        values = values.cast(pl.String)
    if item.kind is Kind.TEXT:
        return read_text(values)
    if item.kind is Kind.MONEY:
        return read_money(bare_numbers(values, reading.thousands, reading.currency_mark), reading.decimal)
    if item.kind is Kind.FLAG:
        return read_flag(values)
    if item.kind is Kind.DEGREES:
        return read_degrees(values, reading.decimal)
    return read_action(values, reading) if item.kind is Kind.ACTION else read_time(values, reading)


def _unread(table: Table, raw: pl.DataFrame, plan: Plan) -> dict[str, Unread]:
    columns = {item.target: item.column for item in plan.fields}
    found: dict[str, Unread] = {}
    for target, reason, rows in table.marks:
        column = columns[target]
        if reason not in UNREADABLE or column is None:
            continue
        index = int(rows.arg_true()[0])
        before = found.get(column)
        if before is None:
            file, word = raw[FILE][index], "line" if plan.is_text else "row"
            place = (
                f"{plan.files[file]}, {word} {raw['__row'][index]}"
                if file is not None
                else f"row {raw['__row'][index]}"
            )
            found[column] = Unread(int(rows.sum()), reason.value, str(raw[column][index]), place)
        else:
            found[column] = Unread(before.rows + int(rows.sum()), before.reason, before.value, before.place)
    return found


def _day(table: Table, plan: Plan) -> pl.Series:
    if plan.day is None or plan.day not in table.given:
        return table.repeat(None, pl.Date())
    instants = table[plan.day]
    return instants.to_frame("at").select(local_day(pl.col("at"), plan.reading.time_zone).alias("day")).to_series()


def _split(day: pl.Series, plan: Plan, height: int) -> tuple[pl.Series, pl.Series]:
    nothing = pl.Series([False]).new_from_index(0, height)
    if plan.window.days is None:
        early = (day < plan.window.start_date).fill_null(value=False)
        return (~early, early) if early.any() else (~nothing, nothing)
    inside, early = plan.window.split(day)
    # Rows whose day is not known stay in sight: bad ones are counted without a day, lines look for their order.
    return (inside | day.is_null(), early) if day.null_count() else (inside, early)


def _open(table: Table, plan: Plan, is_bad: pl.Series) -> pl.Series:
    if not plan.open_without_day or plan.day is None:
        return pl.Series([False]).new_from_index(0, table.height)
    return table[plan.day].is_null() & ~is_bad


def _shown(bad: pl.DataFrame, day: pl.Series, early: pl.Series, window: Window) -> pl.DataFrame:
    """Bad rows of this load, with their day. What lies before the first day is out of range, bad or not."""
    if bad.is_empty():
        return bad.with_columns(day=pl.lit(None, pl.Date))
    rows = bad["index"]
    shown = bad.with_columns(day=day[rows], early=early[rows])
    if window.days is not None:
        shown = shown.filter(~pl.col("early") & (pl.col("day").is_null() | pl.col("day").is_in(sorted(window.days))))
    return shown.drop("early")


def _mask(index: pl.Series, height: int) -> pl.Series:
    nothing = pl.Series([False]).new_from_index(0, height)
    return nothing.scatter(index, True) if len(index) else nothing


def _any(masks: Sequence[pl.Series], height: int) -> pl.Series:
    total = pl.Series([False]).new_from_index(0, height)
    for mask in masks:
        total |= mask
    return total

"""Texts, money, flags and coordinates of any source type as the lake's types.

Every reader takes a whole column: one cast does nearly all rows, and only what it could not read is looked at again.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

import polars as pl

from ca_platform.errors import SourceError
from ca_platform.ingest.instants import read_instants
from ca_platform.ingest.reasons import Reason
from ca_platform.money import MONEY

_LARGEST = 1e14
_TRUE, _FALSE = ["true", "1", "yes", "t", "y"], ["false", "0", "no", "f", "n"]
_NOT_FINITE = r"(?i)^[+-]?(?:inf(?:inity)?|nan)$"

ActionKind = Literal["flag", "time"]


@dataclass(frozen=True)
class Column:
    """One column as it was read: see ``Instants``.

    Attributes:
        action: of an action whether the values are flags or times; None: there is no value.
    """

    values: pl.Series
    problems: dict[Reason, pl.Series] = field(default_factory=dict)
    adjusted: pl.Series | None = None
    action: ActionKind | None = None


@dataclass(frozen=True)
class Reading:
    """How values are written in a source."""

    time_zone: str = "UTC"
    decimal: str = "."
    date_format: str | None = None
    thousands: str | None = None
    currency_mark: str | None = None

    def of_numbers(self) -> Reading:
        """How the values of a column that has numbers are written, whatever its source writes in texts."""
        return Reading(self.time_zone, date_format=self.date_format)


def read_text(raw: pl.Series) -> Column:
    """Ids and names. Numbers become text as a person writes them: 13085, not 13085.0. Empty text is null."""
    if raw.dtype == pl.String():
        empty = raw == ""
        return Column(raw.set(empty, None) if empty.any() else raw)
    if raw.dtype.is_float():
        # 2^53: larger floats are no whole numbers any more, whatever they look like.
        whole = pl.col("x").is_finite() & (pl.col("x").abs() < 2**53) & (pl.col("x").floor() == pl.col("x"))
        number = pl.when(whole).then(pl.col("x")).cast(pl.Int64).cast(pl.String)
        text = pl.when(whole).then(number).when(pl.col("x").is_nan()).then(None).otherwise(pl.col("x").cast(pl.String))
        return Column(raw.alias("x").to_frame().select(text.alias(raw.name)).to_series())
    if raw.dtype.is_decimal():
        return Column(raw.cast(pl.String).str.replace(r"\.0*$", "").str.replace(r"(\.\d*?)0+$", "$1"))
    if raw.dtype.is_nested() or raw.dtype == pl.Binary():
        raise SourceError(
            f"The column {raw.name!r} is of type {raw.dtype}, which is no text. Make text of it by `query`."
        )
    return Column(raw.cast(pl.String))


def read_money(raw: pl.Series, decimal: str = ".") -> Column:
    """Exact numbers with four digits after the point."""
    if raw.dtype == pl.String():
        return _money_of_text(raw, decimal)
    if raw.dtype.is_float():
        infinite = (~raw.is_finite()).fill_null(value=False)
        large = (raw.is_finite() & (raw.abs() >= _LARGEST)).fill_null(value=False)
        return Column(
            _keep(raw, ~(infinite | large)).cast(MONEY),
            _named({Reason.NOT_FINITE: infinite, Reason.UNREADABLE_NUMBER: large}),
        )
    if raw.dtype.is_integer() or raw.dtype.is_decimal():
        values = raw.cast(MONEY, strict=False)
        return Column(values, _named({Reason.UNREADABLE_NUMBER: raw.is_not_null() & values.is_null()}))
    return _unreadable(raw, MONEY, Reason.UNREADABLE_NUMBER)


def read_degrees(raw: pl.Series, decimal: str = ".") -> Column:
    """Coordinates."""
    text = _pointed(raw, decimal).str.strip_chars() if raw.dtype == pl.String() else raw
    if not (raw.dtype == pl.String() or raw.dtype.is_numeric() or raw.dtype == pl.Null()):
        return _unreadable(raw, pl.Float64(), Reason.UNREADABLE_NUMBER)
    if raw.dtype == pl.String():
        text = text.set(text == "", None)
    values = text.cast(pl.Float64, strict=False)
    infinite = (~values.is_finite()).fill_null(value=False)
    bad = {Reason.NOT_FINITE: infinite, Reason.UNREADABLE_NUMBER: text.is_not_null() & values.is_null()}
    return Column(_keep(values, ~infinite), _named(bad))


def read_flag(raw: pl.Series) -> Column:
    """true/false, 1/0, yes/no, t/f, y/n in any letter case; empty is null."""
    if raw.dtype in (pl.Boolean(), pl.Null()):
        return Column(raw.cast(pl.Boolean))
    if raw.dtype == pl.String():
        values = raw == "true"
        if (values | (raw == "false")).all():
            return Column(values)
        text = raw.str.strip_chars().str.to_lowercase()
        text = text.set(text == "", None)
    elif raw.dtype.is_numeric():
        text = read_text(raw).values
    else:
        return _unreadable(raw, pl.Boolean(), Reason.UNREADABLE_FLAG)
    is_true = text.is_in(_TRUE)
    unread = text.is_not_null() & ~is_true & ~text.is_in(_FALSE)
    return Column(_keep(is_true, ~unread), _named({Reason.UNREADABLE_FLAG: unread.fill_null(value=False)}))


def read_action(raw: pl.Series, reading: Reading) -> Column:
    """A flag, or the time at which the action happened: whichever the values of the column are.

    Raises:
        SourceError: some values are flags and others are times.
    """
    if raw.dtype == pl.Boolean() or raw.null_count() == len(raw):
        return Column(raw.cast(pl.Boolean), action="flag" if raw.dtype == pl.Boolean() else None)
    if isinstance(raw.dtype, (pl.Datetime, pl.Date)):
        return _as_action(read_time(raw, reading))
    first = raw.drop_nulls()[:1]
    if read_flag(first).problems:
        times = read_time(raw, reading)
        return _as_action(times) if not times.problems else _mixed(raw, read_flag(raw), times)
    flags = read_flag(raw)
    if not flags.problems:
        has_value = flags.values.null_count() < len(raw)
        return Column(flags.values, action="flag" if has_value else None)
    return _mixed(raw, flags, read_time(raw, reading))


def read_time(raw: pl.Series, reading: Reading) -> Column:
    """An instant."""
    read = read_instants(raw, reading.time_zone, reading.date_format)
    return Column(read.values, read.problems, read.adjusted)


def _as_action(times: Column) -> Column:
    has_value = bool(times.problems) or times.values.null_count() < len(times.values)
    return Column(times.values, times.problems, times.adjusted, "time" if has_value else None)


def _mixed(raw: pl.Series, flags: Column, times: Column) -> Column:
    """A column that neither reading understands wholly: one kind with bad rows, or a mixture, which is an error."""
    is_flag = flags.values.is_not_null()
    # 0 and 1 are times, too, but nobody means the first second of 1970.
    is_time = times.values.is_not_null() & ~is_flag
    are_flags = is_flag.any()
    if are_flags and is_time.any():
        flag, time = raw.filter(is_flag)[0], raw.filter(is_time)[0]
        raise SourceError(
            f"The action {raw.name!r} mixes flags ({flag!r}) and times ({time!r}). Make it one of the two by `query`."
        )
    if are_flags:
        return Column(flags.values, flags.problems, None, "flag")
    return _as_action(times)


def _money_of_text(raw: pl.Series, decimal: str) -> Column:
    text = _pointed(raw, decimal)
    values = text.cast(MONEY, strict=False)
    if values.null_count() == raw.null_count():
        return Column(values)
    left = text.is_not_null() & values.is_null()
    # Accountants write negative amounts in brackets.
    rest = text.filter(left).str.strip_chars().str.replace(r"^\((\d.*)\)$", "-$1")
    again = rest.cast(MONEY, strict=False)
    infinite = rest.str.contains(_NOT_FINITE)
    unread = again.is_null() & (rest != "") & ~infinite
    rows = left.arg_true()
    problems = {
        reason: pl.Series([False]).new_from_index(0, len(raw)).scatter(rows, mask)
        for reason, mask in ((Reason.NOT_FINITE, infinite), (Reason.UNREADABLE_NUMBER, unread))
        if mask.any()
    }
    # What is null in ``raw`` stays null; a value that _pointed took away is unreadable, too.
    lost = raw.is_not_null() & text.is_null()
    if lost.any():
        before = problems.get(Reason.UNREADABLE_NUMBER)
        problems[Reason.UNREADABLE_NUMBER] = lost if before is None else before | lost
    return Column(values.scatter(rows, again), problems)


def _pointed(raw: pl.Series, decimal: str) -> pl.Series:
    """Numbers with a decimal point. With a decimal comma a value that has a point is no number: it may be either."""
    if decimal == ".":
        return raw
    return _keep(raw, ~raw.str.contains(".", literal=True).fill_null(value=False)).str.replace(
        decimal, ".", literal=True
    )


def _keep(values: pl.Series, rows: pl.Series) -> pl.Series:
    return values if rows.all() else pl.select(pl.when(rows).then(values)).to_series().alias(values.name)


def _named(problems: dict[Reason, pl.Series]) -> dict[Reason, pl.Series]:
    return {reason: rows for reason, rows in problems.items() if rows.any()}


def _unreadable(raw: pl.Series, dtype: pl.DataType, reason: Reason) -> Column:
    if raw.dtype == pl.Null():
        return Column(raw.cast(dtype))
    nothing = pl.Series(raw.name, [None], dtype=dtype).new_from_index(0, len(raw))
    return Column(nothing, _named({reason: raw.is_not_null()}))

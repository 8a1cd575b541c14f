"""Dates in any accepted form as instants in UTC.

Accepted (spec, inputs): ISO 8601 with or without offset, date only, real dates and timestamps, epoch seconds,
milliseconds or microseconds, days as whole numbers such as 20240326, and the form that ``date_format`` names. A value without offset is local time: on a doubled hour the
first of the two, in a skipped hour moved forward by the gap; both are counted as adjusted.

Text is read column by column: the common form of nearly all rows by slices, whatever is left by one regular
expression. Slices are eight times faster than a format with an offset.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.errors import ConfigurationError
from ca_platform.ingest.epochs import days_of, epochs
from ca_platform.ingest.reasons import Reason

_NAIVE = pl.Datetime("us")
_EARLIEST, _LATEST = (
    int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000 for day in ("1900-01-01", "2200-01-01")
)
_HEAD = 19
_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?$")
_ISO = (
    r"^\s*(\d{4})-?(\d{1,2})-?(\d{1,2})(?:[T ](\d{1,2}):(\d{2})(?::(\d{2})(?:[.,](\d{1,9}))?)?)?"
    r"\s*(Z|z|UTC|[+-]\d{2}(?::?\d{2})?)?\s*$"
)
_NUMBER = r"^\s*[+-]?\d{9,14}(?:\.\d+)?\s*$"
_NOTHING = r"^\s*(?:0000-00-00(?:[T ]00:00:00(?:\.0+)?)?)?\s*$"
"""An empty text, or how MySQL writes that there is no date."""
_BASIC_DAY = r"^\s*\d{8}\s*$"


@dataclass(frozen=True)
class Instants:
    """Values of one column.

    Attributes:
        values: null where the source is empty or the value is bad.
        problems: rows by reason, as Boolean columns.
        adjusted: rows whose local time was doubled or skipped; None: no such row.
    """

    values: pl.Series
    problems: dict[Reason, pl.Series]
    adjusted: pl.Series | None = None


def read_instants(raw: pl.Series, time_zone: str, date_format: str | None = None) -> Instants:
    """The column as instants; what cannot be read is named in ``problems``."""
    if raw.dtype == pl.String():
        return _from_text(raw, time_zone, date_format)
    if raw.dtype == pl.Null():
        return Instants(raw.cast(INSTANT), {})
    if isinstance(raw.dtype, pl.Datetime):
        micro = raw.dt.cast_time_unit("us")
        if raw.dtype.time_zone is not None:
            return _checked(micro.dt.convert_time_zone("UTC"), None, None, raw, time_zone)
        return _checked(None, micro, None, raw, time_zone)
    if raw.dtype == pl.Date():
        return _checked(None, raw.cast(_NAIVE), None, raw, time_zone)
    if raw.dtype.is_numeric():
        days = days_of(raw)
        numbers = raw if days is None else raw.set(days.is_not_null(), None)
        values = epochs(numbers if numbers.dtype.is_integer() else numbers.cast(pl.Float64, strict=False))
        unread = raw.is_not_null() & values.is_null()
        return _checked(values, days, unread if days is None else unread & days.is_null(), raw, time_zone)
    return Instants(pl.Series(raw.name, [None] * len(raw), dtype=INSTANT), {Reason.UNREADABLE_DATE: raw.is_not_null()})


def _checked(
    instants: pl.Series | None,
    naive: pl.Series | None,
    unreadable: pl.Series | None,
    raw: pl.Series,
    time_zone: str,
) -> Instants:
    """Instants and local times put together, with the rows out of bounds taken out."""
    problems: dict[Reason, pl.Series] = {}
    if unreadable is not None and unreadable.any():
        problems[Reason.UNREADABLE_DATE] = unreadable
    outside: pl.Series | None = None
    adjusted: pl.Series | None = None
    if naive is not None:
        naive, outside = _within(naive)
        local, adjusted = localize(naive, time_zone)
        instants = local if instants is None else instants.zip_with(instants.is_not_null(), local)
    assert instants is not None  # noqa: S101 - one of the two is always given
    instants, also = _within(instants)
    outside = also if outside is None else outside if also is None else outside | also
    if outside is not None:
        problems[Reason.DATE_OUT_OF_BOUNDS] = outside
    return Instants(instants.alias(raw.name), problems, adjusted)


def _within(values: pl.Series) -> tuple[pl.Series, pl.Series | None]:
    """The values with those out of bounds taken out, and which these are; None: there is none."""
    # As whole numbers: Python has no dates for what a wrong number may stand for.
    micro = values.to_physical()
    low, high = micro.min(), micro.max()
    if not isinstance(low, int) or not isinstance(high, int) or (low >= _EARLIEST and high < _LATEST):
        return values, None
    outside = ((micro < _EARLIEST) | (micro >= _LATEST)).fill_null(value=False)
    return pl.select(pl.when(~outside).then(values)).to_series().alias(values.name), outside


def localize(naive: pl.Series, time_zone: str) -> tuple[pl.Series, pl.Series | None]:
    """Local times as instants, and which of them were adjusted (doubled or skipped hours)."""
    if naive.null_count() == len(naive):
        return naive.dt.replace_time_zone("UTC"), None
    if time_zone == "UTC":
        return naive.dt.replace_time_zone("UTC"), None
    zoned = naive.dt.replace_time_zone(time_zone, ambiguous="null", non_existent="null").dt.convert_time_zone("UTC")
    if zoned.null_count() == naive.null_count():
        return zoned, None
    odd = naive.is_not_null() & zoned.is_null()
    # A skipped time read with fold 0 has the offset before the gap, which moves it forward by the gap; a doubled one
    # read with fold 0 is the first of the two.
    zone = ZoneInfo(time_zone)
    known = naive.filter(odd).unique()
    moved = [value.replace(tzinfo=zone, fold=0).astimezone(UTC) for value in known]
    mended = naive.replace_strict(known, pl.Series(moved, dtype=INSTANT), default=None, return_dtype=INSTANT)
    return zoned.zip_with(~odd, mended), odd


# ---- text --------------------------------------------------------------------------------------------------------


def _from_text(raw: pl.Series, time_zone: str, date_format: str | None) -> Instants:
    if raw.null_count() == len(raw):
        return Instants(pl.Series(raw.name, [None] * len(raw), dtype=INSTANT), {})
    instants, naive = _by_format(raw, date_format) if date_format else _by_slices(raw)
    done = _either(instants, naive)
    left = raw.is_not_null() & ~done
    if not left.any():
        return _checked(instants, naive, None, raw, time_zone)
    found, local, is_empty = _by_expression(raw.filter(left))
    instants, naive = _scatter(instants, found, left, INSTANT), _scatter(naive, local, left, _NAIVE)
    blank = _scatter(None, is_empty, left, pl.Boolean()).fill_null(value=False)
    return _checked(instants, naive, left & ~blank & ~_either(instants, naive), raw, time_zone)


def _either(instants: pl.Series | None, naive: pl.Series | None) -> pl.Series:
    if instants is None:
        assert naive is not None  # noqa: S101
        return naive.is_not_null()
    return instants.is_not_null() if naive is None else instants.is_not_null() | naive.is_not_null()


def _scatter(into: pl.Series | None, values: pl.Series, rows: pl.Series, dtype: pl.DataType) -> pl.Series:
    """``values`` at the marked rows of ``into``."""
    base = into if into is not None else pl.Series([None], dtype=dtype).new_from_index(0, len(rows))
    return base.scatter(rows.arg_true(), values.cast(dtype))


def _by_format(raw: pl.Series, date_format: str) -> tuple[pl.Series | None, pl.Series | None]:
    try:
        parsed = raw.str.to_datetime(date_format, time_unit="us", strict=False, cache=False)
    except pl.exceptions.PolarsError as error:
        cause = str(error).splitlines()[0]
        raise ConfigurationError(
            f"`date_format: {date_format}` cannot be used ({cause}). Write it as %d.%m.%Y %H:%M, for example."
        ) from None
    return (parsed, None) if parsed.dtype == INSTANT else (None, parsed)


def _by_slices(raw: pl.Series) -> tuple[pl.Series | None, pl.Series | None]:
    """Values that look like the first one, up to their offset; the others stay null."""
    sample = raw.drop_nulls()[0]
    mark = sample[10:11]
    if len(sample) < _HEAD or mark not in ("T", " "):
        return None, _head(raw, "%Y-%m-%d", 10) if len(sample) == 10 else _nothing(raw)
    tail = sample[_HEAD:]
    lengths = raw.str.len_bytes()
    is_even = lengths.min() == lengths.max() and (not tail or raw.str.ends_with(tail).all())
    form = f"%Y-%m-%d{mark}%H:%M:%S"
    if is_even and (offset := _offset_micro(tail)) is not None:
        return _shift(_head(raw, form, _HEAD), offset).dt.replace_time_zone("UTC"), None
    if is_even and not tail:
        return None, _head(raw, form, _HEAD)
    return _by_offsets(raw, form)


def _by_offsets(raw: pl.Series, form: str) -> tuple[pl.Series | None, pl.Series | None]:
    """Rows with one of a few offsets, as around a daylight-saving change, and rows without."""
    tails = raw.str.slice(_HEAD)
    known = tails.drop_nulls().unique()
    if len(known) > 50:
        return None, _nothing(raw)
    offsets = [0 if tail == "" else _offset_micro(tail) for tail in known]
    micro = tails.replace_strict(known, pl.Series(offsets, dtype=pl.Int64), return_dtype=pl.Int64)
    head = _head(raw, form, _HEAD)
    shifted = (head.cast(pl.Int64) - micro).cast(_NAIVE)
    without = tails == ""
    local = pl.select(pl.when(without).then(head)).to_series()
    zoned = pl.select(pl.when(~without).then(shifted)).to_series().dt.replace_time_zone("UTC")
    return zoned, local


def _head(raw: pl.Series, form: str, length: int) -> pl.Series:
    """The first characters as local time; null where they do not fit, or where more follows a bare date."""
    head = raw.str.slice(0, length) if length == _HEAD else raw
    return head.str.to_datetime(form, time_unit="us", strict=False, cache=False)


def _shift(naive: pl.Series, offset: int) -> pl.Series:
    return naive if offset == 0 else (naive.cast(pl.Int64) - offset).cast(_NAIVE)


def _nothing(raw: pl.Series) -> pl.Series:
    return pl.Series(raw.name, [None], dtype=_NAIVE).new_from_index(0, len(raw))


def _offset_micro(text: str) -> int | None:
    """Offset from UTC in microseconds; None when ``text`` is no offset."""
    if text in ("Z", "z"):
        return 0
    match = _OFFSET.fullmatch(text)
    if match is None or int(match[2]) > 15 or int(match[3] or 0) > 59:
        return None
    seconds = int(match[2]) * 3600 + int(match[3] or 0) * 60
    return (-seconds if match[1] == "-" else seconds) * 1_000_000


def _by_expression(raw: pl.Series) -> tuple[pl.Series, pl.Series, pl.Series]:
    """Instants, local times and blank values of rows in uncommon forms."""
    text = pl.col("text")
    number = pl.when(text.str.contains(_NUMBER)).then(text.str.strip_chars().cast(pl.Float64, strict=False))
    is_plain = text.str.contains("[-T]") | text.str.contains(_BASIC_DAY)
    groups = text.str.extract_groups(_ISO).struct
    year, month, day, hour, minute, second, fraction, offset = (groups[index] for index in range(8))
    clock = pl.concat_str(
        year,
        month.str.zfill(2),
        day.str.zfill(2),
        hour.fill_null("00").str.zfill(2),
        minute.fill_null("00"),
        second.fill_null("00"),
    )
    micro = fraction.fill_null("0").str.pad_end(9, "0").str.head(6).cast(pl.Int64)
    moment = clock.str.to_datetime("%Y%m%d%H%M%S", time_unit="us", strict=False) + pl.duration(microseconds=micro)
    known = raw.str.extract(_ISO, 8).drop_nulls().unique()
    shifts = pl.Series([0 if mark == "UTC" else _offset_micro(mark) for mark in known], dtype=pl.Int64)
    shift = (
        offset.replace_strict(known, shifts, default=None, return_dtype=pl.Int64)
        if len(known)
        else pl.lit(None, pl.Int64)
    )
    frame = (
        raw.alias("text")
        .to_frame()
        .select(
            number=number,
            local=pl.when(is_plain & offset.is_null()).then(moment),
            zoned=pl.when(is_plain & offset.is_not_null()).then(moment - pl.duration(microseconds=shift)),
            blank=text.str.contains(_NOTHING),
        )
    )
    epoch = epochs(frame["number"])
    zoned = frame["zoned"].dt.replace_time_zone("UTC")
    return epoch.zip_with(epoch.is_not_null(), zoned), frame["local"], frame["blank"]

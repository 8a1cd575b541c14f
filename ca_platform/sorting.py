"""Rows in the order of several columns, and what a row's place in its group tells.

Belongs here: sorting by many columns as fast as by one, and expressions over frames that are sorted by their groups,
which are many times faster than windows. What the groups mean is the caller's business.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

_BITS = 63
_ROW = "__row"


def sort_by(frame: pl.DataFrame, columns: Sequence[str]) -> pl.DataFrame:
    """Rows in ascending order of all columns together, nulls first; equal ones in no order.

    Where the columns are whole numbers, days, instants or enumerations, and fit into 63 bits together, they are sorted
    as one whole number: three times faster than column by column. A frame that is in order already comes back as it is.

    >>> frame = pl.DataFrame({"a": [2, 1, None], "b": [5, 6, 7]})
    >>> sort_by(frame, ["a", "b"]).rows()
    [(None, 7), (1, 6), (2, 5)]
    """
    key = packed(frame, columns)
    if key is None:
        return frame.sort(columns)
    numbers = key.to_numpy()
    return frame if (numbers[1:] >= numbers[:-1]).all() else frame.select(pl.all().gather(key.arg_sort()))


def packed(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series | None:
    """One whole number for each row, in the order of these columns together, nulls first.

    Returns:
        None where the columns are no whole numbers, or too large ones.
    """
    if not all(_is_whole(frame.schema[name]) for name in columns):
        return None
    key, bits = pl.lit(0, pl.Int64), 0
    for name in columns:
        numbers = frame[name].to_physical()
        # An empty column has no bounds.
        low, high = int(numbers.min() or 0), int(numbers.max() or 0)  # type: ignore[arg-type]
        first = 1 if numbers.null_count() else 0
        width = (high - low + first).bit_length()
        if bits + width > _BITS:
            return None
        own = pl.col(name).to_physical().cast(pl.Int64) - pl.lit(low, pl.Int64) + first
        key = (key * 2**width if bits else key) + own.fill_null(0)
        bits += width
    return frame.select(key.alias("key")).to_series()


def _is_whole(dtype: pl.DataType) -> bool:
    if isinstance(dtype, (pl.UInt64, pl.Int128, pl.UInt128)):
        return False
    # Days, instants and enumerations are whole numbers inside, in the same order.
    return dtype.is_integer() or isinstance(dtype, (pl.Date, pl.Datetime, pl.Enum))


def grouped(frame: pl.DataFrame, columns: Sequence[str], *sums: pl.Expr, **named: pl.Expr) -> pl.DataFrame:
    """Rows with the same values made one, in ascending order of these columns, nulls first.

    Faster than a group-by of many small groups followed by a sort, and the rows of a group keep their order.

    >>> frame = pl.DataFrame({"item": [7, 5, 7], "category": ["old", "any", "new"]})
    >>> grouped(frame, ["item"], pl.col("category").last()).rows()
    [(5, 'any'), (7, 'new')]
    """
    rows = sort_by(frame.with_row_index(_ROW), [*columns, _ROW]).drop(_ROW)
    number = rows.select(is_first(*columns).cum_sum().alias(_ROW)).to_series().set_sorted()
    groups = rows.with_columns(number).group_by(_ROW, maintain_order=True)
    return groups.agg(pl.col(columns).first(), *sums, **named).drop(_ROW)


def places(frame: pl.DataFrame, columns: Sequence[str]) -> pl.Series:
    """Of each row how many rows above it have the same values.

    >>> places(pl.DataFrame({"item": [7, 5, 7]}), ["item"]).to_list()
    [0, 0, 1]
    """
    ordered = sort_by(frame.select(columns).with_row_index(_ROW), [*columns, _ROW])
    found = ordered.select(_ROW, place_in_group(*columns).alias("place"))
    places = found["place"].to_numpy(writable=True)
    places[found[_ROW].to_numpy()] = found["place"].to_numpy()
    return pl.Series("place", places)


def is_first(*columns: str) -> pl.Expr:
    """Whether a row is the first of those with the same values; the frame is sorted by these columns."""
    return _changes(columns, 1) | (pl.int_range(pl.len()) == 0)


def is_last(*columns: str) -> pl.Expr:
    """Whether a row is the last of those with the same values; the frame is sorted by these columns."""
    return _changes(columns, -1) | (pl.int_range(pl.len()) == pl.len() - 1)


def _changes(columns: Sequence[str], step: int) -> pl.Expr:
    return pl.any_horizontal(pl.col(name).ne_missing(pl.col(name).shift(step)) for name in columns)


def place_in_group(*columns: str, dtype: type[pl.UInt32 | pl.Int64] = pl.UInt32) -> pl.Expr:
    """How many rows with the same values stand above a row; the frame is sorted by these columns.

    >>> frame = pl.DataFrame({"slice": [0, 0, 4], "orders": [9, 7, 8]})
    >>> frame.select(place_in_group("slice")).to_series().to_list()
    [0, 1, 0]
    """
    return pl.int_range(pl.len(), dtype=dtype) - first_in_group(*columns, dtype=dtype)


def first_in_group(*columns: str, dtype: type[pl.UInt32 | pl.Int64] = pl.UInt32) -> pl.Expr:
    """Where in the frame the first row with the same values stands; the frame is sorted by these columns.

    >>> frame = pl.DataFrame({"slice": [0, 0, 4], "orders": [9, 7, 8]})
    >>> frame.select(pl.col("orders").gather(first_in_group("slice"))).to_series().to_list()
    [9, 9, 8]
    """
    return pl.when(is_first(*columns)).then(pl.int_range(pl.len(), dtype=dtype)).forward_fill()


def at_rank(value: pl.Expr, count: pl.Expr, rank: pl.Expr) -> pl.Expr:
    """Of counted values the one that stands at ``rank``, from 0; the rows are in ascending order of the values.

    >>> frame = pl.DataFrame({"amount": [5, 8], "orders": [3, 1]})
    >>> frame.select(at_rank(pl.col("amount"), pl.col("orders"), pl.lit(2))).item()
    5
    """
    return value.gather(count.cum_sum().search_sorted(rank, side="right")).first()

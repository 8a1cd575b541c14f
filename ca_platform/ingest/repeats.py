"""Repeated keys in rows that do not fit into memory: in one pass, in source order.

A table of marks says for each key "surely new" or "maybe seen before". Rows of the second kind are kept with their
original values; at the end the few of them that are repeats are told apart from the many that are not. Keys are told
apart by 64 bits of their hash: among ten million keys the chance of one false repeat is three in a million.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date

import numpy as np
import numpy.typing as npt
import polars as pl

_BITS = 28
"""256 MB of marks: at ten million keys one of 200 new keys is kept for nothing."""
_SMALL_BITS = 22
_HALF = np.uint64(32)


@dataclass(frozen=True)
class Removal:
    """Keys to take out of the rows of a day: all rows of ``everywhere``, all but the first of ``but_first``."""

    everywhere: pl.Series
    but_first: pl.Series

    def __call__(self, rows: pl.DataFrame, key: str) -> pl.DataFrame:
        """The rows, in source order, without the repeats."""
        again = pl.col(key).is_in(self.but_first.implode()) & ~pl.col(key).is_first_distinct()
        return rows.filter(~pl.col(key).is_in(self.everywhere.implode())).filter(~again)


class Repeats:
    """Finds repeated keys.

    Args:
        is_small: a few hundred thousand keys at most are expected; more cost memory, nothing else.
    """

    def __init__(self, *, is_small: bool = False) -> None:
        bits = _SMALL_BITS if is_small else _BITS
        self._mask = np.uint64((1 << bits) - 1)
        self._marks = np.zeros(1 << bits, dtype=np.uint8)
        self._hashes: list[pl.Series] = []
        self._days: list[pl.Series] = []
        self._suspects: list[pl.DataFrame] = []
        self._rows = 0

    def seed(self, keys: Iterable[pl.Series]) -> None:
        """Keys that are taken already."""
        for some in keys:
            first, second = self._places(some)
            self._marks[first] = 1
            self._marks[second] = 1

    def find(self, keys: pl.Series, days: pl.Series) -> pl.Series:
        """Positions of the rows of a batch that may be repeats. Batches come in source order."""
        hashes = keys.hash(0)
        first, second = self._places(keys)
        maybe = (self._marks[first] & self._marks[second]).astype(bool)
        self._marks[first] = 1
        self._marks[second] = 1
        if hashes.n_unique() < len(hashes):
            maybe |= ~hashes.is_first_distinct().to_numpy()
        self._hashes.append(hashes)
        self._days.append(days if len(days) and days.min() != days.max() else days[:1])
        self._rows += len(keys)
        return pl.Series(np.flatnonzero(maybe), dtype=pl.Int64)

    def keep(self, positions: pl.Series, rows: pl.DataFrame) -> None:
        """Keep the suspects of the last batch: ``key``, and what the quarantine needs."""
        hashes = self._hashes[-1]
        base = self._rows - len(hashes)
        self._suspects.append(rows.with_columns(position=positions + base, hash=hashes[positions]))

    def keys(self) -> pl.Series:
        """Keys of all suspects, each once."""
        if not self._suspects:
            return pl.Series("key", [], dtype=pl.String)
        return pl.concat([rows["key"] for rows in self._suspects]).unique()

    def resolve(self, taken: pl.Series) -> pl.DataFrame:
        """The suspects that are repeats, in source order, with ``stays``: the first row is on the same day.

        Args:
            taken: keys that something outside of these rows has.
        """
        if not self._suspects:
            return pl.DataFrame(schema={"key": pl.String, "day": pl.Date, "stays": pl.Boolean})
        suspects = pl.concat(self._suspects)
        every = pl.concat(self._hashes).alias("hash").to_frame().with_row_index("first")
        wanted = suspects.lazy().select("hash").unique()
        firsts = every.lazy().join(wanted, on="hash", how="semi").group_by("hash").agg(pl.col("first").min())
        judged = (
            suspects.join(firsts.collect(), on="hash", how="left")
            .with_columns(pl.col("first").cast(pl.Int64), is_taken=pl.col("key").is_in(taken.implode()))
            .filter(pl.col("is_taken") | (pl.col("position") > pl.col("first")))
            .sort("position")
        )
        first_days = pl.Series([self._day_of(position) for position in judged["first"].to_list()], dtype=pl.Date)
        same = first_days.eq_missing(judged["day"])
        return judged.with_columns(stays=~judged["is_taken"] & same).drop("hash", "first", "position", "is_taken")

    def _day_of(self, position: int) -> date | None:
        for hashes, days in zip(self._hashes, self._days, strict=True):
            if position < len(hashes):
                day: date | None = days[position if len(days) == len(hashes) else 0]
                return day
            position -= len(hashes)
        return None

    def _places(self, keys: pl.Series) -> tuple[npt.NDArray[np.uint64], npt.NDArray[np.uint64]]:
        hashes = keys.hash(0).to_numpy()
        return hashes & self._mask, (hashes >> _HALF) & self._mask


def removals(repeated: pl.DataFrame) -> dict[date, Removal]:
    """By day the keys to take out."""
    return {
        part["day"][0]: Removal(part.filter(~pl.col("stays"))["key"].unique(), part.filter("stays")["key"].unique())
        for part in repeated.partition_by("day")
    }

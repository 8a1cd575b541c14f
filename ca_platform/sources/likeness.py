"""What the columns of an unknown source look like: kinds of their values, from its first rows."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace

import polars as pl

from ca_platform.sources.base import FILE, ROW, Source
from ca_platform.sources.date_forms import ENOUGH, date_form
from ca_platform.sources.number_forms import NumberForm, is_number, number_form

SAMPLE_ROWS = 5_000
_YEAR_2000, _YEAR_2100 = 946_684_800, 4_102_444_800

_DATE = re.compile(r"\d{4}-\d{1,2}-\d{1,2}")
ZERO_DATE = "0000-00-00"
"""How MySQL writes that there is no date."""
TRUE = ("true", "1", "yes", "t", "y")
FLAGS = {*TRUE, "false", "0", "no", "f", "n"}


@dataclass
class Columns:
    """Columns of a sample: what their values look like."""

    kinds: dict[str, str]
    distinct: dict[str, int]
    numbers: NumberForm = field(default_factory=NumberForm)
    """How numbers are written."""
    date_formats: dict[str, str] = field(default_factory=dict)
    """By column the form of dates that are not written as ISO 8601 says."""
    used: set[str] = field(default_factory=set)
    rows: pl.DataFrame = field(default_factory=pl.DataFrame)
    """The first batch, for what only values beside each other tell."""
    everything: dict[str, list[str]] = field(default_factory=dict)
    """Of columns whose rare values matter, all values of the source."""

    def fresh(self) -> Columns:
        """The same columns, none of them used."""
        return replace(self, used=set())

    def number(self, name: str) -> pl.Series:
        """The values of a column as numbers; null where they are none."""
        return self.numbers.read(self.rows[name])

    def values(self, name: str) -> list[str]:
        """The different values of a column as texts: of all rows where they are known, else of the first ones."""
        if name in self.everything:
            return self.everything[name]
        return self.rows[name].cast(pl.String()).drop_nulls().unique().sort().to_list()

    def texts(self, name: str) -> pl.Series:
        """The values of a column as texts; whole numbers with gaps, which some programs write as 7.0, as 7."""
        values = self.rows[name]
        if values.dtype.is_float():
            values = values.cast(pl.Int64, strict=False)
        return values.cast(pl.String).str.strip_chars()

    def filled(self, name: str) -> float:
        """The part of the rows that have a value; 1 where there are no rows."""
        values = self.rows[name]
        if values.is_empty():
            return 1.0
        if values.dtype == pl.String():
            values = values.filter((values.str.strip_chars() != "") & ~values.str.starts_with(ZERO_DATE))
        return (len(values) - values.null_count()) / self.rows.height

    def is_unique(self, name: str) -> bool:
        """Whether nearly every row has its own value."""
        return self.distinct[name] >= ENOUGH * self.rows.height

    def looks_like(self, name: str, pattern: str) -> bool:
        """Whether most values are texts of this form, from their first letter to the last."""
        return _mostly(re.compile(pattern).fullmatch, _known(self.rows[name].head(SAMPLE_ROWS).cast(pl.String())))

    def is_negative(self, name: str) -> bool:
        """Whether numbers are written as negative ones, as some shops write discounts."""
        values = self.number(name).drop_nulls()
        return bool((values < 0).any()) and (values <= 0).sum() >= ENOUGH * len(values)

    def is_epoch(self, name: str) -> bool:
        """Whether all are whole numbers that are instants of this century in seconds, milliseconds or microseconds."""
        given = self.rows[name].drop_nulls()
        if not (given.dtype.is_integer() or given.dtype == pl.String()):
            return False
        values = given.cast(pl.Int64, strict=False)
        return not values.is_empty() and any(
            bool(values.is_between(_YEAR_2000 * unit, _YEAR_2100 * unit).fill_null(value=False).all())
            for unit in (1, 10**3, 10**6)
        )

    def is_day(self, name: str) -> bool:
        """Whether all are whole numbers that are days, such as 20240326."""
        values = self.texts(name).drop_nulls()
        days = values.filter(values.str.contains(r"^(?:19|20|21)\d{6}$")).str.to_date("%Y%m%d", strict=False)
        return not values.is_empty() and len(days) - days.null_count() == len(values)

    def is_share(self, name: str) -> bool:
        """Whether all numbers lie from 0 to 1 and some between: a discount of 0.2 is no amount."""
        values = self.number(name).drop_nulls()
        return bool(values.is_between(0, 1).all()) and bool(values.is_between(0, 1, closed="none").any())


def whole(columns: Columns, opened: Source, names: Sequence[str]) -> Columns:
    """The same columns with all values of some, which may be rare: a first order is cancelled after many are not."""
    if not names:
        return columns
    found: dict[str, set[str]] = {name: set() for name in names}
    for batch in opened.batches(names):
        for name in names:
            found[name] |= set(batch.frame[name].cast(pl.String()).drop_nulls().unique())
    return replace(columns, everything={name: sorted(values) for name, values in found.items()})


def sample(opened: Source) -> Columns:
    """The columns of a source from its first rows."""
    schema = opened.schema()
    columns = list(schema)
    batch = next(iter(opened.batches(columns)), None)
    everything = batch.frame.drop(FILE, ROW) if batch is not None else pl.DataFrame(schema=schema)
    exact = [name for name, dtype in schema.items() if dtype.is_decimal() and everything[name].dtype == pl.String()]
    everything = everything.with_columns(pl.col(exact).cast(pl.Float64, strict=False))
    rows = everything.head(SAMPLE_ROWS)
    kinds = {name: _kind_of_values(rows[name]) for name in columns}
    texts = [rows[name] for name, kind in kinds.items() if kind == "number" and rows[name].dtype == pl.String()]
    numbers = number_form([_known(values.unique(maintain_order=True)) for values in texts])
    dates = [name for name, kind in kinds.items() if kind == "date" and rows[name].dtype == pl.String()]
    # All rows: the first ones may hold no day after the twelfth.
    dated = {name: form for name in dates if (form := date_form(_known(everything[name].unique()))) is not None}
    distinct = {name: everything[name].n_unique() for name in columns}
    return Columns(kinds, distinct, numbers, dated, rows=everything)


def _kind_of_type(dtype: pl.DataType) -> str:
    if dtype == pl.Boolean():
        return "flag"
    if isinstance(dtype, (pl.Datetime, pl.Date)):
        return "date"
    return "number" if dtype.is_numeric() else "text"


def _kind_of_values(values: pl.Series) -> str:
    if values.dtype != pl.String():
        kind = _kind_of_type(values.dtype)
        return "flag" if kind == "number" and set(values.drop_nulls().unique().to_list()) <= {0, 1} else kind
    filled = values.drop_nulls()
    known = _known(filled.head(500)) or _known(filled)[:500]
    if not known:
        return "text"
    if all(value.lower() in FLAGS for value in known):
        return "flag"
    if _mostly(_DATE.match, known) or date_form(known) is not None:
        return "date"
    return "number" if _mostly(is_number, known) else "text"


def _known(values: pl.Series) -> list[str]:
    found = (value.strip() for value in values.drop_nulls().to_list())
    return [value for value in found if value and not value.startswith(ZERO_DATE)]


def _mostly(test: Callable[[str], object], known: Sequence[str]) -> bool:
    return sum(bool(test(value)) for value in known) >= ENOUGH * len(known)

"""A table whose rows belong to orders, and the SQL of its columns. Not: how such a table is known, which is in ``shapes``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from ca_platform.sources.lazy import TABLE
from ca_platform.sources.likeness import Columns

_MOSTLY = 0.95


@dataclass(frozen=True)
class OrderRows:
    """A table and which of its columns is what."""

    base: Mapping[str, Any]
    columns: Columns
    order: Mapping[str, str]
    line: Mapping[str, str]

    @property
    def key(self) -> list[str]:
        """Columns that the rows of one order have in common."""
        return [self.order["order_id"]] if "order_id" in self.order else [self.client, self.date]

    @property
    def client(self) -> str:
        return self.order["client"]

    @property
    def date(self) -> str:
        return self.order["session_start_date"]

    @property
    def order_id(self) -> str:
        if "order_id" in self.order:
            return quoted(self.order["order_id"])
        return f"cast({quoted(self.client)} as varchar) || ' ' || cast({quoted(self.date)} as varchar)"

    @property
    def is_of_database(self) -> bool:
        """Whether the SQL is that of a server, which knows the types of its columns, and not that of files."""
        return "table" in self.base

    def number(self, column: str) -> str:
        """A column as a number: columns of text files are text."""
        if self.is_of_database:
            return f"cast({quoted(column)} as numeric)"
        if self.columns.rows[column].dtype != pl.String():
            return quoted(column)
        form, text = self.columns.numbers, quoted(column)
        for removed in form.removed:
            text = f"replace({text}, {literal(removed)}, '')"
        if form.decimal == ",":
            text = f"replace({text}, ',', '.')"
        return f"try_cast({text} as double)"

    def text(self, column: str) -> str:
        return quoted(column) if self.base["kind"] == "csv" else f"cast({quoted(column)} as varchar)"

    def least(self, column: str) -> str:
        """The one value that the rows of an order have; a server knows no least of some types, such as uuid."""
        return f"min({self.text(column) if self.is_of_database else quoted(column)})"

    def is_constant(self, column: str) -> bool:
        """Whether the rows of an order have one value, as far as orders have several."""
        values = self.columns.rows.group_by(self.key).agg(values=pl.col(column).drop_nulls().n_unique(), rows=pl.len())
        several = values.filter(pl.col("rows") > 1)
        return several.filter(pl.col("values") <= 1).height >= _MOSTLY * several.height


def quoted(column: str) -> str:
    """A column's name in SQL."""
    doubled = column.replace('"', '""')
    return f'"{doubled}"'


def literal(text: str) -> str:
    """A text in SQL."""
    doubled = text.replace("'", "''")
    return f"'{doubled}'"


def table(mapping: Mapping[str, Any]) -> str:
    """The table of a source in SQL."""
    return ".".join(map(quoted, mapping["table"].split("."))) if "table" in mapping else TABLE

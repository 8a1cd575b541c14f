"""A table whose rows belong to orders, the SQL of its columns, and the source that a query over it makes.

Not: by what such a table is known, which is in ``order_lines`` and ``event_logs``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import polars as pl

from ca_platform.sources.guests import Customer, customer
from ca_platform.sources.lazy import TABLE
from ca_platform.sources.likeness import Columns
from ca_platform.sources.mapped import Guess, currencies_in, first_date, map_columns
from ca_platform.sources.own_columns import few_texts
from ca_platform.sources.sql import literal, quoted
from ca_platform.sources.synonyms import CLOCKS, VISITS, means

_MOSTLY = 0.95
_DAY, _TIME = r"[^:]+", r"\d{1,2}:\d{2}(:\d{2})?"
_DIGITS = r"^\s*[+-]?[0-9]*\.?[0-9]+\s*$"
"""What a server can make a number of; one that cannot ends the query."""


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
        if "order_id" not in self.order:
            return [self.client, self.date]
        number = self.order["order_id"]
        return [self.client, number] if self._is_numbered_by_customer(number) else [number]

    def _is_numbered_by_customer(self, number: str) -> bool:
        """Whether two customers may have visits of one number, as where it is the second in which they came."""
        if not means(number, VISITS):
            return False
        values = self.columns.rows.group_by(number).agg(customers=pl.col(self.client).drop_nulls().n_unique())
        return self.columns.is_epoch(number) or bool((values["customers"] > 1).any())

    @property
    def client(self) -> str:
        return self.order["client"]

    @property
    def date(self) -> str:
        return self.order["session_start_date"]

    @property
    def clock(self) -> str | None:
        """The column of the time of day, where that of the date has days alone; None: there is none, or no need of one."""
        columns = self.columns
        if columns.rows[self.date].dtype != pl.String() or not columns.looks_like(self.date, _DAY):
            return None
        names = (name for name in columns.kinds if name != self.date and means(name, CLOCKS))
        return next((name for name in names if columns.looks_like(name, _TIME) and columns.filled(name) == 1), None)

    @property
    def moment(self) -> str:
        """SQL of the date, with the time of day where that has a column of its own."""
        return quoted(self.date) if self.clock is None else f"{quoted(self.date)} || ' ' || {quoted(self.clock)}"

    @property
    def date_format(self) -> str | None:
        """The form of that text; None: that of ISO 8601."""
        form = self.columns.date_formats.get(self.date)
        if form is None or self.clock is None:
            return form
        has_seconds = self.columns.looks_like(self.clock, r"\d+:\d+:\d+")
        return f"{form} %H:%M{':%S' if has_seconds else ''}"

    @property
    def order_id(self) -> str:
        return (
            " || ' ' || ".join(f"cast({quoted(column)} as varchar)" for column in self.key)
            if len(self.key) > 1
            else quoted(self.key[0])
        )

    @property
    def is_of_database(self) -> bool:
        """Whether the SQL is that of a server, which knows the types of its columns, and not that of files."""
        return "table" in self.base

    def number(self, column: str) -> str:
        """A column as a number: what texts write beside the digits is taken away; what is no number then is null."""
        if self.columns.rows[column].dtype != pl.String():
            return f"cast({quoted(column)} as numeric)" if self.is_of_database else quoted(column)
        form, text = self.columns.numbers, quoted(column)
        for removed in form.removed:
            text = f"replace({text}, {literal(removed)}, '')"
        if form.decimal == ",":
            text = f"replace({text}, ',', '.')"
        if self.columns.rows[column].str.contains("(", literal=True).any():
            # Accountants write negative amounts in brackets.
            text = f"replace(replace({text}, '(', '-'), ')', '')"
        if self.is_of_database:
            return f"case when {text} ~ {literal(_DIGITS)} then cast({text} as numeric) end"
        return f"try_cast({text} as double)"

    def text(self, column: str) -> str:
        """A column as text: whole numbers with gaps, which some programs write as 7.0, as the numbers they are."""
        if self.base["kind"] == "csv":
            return quoted(column)
        whole = self.columns.rows[column].dtype.is_float() and not self.is_of_database
        return f"cast({f'try_cast({quoted(column)} as bigint)' if whole else quoted(column)} as varchar)"

    @property
    def customer(self) -> Customer:
        """Who ordered, by the column of the client and, for guests, that of e-mail addresses."""
        return customer(self.columns, self.client, self.text)

    @property
    def least_client(self) -> str:
        """The one customer that the rows of an order have; a server knows no least of some types, such as uuid."""
        own = self.text(self.client) if self.is_of_database else quoted(self.client)
        return f"min({self.customer.sql or own})"

    def is_constant(self, column: str) -> bool:
        """Whether the rows of an order have one value, as far as orders have several."""
        values = self.columns.rows.group_by(self.key).agg(values=pl.col(column).drop_nulls().n_unique(), rows=pl.len())
        several = values.filter(pl.col("rows") > 1)
        return several.filter(pl.col("values") <= 1).height >= _MOSTLY * several.height

    def where(self, condition: pl.Expr) -> OrderRows:
        """The same table as far as its rows are of one kind."""
        return replace(self, columns=replace(self.columns, rows=self.columns.rows.filter(condition)))


def order_rows(base: Mapping[str, Any], columns: Columns) -> OrderRows | None:
    """The table, where somebody did something at a time by the names of its columns; None: it is something else."""
    order, line = (map_columns(base, columns.fresh(), name).named for name in ("sessions", "lines"))
    if not {"client", "session_start_date"} <= order.keys() or columns.rows.is_empty():
        return None
    return OrderRows(base, columns, order, line)


def cuts_of(rows: OrderRows) -> dict[str, tuple[str, str]]:
    """Few texts of which an order has one: SQL by the name of the dimension that they may be, and that in words."""
    columns = rows.columns.fresh()
    columns.used |= {*rows.order.values(), *rows.line.values()}
    names = [name for name in few_texts(columns) if rows.is_constant(name)]
    return {
        name: (f"min({rows.text(name)})", "an order has one of few texts, so perhaps a dimension") for name in names
    }


def from_query(
    rows: OrderRows,
    source: str,
    fields: Mapping[str, tuple[str, str]],
    by: Sequence[str] = (),
    where: str = "",
    doubts: tuple[str, ...] = (),
    **own: list[str],
) -> Guess:
    """A proposed source that a query makes.

    Args:
        fields: by our name the SQL, and what it is, in words.
        by: columns whose values the rows of one order have in common.
        where: SQL of the rows that belong to it; "": all.
        own: names of own columns, such as dimensions.
    """
    chosen = ",\n".join(f"       {sql} as {quoted(name)}" for name, (sql, _) in fields.items()).lstrip()
    query = f"select {chosen}\nfrom {table(rows.base)}" + (f"\nwhere {where}" if where else "")
    if by:
        query += f"\ngroup by {', '.join(map(quoted, by))}\norder by {quoted('order_id')}"
    mapping: dict[str, Any] = {key: value for key, value in rows.base.items() if key != "table"} | {"query": query}
    if rows.date_format is not None:
        mapping["date_format"] = rows.date_format
    if source == "sessions" and "has_purchased" not in fields:
        mapping["constants"] = {"has_purchased": True}
    mapping |= {key: names for key, names in own.items() if names}
    found = rows.order if source == "sessions" else rows.line
    return Guess(
        source,
        mapping,
        {
            name: ("likely" if name in found else "a guess") + f", by the query{': ' if words else ''}{words}"
            for name, (_, words) in fields.items()
        },
        numbers=rows.columns.numbers,
        currencies=currencies_in(rows.columns),
        doubts=doubts,
        columns=tuple(rows.columns.kinds),
        date=first_date(rows.columns, rows.order),
        named={name: found.get(name, name if name in rows.columns.kinds else "") for name in fields},
    )


def table(mapping: Mapping[str, Any]) -> str:
    """The table of a source in SQL."""
    return ".".join(map(quoted, mapping["table"].split("."))) if "table" in mapping else TABLE

"""What can be opened: the numbers of a report that count customers, orders or deliveries, and one such number.

What belongs here: the records, and reading a cell's key from text. What does not: whom a number counts (``cohorts``,
``churn``, ``orders``, …) and which numbers there are (``table``).
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Any, Literal

from ca_platform.catalogue import Column, Kind, report_spec
from ca_platform.errors import ReportError

if TYPE_CHECKING:
    import polars as pl

    from ca_platform.drill.scope import Scope

What = Literal["customers", "orders", "deliveries"]
Key = Mapping[str, Any]

KEY = "key."
"""What names of key columns begin with where an order has a column of that name too."""
_LARGEST = 2**53


@dataclass(frozen=True, slots=True)
class Count:
    """A column of a report in which every number counts customers, orders or deliveries.

    Attributes:
        what: what the number counts.
        key: columns of the report that say which cell it is.
        rows: everybody who is counted in any cell: ``slice``, the columns of the key (or ``key.NAME``), and
            ``customer``, ``client``, an order or a delivery; one row for each that a cell counts. It may leave out what is
            not in ``Scope.key``.
        where: values of key columns at which the number is such a count; elsewhere it is something else.
        share_of: column whose number this one is a share of; empty: the number itself counts.
    """

    report: str
    column: str
    what: What
    key: tuple[str, ...]
    rows: Callable[[Scope], pl.LazyFrame]
    where: Mapping[str, frozenset[Any]] = field(default_factory=dict)
    share_of: str = ""

    def fits(self, key: Key) -> bool:
        """Whether the number of a row with this key is such a count."""
        return all(key.get(name) in values for name, values in self.where.items())


@dataclass(frozen=True, slots=True)
class Cell:
    """One number of a report.

    Attributes:
        day: of the report.
        dimension, value: ``main`` and None, or a dimension and its value.
        key: value by key column; a date, a number, a flag, a text that may be null, or several texts
            as the text of a JSON array (``store.frames.flat``).
    """

    report: str
    column: str
    day: date
    key: Key
    dimension: str = "main"
    value: str | None = None


def read_key(report: str, names: tuple[str, ...], texts: Mapping[str, str]) -> dict[str, Any]:
    """Values of key columns from texts, as they stand in an address; empty text, and none where a null can be, is null.

    Raises:
        ReportError: one is missing, or is none of its column.
    """
    columns = {column.name: column for column in report_spec(report).columns}
    missing = [name for name in names if name not in texts and not columns[name].nullable]
    if missing:
        raise ReportError(f"{' and '.join(missing)} of the row {'is' if len(missing) == 1 else 'are'} not given")
    return {name: _value(columns[name], texts.get(name, "")) for name in names}


def _value(column: Column, text: str) -> Any:
    name, kind = column.name, column.kind
    if kind is Kind.TEXT or (column.nullable and not text):
        return text or None
    read, what = _READ[kind]
    try:
        value = read(text)
    except (ValueError, KeyError, RecursionError):
        raise ReportError(f"{name} of the row is no {what}") from None
    # NaN compares false.
    if isinstance(value, int | float) and not abs(value) <= _LARGEST:
        raise ReportError(f"{name} of the row is too large a number")
    return value


def _texts(text: str) -> str:
    found = json.loads(text)
    if not found or not isinstance(found, list) or not all(isinstance(one, str) for one in found):
        raise ValueError(text)
    written = json.dumps(found, ensure_ascii=False)
    written.encode()  # JSON can name half a character
    return written


_READ: Mapping[Kind, tuple[Callable[[str], Any], str]] = {
    Kind.DATE: (lambda text: date.fromisoformat(text[:10]), "day, such as 2026-01-31"),
    Kind.INTEGER: (int, "whole number"),
    Kind.FLOAT: (float, "number"),
    Kind.MONEY: (float, "amount"),
    Kind.FLAG: ({"true": True, "false": False}.__getitem__, "flag: true or false"),
    Kind.TEXTS: (_texts, 'list of texts, such as ["tea", "milk"]'),
}

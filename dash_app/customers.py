"""The table of customers: pages of any number of them, sorted and filtered by the store, never all in a browser.

What belongs here: what AG Grid asks for, turned into the store's question. What does not: asking it (``reader``).
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import polars as pl

from ca_platform.catalogue import Kind, ReportSpec
from ca_platform.store import CustomerQuery, Filter
from dash_app.reader import Reader

BLOCK = 100
"""Rows that the grid asks for at a time."""

_CSV_BLOCK = 10_000
_LONGEST = 200
_OPERATORS: Mapping[str, Any] = {
    "contains": "contains",
    "startsWith": "starts with",
    "equals": "=",
    "notEqual": "!=",
    "lessThan": "<",
    "lessThanOrEqual": "<=",
    "greaterThan": ">",
    "greaterThanOrEqual": ">=",
    "blank": "is null",
    "notBlank": "is not null",
}
_TEXT_FILTERS = ("contains", "startsWith", "equals", "notEqual", "blank", "notBlank")
_NUMBER_FILTERS = tuple(name for name in _OPERATORS if name not in ("contains", "startsWith"))
_NUMBERS = (Kind.INTEGER, Kind.FLOAT, Kind.MONEY)


def first(spec: ReportSpec) -> tuple[tuple[str, bool], ...]:
    """The order in which a table opens: most revenue first, of orders the newest."""
    return (("revenue" if "revenue" in spec.column_names else "session_start_date", True),)


def query_of(request: Mapping[str, Any], spec: ReportSpec) -> CustomerQuery:
    """The store's question behind a request of the grid. What makes no sense in it is left out."""
    kinds = {column.name: column.kind for column in spec.columns if column.kind is not Kind.TEXTS}
    start = _whole(request.get("startRow"))
    sort = tuple(
        (item["colId"], item.get("sort") == "desc")
        for item in _items(request.get("sortModel"))
        if item.get("colId") in kinds
    )
    return CustomerQuery(
        sort=sort or first(spec),
        filters=tuple(_filters(request.get("filterModel"), kinds)),
        offset=start,
        limit=min(max(_whole(request.get("endRow")) - start, 1), 10 * BLOCK),
    )


def filter_of(kind: Kind) -> dict[str, Any]:
    """How the grid lets a column of this kind be filtered; instants and flags are not. Lists are not sorted either."""
    if kind in _NUMBERS:
        return _filter("agNumberColumnFilter", _NUMBER_FILTERS)
    if kind is Kind.TEXTS:
        return {"filter": False, "sortable": False}
    return _filter("agTextColumnFilter", _TEXT_FILTERS) if kind is Kind.TEXT else {"filter": False}


def all_customers(reader: Reader, spec: ReportSpec) -> Iterator[pl.DataFrame]:
    """All customers by their name, in blocks. Each begins behind the last name, so that no block costs more."""
    last: str | None = None
    while True:
        after = () if last is None else (Filter("client", ">", last),)
        page = reader.customers(CustomerQuery((("client", False),), after, 0, _CSV_BLOCK))
        if page.rows.is_empty():
            return
        yield page.rows.select([name for name in spec.column_names if name in page.rows.columns])
        last = str(page.rows["client"][-1])


def _filter(name: str, options: Sequence[str]) -> dict[str, Any]:
    return {
        "filter": name,
        "filterParams": {"filterOptions": list(options), "maxNumConditions": 1, "buttons": ["reset"]},
    }


def _filters(model: Any, kinds: Mapping[str, Kind]) -> Iterator[Filter]:
    for name, wanted in model.items() if isinstance(model, dict) else ():
        operator = _OPERATORS.get(str(wanted.get("type"))) if isinstance(wanted, dict) else None
        if operator is None or name not in kinds:
            continue
        if operator in ("is null", "is not null"):
            yield Filter(name, operator)
        elif (value := _value(wanted.get("filter"), kinds[name])) is not None:
            yield Filter(name, operator, value)


def _value(value: Any, kind: Kind) -> str | int | float | None:
    if kind in _NUMBERS:
        return value if isinstance(value, (int, float)) and not isinstance(value, bool) else None
    return value[:_LONGEST] if isinstance(value, str) and kind is Kind.TEXT else None


def _items(model: Any) -> list[dict[str, Any]]:
    return [item for item in model if isinstance(item, dict)] if isinstance(model, list) else []


def _whole(value: Any) -> int:
    return max(value, 0) if isinstance(value, int) else 0

"""The table of customers: pages of any number of them, sorted and filtered by the store, never all in a browser.

What belongs here: what AG Grid asks for, turned into the store's question, and which columns stand there at first. What
does not: asking it (``reader``).
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from ca_platform.catalogue import Column, Kind, ReportSpec
from ca_platform.store import CustomerQuery, Filter
from dash_app.reader import Reader

BLOCK = 100
"""Rows that the grid asks for at a time."""

_AT_FIRST = frozenset(
    {
        "client",
        "orders",
        "revenue",
        "recency_days",
        "mean_amount",
        "last_order",
        "segment",
        "churn_probability",
        "expected_orders",
        "expected_revenue",
        "next_expected_purchase",
        "value_class",
        "recommendations",
    }
)
_FIRST = frozenset({"revenue", "expected_revenue", "session_start_date", "delivery_date"})
_FEW = 12
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
_DAY_FILTERS = ("equals", "lessThan", "greaterThan", "blank", "notBlank")
_NUMBERS = (Kind.INTEGER, Kind.FLOAT, Kind.MONEY)
_DAYS = (Kind.DATE, Kind.INSTANT)


def first(spec: ReportSpec) -> tuple[tuple[str, bool], ...]:
    """The order in which a table opens: most revenue first, or most expected where that stands before it; of orders
    and deliveries the newest.
    """
    return ((next(name for name in spec.column_names if name in _FIRST), True),)


def is_of_customers(spec: ReportSpec) -> bool:
    """Whether each row is a customer, about whom there is more to say than a table shows at once."""
    return spec.key == ("client",)


def at_first(spec: ReportSpec, column: Column) -> bool:
    """Whether a column is shown before a reader chooses: of the many about customers what decides, of others all."""
    return not is_of_customers(spec) or len(spec.columns) <= _FEW or column.name in _AT_FIRST


def query_of(request: Mapping[str, Any], spec: ReportSpec, zone: str) -> CustomerQuery:
    """The store's question behind a request of the grid. What makes no sense in it is left out.

    Args:
        zone: in which the grid shows instants: where a day begins that it filters by.
    """
    columns = {column.name: column for column in spec.columns if column.kind is not Kind.TEXTS}
    start = _whole(request.get("startRow"))
    sort = tuple(
        (item["colId"], item.get("sort") == "desc")
        for item in _items(request.get("sortModel"))
        if item.get("colId") in columns
    )
    return CustomerQuery(
        sort=sort or first(spec),
        filters=tuple(_filters(request.get("filterModel"), columns, ZoneInfo(zone))),
        offset=start,
        limit=min(max(_whole(request.get("endRow")) - start, 1), 10 * BLOCK),
    )


def filters_of(text: str, spec: ReportSpec, zone: str) -> tuple[Filter, ...]:
    """The filters of a table as an address carries them, which is the grid's own JSON; of nonsense none."""
    try:
        model = json.loads(text or "{}")
    except (ValueError, RecursionError):
        return ()
    return query_of({"filterModel": model}, spec, zone).filters


def filter_of(column: Column) -> dict[str, Any]:
    """How the grid lets a column be filtered: shares in percent; flags are not. Lists are not sorted either."""
    if column.kind in _NUMBERS:
        hint = {"filterPlaceholder": "Percent, such as 30"} if column.unit == "share" else {}
        return _filter("agNumberColumnFilter", _NUMBER_FILTERS, hint)
    if column.kind in _DAYS:
        return _filter("agDateColumnFilter", _DAY_FILTERS, {"minValidYear": 1970, "maxValidYear": 9998})
    if column.kind is Kind.TEXTS:
        return {"filter": False, "sortable": False}
    return _filter("agTextColumnFilter", _TEXT_FILTERS, {}) if column.kind is Kind.TEXT else {"filter": False}


def all_customers(reader: Reader, spec: ReportSpec, filters: tuple[Filter, ...] = ()) -> Iterator[pl.DataFrame]:
    """All customers whom the filters leave, by their name, in blocks; at least an empty one.

    Each begins behind the last name, so that no block costs more.
    """
    last: str | None = None
    while True:
        after = () if last is None else (Filter("client", ">", last),)
        page = reader.customers(CustomerQuery((("client", False),), (*filters, *after), 0, _CSV_BLOCK))
        if page.rows.is_empty() and last is not None:
            return
        yield page.rows.select([name for name in spec.column_names if name in page.rows.columns])
        if page.rows.is_empty():
            return
        last = str(page.rows["client"][-1])


def _filter(name: str, options: Sequence[str], more: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "filter": name,
        "filterParams": {"filterOptions": list(options), "maxNumConditions": 1, "buttons": ["reset"], **more},
    }


def _filters(model: Any, columns: Mapping[str, Column], zone: ZoneInfo) -> Iterator[Filter]:
    for name, wanted in model.items() if isinstance(model, dict) else ():
        operator = _OPERATORS.get(str(wanted.get("type"))) if isinstance(wanted, dict) else None
        if operator is None or name not in columns:
            continue
        column = columns[name]
        if operator in ("is null", "is not null"):
            yield Filter(name, operator)
        elif column.kind in _DAYS:
            yield from _on_days(column, operator, _day(wanted.get("dateFrom")), zone)
        elif (value := _value(wanted.get("filter"), column)) is not None:
            yield Filter(name, operator, value)


def _on_days(column: Column, operator: str, day: date | None, zone: ZoneInfo) -> Iterator[Filter]:
    """Before, on or after a day, whatever the time of the day."""
    if day is None or operator not in ("=", "<", ">"):
        return
    begin, end = day, day + timedelta(days=1)
    if column.kind is Kind.INSTANT:
        begin, end = (datetime.combine(each, time(), zone).astimezone(UTC) for each in (begin, end))
    if operator in ("=", ">"):
        yield Filter(column.name, ">=", end if operator == ">" else begin)
    if operator in ("=", "<"):
        yield Filter(column.name, "<", begin if operator == "<" else end)


def _value(value: Any, column: Column) -> str | int | float | None:
    if column.kind in _NUMBERS:
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return None
        return value / 100 if column.unit == "share" else value
    return value[:_LONGEST] if isinstance(value, str) and column.kind is Kind.TEXT else None


def _day(value: Any) -> date | None:
    """The day at which a text of the grid begins; None for nonsense and for the last day that there is."""
    try:
        found = date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
    return found if found < date.max else None


def _items(model: Any) -> list[dict[str, Any]]:
    return [item for item in model if isinstance(item, dict)] if isinstance(model, list) else []


def _whole(value: Any) -> int:
    return max(value, 0) if isinstance(value, int) else 0

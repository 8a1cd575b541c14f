"""A report as a table: AG Grid with the columns of the catalogue."""

from __future__ import annotations

from typing import Any

import dash_ag_grid as dag
import polars as pl

from ca_platform.catalogue import Column, Kind, ReportSpec
from ca_platform.drill import counts
from dash_app.customers import BLOCK, at_first, filter_of, first, is_of_customers
from dash_app.words.baskets import AND
from dash_app.words.formats import MINUS, Formats
from dash_app.words.names import capital

ROWS = 10_000
"""Rows that are sent to a browser; the CSV has all."""

_NUMBERS = {Kind.INTEGER: ",", Kind.FLOAT: ",.4~r"}
_UNITS = {"share": ".1%", "days": ",.1f", "hours": ",.1f", "minutes": ",.1f", "orders": ",.2f"}
_LEAST = 0.001
"""Below it a number is nothing that a reader has to see in full; the CSV has it."""
# As in sentences (``words.formats``): never 0 where there is something, never 100 where it is not all.
_NEARLY_NONE = "params.value > 0 && params.value < 0.0005"
_NEARLY_ALL = "params.value >= 0.9995 && params.value < 1"
_TEXT, _INSTANT = 150, 176
"""Pixels of a name, and of a day and a time."""
_WHOLE = {"height": "100%", "width": "100%"}
_DEFAULT = {"sortable": True, "resizable": True, "minWidth": 112, "flex": 1}
_THEME = """themeQuartz.withParams({
    backgroundColor: 'var(--ca-surface)', foregroundColor: 'var(--ca-ink)', headerBackgroundColor: 'var(--ca-ground)',
    headerTextColor: 'var(--ca-muted)', borderColor: 'var(--ca-line)', accentColor: 'var(--ca-accent)',
    rowHoverColor: 'var(--ca-tint)', fontFamily: 'inherit', fontSize: 14, headerFontSize: 13, headerFontWeight: 600,
    spacing: 6, wrapperBorderRadius: 10, browserColorScheme: 'inherit',
})"""
_OPTIONS = {
    "theme": {"function": _THEME},
    "suppressFieldDotNotation": True,
    "enableCellTextSelection": True,
    "ensureDomOrder": True,
    "animateRows": False,
    # All columns are in the page, for readers who do not scroll; no report has so many that it would matter.
    "suppressColumnVirtualisation": True,
}


def grid(spec: ReportSpec, frame: pl.DataFrame, zone: str, form: Formats) -> dag.AgGrid:
    """The rows of a report; of a table by day or period the newest first: a reader comes for them.

    Args:
        zone: in which instants are written.
        form: in which amounts are.
    """
    days = _days(spec)
    newest = frame.sort(days, descending=True, maintain_order=True) if days in frame.columns else frame
    return dag.AgGrid(
        rowData=records(newest, zone),
        columnDefs=[
            _column(column, form)
            | _name(column)
            | _link(spec, column)
            | ({"sort": "desc"} if column.name == days else {})
            for column in spec.columns
        ],
        defaultColDef=_DEFAULT,
        dashGridOptions=_OPTIONS,
        className="card-grid",
        style=_WHOLE,
    )


def endless_grid(spec: ReportSpec, identity: Any, form: Formats) -> dag.AgGrid:
    """A table whose rows are asked for as they come into view."""
    return dag.AgGrid(
        id=identity,
        columnDefs=[
            _column(column, form) | _width(column) | filter_of(column) | _opening(spec, column) | _shown(spec, column)
            for column in spec.columns
        ],
        defaultColDef=_DEFAULT,
        rowModelType="infinite",
        dashGridOptions=_OPTIONS | {"cacheBlockSize": BLOCK, "maxBlocksInCache": 20, "infiniteInitialRowCount": 1},
        className="card-grid",
        style=_WHOLE,
    )


def records(frame: pl.DataFrame, zone: str) -> list[dict[str, Any]]:
    """The first rows as the browser gets them: days and instants in ISO form, these in a time zone."""
    written = pl.col(pl.Datetime).dt.convert_time_zone(zone).dt.strftime("%Y-%m-%d %H:%M")
    return frame.head(ROWS).with_columns(written, pl.col(pl.Date).cast(pl.String)).to_dicts()


def _link(spec: ReportSpec, column: Column) -> dict[str, Any]:
    """A number that counts customers, orders or deliveries leads to their list (``assets/opening.js``)."""
    found = [count for count in counts(spec.name) if count.column == column.name]
    if not found:
        return {}
    only: dict[str, set[str]] = {}
    for count in found:
        for name, values in count.where.items():
            only.setdefault(name, set()).update(values)
    parameters = {
        "report": spec.name,
        "column": column.name,
        "names": list(found[0].key),
        "only": {name: sorted(values) for name, values in only.items()},
    }
    return {"cellRenderer": "OpensNumber", "cellRendererParams": parameters}


def _days(spec: ReportSpec) -> str:
    """The column by whose days or periods a report goes on; empty without one. Cohorts are read from the first on."""
    begins = [column for column in spec.columns if column.name == next(iter(spec.key), None)]
    return next((one.name for one in begins if one.kind is Kind.DATE and one.name != "cohort"), "")


def _name(column: Column) -> dict[str, Any]:
    """Room for a name, such as that of a segment."""
    return {"minWidth": _TEXT} if column.kind is Kind.TEXT else {}


def _width(column: Column) -> dict[str, Any]:
    """Room for the marks of sort and filter beside the name; names of customers are long."""
    return {"minWidth": 190 if column.kind is Kind.TEXT else _INSTANT if column.kind is Kind.INSTANT else 136}


def _opening(spec: ReportSpec, column: Column) -> dict[str, Any]:
    directions = {name: "desc" if descending else "asc" for name, descending in first(spec)}
    return {"sort": directions[column.name]} if column.name in directions else {}


def _shown(spec: ReportSpec, column: Column) -> dict[str, Any]:
    """Which columns stand there before a reader chooses, and the name that opens everything about its customer."""
    opens = {"cellRenderer": "OpensCustomer"} if is_of_customers(spec) and column.name in spec.key else {}
    return opens if at_first(spec, column) else {"hide": True}


def _told(column: Column, form: Formats) -> str:
    """What a column means, and its unit; nothing that its name says already.

    >>> columns = (Column("orders", Kind.INTEGER, "Orders.", "count"), Column("price", Kind.MONEY, "Paid.", "currency"))
    >>> [_told(column, Formats("GBP")) for column in columns]
    ['', 'Paid. (GBP)']
    """
    # The table writes instants in the time of the shop, whatever zone the report has them in.
    own = {"count": "", "UTC": "shop time", "currency": form.currency}
    unit = own.get(column.unit, column.unit)
    if column.description.rstrip(".").casefold() == column.name.replace("_", " ").casefold():
        return unit
    return f"{column.description} ({unit})" if unit else column.description


def _column(column: Column, form: Formats) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "field": column.name,
        "headerName": capital(column.name.replace("_", " ")),
        "wrapHeaderText": True,
        "autoHeaderHeight": True,
        "headerTooltip": _told(column, form),
    }
    if column.unit == "currency" and column.kind in (Kind.MONEY, Kind.FLOAT):
        return shown | {"type": "rightAligned", "valueFormatter": {"function": _amount(form)}}
    if column.kind in _NUMBERS:
        written = _UNITS.get(column.unit, "") if column.kind is Kind.FLOAT else ""
        value = f"params.value == null ? '' : d3.format('{written or _NUMBERS[column.kind]}')(params.value)"
        if column.kind is Kind.FLOAT and column.unit == "share":
            value = f"{_NEARLY_NONE} ? '<0.1%' : {_NEARLY_ALL} ? '>99.9%' : {value}"
        elif column.kind is Kind.FLOAT and column.unit not in ("days", "hours", "minutes"):
            value = f"params.value > 0 && params.value < {_LEAST} ? '<{_LEAST}' : {value}"
        shown |= {"type": "rightAligned", "valueFormatter": {"function": value}}
    if column.kind is Kind.TEXTS:
        shown |= {
            "cellDataType": False,
            "valueFormatter": {"function": f"params.value ? params.value.join('{AND}') : ''"},
        }
    if column.kind is Kind.FLAG:
        shown |= {"cellDataType": False, "valueFormatter": {"function": "params.value ? 'yes' : 'no'"}}
    if column.kind is Kind.INSTANT:
        shown["minWidth"] = _INSTANT
    return shown


def _amount(form: Formats) -> str:
    """An amount with its currency, and its sign before it, as in sentences."""
    before, after = form.affixes
    size = f"d3.format(',.{form.minor_digits}f')(params.value < 0 ? -params.value : params.value)"
    return f"params.value == null ? '' : (params.value < 0 ? '{MINUS}' : '') + '{before}' + {size} + '{after}'"

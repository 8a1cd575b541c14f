"""A report as a table: AG Grid with the columns of the catalogue."""

from __future__ import annotations

from typing import Any

import dash_ag_grid as dag
import polars as pl

from ca_platform.catalogue import Column, Kind, ReportSpec

ROWS = 10_000
"""Rows that are sent to a browser; the CSV has all."""

_NUMBERS = {Kind.INTEGER: ",", Kind.FLOAT: ",.4~r", Kind.MONEY: ",.2f"}
_SHARE = ".1%"


def grid(spec: ReportSpec, frame: pl.DataFrame | None) -> dag.AgGrid:
    """The rows of a report; None: to be filled later."""
    return dag.AgGrid(
        rowData=[] if frame is None else records(frame),
        columnDefs=[_column(column) for column in spec.columns],
        defaultColDef={"sortable": True, "resizable": True, "minWidth": 96, "flex": 1},
        dashGridOptions={
            "suppressFieldDotNotation": True,
            "enableCellTextSelection": True,
            "ensureDomOrder": True,
            "animateRows": False,
            "suppressColumnVirtualisation": len(spec.columns) < 20,
        },
        className="card-grid",
        style={"height": "100%", "width": "100%"},
    )


def records(frame: pl.DataFrame) -> list[dict[str, Any]]:
    """The first rows as the browser gets them: days and instants in ISO form."""
    temporal = [
        pl.col(name).dt.strftime("%Y-%m-%d %H:%M:%S UTC")
        for name, dtype in frame.schema.items()
        if dtype == pl.Datetime
    ]
    return frame.head(ROWS).with_columns(temporal).with_columns(pl.col(pl.Date).cast(pl.String)).to_dicts()


def _column(column: Column) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "field": column.name,
        "headerName": column.name.replace("_", " "),
        "headerTooltip": f"{column.description} ({column.unit})" if column.unit else column.description,
    }
    if column.kind in _NUMBERS:
        form = _SHARE if column.unit == "share" else _NUMBERS[column.kind]
        value = f"params.value == null ? '' : d3.format('{form}')(params.value)"
        shown |= {"type": "rightAligned", "valueFormatter": {"function": value}}
    return shown

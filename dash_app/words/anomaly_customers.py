"""Customers who do not do as they used to: what came of each, against what was foreseen."""

from __future__ import annotations

import polars as pl

from ca_platform.catalogue.customer_anomalies import LEAST_CUSTOMERS, WINDOW_DAYS
from dash_app.records import Cell, Head, Listing, Look
from dash_app.words import anomalies as words
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.lists import NOTHING, name
from dash_app.words.rows import Row

MOST = 20
"""Rows of the list; the file has all."""
NO_CUSTOMER = (
    f"No customer stands out: what came in the last {WINDOW_DAYS} days is what was foreseen, or fewer than {LEAST_CUSTOMERS} "
    "customers can say what is usual."
)
_FIGURES = {
    "frequency": f"orders in {WINDOW_DAYS} days",
    "monetary": "order value",
    "recency": "days since the last order",
}


def reading(frame: pl.DataFrame, look: Look) -> str:
    """How many customers stand out, and in what."""
    if frame.is_empty():
        return NO_CUSTOMER
    form = formats(look)
    found = frame["client"].n_unique()
    of = form.count(int(str(frame["customers"].max() or 0)))
    counts = dict(frame.group_by("metric").len().iter_rows())
    parts = [f"{form.count(counts[metric])} by {_FIGURES[metric]}" for metric in _FIGURES if metric in counts]
    told = f"{', '.join(parts[:-1])} and {parts[-1]}" if len(parts) > 1 else parts[0]
    return f"{form.count(found)} of {of} customers {plural(found, 'does', 'do')} not do as was foreseen: {told}."


def listed(frame: pl.DataFrame, look: Look) -> Listing:
    """The oddest first; a name opens the customer."""
    form = formats(look)
    rows = frame.sort("rank").head(MOST)
    heads = (
        Head("Customer", is_number=False),
        Head("Figure", is_number=False),
        Head("Came"),
        Head("Foreseen"),
        Head("Usual range"),
        Head("So unusual", is_number=False),
    )
    note = f"{form.count(rows.height)} of {form.count(frame.height)} rows" if rows.height < frame.height else ""
    return Listing(heads, tuple(_line(row, form) for row in rows.iter_rows(named=True)), note)


def _line(row: Row, form: Formats) -> tuple[Cell, ...]:
    called = name(str(row["client"]))
    return (
        Cell(called.text, title=called.title, opens=("client", {"client": row["client"]})),
        Cell(_FIGURES[row["metric"]]),
        Cell(_written(row["actual"], row, form)),
        Cell(_written(row["expected"], row, form)),
        Cell(_range(row, form)),
        Cell("–" if row["p_value"] is None else words.rarity(row["p_value"], form).replace("day", "customer")),
    )


def _range(row: Row, form: Formats) -> str:
    """What would not be flagged; open where nothing would on that side."""
    low, high = (None if row[end] is None else _written(row[end], row, form) for end in ("low", "high"))
    if low is None and high is None:
        return NOTHING
    return f"{low} to {high}" if low and high else f"at least {low}" if low else f"at most {high}"


def _written(value: float | None, row: Row, form: Formats) -> str:
    if value is None:
        return NOTHING
    return form.money(value) if row["metric"] == "monetary" else form.mean(value)

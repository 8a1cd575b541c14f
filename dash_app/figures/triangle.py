"""Cohorts by age as a triangle: a row for each cohort, a column for each period since, the mean of all on top."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import polars as pl

from dash_app.figures.frame import TOP, figure, plain_axis
from dash_app.figures.maps import MAX_ROWS, TEXT_ROWS, colour_axis, label_axis, mean_axis
from dash_app.figures.opening import X, each, with_opening
from dash_app.figures.opening import rows as by_row
from dash_app.figures.triangle_layers import NOT_YET, CellRow, blank_row, dots, layers
from dash_app.records import Figure, Look
from dash_app.words import ages
from dash_app.words.ages import FEWEST
from dash_app.words.dates import Grain, day, month
from dash_app.words.formats import formats, plural

HEIGHT_OF_TRIANGLE = 560
_FEWEST_ROWS = 8
"""With fewer the rows stay so high as with these, and the columns are named below the last of them."""
_LEFT = 118
_BOTTOM = 56
_MEAN_HEIGHT = 24


@dataclass(frozen=True, slots=True)
class Triangle:
    """What the cells are.

    Attributes:
        measure: column of their values.
        grain: of cohorts and columns.
        what: the measure in words, above the chart.
        since: the event from which the columns count.
        first: offset of the first column. At offset 0 of a retention all customers are there: it is left out.
        unit: of the values: shares, amounts of money, or customers.
        rows: at most so many cohorts, the newest.
        opens: the number of the report that a cell opens.
    """

    measure: str
    grain: Grain
    what: str
    since: str
    first: int = 0
    unit: Literal["share", "money", "count"] = "share"
    rows: int = MAX_ROWS
    opens: str = "customers"

    @property
    def sign(self) -> str:
        """What stands behind the measure above the chart, for the cells have no room for it."""
        return {"share": " in %", "money": " in {currency}", "count": ""}[self.unit]


def triangle(frame: pl.DataFrame, look: Look, kind: Triangle) -> Figure:
    """Colours are on one scale for the whole table, without column 0, which would flatten it.

    Marks of cells: a dot where the period is still running; grey where the cohort is small; “…” where the time has not
    come. Columns that no cohort has reached are left out.
    """
    table = frame.filter(pl.col("offset") >= kind.first).sort("cohort", "offset")
    begun = table.filter(pl.col("is_partial").is_not_null())["offset"].unique().sort().to_list()
    offsets = begun or table["offset"].unique().sort().to_list()[:1]
    cohorts = table["cohort"].unique().sort().to_list()
    shown = cohorts[-kind.rows :]
    parts = table.filter(pl.col("cohort") >= shown[0]).partition_by("cohort", as_dict=True) if shown else {}
    rows = [_row(parts[(cohort,)], offsets, kind, look, _name(cohort, kind.grain)) for cohort in shown]
    mean = _mean(table, offsets, kind, look)
    with_text = len(shown) <= TEXT_ROWS
    mean_part = _MEAN_HEIGHT / (HEIGHT_OF_TRIANGLE - TOP - _BOTTOM)
    top = 1 - 1.6 * mean_part
    bottom = top * (1 - min(max(len(shown), 1) / _FEWEST_ROWS, 1))
    highest, is_cut = _highest([*rows, mean], offsets)
    unit = plural(2, kind.grain)
    notes = (
        f"{kind.what}{kind.sign.format(currency=look.currency)}, by {unit} since {kind.since}",
        f"newest {len(shown)} of {len(cohorts)} {unit}" if len(shown) < len(cohorts) else "",
        "dot: unfinished" if any(any(row.is_partial) for row in rows) else "",
        f"{NOT_YET}: not yet" if with_text and any(NOT_YET in row.texts for row in rows) else "",
        f"grey: fewer than {FEWEST} customers" if any(row.is_small for row in rows) else "",
        f"{kind.grain} 0 is beyond the scale" if is_cut else "",
    )
    opening = each(kind.opens, cohort=by_row(shown), offset=X)
    return figure(
        [
            *with_opening(layers(rows, offsets, "y", look, highest, with_text=with_text), opening),
            *layers([mean, blank_row(offsets)], offsets, "y2", look, highest, with_text=True),
            *dots(rows, offsets),
        ],
        look,
        notes,
        hovermode="closest",
        left=_LEFT,
        margin={"b": _BOTTOM},
        coloraxis=_colour_axis(highest, look, kind),
        xaxis=_columns(offsets, look),
        yaxis=_rows_axis(shown, rows, kind, look) | {"domain": [bottom, top]},
        # One row, and half a blank one to the rows below.
        yaxis2=mean_axis(look, mean.size, (1.1, -0.5)) | {"domain": [top, 1]},
    )


def _row(rows: pl.DataFrame, offsets: list[int], kind: Triangle, look: Look, name: str) -> CellRow:
    by_offset = {row["offset"]: row for row in rows.iter_rows(named=True)}
    size = int(rows["cohort_size"][0])
    cells = [by_offset.get(offset, {}) for offset in offsets]
    known = [cell.get(kind.measure) for cell in cells]
    return CellRow(
        size,
        values=[value if size >= FEWEST or kind.unit == "count" else None for value in known],
        texts=[_text(cell, kind, look) for cell in cells],
        hovers=[
            "" if value is None else f"{name}, {kind.grain} {offset}: {_said(cell, value, kind, look)}"
            for offset, value, cell in zip(offsets, known, cells, strict=True)
        ],
        is_partial=[value is not None and bool(cell["is_partial"]) for value, cell in zip(known, cells, strict=True)],
    )


def _mean(table: pl.DataFrame, offsets: list[int], kind: Triangle, look: Look) -> CellRow:
    """All cohorts whose cell is over, weighted by their size."""
    by_offset = {row["offset"]: row for row in _means(table, kind).iter_rows(named=True)}
    cells = [by_offset.get(offset) for offset in offsets]
    sizes = [row["cohort_size"] if row else 0 for row in cells]
    values = [row["rate"] if row and row["cohort_size"] >= FEWEST else None for row in cells]
    hovers = [
        "" if value is None else f"all, {kind.grain} {offset}: {_said_of_all(value, size, kind, look)}"
        for offset, value, size in zip(offsets, values, sizes, strict=True)
    ]
    texts = ["" if value is None else _short(value, kind, look) for value in values]
    return CellRow(max(sizes, default=0), values, texts, hovers, [False] * len(offsets))


def _means(table: pl.DataFrame, kind: Triangle) -> pl.DataFrame:
    """By offset: ``rate``, the mean of the measure over all cohorts, and the ``cohort_size`` behind it."""
    if kind.unit == "money":
        return ages.revenue_per_customer(table)
    if kind.unit == "count":
        return ages.mean_counts(table)
    return ages.come(table) if kind.measure == "cumulative_rate" else ages.mean_rates(table)


def _text(cell: dict[str, Any], kind: Triangle, look: Look) -> str:
    value = cell.get(kind.measure)
    if value is None:
        # A cohort without customers has no rate; one whose time has not come has no count either.
        return NOT_YET if cell and cell["is_partial"] is None else ""
    return _short(value, kind, look)


def _short(value: float, kind: Triangle, look: Look) -> str:
    """What stands in a cell: as few characters as tell it; the unit is above the chart."""
    form = formats(look)
    if kind.unit == "count":
        return form.compact(round(value))
    return form.compact(value) if kind.unit == "money" else form.share(value, 0).removesuffix("%")


def _write(value: float, kind: Triangle, look: Look) -> str:
    form = formats(look)
    return form.money(value) if kind.unit == "money" else form.share(value)


def _said_of_all(value: float, size: int, kind: Triangle, look: Look) -> str:
    form = formats(look)
    if kind.unit == "count":
        return f"{form.mean(value)} {plural(value, 'customer')} of a cohort on average"
    each = " a customer," if kind.unit == "money" else ""
    return f"{_write(value, kind, look)}{each} of {form.count(size)} customers"


def _said(cell: dict[str, Any], value: float, kind: Triangle, look: Look) -> str:
    size = formats(look).count(cell["cohort_size"])
    if kind.unit == "money":
        return f"{_write(value, kind, look)} a customer, of {size}"
    if kind.measure == "cumulative_rate":
        return f"{_write(value, kind, look)} of {size} so far"
    rate = "" if cell["rate"] is None else f" ({_write(cell['rate'], kind, look)})"
    return f"{formats(look).count(cell['customers'])} of {size}{rate}"


def _highest(rows: list[CellRow], offsets: list[int]) -> tuple[float, bool]:
    """The end of the scale, and whether column 0 goes beyond it."""
    start = 1 if offsets[:1] == [0] and len(offsets) > 1 else 0
    later = [value for row in rows for value in row.values[start:] if value is not None]
    first = [row.values[0] or 0.0 for row in rows if row.values][: len(rows) if start else 0]
    highest = max(later, default=0.0) or max(first, default=0.0) or 1.0
    return highest, any(value > highest for value in first)


def _colour_axis(highest: float, look: Look, kind: Triangle) -> dict[str, Any]:
    """On a phone there is no room for numbers in the cells: the scale always stands below."""
    before, after = formats(look).affixes if kind.unit == "money" else ("", "")
    bar = {
        "tickformat": "~s" if kind.unit != "share" else ".0%" if highest >= 0.05 else ".1%",
        "tickprefix": before,
        "ticksuffix": after,
        "y": 0,
        "yref": "container",
        "yanchor": "bottom",
        "ypad": 2,
    }
    return colour_axis(highest, look, bar)


def _columns(offsets: list[int], look: Look) -> dict[str, Any]:
    few = 18
    step = 1 if len(offsets) <= few // 2 else 2 if len(offsets) <= few else -(-len(offsets) // 12)
    ends = [offsets[0] - 0.5, offsets[-1] + 0.5] if offsets else [0, 1]
    return plain_axis(
        look, tickmode="linear", tick0=0, dtick=step, tickangle=0, range=ends, showline=False, ticks="", fixedrange=True
    ) | {"anchor": "y"}


def _name(cohort: date, grain: Grain) -> str:
    return f"{month(cohort)} {cohort.year}" if grain == "month" else day(cohort)


def _rows_axis(cohorts: list[date], rows: list[CellRow], kind: Triangle, look: Look) -> dict[str, Any]:
    form = formats(look)
    places = list(range(0, len(cohorts), max(-(-len(cohorts) // TEXT_ROWS), 1)))
    texts = [f"{_name(cohorts[place], kind.grain)} · {form.compact(rows[place].size)}" for place in places]
    return label_axis(look, places, texts, range=[max(len(cohorts), 1) - 0.5, -0.5])

"""Download cohorts as a heat map: a row for each week, a column for each milestone, their mean on top."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any, Literal

import polars as pl

from dash_app.figures.colours import scheme
from dash_app.figures.frame import BOTTOM, NOTE_SIZE, TOP, figure
from dash_app.figures.labels import label
from dash_app.figures.maps import MAX_ROWS, TEXT_ROWS, colour_axis, label_axis, mean_axis, row_gap, written
from dash_app.figures.opening import columns as by_column
from dash_app.figures.opening import opens
from dash_app.figures.opening import rows as by_row
from dash_app.records import Figure, Look
from dash_app.words import names
from dash_app.words.ages import FEWEST
from dash_app.words.dates import day
from dash_app.words.formats import formats

Within = Literal["7d", "30d", "ever"]

MAX_COLUMNS = 12
_WORDS = {"7d": "within 7 days", "30d": "within 30 days", "ever": "so far"}
_MEAN_GAP = 0.02
_NAME_LENGTH = 15
_LEFT = 118
HEIGHT_OF_COHORTS = 560


def cohorts(frame: pl.DataFrame, look: Look, within: Within) -> Figure:
    """``customer_funnel_conversion``: rate of each milestone by download week."""
    steps = names.milestones(frame["step"].unique().to_list())[:MAX_COLUMNS]
    table = rates(frame.filter(pl.col("step").is_in(steps)), within)
    weeks = table["cohort"].unique().sort().to_list()
    shown = weeks[-MAX_ROWS:]
    rows = {
        key[0]: part
        for key, part in table.filter(pl.col("cohort").is_in(shown)).partition_by("cohort", as_dict=True).items()
    }
    cells = [_row(rows[week], steps, within, look) for week in shown]
    mean = _row(weighted_mean(table), steps, within, look)
    with_text = len(shown) <= TEXT_ROWS
    height = HEIGHT_OF_COHORTS - TOP - BOTTOM
    mean_part = 24 / height
    highest = max((value for row in [*cells, mean] for value in row.values if value), default=1.0)
    notes = (
        f"share of the week's downloads {_WORDS[within]}",
        f"newest {len(shown)} of {len(weeks)} weeks" if len(shown) < len(weeks) else "",
        "…: too early to know" if table["is_censored"].any() else "",
        f"grey counts: fewer than {FEWEST}" if with_text and any(row.is_small for row in cells) else "",
    )
    return figure(
        [
            *(
                opens(f"customers_{within}", cohort=by_row(shown), step=by_column(steps)) | trace
                for trace in _layers(cells, [day(week) for week in shown], "y", look, highest, with_text=with_text)
            ),
            *_layers([mean], ["all"], "y2", look, highest, with_text=True),
        ],
        look,
        notes,
        hovermode="closest",
        left=_LEFT,
        margin={"b": BOTTOM + 8},
        coloraxis=colour_axis(highest, look, {"tickformat": ".0%", "y": -0.1, "yanchor": "top", "ypad": 0})
        | {"showscale": not with_text},
        xaxis=_columns(steps, look),
        yaxis=_rows_axis(shown, cells, look) | {"domain": [0, 1 - mean_part - _MEAN_GAP]},
        yaxis2=mean_axis(look, mean.size, (0.5, -0.5)) | {"domain": [1 - mean_part, 1]},
    )


@dataclass(frozen=True, slots=True)
class _Cells:
    """One row of the map: rates where they can be told, and what stands in every cell and its hover."""

    size: int
    values: list[float | None]
    texts: list[str]
    hovers: list[str]

    @property
    def is_small(self) -> bool:
        return 0 < self.size < FEWEST


def rates(frame: pl.DataFrame, within: Within) -> pl.DataFrame:
    """The columns of one span of time: ``customers``, ``rate``, ``is_censored`` beside cohort, step and size."""
    censored = pl.lit(value=False) if within == "ever" else pl.col(f"is_censored_{within}")
    return frame.select(
        "cohort",
        "step",
        "cohort_size",
        customers=pl.col(f"customers_{within}"),
        rate=pl.col(f"rate_{within}"),
        is_censored=censored,
    )


def weighted_mean(table: pl.DataFrame) -> pl.DataFrame:
    """All cohorts whose time has passed as one: its customers over its size, by step."""
    return (
        table.filter(~pl.col("is_censored"))
        .group_by("step", maintain_order=True)
        .agg(pl.col("cohort_size", "customers").sum())
        .with_columns(
            rate=pl.when(pl.col("cohort_size") > 0).then(pl.col("customers") / pl.col("cohort_size")),
            is_censored=pl.lit(value=False),
        )
    )


def _row(rows: pl.DataFrame, steps: list[str], within: Within, look: Look) -> _Cells:
    by_step = {row["step"]: row for row in rows.iter_rows(named=True)}
    found = [by_step.get(step) for step in steps]
    size = max((row["cohort_size"] for row in found if row), default=0)
    values = [row["rate"] if row and row["cohort_size"] >= FEWEST else None for row in found]
    texts = [_text(row, look) for row in found]
    hovers = [_hover(row, step, within, look) for row, step in zip(found, steps, strict=True)]
    return _Cells(size, values, texts, hovers)


def _text(row: dict[str, Any] | None, look: Look) -> str:
    if row is None or (row["cohort_size"] == 0 and not row["is_censored"]):
        return ""
    if row["is_censored"]:
        return "…"
    if row["cohort_size"] < FEWEST:
        return f"{row['customers']}/{row['cohort_size']}"
    return formats(look).share(row["rate"], 0)


def _hover(row: dict[str, Any] | None, step: str, within: Within, look: Look) -> str:
    name, form = label(names.step(step), 40), formats(look)
    if row is None or row["cohort_size"] == 0:
        return f"{name}: no downloads"
    if row["is_censored"]:
        return f"{name}: not {_WORDS[within].removeprefix('within ')} yet for all {form.count(row['cohort_size'])}"
    counts = f"{form.count(row['customers'])} of {form.count(row['cohort_size'])} {_WORDS[within]}"
    return f"{name}: {counts} ({form.share(row['rate'])})"


def _layers(
    rows: list[_Cells], titles: list[str], axis: str, look: Look, highest: float, *, with_text: bool
) -> list[dict[str, Any]]:
    """The coloured cells, and under them grey ones where there is no rate to show."""
    places = list(range(len(rows)))
    hovers = [[f"{title}<br>{text}" for text in row.hovers] for title, row in zip(titles, rows, strict=True)]
    grey = scheme(dark=look.dark)
    common = {
        "type": "heatmap",
        "y": places,
        "yaxis": axis,
        "xgap": 2,
        "ygap": row_gap(len(rows)),
        "customdata": hovers,
        "hovertemplate": "%{customdata}<extra></extra>",
        "hoverongaps": False,
    }
    empty = [[0 if value is None else None for value in row.values] for row in rows]
    known = [
        [text if value is not None else "" for value, text in zip(row.values, row.texts, strict=True)] for row in rows
    ]
    unknown = [
        [text if value is None else "" for value, text in zip(row.values, row.texts, strict=True)] for row in rows
    ]
    layers: list[dict[str, Any]] = []
    if any(cell is not None for row in empty for cell in row):
        layers.append(
            common
            | {
                "name": "no rate",
                "z": empty,
                "colorscale": [[0, grey.pale], [1, grey.pale]],
                "showscale": False,
                "text": unknown,
                "texttemplate": "%{text}" if with_text else "",
                "textfont": {"color": grey.muted, "size": 11},
            }
        )
    coloured = common | {"name": "rate", "z": [row.values for row in rows], "coloraxis": "coloraxis"}
    if not with_text:
        return [*layers, coloured]
    scale = [[None if value is None else value / highest for value in row.values] for row in rows]
    return [*layers, *written(coloured | {"textfont": {"size": 12}}, known, scale)]


def _columns(steps: list[str], look: Look) -> dict[str, Any]:
    return label_axis(
        look,
        range(len(steps)),
        [label(names.step(step), _NAME_LENGTH).replace(" ", "<br>", 1) for step in steps],
        tickangle=0 if len(steps) <= 5 else -45,
        tickfont={"color": scheme(dark=look.dark).muted, "size": NOTE_SIZE if len(steps) < 5 else NOTE_SIZE - 1},
        anchor="y",
    )


def _rows_axis(weeks: list[date], cells: list[_Cells], look: Look) -> dict[str, Any]:
    step = -(-len(weeks) // TEXT_ROWS)
    places = list(range(0, len(weeks), step))
    form = formats(look)
    texts = [f"{day(weeks[place])} · {form.compact(cells[place].size)}" for place in places]
    return label_axis(look, places, texts, range=[len(weeks) - 0.5, -0.5])

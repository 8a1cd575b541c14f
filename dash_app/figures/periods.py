"""Tables by period: which rows are finished, and an earlier report moved under the shown one."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dash_app.records import Look
from dash_app.words.dates import Grain, apart, later
from dash_app.words.formats import plural

MEAN_DAYS = 7


@dataclass(frozen=True, slots=True)
class Stretches:
    """Rows of one series cut at its unfinished ends.

    Attributes:
        whole: the finished periods.
        unfinished: the others, at either end.
        bridges: two neighbouring rows each, from a finished period to an unfinished one or between two of these.
    """

    whole: pl.DataFrame
    unfinished: pl.DataFrame
    bridges: tuple[pl.DataFrame, ...]


def stretches(rows: pl.DataFrame) -> Stretches:
    """Cut at ``is_partial``; rows are in the order of time."""
    flags = rows["is_partial"].to_list()
    bridges = tuple(rows[index : index + 2] for index in range(len(flags) - 1) if flags[index] or flags[index + 1])
    return Stretches(rows.filter(~pl.col("is_partial")), rows.filter("is_partial"), bridges)


def moved(frame: pl.DataFrame, look: Look, column: str, grain: Grain) -> pl.DataFrame | None:
    """The earlier report with its periods moved so that its last one lies under the shown report's last.

    Only what lies within the shown report's time is kept; how far it was moved is in ``was``, in words. None without
    comparison, or where both days lie in the same period: then the two say the same.
    """
    if look.compare is None or look.compare.is_empty() or frame.is_empty() or not look.day or not look.compare_day:
        return None
    distance = apart(look.day, look.compare_day, grain)
    if distance == 0:
        return None
    names = look.compare[column].unique().to_list()
    places = pl.DataFrame(
        {column: names, "__to": [later(name, distance, grain) for name in names]},
        schema={column: pl.Date, "__to": pl.Date},
    )
    return (
        look.compare.join(places, on=column, maintain_order="left")
        .with_columns(was=pl.lit(_distance(distance, grain)))
        .drop(column)
        .rename({"__to": column})
        .filter(pl.col(column).is_between(frame[column].min(), frame[column].max()))
    )


def _distance(periods: int, grain: Grain) -> str:
    return f"{abs(periods)} {plural(abs(periods), grain)} {'earlier' if periods > 0 else 'later'}"


def ago(rows: pl.DataFrame) -> str:
    """How far moved rows were moved: 13 weeks earlier."""
    return str(rows["was"][0]) if rows.height else ""


def trailing_mean(frame: pl.DataFrame, measure: str) -> pl.DataFrame:
    """Finished days with the mean of ``measure`` over them and the six days before in ``mean``.

    The first six days have none; rows are consecutive days. A day without a value leaves the days after it without one.
    """
    finished = frame.filter(~pl.col("is_partial")) if "is_partial" in frame.columns else frame
    return finished.with_columns(mean=pl.col(measure).cast(pl.Float64).rolling_mean(MEAN_DAYS)).drop_nulls("mean")

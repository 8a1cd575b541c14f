"""Cohorts by age as curves: all of them, the newest ones, and an earlier report dotted."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl

from dash_app.figures.frame import HEIGHT, plain_axis
from dash_app.figures.lines import lines
from dash_app.figures.traces import Line, Scale
from dash_app.records import Figure, Look
from dash_app.words import ages
from dash_app.words.dates import Grain, day, month
from dash_app.words.formats import formats, plural

_SINGLE = 3
_SINCE = "the first order"
_FEWEST_CELLS = 2


def too_few(frame: pl.DataFrame, first: int = 0) -> bool:
    """Whether no point from the offset ``first`` on rests on enough customers for a curve."""
    cells = ages.over(frame).filter(pl.col("offset") >= first)
    sizes = cells.group_by("offset").agg(pl.col("cohort_size").sum())
    return sizes.filter(pl.col("cohort_size") >= ages.FEWEST).is_empty()


def come(frame: pl.DataFrame, look: Look, grain: Grain, what: str, since: str, age: int) -> Figure:
    """Which part has come by each age: of all cohorts, and of the newest ones.

    Args:
        what: the part in words, above the chart.
        age: the newest cohorts are those that are at least so old.
    """
    scale = _scale(f"{what}, by {plural(2, grain)} since {since}", ".1%")
    series = [Line("all", _rows(ages.come(frame)), _earlier(ages.come, look))]
    reached = ages.last_offset(frame, age)
    late, early = ages.newest(frame, reached or 0, ages.NEWEST[grain])
    if early.height:
        series.append(Line(f"newest {ages.NEWEST[grain]}", _rows(ages.come(late))))
    notes = (f"newest: cohorts from {reached} {plural(reached or 0, grain)} of age on",) if early.height else ()
    return lines(series, scale, look, notes, places=_axis(series, look, grain, since))


def retention(frame: pl.DataFrame, look: Look, grain: Grain, height: int = HEIGHT) -> Figure:
    """The part that orders again at each age: the mean of all cohorts and the newest single ones."""
    again = frame.filter(pl.col("offset") > 0)
    scale = _scale(f"share of the cohort that orders, by {plural(2, grain)} since {_SINCE}", ".1%")
    series = [
        Line("all", _rows(ages.mean_rates(again)), _earlier(_again, look)),
        *_single(again, "rate", grain),
    ]
    return _by_cohort(series, scale, look, grain, height)


def revenue(frame: pl.DataFrame, look: Look, height: int = HEIGHT) -> Figure:
    """What a customer has brought by each age: the mean of all cohorts and the newest single ones."""
    form = formats(look)
    before, after = form.affixes
    scale = replace(
        _scale(f"revenue per customer so far, by months since {_SINCE}", f",.{form.minor_digits}f"),
        before=before,
        after=after,
        share=False,
        money=True,
    )
    series = [
        Line("all", _rows(ages.revenue_per_customer(frame)), _earlier(ages.revenue_per_customer, look)),
        *_single(frame, "cumulative_revenue_per_customer", "month"),
    ]
    return _by_cohort(series, scale, look, "month", height)


def _by_cohort(series: list[Line], scale: Scale, look: Look, grain: Grain, height: int) -> Figure:
    return lines(series, scale, look, ("all: mean by size",), height, places=_axis(series, look, grain, _SINCE))


def _again(frame: pl.DataFrame) -> pl.DataFrame:
    return ages.mean_rates(frame.filter(pl.col("offset") > 0))


def _rows(means: pl.DataFrame) -> pl.DataFrame:
    """A curve as far as it rests on enough customers."""
    known = means.filter(pl.col("cohort_size") >= ages.FEWEST)
    return known.select("offset", "rate", is_partial=pl.lit(value=False))


def _single(frame: pl.DataFrame, measure: str, grain: Grain) -> list[Line]:
    """The newest cohorts that have a curve yet, newest first: a cell that is over, and another, finished or not."""
    known = frame.filter(pl.col(measure).is_not_null() & (pl.col("cohort_size") >= ages.FEWEST))
    is_long = known.group_by("cohort").len().filter(pl.col("len") >= _FEWEST_CELLS)
    cohorts = ages.over(known).join(is_long, on="cohort", how="semi")["cohort"].unique().sort(descending=True)
    return [
        Line(
            f"{month(cohort)} {cohort.year}" if grain == "month" else day(cohort),
            known.filter(pl.col("cohort") == cohort).sort("offset").select("offset", "is_partial", rate=measure),
        )
        for cohort in cohorts.to_list()[:_SINGLE]
    ]


def _earlier(means: Any, look: Look) -> pl.DataFrame | None:
    if look.compare is None or look.compare.is_empty() or look.compare_day is None:
        return None
    return _rows(means(look.compare)).with_columns(was=pl.lit(f"as of {day(look.compare_day)}"))


def _scale(unit: str, number: str) -> Scale:
    return Scale("offset", "rate", unit, None, number=number, share=True)


def _axis(series: list[Line], look: Look, grain: Grain, since: str) -> dict[str, Any]:
    """Whole ages, with room for the points at both ends."""
    places = [place for line in series for place in line.rows["offset"].to_list()]
    first, last = min(places, default=0), max(places, default=1)
    room = max((last - first) * 0.02, 0.3)
    return plain_axis(
        look,
        tickmode="linear",
        tick0=0,
        dtick=next(step for step in (1, 2, 3, 4, 6, 8, 13, 26, last or 1) if (last - first) / step <= 8),
        range=[first - room, last + room],
        unifiedhovertitle={"text": f"{grain} %{{x}} since {since}"},
        fixedrange=True,
    )

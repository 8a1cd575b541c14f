"""``/cohorts``: how soon customers order first, and again. Of the eight ways one is shown, the one that is chosen."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

import polars as pl

from dash_app.figures.blank import without
from dash_app.figures.curves import come, too_few
from dash_app.figures.triangle import HEIGHT_OF_TRIANGLE, Triangle, triangle
from dash_app.filters import CellMetric, CohortFilters, CohortGrain, Filters
from dash_app.records import Card, Figure, Look, Page
from dash_app.words import cohorts as words
from dash_app.words.ages import FEWEST

_NUMBERS: tuple[words.Number, ...] = (0, 1, 2, 3)
_GRAINS: tuple[CohortGrain, ...] = ("week", "day")
_WORDS: dict[CohortGrain, str] = {"day": "daily", "week": "weekly"}


def _report(number: words.Number, grain: CohortGrain) -> str:
    """Name of the report whose cohorts begin with the download or an order."""
    return f"{_WORDS[grain]}_cohort_" + (f"from_{number}_to_{number + 1}" if number else "downloads")


def _empty(number: words.Number) -> str:
    return f"No customer has got to {words.start(number)} in this time."


def _cells(metric: CellMetric, grain: CohortGrain, since: str) -> Triangle:
    if metric == "customers":
        return Triangle("customers", grain, "customers of the cohort who come", since, unit="count")
    if metric == "cumulative":
        return Triangle("cumulative_rate", grain, "share of the cohort up to then", since, opens="cumulative_rate")
    return Triangle("rate", grain, "share of the cohort", since)


def _draw(frame: pl.DataFrame, look: Look, grain: CohortGrain, since: str) -> Figure:
    return triangle(frame, look, _cells(CohortFilters.of(look.filters).metric, grain, since))


def _is_chosen(filters: Filters, number: words.Number, grain: CohortGrain) -> bool:
    chosen = CohortFilters.of(filters)
    return (chosen.kind, chosen.by) == (f"{number}-{number + 1}", grain)


def _triangle(number: words.Number, grain: CohortGrain) -> Card:
    since = words.start(number)
    return Card(
        id=f"cohorts-{number}-{number + 1}-{_WORDS[grain]}",
        report=_report(number, grain),
        title=f"From {since} to {words.order(number + 1)}, {_WORDS[grain]}",
        reading=partial(words.cohorts, grain=grain, number=number),
        figure=partial(_draw, grain=grain, since=since),
        height=HEIGHT_OF_TRIANGLE,
        empty=_empty(number),
        is_empty=without("cohort_size"),
        is_shown=partial(_is_chosen, number=number, grain=grain),
    )


def _curve(number: words.Number, grain: CohortGrain) -> Card:
    since, until = words.start(number), words.order(number + 1)
    return Card(
        id=f"cohorts-{number}-{number + 1}-{_WORDS[grain]}-curve",
        report=_report(number, grain),
        title=f"Up to {until}, {_WORDS[grain]}",
        reading=partial(words.newest, grain=grain, number=number),
        figure=partial(come, grain=grain, what=f"share with {until}", since=since, age=words.AGES[grain]),
        height=HEIGHT_OF_TRIANGLE,
        empty=f"Fewer than {FEWEST} customers with {since} can be followed yet.",
        is_empty=too_few,
        is_shown=partial(_is_chosen, number=number, grain=grain),
    )


def _cards() -> Iterator[Card]:
    """Each way as a triangle and, beside it, as curves."""
    for number in _NUMBERS:
        for grain in _GRAINS:
            yield from (_triangle(number, grain), _curve(number, grain))


COHORTS = Page("/cohorts", tuple(_cards()), CohortFilters)

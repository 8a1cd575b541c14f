"""``/cohorts``: how soon customers order first, and again."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from dash_app.figures.blank import without
from dash_app.figures.curves import come, too_few
from dash_app.figures.triangle import HEIGHT_OF_TRIANGLE, Triangle, triangle
from dash_app.records import Card, Page
from dash_app.words import cohorts as words
from dash_app.words.ages import FEWEST
from dash_app.words.dates import Grain

_NUMBERS: tuple[words.Number, ...] = (0, 1, 2, 3)
_WORDS: dict[Grain, str] = {"day": "daily", "week": "weekly"}


def _report(number: words.Number, grain: Grain) -> str:
    """Name of the report whose cohorts begin with the download or an order."""
    return f"{_WORDS[grain]}_cohort_" + (f"from_{number}_to_{number + 1}" if number else "downloads")


def _empty(number: words.Number) -> str:
    return f"No customer has got to {words.start(number)} in this time."


def _triangle(number: words.Number, grain: Grain) -> Card:
    since = words.start(number)
    return Card(
        id=f"cohorts-{number}-{number + 1}-{_WORDS[grain]}",
        report=_report(number, grain),
        title=f"From {since} to {words.order(number + 1)}, {_WORDS[grain]}",
        reading=partial(words.cohorts, grain=grain, number=number),
        figure=partial(triangle, kind=Triangle("rate", grain, "share of the cohort", since)),
        height=HEIGHT_OF_TRIANGLE,
        empty=_empty(number),
        is_empty=without("cohort_size"),
    )


def _curve(number: words.Number, grain: Grain) -> Card:
    since, until = words.start(number), words.order(number + 1)
    return Card(
        id=f"cohorts-{number}-{number + 1}-{_WORDS[grain]}-curve",
        report=_report(number, grain),
        title=f"Up to {until}, {_WORDS[grain]}",
        reading=partial(words.newest, grain=grain, number=number),
        figure=partial(come, grain=grain, what=f"share with {until}", since=since, age=words.AGES[grain]),
        empty=f"Fewer than {FEWEST} customers with {since} can be followed yet.",
        is_empty=too_few,
    )


def _cards(number: words.Number) -> Iterator[Card]:
    """One way: its triangles side by side, its curves below them."""
    yield from (_triangle(number, "week"), _triangle(number, "day"))
    yield from (_curve(number, "week"), _curve(number, "day"))


COHORTS = Page("/cohorts", tuple(card for number in _NUMBERS for card in _cards(number)))

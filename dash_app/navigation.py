"""From an address to what the shell shows: the page, its state, and the choices that the controls offer.

What belongs here: everything that depends on the address, as plain values. What does not: components (``shell``,
``cards``) and the wiring (``callbacks``).
"""

from __future__ import annotations

import logging
import secrets
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from ca_platform.catalogue import report_spec
from ca_platform.errors import CaPlatformError
from ca_platform.store import Dimension
from dash_app.filters import MOST_CHOICES, Control, Filters
from dash_app.opened import opened_in
from dash_app.pages import PAGES
from dash_app.reader import Reader
from dash_app.records import Card, Page, Shared
from dash_app.shell import EVERYTHING
from dash_app.state import LONGEST, View, parse
from dash_app.words.names import NO_VALUE

_LOG = logging.getLogger("ca_platform.dashboards")
_PRESETS = ((1, "Day before"), (7, "Week before"), (28, "4 weeks before"), (364, "Year before, same weekday"))


@dataclass(frozen=True, slots=True)
class Place:
    """Where the reader is.

    Attributes:
        page: None where there is no such page.
        asked: what the address asks for, sensible parts only.
        day: the day that is shown; None: nothing is computed, or the store does not say.
        days: those that exist, ascending.
        dimensions: values to choose from on that day.
        choices: values of the page's filters that come from reports of that day.
        notices: sentences about what was left out or cannot be had.
    """

    page: Page | None
    asked: View
    day: date | None = None
    days: tuple[date, ...] = ()
    dimensions: tuple[Dimension, ...] = ()
    choices: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    notices: tuple[str, ...] = ()

    @property
    def cards(self) -> tuple[Card, ...]:
        """The cards of the page that its filters show."""
        return self.page.shown(self.asked.filters) if self.page else ()

    @property
    def uses(self) -> frozenset[Shared]:
        """Which of the choices that pages share mean something here."""
        return self.page.uses(self.asked.filters) if self.page else frozenset()

    @property
    def compare(self) -> date | None:
        """The earlier day to compare with."""
        return self.asked.compare if self.day and self.asked.compare and self.asked.compare < self.day else None

    @property
    def view(self) -> View:
        """What the cards show: the day is no longer open."""
        return self.asked.model_copy(update={"date": self.day, "compare": self.compare})

    def neighbour(self, *, later: bool) -> date | None:
        """The next day with reports, before or after the shown one."""
        if self.day is None:
            return None
        beyond = [day for day in self.days if (day > self.day if later else day < self.day)]
        return (min if later else max)(beyond, default=None)


def place(reader: Reader, route: str | None, query: str | None, dimensions: tuple[str, ...]) -> Place:
    """Where an address leads. A store that fails gives a notice, not an error: the cards say the rest."""
    page = PAGES.get(_normal(route))
    asked, notices = parse(query, dimensions, page.filters if page else Filters)
    if page is None:
        return Place(None, asked)
    choices: Mapping[str, tuple[str, ...]] = {}
    days: tuple[date, ...] = ()
    values: tuple[Dimension, ...] = ()
    day = asked.date
    try:
        reports = _reports(page, asked.filters)
        days = reader.days(reports)
        day = day or (days[-1] if days else None)
        if day:
            values = reader.dimensions((name for name in reports if report_spec(name).by_dimension), day)
            choices = _choices_of(reader, page, day, asked.dimension)
    except CaPlatformError as error:
        identity = secrets.token_hex(4)
        _LOG.error("the store does not say which days there are", extra={"id": identity}, exc_info=error)
        notices += (f"The document store does not answer. The log has the details: id {identity}.",)
    late = day is not None and asked.compare is not None and asked.compare >= day
    if late:
        notices += (f"compare={asked.compare} was left out: it is not before {day}.",)
    asked, unknown = _known(asked, choices)
    return Place(page, asked, day, days, values, choices, notices + unknown)


def _reports(page: Page, filters: Filters) -> tuple[str, ...]:
    """The reports whose days and values can be chosen on the page: that of the number whose list it shows, or all."""
    opened = opened_in(filters)
    return (opened.report,) if opened else tuple(card.report for card in page.cards if card.shows is None)


def controls(here: Place) -> list[dict[str, Any]]:
    """What can be chosen on the page: label, choices and what is chosen. Where all are one, nothing is offered."""
    filters = here.asked.filters
    offered: list[dict[str, Any]] = [
        {
            "name": name,
            "label": control.label,
            "value": filters.value(name),
            "standard": type(filters)().value(name),
            "choices": _offered(control, filters.value(name), here.choices.get(name, ())),
            "is_long": bool(control.report),
        }
        for name, control in filters.controls().items()
    ]
    return [control for control in offered if len(control["choices"]) > 1 + control["is_long"]]


def _offered(control: Control, chosen: str | None, found: tuple[str, ...]) -> list[dict[str, str | None]]:
    """Value and label of each choice. Of many that are data the first, the one that is chosen, and the null value."""
    if not control.report:
        return [{"value": value, "label": label} for value, label in control.names.items()]
    offered = found[:MOST_CHOICES] + tuple(value for value in found[MOST_CHOICES:] if value in ("", chosen))
    choices: list[dict[str, str | None]] = [{"value": value, "label": value or NO_VALUE} for value in offered]
    return [{"value": None, "label": control.nothing}, *choices]


def _choices_of(reader: Reader, page: Page, day: date, dimension: Dimension) -> dict[str, tuple[str, ...]]:
    """Choices that are data, in the order of their report."""
    found = {}
    for name, control in page.filters.controls().items():
        if control.report:
            stored = reader.report(control.report, day, dimension)
            values = stored.frame[control.column] if stored else ()
            found[name] = tuple(dict.fromkeys("" if value is None else str(value) for value in values))
    return found


def _known(asked: View, choices: Mapping[str, tuple[str, ...]]) -> tuple[View, tuple[str, ...]]:
    """What is asked without choices that are not in the data, and a sentence about each of these."""
    chosen = asked.filters.chosen()
    unknown = [name for name in choices if name in chosen and chosen[name] not in choices[name]]
    if not unknown:
        return asked, ()
    left = asked.filters.model_copy(update={name: type(asked.filters)().value(name) for name in unknown})
    asked_for = {name: chosen[name][:LONGEST] or NO_VALUE for name in unknown}
    notices = tuple(f"{name}={text} was left out: there is none on this day." for name, text in asked_for.items())
    return asked.model_copy(update={"filters": left}), notices


def day_choices(here: Place) -> dict[str, Any]:
    """First and last day of the day picker, and those between that do not exist."""
    return _choices(here.days)


def compare_choices(here: Place) -> dict[str, Any]:
    """The same for the comparison: earlier days alone, and the usual ones by name."""
    earlier = tuple(known for known in here.days if here.day and known < here.day)
    there = set(earlier)
    presets = [
        {"value": str(day), "label": label}
        for back, label in _PRESETS
        if here.day and (day := here.day - timedelta(days=back)) in there
    ]
    return _choices(earlier) | {"presets": presets, "disabled": not earlier}


def dimension_names(dimensions: Iterable[str]) -> list[dict[str, str]]:
    """The first of the two choices: the whole shop, or a dimension."""
    return [{"value": EVERYTHING, "label": "Whole shop"}, *({"value": name, "label": name} for name in dimensions)]


def dimension_values(here: Place) -> dict[str, list[dict[str, str]]]:
    """The second, by dimension. The value that is shown is among them even where it does not exist on the day."""
    found: dict[str, list[dict[str, str]]] = {}
    shown = here.asked.dimension
    for dimension in here.dimensions + (() if shown.is_main or shown in here.dimensions else (shown,)):
        label = NO_VALUE if dimension.value is None else dimension.value
        found.setdefault(dimension.name, []).append({"value": str(dimension), "label": label})
    return found


def _choices(days: tuple[date, ...]) -> dict[str, Any]:
    if not days:
        return {"minDate": None, "maxDate": None, "disabledDates": []}
    first, last, there = days[0], days[-1], set(days)
    span = (first + timedelta(days=offset) for offset in range((last - first).days))
    return {
        "minDate": str(first),
        "maxDate": str(last),
        "disabledDates": [str(day) for day in span if day not in there],
    }


def _normal(route: str | None) -> str:
    return "/" + (route or "").strip("/")

"""What a card shows: the report turned into a figure or tiles, or the reason why there is nothing to draw.

What belongs here: loading, the four states and the cache. What does not: components (``cards``) and how a figure is
drawn (``figures``). One card's failure stays its own: it is logged under an id, and the reader sees that id alone.
"""

from __future__ import annotations

import logging
import secrets
import time
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Literal

from ca_platform.catalogue import missing_inputs, report_spec
from ca_platform.errors import CaPlatformError, HistoryError, ReportError
from ca_platform.store import CUSTOMER_REPORT, MAIN, CustomerPage, CustomerQuery, Dimension
from dash_app import messages
from dash_app.customers import BLOCK, first, query_of
from dash_app.figures.opening import with_opening
from dash_app.grid import records
from dash_app.lists import Listed, Lists
from dash_app.messages import Message
from dash_app.opened import opened_in
from dash_app.plain import dressed
from dash_app.reader import Kept, Reader, Stored
from dash_app.records import Card, Figure, Listing, Look, Tile
from dash_app.state import View
from dash_app.words.formats import Formats

if TYPE_CHECKING:
    from datetime import date

    import polars as pl

    from ca_platform.settings import Settings

Verdict = Literal["ready", "empty", "missing", "error"]

_KEPT = 512
# Days before the shown one may be computed again without the shown one's version changing.
_HISTORY_SECONDS = 60
# This report has rows of every dimension value that has a session.
_OF_EVERY_VALUE = "kpis"
# Reports of this family have values only where the settings ask for them.
_COMPARED = "ab_tests"
_LOG = logging.getLogger("ca_platform.dashboards")


@dataclass(frozen=True, slots=True)
class Answer:
    """What a card shows.

    Attributes:
        verdict: the state of the card once it is drawn.
        reading: one sentence about the numbers.
        note: what the reader has to know besides, such as a comparison that does not exist.
        figure, tiles, listing: what is drawn, when the verdict is ``ready``.
        message: what stands in the card otherwise.
    """

    verdict: Verdict
    reading: str = ""
    note: str = ""
    figure: Figure | None = None
    tiles: tuple[Tile, ...] = ()
    listing: Listing | None = None
    message: Message | None = None


@dataclass(frozen=True, slots=True)
class Question:
    """A card on a day, and what else the address asks for."""

    card: Card
    day: date
    view: View
    dark: bool = False

    @property
    def dimension(self) -> Dimension:
        """What the card is about."""
        return scope(self.card, self.view)


@dataclass(frozen=True, slots=True)
class Found:
    """The reports behind a card: its own, the same of the earlier day, the second one."""

    own: Stored
    compare: Stored | None
    also: Stored | None

    @property
    def versions(self) -> tuple[str | None, ...]:
        """They change whenever one of the reports changes."""
        return tuple(stored.version if stored else None for stored in (self.own, self.compare, self.also))


class Answers:
    """Makes and keeps what the cards show.

    Args:
        locale: BCP 47 tag for numbers and dates.

    Attributes:
        zone: the shop's time zone.
        form: how the shop writes its numbers.
    """

    def __init__(self, settings: Settings, reader: Reader, locale: str) -> None:
        self._settings = settings
        self._reader = reader
        self._locale = locale
        self._kept: Kept[Answer] = Kept(_KEPT)
        self.zone = settings.business.time_zone
        self.form = Formats(settings.business.currency, locale)
        self.lists = Lists(settings)

    def of(self, card: Card, view: View, *, dark: bool = False) -> Answer:
        """What the card shows in this view. Never raises: a failure is an answer too."""
        try:
            return self._answer(card, view, dark=dark)
        except Exception as error:  # noqa: BLE001 (the other cards of the page must not suffer from this one)
            return Answer("error", message=messages.failed(_logged(card, error)))

    def rows(self, card: Card, view: View) -> pl.DataFrame | None:
        """The rows that the card shows in this view, None where there is no report."""
        day = view.date or self._newest(card)
        question = Question(card, day, view) if day else None
        found = self._found(question) if question else None
        return card.rows(found.own.frame, self._look(question, found)) if question and found else None

    def page(self, card: Card, view: View, request: Mapping[str, Any]) -> dict[str, Any]:
        """Rows that a long table asks for. Of a failure the card itself tells: here it is no more rows."""
        try:
            page = self._page(view, query_of(request, card.spec, self.zone))
        except CaPlatformError as error:
            _logged(card, error)
            return {"rowData": [], "rowCount": 0}
        return {"rowData": records(page.rows, self.zone), "rowCount": page.total}

    def listed(self, view: View) -> Listed | None:
        """The number whose list the view shows; None where it shows all customers, or nothing is computed."""
        opened = opened_in(view.filters)
        if opened is None:
            return None
        days = () if view.date else self._reader.days((opened.report,))
        day = view.date or (days[-1] if days else None)
        by_dimension = report_spec(opened.report).by_dimension
        return Listed(opened, day, view.dimension if by_dimension else MAIN) if day else None

    def _page(self, view: View, query: CustomerQuery) -> CustomerPage:
        listed = self.listed(view)
        return self._reader.customers(query) if listed is None else self.lists.page(listed, query)

    def _answer(self, card: Card, view: View, *, dark: bool) -> Answer:
        if lacking := missing_inputs(card.spec, self._settings):
            return Answer("missing", message=messages.not_connected(lacking, self._settings))
        if card.kind == "table":
            return self._table(card, view)
        day = view.date or self._newest(card)
        if day is None:
            return Answer("missing", message=messages.nothing_computed())
        question = Question(card, day, view, dark)
        found = self._found(question)
        if found is None:
            return self._without_report(question)
        if not _is_whole(card, found.own):
            return Answer("missing", message=messages.outdated(card.report, day))
        key = (card.id, day, question.dimension, view.compare, view.filters, dark, found.versions, _period(card))
        return self._kept.get(key, lambda: self._make(question, found))

    def _table(self, card: Card, view: View) -> Answer:
        """A table of customers, orders or deliveries: the rows come by themselves, this says what they are."""
        listed = self.listed(view)
        try:
            page = self._page(view, CustomerQuery(sort=first(card.spec), limit=BLOCK))
        except (ReportError, HistoryError) as error:
            return Answer("missing", message=messages.cannot_open(str(error)))
        if page.day is None and listed is None:
            return Answer("missing", message=messages.nothing_computed())
        look = Look(
            currency=self._settings.business.currency,
            locale=self._locale,
            zone=self.zone,
            day=listed.day if listed else page.day,
            filters=view.filters,
            dimension=listed.dimension if listed else MAIN,
            total=page.total,
        )
        reading = card.reading(page.rows, look)
        if not page.total:
            return Answer("empty", message=messages.nothing_in_period(reading if listed else card.empty))
        shown = listed.day if listed else view.date
        notes = [messages.other_day(page.day)] if shown not in (None, page.day) else []
        if page.day is not None and card.report == CUSTOMER_REPORT:
            notes += messages.kept_values(self.lists.kept_values(page.day))
        return Answer("ready", reading=reading, note=" ".join(notes))

    def _found(self, question: Question) -> Found | None:
        """The reports of the card, None where its own is not computed."""
        card, dimension = question.card, question.dimension
        own = self._reader.report(card.report, question.day, dimension)
        if own is None:
            return None
        earlier = question.view.compare
        compare = self._reader.report(card.report, earlier, dimension) if earlier else None
        compare = compare if compare is not None and _is_whole(card, compare) else None
        return Found(own, compare, self._also(card, question) if card.also else None)

    def _also(self, card: Card, question: Question) -> Stored | None:
        """The second report, of the dimension value where it exists by dimension."""
        scope = question.dimension if report_spec(card.also).by_dimension else MAIN
        return self._reader.report(card.also, question.day, scope)

    def _make(self, question: Question, found: Found) -> Answer:
        card = question.card
        if card.is_empty(found.own.frame):
            reason = card.why_empty(found.own.frame) if card.why_empty else card.empty
            return Answer("empty", message=messages.nothing_in_period(reason))
        look = self._look(question, found)
        frame = card.rows(found.own.frame, look)
        if card.is_empty(frame):
            return Answer("empty", message=messages.nothing_chosen(question.view, card.none_left))
        earlier = question.view.compare
        notes = [messages.no_comparison(earlier)] if earlier and found.compare is None else []
        notes.append(messages.first_contact(card.report, self._settings))
        return Answer(
            "ready",
            reading=card.reading(frame, look),
            note=" ".join(filter(None, notes)),
            figure=dressed(_drawn(card, card.figure(frame, look)), look) if card.figure else None,
            tiles=card.tiles(frame, look) if card.tiles else (),
            listing=card.listing(frame, look) if card.listing else None,
        )

    def _look(self, question: Question, found: Found) -> Look:
        card, day = question.card, question.day
        look = Look(
            dark=question.dark,
            currency=self._settings.business.currency,
            locale=self._locale,
            zone=self.zone,
            day=day,
            history=self._reader.history(card.report, day, card.history, question.dimension) if card.history else None,
            also=found.also.frame if found.also else None,
            filters=question.view.filters,
            dimension=question.dimension,
            alpha=self._settings.reports.ab_test.alpha,
            budget=self._settings.reports.anomaly.false_alarms_per_30_days,
        )
        if found.compare is None:
            return look
        return replace(look, compare_day=question.view.compare, compare=card.rows(found.compare.frame, look))

    def _newest(self, card: Card) -> date | None:
        days = self._reader.days((card.report,))
        return days[-1] if days else None

    def _without_report(self, question: Question) -> Answer:
        """Why there is none. Of a dimension value that has sessions, a report without a row is not stored."""
        card, day, dimension = question.card, question.day, question.dimension
        if dimension.is_main or self._reader.version(card.report, day, MAIN) is None:
            return Answer("missing", message=messages.not_computed(card.report, day))
        if card.spec.family == _COMPARED and not self._settings.reports.ab_test.by_dimension:
            return Answer("missing", message=messages.not_by_value(self._settings, question.view))
        if self._reader.version(_OF_EVERY_VALUE, day, dimension) is not None:
            return Answer("empty", message=messages.nothing_in_period(card.empty))
        return Answer("missing", message=messages.no_such_value(dimension, day, question.view))


def _is_whole(card: Card, stored: Stored) -> bool:
    """Whether the report has all columns; one that an earlier version computed may lack some that are new."""
    return set(card.spec.column_names).issubset(stored.frame.columns)


def scope(card: Card, view: View) -> Dimension:
    """What the card is about: the view's dimension value where the report exists by dimension, else the whole shop."""
    return view.dimension if card.spec.by_dimension else MAIN


def _drawn(card: Card, figure: Figure) -> Figure:
    """The figure, its marks with what they open."""
    return figure | {"data": with_opening(figure["data"], card.drill)} if card.drill else figure


def _period(card: Card) -> int:
    return int(time.time() // _HISTORY_SECONDS) if card.history else 0


def _logged(card: Card, error: Exception) -> str:
    identity = secrets.token_hex(4)
    _LOG.error(
        "card could not be shown", extra={"id": identity, "card": card.id, "report": card.report}, exc_info=error
    )
    return identity

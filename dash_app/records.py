"""What a page is made of: frozen records that say which report a card draws, and how.

What belongs here: the records. What does not: drawing (``figures``), sentences (``words``), loading (``answers``) and
the components around a chart (``cards``).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any, Literal

import polars as pl

from ca_platform.catalogue import PAGES, Column, PageSpec, ReportSpec, report_spec
from ca_platform.store import MAIN, Dimension
from dash_app.filters import Filters

Figure = dict[str, Any]
"""A plotly figure as a plain dict, ``{"data": [...], "layout": {...}}``; NumPy arrays in it are allowed."""

Opening = tuple[str, Mapping[str, Any]]
"""Column of a report, and the key of the row, whose number leads to the list of those it counts."""

Kind = Literal["figure", "tiles", "list", "table"]
Shared = Literal["date", "compare", "dimension"]
"""What an address may say on every page."""

Width = Literal["full", "half", "third"]
Trend = Literal["up", "down", "flat", ""]


@dataclass(frozen=True, slots=True)
class Look:
    """All that a card shows besides its report, and how.

    Attributes:
        dark: drawn on a dark ground.
        currency: ISO 4217 code of the shop.
        locale: BCP 47 tag for numbers and dates.
        zone: the shop's time zone, in which instants are written.
        day: the day of the report.
        compare_day, compare: the earlier day to compare with and its report; None without comparison, or where that
            day has no report.
        history: the report on each day up to the shown one, with ``report_date``, for cards that ask for it.
        also: a second report of the same day, for cards that ask for it; None where it is not computed.
        filters: what is chosen on the page.
        dimension: what the report, or a list of customers, orders or deliveries, is of.
        total: rows in all, of cards of kind ``table``.
        alpha: how often a single test may be wrong on nothing; intervals cover 1 minus that.
        budget: false alarms in 30 days that each report of anomalies may raise.
    """

    dark: bool = False
    currency: str = "EUR"
    locale: str = "en-GB"
    zone: str = "UTC"
    day: date | None = None
    compare_day: date | None = None
    compare: pl.DataFrame | None = None
    history: pl.DataFrame | None = None
    also: pl.DataFrame | None = None
    filters: Filters = field(default_factory=Filters)
    dimension: Dimension = MAIN
    total: int = 0
    alpha: float = 0.05
    budget: float = 1.0


@dataclass(frozen=True, slots=True)
class Tile:
    """One key figure.

    Attributes:
        value, change: formatted; ``change`` says against what, or is empty where there is nothing to compare with.
        trend: which way the figure went; ``is_good`` whether that is welcome (None: neither).
        spark: the last values, oldest first; fewer than two draw nothing.
        title: the exact value, shown when pointed at.
        opens: column of the card's report and key of the row, where the value is a number that can be opened.
    """

    label: str
    value: str
    change: str = ""
    trend: Trend = ""
    is_good: bool | None = None
    spark: tuple[float | None, ...] = ()
    title: str = ""
    opens: Opening | None = None


@dataclass(frozen=True, slots=True)
class Head:
    """A column of a list.

    Attributes:
        text: its heading.
        is_number: stands at the right.
        is_long: sentences, which need their room.
    """

    text: str
    is_number: bool = True
    is_long: bool = False


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell of a list.

    Attributes:
        text: formatted; shown as it is, never as markup.
        bar: length of the bar behind it, 0 to 1; None: no bar.
        mark: where the earlier day stands on the same scale.
        title: more about it, shown when pointed at.
        opens: column of the card's report and key of the row, where the text is a number that can be opened.
        chooses: name of a choice of the page and the value that it gets, where the text leads there.
        leads: address of another page, with its query, where the text leads there.
    """

    text: str
    bar: float | None = None
    mark: float | None = None
    title: str = ""
    opens: Opening | None = None
    chooses: tuple[str, str] | None = None
    leads: str = ""


@dataclass(frozen=True, slots=True)
class Listing:
    """The first rows of a report as a table with bars.

    Attributes:
        note: how many rows stand behind, and what a mark means.
    """

    heads: tuple[Head, ...]
    rows: tuple[tuple[Cell, ...], ...]
    note: str = ""


LISTED = 180
"""Least height of a list: it is as high as its rows."""


def without_rows(frame: pl.DataFrame) -> bool:
    """Whether a report has nothing to show because it has no row."""
    return frame.is_empty()


def always(_: Filters) -> bool:
    """Whether a card is shown that every choice shows."""
    return True


def everything(_: Filters) -> frozenset[Shared]:
    """What means something on a page on which everything does that an address may say."""
    return frozenset(("date", "compare", "dimension"))


def no_comparison(_: Filters) -> frozenset[Shared]:
    """What means something where no card shows an earlier day beside its own."""
    return frozenset(("date", "dimension"))


def day_alone(_: Filters) -> frozenset[Shared]:
    """What means something where all cards are of the whole shop and show no earlier day beside their own."""
    return frozenset(("date",))


def every_row(frame: pl.DataFrame, _: Look) -> pl.DataFrame:
    """The rows that the choices leave of a report when they leave all."""
    return frame


@dataclass(frozen=True, slots=True)
class Card:
    """One report on a page.

    Attributes:
        id: unique over all pages; letters, digits and hyphens.
        report: its name in the catalogue.
        title: heading of the card.
        reading: one sentence that says what the numbers are, for everybody and for those who do not see the chart.
        figure: draws cards of kind ``figure``; pure, frame in, dict out. Without title, template and outer sizes.
        tiles: makes the key figures of cards of kind ``tiles``.
        listing: makes the table of cards of kind ``list``.
        kind: ``figure``, ``tiles``, ``list``, or ``table``: customers, orders or deliveries, any number, in blocks.
        height: of the drawing, in pixels.
        width: how much of the page's width it takes on a wide screen.
        empty: what stands in the card when the report is computed and has nothing to show.
        is_empty: whether it has nothing to show.
        why_empty: what stands in the card then, where that depends on the report; None: always ``empty``.
        none_left: what stands in the card when the choices leave none of its rows; empty: that they do.
        history: how many report days, the shown one included, come as ``Look.history``; 0: none.
        also: a second report that comes as ``Look.also``.
        is_shown: whether the choices of the page show the card.
        rows: what the choices leave of the report; drawn, listed and saved are those rows.
        shows: what the rows are where they are no report of the catalogue.
        more: columns that the store puts behind those of the report.
        drill: which number of the report a mark of a trace is, see ``figures.opening``; None: its marks open nothing
            but what the figure itself says.
    """

    id: str
    report: str
    title: str
    reading: Callable[[pl.DataFrame, Look], str]
    figure: Callable[[pl.DataFrame, Look], Figure] | None = None
    tiles: Callable[[pl.DataFrame, Look], tuple[Tile, ...]] | None = None
    listing: Callable[[pl.DataFrame, Look], Listing] | None = None
    kind: Kind = "figure"
    height: int = 320
    width: Width = "half"
    empty: str = "Nothing happened in this period."
    is_empty: Callable[[pl.DataFrame], bool] = without_rows
    why_empty: Callable[[pl.DataFrame], str] | None = None
    none_left: str = ""
    history: int = 0
    also: str = ""
    is_shown: Callable[[Filters], bool] = always
    rows: Callable[[pl.DataFrame, Look], pl.DataFrame] = every_row
    shows: ReportSpec | None = None
    more: tuple[Column, ...] = ()
    drill: Callable[[dict[str, Any]], dict[str, Any]] | None = None

    @property
    def spec(self) -> ReportSpec:
        """The report's entry in the catalogue, or what the rows are instead."""
        if self.shows is not None:
            return self.shows
        spec = report_spec(self.report)
        return replace(spec, columns=(*spec.columns, *self.more)) if self.more else spec


@dataclass(frozen=True, slots=True)
class Page:
    """A page: its entry in the catalogue, its cards in reading order, and what can be chosen on it.

    Attributes:
        filters: the choices that belong to the page.
        uses: which of the choices that pages share change what its cards show; others are kept for the next page, and
            not offered.
    """

    route: str
    cards: tuple[Card, ...]
    filters: type[Filters] = Filters
    uses: Callable[[Filters], frozenset[Shared]] = everything

    def shown(self, filters: Filters) -> tuple[Card, ...]:
        """The cards that a choice shows."""
        return tuple(card for card in self.cards if card.is_shown(filters))

    @property
    def spec(self) -> PageSpec:
        """Title, section and description."""
        return PAGES[self.route]

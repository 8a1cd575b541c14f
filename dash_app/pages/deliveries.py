"""``/deliveries``: how long orders take to be prepared, ridden, delivered and returned, when, where and for whom."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from dash_app.figures import deliveries as figures
from dash_app.figures.blank import without
from dash_app.figures.opening import X, Y, by_name, each, opens
from dash_app.figures.places import HEIGHT_OF_MAP, places
from dash_app.figures.slots import HEIGHT_OF_SLOTS, slots
from dash_app.filters import DeliveryFilters, Duration, Filters
from dash_app.records import LISTED, Card, Page
from dash_app.words import deliveries as words
from dash_app.words import delivery_backtest as backtest
from dash_app.words import slow_orders as slow
from dash_app.words.names import capital
from dash_app.words.spans import NAMES

_DURATIONS: tuple[Duration, ...] = ("deliver", "prepare", "ride", "return")


def _is_chosen(what: Duration) -> Callable[[Filters], bool]:
    return lambda filters: DeliveryFilters.of(filters).duration == what


def _nothing(what: Duration) -> str:
    return words.NONE_RETURNED if what == "return" else words.UNDELIVERED


def _week(what: Duration) -> Card:
    return Card(
        id=f"deliveries-{what}-week",
        report=f"{what}_weekday_hour",
        title=f"{capital(NAMES[what])} by hour of the week",
        reading=partial(words.slots, what=what),
        figure=partial(slots, what=what),
        height=HEIGHT_OF_SLOTS,
        empty=_nothing(what),
        is_empty=without("deliveries"),
        drill=each("deliveries", weekday=Y, hour=X),
    )


def _on_the_map(what: Duration) -> tuple[Card, ...]:
    """Places of the duration that is chosen."""
    name, is_shown = NAMES[what], _is_chosen(what)
    return (
        Card(
            id=f"deliveries-{what}-area",
            report=f"{what}_location",
            title=f"{capital(name)} on the map",
            reading=partial(words.places, what=what),
            figure=partial(places, what=what),
            height=HEIGHT_OF_MAP,
            width="full",
            empty=words.NO_PLACES,
            is_empty=without("deliveries"),
            is_shown=is_shown,
            rows=words.in_area,
        ),
        Card(
            id=f"deliveries-{what}-places",
            report=f"{what}_location",
            title=f"{capital(name)}: slowest places",
            reading=partial(words.places, what=what),
            listing=words.listed_places,
            kind="list",
            height=LISTED,
            empty=words.NO_PLACES,
            is_empty=without("deliveries"),
            is_shown=is_shown,
            rows=words.in_area,
        ),
    )


def _abnormal(what: Duration) -> tuple[Card, ...]:
    """Abnormal orders of the duration that is chosen."""
    name, is_shown = NAMES[what], _is_chosen(what)
    return (
        Card(
            id=f"deliveries-{what}-rules",
            report=f"{what}_orders",
            title=f"{capital(name)}: what makes an order abnormal",
            reading=slow.rules,
            listing=slow.listed_rules,
            kind="list",
            height=LISTED,
            empty=slow.NONE_ABNORMAL,
            is_shown=is_shown,
        ),
        Card(
            id=f"deliveries-{what}-orders",
            report=f"{what}_orders",
            title=f"{capital(name)}: abnormal orders",
            reading=partial(slow.reading, what=what),
            listing=slow.listed,
            kind="list",
            height=LISTED,
            width="full",
            empty=slow.NONE_ABNORMAL,
            is_shown=is_shown,
        ),
        Card(
            id=f"deliveries-{what}-opened",
            report=f"{what}_orders",
            title=f"{capital(name)}: one order",
            reading=partial(slow.sentence, what=what),
            tiles=slow.tiles,
            kind="tiles",
            height=110,
            width="full",
            empty=slow.NONE_ABNORMAL,
            none_left=slow.NOT_ABNORMAL,
            is_shown=is_shown,
            rows=slow.opened,
        ),
    )


DELIVERIES = Page(
    "/deliveries",
    (
        Card(
            id="deliveries-kpis",
            report="deliver_kpis",
            title="Key figures",
            reading=words.reading,
            tiles=words.tiles,
            kind="tiles",
            height=110,
            width="full",
            empty=words.UNDELIVERED,
            is_empty=without("deliveries"),
            history=words.HISTORY,
        ),
        Card(
            id="deliveries-days",
            report="daily_deliveries",
            title="How long deliveries take, daily",
            reading=words.by_day,
            figure=figures.by_day,
            empty=words.UNDELIVERED,
            is_empty=without("deliveries"),
            drill=by_name({NAMES[what]: opens("deliveries", date=X, duration=what) for what in _DURATIONS}),
        ),
        Card(
            id="deliveries-late",
            report="daily_deliveries",
            title="Late deliveries, daily",
            reading=words.late_by_day,
            figure=figures.late_by_day,
            empty="No delivery had a promised time.",
            is_empty=figures.without_promise,
            drill=each("late", date=X, duration="deliver"),
        ),
        *map(_week, _DURATIONS),
        *(card for what in _DURATIONS for card in (*_on_the_map(what), *_abnormal(what))),
        Card(
            id="deliveries-backtest",
            report="delivery_backtest",
            title="Who finds delays",
            reading=backtest.reading,
            listing=backtest.listed,
            kind="list",
            height=LISTED,
            width="full",
            empty=backtest.TOO_FEW,
            none_left=backtest.NOT_OF_THIS,
            rows=backtest.of_duration,
        ),
    ),
    DeliveryFilters,
)

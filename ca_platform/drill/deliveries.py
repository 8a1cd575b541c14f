"""Which deliveries the reports of deliveries count; and one order or one customer whom a row of them names.

An order may have several deliveries: what is counted, and opened, is each of them. Names are no counts: a column of names
is opened like one whose every number is 1.
"""

from __future__ import annotations

from functools import partial

import polars as pl

from ca_platform.calendar import local_day
from ca_platform.catalogue.deliveries import DURATIONS
from ca_platform.drill.cells import KEY, Count
from ca_platform.drill.scope import DELIVERY_COLUMNS, ORDER_COLUMNS, Scope
from ca_platform.facts import schema

_FACT = "delivery_times"
_RETURN = "return"
_WHOLE = "deliver"
_BY_DURATION = {"deliver_kpis": ("duration",), "daily_deliveries": ("date", "duration")}
"""Key of the reports that have a row for each duration."""


def _known(scope: Scope, duration: str) -> pl.LazyFrame:
    """Deliveries of which a duration is known at the end of the day, on the ``date`` on which it was."""
    back = local_day(pl.col("return_date"), scope.shape.time_zone)
    own = pl.col("return_minutes")
    rows = scope.fact(_FACT).with_columns(
        return_minutes=pl.when(back <= scope.day).then(own),
        date=back if duration == _RETURN else pl.col("day"),
    )
    return rows.filter(pl.col(f"{duration}_minutes").is_not_null())


def _of(scope: Scope, rows: pl.LazyFrame, key: tuple[str, ...]) -> pl.LazyFrame:
    """Deliveries by slice and key."""
    types = schema(_FACT, scope.shape) | {"date": pl.Date(), "duration": pl.String()}
    return scope.by_slice(rows, {name: types[name] for name in dict.fromkeys((*key, *DELIVERY_COLUMNS))})


def of_slot(scope: Scope, duration: str) -> pl.LazyFrame:
    """Deliveries by hour of the week: that of the order, of those that came back that of the delivery."""
    rows = _known(scope, duration)
    if duration == _RETURN:
        rows = rows.with_columns(weekday="return_weekday", hour="return_hour")
    return _of(scope, rows, ("weekday", "hour"))


def of_cell(scope: Scope, duration: str) -> pl.LazyFrame:
    """Deliveries by map cell, those without a place left out."""
    return _of(scope, _known(scope, duration).filter(pl.col("geohash").is_not_null()), ("geohash",))


def of_duration(scope: Scope, key: tuple[str, ...]) -> pl.LazyFrame:
    """Deliveries by duration, each as often as it has durations; and by day where that is asked for."""
    own = scope.key.get("duration")
    asked = [own] if own in DURATIONS else DURATIONS
    return _of(scope, pl.concat(_known(scope, name).with_columns(duration=pl.lit(name)) for name in asked), key)


def promised(scope: Scope, key: tuple[str, ...], *, only_late: bool) -> pl.LazyFrame:
    """Deliveries with a promised date, or those after it, by duration, which is always that of the whole way."""
    rows = _known(scope, _WHOLE).with_columns(duration=pl.lit(_WHOLE))
    is_late = pl.col("is_late")
    return _of(scope, rows.filter(is_late if only_late else is_late.is_not_null()), key)


def orders(scope: Scope) -> pl.LazyFrame:
    """Orders by their own id."""
    return scope.purchases().select("slice", *ORDER_COLUMNS)


def customers(scope: Scope) -> pl.LazyFrame:
    """Customers with an order by their own name."""
    return scope.purchases().select("slice", "client", pl.col("client").alias(f"{KEY}client")).unique()


_OF_WHOLE = {"duration": frozenset((_WHOLE,))}
_count = partial(Count, column="deliveries", what="deliveries")

DELIVERIES: tuple[Count, ...] = (
    *(
        _count(f"{name}_weekday_hour", key=("weekday", "hour"), rows=partial(of_slot, duration=name))
        for name in DURATIONS
    ),
    *(_count(f"{name}_location", key=("geohash",), rows=partial(of_cell, duration=name)) for name in DURATIONS),
    *(_count(name, key=key, rows=partial(of_duration, key=key)) for name, key in _BY_DURATION.items()),
    *(
        Count(name, column, "deliveries", key, partial(promised, key=key, only_late=column == "late"), _OF_WHOLE)
        for name, key in _BY_DURATION.items()
        for column in ("promised", "late")
    ),
)
ONE_ORDER: tuple[Count, ...] = tuple(
    count
    for duration in DURATIONS
    for count in (
        Count(f"{duration}_orders", "order_id", "orders", ("order_id",), orders),
        Count(f"{duration}_orders", "client", "customers", ("client",), customers),
    )
)
"""Columns whose text is the name of one order or one customer."""

"""Whom the tables of cohorts, retention, growth and the journey count."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import polars as pl

from ca_platform.catalogue.cohorts import LAST_OFFSET
from ca_platform.drill.cells import Count
from ca_platform.drill.scope import ORDER_COLUMNS, PAIR, Scope
from ca_platform.facts import sequence
from ca_platform.reports import cohorts, journey, milestones, sequence_tables
from ca_platform.reports.periods import UNITS, period

Rows = Callable[[Scope], pl.LazyFrame]
_CELL = ("cohort", "offset")
_GRAINS = {"daily": "day", "weekly": "week", "monthly": "month"}


def _cohort_counts(report: str, customers: Rows, size: Rows) -> tuple[Count, ...]:
    return (
        Count(report, "customers", "customers", _CELL, customers),
        Count(report, "cohort_size", "customers", ("cohort",), size),
    )


def _next_counts(report: str, customers: Rows, size: Rows) -> tuple[Count, ...]:
    """Of cohorts that are followed to the next order: each customer comes once, so that rates add up."""
    up_to = Count(
        report, "cumulative_rate", "customers", _CELL, partial(so_far, rows=customers), share_of="cohort_size"
    )
    return (*_cohort_counts(report, customers, size), up_to)


def next_orders(scope: Scope, number: int, unit: str) -> pl.LazyFrame:
    """Customers with order ``number`` by its period and the periods to the next order."""
    after = sequence.followers(scope.orders().filter(scope.within(unit, "previous_day", "cohort")), unit)
    rows = after.filter(pl.col("number") == number).with_columns(unit=pl.lit(unit))
    return sequence_tables.cohorts_of(rows).select(*PAIR, *_CELL)


def so_far(scope: Scope, rows: Rows) -> pl.LazyFrame:
    """Those of each cell and of the cells before it in its cohort."""
    found = rows(scope).with_columns(pl.col("offset").cast(pl.Int64))
    asked = scope.key.get("offset")
    if asked is not None:
        return found.filter(pl.col("offset") <= asked).with_columns(offset=pl.lit(asked, pl.Int64))
    return found.with_columns(pl.int_ranges("offset", LAST_OFFSET + 1)).explode("offset")


def starts(scope: Scope, number: int, unit: str) -> pl.LazyFrame:
    """Customers with order ``number`` by its period."""
    rows = scope.fact("customer_orders").filter((pl.col("number") == number) & scope.within(unit, name="cohort"))
    return rows.select(*PAIR, cohort=period(UNITS[unit]))


def first_after_download(scope: Scope, unit: str) -> pl.LazyFrame:
    """Customers by the period of their download and the periods to the first order."""
    spells = scope.people
    rows = sequence_tables.first_orders(scope.fact("first_purchases"), spells, scope.facts.days)
    known = rows.filter(pl.col("download") >= scope.shape.start_date)
    events = sequence_tables.download_offsets(known, unit).select(*PAIR, *_CELL)
    return events.join(spells.select("customer", "client"), on="customer")


def members(scope: Scope) -> pl.LazyFrame:
    """Customers by slice with their download, those without a session included in the whole shop."""
    profiles = milestones.profiles(scope.people, scope.tables.milestones.names, scope.facts.days)
    return milestones.members(profiles, scope.fact("first_sessions")).filter(scope.in_slices())


def downloads(scope: Scope, unit: str) -> pl.LazyFrame:
    """Customers by the period of their download."""
    rows = milestones.downloads(members(scope), scope.shape.start_date)
    dated = rows.select(*PAIR, cohort=period(UNITS[unit], "day.download"))
    return dated.join(scope.people.select("customer", "client"), on="customer")


def _aged(scope: Scope, unit: str) -> pl.LazyFrame:
    """Orders with the age of their customer, ``date`` of the period and ``cohort`` of the first order."""
    firsts = scope.first_days().filter(scope.within(unit, "first_day", "cohort"))
    rows = sequence.aged(scope.orders().join(firsts, on=PAIR), unit).with_columns(date=period(UNITS[unit]))
    return rows.with_columns(cohort=cohorts.earlier(UNITS[unit]))


def retained(scope: Scope, unit: str) -> pl.LazyFrame:
    """Customers with an order in the period that is so many periods after that of the first."""
    rows = _aged(scope, unit).filter(pl.col("is_first") & (pl.col("offset") <= sequence.LAST_AGE[unit]))
    return rows.select(*PAIR, *_CELL)


def cohort_orders(scope: Scope) -> pl.LazyFrame:
    """Orders by month of the customer's first order and the months since."""
    numbers = scope.fact("client_numbers").select("customer", "client")
    firsts = scope.first_days().filter(scope.within("month", "first_day", "cohort")).join(numbers, on="customer")
    dated = scope.purchases().join(firsts.drop("customer"), on=["slice", "client"])
    offset = sequence.age("month", "first_day").cast(pl.Int64)
    rows = dated.with_columns(cohort=period("1mo", "first_day"), offset=offset)
    return rows.filter(pl.col("offset") <= cohorts.MONTHS).select("slice", *_CELL, *ORDER_COLUMNS)


def grown(scope: Scope) -> pl.LazyFrame:
    """Customers by what they are in a week or month: new, returning, reactivated, churned."""
    return pl.concat(_grown(scope, unit) for unit in _units(scope))


_GROWING = ("week", "month")
_GROWTH_KEY = ("period", "date", "metric")


def _units(scope: Scope) -> list[str]:
    return [unit for unit in _GROWING if scope.key.get("period", unit) == unit] or list(_GROWING)


def _grown(scope: Scope, unit: str) -> pl.LazyFrame:
    begin, last = scope.days_of(unit)
    orders = scope.orders()
    if begin is not None and last is not None:
        # The period and the one before.
        before = pl.lit(begin).dt.offset_by(f"-{UNITS[unit]}")
        orders = orders.filter(pl.col("day").is_between(before, last))
    dated = sequence.aged(orders.join(scope.first_days(), on=PAIR), unit).with_columns(date=period(UNITS[unit]))
    active = dated.filter("is_first")
    metric = (
        pl.when(pl.col("offset") == 0)
        .then(pl.lit("new_customers"))
        .when("is_returning")
        .then(pl.lit("returning_customers"))
        .otherwise(pl.lit("reactivated_customers"))
    )
    following = active.select(*PAIR, date=pl.col("date").dt.offset_by(UNITS[unit])).filter(pl.col("date") <= scope.day)
    churned = following.join(active.select(*PAIR, "date"), on=[*PAIR, "date"], how="anti")
    rows = [
        active.select(*PAIR, "date", metric=metric),
        churned.select(*PAIR, "date", metric=pl.lit("churned_customers")),
    ]
    return pl.concat(rows).with_columns(period=pl.lit(unit))


def grown_orders(scope: Scope) -> pl.LazyFrame:
    """Orders by week and by month."""
    return pl.concat(
        scope.purchases(unit).select(
            "slice", *ORDER_COLUMNS, period=pl.lit(unit), date=period(UNITS[unit]), metric=pl.lit("orders")
        )
        for unit in _units(scope)
    )


def stages(scope: Scope) -> pl.LazyFrame:
    """Customers by the stages of the journey that they went through; all buyers in the last."""
    orders = scope.fact("customer_orders").select(*PAIR, "number")
    sums = orders.group_by("slice").agg(
        orders=pl.len().cast(pl.Int64), buyers=(pl.col("number") == 1).sum().cast(pl.Int64)
    )
    lasts = sums.select("slice", last=journey.stages(pl.col("orders"), pl.col("buyers")))
    rows = orders.join(lasts, on="slice").with_columns(stage_index=journey.stage_of_order())
    gone = rows.filter(pl.col("stage_index") < pl.col("last"))
    here = rows.filter(pl.col("number") == 1).with_columns(stage_index=pl.col("last").cast(pl.Int64))
    return pl.concat([gone, here]).select(*PAIR, stage=journey.stage_name())


_COUNTED = frozenset({"new_customers", "returning_customers", "reactivated_customers", "churned_customers"})

COHORTS: tuple[Count, ...] = (
    *(
        count
        for word in ("daily", "weekly")
        for count in _next_counts(
            f"{word}_cohort_downloads",
            partial(first_after_download, unit=_GRAINS[word]),
            partial(downloads, unit=_GRAINS[word]),
        )
    ),
    *(
        count
        for word in ("daily", "weekly")
        for number in (1, 2, 3)
        for count in _next_counts(
            f"{word}_cohort_from_{number}_to_{number + 1}",
            partial(next_orders, number=number, unit=_GRAINS[word]),
            partial(starts, number=number, unit=_GRAINS[word]),
        )
    ),
    *(
        count
        for word in ("weekly", "monthly")
        for count in _cohort_counts(
            f"{word}_retention",
            partial(retained, unit=_GRAINS[word]),
            partial(starts, number=1, unit=_GRAINS[word]),
        )
    ),
    Count("cohort_revenue", "cohort_size", "customers", ("cohort",), partial(starts, number=1, unit="month")),
    Count("cohort_revenue", "orders", "orders", _CELL, cohort_orders),
    Count("growth", "value", "customers", _GROWTH_KEY, grown, {"metric": _COUNTED}),
    Count("growth", "value", "orders", _GROWTH_KEY, grown_orders, {"metric": frozenset({"orders"})}),
    Count("customer_journey", "customers", "customers", ("stage",), stages),
)

"""Which orders and whom the reports of orders over time, the key figures and the funnels of customers count."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import polars as pl

from ca_platform.drill.cells import Count
from ca_platform.drill.cohorts import members
from ca_platform.drill.scope import ORDER_COLUMNS, PAIR, Scope
from ca_platform.facts import churn
from ca_platform.reports import milestones
from ca_platform.reports.periods import UNITS, period

_GRAINS = {"daily": "day", "weekly": "week", "monthly": "month"}
_SLICE = ["dimension", "value"]


def orders_of_period(scope: Scope, unit: str, name: str = "date") -> pl.LazyFrame:
    """Orders by period."""
    rows = scope.purchases(unit, name)
    return rows.select("slice", period(UNITS[unit]).alias(name), *ORDER_COLUMNS)


def active_in_week(scope: Scope, *, ordered: bool) -> pl.LazyFrame:
    """Customers with a session, or with an order, in a week."""
    rows = scope.sessions(*scope.days_of("week", "week"))
    chosen = rows.filter("has_purchased") if ordered else rows
    return chosen.select("slice", "client", week=period("1w")).unique()


def with_exactly(scope: Scope) -> pl.LazyFrame:
    """Customers by their number of orders."""
    buyers = churn.buyers(scope.fact("customer_orders"))
    return buyers.select(*PAIR, orders=pl.col("number").cast(pl.Int64))


def with_at_least(scope: Scope) -> pl.LazyFrame:
    """Customers by each number of orders that they have reached."""
    return scope.fact("customer_orders").select(*PAIR, orders=pl.col("number").cast(pl.Int64))


def followed(scope: Scope, column: str) -> pl.LazyFrame:
    """Customers by the week of their download and each later milestone that they reached in time."""
    start = scope.shape.start_date
    profiles = milestones.profiles(scope.people, scope.tables.milestones.names, scope.facts.days)
    everybody = members(scope)
    events = [
        *(
            milestones.milestone_events(everybody, name, start).with_columns(step=pl.lit(name))
            for name in scope.tables.milestones.names
        ),
        *(
            milestones.first_events(profiles, scope.fact(fact), start).with_columns(step=pl.lit(name))
            for name, fact in (("first_session", "first_sessions"), ("first_purchase", "first_purchases"))
        ),
    ]
    reached = pl.concat(events).filter(pl.col("since") <= scope.day)
    in_time = reached if column == "customers_ever" else reached.filter(_within(column))
    rows = in_time.select(*PAIR, "cohort", "step")
    return rows.join(scope.people.select("customer", "client"), on="customer")


def _within(column: str) -> pl.Expr:
    return pl.col(column.replace("customers_", "within_").removesuffix("d"))


def downloaded(scope: Scope) -> pl.LazyFrame:
    """Customers by the week of their download."""
    rows = milestones.downloads(members(scope), scope.shape.start_date).select(*PAIR, "cohort")
    return rows.join(scope.people.select("customer", "client"), on="customer")


def reached(scope: Scope, unit: str) -> pl.LazyFrame:
    """Customers by the period of each of their milestones."""
    everybody, start, every = members(scope), scope.shape.start_date, UNITS[unit]
    events = [
        *(
            milestones.occurring(everybody, name, start)
            .filter(pl.col("since") <= scope.day)
            .select(*PAIR, date=period(every, f"day.{name}"), step=pl.lit(name))
            for name in ("download", *scope.tables.milestones.names)
        ),
        *(
            scope.fact(fact).select(*PAIR, date=period(every), step=pl.lit(name))
            for name, fact in (("first_session", "first_sessions"), ("first_purchase", "first_purchases"))
        ),
    ]
    return pl.concat(events).join(scope.people.select("customer", "client"), on="customer")


def _window(scope: Scope, column: str) -> tuple[date, date]:
    """First and last day of a window of the key figures."""
    day = scope.day
    if column == "value_last_7d":
        return day - timedelta(days=6), day
    if column == "value_previous_7d":
        return day - timedelta(days=13), day - timedelta(days=7)
    return scope.shape.start_date, day


def orders_in_window(scope: Scope, column: str) -> pl.LazyFrame:
    """Orders of a window of the key figures."""
    rows = scope.sessions(*_window(scope, column)).filter("has_purchased")
    return rows.select("slice", pl.lit("orders").alias("metric"), *ORDER_COLUMNS)


def customers_in_window(scope: Scope, column: str) -> pl.LazyFrame:
    """Visitors and new customers of a window of the key figures."""
    first, last = _window(scope, column)
    visitors = scope.sessions(first, last).select("slice", "client", metric=pl.lit("visitors")).unique()
    new = scope.fact("first_purchases").filter(pl.col("day").is_between(first, last))
    named = scope.named(new.select(*PAIR, metric=pl.lit("new_customers")))
    return pl.concat([visitors, named.select("slice", "client", "metric")])


def _values(rows: pl.LazyFrame, scope: Scope) -> pl.LazyFrame:
    """Rows by slice as rows of the whole shop that name the dimension and the value."""
    names = scope.tables.slices.lazy().filter(pl.col("slice") > 0).select("slice", *_SLICE)
    return rows.join(names, on="slice").with_columns(slice=pl.lit(0, pl.UInt32))


def orders_of_values(scope: Scope, unit: str | None = None) -> pl.LazyFrame:
    """Orders by dimension value, and by day where a unit is given."""
    every = scope.values_of_key()
    dates = [] if unit is None else [period(UNITS[unit]).alias("date")]
    return _values(every.purchases(unit).select("slice", *dates, *ORDER_COLUMNS), scope)


def customers_of_values(scope: Scope) -> pl.LazyFrame:
    """Customers by dimension value."""
    every = scope.values_of_key()
    return _values(every.fact("first_sessions").select(PAIR), scope)


def visitors_of_values(scope: Scope) -> pl.LazyFrame:
    """Customers with a session by dimension value and day."""
    rows = scope.values_of_key().sessions(*scope.days_of("day"))
    return _values(rows.select("slice", "client", date="day").unique(), scope)


def _kpis(column: str) -> tuple[Count, ...]:
    metrics = frozenset({"visitors", "new_customers"})
    return (
        Count(
            "kpis",
            column,
            "orders",
            ("metric",),
            partial(orders_in_window, column=column),
            {"metric": frozenset({"orders"})},
        ),
        Count(
            "kpis", column, "customers", ("metric",), partial(customers_in_window, column=column), {"metric": metrics}
        ),
    )


_FOLLOWED = ("customers_7d", "customers_30d", "customers_ever")

ORDERS: tuple[Count, ...] = (
    *(
        Count(f"{word}_orders", "orders", "orders", ("date",), partial(orders_of_period, unit=unit))
        for word, unit in _GRAINS.items()
    ),
    Count(
        "weekly_average_session_per_user",
        "customers",
        "customers",
        ("week",),
        partial(active_in_week, ordered=False),
    ),
    Count("weekly_average_order_per_user", "customers", "customers", ("week",), partial(active_in_week, ordered=True)),
    Count(
        "weekly_average_payment_amount",
        "orders",
        "orders",
        ("week",),
        partial(orders_of_period, unit="week", name="week"),
    ),
    Count("user_counts_per_order_seq", "customers", "customers", ("orders",), with_exactly),
    Count("user_counts_per_order_seq", "customers_at_least", "customers", ("orders",), with_at_least),
    *(
        Count("customer_funnel_conversion", column, "customers", ("cohort", "step"), partial(followed, column=column))
        for column in _FOLLOWED
    ),
    Count("customer_funnel_conversion", "cohort_size", "customers", ("cohort",), downloaded),
    *(
        Count(f"{word}_funnel_downloads", "customers", "customers", ("date", "step"), partial(reached, unit=unit))
        for word, unit in _GRAINS.items()
    ),
    *(count for column in ("value", "value_last_7d", "value_previous_7d") for count in _kpis(column)),
    Count("dimension_kpis", "orders", "orders", ("dimension", "value"), orders_of_values),
    Count("dimension_kpis", "customers", "customers", ("dimension", "value"), customers_of_values),
    Count(
        "daily_dimension_values",
        "orders",
        "orders",
        ("dimension", "value", "date"),
        partial(orders_of_values, unit="day"),
    ),
    Count("daily_dimension_values", "customers", "customers", ("dimension", "value", "date"), visitors_of_values),
)

"""Whom the reports of churn count: the definition is that of the facts."""

from __future__ import annotations

from datetime import date, timedelta
from functools import partial

import polars as pl

from ca_platform.calendar import monday
from ca_platform.drill.cells import Count
from ca_platform.drill.scope import PAIR, Scope
from ca_platform.facts import churn as definition

_IN = {
    "customers": pl.lit(value=True),
    "engaged": ~pl.col("is_churned"),
    "churned": pl.col("is_churned"),
    "newly_churned": pl.col("is_new"),
    "reactivated": pl.col("is_back"),
}


def now(scope: Scope, column: str) -> pl.LazyFrame:
    """Customers with an order at the end of the day."""
    buyers = definition.buyers(scope.fact("customer_orders"))
    return definition.judged(buyers, scope.end, scope.shape.churn).filter(_IN[column]).select(PAIR)


def weekly(scope: Scope, column: str) -> pl.LazyFrame:
    """The same at each Monday, and who has changed since the Monday before."""
    first = monday(scope.shape.start_date) + timedelta(weeks=1)
    weeks = [first + timedelta(weeks=n) for n in range(max((scope.day - first).days // 7 + 1, 0))]
    asked = [week for week in weeks if scope.key.get("week") in (None, week)]
    orders = scope.fact("customer_orders")
    nobody = orders.limit(0).select(*PAIR, week=pl.lit(None, pl.Date))
    return pl.concat([nobody, *(_at(orders, week, scope, column) for week in asked)])


def _at(orders: pl.LazyFrame, week: date, scope: Scope, column: str) -> pl.LazyFrame:
    sunday = week - timedelta(days=1)
    known = orders.filter(pl.col("day") <= sunday)
    rows = definition.judged_week(known, sunday, scope.shape.time_zone, scope.shape.churn)
    return rows.filter(_IN[column]).select(*PAIR, week=pl.lit(week, pl.Date))


def at_risk(scope: Scope) -> pl.LazyFrame:
    """Customers with an order by the tenth of their churn risk; of the whole shop, as the report."""
    scope.check("customer_orders")
    rows = scope.tables.risk.members(scope.day)
    return rows.select(pl.lit(0, pl.UInt32).alias("slice"), "customer", "bin_start")


CHURN: tuple[Count, ...] = (
    *(
        Count("churn", column, "customers", (), partial(now, column=column))
        for column in ("customers", "engaged", "churned")
    ),
    *(Count("churn_weekly", column, "customers", ("week",), partial(weekly, column=column)) for column in _IN),
    Count("churn_risk_distribution", "customers", "customers", ("bin_start",), at_risk),
)

"""Churn: who has been silent for longer than the threshold, at the end of a day and at each Monday."""

from __future__ import annotations

from datetime import datetime, timedelta

import polars as pl

from ca_platform.calendar import monday
from ca_platform.facts import churn as definition
from ca_platform.facts.churn import ChurnRule
from ca_platform.reports.periods import Calendar, share


def churn(buyers: pl.LazyFrame, slices: pl.LazyFrame, as_of: datetime, rule: ChurnRule) -> pl.LazyFrame:
    """Customers, churned and engaged at the end of the report day.

    Args:
        buyers: ``slice``, ``number`` of orders, ``first`` and ``last`` order of every customer with one.
    """
    counts = definition.counted(definition.judged(buyers, as_of, rule))
    return _rates(slices.join(counts, on="slice", how="left"), rule)


def churn_weekly(weeks: pl.LazyFrame, slices: pl.LazyFrame, calendar: Calendar, rule: ChurnRule) -> pl.LazyFrame:
    """The same at each Monday 00:00 after the start date, with those who went and came back since the Monday before.

    Args:
        weeks: ``churn_weeks`` up to the day with ``week``, the Monday.
    """
    first = monday(calendar.start) + timedelta(weeks=1)
    mondays = [first + timedelta(weeks=n) for n in range(max((calendar.day - first).days // 7 + 1, 0))]
    grid = slices.join(pl.LazyFrame({"week": mondays}, schema={"week": pl.Date}), how="cross")
    rows = grid.join(weeks.drop("day"), on=["slice", "week"], how="left")
    if rule.method == "fixed":
        # A slice without a customer yet has its threshold all the same.
        has_before = pl.col("week") > first
        is_empty = pl.col("customers").is_null() & has_before
        changes = pl.col("newly_churned", "reactivated")
        rows = rows.with_columns(pl.when(is_empty).then(changes.fill_null(0)).otherwise(changes))
    return _rates(rows, rule)


def _rates(rows: pl.LazyFrame, rule: ChurnRule) -> pl.LazyFrame:
    if rule.method == "fixed":
        rows = rows.with_columns(pl.col("churned").fill_null(0), pl.col("threshold_days").fill_null(rule.days))
    customers = pl.col("customers").fill_null(0)
    engaged = customers - pl.col("churned")
    return rows.with_columns(
        customers=customers,
        engaged=engaged,
        churn_rate=share(pl.col("churned"), customers),
        engaged_rate=share(engaged, customers),
        method=pl.lit(rule.method),
        factor=pl.lit(rule.factor if rule.method == "customer" else None, pl.Float64),
    )

"""Name of a report → the function that makes it, from the compact tables cut at the end of a day."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import polars as pl

from ca_platform.calendar import as_of
from ca_platform.reports import amounts, clients, funnels, kpis, milestones, orders
from ca_platform.reports.periods import Calendar, Every
from ca_platform.reports.tables import Tables

PERIODS: dict[str, Every] = {"daily": "1d", "weekly": "1w", "monthly": "1mo"}


@dataclass(frozen=True, slots=True)
class Cut:
    """What is known at the end of one report day."""

    tables: Tables
    calendar: Calendar

    def of(self, table: pl.DataFrame | pl.LazyFrame) -> pl.LazyFrame:
        """The rows of a table that count at the end of the day."""
        return table.lazy().filter(pl.col("day") <= self.calendar.day)

    @property
    def slices(self) -> pl.LazyFrame:
        return self.of(self.tables.slices).select("slice")

    @property
    def values(self) -> pl.LazyFrame:
        """Dimension values, without ``main``."""
        return self.of(self.tables.slices).filter(pl.col("slice") > 0).select("slice", "dimension", "value")

    @property
    def steps(self) -> tuple[str, ...]:
        return self.tables.shape.steps

    @property
    def milestones(self) -> tuple[str, ...]:
        return ("download", *self.tables.milestones, *milestones.SESSION_STEPS)


def _amounts(cut: Cut) -> pl.LazyFrame:
    counted = cut.of(cut.tables.order_amounts)
    # As values: a lazy frame would be computed for each of its three uses.
    bins = amounts.amount_bins(counted).collect().lazy()
    return amounts.purchase_amount_distribution(counted, cut.of(cut.tables.customer_means), bins)


def _clients(cut: Cut) -> pl.LazyFrame:
    day = cut.calendar.day
    known = (pl.col("since") <= day) & (pl.col("until").is_null() | (pl.col("until") >= day))
    members = cut.tables.spells.lazy().filter(known).select("customer", "client", "download")
    return clients.client_kpis(cut.of(cut.tables.customer_days), members, as_of(day, cut.calendar.time_zone))


def _by_period(word: str, every: Every) -> dict[str, Callable[[Cut], pl.LazyFrame]]:
    return {
        f"{word}_funnel": lambda cut: funnels.sessions_by_period(
            cut.of(cut.tables.days), cut.slices, cut.calendar, cut.steps, every
        ),
        f"{word}_funnel_downloads": lambda cut: milestones.customers_by_period(
            cut.of(cut.tables.reached.dates), cut.slices, cut.calendar, cut.milestones, every
        ),
        f"{word}_orders": lambda cut: orders.orders_by_period(cut.of(cut.tables.days), cut.slices, cut.calendar, every),
    }


BINDINGS: dict[str, Callable[[Cut], pl.LazyFrame]] = {
    name: function for word, every in PERIODS.items() for name, function in _by_period(word, every).items()
} | {
    "hourly_funnel": lambda cut: funnels.sessions_by_hour(
        cut.of(cut.tables.hours), cut.slices, cut.calendar, cut.steps
    ),
    "hourly_funnel_downloads": lambda cut: milestones.customers_by_hour(
        cut.of(cut.tables.reached.moments), cut.slices, cut.calendar, cut.milestones
    ),
    "session_funnel_conversion": lambda cut: funnels.session_conversion(
        cut.of(cut.tables.days), cut.of(cut.tables.step_times), cut.slices, cut.steps
    ),
    "customer_funnel_conversion": lambda cut: milestones.customer_conversion(
        cut.of(cut.tables.reached.sizes),
        cut.of(cut.tables.reached.cohorts),
        cut.slices,
        cut.calendar,
        cut.milestones,
    ),
    "hourly_orders": lambda cut: orders.orders_by_hour(cut.of(cut.tables.hours), cut.slices, cut.calendar),
    "weekly_average_session_per_user": lambda cut: orders.weekly_per_customer(
        cut.of(cut.tables.days), cut.of(cut.tables.active), cut.slices, cut.calendar, "sessions"
    ),
    "weekly_average_order_per_user": lambda cut: orders.weekly_per_customer(
        cut.of(cut.tables.days), cut.of(cut.tables.active), cut.slices, cut.calendar, "orders"
    ),
    "weekly_average_payment_amount": lambda cut: orders.weekly_mean_amount(
        cut.of(cut.tables.days), cut.slices, cut.calendar
    ),
    "purchase_amount_distribution": _amounts,
    "user_counts_per_order_seq": lambda cut: orders.customers_by_orders(cut.of(cut.tables.order_changes)),
    "kpis": lambda cut: kpis.kpis(
        cut.of(cut.tables.days), cut.of(cut.tables.active), cut.of(cut.tables.new), cut.slices, cut.calendar
    ),
    "client_kpis": _clients,
    "dimension_kpis": lambda cut: kpis.dimension_kpis(cut.of(cut.tables.days), cut.of(cut.tables.new), cut.values),
    "daily_dimension_values": lambda cut: kpis.daily_dimension_values(
        cut.of(cut.tables.days), cut.of(cut.tables.active), cut.values, cut.calendar
    ),
}

"""Daily figures of the shop as the panels that are watched for anomalies.

What belongs here: which figures are watched together, and reading them from the compact tables. What does not: what is
unusual of them (``models.anomaly``), and what the reports say of it (``anomalies``).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from functools import cached_property

import numpy as np
import polars as pl

from ca_platform.calendar import as_of
from ca_platform.facts.customers import MAIN_SLICE
from ca_platform.models.anomaly.assortment import missing_products, products_figure
from ca_platform.models.anomaly.hours import HOURS, hours_figure
from ca_platform.models.anomaly.records import DayMarks, Days, Flags, Floats, Metric, Panel, Sold
from ca_platform.models.anomaly.renumbering import under_other_ids
from ca_platform.reports.anomaly_cohorts import CohortDays, cohort_days
from ca_platform.reports.anomaly_marks import marks_of
from ca_platform.reports.reading import FactReader
from ca_platform.settings import Settings

SESSIONS, ORDERS, REVENUE, MEAN_AMOUNT, DOWNLOADS = "sessions", "orders", "revenue", "mean_amount", "downloads"
_HOURS = {name: f"hours_with_{name}" for name in (SESSIONS, ORDERS)}
_PRODUCTS = Metric("usual_products", "ratio", products_of=ORDERS)


class AnomalyPanels:
    """Panels of a lake from the shop's first day up to the last report day, or the last one before it that has ended.

    Args:
        steps: gives sessions by ``slice`` and ``day``: a count ``steps.NAME`` for each step, ``sessions``, ``orders``,
            ``revenue``.
        by_hour: the same by ``hour``, too.
        downloads: gives ``client`` and ``download`` of the customers' snapshot.
    """

    def __init__(
        self,
        facts: FactReader,
        steps: Callable[[], pl.DataFrame],
        by_hour: Callable[[], pl.DataFrame],
        downloads: Callable[[], pl.LazyFrame],
        settings: Settings,
    ) -> None:
        self._facts = facts
        self._steps = steps
        self._by_hour = by_hour
        self._downloads = downloads
        self._settings = settings
        self._panels: dict[str, Panel] = {}
        self._read: dict[str, Floats] = {}

    @cached_property
    def days(self) -> Days:
        """All days that have ended, from the shop's first on."""
        shape, last = self._facts.shape, self._facts.days.last
        # A day that still runs has figures of some hours, which would look like an outage.
        while last >= shape.start_date and as_of(last, shape.time_zone) > datetime.now(UTC):
            last -= timedelta(days=1)
        return np.arange(self._first, np.datetime64(last + timedelta(days=1), "D"))

    @cached_property
    def marks(self) -> DayMarks:
        """Holidays and events among the days."""
        return marks_of(self.days, self._settings)

    @property
    def currency(self) -> str:
        """Code of the currency of all amounts."""
        return self._settings.business.currency

    @property
    def knows_holidays(self) -> bool:
        """Whether the settings say whose public holidays there are."""
        return self._settings.reports.anomaly.country is not None

    @property
    def actions(self) -> dict[str, str]:
        """Name of the watched count by declared action."""
        taken = {SESSIONS, ORDERS, REVENUE, MEAN_AMOUNT, *_HOURS.values(), _PRODUCTS.name}
        return {name: f"actions.{name}" if name in taken else name for name in self._facts.shape.actions}

    def panel(self, report: str) -> Panel:
        """What a report watches."""
        if report not in self._panels:
            self._panels[report] = self._made(report)
        return self._panels[report]

    def judged(self, report: str) -> Panel:
        """What is judged of that: without days on which customers come under other ids, where that is what it counts."""
        panel, held = self.panel(report), self.held_off(report)
        return replace(panel, values=np.where(held[:, None], np.nan, panel.values)) if held.any() else panel

    def held_off(self, report: str) -> Flags:
        """(n,) the days of a report on which new customers cannot be told from others."""
        return self._under_other_ids if report in OF_COHORTS else np.zeros(self.days.size, bool)

    @cached_property
    def _under_other_ids(self) -> Flags:
        new = self._cohorts.first_sessions
        return under_other_ids(new, self.by_slice(SESSIONS)[:, 0] - new)

    def by_slice(self, name: str) -> Floats:
        """(n, slices) a count of sessions, or ``revenue``, on each day and in each slice; 0 where there was nothing."""
        if name not in self._read:
            self._read[name] = self._scattered(name)
        return self._read[name]

    def _made(self, report: str) -> Panel:
        if report in OF_COHORTS:
            return OF_COHORTS[report](self.days, self._cohorts)
        metrics = self.metrics(report)
        figures = {name: self.by_slice(name)[:, 0] for name in (*self._counts, REVENUE)}
        hours = {metric.name: self._hours[metric.name] for metric in metrics if metric.name in self._hours}
        return panel_of(self.days, metrics, figures, hours, self._sold if _PRODUCTS in metrics else None)

    def metrics(self, report: str) -> tuple[Metric, ...]:
        """The metrics of a report that are made of sessions alone."""
        if report == "dfunnel_anomaly":
            return funnel_metrics(tuple(self.actions.values()))
        orders = Metric(ORDERS, "count")
        if report == "dorders_anomaly":
            return (orders,)
        products = (_PRODUCTS,) if self._settings.sources.lines is not None else ()
        means = Metric(MEAN_AMOUNT, "amount", REVENUE, ORDERS)
        return Metric(REVENUE, "amount"), orders, hours_of(ORDERS), *products, means

    @property
    def _counts(self) -> dict[str, str]:
        """Column of the steps by name of a count."""
        return {
            SESSIONS: "steps.session_start",
            ORDERS: "steps.purchase",
            **{metric: f"steps.{action}" for action, metric in self.actions.items()},
        }

    def _scattered(self, name: str) -> Floats:
        steps = self._steps()
        column = {**self._counts, REVENUE: REVENUE}[name]
        found = np.zeros((self.days.size, 1 + int(steps["slice"].to_numpy().max(initial=0))))
        rows = steps.select("slice", "day", pl.col(column).cast(pl.Float64)).filter(pl.col("day") <= self._last)
        place = (rows["day"].to_numpy().astype("datetime64[D]") - self._first).astype(np.int64)
        found[place, rows["slice"].to_numpy()] = rows[column].to_numpy()
        return found

    @cached_property
    def _hours(self) -> dict[str, Floats]:
        """(n, 24) what came in each hour in the whole shop, by name of a count, and revenue."""
        columns = {**self._counts, REVENUE: REVENUE}
        rows = self._by_hour().filter(pl.col("slice") == 0, pl.col("day") <= self._last)
        place = (rows["day"].to_numpy().astype("datetime64[D]") - self._first).astype(np.int64)
        found = {name: np.zeros((self.days.size, HOURS)) for name in columns}
        for name, column in columns.items():
            found[name][place, rows["hour"].to_numpy()] = rows[column].cast(pl.Float64).to_numpy()
        return found

    @cached_property
    def _sold(self) -> tuple[Sold, ...]:
        """The products of each day in the whole shop, and how many orders contain each."""

        def build() -> pl.LazyFrame:
            rows = self._facts.scan("product_days").filter(pl.col("slice") == MAIN_SLICE, pl.col("day") <= self._last)
            return rows.select("day", "item", "orders")

        rows = self._facts.lake.collect(build).sort("day", "item")
        place = (rows["day"].to_numpy().astype("datetime64[D]") - self._first).astype(np.int64)
        borders = np.searchsorted(place, np.arange(1, self.days.size))
        items, orders = (rows[name].to_numpy().astype(np.int64) for name in ("item", "orders"))
        return tuple(zip(np.split(items, borders), np.split(orders, borders), strict=True))

    def products_missing(self, day: int) -> list[str]:
        """Names of the products that sell on nearly every day and did not on this one, the likeliest first."""
        items = missing_products(self._sold[: day + 1])
        return self._product_names.gather(items).to_list()

    @cached_property
    def _product_names(self) -> pl.Series:
        """Name of each product by its number."""
        names = self._facts.lake.collect(lambda: self._facts.scan("product_numbers").select("item", "product"))
        return names.sort("item")["product"]

    @property
    def _first(self) -> np.datetime64:
        return np.datetime64(self._facts.shape.start_date, "D")

    @property
    def _last(self) -> date:
        return self._facts.shape.start_date + timedelta(days=self.days.size - 1)

    @cached_property
    def _cohorts(self) -> CohortDays:
        facts = self._facts

        def build() -> pl.LazyFrame:
            firsts = facts.scan("first_purchases").filter(pl.col("slice") == 0)
            return cohort_days(
                facts.scan("client_numbers"), firsts, self._downloads(), facts.days, facts.shape.start_date
            )

        return CohortDays.of(facts.lake.collect(build), self._facts.shape.start_date, self.days.size)


def funnel_metrics(actions: Sequence[str]) -> tuple[Metric, ...]:
    """Counts of all steps, the hours with sessions, the ratio of each step to the one before, and orders by sessions.

    >>> [metric.name for metric in funnel_metrics(["basket"])]
    ['sessions', 'basket', 'orders', 'hours_with_sessions', 'basket/sessions', 'orders/basket', 'orders/sessions']
    """
    steps = (SESSIONS, *actions, ORDERS)
    pairs = dict.fromkeys([*zip(steps[1:], steps, strict=False), (ORDERS, SESSIONS)])
    counts = [Metric(name, "count") for name in steps]
    return (*counts, hours_of(SESSIONS), *(ratio(of, by) for of, by in pairs))


def hours_of(name: str) -> Metric:
    """How much of a usual day lies in the hours in which there was any of a count."""
    return Metric(_HOURS[name], "ratio", hours_of=name)


def ratio(numerator: str, denominator: str) -> Metric:
    """A count by another one, under the name of both."""
    return Metric(f"{numerator}/{denominator}", "ratio", numerator, denominator)


def panel_of(
    days: Days,
    metrics: Sequence[Metric],
    figures: dict[str, Floats],
    hours: dict[str, Floats] | None = None,
    sold: Sequence[Sold] | None = None,
) -> Panel:
    """The panel of metrics that are made of daily counts and amounts.

    Args:
        figures: (n,) each, by name; what is divided, and what it is divided by.
        hours: (n, 24) each, of all that stand in the panel; None where it is not known.
        sold: products and orders of each of the n days; None where they are not known.
    """

    def column(metric: Metric) -> tuple[Floats, Floats]:
        if metric.hours_of is not None:
            return hours_figure((hours or {})[metric.hours_of])
        return figures_of(metric, figures) if metric.products_of is None else products_figure(sold or ())

    values, sizes = zip(*map(column, metrics), strict=True)
    return Panel(days, tuple(metrics), np.column_stack(values), np.column_stack(sizes), hours, sold)


def figures_of(metric: Metric, figures: dict[str, Floats]) -> tuple[Floats, Floats]:
    """Values of a metric, NaN where there is nothing to divide by, and the events behind them."""
    if metric.denominator is None or metric.numerator is None:
        own = figures[metric.name]
        # A sum of money is a sum over orders.
        return own, figures[ORDERS] if metric.name == REVENUE else own
    below = figures[metric.denominator]
    return divided(figures[metric.numerator], below), below


def divided(numerator: Floats, denominator: Floats) -> Floats:
    """A quotient, NaN where the denominator is 0."""
    found: Floats = np.divide(numerator, denominator, out=np.full(numerator.shape, np.nan), where=denominator > 0)
    return found


def offset_name(offset: int) -> str:
    """Name of a count of first orders so many days after the download."""
    return f"offset_{offset}"


def cohort_panel(days: Days, cohorts: CohortDays) -> Panel:
    """Downloads of each day, and its first orders by the days since the download."""
    counts = {DOWNLOADS: cohorts.downloads}
    counts |= {offset_name(k): cohorts.first_orders[:, k] for k in range(cohorts.first_orders.shape[1])}
    return panel_of(days, [Metric(name, "count") for name in counts], counts)


def share_panel(days: Days, cohorts: CohortDays) -> Panel:
    """First orders of each day by the size of the cohort that they come from; NaN where there is no cohort."""
    offsets = range(cohorts.first_orders.shape[1])
    metrics = tuple(ratio(offset_name(k), DOWNLOADS) for k in offsets)
    return Panel(days, metrics, divided(cohorts.first_orders, cohorts.sizes), cohorts.sizes)


OF_COHORTS: dict[str, Callable[[Days, CohortDays], Panel]] = {
    "dcohort_anomaly": cohort_panel,
    "dcohort_anomaly_2": share_panel,
}
"""Panels of the reports that count new customers."""

"""The compact tables from which the reports of some days are cut, made once for all of these days.

Each has a ``day``: the first of the report days, or a later day, from which on a row counts; a report of day D is
made of the rows up to D. Reads the lake; everything else is in pure functions.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import cached_property

import polars as pl

from ca_platform.facts import Shape, check_values
from ca_platform.lake import Lake
from ca_platform.models.backtest import History
from ca_platform.reports.ab_tables import AbTables
from ca_platform.reports.anomalies import AnomalyTables
from ca_platform.reports.anomaly_panels import AnomalyPanels
from ca_platform.reports.basket_tables import BasketTables
from ca_platform.reports.customer_anomalies import CustomerAnomalyTables
from ca_platform.reports.customer_tables import CustomerTables
from ca_platform.reports.delivery_orders import DeliveryOrders
from ca_platform.reports.delivery_tables import DeliveryTables
from ca_platform.reports.milestone_tables import MilestoneTables
from ca_platform.reports.milestones import Days
from ca_platform.reports.product_tables import ProductTables
from ca_platform.reports.promotion_tables import PromotionTables
from ca_platform.reports.reading import FactReader
from ca_platform.reports.recommendation_tables import RecommendationTables
from ca_platform.reports.revenue_ahead_tables import RevenueAheadTables
from ca_platform.reports.rfm_tables import RfmTables
from ca_platform.reports.risk import RiskTables
from ca_platform.reports.sequence_tables import SequenceTables
from ca_platform.reports.served import ModelsT
from ca_platform.reports.value import ValueTables
from ca_platform.reports.value_classes import ValueClassTables
from ca_platform.settings import Settings
from ca_platform.sorting import sort_by
from ca_platform.training import AnomalyModels, ChurnModels, Orders, TestCalibrations, ValueClassModels, ValueModels
from ca_platform.training.orders import orders_until

_SLICE = ["dimension", "value"]


class Tables:
    """Compact tables of the lake's facts for some report days.

    Args:
        days: ascending.
    """

    def __init__(self, days: Sequence[date], settings: Settings, lake: Lake) -> None:
        self.shape = Shape.of(settings)
        self._report_days = tuple(days)
        self._days = Days(days[0], days[-1], self.shape.time_zone)
        self._settings = settings
        self._lake = lake
        self._facts = FactReader(lake, self.shape, self._days)

    @cached_property
    def slices(self) -> pl.DataFrame:
        """``main`` and every dimension value: ``day`` of its first session, ``slice``, names, ``rank`` for sorting.

        In the order of ``slice``, which counts from 0 without a gap.
        """
        values = self._lake.collect(lambda: self._facts.scan("dimension_values"))
        check_values(values, self.shape.max_values, self._days.last)
        main = pl.DataFrame(
            {"day": [self.shape.start_date], "slice": [0], "dimension": ["main"], "value": [None]},
            schema=values.schema,
        )
        ranked = values.sort("dimension", "value", nulls_last=False)
        return pl.concat([main, ranked]).with_row_index("rank").sort("slice")

    @cached_property
    def steps(self) -> pl.DataFrame:
        """Sessions by slice, day and hour: a count ``steps.NAME`` for each step, closed counts, money."""
        ends = {"steps.session_start": pl.col("sessions"), "steps.purchase": pl.col("orders")}
        return self._lake.collect(lambda: self._coded(self._facts.scan("session_steps")).with_columns(**ends))

    @cached_property
    def days(self) -> pl.DataFrame:
        """The same by slice and day."""
        measures = pl.all().exclude("slice", "day", "hour")
        return self.steps.lazy().group_by("slice", "day").agg(measures.sum()).collect(engine="streaming")

    @cached_property
    def hours(self) -> pl.DataFrame:
        """The same by slice and hour."""
        measures = pl.all().exclude("slice", "day", "hour")
        return (
            self.steps.lazy()
            .group_by("slice", self._facts.counts_from(), "hour")
            .agg(measures.sum())
            .collect(engine="streaming")
        )

    @cached_property
    def active(self) -> pl.DataFrame:
        """``active_customers`` by slice."""
        return self._lake.collect(lambda: self._coded(self._facts.scan("active_customers")))

    @cached_property
    def new(self) -> pl.DataFrame:
        """``new_customers`` by slice, day and step."""
        return self._lake.collect(
            lambda: self._facts.scan("new_customers").group_by("slice", "day", "step").agg(pl.col("customers").sum())
        )

    @cached_property
    def step_times(self) -> pl.DataFrame:
        """Times between steps, counted, by slice."""
        step = pl.col("step").cast(pl.Enum(self.shape.steps))
        return self._histogram("step_times", "step_time_totals", [step, pl.col("microseconds")], "sessions")

    @cached_property
    def order_amounts(self) -> pl.DataFrame:
        """Amounts of orders, counted, by slice."""
        return self._histogram("order_amounts", "order_amount_totals", [pl.col("amount")], "orders")

    @cached_property
    def customers(self) -> CustomerTables:
        """What each customer's orders sum up to."""
        return CustomerTables(self._facts)

    @cached_property
    def sequence(self) -> SequenceTables:
        """What follows from the sequence of each customer's orders."""
        return SequenceTables(self._facts, lambda: self.milestones.spells)

    @cached_property
    def products(self) -> ProductTables:
        """Sales by product and category."""
        return ProductTables(self._facts)

    @cached_property
    def baskets(self) -> BasketTables:
        """What is bought together."""
        options = self._settings.reports
        return BasketTables(
            self._facts, self._report_days, self.products, options.most_combined_products, options.association_rules
        )

    @cached_property
    def recommendations(self) -> RecommendationTables:
        """What each customer is likely to buy next."""
        return RecommendationTables(self._facts, self.products, lambda: self.milestones.spells)

    @cached_property
    def history(self) -> History:
        """All orders up to the last report day, read once for all kinds of models."""
        return orders_until(self._days.last, self.shape, self._lake)

    @cached_property
    def risk(self) -> RiskTables:
        """How likely each customer is not to order again."""
        return RiskTables(self._facts, self._report_days, lambda: self._models(ChurnModels))

    @cached_property
    def value(self) -> ValueTables:
        """What each customer is expected to bring."""
        return ValueTables(self._facts, self._report_days, lambda: self._models(ValueModels))

    @property
    def course_days(self) -> int:
        """Days, past and to come, that ``daily_clv`` holds of each slice at most."""
        options = self._settings.reports
        return options.history_days + 7 * options.clv.horizon_weeks

    @cached_property
    def ahead(self) -> RevenueAheadTables:
        """What all customers, known and still to come, are expected to bring."""
        slices = self.slices.select("day", "slice")
        return RevenueAheadTables(self._facts, slices, lambda: self.days, lambda: self.value.models, lambda: self.rfm)

    @cached_property
    def value_classes(self) -> ValueClassTables:
        """Whether the revenue of each customer will be low, mid or high."""
        return ValueClassTables(self._facts, self._report_days, lambda: self._models(ValueClassModels))

    @cached_property
    def promotions(self) -> PromotionTables:
        """Orders and customers by promotion."""
        return PromotionTables(self._facts, self._coded)

    @cached_property
    def deliveries(self) -> DeliveryTables:
        """How long deliveries took."""
        return DeliveryTables(self._facts, self._settings, lambda: self.slices)

    @cached_property
    def delivery_orders(self) -> DeliveryOrders:
        """Which deliveries took abnormally long."""
        return DeliveryOrders(self._facts, lambda: self.slices)

    @cached_property
    def ab(self) -> AbTables:
        """What A/B tests compare."""
        slices = self.slices.select("day", "slice")
        return AbTables(
            self._facts,
            self._report_days,
            self._settings,
            slices,
            lambda: self.milestones.spells,
            lambda: self._models(TestCalibrations),
        )

    @cached_property
    def anomalies(self) -> AnomalyTables:
        """Days on which the shop's figures lie where they should not."""
        panels = AnomalyPanels(
            self._facts, lambda: self.days, lambda: self.steps, lambda: self.milestones.downloads, self._settings
        )

        def models(panels: AnomalyPanels) -> AnomalyModels:
            return AnomalyModels(self._days.last, self._settings, self._lake, panels.judged, lambda: panels.marks)

        first = self._days.first - timedelta(days=self._settings.reports.history_days - 1)
        return AnomalyTables(first, panels, lambda: self.slices, models)

    @cached_property
    def customer_anomalies(self) -> CustomerAnomalyTables:
        """Customers who do not do as they used to."""
        return CustomerAnomalyTables(self._facts, self._report_days, lambda: self.value.models)

    @cached_property
    def rfm(self) -> RfmTables:
        """Scores and segments of buyers."""
        slices = self.slices.select("day", "slice")
        return RfmTables(self._facts, self._report_days, slices, self._settings)

    @cached_property
    def milestones(self) -> MilestoneTables:
        """What is known of each customer, and which milestones they reached."""
        return MilestoneTables(self._facts, self._settings.sources.customers)

    def _models(self, kind: Callable[[date, Settings, Lake, Orders], ModelsT]) -> ModelsT:
        return kind(self._days.last, self._settings, self._lake, lambda: self.history)

    def _coded(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Numbers in the place of dimension and value."""
        numbers = self.slices.lazy().select("slice", *_SLICE)
        return rows.join(numbers, on=_SLICE, how="inner", nulls_equal=True).drop(_SLICE)

    def _histogram(self, name: str, totals: str, key: list[pl.Expr], count: str) -> pl.DataFrame:
        """Counts of all days up to the first report day, and of each day after it, in order of slice and key."""

        def build() -> pl.LazyFrame:
            rows = self._facts.with_totals(name, totals)
            return self._coded(rows.group_by(*_SLICE, self._facts.counts_from(), *key).agg(pl.col(count).sum()))

        return sort_by(self._lake.collect(build), ["slice", *(column.meta.output_name() for column in key)])

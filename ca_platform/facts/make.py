"""The facts of a run of days from one reading of their sessions."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from datetime import date, timedelta
from functools import cached_property

import polars as pl

from ca_platform.catalogue.promotions import PROMOTION_FACTS
from ca_platform.errors import ReportError
from ca_platform.facts import churn, customers, daily, experiments, promotions, sequence
from ca_platform.facts.digests import WEEK_REACH
from ca_platform.facts.make_baskets import BasketMaker, Past
from ca_platform.facts.make_deliveries import make_delivery_times
from ca_platform.facts.registry import REACH, schema, sort_key
from ca_platform.facts.shape import Shape
from ca_platform.lake import Lake
from ca_platform.money import MONEY
from ca_platform.sorting import sort_by

SUNDAY = 7
PROMOTIONS = frozenset(spec.name for spec in PROMOTION_FACTS)


class Maker:
    """Makes any fact for some of the days; what several facts share is made once.

    Args:
        days: by fact the days to make.
    """

    def __init__(self, days: Mapping[str, Collection[date]], shape: Shape, lake: Lake) -> None:
        self._days = {name: sorted(chosen) for name, chosen in days.items() if chosen}
        self._shape = shape
        self._lake = lake

    def make(self, name: str) -> dict[date, pl.DataFrame]:
        """Rows of the fact by day, sorted as its parts are."""
        days, types = self._days[name], schema(name, self._shape)
        rows = _BUILDERS[name](self, self._shape).filter(pl.col("day").is_in(days)).collect(engine="streaming")
        # Sorted before enumerations become texts: as fast as numbers.
        frame = sort_by(rows, ["day", *sort_key(name)]).select(
            pl.col(column).cast(dtype) for column, dtype in types.items()
        )
        runs = frame["day"].rle().struct.unnest()
        ends = runs["len"].cum_sum()
        by_day = {day: frame[end - length : end] for (length, day), end in zip(runs.iter_rows(), ends, strict=True)}
        return {day: by_day.get(day, frame.clear()) for day in days}

    @property
    def _session_schema(self) -> dict[str, pl.DataType]:
        """Columns of the sessions that any of the facts looks at."""
        more: dict[str, pl.DataType] = {"promotion_id": pl.String()} if PROMOTIONS & self._days.keys() else {}
        if "experiment_variants" in self._days:
            more |= {f"experiments.{name}": pl.String() for name in self._shape.experiments}
        return {**self._shape.session_schema, **more}

    @cached_property
    def _all_sessions(self) -> pl.DataFrame:
        """Sessions of all days that any fact looks at, but those that only lie between."""
        days: set[date] = set()
        for name, chosen in self._days.items():
            reach = WEEK_REACH if REACH[name] == "week" else 0
            days |= {day - timedelta(days=back) for day in chosen for back in range(reach + 1)}
        start = self._shape.start_date
        wanted = sorted(day for day in days if day >= start)
        # What a session without purchase says of money counts as 0.
        paid = pl.when("has_purchased").then(pl.col("payment_amount", "discount_amount")).otherwise(pl.lit(0))
        frame = self._lake.collect(
            lambda: (
                self._lake.scan("sessions", wanted[0], wanted[-1], schema=self._session_schema)
                .filter(pl.col("day").is_in(wanted))
                .with_columns(paid.cast(MONEY))
                # Parts are sorted by client, start and order_id: a place that grows with each customer's sessions.
                .sort("day", maintain_order=True)
                .with_row_index("place")
            )
        )
        self._check_values(frame)
        return frame

    def sessions(self, name: str) -> pl.LazyFrame:
        """Sessions that the fact looks at."""
        days, reach = self._days[name], WEEK_REACH if REACH[name] == "week" else 0
        near = {day - timedelta(days=back) for day in days for back in range(reach + 1)}
        return self._all_sessions.lazy().filter(pl.col("day").is_in(sorted(near)))

    @cached_property
    def _past_days(self) -> list[date]:
        """Days of this run whose facts look at the past. They follow each other without a gap."""
        days = {day for name, chosen in self._days.items() if REACH[name] == "past" for day in chosen}
        return sorted(days)

    @cached_property
    def _past_sessions(self) -> pl.DataFrame:
        return self._all_sessions.filter(pl.col("day").is_in(self._past_days))

    def past(self, name: str) -> pl.LazyFrame:
        """The fact on all days before those that are made now."""
        last = self._past_days[0] - timedelta(days=1)
        return self._lake.scan(name, self._shape.start_date, last, schema=schema(name, self._shape))

    @cached_property
    def new_values(self) -> pl.DataFrame:
        known = self._lake.collect(lambda: self.past("dimension_values"))
        new = customers.new_values(self._past_sessions.lazy(), self._shape.dimensions, known.lazy()).collect()
        check_values(pl.concat([known, new.cast(known.schema)]), self._shape.max_values, self._past_days[-1])
        return new

    @cached_property
    def new_clients(self) -> pl.DataFrame:
        sessions = self._past_sessions.lazy()
        return self._lake.collect(lambda: customers.new_clients(sessions, self.past("client_numbers")))

    @cached_property
    def visits(self) -> pl.DataFrame:
        sessions = self._past_sessions.lazy()

        def build() -> pl.LazyFrame:
            here = sessions.select("client").unique()
            known = self.past("client_numbers").join(here, on="client", how="semi")
            clients = pl.concat([known, self.new_clients.lazy()], how="vertical_relaxed")
            values = pl.concat([self.past("dimension_values"), self.new_values.lazy()], how="vertical_relaxed")
            return customers.visits(sessions, self._shape.dimensions, values, clients)

        return self._lake.collect(build)

    @cached_property
    def first_sessions(self) -> pl.DataFrame:
        return self._lake.collect(lambda: customers.firsts(self.visits.lazy(), self.past("first_sessions")))

    @cached_property
    def first_purchases(self) -> pl.DataFrame:
        orders = self.visits.lazy().filter("has_purchased")
        return self._lake.collect(lambda: customers.firsts(orders, self.past("first_purchases")))

    @cached_property
    def orders(self) -> pl.DataFrame:
        """Orders in the sequence of each customer in each slice, see ``sequence.numbered_orders``."""
        names = {"at": "session_start_date", "amount": "payment_amount"}
        orders = self.visits.lazy().filter("has_purchased").select("day", "slice", "customer", "place", **names)
        here = orders.collect()
        past = self._lake.collect(lambda: sequence.past_orders(here.lazy(), self.past("customer_orders")))
        return sequence.numbered_orders(here, past, self._shape.time_zone)

    @cached_property
    def promoted(self) -> pl.DataFrame:
        """Orders that carry a promotion."""
        return promotions.promoted(self.orders.lazy(), self._past_sessions.lazy()).collect()

    @cached_property
    def promotion_firsts(self) -> pl.DataFrame:
        promoted = self.promoted.lazy()
        return self._lake.collect(lambda: promotions.promotion_firsts(promoted, self.past("promotion_firsts")))

    @property
    def promotion_customers(self) -> pl.LazyFrame:
        here = self.orders.lazy().select(customers.PAIR).unique()
        known = self._lake.collect(lambda: self.past("promotion_firsts").join(here, on=customers.PAIR, how="semi"))
        return promotions.promotion_customers(self.promotion_firsts.lazy(), self.orders.lazy(), known.lazy())

    @property
    def experiment_variants(self) -> pl.LazyFrame:
        """When customers saw each variant of an experiment first."""
        sessions, names = self._past_sessions.lazy(), self._shape.experiments
        visits = self.visits.lazy()
        return self._lake.collect(
            lambda: experiments.experiment_variants(visits, sessions, names, self.past("experiment_variants"))
        ).lazy()

    @property
    def churn_weeks(self) -> pl.LazyFrame:
        """Churn at the end of each Sunday."""
        shape, days = self._shape, self._days["churn_weeks"]

        def at(sunday: date) -> pl.DataFrame:
            def build() -> pl.LazyFrame:
                known = self.past("customer_orders")
                new = self.orders.lazy().filter(pl.col("day") <= sunday).select(known.collect_schema().names())
                orders = pl.concat([known, new], how="vertical_relaxed")
                return churn.churn_week(orders, sunday, shape.start_date, shape.time_zone, shape.churn)

            return self._lake.collect(build)

        empty = pl.DataFrame(schema=schema("churn_weeks", shape))
        return pl.concat([empty, *map(at, (day for day in days if day.isoweekday() == SUNDAY))]).lazy()

    @cached_property
    def baskets(self) -> BasketMaker:
        past = Past(self.past, lambda: self.new_values, lambda: self.new_clients)
        return BasketMaker(self._past_days, self._shape, self._lake, past)

    @property
    def delivery_times(self) -> pl.LazyFrame:
        """Deliveries with their orders."""
        return make_delivery_times(self._days["delivery_times"], self._shape, self._lake)

    def _check_values(self, sessions: pl.DataFrame) -> None:
        """Refuse a dimension that is none before anything is made of it."""
        if not self._shape.dimensions or sessions.is_empty():
            return
        names = self._shape.dimensions
        counts = sessions.select(pl.col(f"dimensions.{name}").n_unique().alias(name) for name in names).row(0)
        last = sessions.get_column("day").max()
        for name, count in zip(names, counts, strict=True):
            _refuse_many(name, count, self._shape.max_values, last)


def check_values(values: pl.DataFrame, allowed: int, day: date) -> None:
    """Refuse a dimension with too many values.

    Args:
        values: ``dimension_values`` up to ``day``.
    """
    for name, count in values.group_by("dimension").len().sort("dimension").iter_rows():
        _refuse_many(name, count, allowed, day)


def _refuse_many(name: str, count: int, allowed: int, day: object) -> None:
    if count > allowed:
        raise ReportError(
            f"The dimension {name} has {count:,} values up to {day}, more than the {allowed:,} that "
            "reports.dimensions.max_values allows. Take it out of sources.sessions.dimensions, or raise max_values."
        )


_BUILDERS: dict[str, Callable[[Maker, Shape], pl.LazyFrame]] = {
    "session_steps": lambda maker, shape: daily.session_steps(
        maker.sessions("session_steps"), shape.dimensions, shape.actions, shape.time_zone
    ),
    "step_times": lambda maker, shape: daily.step_times(maker.sessions("step_times"), shape.dimensions, shape.actions),
    "order_amounts": lambda maker, shape: daily.order_amounts(maker.sessions("order_amounts"), shape.dimensions),
    "active_customers": lambda maker, shape: daily.active_customers(
        maker.sessions("active_customers"), shape.dimensions
    ),
    "dimension_values": lambda maker, _: maker.new_values.lazy(),
    "client_numbers": lambda maker, _: maker.new_clients.lazy(),
    "first_sessions": lambda maker, _: maker.first_sessions.lazy(),
    "first_purchases": lambda maker, _: maker.first_purchases.lazy(),
    "new_customers": lambda maker, shape: customers.new_customers(
        maker.first_sessions.lazy(), maker.first_purchases.lazy(), shape.time_zone
    ),
    "customer_orders": lambda maker, _: maker.orders.lazy(),
    "order_numbers": lambda maker, _: sequence.order_numbers(maker.orders.lazy()),
    "next_orders": lambda maker, _: sequence.next_orders(maker.orders.lazy()),
    "period_buyers": lambda maker, _: sequence.period_buyers(maker.orders.lazy()),
    "churn_weeks": lambda maker, _: maker.churn_weeks,
    "customer_days": lambda maker, _: customers.customer_days(maker.visits.lazy()),
    "promotion_orders": lambda maker, shape: promotions.promotion_orders(
        maker.sessions("promotion_orders"), shape.dimensions, shape.time_zone
    ),
    "promotion_firsts": lambda maker, _: maker.promotion_firsts.lazy(),
    "promotion_customers": lambda maker, _: maker.promotion_customers,
    "promotion_spending": lambda maker, _: promotions.promotion_spending(maker.promoted.lazy()),
    "experiment_variants": lambda maker, _: maker.experiment_variants,
    "product_numbers": lambda maker, _: maker.baskets.product_numbers.lazy(),
    "order_products": lambda maker, _: maker.baskets.order_products.lazy(),
    "product_days": lambda maker, _: maker.baskets.product_days.lazy(),
    "category_buyers": lambda maker, _: maker.baskets.category_buyers.lazy(),
    "category_days": lambda maker, _: maker.baskets.category_days.lazy(),
    "delivery_times": lambda maker, _: maker.delivery_times,
}

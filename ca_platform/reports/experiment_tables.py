"""The compact tables of declared experiments, for some report days: who was assigned, and what each did before and since.

As in ``tables``: each has a ``day`` from which on a row counts. Reads the lake; what the rows mean is in ``experiments``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import date, timedelta
from functools import cached_property

import polars as pl

from ca_platform.calendar import INSTANT, days_between
from ca_platform.facts import check_history
from ca_platform.facts.customers import MAIN_SLICE, PAIR
from ca_platform.reports.ab_verdicts import Offers
from ca_platform.reports.experiment_sides import Experiments, pairs_of
from ca_platform.reports.experiments import experiments
from ca_platform.reports.reading import FactReader
from ca_platform.settings import Settings
from ca_platform.settings.experiments import Experiment

BEFORE = timedelta(weeks=26)
"""How far back the time before an assignment reaches."""
_ONE = ["slice", "experiment", "client"]


class ExperimentTables:
    """Everybody who was assigned in an experiment up to the last report day.

    Args:
        offers: what the calibration of a report day says of each test.
    """

    def __init__(self, facts: FactReader, settings: Settings, offers: Callable[[date], Offers]) -> None:
        self._facts = facts
        self._offers = offers
        self._lake = facts.lake
        self._settings = settings
        self._by_dimension = settings.reports.ab_test.by_dimension

    @property
    def plans(self) -> Mapping[str, Experiment]:
        """What the settings say of experiments."""
        return self._settings.reports.experiments

    def compared(self, day: date) -> pl.LazyFrame:
        """``experiments`` of a report day."""
        standing = self.on(day)
        return experiments(standing, self._offers(day) if standing.people.height else {}).lazy()

    def on(self, day: date) -> Experiments:
        """The experiments as they stand at the end of a report day."""
        done = self._outcomes.lazy().filter(pl.col("day") <= day).group_by("place").agg(pl.exclude("day").sum())
        known = self._people.lazy().filter(pl.col("since") <= day)
        people = known.join(done, on="place", how="left", maintain_order="left")
        source = self._settings.sources.sessions
        return Experiments(
            people=people.with_columns(
                # Added up exactly, so that it does not matter how many days are made together.
                pl.col(_OUTCOMES).fill_null(0).cast(pl.Float64),
                switched=(pl.col("switched_on") <= day).fill_null(value=False),
            ).collect(),
            plans=self.plans,
            day=day,
            time_zone=self._facts.shape.time_zone,
            alpha=self._settings.reports.ab_test.alpha,
            has_discount=source is not None and source.gives("discount_amount"),
        )

    def sides(self, day: date) -> pl.LazyFrame:
        """Who is compared: a row for each side of each variant and everybody on it.

        Columns: ``slice``, ``experiment``, ``variant`` (that of the report), ``is_control`` (the side), ``client``,
        ``has_switched``.
        """
        standing = self.on(day)
        pairs = pairs_of(standing).lazy()
        people = standing.people.lazy().select("place", "slice", "experiment", own="variant", has_switched="switched")
        named = people.join(self._entries.lazy().select("place", "client"), on="place")
        sides = [
            pairs.rename({side: "own"}).with_columns(variant=pl.col(name), is_control=pl.lit(value=side == "control"))
            for side, name in (("control", "variant"), ("variant", "own"))
        ]
        columns = ("slice", "experiment", "variant", "is_control", "client", "has_switched")
        return pl.concat(rows.join(named, on=["slice", "experiment", "own"]).select(columns) for rows in sides)

    @cached_property
    def _entries(self) -> pl.DataFrame:
        """Everybody's first assignment: ``place``, slice, experiment, ``customer`` (null without a session), variant, ``at``.

        It counts from the day ``since`` on: of a dimension value from the first session with it. ``switched_on`` is the
        day of the first other variant. Sorted, so that sums do not depend on the order of rows.
        """
        rows = pl.concat([self._seen(), self._assigned()]).lazy()
        last = {name: plan.last_day for name, plan in self.plans.items() if plan.last_day is not None}
        ends = pl.LazyFrame({"experiment": [*last], "last_day": [*last.values()]}, schema=_ENDS)
        counted = rows.join(ends, on="experiment", how="left").filter(
            pl.col("last_day").is_null() | (pl.col("since") <= pl.col("last_day"))
        )
        first = counted.sort(*_ONE, "at", "variant").unique(_ONE, keep="first", maintain_order=True)
        others = counted.join(first.select(*_ONE, own="variant"), on=_ONE).filter(pl.col("variant") != pl.col("own"))
        switched = others.group_by(_ONE).agg(switched_on=pl.col("day").min())
        return first.join(switched, on=_ONE, how="left", maintain_order="left").with_row_index("place").collect()

    def _seen(self) -> pl.DataFrame:
        """First sessions with each variant, of experiments that are columns of the sessions."""

        def build() -> pl.LazyFrame:
            rows = self._sliced("experiment_variants").with_columns(since="day")
            return rows.join(self._clients(), on="customer").select(_ASSIGNED)

        return self._lake.collect(build)

    def _assigned(self) -> pl.DataFrame:
        """What the source of assignments says."""
        start, last = self._facts.shape.start_date, self._facts.days.last
        if self._settings.sources.assignments is None:
            return self._seen().clear()
        loaded = self._lake.days("assignments")
        check_history(days_between(start, last), loaded, "report experiments", "assignments")

        def build() -> pl.LazyFrame:
            rows = self._lake.scan("assignments", start, last, schema=_ASSIGNMENTS).rename({"assigned_at": "at"})
            named = rows.join(self._clients(), on="client", how="left")
            everybody = named.with_columns(slice=pl.lit(MAIN_SLICE, pl.UInt32), since="day").select(_ASSIGNED)
            if not self._by_dimension:
                return everybody
            first = self._sliced("first_sessions").filter(pl.col("slice") != MAIN_SLICE)
            visitors = named.join(first.select("slice", "customer", first_day="day"), on="customer")
            since = pl.max_horizontal("day", "first_day")
            return pl.concat([everybody, visitors.with_columns(since=since).select(_ASSIGNED)])

        return self._lake.collect(build)

    def _sliced(self, fact: str, start: date | None = None) -> pl.LazyFrame:
        """A fact by slice, of the whole shop alone unless dimension values are asked for."""
        rows = self._facts.scan(fact, start)
        return rows if self._by_dimension else rows.filter(pl.col("slice") == MAIN_SLICE)

    def _clients(self) -> pl.LazyFrame:
        return self._facts.scan("client_numbers").drop("day")

    @cached_property
    def _people(self) -> pl.DataFrame:
        """Everybody with what was known at the assignment: orders, revenue, sessions before, ``idle_days``, ``is_new``.

        ``idle_days`` are those since the last order, null without one; one is new who had no session before.
        """

        def build() -> pl.LazyFrame:
            own = self._entries.lazy()
            is_before = (pl.col("ordered_at") < pl.col("at")) & (pl.col("ordered_at") >= pl.col("at") - BEFORE)
            orders = (
                self._orders()
                .filter(is_before)
                .group_by("place")
                .agg(orders_before=pl.len(), revenue_before=pl.col("amount").sum(), last_at=pl.col("ordered_at").max())
            )
            is_earlier = (pl.col("done_on") < pl.col("day")) & (pl.col("done_on") >= pl.col("day") - BEFORE)
            sessions = self._days().filter(is_earlier).group_by("place").agg(sessions_before=pl.col("sessions").sum())
            first = self._sliced("first_sessions").select(*PAIR, first_at="at")
            known = own.join(first, on=PAIR, how="left")
            idle = (pl.col("at") - pl.col("last_at")).dt.total_microseconds() / timedelta(days=1).total_seconds() / 1e6
            return (
                known.join(orders, on="place", how="left")
                .join(sessions, on="place", how="left")
                .sort("place")
                .select(
                    "place", "slice", "since", "experiment", "variant", "at", "switched_on",
                    *(pl.col(f"{name}_before").fill_null(0).cast(pl.Float64) for name in _HISTORY),
                    idle_days=idle,
                    is_new=(pl.col("first_at") >= pl.col("at")).fill_null(value=True),
                )
            )  # fmt: skip

        return self._lake.collect(build)

    @cached_property
    def _outcomes(self) -> pl.DataFrame:
        """What each did since: ``orders`` and ``revenue`` from the assignment on, the others from its day on."""

        def build() -> pl.LazyFrame:
            is_counted = pl.col("last_day").is_null() | (pl.col("done_on") <= pl.col("last_day"))
            day = pl.max_horizontal("done_on", pl.lit(self._facts.days.first))
            orders = self._orders().filter(is_counted & (pl.col("ordered_at") >= pl.col("at")))
            paid = orders.group_by("place", day=day).agg(orders=pl.len().cast(pl.Int64), revenue=pl.col("amount").sum())
            days = self._days().filter(is_counted & (pl.col("done_on") >= pl.col("day")))
            done = days.group_by("place", day=day).agg(pl.col("sessions", "discount").sum())
            both = done.join(paid, on=["place", "day"], how="full", coalesce=True)
            return both.select("place", "day", pl.col(_OUTCOMES).fill_null(0)).sort("place", "day")

        return self._lake.collect(build)

    def _orders(self) -> pl.LazyFrame:
        """Orders of everybody who was assigned, with the assignment beside each."""
        orders = self._sliced("customer_orders", self._since)
        return orders.select(*PAIR, "amount", ordered_at="at", done_on="day").join(self._entries.lazy(), on=PAIR)

    def _days(self) -> pl.LazyFrame:
        """Days with a session of everybody who was assigned, with the assignment beside each. They know no slices."""
        days = self._facts.scan("customer_days", self._since).select("customer", "sessions", "discount", done_on="day")
        return days.join(self._entries.lazy().filter(pl.col("slice") == MAIN_SLICE), on="customer")

    @property
    def _since(self) -> date | None:
        """The first day that says anything of anybody."""
        first = self._entries["day"].min()
        start = self._facts.shape.start_date
        return max(start, first - BEFORE - timedelta(days=1)) if isinstance(first, date) else None


_ASSIGNMENTS: dict[str, pl.DataType] = {
    "day": pl.Date(),
    "experiment": pl.String(),
    "client": pl.String(),
    "variant": pl.String(),
    "assigned_at": INSTANT,
}
_ASSIGNED = ["day", "since", "slice", "experiment", "client", "customer", "variant", "at"]
_HISTORY = ("orders", "revenue", "sessions")
_OUTCOMES = ["orders", "revenue", "sessions", "discount"]
_ENDS: dict[str, pl.DataType] = {"experiment": pl.String(), "last_day": pl.Date()}

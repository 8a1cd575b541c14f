"""Revenue to come of some report days: what is read of the lake for it, and the tables of each day, made once.

Reads the lake; what the numbers mean is in ``revenue_ahead``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cached_property

import numpy as np
import polars as pl

from ca_platform.models.backtest import Origin, rolling_origins
from ca_platform.models.clv.arrivals import Arrivals
from ca_platform.models.clv.boosted import BASE
from ca_platform.models.clv.course import Missed, Scatter, milestones
from ca_platform.models.clv.first_orders import weekday_shares
from ca_platform.models.clv.newcomers import forecast_newcomers
from ca_platform.models.clv.records import Floats, Ints
from ca_platform.reports.periods import Calendar
from ca_platform.reports.reading import FactReader
from ca_platform.reports.revenue_ahead import Outlook, Shares, by_segment, daily
from ca_platform.reports.rfm_day import Scored
from ca_platform.reports.rfm_tables import RfmTables
from ca_platform.reports.segment_course import by_segment_and_week
from ca_platform.training import ValueModels
from ca_platform.training.orders import day_number

_ERROR = "revenue_total_error"
# What days scatter is told by the last half-year.
_SCATTER_DAYS = 28 * 7


@dataclass(frozen=True, slots=True, eq=False)
class _Parts:
    """What the reports of a day are made of; ``known`` are the slices that there are."""

    known: Ints
    outlook: Outlook
    scored: Scored
    shares: Shares

    def segments(self) -> tuple[pl.DataFrame, pl.DataFrame]:
        """The tables of segments: over the whole horizon, and by week."""
        given = self.scored, self.outlook, self.shares, self.known
        return by_segment(*given).collect(), by_segment_and_week(*given).collect()


class RevenueAheadTables:
    """What ``daily_clv``, ``clvsegments_amount`` and ``clvsegments_weekly`` are made of.

    Args:
        slices: ``day`` of the first session of each ``slice``, numbered from 0.
        days: sessions by ``slice`` and ``day``, with their ``revenue``.
        models: gives the models of the lake.
        rfm: gives the scored buyers.
    """

    def __init__(
        self,
        facts: FactReader,
        slices: pl.DataFrame,
        days: Callable[[], pl.DataFrame],
        models: Callable[[], ValueModels],
        rfm: Callable[[], RfmTables],
    ) -> None:
        self._facts, self._slices, self._open, self._rfm = facts, slices, models, rfm
        self._sessions = days
        self._segments: dict[date, tuple[pl.DataFrame, pl.DataFrame]] = {}

    def daily(self, calendar: Calendar) -> pl.LazyFrame:
        """``daily_clv``; the small tables of the segments are made along with it."""
        parts = self._parts(calendar.day)
        self._segments[calendar.day] = parts.segments()
        scatter = {slice_: self._scatter(slice_, parts.outlook) for slice_ in parts.known.tolist()}
        return daily(self._past(calendar), parts.outlook, parts.shares, scatter)

    def segments(self, calendar: Calendar) -> pl.LazyFrame:
        """``clvsegments_amount``."""
        return self._by_segment(calendar.day)[0].lazy()

    def weekly(self, calendar: Calendar) -> pl.LazyFrame:
        """``clvsegments_weekly``."""
        return self._by_segment(calendar.day)[1].lazy()

    def _by_segment(self, day: date) -> tuple[pl.DataFrame, pl.DataFrame]:
        if day not in self._segments:
            self._segments[day] = self._parts(day).segments()
        return self._segments[day]

    @cached_property
    def _models(self) -> ValueModels:
        return self._open()

    @cached_property
    def _arrivals(self) -> Arrivals:
        """Of all orders; those of a day are cut from it."""
        return Arrivals.of(self._models.history, day_number(self._facts.days.last) + 1)

    @cached_property
    def _revenue(self) -> pl.DataFrame:
        """``amount`` and ``newcomers_part``, what was paid for first orders, by ``slice`` and ``day`` with either."""

        def build() -> pl.LazyFrame:
            first = self._facts.scan("order_numbers").filter(pl.col("number") == 1)
            new = first.group_by("slice", "day").agg(newcomers_part=pl.col("revenue").sum())
            return (
                self._sessions().lazy().select("slice", "day", amount="revenue").join(new, ["slice", "day"], how="left")
            )

        return self._facts.lake.collect(build)

    def _parts(self, day: date) -> _Parts:
        known = self._slices.filter(pl.col("day") <= day)["slice"].sort().to_numpy().astype(np.int64)
        outlook, scored = self._outlook(day), self._rfm().scored(day)
        shares = Shares.of(scored.buyers, outlook.served.number, self._slices.height, outlook.horizon)
        return _Parts(known, outlook, scored, shares)

    def _outlook(self, day: date) -> Outlook:
        end = day_number(day) + 1
        ahead = milestones(self._models.horizon_days)
        served = self._models.forecast(day)
        revenue = {days: self._models.revenue(day, days) for days in ahead[:-1]} | {ahead[-1]: served.revenue}
        arrivals = self._arrivals.until(end)
        origins, errors = self._origins(served.trained_on, arrivals)
        newcomers = forecast_newcomers(arrivals, ahead[-1], origins, self._models.clock)
        missed = Missed.of(arrivals, origins, errors, newcomers)
        return Outlook(day, end, served, revenue, newcomers, missed, weekday_shares(arrivals.by_day, arrivals.start))

    def _origins(self, trained_on: date, arrivals: Arrivals) -> tuple[list[Origin], list[float]]:
        """The origins of the back-test, and by how much the served model missed the total; others where it has none."""
        rows = _of_served(self._models.scores(trained_on).filter(pl.col("metric") == _ERROR)).sort("origin")
        if rows.is_empty():
            found = rolling_origins(arrivals.start, arrivals.end, self._models.horizon_days)
            return list(found), [np.nan] * len(found)
        origins = [Origin(day_number(day) + 1, int(days)) for day, days in rows.select("origin", "horizon_days").rows()]
        return origins, rows["value"].fill_null(np.nan).to_list()

    def _past(self, calendar: Calendar) -> pl.DataFrame:
        """Every day of the window in every slice that there is; 0 on those without an order."""
        slices = self._slices.lazy().filter(pl.col("day") <= calendar.day).select("slice")
        grid = slices.join(calendar.periods("1d").select("date"), how="cross")
        rows = grid.join(self._revenue.lazy().rename({"day": "date"}), on=["slice", "date"], how="left")
        return rows.with_columns(pl.col("amount", "newcomers_part").fill_null(0)).collect()

    def _scatter(self, slice_: int, outlook: Outlook) -> Scatter:
        by_day = self._by_day(slice_, outlook.first_day)
        return Scatter.of(by_day, outlook.weekday, outlook.first_day - by_day.size)

    def _by_day(self, slice_: int, end: int) -> Floats:
        """Revenue of the last days, those before the shop's first order left out."""
        days, amounts = self._series.get(slice_, (np.zeros(0, np.int64), np.zeros(0)))
        size = max(min(_SCATTER_DAYS, end - self._arrivals.start), 0)
        place = days - (end - size)
        inside = (place >= 0) & (place < size)
        return np.bincount(place[inside], amounts[inside], minlength=size).astype(np.float64)

    @cached_property
    def _series(self) -> dict[int, tuple[Ints, Floats]]:
        """Days with revenue, by number, and how much, by slice."""
        rows = self._revenue.select(
            "slice", pl.col("day").cast(pl.Int32).cast(pl.Int64), pl.col("amount").cast(pl.Float64)
        )
        return {
            int(str(slice_)): (own["day"].to_numpy(), own["amount"].to_numpy())
            for (slice_,), own in rows.group_by(["slice"], maintain_order=False)
        }


def _of_served(errors: pl.DataFrame) -> pl.DataFrame:
    """Those of the model that serves.

    One that takes long to fit is not tried at every origin; its totals are those of the model whose ranks it corrects.
    """
    own, base = errors.filter("is_served"), errors.filter(pl.col("model") == BASE)
    return base if 0 < own.height < base.height else own

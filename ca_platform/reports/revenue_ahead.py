"""Revenue to come, by day and by segment: that of the known customers, and of those who have not come yet.

Pure functions of what the models forecast. Forecasts are made of the whole shop; of a customer's forecast a dimension
value gets the part of the customer's orders that have carried it, so that the values of a dimension sum to ``main``.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl

from ca_platform.models.clv.arrivals import WEEK
from ca_platform.models.clv.course import (
    Interval,
    Missed,
    Scatter,
    around,
    daily_course,
    day_intervals,
    spending_variance,
    spread_of_sums,
    sum_intervals,
)
from ca_platform.models.clv.level import Level
from ca_platform.models.clv.newcomers import Newcomers
from ca_platform.models.clv.records import Floats, Ints
from ca_platform.reports.rfm_day import Buyers, Scored
from ca_platform.settings.segments import SEGMENTS
from ca_platform.training import Forecasts

TO_COME = "still to come"
"""Customers who have not ordered yet, in the place of a segment."""
NO_INTERVAL = "too few earlier forecasts can be held against what came to say how far totals may be off"

AMOUNT = pl.Decimal(38, 10)
"""Expected money, finer than any minor unit, so that parts sum to their totals."""
_MICROSECONDS_PER_DAY = 86_400e6
# What newcomers spend varies by twice the square of their mean: a guess on the safe side.
_VARIATION = 2.0


@dataclass(frozen=True, slots=True, eq=False)
class Shares:
    """What part of the forecasts each slice gets; slice 0 is the whole shop.

    Attributes:
        slices, place, part: of each customer of each slice the slice, the place among all customers, and the part of the
            customer's orders that the slice has.
        newcomers: the part that each slice gets of those who are still to come.
    """

    slices: Ints
    place: Ints
    part: Floats
    newcomers: Floats

    @classmethod
    def of(cls, buyers: Buyers, number: Ints, slices: int, horizon_days: float) -> Shares:
        """By the orders so far of the buyers of a day.

        Those who are still to come will order where those did who came within as long a time before; where nobody did,
        where all did.

        Args:
            number: all customers, ascending.
            slices: how many there are.
        """
        place, is_main = np.searchsorted(number, buyers.customers), buyers.slices == 0
        whole = np.bincount(place[is_main], buyers.orders[is_main], minlength=number.size)
        since = np.bincount(place[is_main], (buyers.silence + buyers.span)[is_main], minlength=number.size)
        young = (since < horizon_days * _MICROSECONDS_PER_DAY)[place]
        orders = np.bincount(buyers.slices, buyers.orders * (young if young.any() else 1), minlength=slices)
        newcomers = orders / orders[0] if orders[0] else (np.arange(slices) == 0).astype(np.float64)
        return cls(buyers.slices, place, buyers.orders / whole[place], newcomers)

    def total(self, amounts: Floats) -> Floats:
        """What customers' amounts sum to in each slice."""
        sums = np.bincount(self.slices, self.part * amounts[self.place], minlength=self.newcomers.size)
        return sums.astype(np.float64)


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """What is forecast at the end of a day.

    Attributes:
        day: the report day.
        first_day: number of the day after it.
        served: the forecast of the known customers over the whole horizon.
        revenue: expected of each of them, by the days ahead up to the horizon.
        newcomers: of the whole shop.
        missed: by how much forecasts were off at earlier origins.
        weekday: what part of a week's revenue each weekday has had lately.
    """

    day: date
    first_day: int
    served: Forecasts
    revenue: Mapping[int, Floats]
    newcomers: Newcomers
    missed: Missed
    weekday: Floats

    @property
    def horizon(self) -> int:
        """In days."""
        return max(self.revenue)

    @property
    def weeks(self) -> float:
        """The horizon."""
        return self.horizon / WEEK

    @property
    def note(self) -> str | None:
        """What should be known of all this, in words."""
        unknown = NO_INTERVAL if self.missed.level(0.0).log_error is None else ""
        return "; ".join(reason for reason in (self.served.reason, unknown) if reason) or None

    def by_customers(self, shares: Shares) -> Floats:
        """Revenue of the known customers on each day, a row per slice."""
        ahead = sorted(self.revenue)
        totals = np.column_stack([shares.total(self.revenue[days]) for days in ahead])
        return daily_course(ahead, totals, self.weekday, self.first_day)

    def level(self, customers: float, newcomers: float) -> Level:
        """How far a total of these parts may be off."""
        whole = customers + newcomers
        return self.missed.level(newcomers / whole if whole else 0.0)


def daily(past: pl.DataFrame, outlook: Outlook, shares: Shares, scatter: Mapping[int, Scatter]) -> pl.LazyFrame:
    """``daily_clv``: what came on the days up to the report's, and what is expected on those of the horizon.

    Args:
        past: ``slice``, ``date``, ``amount``, ``newcomers_part`` of every slice and day, exact.
        scatter: of the days of every slice, whose numbers are the keys.
    """
    came = past.lazy().with_columns(
        pl.col("amount", "newcomers_part").cast(AMOUNT),
        customers_part=(pl.col("amount") - pl.col("newcomers_part")).cast(AMOUNT),
        data_type=pl.lit("actual"),
    )
    known = outlook.by_customers(shares)
    # The errors at earlier origins are those of the whole shop, and have its chance in them.
    counted = float(spread_of_sums(known[0] + outlook.newcomers.revenue, scatter[0])[-1])
    ahead = [_ahead(slice_, known[slice_], outlook, shares, own, counted) for slice_, own in scatter.items()]
    return pl.concat([came, *(rows.lazy() for rows in ahead)], how="diagonal_relaxed")


def _ahead(
    slice_: int, known: Floats, outlook: Outlook, shares: Shares, scatter: Scatter, counted: float
) -> pl.DataFrame:
    """The days of the horizon in one slice; ``counted`` as in ``sum_intervals``."""
    new = shares.newcomers[slice_] * outlook.newcomers.revenue
    amounts, level = known + new, outlook.level(known.sum(), new.sum())
    day = day_intervals(amounts, level, scatter, outlook.weeks)
    sums = sum_intervals(amounts, level, scatter, outlook.weeks, counted=counted)
    columns = {
        "amount": amounts,
        **_ends(day, "low", "high"),
        "customers_part": known,
        "newcomers_part": new,
        "sum_amount": np.cumsum(amounts),
        **_ends(sums, "sum_low", "sum_high"),
    }
    first = outlook.day + timedelta(days=1)
    dates = pl.date_range(first, first + timedelta(days=outlook.horizon - 1), eager=True)
    return pl.DataFrame(
        {"date": dates, **{name: _money(column, dates.len()) for name, column in columns.items()}}
    ).with_columns(
        pl.lit(slice_, pl.UInt32).alias("slice"),
        pl.lit("predicted").alias("data_type"),
        pl.lit(outlook.served.model).alias("model"),
        pl.lit(outlook.served.trained_on).alias("trained_on"),
        pl.lit(outlook.note, pl.String).alias("note"),
    )


def by_segment(scored: Scored, outlook: Outlook, shares: Shares, known: Ints) -> pl.LazyFrame:
    """``clvsegments_amount``: what is expected of the customers of each segment, also of empty ones, and of newcomers.

    Args:
        scored: the buyers of the day, those of whom the shares are.
        known: the slices that there are.
    """
    said, slices, segments = outlook.served, shares.newcomers.size, len(SEGMENTS)
    cell = shares.slices * segments + scored.segments

    def summed(values: Floats) -> Floats:
        return np.bincount(cell, values[shares.place] * shares.part, minlength=slices * segments).astype(np.float64)

    amounts = summed(said.revenue)
    variance = summed(spending_variance(said.orders, said.amount, said.no_order))
    spread = np.divide(np.sqrt(variance), amounts, out=np.zeros(amounts.size), where=amounts > 0)
    customers = np.bincount(cell, minlength=slices * segments)
    ends = around(amounts, said.revenue_level, spread, outlook.weeks)
    rows = _cells(amounts, ends, customers).with_columns(
        slice=pl.Series(np.repeat(np.arange(slices), segments), dtype=pl.UInt32),
        segment=pl.Series(list(SEGMENTS) * slices, dtype=pl.String),
    )
    whole = pl.concat([rows, _to_come(outlook, shares)], how="diagonal")
    return (
        whole.lazy()
        .filter(pl.col("slice").is_in(known.tolist()))
        .with_columns(
            pl.lit(outlook.horizon, pl.Int64).alias("horizon_days"),
            pl.lit(outlook.note, pl.String).alias("note"),
        )
    )


def _to_come(outlook: Outlook, shares: Shares) -> pl.DataFrame:
    """What is expected of newcomers in each slice."""
    newcomers = outlook.newcomers
    customers = shares.newcomers * newcomers.customers.sum()
    amounts = shares.newcomers * newcomers.revenue.sum()
    spread = np.sqrt(np.divide(1 + _VARIATION, customers, out=np.zeros(customers.size), where=customers > 0))
    ends = around(amounts, newcomers.level, spread, outlook.weeks)
    return _cells(amounts, ends, np.round(customers).astype(np.int64)).with_columns(
        slice=pl.Series(np.arange(customers.size), dtype=pl.UInt32), segment=pl.lit(TO_COME)
    )


def _cells(amounts: Floats, ends: Interval | None, customers: Ints) -> pl.DataFrame:
    columns = {"amount": amounts, **_ends(ends, "low", "high")}
    money = {name: _money(column, amounts.size) for name, column in columns.items()}
    return pl.DataFrame({"customers": customers.astype(np.int64), **money})


def _ends(ends: Interval | None, low: str, high: str) -> dict[str, Floats | None]:
    return {low: None, high: None} if ends is None else {low: ends.low, high: ends.high}


def _money(column: Floats | None, rows: int) -> pl.Series:
    return pl.Series([None] * rows, dtype=AMOUNT) if column is None else pl.Series(column).cast(AMOUNT)

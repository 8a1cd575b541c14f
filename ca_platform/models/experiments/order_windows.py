"""The week before and the week after each order of a customer: what comparisons of before and after are made of.

Pure functions on arrays. Orders of a customer on one instant stand in one row: neither lies before or after the other. A
row says the same on every day from the one on which the time after it is over.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl

from ca_platform.calendar import local_day
from ca_platform.models.experiments.records import Bools, Floats, Ints
from ca_platform.money import MONEY_SUM

WINDOW_HOURS = 168
# So many orders before, or more, make customers alike.
MOST_PRIOR = 5
# Money in whole parts of so many, so that sums are exact.
UNIT = 10_000
METRICS = ("orders", "amount")
WINDOW = WINDOW_HOURS * 3_600_000_000


@dataclass(frozen=True, slots=True, eq=False)
class OrderWindows:
    """Instants with an order, by slice, customer and time; [t − 168 h, t) before and (t, t + 168 h] after each.

    Attributes:
        customer: number of the customer.
        at: the instant, in microseconds since 1970 (UTC).
        day: local day of it, in days since 1970.
        closes: local day on which the time after is over.
        owner: the place of slice and customer among all pairs of them; ``begin`` says where their rows begin.
        begin: one more than there are pairs.
        stratum: rows of the same slice, calendar week and number of orders before (5 and more are alike) have the same.
        own: orders at the instant and their amount, by metric.
        before, after: the same of the two windows.
        squares: sum of the squares of ``own`` in the time after.
    """

    customer: Ints
    at: Ints
    day: Ints
    closes: Ints
    owner: Ints
    begin: Ints
    stratum: Ints
    own: dict[str, Floats]
    before: dict[str, Floats]
    after: dict[str, Floats]
    squares: dict[str, Floats]

    def __len__(self) -> int:
        return self.at.size

    @property
    def strata(self) -> int:
        """How many strata there are."""
        return int(self.stratum.max(initial=-1)) + 1

    def until(self, day: int) -> tuple[OrderWindows, Bools]:
        """The rows that are known at the end of a day, and which of all they are."""
        known = self.day <= day
        if known.all():
            return self, known
        owner = self.owner[known]
        return OrderWindows(
            customer=self.customer[known],
            at=self.at[known],
            day=self.day[known],
            closes=self.closes[known],
            owner=owner,
            begin=np.searchsorted(owner, np.arange(self.begin.size)),
            stratum=self.stratum[known],
            **{
                name: {metric: values[known] for metric, values in getattr(self, name).items()}
                for name in ("own", "before", "after", "squares")
            },
        ), known

    def observed(self, day: int, first: int, downloads: Ints) -> Bools:
        """Rows both of whose windows lie after the download and the shop's first instant and are over by the end of a day.

        Args:
            first: the shop's first instant.
            downloads: of each customer's number, in microseconds; a number beyond all instants for who has none.
        """
        opens = self.at - WINDOW
        return (self.closes <= day) & (opens >= first) & (opens >= downloads[self.customer])


def instants(orders: pl.LazyFrame, most: float | None = None) -> pl.LazyFrame:
    """Orders by slice, customer and instant: ``slice``, ``customer``, ``at``, ``orders``, ``amount``; sorted.

    Args:
        orders: ``customer_orders`` of some slices.
        most: what an order counts up to; None: all of it.
    """
    amount = pl.col("amount").cast(MONEY_SUM)
    counted = amount if most is None else pl.min_horizontal(amount, pl.lit(most).cast(MONEY_SUM))
    return (
        orders.group_by("slice", "customer", "at")
        .agg(orders=pl.len().cast(pl.Int64), amount=counted.sum())
        .sort("slice", "customer", "at")
    )


def order_windows(rows: pl.DataFrame, time_zone: str) -> OrderWindows:
    """The windows around each instant.

    Args:
        rows: see ``instants``.
    """
    named = rows.select(
        "slice",
        "customer",
        pl.col("orders", "amount").cast(pl.Float64),
        at=pl.col("at").dt.epoch("us"),
        units=pl.col("amount").to_physical().cast(pl.Int64),
        count="orders",
        day=local_day(pl.col("at"), time_zone).dt.epoch("d").cast(pl.Int64),
        closes=local_day(pl.col("at") + pl.duration(hours=WINDOW_HOURS), time_zone).dt.epoch("d").cast(pl.Int64),
        week=local_day(pl.col("at"), time_zone).dt.truncate("1w").dt.epoch("d").cast(pl.Int64),
    )
    column = {name: named[name].to_numpy() for name in named.columns}
    at = column["at"]
    is_first = np.ones(at.size, bool)
    is_first[1:] = (column["slice"][1:] != column["slice"][:-1]) | (column["customer"][1:] != column["customer"][:-1])
    owner = np.cumsum(is_first) - 1
    begin = np.append(np.flatnonzero(is_first), at.size).astype(np.int64)
    place = np.arange(at.size)
    opens = _first_from(at, begin[owner], place, at - WINDOW)
    ends = _first_from(at, place + 1, begin[owner + 1], at + WINDOW + 1)
    whole = {"orders": column["count"], "amount": column["units"]}
    upto = {name: np.append(0, np.cumsum(values)) for name, values in whole.items()}
    size = {"orders": 1.0, "amount": float(UNIT)}
    own = {name: column[name] for name in METRICS}
    prior = upto["orders"][place] - upto["orders"][begin[owner]]
    return OrderWindows(
        customer=column["customer"].astype(np.int64),
        at=at,
        day=column["day"],
        closes=column["closes"],
        owner=owner,
        begin=begin,
        stratum=_strata(column["slice"], column["week"], np.minimum(prior, MOST_PRIOR)),
        own=own,
        before={name: (upto[name][place] - upto[name][opens]) / size[name] for name in METRICS},
        after={name: (upto[name][ends] - upto[name][place + 1]) / size[name] for name in METRICS},
        squares={name: _sums(own[name] ** 2, place + 1, ends) for name in METRICS},
    )


def _strata(*columns: Ints) -> Ints:
    """The number of each row's combination of values."""
    if not columns[0].size:
        return np.zeros(0, np.int64)
    code = np.zeros(columns[0].size, np.int64)
    for column in columns:
        found, place = np.unique(column, return_inverse=True)
        code = code * found.size + place
    return np.unique(code, return_inverse=True)[1].astype(np.int64)


def _sums(values: Floats, low: Ints, high: Ints) -> Floats:
    """Sums from ``low`` on, before ``high``: of these values alone, so that no other changes their last digit."""
    some = np.flatnonzero(low < high)
    edges = np.stack([low[some], high[some]], axis=1).ravel()
    sums = np.zeros(low.size)
    # The end of all values is no place of one.
    sums[some] = np.add.reduceat(np.append(values, 0.0), edges)[::2] if some.size else 0.0
    return sums


def _first_from(at: Ints, low: Ints, high: Ints, limit: Ints) -> Ints:
    """The first place from ``low`` on, before ``high``, that is not before a limit; ``high`` where there is none."""
    low, high = low.copy(), high.copy()
    while np.any(is_open := low < high):
        middle = (low + high) // 2
        is_before = at[np.minimum(middle, at.size - 1)] < limit
        low = np.where(is_open & is_before, middle + 1, low)
        high = np.where(is_open & ~is_before, middle, high)
    return low

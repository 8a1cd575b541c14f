"""Revenue to come by segment and week: how what is expected of each segment comes in over the horizon.

A pure function of what the models forecast; whom a segment has, and what part a slice gets, says ``revenue_ahead``.
"""

from __future__ import annotations

import numpy as np
import polars as pl

from ca_platform.models.clv.arrivals import WEEK
from ca_platform.models.clv.course import daily_course
from ca_platform.models.clv.records import Floats, Ints
from ca_platform.reports.revenue_ahead import AMOUNT, TO_COME, Outlook, Shares
from ca_platform.reports.rfm_day import Scored
from ca_platform.settings.segments import SEGMENTS


def by_segment_and_week(scored: Scored, outlook: Outlook, shares: Shares, known: Ints) -> pl.LazyFrame:
    """``clvsegments_weekly``: what is expected of each segment in each week of the horizon, and up to its end.

    Args:
        scored: the buyers of the day, those of whom the shares are.
        known: the slices that there are.
    """
    weeks = _weekly(_by_day(scored, outlook, shares)[known])
    slices, segments, count = weeks.shape
    first = np.datetime64(outlook.day) + 1 + WEEK * np.arange(count)
    last = np.minimum(first + WEEK - 1, np.datetime64(outlook.day) + outlook.horizon)
    names = [*SEGMENTS, TO_COME]
    return pl.LazyFrame(
        {
            "slice": pl.Series(np.repeat(known, segments * count), dtype=pl.UInt32),
            "segment": [name for name in names for _ in range(count)] * slices,
            "week": pl.Series(np.tile(np.arange(1, count + 1), slices * segments), dtype=pl.Int64),
            "first_day": pl.Series(np.tile(first, slices * segments)).cast(pl.Date),
            "last_day": pl.Series(np.tile(last, slices * segments)).cast(pl.Date),
            "amount": pl.Series(weeks.ravel()).cast(AMOUNT),
            "sum_amount": pl.Series(np.cumsum(weeks, axis=2).ravel()).cast(AMOUNT),
        }
    )


def _by_day(scored: Scored, outlook: Outlook, shares: Shares) -> Floats:
    """Expected amounts by slice, segment and day; those who are still to come as the last segment."""
    slices, segments, ahead = shares.newcomers.size, len(SEGMENTS), sorted(outlook.revenue)
    cell = shares.slices * segments + scored.segments
    totals = [
        np.bincount(cell, outlook.revenue[days][shares.place] * shares.part, minlength=slices * segments)
        for days in ahead
    ]
    customers = daily_course(ahead, np.column_stack(totals).astype(np.float64), outlook.weekday, outlook.first_day)
    coming = shares.newcomers[:, None] * outlook.newcomers.revenue
    return np.concatenate([customers.reshape(slices, segments, -1), coming[:, None, :]], axis=1)


def _weekly(days: Floats) -> Floats:
    """Sums of seven days, of the last ones where fewer are left."""
    return np.asarray(np.add.reduceat(days, np.arange(0, days.shape[2], WEEK), axis=2), np.float64)

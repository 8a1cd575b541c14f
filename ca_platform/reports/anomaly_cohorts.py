"""The newest cells of the daily download cohorts, as they stood at the end of each day.

As of a day, a customer whose download lies later counts by the first session (``milestones``): so each day is counted by
what was known then, and a download that comes later changes no day before it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from ca_platform.calendar import local_day
from ca_platform.catalogue.anomalies import COHORT_OFFSETS
from ca_platform.models.anomaly.records import Floats
from ca_platform.reports.milestones import Days

# What the rows count.
_FIRST, _IMPUTED, _REAL, _MOVED, _ORDERED = "first", "imputed", "real", "moved", "ordered"


@dataclass(frozen=True, slots=True, eq=False)
class CohortDays:
    """Cohorts of n days.

    Attributes:
        first_orders: (n, offsets) first orders known at the end of a day, of the cohort that began so many days before.
        sizes: (n, offsets) size of that cohort, as known then; 0 before the shop's first day.
        first_sessions: (n,) customers whose first session of all is on the day.
    """

    first_orders: Floats
    sizes: Floats
    first_sessions: Floats

    @property
    def downloads(self) -> Floats:
        """(n,) size of the cohort of the day itself."""
        found: Floats = self.sizes[:, 0]
        return found

    @classmethod
    def of(cls, counts: pl.DataFrame, start: date, days: int) -> CohortDays:
        """From what ``cohort_days`` counts; days after the last one are left out."""
        first = np.datetime64(start, "D")
        place = (counts["day"].to_numpy().astype("datetime64[D]") - first).astype(np.int64)
        inside = (place >= 0) & (place < days)
        kinds, offsets = counts["kind"].to_numpy(), counts["offset"].to_numpy()
        found = {}
        for kind in (_FIRST, _IMPUTED, _REAL, _MOVED, _ORDERED):
            own = inside & (kinds == kind)
            found[kind] = np.zeros((days, COHORT_OFFSETS))
            np.add.at(found[kind], (place[own], offsets[own]), counts["customers"].to_numpy()[own])
        begun = (found[_IMPUTED] + found[_REAL])[:, 0]
        left = np.cumsum(found[_MOVED], axis=1)
        sizes = np.zeros((days, COHORT_OFFSETS))
        for offset in range(min(COHORT_OFFSETS, days)):
            sizes[offset:, offset] = begun[: days - offset] - left[: days - offset, offset]
        return cls(found[_ORDERED], sizes, found[_FIRST][:, 0])


def cohort_days(
    clients: pl.LazyFrame, purchases: pl.LazyFrame, snapshot: pl.LazyFrame, days: Days, start: date
) -> pl.LazyFrame:
    """Customers by ``kind``, ``day`` and ``offset``.

    ``first``: first session on the day; ``imputed``: first session on the day, and no download up to it; ``real``: download on the day; ``moved``: imputed on
    the day, and a download so many days later; ``ordered``: a first order that is first known on the day, so many days
    after the download as known then.

    Args:
        clients: ``day`` of the first session, ``customer``, ``client``.
        purchases: ``day`` of the first order of each ``customer``.
        snapshot: ``client``, ``download``.
    """
    visible = snapshot.select("client", visible=local_day(pl.col("download"), days.time_zone)).filter(
        pl.col("visible") <= days.last
    )
    known = (
        clients.select("customer", "client", first="day")
        .join(visible, on="client", how="left")
        .join(purchases.select("customer", ordered="day"), on="customer", how="left")
        .drop("customer", "client")
    )
    first, seen, ordered = pl.col("first"), pl.col("visible"), pl.col("ordered")
    is_late = (seen > first).fill_null(value=False)
    is_known = (seen <= ordered).fill_null(value=False)
    cohort = pl.when(is_known).then(seen).otherwise(first)
    bought = known.filter(ordered.is_not_null()).with_columns(cohort=cohort)
    moved = known.filter(is_late).with_columns(offset=(seen - first).dt.total_days())
    orders = bought.filter(pl.col("cohort") >= start).with_columns(offset=(ordered - pl.col("cohort")).dt.total_days())
    # An order before the download counts on its day: it is known as one of this cohort from the download on.
    early = known.filter(seen > ordered)
    none = pl.lit(0, pl.Int64)
    return pl.concat(
        [
            _counted(known, _FIRST, first, none),
            _counted(known.filter(seen.is_null() | is_late), _IMPUTED, first, none),
            _counted(visible, _REAL, seen, none),
            _counted(moved, _MOVED, first, pl.col("offset")),
            _counted(orders, _ORDERED, ordered, pl.col("offset")),
            _counted(early, _ORDERED, seen, none),
        ]
    )


def _counted(rows: pl.LazyFrame, kind: str, day: pl.Expr, offset: pl.Expr) -> pl.LazyFrame:
    near = rows.select(day=day, offset=offset).filter(pl.col("offset") < COHORT_OFFSETS)
    counts = near.group_by("day", "offset").agg(customers=pl.len().cast(pl.Int64))
    return counts.select(pl.lit(kind).alias("kind"), "day", "offset", "customers")

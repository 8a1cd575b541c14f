"""The scored buyers of some report days, and the small tables counted from them, each made once.

Reads the lake; what the numbers mean is in pure functions. Buyers of a day are let go when the next day is scored: those
of 31 days would not fit into memory, and their counts do.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from functools import cached_property, lru_cache

import polars as pl

from ca_platform.calendar import as_of
from ca_platform.catalogue import report_spec
from ca_platform.facts import Shape, last_month_end
from ca_platform.facts.customers import MAIN_SLICE
from ca_platform.lake import Lake
from ca_platform.reports import rfm
from ca_platform.reports.milestones import Days, valid_on
from ca_platform.reports.product_tables import slice_number
from ca_platform.reports.reading import FactReader
from ca_platform.reports.rfm_bins import Binned
from ca_platform.reports.rfm_day import MEASURES, Buyers, Kept, Scored, scored
from ca_platform.reports.rfm_orders import states
from ca_platform.reports.rfm_scores import Measure
from ca_platform.settings import Settings
from ca_platform.settings.segments import segments_by_cell

BACK = timedelta(days=30)
"""How far back the earlier segment of a transition lies."""
VIEWS: dict[str, tuple[Measure, Measure]] = {
    "frequency_recency": ("frequency", "recency"),
    "monetary_frequency": ("monetary", "frequency"),
    "recency_monetary": ("recency", "monetary"),
}
COUNTED = ("segmentation", *(f"{name}_clusters" for name in MEASURES), *VIEWS, "rfm_bins")
"""The reports that are counted together."""


class RfmTables:
    """What the reports of the family are made of.

    Args:
        days: the report days, ascending.
        slices: ``slice``, numbered from 0, and ``day`` of its first session.
        only: one slice alone.
        since: the earliest day that is asked for; that of the earlier segments unless said.
    """

    def __init__(
        self,
        facts: FactReader,
        days: Sequence[date],
        slices: pl.DataFrame,
        settings: Settings,
        only: int | None = None,
        since: date | None = None,
    ) -> None:
        self._facts, self._slices, self._only = facts, slices, only
        self._since = since or days[0] - BACK
        self._options, self._digits = settings.reports.rfm, settings.business.minor_digits
        self._count = slices.height
        self._cells = segments_by_cell(self._options.segments)
        self._counted: dict[date, dict[str, pl.DataFrame]] = {}
        self._kept: dict[date, Kept] = {}
        self._scored = lru_cache(maxsize=2)(self._score)

    def counted(self, report: str, day: date) -> pl.LazyFrame:
        """A table of the family, all but ``rfm`` and transitions, at the end of a day."""
        if day not in self._counted:
            self._counted[day] = self._made(day)
        return self._counted[day][report].lazy()

    def moves(self, day: date) -> pl.LazyFrame:
        """Every buyer of the day with the segment a while before, and on it."""
        return rfm.moves(self._scored(day - BACK), self._scored(day))

    def customers(self, day: date) -> pl.LazyFrame:
        """``rfm`` of the whole shop, or of the one slice."""
        is_alone = self._count == 1 or self._only is not None
        own = self._scored(day) if is_alone else self._score(day, MAIN_SLICE)
        return rfm.rfm(own, self._facts.scan("client_numbers"))

    @property
    def largest(self) -> int:
        """Customers of the whole shop with an order up to the last day."""
        return self._states.filter(slice=0)["customer"].n_unique()

    def scored(self, day: date) -> Scored:
        """Every buyer of the day in every slice."""
        return self._scored(day)

    def binned(self, day: date) -> Binned:
        """The same with bins."""
        return Binned.of(self._scored(day), self._count)

    def places(self, view: str, day: date) -> pl.LazyFrame:
        """Every buyer of the day with the point or bin in one of the views."""
        return rfm.places(self.binned(day), *VIEWS[view], self._digits)

    def _made(self, day: date) -> dict[str, pl.DataFrame]:
        own, bins = self._scored(day), self.binned(day)
        known = self._slices.lazy().filter(pl.col("day") <= day).select("slice")
        tables = {
            "segmentation": rfm.segmentation(own, known),
            **{f"{name}_clusters": rfm.clusters(own, name) for name in MEASURES},
            **{name: rfm.view(bins, *measures, self._digits) for name, measures in VIEWS.items()},
            "rfm_bins": rfm.bins(bins),
        }
        return dict(zip(tables, pl.collect_all(list(tables.values())), strict=True))

    def _score(self, day: date, only: int | None = None) -> Scored:
        month = last_month_end(day)
        if month not in self._kept:
            self._kept[month] = Kept.of(month, self._buyers(month), self._count, self._options.scoring)
        return scored(day, self._buyers(day, only), self._kept[month], self._count, self._options.scoring, self._cells)

    def _buyers(self, day: date, only: int | None = None) -> Buyers:
        known = valid_on(day, "day")
        rows = self._states.filter(known if only is None else known & (pl.col("slice") == only))
        return Buyers.of(rows, as_of(day, self._facts.shape.time_zone))

    @cached_property
    def _states(self) -> pl.DataFrame:
        """What was known of each buyer from the earliest day that is needed."""
        first = last_month_end(self._since)

        def build() -> pl.DataFrame:
            orders = self._facts.scan("customer_orders")
            return states(orders if self._only is None else orders.filter(pl.col("slice") == self._only), first)

        return self._facts.lake.retry(build)


def rfm_of_value(lake: Lake, day: date, place: tuple[str, str | None], settings: Settings) -> pl.DataFrame | None:
    """``rfm`` of one dimension value, from the facts; None where no session up to the day has it.

    Args:
        place: dimension and value.
    """
    number = slice_number(lake, day, place)
    if number is None:
        return None
    shape = Shape.of(settings)
    facts = FactReader(lake, shape, Days(day, day, shape.time_zone))
    slices = pl.DataFrame({"slice": range(number + 1)}, schema={"slice": pl.UInt32}).with_columns(day=pl.lit(day))
    tables = RfmTables(facts, [day], slices, settings, only=number)
    columns = report_spec("rfm").column_names
    return (
        tables.customers(day).with_columns(pl.col("segment").cast(pl.String)).select(columns).sort("client").collect()
    )

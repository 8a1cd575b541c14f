"""What customers paid with which promotion, for some report days. Reads the lake."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from functools import lru_cache

import polars as pl

from ca_platform.catalogue.ab_tests import A_B
from ca_platform.facts.customers import MAIN_SLICE
from ca_platform.money import MONEY_SUM
from ca_platform.reports.ab_calibration import CalibrationTables
from ca_platform.reports.ab_pair_opened import opened_pairs
from ca_platform.reports.ab_pairs import Spending, summary
from ca_platform.reports.ab_verdicts import verdicts
from ca_platform.reports.opened_items import Naming, distributions, families
from ca_platform.reports.reading import FactReader
from ca_platform.settings.reports import AbTest

_KEY = ["slice", "customer", "promotion_id"]
_NAMING = Naming("", ("promotion_a", "promotion_b"), A_B)


@dataclass(frozen=True, slots=True)
class _Pairs:
    """The rows of a day, and what is shown of a pair when it is opened."""

    rows: pl.DataFrame
    families: pl.DataFrame
    distributions: pl.DataFrame


class PairTables:
    """The reports of pairs of promotions.

    Args:
        options: of the tests.
        calibrations: what was found of the tests.
    """

    def __init__(self, facts: FactReader, options: AbTest, calibrations: CalibrationTables) -> None:
        self._facts, self._options, self._calibrations = facts, options, calibrations
        self._spending = lru_cache(maxsize=2)(self._spent)
        self._compared = lru_cache(maxsize=64)(self._compare)

    def rows(self, day: date) -> pl.LazyFrame:
        """``promotion_comparison``."""
        return self._compared(day).rows.lazy()

    def families(self, day: date) -> pl.LazyFrame:
        """``promotion_comparison_families``."""
        return self._compared(day).families.lazy()

    def distributions(self, day: date) -> pl.LazyFrame:
        """``promotion_comparison_distributions``."""
        return self._compared(day).distributions.lazy()

    @property
    def largest(self) -> int:
        """Pairs of promotions used up to the last day."""
        used = self._spending(None).select("slice", "promotion_id").unique().group_by("slice").len()["len"]
        return int((used * (used - 1) // 2).sum())

    def summary(self, day: date) -> pl.LazyFrame:
        """``promotion_comparison_summary``."""
        return summary(self.rows(day))

    def _compare(self, day: date) -> _Pairs:
        most = self._calibrations.cap(day)
        rows = self._spending(most).lazy().filter(pl.col("day") <= day)
        known = rows.group_by(_KEY).agg(pl.col("orders", "amount").sum())
        found = opened_pairs(Spending(known.collect()), self._options.alpha, most)
        judged = verdicts(
            [found.compared],
            alpha=self._options.alpha,
            offers=self._calibrations.offers(day),
            sides=A_B,
            # Pairs share their customers.
            method="benjamini_yekutieli",
            within=["slice"],
        )
        return _Pairs(judged, families(_NAMING, [found]), distributions(_NAMING, [found]))

    def _spent(self, most: float | None) -> pl.DataFrame:
        """Spending up to the first report day, and of each day after it; orders of a day up to a cap, on average."""

        def build() -> pl.LazyFrame:
            rows = self._facts.scan("promotion_spending")
            own = rows if self._options.by_dimension else rows.filter(pl.col("slice") == MAIN_SLICE)
            if most is not None:
                limit = (pl.lit(most) * pl.col("orders")).cast(MONEY_SUM)
                own = own.with_columns(amount=pl.min_horizontal(pl.col("amount").cast(MONEY_SUM), limit))
            return own.group_by(*_KEY, self._facts.counts_from()).agg(pl.col("orders", "amount").sum())

        return self._facts.lake.collect(build)

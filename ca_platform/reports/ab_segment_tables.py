"""Segments of the past and what their customers ordered since, for some report days. Reads the lake."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property, lru_cache

import polars as pl

from ca_platform.catalogue.ab_calibration import SEGMENT_TEST
from ca_platform.catalogue.ab_segments import kind_of
from ca_platform.catalogue.ab_tests import METRICS, NOT_OBSERVED
from ca_platform.facts.customers import MAIN_SLICE
from ca_platform.models.experiments.ab_windows import WORDS, Windows, Word
from ca_platform.reports.ab_segments import Segmented, compared_segments
from ca_platform.reports.ab_verdicts import Offers, verdicts
from ca_platform.reports.opened import Opened
from ca_platform.reports.opened_items import Naming, distributions, families
from ca_platform.reports.reading import FactReader
from ca_platform.reports.rfm_tables import RfmTables
from ca_platform.settings import Settings
from ca_platform.settings.segments import SEGMENTS


class SegmentChangeTables:
    """The reports of changes of segments.

    Args:
        days: the report days, ascending.
        slices: ``slice``, numbered from 0, and ``day`` of its first session; the whole shop alone is compared unless the
            settings ask for dimension values.
        offers: what the calibration that serves a day says of tests.
    """

    def __init__(
        self,
        facts: FactReader,
        days: Sequence[date],
        slices: pl.DataFrame,
        settings: Settings,
        offers: Callable[[date], Offers],
    ) -> None:
        self._facts, self._days, self._settings, self._offers = facts, days, settings, offers
        self._slices = slices if settings.reports.ab_test.by_dimension else slices.filter(pl.col("slice") == MAIN_SLICE)
        self._made: dict[tuple[Word, date], dict[str, Opened]] = {}
        # Both metrics, and the windows that end on the same day, ask for the same days.
        self._placed = lru_cache(maxsize=4)(self._place)

    def rows(self, word: Word, metric: str, day: date) -> pl.LazyFrame:
        """The report of a day."""
        windows, known = Windows.of(word, day), self._known(day)
        compared = self._found(word, day)[metric].compared
        found = verdicts([compared], alpha=self._alpha, offers=self._offers(day), within=["slice"])
        first, last = windows.last
        return (
            found.lazy()
            .filter(pl.col("slice").is_in(known))
            .with_columns(
                item_kind=pl.lit(kind_of(word)),
                segments_as_of=pl.lit(windows.since),
                after_first=pl.lit(first),
                after_last=pl.lit(last),
            )
        )

    def customers(self, word: Word, day: date) -> pl.LazyFrame:
        """Who is compared: ``slice``, ``customer``, their segment then (``item``), and whether they ``has_moved`` since."""
        windows = Windows.of(word, day)
        if windows.since < self._facts.shape.start_date:
            return pl.LazyFrame(schema=_COMPARED)
        before, now = self._placed(windows.since).lazy(), self._placed(windows.last[1]).lazy()
        names = pl.LazyFrame({"item": SEGMENTS}).with_row_index("segment").cast({"segment": pl.UInt8})
        both = before.join(now.rename({"segment": "later"}), on=["slice", "customer"], how="left")
        moved = (pl.col("segment") != pl.col("later")).fill_null(value=False)
        return both.with_columns(has_moved=moved).join(names, on="segment").select(*_COMPARED)

    def families(self, day: date) -> pl.LazyFrame:
        """``segments_change_families``."""
        return self._opened(families, day)

    def distributions(self, day: date) -> pl.LazyFrame:
        """``segments_change_distributions``."""
        return self._opened(distributions, day)

    def _opened(self, say: Callable[[Naming, Sequence[Opened]], pl.DataFrame], day: date) -> pl.LazyFrame:
        found = [say(Naming(kind_of(word)), [*self._found(word, day).values()]) for word in WORDS]
        return pl.concat(found).lazy().filter(pl.col("slice").is_in(self._known(day)))

    def _known(self, day: date) -> list[int]:
        """Slices that had a session by the end of a day."""
        return self._slices.filter(pl.col("day") <= day)["slice"].to_list()

    def _found(self, word: Word, day: date) -> dict[str, Opened]:
        """Both metrics of the windows that are over at the end of a day."""
        windows, known = Windows.of(word, day), self._known(day)
        key = word, windows.last[1]
        if key not in self._made or self._made[key]["orders"].compared.items["slice"].n_unique() < len(known):
            self._made[key] = self._compared(word, windows, known)
        return self._made[key]

    @property
    def _alpha(self) -> float:
        return self._settings.reports.ab_test.alpha

    def _compared(self, word: Word, windows: Windows, slices: Sequence[int]) -> dict[str, Opened]:
        """Both metrics of the windows that end on the same day."""
        is_observed = windows.since >= self._facts.shape.start_date
        if is_observed:
            before, now = self._placed(windows.since), self._placed(windows.last[1])
        else:
            before = now = pl.DataFrame(schema=_PLACED)
        orders = self._orders.filter(pl.col("day").is_between(windows.days[0][0], windows.last[1]))
        segmented = Segmented.of(orders, before, now, slices, windows)
        refusal = None if is_observed else NOT_OBSERVED
        test = SEGMENT_TEST[word]
        return {name: compared_segments(segmented, name, test, self._alpha, refusal) for name in METRICS}

    def _place(self, day: date) -> pl.DataFrame:
        """The segment of each buyer at the end of a day."""
        found = self._scores.scored(day)
        columns = (found.buyers.slices, found.buyers.customers, found.segments)
        return pl.DataFrame(dict(zip(_PLACED, columns, strict=True))).cast(_PLACED)  # type: ignore[arg-type]

    @property
    def _first(self) -> date:
        """The earliest day that is asked for."""
        earliest = min(Windows.of(word, self._days[0]).since for word in WORDS)
        return max(earliest, self._facts.shape.start_date)

    @cached_property
    def _scores(self) -> RfmTables:
        """Scores of the slices that are compared alone: they are those of ``segmentation``."""
        only = None if self._settings.reports.ab_test.by_dimension else MAIN_SLICE
        return RfmTables(self._facts, self._days, self._slices, self._settings, only, self._first)

    @cached_property
    def _orders(self) -> pl.DataFrame:
        """Orders of all windows."""
        slices = self._slices["slice"].to_list()
        rows = self._facts.scan("customer_orders", self._first).select("slice", "customer", "day", "amount")
        return self._facts.lake.collect(lambda: rows.filter(pl.col("slice").is_in(slices)))


_COMPARED = {"slice": pl.UInt32(), "customer": pl.UInt32(), "item": pl.String(), "has_moved": pl.Boolean()}
_PLACED = {"slice": pl.UInt32(), "customer": pl.UInt32(), "segment": pl.UInt8()}

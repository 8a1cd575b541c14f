"""Name of a report of A/B tests → the function that makes it."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from ca_platform.catalogue.ab_before_after import KINDS, SUFFIXES, name_of
from ca_platform.catalogue.ab_tests import METRICS
from ca_platform.models.experiments.ab_windows import WORDS, Word
from ca_platform.reports.cut import Cut


def _before_after() -> dict[str, Callable[[Cut], pl.LazyFrame]]:
    def compared(kind: str, metric: str, direction: str) -> Callable[[Cut], pl.LazyFrame]:
        def build(cut: Cut) -> pl.LazyFrame:
            rows = cut.tables.ab.before_after.compared(kind, metric, cut.calendar.day)
            return rows.filter(pl.col("direction") == direction) if direction else rows

        return build

    return {
        **{
            name_of(kind, metric, suffix): compared(kind, metric, direction)
            for kind in KINDS
            for metric in METRICS
            for suffix, direction in SUFFIXES.items()
        },
        "ab_families": lambda cut: cut.tables.ab.before_after.families(cut.calendar.day),
        "ab_distributions": lambda cut: cut.tables.ab.before_after.distributions(cut.calendar.day),
    }


def _compared() -> dict[str, Callable[[Cut], pl.LazyFrame]]:
    def changed(word: Word, metric: str) -> Callable[[Cut], pl.LazyFrame]:
        return lambda cut: cut.tables.ab.segment_changes.rows(word, metric, cut.calendar.day)

    return {
        "promotion_comparison": lambda cut: cut.tables.ab.pairs.rows(cut.calendar.day),
        "promotion_comparison_families": lambda cut: cut.tables.ab.pairs.families(cut.calendar.day),
        "promotion_comparison_distributions": lambda cut: cut.tables.ab.pairs.distributions(cut.calendar.day),
        "promotion_comparison_summary": lambda cut: cut.tables.ab.pairs.summary(cut.calendar.day),
        "order_and_payment_amount_differences": lambda cut: cut.tables.ab.before_after.both(
            "promotion", cut.calendar.day
        ),
        **{
            f"segments_change_{word}_before_after_{metric}": changed(word, metric)
            for word in WORDS
            for metric in METRICS
        },
        "segments_change_families": lambda cut: cut.tables.ab.segment_changes.families(cut.calendar.day),
        "segments_change_distributions": lambda cut: cut.tables.ab.segment_changes.distributions(cut.calendar.day),
    }


AB_TESTS: dict[str, Callable[[Cut], pl.LazyFrame]] = {
    "ab_calibration": lambda cut: cut.tables.ab.calibrations.rows(cut.calendar.day),
    "experiments": lambda cut: cut.tables.ab.experiments.compared(cut.calendar.day),
    **_before_after(),
    **_compared(),
}

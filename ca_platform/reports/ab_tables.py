"""What the A/B tests compare, for some report days, and how often each test finds something where there is nothing.

Each table reads the lake when it is asked for first.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date
from functools import cached_property

import polars as pl

from ca_platform.reports.ab_calibration import CalibrationTables
from ca_platform.reports.ab_pair_tables import PairTables
from ca_platform.reports.ab_segment_tables import SegmentChangeTables
from ca_platform.reports.before_after_tables import BeforeAfterTables
from ca_platform.reports.experiment_tables import ExperimentTables
from ca_platform.reports.reading import FactReader
from ca_platform.settings import Settings
from ca_platform.training import TestCalibrations


class AbTables:
    """Tables of comparisons; their verdicts rest on the calibrations.

    Args:
        days: the report days, ascending.
        slices: ``day`` of the first session and number of each ``slice``.
        spells: gives ``milestones.spells`` of the report days.
        models: gives the calibrations of these days.
    """

    def __init__(
        self,
        facts: FactReader,
        days: Sequence[date],
        settings: Settings,
        slices: pl.DataFrame,
        spells: Callable[[], pl.DataFrame],
        models: Callable[[], TestCalibrations],
    ) -> None:
        self._facts = facts
        self._days = tuple(days)
        self._settings = settings
        self._slices = slices
        self._spells = spells
        self.calibrations = CalibrationTables(facts, self._days, models)

    @cached_property
    def before_after(self) -> BeforeAfterTables:
        """Customers before and after they used a promotion or bought a product first."""
        options, sources = self._settings.reports.ab_test, self._settings.sources
        return BeforeAfterTables(self._facts, options, sources, self._spells, self.calibrations)

    @cached_property
    def pairs(self) -> PairTables:
        """What customers paid with one promotion, and with another."""
        return PairTables(self._facts, self._settings.reports.ab_test, self.calibrations)

    @cached_property
    def segment_changes(self) -> SegmentChangeTables:
        """Segments of the past, and what their customers ordered since."""
        offers = self.calibrations.offers
        return SegmentChangeTables(self._facts, self._days, self._slices, self._settings, offers)

    @cached_property
    def experiments(self) -> ExperimentTables:
        """Who was assigned in an experiment, and what each did before and since."""
        return ExperimentTables(self._facts, self._settings, self.calibrations.offers)

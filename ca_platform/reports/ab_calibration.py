"""Calibration of the A/B tests: what the training that serves a day found, and which tests it offers."""

from __future__ import annotations

from datetime import date

import polars as pl

from ca_platform.reports.ab_verdicts import Offers
from ca_platform.reports.served import ModelTables
from ca_platform.training import TestCalibrations


class CalibrationTables(ModelTables[TestCalibrations]):
    """Calibrations of some report days; those that are missing are made."""

    def rows(self, day: date) -> pl.LazyFrame:
        """``ab_calibration``: tests by metric; no rows of too few customers."""
        return self.models.calibration(self._trained[day]).lazy().rename({"day": "trained_on"})

    def offers(self, day: date) -> Offers:
        """What the reports of a day say of each test, and whether they may use it."""
        return self.models.offers(self._trained[day])

    def cap(self, day: date) -> float | None:
        """What an order counts up to where the reports of a day compare amounts; None: all of it."""
        return self.models.cap(self._trained[day])

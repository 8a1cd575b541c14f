"""Reports by day that are too large for the document store: read from the lake, their window joined.

What belongs here: answering for such a report what the document store answers for all others.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import blake2b
from typing import TYPE_CHECKING

import polars as pl

from ca_platform.catalogue import report_spec
from ca_platform.collect import LakeReports
from ca_platform.lake import Lake
from ca_platform.store import MAIN, Dimension

if TYPE_CHECKING:
    from ca_platform.settings import Settings


class LakeTables:
    """The reports whose part of a day in the lake holds the rows of that day."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._lake = Lake.open(settings)

    def days(self, name: str) -> list[date]:
        """Days on which the report is computed, ascending."""
        return self._lake.days(name)

    def version(self, name: str, day: date, _: Dimension = MAIN) -> str | None:
        """Changes whenever the part of the day does, or one of the facts that are joined; None: not computed."""
        own = self._lake.parts(name, day, day)
        if not own:
            return None
        joined = [part for fact in report_spec(name).facts for part in self._lake.parts(fact, None, day)]
        return blake2b("".join(part.write_id for part in [*own, *joined]).encode(), digest_size=12).hexdigest()

    def report(self, name: str, day: date, dimension: Dimension = MAIN) -> pl.DataFrame | None:
        """The rows of the window that ends with the day."""
        return self._reports(name).report(name, day, dimension)

    def history(self, name: str, days: Sequence[date], dimension: Dimension = MAIN) -> pl.DataFrame:
        """The report on each of the days."""
        return self._reports(name).history(name, days, dimension)

    def dimensions(self, name: str, day: date) -> list[Dimension]:
        """What there are rows for."""
        return self._reports(name).dimensions(name, day)

    def _reports(self, name: str) -> LakeReports:
        return LakeReports(self._lake, report_spec(name), self._settings)


def is_lake_table(name: str) -> bool:
    """Whether this is such a report."""
    return report_spec(name).parts == "day"

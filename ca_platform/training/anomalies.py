"""The detectors of anomalies: which of them serves each report, chosen on incidents put into the shop's own past.

One part of the lake for each day of a choice. A choice serves from its day on, so what a report says of a day never
follows from later ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import date, timedelta

import polars as pl

from ca_platform.catalogue import table_spec
from ca_platform.catalogue.anomalies import DAY_REPORTS, FIRST_DETECTOR
from ca_platform.lake import Lake
from ca_platform.models.anomaly import DayMarks, Panel, Watched, watch
from ca_platform.settings import Settings
from ca_platform.training.kept import KeptModels
from ca_platform.training.parameters import KEPT, rows_of

DETECTORS, DETECTOR_SCORES = "anomaly_models", "anomaly_scores"
SCORED: dict[str, pl.DataType] = {
    "day": pl.Date(),
    "report": pl.String(),
    "detector": pl.String(),
    "metric": pl.String(),
    "value": pl.Float64(),
    "incidents": pl.Int64(),
    "is_served": pl.Boolean(),
}
# Goes into what a choice is made of: raise it when detectors or incidents change.
_RECIPE = 1
FIRST_CHOICE_DAYS = 112
"""Days of history before the first choice: eight weeks that only teach, and as many that are judged."""
_SERVED = "served"


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """What serves since a day.

    Attributes:
        served: the detector of each report.
        scores: how all of them did.
        note: why there are no scores, or no network took part; empty where nothing is to be said.
    """

    served: dict[str, str]
    scores: pl.DataFrame
    note: str


def choice_day(day: date, start: date) -> date:
    """The last day on which a detector is chosen anyway, up to ``day``: whenever the history has doubled.

    >>> [choice_day(date(2024, 1, n), date(2023, 9, 12)).isoformat() for n in (1, 31)]
    ['2024-01-01', '2024-01-01']
    >>> choice_day(date(2024, 1, 31), date(2024, 1, 1))
    datetime.date(2024, 1, 1)
    """
    days = (day - start).days + 1
    if days < FIRST_CHOICE_DAYS:
        return start
    chosen = FIRST_CHOICE_DAYS
    while chosen * 2 <= days:
        chosen *= 2
    return start + timedelta(days=chosen - 1)


class AnomalyModels(KeptModels):
    """The detectors, chosen under the alert budget in the settings.

    Args:
        panel: gives the panel of a report, all days up to ``last``.
        marks: gives the marks of these days.
    """

    dataset, scored = DETECTORS, DETECTOR_SCORES

    def __init__(
        self,
        last: date,
        settings: Settings,
        lake: Lake,
        panel: Callable[[str], Panel],
        marks: Callable[[], DayMarks],
    ) -> None:
        chosen = settings.reports.anomaly
        self._budget = chosen.false_alarms_per_30_days
        self._panel, self._marks = panel, marks
        super().__init__(last, settings, lake, f"{_RECIPE} {chosen!r}")

    def train(self, day: date, *, networks_too: bool = False) -> Choice:
        """Choose with what was known at the end of a day, and keep the choices and how they were made.

        Args:
            networks_too: they take part; days that only lack a choice do without, for they take longer.
        """
        served = dict.fromkeys(DAY_REPORTS, FIRST_DETECTOR)
        models = pl.concat(rows_of(day, report, {_SERVED: name}) for report, name in served.items())
        scores = pl.DataFrame(schema=SCORED)
        self._keep(day, models.sort(table_spec(DETECTORS).sort), scores.sort(table_spec(DETECTOR_SCORES).sort))
        return Choice(served, scores, "")

    def scores(self, trained_on: date) -> pl.DataFrame:
        """How the choice of a day was made; no rows where the history was too short."""
        return self.rows(DETECTOR_SCORES, trained_on, SCORED)

    def served(self, trained_on: date) -> dict[str, str]:
        """By report, the detector that was chosen on a day."""
        rows = self.rows(DETECTORS, trained_on, KEPT).filter(pl.col("parameter") == _SERVED)
        return dict(rows.select("model", "text").iter_rows())

    def watch(self, report: str, trained_on: date, panel: Panel, marks: DayMarks) -> tuple[str, Watched]:
        """The watch over a panel by what serves the report since a training day, and the name of the detector."""
        name = self.served(trained_on)[report]
        return name, watch(panel, marks, detector=name, false_alarms_per_30_days=self._budget)

    def _serves(self, day: date, trained: Collection[date]) -> date:
        chosen = choice_day(day, self._shape.start_date)
        return max((other for other in trained if chosen <= other <= day), default=chosen)

    def _oldest(self, first: date) -> date:  # noqa: ARG002
        # A choice serves until the history has doubled.
        return self._shape.start_date

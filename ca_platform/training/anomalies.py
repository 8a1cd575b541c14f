"""The detectors of anomalies: which of them serves each report, chosen on incidents put into the shop's own past.

One part of the lake for each day of a choice. A choice serves from its day on, so what a report says of a day never
follows from later ones.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta

import numpy as np
import polars as pl

from ca_platform.catalogue import table_spec
from ca_platform.catalogue.anomalies import DAY_REPORTS, FIRST_DETECTOR
from ca_platform.errors import HistoryError
from ca_platform.lake import Lake
from ca_platform.models.anomaly import KINDS, DayMarks, Outcome, Panel, Watched, backtest, best, residuals, watch
from ca_platform.models.anomaly.autoencoder import NAME as AUTOENCODER
from ca_platform.models.anomaly.autoencoder import Autoencoder, trained_autoencoder
from ca_platform.models.anomaly.records import Floats
from ca_platform.models.networks import can_train
from ca_platform.models.threads import one_thread
from ca_platform.settings import Settings
from ca_platform.training.kept import KeptModels
from ca_platform.training.parameters import KEPT, parameters_of, rows_of

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
_RECIPE = 5
FIRST_CHOICE_DAYS = 112
"""Days of history before the first choice: eight weeks that only teach, and as many that are judged."""
_SERVED = "served"
_NO_NETWORKS = "networks were left out: torch and Lightning are not installed (the extra deep)"
_NO_YEAR = "there is no year of history yet: peaks of the season are not known"
_YEAR_DAYS = 365
_TOO_SHORT = f"there are fewer than {FIRST_CHOICE_DAYS} days to choose by"


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


@dataclass(frozen=True, slots=True)
class Serving:
    """What serves a report for some days: the same where neither the detector nor the network is another.

    Attributes:
        learnt_on: the training day of the network; None without one.
    """

    detector: str
    learnt_on: date | None
    network: Autoencoder | None = field(compare=False)


@dataclass(frozen=True, slots=True, eq=False)
class _Contest:
    """How the detectors of a report did, and the network that was learnt for it."""

    outcomes: tuple[Outcome, ...]
    network: Autoencoder | None
    notes: frozenset[str]


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
        panel: gives what is judged of a report, all days up to ``last``.
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
        has_products = settings.sources.lines is not None
        super().__init__(last, settings, lake, f"{_RECIPE} {chosen!r} {has_products}")

    def train(self, day: date, *, networks_too: bool = False) -> Choice:
        """Choose with what was known at the end of a day, and keep the choices and how they were made.

        Args:
            networks_too: they take part; days that only lack a choice do without, for they take longer.
        """
        with_networks = networks_too and can_train()
        notes = {_NO_NETWORKS} if networks_too and not with_networks else set()
        served, models, scores = {}, [], [pl.DataFrame(schema=SCORED)]
        with one_thread():
            for report in DAY_REPORTS:
                contest = self._contest(report, day, with_networks=with_networks)
                notes |= contest.notes
                served[report] = best(contest.outcomes, self._budget) or FIRST_DETECTOR
                models.append(rows_of(day, report, {_SERVED: served[report]}))
                if contest.network is not None:
                    models.append(rows_of(day, _network(report), contest.network.to_parameters()))
                scores.append(score_rows(day, report, contest.outcomes, served[report]))
        kept = pl.concat(scores).sort(table_spec(DETECTOR_SCORES).sort)
        self._keep(day, pl.concat(models).sort(table_spec(DETECTORS).sort), kept)
        return Choice(served, kept, "; ".join(sorted(notes)))

    def scores(self, trained_on: date) -> pl.DataFrame:
        """How the choice of a day was made; no rows where the history was too short."""
        return self.rows(DETECTOR_SCORES, trained_on, SCORED)

    def served(self, trained_on: date) -> dict[str, str]:
        """By report, the detector that was chosen on a day."""
        rows = self.rows(DETECTORS, trained_on, KEPT).filter(pl.col("parameter") == _SERVED)
        return dict(rows.select("model", "text").iter_rows())

    def serving(self, report: str, trained_on: date) -> Serving:
        """What serves a report since a training day."""
        network = self._learnt(report, trained_on)
        return Serving(self.served(trained_on)[report], trained_on if network else None, network)

    def watch(self, serving: Serving, panel: Panel, marks: DayMarks, since: int = 0) -> Watched:
        """The watch over a panel by what serves its report; whether a day is strange is said from a row on."""
        more = {}
        if serving.network is not None:
            deviation = residuals(panel, marks).deviation
            more = {AUTOENCODER: serving.network.scores(deviation, panel.names)}
        budget = self._budget
        return watch(
            panel,
            marks,
            detector=serving.detector,
            false_alarms_per_30_days=budget,
            since=since,
            more_scores=more,
        )

    def _contest(self, report: str, day: date, *, with_networks: bool) -> _Contest:
        """All detectors of a report on what was known at the end of a day."""
        days = (day - self._shape.start_date).days + 1
        if days < FIRST_CHOICE_DAYS:
            return _Contest((), None, frozenset({_TOO_SHORT}))
        try:
            panel, marks = self._panel(report).head(days), self._marks().head(days)
        except HistoryError as error:
            return _Contest((), None, frozenset({f"{report}: {error}"}))
        network = None
        if with_networks:
            deviation = residuals(panel, marks).deviation
            network = trained_autoencoder(deviation, panel.names, marks.is_marked)
        more = {AUTOENCODER: _from_row(network, panel.names)} if network and network.networks else {}
        outcomes = backtest(panel, marks, false_alarms_per_30_days=self._budget, more=more)
        return _Contest(outcomes, network if more else None, frozenset({_NO_YEAR} if days <= _YEAR_DAYS else ()))

    def _learnt(self, report: str, trained_on: date) -> Autoencoder | None:
        """The network of a report, where one was trained on the day."""
        rows = self.rows(DETECTORS, trained_on, KEPT).filter(pl.col("model") == _network(report))
        return Autoencoder.from_parameters(parameters_of(rows)) if rows.height else None

    def _serves(self, day: date, trained: Collection[date]) -> date:
        chosen = choice_day(day, self._shape.start_date)
        return max((other for other in trained if chosen <= other <= day), default=chosen)

    def _oldest(self, first: date) -> date:  # noqa: ARG002
        # A choice serves until the history has doubled.
        return self._shape.start_date


def score_rows(day: date, report: str, outcomes: Sequence[Outcome], served: str) -> pl.DataFrame:
    """A back-test as rows of its table."""
    rows = [
        (
            day,
            report,
            outcome.detector,
            metric,
            None if np.isnan(value) else value,
            incidents,
            outcome.detector == served,
        )
        for outcome in outcomes
        for metric, value, incidents in _figures(outcome)
    ]
    return pl.DataFrame(rows, schema=SCORED, orient="row")


def _figures(outcome: Outcome) -> Iterator[tuple[str, float, int]]:
    sudden = [name for name in outcome.incidents if KINDS[name].is_sudden]
    planted = sum(outcome.incidents.values())
    yield "recall", outcome.sudden, sum(outcome.incidents[name] for name in sudden)
    for name, incidents in outcome.incidents.items():
        yield f"recall_{name}", outcome.recall[name], incidents
    yield "false_alarms_per_30_days", outcome.false_alarms_per_30_days, outcome.quiet_days
    yield "delay_days", outcome.delay_days, planted
    yield "cause_right", outcome.cause_right, planted


def _network(report: str) -> str:
    """Under which name the network of a report is kept."""
    return f"{report}.{AUTOENCODER}"


def _from_row(network: Autoencoder, names: tuple[str, ...]) -> Callable[[Floats, int], Floats]:
    """Scores of days of which the first is not the first of the history."""
    return lambda deviation, first: network.scores(deviation, names, first)

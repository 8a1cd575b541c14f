"""Anomalies: what the watch over the shop's daily figures says of each day, and which dimension values carry it.

Everything is made once for the last report day; the report of a day is its head, for a row never changes later.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cached_property

import numpy as np
import polars as pl
from numpy.typing import NDArray

from ca_platform.catalogue.anomalies import DETECTORS, FIRST_DETECTOR, metric_in_words, some_of
from ca_platform.models.anomaly.calibration import alarms
from ca_platform.models.anomaly.hours import silent_hours
from ca_platform.models.anomaly.records import Flags, Floats, Panel, Watched
from ca_platform.reports.anomaly_panels import AnomalyPanels
from ca_platform.reports.anomaly_split import Explained, FlaggedDays
from ca_platform.reports.anomaly_values import in_words, unit_of
from ca_platform.reports.periods import Calendar
from ca_platform.training import AnomalyModels
from ca_platform.training.anomalies import Serving

SPLIT_REPORTS = ("dfunnel_anomaly", "revenue_anomaly", "dorders_anomaly")
"""Reports whose metrics are made of sessions, so that dimension values have them, too; the first that flags a metric counts."""

OTHER_IDS = "not judged: most customers come back under other ids, so that new ones cannot be told from them"
NO_HOLIDAYS = "public holidays not known: reports.anomaly.country is not set"
_SAME_WEEKDAYS, _WEEK = 4, 7
LEAST_EVENTS = 3.0
"""Fewer customers, orders or sessions too many or too few are no reason to call anybody."""


@dataclass(frozen=True, slots=True, eq=False)
class Run:
    """The watch over the metrics of a report.

    Attributes:
        detector: (n,) name of the one that decided on each day.
        expected, residual: (n, m) as reported.
        is_held_off: (n,) days that are not judged because customers come under other ids.
    """

    panel: Panel
    watched: Watched
    detector: NDArray[np.object_]
    is_alarm: Flags
    expected: Floats
    residual: Floats
    is_held_off: Flags

    @property
    def is_anomaly(self) -> Flags:
        """(n, m) whether the day is flagged and the metric carries it."""
        found: Flags = self.watched.is_flagged[:, None] & self.watched.carries
        return found


class AnomalyTables:
    """Anomalies up to the last of some report days.

    Args:
        first: the first day that any of the reports holds.
        slices: ``slice``, ``dimension``, ``value``, the whole shop first.
        models: gives what was chosen and learnt, from these panels.
    """

    def __init__(
        self,
        first: date,
        panels: AnomalyPanels,
        slices: Callable[[], pl.DataFrame],
        models: Callable[[AnomalyPanels], AnomalyModels],
    ) -> None:
        self._first = first
        self._panels = panels
        self._slices = slices
        self._open = models
        self._runs: dict[str, Run] = {}
        self._frames: dict[str, pl.DataFrame] = {}

    @cached_property
    def models(self) -> AnomalyModels:
        """The detectors of the lake."""
        return self._open(self._panels)

    def rows(self, report: str, calendar: Calendar) -> pl.LazyFrame:
        """A report of days by metric, as of a day."""
        if report not in self._frames:
            self._frames[report] = day_rows(self.run(report), self._panels, self._explained)
        return _until(self._frames[report], calendar)

    def values(self, calendar: Calendar) -> pl.LazyFrame:
        """``dimension_anomaly``, as of a day."""
        return _until(self._explained.frame, calendar)

    def backtest(self, day: date) -> pl.LazyFrame:
        """``anomaly_backtest``: what the choice that serves a day was made by; no rows before there is one."""
        return self.models.scores(self.models.ensure([day])[day]).lazy().rename({"day": "trained_on"})

    def run(self, report: str) -> Run:
        """The watch over all days: of each what the detector says that served it."""
        if report not in self._runs:
            self._runs[report] = self._watched(report)
        return self._runs[report]

    @cached_property
    def _explained(self) -> Explained:
        flagged = FlaggedDays(self._panels, self._slices(), self._first)
        return flagged.explained({name: self.run(name) for name in SPLIT_REPORTS})

    def _watched(self, report: str) -> Run:
        panel, marks = self._panels.judged(report), self._panels.marks
        pieces: dict[Serving, list[int]] = {}
        for place, serving in enumerate(self._serving(report, panel)):
            pieces.setdefault(serving, []).append(place)
        # From the day before on: a run of flagged days is one alarm, on its first day.
        since = max((self._first - panel.days[0].item()).days - 1, 0) if panel.days.size else 0
        parts = []
        detector = np.full(panel.days.size, FIRST_DETECTOR, object)
        for serving, places in pieces.items():
            detector[places] = serving.detector
            # Nothing that is said of a day follows from later ones.
            days = places[-1] + 1
            if days > since:
                parts.append((places, self.models.watch(serving, panel.head(days), marks.head(days), since)))
        watched = _joined(panel, parts)
        watched = replace(watched, is_flagged=watched.is_flagged & ~is_of_few(panel, watched))
        expected, residual = watched.expected, watched.residual
        if report == "dorders_anomaly":
            expected = same_weekdays(panel.values)
            residual = np.log((panel.values + 0.5) / (expected + 0.5))
        whole = self._panels.panel(report)
        return Run(
            whole, watched, detector, alarms(watched.is_flagged), expected, residual, self._panels.held_off(report)
        )

    def _serving(self, report: str, panel: Panel) -> list[Serving]:
        """What serves each day of a panel."""
        days: list[date] = panel.days.tolist()
        trained = self.models.ensure(days) if days else {}
        by_training = {day: self.models.serving(report, day) for day in set(trained.values())}
        return [by_training[trained[day]] for day in days]


def is_of_few(panel: Panel, watched: Watched) -> Flags:
    """(n,) days whose leading metric is off by fewer than three events. A sum or a mean of money never is.

    The rank of a score among past ones says that a day is rare, not that it matters: where a day has a handful of
    customers, the rarest day of a month is one on which a single one ordered.
    """
    counted = np.array([metric.kind != "amount" for metric in panel.metrics])
    is_ratio = np.array([metric.kind == "ratio" for metric in panel.metrics])
    off = np.abs(panel.values - watched.expected) * np.where(is_ratio, panel.sizes, 1.0)
    for column, metric in enumerate(panel.metrics):
        if metric.looks_within:
            # What usually comes in the hours that were empty, or with the products that were not sold.
            whole = panel.names.index(str(metric.hours_of or metric.products_of))
            off[:, column] *= watched.expected[:, whole] / np.maximum(panel.sizes[:, column], 1.0)
    rows, leading = np.arange(watched.leading.size), watched.leading
    few: Flags = (leading >= 0) & counted[leading] & (off[rows, leading] < LEAST_EVENTS)
    return few


def same_weekdays(values: Floats) -> Floats:
    """(n, m) means of the four preceding same weekdays; NaN before there are four.

    >>> same_weekdays(np.arange(30.0)[:, None])[-1].tolist()
    [11.5]
    """
    found = np.full(values.shape, np.nan)
    first = _SAME_WEEKDAYS * _WEEK
    if values.shape[0] > first:
        past = [values[first - _WEEK * back : values.shape[0] - _WEEK * back] for back in range(1, _SAME_WEEKDAYS + 1)]
        found[first:] = np.mean(past, axis=0)
    return found


def day_rows(run: Run, panels: AnomalyPanels, explained: Explained) -> pl.DataFrame:
    """A row per day and metric."""
    days, metrics = run.panel.values.shape
    watched = run.watched
    anomaly = run.is_anomaly

    def by_metric(values: Floats) -> pl.Series:
        return pl.Series(values.ravel(), dtype=pl.Float64).fill_nan(None)

    def by_day(values: Floats) -> pl.Series:
        return pl.Series(np.repeat(values, metrics), dtype=pl.Float64).fill_nan(None)

    direction = np.where(anomaly, np.where(run.residual < 0, "decrease", "increase"), None)  # type: ignore[call-overload]
    unknown = np.full(days, np.nan)
    return pl.DataFrame(
        {
            "date": pl.Series(np.repeat(run.panel.days, metrics)).cast(pl.Date),
            "metric": list(run.panel.names) * days,
            "actual": by_metric(run.panel.values),
            "expected": by_metric(run.expected),
            "low": by_metric(watched.low),
            "high": by_metric(watched.high),
            "residual": by_metric(run.residual),
            "score": by_day(watched.score),
            "p_value": by_day(watched.p_value),
            "is_anomaly": anomaly.ravel(),
            "direction": pl.Series(direction.ravel().tolist(), dtype=pl.String),
            "explanation": pl.Series(_explanations(run, panels, explained), dtype=pl.String),
            "note": pl.Series(_notes(run, panels), dtype=pl.String),
            "is_alarm": np.repeat(run.is_alarm, metrics),
            "detector": pl.Series(
                [name if told else None for name, told in zip(run.detector, np.isfinite(watched.score), strict=True)],
                dtype=pl.String,
            ).gather(np.repeat(np.arange(days), metrics)),
            **{f"score_{name}": by_day(watched.scores.get(name, unknown)) for name in DETECTORS},
        }
    )


def _explanations(run: Run, panels: AnomalyPanels, explained: Explained) -> list[str | None]:
    """By day and metric: of flagged days the metric in words and the value that carries it; of known days their name."""
    metrics = run.panel.metrics
    found: list[str | None] = [None] * run.panel.values.size
    marks = panels.marks
    for place in np.flatnonzero(marks.is_marked):
        holiday, event = marks.holiday[place], marks.event[place]
        known = [holiday and f"public holiday: {holiday}", event and f"known event: {event}"]
        found[place * len(metrics) : (place + 1) * len(metrics)] = ["; ".join(filter(None, known))] * len(metrics)
    for place, column in np.argwhere(run.is_anomaly):
        metric, day = metrics[column], run.panel.days[place]
        told = _metric_in_words(run, place, column, panels)
        value = explained.best.get((day, metric.name))
        found[place * len(metrics) + column] = told if value is None else f"{told}. {value}"
    return found


def _notes(run: Run, panels: AnomalyPanels) -> list[str | None]:
    """By day and metric: what could not be taken out of it."""
    notes = run.watched.notes.copy()
    notes[run.is_held_off] = OTHER_IDS
    found: list[str | None] = notes.ravel().tolist()
    if panels.knows_holidays:
        return found
    judged = (np.isfinite(run.watched.expected) & ~run.is_held_off[:, None]).ravel()
    return [
        "; ".join(filter(None, [note, NO_HOLIDAYS])) if told else note for note, told in zip(found, judged, strict=True)
    ]


def _metric_in_words(run: Run, place: int, column: int, panels: AnomalyPanels) -> str:
    metric = run.panel.metrics[column]
    actual, expected = run.panel.values[place, column], run.expected[place, column]
    name = metric_in_words(metric.name)
    if metric.hours_of is not None:
        told = in_words(name, actual, expected, np.nan, metric.hours_of)
        silent = None if run.panel.hours is None else silent_hours(run.panel.hours[metric.hours_of][: place + 1])
        return told if silent is None else f"{told}, none from {silent[0]:02}:00 to {silent[1]:02}:00"
    if metric.products_of is not None:
        told = in_words(name, actual, expected, np.nan, metric.products_of)
        missing = panels.products_missing(place) if actual < expected else []
        return f"{told}, nothing sold of {some_of(missing)}" if missing else told
    below = run.panel.sizes[place, column] if metric.denominator is not None else 1.0
    return in_words(name, actual, expected, float((actual - expected) * below), unit_of(metric, panels.currency))


def _until(frame: pl.DataFrame, calendar: Calendar) -> pl.LazyFrame:
    first = calendar.day - timedelta(days=calendar.history_days - 1)
    return frame.lazy().filter(pl.col("date").is_between(first, calendar.day))


def _joined(panel: Panel, parts: Sequence[tuple[list[int], Watched]]) -> Watched:
    """Of each day what the watch says that served it."""
    days, metrics = panel.values.shape
    by_metric = {
        name: np.full((days, metrics), np.nan) for name in ("expected", "low", "high", "residual", "deviation")
    }
    by_day = {name: np.full(days, np.nan) for name in ("score", "p_value")}
    flags = {name: np.zeros(days, bool) for name in ("is_flagged", "is_alarm")}
    carries, leading = np.zeros((days, metrics), bool), np.full(days, -1)
    notes = np.full((days, metrics), None, object)
    scores = {name: np.full(days, np.nan) for name in DETECTORS}
    for places, watched in parts:
        for name, joined in (by_metric | by_day | flags).items():
            joined[places] = getattr(watched, name)[places]
        carries[places], leading[places] = watched.carries[places], watched.leading[places]
        for name, own in watched.scores.items():
            scores[name][places] = own[places]
        notes[places] = watched.notes[places]
    return Watched(**by_metric, **by_day, **flags, carries=carries, leading=leading, notes=notes, scores=scores)

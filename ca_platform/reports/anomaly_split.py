"""The flagged days of metrics that are made of sessions, split by the values of every dimension."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from ca_platform.catalogue.anomalies import TOP_VALUES, metric_in_words
from ca_platform.models.anomaly.records import Flags, Floats, Ints
from ca_platform.reports.anomaly_panels import AnomalyPanels
from ca_platform.reports.anomaly_values import WINDOW_DAYS, Parts, Split, furthest, in_words, parts_of, unit_of

if TYPE_CHECKING:
    from ca_platform.reports.anomalies import Run

_NUMBERS = ("actual", "expected", "low", "high", "residual", "score", "p_value")
_SCHEMA: dict[str, pl.DataType] = {
    "date": pl.Date(),
    "metric": pl.String(),
    "dimension": pl.String(),
    "value": pl.String(),
    **dict.fromkeys(_NUMBERS, pl.Float64()),
    "is_anomaly": pl.Boolean(),
    "direction": pl.String(),
    "explanation": pl.String(),
    "contribution": pl.Float64(),
}


@dataclass(frozen=True, slots=True, eq=False)
class Explained:
    """Flagged days by dimension value.

    Attributes:
        frame: ``dimension_anomaly`` of all days.
        best: by day and metric, the value that carries most of the deviation in words; only where one does.
    """

    frame: pl.DataFrame
    best: Mapping[tuple[np.datetime64, str], str]


class FlaggedDays:
    """Splits of flagged days.

    Args:
        slices: ``slice``, ``dimension``, ``value``, the whole shop first.
        first: the first day that is asked for.
    """

    def __init__(self, panels: AnomalyPanels, slices: pl.DataFrame, first: date) -> None:
        self._panels = panels
        self._first = np.datetime64(first, "D")
        self._values: dict[str, tuple[Ints, list[str | None]]] = {
            str(name): (own["slice"].to_numpy().astype(np.int64), own["value"].to_list())
            for (name,), own in slices.filter(pl.col("slice") > 0).group_by(["dimension"], maintain_order=True)
        }

    def explained(self, runs: Mapping[str, Run]) -> Explained:
        """All flagged days of these reports, each with the metrics that carry it."""
        rows: list[tuple[object, ...]] = []
        best: dict[tuple[np.datetime64, str], tuple[float, str]] = {}
        for run, place, column in _flagged(runs) if self._values else ():
            metric, day = run.panel.metrics[column], run.panel.days[place]
            if day < self._first:
                continue
            unit = unit_of(metric, self._panels.currency)
            for dimension, (numbers, names) in self._values.items():
                split = self._split(run, place, column, numbers)
                chosen = furthest(split, TOP_VALUES)
                parts = parts_of(split.only(chosen))
                for row, value in enumerate(names[at] for at in chosen):
                    difference = float(parts.difference[row])
                    name = f"{dimension} {_is(value)}"
                    told = in_words(name, parts.actual[row], parts.expected[row], difference, unit)
                    cells = _cells(parts, row, f"{metric_in_words(metric.name)}, {told}")
                    rows.append((day.item(), metric.name, dimension, value, *cells))
                    if parts.explains[row] and parts.contribution[row] > best.get((day, metric.name), (0.0, ""))[0]:
                        best[day, metric.name] = float(parts.contribution[row]), told
        frame = pl.DataFrame(rows, schema=_SCHEMA, orient="row")
        return Explained(frame, {key: told for key, (_, told) in best.items()})

    def _split(self, run: Run, place: int, column: int, numbers: Ints) -> Split:
        metric, days = run.panel.metrics[column], slice(max(place - WINDOW_DAYS, 0), place + 1)
        usual: Flags = ~(run.watched.is_flagged | self._panels.marks.is_marked)[days]
        usual &= np.isfinite(run.watched.expected[days, column])
        usual[-1] = False
        numerator, whole = self._figures(metric.numerator or metric.name, days, numbers)
        denominator = whole_below = None
        if metric.denominator is not None:
            denominator, whole_below = self._figures(metric.denominator, days, numbers)
        expected = run.watched.expected[days, column]
        return Split(metric, numerator, denominator, whole, whole_below, expected, usual)

    def _figures(self, name: str, days: slice, numbers: Ints) -> tuple[Floats, Floats]:
        found = self._panels.by_slice(name)[days]
        return found[:, numbers], found[:, 0]


def _flagged(runs: Mapping[str, Run]) -> Iterator[tuple[Run, int, int]]:
    """Run, day and metric of what is flagged; a metric that several reports flag on a day once."""
    seen: set[tuple[int, str]] = set()
    for run in runs.values():
        for place, column in np.argwhere(run.is_anomaly):
            metric = run.panel.metrics[column]
            key = int(place), metric.name
            # The hours of a value say little where few of its sessions come in each, and so do its products.
            if key not in seen and not metric.looks_within:
                seen.add(key)
                yield run, int(place), int(column)


def _cells(parts: Parts, row: int, told: str) -> tuple[object, ...]:
    numbers = [_known(getattr(parts, name)[row]) for name in _NUMBERS]
    way = "decrease" if parts.difference[row] < 0 else "increase"
    return (*numbers, bool(parts.explains[row]), way, told, _known(parts.contribution[row]))


def _known(number: float) -> float | None:
    return float(number) if np.isfinite(number) else None


def _is(value: str | None) -> str:
    return "not given" if value is None else f"= {value}"

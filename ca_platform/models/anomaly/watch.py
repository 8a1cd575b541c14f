"""The watch over a panel: residuals, a score a day, flags under the budget, and the metrics that a deviation rests on."""

from __future__ import annotations

import numpy as np

from ca_platform.errors import ValidationError
from ca_platform.models.anomaly.baseline import Residuals, residuals
from ca_platform.models.anomaly.calibration import LEAST_HISTORY, MONTH, calibrated
from ca_platform.models.anomaly.causes import Causes, causes
from ca_platform.models.anomaly.detectors import DETECTORS, Evidence, evidence
from ca_platform.models.anomaly.records import DayMarks, Flags, Floats, Ints, Panel, Watched

# Standard deviations from which a metric of the leading cause is said to carry the deviation too.
CARRIES = 2.0
YEAR_DAYS = 365


def watch(
    panel: Panel,
    marks: DayMarks,
    *,
    detector: str = "matched",
    false_alarms_per_30_days: float = 1.0,
    more_scores: dict[str, Floats] | None = None,
) -> Watched:
    """Watch a panel: every day from what was known at its end.

    Args:
        panel: the figures of all days up to the last whole one.
        marks: holidays and events of the same days.
        detector: whose score serves, one of ``DETECTORS`` or of ``more_scores``.
        false_alarms_per_30_days: the budget: how many quiet days may be flagged.
        more_scores: scores of further detectors over the same days, by name (those of a trained network).

    Returns:
        What is said of each day. Row i depends on days up to i alone: the watch over the first days is the head of the
        watch over all. Days before the 56th, and metrics before their 28th day, are not judged (NaN).

    Raises:
        ValidationError: an unknown detector or a budget that is no number above 0 and up to 30.
    """
    if not 0 < false_alarms_per_30_days <= MONTH:
        raise ValidationError(
            f"A budget of {false_alarms_per_30_days} false alarms per 30 days. Give more than 0 and at most 30."
        )
    found = residuals(panel, marks)
    possible = causes(panel.metrics)
    seen = evidence(found, possible, marks.is_marked)
    scores = {name: score(found, seen) for name, score in DETECTORS.items()} | dict(more_scores or {})
    if detector not in scores:
        raise ValidationError(f"No detector is called {detector}. There are: {', '.join(sorted(scores))}.")
    judged = np.arange(panel.days.size) >= LEAST_HISTORY
    ranked = calibrated(scores[detector], marks.is_marked, false_alarms_per_30_days)
    leading, carries = _carriers(found, possible, seen, judged)
    low, high = _band(found, marks.is_marked, false_alarms_per_30_days)
    on_scale = found.scaled
    hidden = ~judged[:, None]
    return Watched(
        expected=np.where(hidden, np.nan, on_scale.raw(found.expected)),
        low=np.where(hidden, np.nan, on_scale.raw(found.expected - low)),
        high=np.where(hidden, np.nan, on_scale.raw(found.expected + high)),
        residual=np.where(hidden, np.nan, found.residual),
        deviation=np.where(hidden, np.nan, found.deviation),
        score=np.where(judged, scores[detector], np.nan),
        p_value=ranked.p_value,
        is_flagged=ranked.is_flagged,
        is_alarm=ranked.is_alarm,
        carries=carries,
        leading=leading,
        scores={name: np.where(judged, score, np.nan) for name, score in scores.items()},
        notes=_notes(panel, found),
    )


def _carriers(found: Residuals, possible: Causes, seen: Evidence, judged: Flags) -> tuple[Ints, Flags]:
    """The metric that names the strongest cause of each day, and with it those of the cause that deviate themselves."""
    cause = np.where(judged, seen.cause, -1)
    leading = np.where(cause >= 0, possible.leading[cause], -1)
    moved = np.abs(possible.shifts[cause]) > 0
    with np.errstate(invalid="ignore"):
        far = np.abs(found.deviation) >= CARRIES
    carries = moved & far
    rows = np.flatnonzero(cause >= 0)
    carries[rows, leading[rows]] = True
    return leading, carries & (cause >= 0)[:, None]


def _band(found: Residuals, is_marked: Flags, budget: float) -> tuple[Floats, Floats]:
    """How far below and above the expectation a quiet day may lie, as logarithms: by ranks of past deviations."""
    deviation = found.deviation
    width = np.full(deviation.shape, np.nan)
    share = 1 - budget / MONTH
    for begin in range(0, deviation.shape[0], 7):
        past = np.abs(deviation[max(begin - YEAR_DAYS, 0) : begin][~is_marked[max(begin - YEAR_DAYS, 0) : begin]])
        with np.errstate(invalid="ignore"):
            usual = np.full(deviation.shape[1], 2.0)
            for metric in range(deviation.shape[1]):
                known = past[:, metric][np.isfinite(past[:, metric])]
                if known.size >= MONTH:
                    usual[metric] = np.quantile(known, share)
        width[begin : begin + 7] = usual
    around = width * found.spread
    return around, around


def _notes(panel: Panel, found: Residuals) -> tuple[str, ...]:
    """What could not be taken out of the figures, in words."""
    days = panel.days.size
    notes = []
    if days <= LEAST_HISTORY:
        notes.append(f"Days are judged once there are {LEAST_HISTORY} before them; there are {days} in all.")
    if days <= YEAR_DAYS:
        notes.append("Peaks of the season are not known yet: there is less than a year of history.")
    judged = np.asarray(np.isfinite(found.expected))
    late = [name for name, known in zip(panel.names, judged.any(axis=0), strict=True) if not known]
    if late and days > LEAST_HISTORY:
        notes.append(f"Too few days are known to judge {', '.join(late)}.")
    return tuple(notes)

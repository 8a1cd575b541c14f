"""The watch over a panel: residuals, a score a day, flags under the budget, and the metrics that a deviation rests on."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ca_platform.errors import ValidationError
from ca_platform.models.anomaly.baseline import Residuals, residuals
from ca_platform.models.anomaly.calibration import MONTH, alarms, is_beyond
from ca_platform.models.anomaly.causes import Causes, causes
from ca_platform.models.anomaly.course import START_DAYS
from ca_platform.models.anomaly.detectors import deviation
from ca_platform.models.anomaly.evidence import lasting
from ca_platform.models.anomaly.judge import BY_EVIDENCE, LEAST_HISTORY, judges, observed
from ca_platform.models.anomaly.records import DayMarks, Flags, Floats, Ints, Panel, Texts, Watched

# Standard deviations from which a metric of the leading cause is said to carry the deviation too.
CARRIES = 2.0
YEAR_DAYS = 365
ONLY_TAUGHT = f"not judged: the first {LEAST_HISTORY} days only teach what is usual"
NEW_FIGURE = f"not judged: fewer than {START_DAYS} days of the figure are known"
NO_SEASON = "peaks of the season not known: less than a year of history"
FEW_SALES = "not judged: on too many days too little of each product is sold to tell a missing one from chance"
# The band of a metric that has been judged for less than a month, in standard deviations.
_USUAL_BAND = 2.0


def watch(
    panel: Panel,
    marks: DayMarks,
    *,
    detector: str = "matched",
    false_alarms_per_30_days: float = 1.0,
    since: int = 0,
    more_scores: Mapping[str, Floats] | None = None,
) -> Watched:
    """Watch a panel: every day from what was known at its end.

    Args:
        panel: the figures of all days up to the last whole one.
        marks: holidays and events of the same days.
        detector: whose score serves, one of ``DETECTORS`` or of ``more_scores``.
        false_alarms_per_30_days: the budget: how many quiet days may be flagged.
        since: the first row of which it is wanted whether it is strange. Of earlier days only what is expected of them is
            said, which is much faster.
        more_scores: scores of further detectors over the same days, by name (those of a trained network).

    Returns:
        What is said of each day. Row i depends on days up to i alone: the watch over the first days is the head of the
        watch over all. Days before the 57th, and metrics before their 29th day, are not judged (NaN).

    Raises:
        ValidationError: an unknown detector or a budget that is no number above 0 and up to 30.
    """
    budget = false_alarms_per_30_days
    if not 0 < budget <= MONTH:
        raise ValidationError(f"A budget of {budget} false alarms per 30 days. Give more than 0 and at most 30.")
    found = residuals(panel, marks)
    possible = causes(panel.metrics)
    given = {"deviation": deviation(found.scaled)} | dict(more_scores or {})
    names = (*BY_EVIDENCE, *given)
    if detector not in names:
        raise ValidationError(f"No detector is called {detector}. There are: {', '.join(sorted(names))}.")
    days = panel.days.size
    scores = {name: np.full(days, np.nan) for name in names}
    p_value = np.full(days, np.nan)
    cause = np.full(days, -1)
    observations = observed(found, possible, lasting(found.deviation, marks.is_marked))
    known = np.asarray(np.isfinite(found.residual).any(axis=1))
    notes = _notes(panel, found)
    for judge in judges(observations, possible, marks.is_marked, budget, given, since):
        first = max(judge.first, since)
        rows = np.arange(first, judge.end)[known[first : judge.end]]
        seen = judge.yardstick.evidence(observations.rows(rows))
        notes[first : judge.end, ~judge.yardstick.is_learnt] = FEW_SALES
        for name in names:
            scores[name][rows] = BY_EVIDENCE[name](seen) if name in BY_EVIDENCE else given[name][rows]
        p_value[rows] = judge.past[detector].p_values(scores[detector][rows])
        cause[rows] = possible.likeliest(seen.strength)
    is_flagged: Flags = is_beyond(p_value, budget) & ~marks.is_marked
    leading, carries = carriers(found, possible, cause)
    width = _band(found, marks.is_marked, budget)
    on_scale, hidden = found.scaled, np.arange(days)[:, None] < LEAST_HISTORY
    return Watched(
        expected=np.where(hidden, np.nan, on_scale.raw(found.expected)),
        low=np.where(hidden, np.nan, on_scale.raw(found.expected - width)),
        high=np.where(hidden, np.nan, on_scale.raw(found.expected + width)),
        residual=np.where(hidden, np.nan, found.residual),
        deviation=np.where(hidden, np.nan, found.deviation),
        score=scores[detector],
        p_value=p_value,
        is_flagged=is_flagged,
        is_alarm=alarms(is_flagged),
        carries=carries,
        leading=leading,
        scores=scores,
        notes=notes,
    )


def carriers(found: Residuals, possible: Causes, cause: Ints) -> tuple[Ints, Flags]:
    """The metric that names each day's cause, and with it those that the cause moves and that deviate themselves.

    Args:
        cause: (n,) of each day, -1 for none.
    """
    leading = np.where(cause >= 0, possible.leading[cause], -1)
    moved = np.abs(possible.directions(found.expected)[np.arange(cause.size), cause]) > 0
    with np.errstate(invalid="ignore"):
        carries: Flags = moved & (np.abs(found.deviation) >= CARRIES)
    rows = np.flatnonzero(cause >= 0)
    carries[rows, leading[rows]] = True
    return leading, carries & (cause >= 0)[:, None]


def _band(found: Residuals, is_marked: Flags, budget: float) -> Floats:
    """(n, m) how far from the expectation a quiet day may lie, as logarithms: by ranks of past deviations."""
    away = np.abs(found.deviation)
    away[is_marked] = np.nan
    width = np.full(away.shape, _USUAL_BAND)
    for begin in range(0, away.shape[0], MONTH):
        past = away[max(begin - YEAR_DAYS, 0) : begin]
        known = np.isfinite(past)
        days = known.sum(axis=0)
        if begin:
            ranked = np.sort(np.where(known, past, np.inf), axis=0)
            place = np.clip(np.ceil((1 - budget / MONTH) * days).astype(np.int64) - 1, 0, past.shape[0] - 1)
            rank = np.take_along_axis(ranked, place[None, :], axis=0)[0]
            width[begin : begin + MONTH] = np.where((days >= MONTH) & np.isfinite(rank), rank, _USUAL_BAND)
    return width * found.spread


def _notes(panel: Panel, found: Residuals) -> Texts:
    """(n, m) what could not be taken out of a figure on a day, in words; None where nothing is left in it."""
    day = np.arange(panel.days.size)[:, None]
    known = np.isfinite(panel.values)
    first = np.where(known.any(axis=0), known.argmax(axis=0), panel.days.size)
    notes = np.full(panel.values.shape, None, object)
    notes[day - first < YEAR_DAYS] = NO_SEASON
    notes[~np.isfinite(found.expected)] = NEW_FIGURE
    notes[~known & np.array([metric.products_of is not None for metric in panel.metrics])] = FEW_SALES
    notes[:LEAST_HISTORY] = ONLY_TAUGHT
    return notes

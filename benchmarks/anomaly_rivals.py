"""Detectors of others over the same daily figures: three standard deviations, and PyOD's autoencoder.

Each is made once with the history as it was, and then scores it with and without planted incidents. Their scores become
alarms as ours do: by their rank among past scores, at the same budget, renewed every week. What is learnt is learnt from
the days before the ones that it scores, on the same days on which our autoencoder is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ca_platform.models.anomaly import KINDS, DayMarks, Outcome, Panel, inject
from ca_platform.models.anomaly.autoencoder import training_days
from ca_platform.models.anomaly.calibration import MONTH, alarms, is_beyond, quiet_past
from ca_platform.models.anomaly.contest import Plant
from ca_platform.models.anomaly.judge import LEAST_HISTORY
from ca_platform.models.anomaly.records import Flags, Floats

# Scores of the days of a panel from a row on.
Scorer = Callable[[Panel, int], Floats]
# A matrix of features, a row per day, NaN where nothing is known.
Features = Callable[[Panel], Floats]
_SIGMA_DAYS = 28
_WEEK = 7
_FIRST_INCIDENT = 84


def three_sigma(panel: Panel, first: int = 0) -> Floats:
    """Largest distance of a raw figure from its mean of four weeks, in their standard deviations."""
    score = np.full(panel.days.size, np.nan)
    for day in range(max(first, _SIGMA_DAYS), score.size):
        past, today = panel.values[day - _SIGMA_DAYS : day], panel.values[day]
        known = np.isfinite(today) & (np.isfinite(past).sum(axis=0) >= _SIGMA_DAYS // 2)
        if known.any():
            centre, spread = np.nanmean(past[:, known], axis=0), np.nanstd(past[:, known], axis=0)
            away = np.abs(today[known] - centre)
            score[day] = (away / np.maximum(spread, 1e-9 * np.maximum(np.abs(centre), 1.0))).max()
    return score[first:]


def raw_logarithms(panel: Panel) -> Floats:
    """Logarithms of the figures as they are, and the weekday: what is usually given to an autoencoder."""
    weekday = (panel.days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    return np.column_stack([np.log1p(np.maximum(panel.values, 0.0)), np.eye(7)[weekday]])


def pyod_autoencoder(panel: Panel, is_marked: Flags, features: Features = raw_logarithms) -> Scorer:
    """PyOD's autoencoder as it comes, trained anew whenever ours is."""
    import torch

    from ca_platform.models.networks.learning import alone

    given = features(panel)
    with alone(torch, 1):
        models = [(day, *_fitted(given[:day][~is_marked[:day]])) for day in training_days(panel.days.size)]

    def scores(other: Panel, first: int = 0) -> Floats:
        rows = features(other)[first:]
        found = np.full(rows.shape[0], np.nan)
        for day, centre, model in models:
            begin = max(day - first, 0)
            if begin < found.size:
                found[begin:] = model.decision_function(np.where(np.isfinite(rows[begin:]), rows[begin:], centre))
        return np.where(np.isfinite(other.values[first:]).any(axis=1), found, np.nan)

    return scores


def _fitted(rows: Floats) -> tuple[Floats, Any]:
    """Medians that stand for what is not known, and a model."""
    from pyod.models.auto_encoder import AutoEncoder

    known = np.isfinite(rows)
    columns = zip(rows.T, known.T, strict=True)
    centre = np.array([np.median(column[here]) if here.any() else 0.0 for column, here in columns])
    model = AutoEncoder(verbose=0)
    model.fit(np.where(known, rows, centre))
    return centre, model


def rival_outcomes(
    panel: Panel,
    marks: DayMarks,
    rivals: Mapping[str, Scorer],
    *,
    false_alarms_per_30_days: float = 1.0,
    incidents_per_kind: int = 25,
    seed: int = 1,
    plant: Plant = inject,
) -> tuple[Outcome, ...]:
    """How rivals do, as ``backtest`` says it of our detectors; no cause is named by them."""
    budget = false_alarms_per_30_days
    past = {name: score(panel, 0) for name, score in rivals.items()}
    found: dict[str, dict[str, list[int | None]]] = {name: {} for name in rivals}
    rng = np.random.default_rng(seed)
    last = panel.days.size - max(kind.days for kind in KINDS.values())
    usable = np.flatnonzero(~marks.is_marked[:last] & (np.nan_to_num(panel.values[:last]) > 0).any(axis=1))
    usable = usable[usable >= _FIRST_INCIDENT]
    for kind in KINDS.values():
        count = min(incidents_per_kind, usable.size)
        for day in usable[((np.arange(count) + rng.uniform()) / max(count, 1) * usable.size).astype(np.int64)]:
            changed = plant(panel, kind, int(day), rng)
            if changed is None:
                continue
            end = int(day) + kind.days
            for name, score in rivals.items():
                whole = np.concatenate([past[name][:day], score(changed.head(end), int(day))])
                flags = [_is_flagged(whole, past[name], marks.is_marked, place, budget) for place in range(day, end)]
                found[name].setdefault(kind.name, []).append(flags.index(True) if any(flags) else None)
    return tuple(_outcome(name, found[name], past[name], marks.is_marked, budget) for name in rivals)


def _is_flagged(scores: Floats, past: Floats, is_marked: Flags, day: int, budget: float) -> bool:
    """Whether a day is beyond what its rank among the scores before its week allows."""
    begin = LEAST_HISTORY + (day - LEAST_HISTORY) // _WEEK * _WEEK
    before = np.flatnonzero(~is_marked[:begin])
    judge = quiet_past(past[before], before, budget)
    return bool(is_beyond(judge.p_values(scores[day : day + 1]), budget)[0]) and not is_marked[day]


def _outcome(
    name: str, found: Mapping[str, Sequence[int | None]], past: Floats, is_marked: Flags, budget: float
) -> Outcome:
    days = np.arange(_FIRST_INCIDENT, past.size)
    flags = np.array([_is_flagged(past, past, is_marked, int(day), budget) for day in days], bool)
    quiet = int((~is_marked[days]).sum())
    delays = [delay for items in found.values() for delay in items if delay is not None]
    caught = {kind: sum(delay is not None for delay in items) for kind, items in found.items()}
    return Outcome(
        detector=name,
        recall={kind: caught[kind] / len(items) for kind, items in found.items()},
        incidents={kind: len(items) for kind, items in found.items()},
        false_alarms_per_30_days=float(alarms(flags).sum()) / quiet * MONTH if quiet else np.nan,
        quiet_days=quiet,
        delay_days=float(np.mean(delays)) if delays else np.nan,
        named=dict.fromkeys(found, np.nan),
        found=caught,
    )

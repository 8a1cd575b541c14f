"""Detectors of others over the same daily figures: three standard deviations, and PyOD's autoencoder.

Each is made once with the history as it was, and then scores it with and without planted incidents. What is learnt is
learnt from the days before the ones that it scores, on the same days on which our autoencoder is.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ca_platform.models.anomaly.autoencoder import training_days
from ca_platform.models.anomaly.contest import PanelScores
from ca_platform.models.anomaly.records import Flags, Floats, Panel

# A matrix of features, a row per day, NaN where nothing is known.
Features = Callable[[Panel], Floats]
_SIGMA_DAYS = 28


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


def pyod_autoencoder(panel: Panel, is_marked: Flags, features: Features = raw_logarithms) -> PanelScores:
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

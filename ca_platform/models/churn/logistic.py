"""Logistic regression with a ridge, by Newton's method."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.backtest.history import Flags, Floats

_STEPS = 50
_CLOSE = 1e-8


@dataclass(frozen=True, slots=True, eq=False)
class Logistic:
    """A fitted regression.

    Attributes:
        weights: of the intercept, then of each column as it is.
    """

    weights: Floats

    def log_odds(self, columns: Floats) -> Floats:
        """Logarithm of the odds, a value per row."""
        odds: Floats = self.weights[0] + columns @ self.weights[1:]
        return odds


def fit_logistic(columns: Floats, event: Flags, ridge: float) -> Logistic:
    """Maximum likelihood less ``ridge`` / 2 times the squared weights of the standardised columns.

    The intercept is not shrunk, so that the mean probability is the share of events (Hastie, Tibshirani and Friedman
    2009, "The Elements of Statistical Learning", section 4.4.4; le Cessie and van Houwelingen 1992 for the ridge).
    Columns without spread have weight 0. Without any event, or without any other, the odds are those of half an event.

    Args:
        columns: a row per customer.
        ridge: above 0; that many rows weigh about as much as the wish for small weights.

    >>> columns = np.array([[0.0], [1.0], [2.0], [3.0]])
    >>> fit_logistic(columns, np.array([False, True, False, True]), ridge=1.0).weights.round(3)
    array([-0.608,  0.405])
    """
    mean, spread = columns.mean(axis=0), columns.std(axis=0)
    scale = np.where(spread > 0, spread, np.inf)
    design = np.column_stack([np.ones(len(columns)), (columns - mean) / scale])
    share = np.clip(event.mean(), 0.5 / len(event), 1 - 0.5 / len(event))
    weights = np.zeros(design.shape[1])
    weights[0] = np.log(share / (1 - share))
    if event.any() and not event.all():
        weights = _climb(design, event.astype(np.float64), weights, ridge)
    own = weights[1:] / scale
    return Logistic(np.append(weights[0] - mean @ own, own))


def _climb(design: Floats, event: Floats, weights: Floats, ridge: float) -> Floats:
    shrunk = np.full(weights.size, ridge)
    shrunk[0] = 0.0

    def value(candidate: Floats) -> float:
        odds = design @ candidate
        return float(event @ odds - np.logaddexp(0, odds).sum() - shrunk @ candidate**2 / 2)

    now = value(weights)
    for _ in range(_STEPS):
        share = 1 / (1 + np.exp(-design @ weights))
        gradient = design.T @ (event - share) - shrunk * weights
        curvature = (design * (share * (1 - share))[:, None]).T @ design + np.diag(shrunk)
        step = np.linalg.lstsq(curvature, gradient, rcond=None)[0]
        # Newton's steps are too long far from the top.
        while (later := value(weights + step)) < now and np.abs(step).max() > _CLOSE:
            step = step / 2
        weights, now = weights + step, max(now, later)
        if np.abs(step).max() < _CLOSE:
            break
    return weights

"""Regression of the logarithm of a mean on columns, around a forecast that is there already."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.clv.record import Parameters, columns_from
from ca_platform.models.clv.records import Floats, Ints

_STEPS = 50
_CLOSE = 1e-7
# No forecast is moved by more than this, as a logarithm: customers unlike all before are not learnt of.
_FARTHEST = 3.0
# Of a group in which nothing came.
_LEAST_LEVEL = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class LogLinear:
    """A fitted regression.

    Attributes:
        weights: of each column as it is.
        centre: mean of each column where it was learnt.
    """

    weights: Floats
    centre: Floats

    def ratio(self, columns: Floats) -> Floats:
        """What the forecast is multiplied by, a value per row; 1 for a customer in the middle of all columns."""
        moved = np.clip((columns - self.centre) @ self.weights, -_FARTHEST, _FARTHEST)
        return np.asarray(np.exp(moved))

    def to_parameters(self, prefix: str) -> Parameters:
        """All numbers, their names behind a prefix; ``from_parameters`` makes the same regression of them."""
        return {prefix + "weights": self.weights, prefix + "centre": self.centre}

    @staticmethod
    def from_parameters(parameters: Parameters, prefix: str) -> LogLinear | None:
        """The regression of which these are the numbers; None where there are none."""
        kept = columns_from(parameters, prefix)
        return LogLinear(kept["weights"], kept["centre"]) if kept else None


def fit_log_linear(
    columns: Floats, forecast: Floats, outcome: Floats, group: Ints, ridge: float, power: float = 1.0
) -> LogLinear:
    """Maximum quasi-likelihood of outcomes around forecasts, less a ridge on the weights of the standardised columns.

    The mean is the forecast × exp(level of the group + columns · weights), the variance is proportional to the mean to a
    power: 1 for counts, 2 for amounts (McCullagh and Nelder 1989, "Generalized Linear Models", sections 9.2 and 12.2).
    Levels are not shrunk, so that weights do not tell of groups that differ as a whole. The dispersion is Pearson's around
    the forecasts, levels put right.

    Args:
        columns: a row per outcome; one without spread has weight 0.
        forecast: above 0.
        group: of each row, from 0 and without a gap.
        ridge: above 0; weighs about as much as that many outcomes.

    >>> columns, level = np.array([[0.0], [1.0]] * 50), np.ones(100)
    >>> fitted = fit_log_linear(columns, level, np.array([1.0, 2.0] * 50), np.zeros(100, np.int64), ridge=0.001)
    >>> fitted.weights.round(2), fitted.ratio(np.array([[0.5]]))
    (array([0.69]), array([1.]))
    """
    centre, spread = columns.mean(axis=0), columns.std(axis=0)
    scale = np.where(spread > 1e-9, spread, np.inf)
    groups = int(group.max()) + 1
    design = np.column_stack([np.eye(groups)[group], (columns - centre) / scale])
    said, came = (np.bincount(group, column, minlength=groups) for column in (forecast, outcome))
    start = np.zeros(design.shape[1])
    start[:groups] = np.log(np.maximum(came / said, _LEAST_LEVEL))
    plain = forecast * np.exp(start[group])
    dispersion = float(np.mean((outcome - plain) ** 2 / np.maximum(plain, 1e-9) ** power))
    shrunk = np.r_[np.full(groups, 1e-6), np.full(columns.shape[1], ridge)] * max(dispersion, 1e-9)
    found = _climb(design, np.log(forecast), outcome, start, shrunk, power)
    return LogLinear(found[groups:] / scale, centre)


def _climb(
    design: Floats, log_forecast: Floats, outcome: Floats, weights: Floats, shrunk: Floats, power: float
) -> Floats:
    """Fisher's scoring, no step longer than 1."""
    for _ in range(_STEPS):
        mean = np.exp(np.clip(log_forecast + design @ weights, -30, 30))
        gradient = design.T @ ((outcome - mean) * mean ** (1 - power)) - shrunk * weights
        curvature = (design * (mean ** (2 - power))[:, None]).T @ design + np.diag(shrunk)
        step = np.linalg.solve(curvature, gradient)
        weights = weights + step / max(1.0, float(np.abs(step).max()))
        if np.abs(step).max() < _CLOSE:
            break
    return weights

"""What forecasts of totals miss, weeks after weeks, and what the next ones are to be expected to miss.

The logarithm of outcome over forecast is taken for a bias of the shop, a course that comes again each year, and chance: a
Gaussian process over the time that was forecast (Rasmussen and Williams 2006, "Gaussian Processes for Machine Learning", eq.
2.23, 2.24 and 5.8; MacKay 1998 on the periodic covariance). How strong season and chance are is not known of a shop: the
expectation is the mean over a grid of both, weighted by how likely each makes the errors seen.
"""

from __future__ import annotations

from itertools import product

import numpy as np

from ca_platform.models.clv.records import Floats

YEAR_WEEKS = 365.25 / 7

# Standard deviations, as logarithms: of the bias over shops, and the grid of those of season and chance.
_BIAS = 0.07
_SEASON = (0.0, 0.15, 0.3)
_CHANCE = (0.05, 0.1, 0.2, 0.4)
# How long a time of the year lasts, as a part of the angle of the yearly circle.
_LENGTH = 0.8
# Variance at the first origin, which falls with the square of the history behind it.
_YOUNG = 0.1
# Errors beyond a factor of two are cut: an outlier is no season.
_FARTHEST = 0.7


def spread_of_young(at_weeks: Floats, horizon_weeks: float) -> Floats:
    """Variance that the error of each origin has because the shop was young, by ascending time.

    A model that has seen one horizon of a shop is often far off, and says little of one that has seen many.

    >>> spread_of_young(np.array([0.0, 13.0]), horizon_weeks=13.0)
    array([0.1  , 0.025])
    """
    if not at_weeks.size:
        return np.zeros(0)
    return np.asarray(_YOUNG * (horizon_weeks / (at_weeks - at_weeks[0] + horizon_weeks)) ** 2)


def expected_error(when: Floats, log_errors: Floats, young: Floats, ahead: Floats) -> float:
    """The mean error to expect of times to come, as a logarithm.

    Args:
        when: middles of the times that were forecast, in weeks, at least one.
        log_errors: logarithms of outcome over forecast, all known by now.
        young: as in ``spread_of_young``, of the origin of each.
        ahead: middles of the times to come, of equal length.

    >>> quarters = np.arange(8) * YEAR_WEEKS / 4
    >>> strong_fourth = np.array([0.0, 0.0, 0.0, 0.4] * 2)
    >>> ahead = [np.array([year * YEAR_WEEKS]) for year in (2.75, 3.0)]
    >>> [round(expected_error(quarters, strong_fourth, np.zeros(8), then), 2) for then in ahead]
    [0.38, 0.0]
    """
    errors = np.clip(log_errors, -_FARTHEST, _FARTHEST)
    between = _same_season(when[:, None] - when)
    then = _same_season(ahead[:, None] - when).mean(axis=0)
    evidence, means = [], []
    for season, chance in product(_SEASON, _CHANCE):
        covariance = _BIAS**2 + season**2 * between + np.diag(chance**2 + young)
        root = np.linalg.cholesky(covariance)
        seen = np.linalg.solve(root, errors)
        evidence.append(-float(seen @ seen) / 2 - float(np.log(np.diag(root)).sum()))
        means.append(float(np.linalg.solve(root, _BIAS**2 + season**2 * then) @ seen))
    weights = np.exp(np.array(evidence) - max(evidence))
    return float(np.average(means, weights=weights))


def _same_season(weeks: Floats) -> Floats:
    """How alike two times are so many weeks apart: 1 a year apart, least half a year."""
    return np.asarray(np.exp(-2 * np.sin(np.pi * weeks / YEAR_WEEKS) ** 2 / _LENGTH**2))

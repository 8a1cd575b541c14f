"""How well numbers were forecast: a value per customer forecast, and what then happened.

All take arrays of one length, orders or money of each customer in the horizon; NaN where a metric has no value. Those
that sort by the forecast give equal forecasts the mean of their outcomes: which of equals comes first is chance.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

Floats = NDArray[np.float64]


def mean_absolute_error(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Mean distance of forecast and outcome, in their unit; 0 is best. NaN without customers.

    >>> mean_absolute_error([0, 2, 4], [1, 2, 2])
    1.0
    """
    true, said = _pair(actual, forecast)
    return float(np.abs(true - said).mean()) if true.size else np.nan


def root_mean_squared_error(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Root of the mean squared distance, in the unit of the outcomes; 0 is best. NaN without customers.

    >>> root_mean_squared_error([0, 2, 4], [2, 2, 2])
    1.632...
    """
    true, said = _pair(actual, forecast)
    return float(np.sqrt(np.square(true - said).mean())) if true.size else np.nan


def total_error(actual: ArrayLike, forecast: ArrayLike) -> float:
    """By how much the sum of the forecasts misses that of the outcomes, as a share of the latter; 0 is best.

    Negative where too little was forecast. NaN where the outcomes sum to 0.

    >>> total_error([0, 2, 8], [1, 3, 4])
    -0.1999...
    """
    true, said = _pair(actual, forecast)
    whole = true.sum()
    return float(said.sum() / whole - 1) if whole != 0 else np.nan


def spearman(actual: ArrayLike, forecast: ArrayLike) -> float:
    """Rank correlation, −1 to 1; 1 where the forecasts are in the order of the outcomes, 0 for a random order.

    Pearson's correlation of the ranks, equal values sharing the mean of theirs (Spearman 1904). NaN where all forecasts,
    or all outcomes, are equal.

    >>> spearman([0, 1, 1, 5], [0.1, 0.2, 0.3, 0.4])
    0.948...
    """
    true, said = (_ranks(column) for column in _pair(actual, forecast))
    if not true.size or np.ptp(true) == 0 or np.ptp(said) == 0:
        return np.nan
    true, said = true - true.mean(), said - said.mean()
    return float(true @ said / np.sqrt((true @ true) * (said @ said)))


def normalised_gini(actual: ArrayLike, forecast: ArrayLike) -> float:
    """How well the forecasts separate high from low outcomes: 1 for their very order, 0 for a random one, −1 reversed.

    The Gini coefficient of the outcomes sorted by the forecast over that of the outcomes sorted by themselves (Wang, Liu
    and Miao 2019, "A deep probabilistic model for customer lifetime value prediction", section 4.1). NaN where all
    outcomes are equal. Outcomes are not negative.

    >>> normalised_gini([0, 0, 1, 3], [0.1, 0.3, 0.2, 0.9])
    0.8
    """
    true, said = _pair(actual, forecast)
    best = _gini(true, true)
    return _gini(true, said) / best if best > 0 else np.nan


def decile_error(actual: ArrayLike, forecast: ArrayLike, groups: int = 10) -> float:
    """Mean relative error of the sums of tenths of the customers by their forecast; 0 is best.

    The "decile-level MAPE" of Wang, Liu and Miao 2019, section 4.2. Tenths in which nothing happened are left out; NaN
    where all are.

    >>> decile_error([1, 1, 3, 5], [1, 2, 3, 4], groups=2)
    0.3125
    """
    true, said = _pair(actual, forecast)
    tied = averaged(true, said)
    pairs = [(tied[part].sum(), said[part].sum()) for part in tenths(said, groups)]
    errors = [abs(sum_said / sum_true - 1) for sum_true, sum_said in pairs if sum_true != 0]
    return float(np.mean(errors)) if errors else np.nan


def interval_coverage(actual: ArrayLike, low: ArrayLike, high: ArrayLike) -> float:
    """Share of the outcomes that lie inside their interval, bounds included, 0 to 1; best is what was promised.

    NaN without customers.

    >>> interval_coverage([0, 5, 9], [0, 0, 0], [0, 5, 8])
    0.666...
    """
    true, bottom = _pair(actual, low)
    _, top = _pair(actual, high)
    return float(((true >= bottom) & (true <= top)).mean()) if true.size else np.nan


def averaged(actual: Floats, forecast: Floats) -> Floats:
    """The outcomes, those of equal forecasts replaced by their mean."""
    _, place = np.unique(forecast, return_inverse=True)
    means: Floats = np.bincount(place, actual) / np.maximum(np.bincount(place), 1)
    return means[place]


def tenths(forecast: Floats, groups: int = 10) -> list[NDArray[np.int64]]:
    """Places of the customers in groups of nearly equal size by their forecast, the lowest first; none is empty."""
    order = np.argsort(forecast, kind="stable")
    return [part for part in np.array_split(order, groups) if part.size]


def _gini(actual: Floats, by: Floats) -> float:
    """Area between the diagonal and the Lorenz curve of the outcomes sorted by ``by``, twice."""
    whole = actual.sum()
    if not actual.size or whole <= 0:
        return 0.0
    sums = np.cumsum(averaged(actual, by)[np.argsort(by, kind="stable")]) / whole
    # The corners of the curve stand at 1/n, 2/n, …, 1: trapezoids from one to the next.
    return float(1 - (2 * sums.sum() - 1) / actual.size)


def _ranks(column: Floats) -> Floats:
    """Ranks from 1; equal values share the mean of theirs."""
    _, place, counts = np.unique(column, return_inverse=True, return_counts=True)
    ends = np.cumsum(counts)
    means: Floats = ends - (counts - 1) / 2
    return means[place]


def _pair(actual: ArrayLike, forecast: ArrayLike) -> tuple[Floats, Floats]:
    return np.asarray(actual, np.float64), np.asarray(forecast, np.float64)

"""Taking the skewness out of a t statistic: Hall 1992, "On the removal of skewness by transformation".

A mean of skewed values and its standard error hang together: few large values make both large, so that a t statistic
rejects too often on one side and too seldom on the other, and the more so the smaller the level.
"""

from __future__ import annotations

import numpy as np

from ca_platform.models.experiments.records import Floats

# Below this much skewness the correction is rounding.
_LEAST = 1e-9


def straightened(statistic: Floats, skewness: Floats) -> Floats:
    """The statistic without its skewness, by the monotone cubic of section 2.

    Args:
        statistic: estimate over standard error.
        skewness: of the estimate: third central moment over the variance to the power of 3/2.

    >>> straightened(np.array([-2.0, 2.0]), np.array(0.3)).round(3)
    array([-1.577,  2.477])
    """
    cubic = skewness * statistic**2 / 3 + skewness**2 * statistic**3 / 27
    return np.asarray(statistic + cubic + skewness / 6, np.float64)


def bent(statistic: Floats, skewness: Floats) -> Floats:
    """The statistic of which ``straightened`` makes this one: where intervals end.

    >>> bent(straightened(np.array([-2.0, 0.0, 2.0]), np.array(0.3)), np.array(0.3)).round(3)
    array([-2.,  0.,  2.])
    """
    is_skewed = np.abs(skewness) > _LEAST
    own = np.where(is_skewed, skewness, 1.0)
    return np.where(is_skewed, 3 / own * (np.cbrt(1 + own * (statistic - own / 6)) - 1), statistic)

"""Which revenue is low, middling or high: two borders, learnt from what customers brought in earlier horizons."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.backtest.history import Floats, Ints

# The lower third is low, and so is everybody without revenue; the upper third of the others is high.
LOW_SHARE, HIGH_SHARE = 1 / 3, 1 / 3


@dataclass(frozen=True, slots=True)
class Borders:
    """Revenue of a customer within the horizon, in the shop's currency.

    Attributes:
        low: up to it, included, the class is low.
        high: up to it, included, it is mid; above it is high.
    """

    low: float
    high: float

    def classes(self, revenue: Floats) -> Ints:
        """0 for low, 1 for mid, 2 for high.

        >>> Borders(low=0.0, high=50.0).classes(np.array([0.0, 50.0, 50.01]))
        array([0, 1, 2])
        """
        return (revenue > self.low).astype(np.int64) + (revenue > self.high)


def learn_borders(revenue: Floats) -> Borders | None:
    """Borders for what customers bring, from what they brought in horizons that have ended.

    Low is the lower third of the customers or, where more of them brought nothing, those who brought nothing; of the
    others the upper third is high. Quantiles do not follow one large order, as shares of the revenue would; both are
    rounded to two digits, so that from one day to the next they rarely change, and can be said.

    Args:
        revenue: of each customer in each horizon, 0 and up.

    Returns:
        None where nobody brought anything.

    >>> learn_borders(np.array([0.0] * 6 + [8.0, 21.0, 33.0, 123.4]))
    Borders(low=0.0, high=33.0)
    >>> learn_borders(np.arange(1.0, 1000.0))
    Borders(low=330.0, high=780.0)
    """
    if not np.any(revenue > 0):
        return None
    low = _rounded(float(np.quantile(revenue, LOW_SHARE)))
    others = revenue[revenue > low]
    return Borders(low, max(_rounded(float(np.quantile(others, 1 - HIGH_SHARE))), low) if others.size else low)


def _rounded(amount: float) -> float:
    """To two digits.

    >>> _rounded(1234.5)
    1200.0
    """
    return float(f"{amount:.2g}")

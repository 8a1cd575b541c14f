"""The baseline: how long customers have waited before, with nothing learnt from any window."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.backtest import History
from ca_platform.models.backtest.history import Floats

# Waiting times are told apart by the hour, so that many customers have few distinct ones.
_PER_DAY = 24
# Times in days are not exact: what is less than a tenth of a second apart is the same.
_CLOSE = 1e-6


@dataclass(frozen=True, slots=True, eq=False)
class WaitingTimes:
    """Share of the waiting times for the next order that last longer than so many days; a step at each.

    Attributes:
        days: ascending.
        lasting: share beyond, falling; 1 before the first.
    """

    days: Floats
    lasting: Floats

    def no_order(self, idle_days: Floats, horizon: float) -> Floats:
        """Probability that a wait that has lasted so long lasts for the horizon, too; 1 beyond all that was seen."""
        now, then = self._beyond(idle_days), self._beyond(idle_days + horizon)
        return np.divide(then, now, out=np.ones(idle_days.shape), where=now > 0)

    def _beyond(self, days: Floats) -> Floats:
        shares = np.append(1.0, self.lasting)
        return shares[np.searchsorted(self.days, days + _CLOSE, side="right")]


def waiting_times(history: History, origin: int) -> WaitingTimes:
    """The waits of a shop's customers, those that still go on at the origin included (Kaplan and Meier 1958, eq. 2a).

    Args:
        history: nothing of it lies at the origin or after it.

    >>> waits = waiting_times(History([1, 1, 2], at=[0.0, 4.0, 2.0]), 10)
    >>> waits.days, waits.lasting
    (array([4.]), array([0.66666667]))
    >>> waits.no_order(np.array([3.0, 5.0]), horizon=2)
    array([0.66666667, 1.        ])
    """
    ends = history.starts + history.counts - 1
    ended, going_on = (
        np.ceil((waits - _CLOSE) * _PER_DAY) / _PER_DAY for waits in (history.gaps, origin - history.at[ends])
    )
    days, orders = np.unique(ended, return_counts=True)
    waiting = np.sort(np.append(ended, going_on))
    # A wait that goes on after just so many days was at risk then.
    at_risk = waiting.size - np.searchsorted(waiting, days)
    return WaitingTimes(days, np.cumprod(1 - orders / at_risk, dtype=np.float64))

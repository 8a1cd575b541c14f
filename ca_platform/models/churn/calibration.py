"""By how much the level of a shop's probabilities has been off at earlier origins, and moving them by it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ca_platform.models.backtest.history import Flags, Floats
from ca_platform.models.churn.features import expit

_HALVINGS = 50
_FARTHEST = 20.0


def level_error(log_odds: Floats, event: Flags) -> float:
    """What must be added to the logarithm of the odds so that the mean probability is the share of events.

    Half an event is added to either side, so that it is finite. Recalibration of the intercept alone (Steyerberg 2019,
    "Clinical Prediction Models", section 15.3.1): what moves from season to season is the level, and the slope that a few
    windows tell would add more noise than it takes away.

    >>> round(level_error(np.zeros(98), np.arange(98) < 24), 3)
    -1.112
    """
    if not event.size:
        return 0.0
    share = (event.sum() + 0.5) / (event.size + 1)
    low, high = -_FARTHEST, _FARTHEST
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if expit(log_odds + middle).mean() < share:
            low = middle
        else:
            high = middle
    return (low + high) / 2


def seasonal_level(rolled: float, year_before: float) -> float:
    """The level error to expect where that of the same season a year before is known: mostly that one.

    It counts as three of the four parts: on a shop of four years it tells more of what comes than the origins just
    before do, whose season is another.

    >>> seasonal_level(0.4, -0.2)
    -0.05...
    """
    return (rolled + 3 * year_before) / 4


def next_level(errors: Sequence[float]) -> float:
    """The level error to expect after those of earlier origins: their mean, drawn towards 0; 0 without any.

    As if one more origin without an error had been seen: levels differ about as much between two windows of a shop as
    their mean differs from 0 (measured on four shops), and then the best linear guess is k / (k + 1) of the mean of k
    (Robinson 1991, "That BLUP is a good thing", section 2).

    >>> next_level([0.3, 0.1])
    0.1333...
    """
    return float(np.sum(errors) / (len(errors) + 1))

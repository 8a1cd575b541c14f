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
    """The level error to expect after those of earlier origins: their median, drawn towards 0; 0 without any.

    The median, because the error of a young shop's first origin may be any; k / (k + 2) of it after k origins, because
    levels differ more between two windows of a shop than their middle differs from 0. On earlier origins of five shops the
    tenths are nearer to what came than by the mean or without any level; of simulated shops, whose level stays, they are
    nearer than by the mean.

    >>> round(next_level([0.3, 0.1]), 2), round(next_level([-2.0, 0.1, 0.1]), 2)
    (0.1, 0.06)
    """
    return float(np.median(errors) * len(errors) / (len(errors) + 2)) if errors else 0.0

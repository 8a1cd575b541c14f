"""How far a figure is from its expectation by chance alone, given the events behind it."""

from __future__ import annotations

import numpy as np

from ca_platform.models.anomaly.records import Floats
from ca_platform.models.anomaly.scale import Scaled

# Logarithm beyond which a figure is taken for this one, so that its exponential is finite.
_LARGEST = 30.0


class Chance:
    """What chance alone does to the figures of each day.

    All that the events behind them say is worked out once, for days are gone through one by one.
    """

    def __init__(self, on_scale: Scaled) -> None:
        self._is_count = on_scale.is_count.astype(np.float64)
        self._is_ratio = on_scale.is_ratio.astype(np.float64)
        self._own, self._shared = np.where(on_scale.is_amount, 0.5, 1.0), np.where(on_scale.is_amount, 0.5, 0.0)
        known = np.isfinite(on_scale.size)
        # With no end of events chance would do nothing, which is what is said where they are not known.
        self._events = np.where(on_scale.is_ratio, np.where(known, on_scale.size, np.inf), 1.0)
        self._size = np.where(known, np.maximum(on_scale.size, 1.0), np.nan)
        self._knows_all = np.atleast_1d(known.all(axis=1))

    def noise(self, day: int, expected: Floats) -> Floats:
        """Variance that chance alone gives a logarithm: of a count 1 / count, of a ratio that of its numerator."""
        raw = np.exp(np.minimum(expected, _LARGEST))
        above = self._is_ratio * np.maximum(1 - raw, 0.02) + self._is_count
        found: Floats = above / (raw * self._events[day] + 0.5)
        return found

    def relative(self, day: int, usual_size: Floats) -> Floats:
        """Factor on the variance of amounts: half of it falls with the events behind them."""
        size = self._size[day]
        if not self._knows_all[day]:
            size = np.where(np.isfinite(size), size, np.maximum(usual_size, 1.0))
        found: Floats = self._own + self._shared * usual_size / size
        return found


def noise(on_scale: Scaled, expected: Floats) -> Floats:
    """The same variance of some days at once; 0 where nothing is expected."""
    with np.errstate(over="ignore", invalid="ignore"):
        raw = np.exp(np.minimum(expected, _LARGEST))
        of_count = 1 / (raw + 0.5)
        of_ratio = np.maximum(1 - raw, 0.02) / (raw * on_scale.size + 0.5)
    found = np.where(on_scale.is_count, of_count, np.where(on_scale.is_ratio, of_ratio, 0.0))
    return np.where(np.isfinite(found), found, 0.0)


def relative(on_scale: Scaled, usual_size: Floats) -> Floats:
    """The same factor of some days at once."""
    size = np.where(np.isfinite(on_scale.size), on_scale.size, usual_size)
    return np.where(on_scale.is_amount, 0.5 + 0.5 * usual_size / np.maximum(size, 1.0), 1.0)

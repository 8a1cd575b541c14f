"""How far a figure is from its expectation by chance alone, given the events behind it."""

from __future__ import annotations

import numpy as np

from ca_platform.models.anomaly.records import Floats
from ca_platform.models.anomaly.scale import Scaled


def noise(on_scale: Scaled, expected: Floats) -> Floats:
    """Variance that chance alone gives a logarithm: of a count 1 / count, of a ratio that of its numerator."""
    with np.errstate(over="ignore", invalid="ignore"):
        raw = np.exp(np.minimum(expected, 30.0))
        of_count = 1 / (raw + 0.5)
        of_ratio = np.maximum(1 - raw, 0.02) / (raw * on_scale.size + 0.5)
    found = np.where(on_scale.is_count, of_count, np.where(on_scale.is_ratio, of_ratio, 0.0))
    return np.where(np.isfinite(found), found, 0.0)


def relative(on_scale: Scaled, usual_size: Floats) -> Floats:
    """Factor on the variance of amounts: half of it falls with the events behind them."""
    size = np.where(np.isfinite(on_scale.size), on_scale.size, usual_size)
    return np.where(on_scale.is_amount, 0.5 + 0.5 * usual_size / np.maximum(size, 1.0), 1.0)

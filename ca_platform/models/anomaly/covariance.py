"""How the deviations of metrics hang together: a covariance that is sound with few days and many metrics."""

from __future__ import annotations

import numpy as np

from ca_platform.models.anomaly.records import Floats

# Standard deviations at which a deviation counts no more for the covariance.
WINSOR = 3.0
# The least share of independence in a covariance. Ratios are differences of counts, so that some directions have hardly
# any variance: without it quiet days of next week lie far out (two to three times the budget of false alarms in shops of
# 65 sessions a day), with it no more than others, and more incidents are found.
LEAST_SHRINKAGE = 0.25
_LEAST_DAYS = 7


def shrunk_covariance(deviation: Floats) -> Floats:
    """Covariance of deviations, shrunk towards independence.

    Args:
        deviation: (n, m) in standard deviations; NaN where one is not known. Of what is known on fewer than a week of
            the days, nothing is learnt: it is independent of the rest and varies as the rest does.

    Returns:
        (m, m), positive definite; the identity when n < 2.

    References:
        Ledoit and Wolf 2004, "A well-conditioned estimator for large-dimensional covariance matrices", eq. 14 and lemma
        3.2 to 3.5, with the mean known to be 0.

    Example:
        >>> shrunk_covariance(np.array([[1.0, 1.0], [-1.0, -1.0], [1.0, -1.0], [-1.0, 1.0]])).round(3).tolist()
        [[1.0, 0.0], [0.0, 1.0]]
    """
    days, metrics = deviation.shape
    if days < 2:
        return np.eye(metrics)
    known = np.isfinite(deviation)
    count = known.sum(axis=0)
    is_learnt = count >= min(_LEAST_DAYS, days)
    held = np.clip(np.where(known & is_learnt, deviation, 0.0), -WINSOR, WINSOR)
    held *= np.sqrt(days / np.maximum(count, 1))
    sample = held.T @ held / days
    scale = np.trace(sample) / max(int(is_learnt.sum()), 1)
    if scale <= 0:
        return np.eye(metrics)
    target = scale * np.diag(is_learnt.astype(np.float64))
    distance = float(((sample - target) ** 2).sum())
    # Mean over days of ‖xxᵀ − S‖², without the matrices of the days.
    squares = (held**2).sum(axis=1)
    error = float((squares**2).mean() - (sample**2).sum()) / days
    share = 1.0 if distance <= 0 else min(max(error, 0.0) / distance, 1.0)
    share = max(share, LEAST_SHRINKAGE)
    found: Floats = (1 - share) * sample + share * target
    found[~is_learnt, ~is_learnt] = scale
    return found

"""Tails and quantiles from SciPy, imported when they are first used.

Tails are survival functions, never 1 − cdf, which is 0 below 1e-16.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.models.experiments.records import Floats


def normal_tails(statistic: ArrayLike) -> Floats:
    """Probability that a standard normal variable lies farther from 0.

    >>> print(f"{normal_tails(1.959964):.4f} {normal_tails(-12):.2e}")
    0.0500 3.55e-33
    """
    from scipy.special import ndtr

    return np.asarray(2 * ndtr(-np.abs(statistic)))


def normal_quantile(share: ArrayLike) -> Floats:
    """Value below which a standard normal variable lies with this probability."""
    from scipy.special import ndtri

    return np.asarray(ndtri(share))


def normal_below(value: ArrayLike) -> Floats:
    """Probability that a standard normal variable lies below."""
    from scipy.special import ndtr

    return np.asarray(ndtr(value))


def student_tails(statistic: ArrayLike, degrees: ArrayLike) -> Floats:
    """Probability that Student's t lies farther from 0."""
    from scipy.special import stdtr

    return np.asarray(2 * stdtr(degrees, -np.abs(statistic)))


def student_quantile(share: float, degrees: ArrayLike) -> Floats:
    """Value below which Student's t lies with this probability."""
    from scipy.special import stdtrit

    return np.asarray(stdtrit(degrees, share))


def chi_square_tail(statistic: ArrayLike, degrees: ArrayLike) -> Floats:
    """Probability that a chi-square variable is larger."""
    from scipy.special import chdtrc

    return np.asarray(chdtrc(degrees, statistic))


def log_gamma(value: ArrayLike) -> Floats:
    """Logarithm of Γ, for positive values."""
    from scipy.special import gammaln

    return np.asarray(gammaln(value))


def digamma(value: ArrayLike) -> Floats:
    """ψ, the derivative of log Γ, for positive values."""
    from scipy.special import psi

    return np.asarray(psi(value))


def trigamma(value: ArrayLike) -> Floats:
    """ψ′, for positive values."""
    from scipy.special import polygamma

    return np.asarray(polygamma(1, value))

"""Functions of mathematics that SciPy has, imported when they are first used, and quadratures made from them."""

from __future__ import annotations

from functools import lru_cache

import numpy as np

from ca_platform.models.clv.records import Floats


def log_gamma(value: Floats | float) -> Floats:
    """Logarithm of Γ, for positive values."""
    from scipy.special import gammaln

    result: Floats = gammaln(value)
    return result


def digamma(value: Floats | float) -> Floats:
    """ψ, the derivative of log Γ, for positive values."""
    from scipy.special import psi

    result: Floats = psi(value)
    return result


def log_beta(one: Floats | float, other: Floats | float) -> Floats:
    """Logarithm of B, for positive values; exact also where one is far larger than the other."""
    from scipy.special import betaln

    result: Floats = betaln(one, other)
    return result


def beta_share(one: Floats | float, other: Floats | float, value: Floats | float) -> Floats:
    """The regularized incomplete beta function I_value(one, other), the distribution function of a beta variable."""
    from scipy.special import betainc

    result: Floats = betainc(one, other, value)
    return result


def mean_growth(value: Floats) -> Floats:
    """(e^value − 1) / value, 1 at 0."""
    from scipy.special import exprel

    result: Floats = exprel(value)
    return result


@lru_cache(maxsize=8)
def legendre(nodes: int) -> tuple[Floats, Floats]:
    """Nodes and weights of the Gauss–Legendre quadrature on 0 to 1.

    >>> place, weight = legendre(8)
    >>> round(float(weight @ place**6), 12) == round(1 / 7, 12)
    True
    """
    place, weight = np.polynomial.legendre.leggauss(nodes)
    return (place + 1) / 2, weight / 2


def beta_nodes(first: float, second: Floats, nodes: int = 24) -> tuple[Floats, Floats]:
    """Nodes and weights for means over Beta(first, second) variables, a row for each value of ``second``.

    Gauss–Jacobi by the eigenvalues of the recurrence (Golub and Welsch 1969): exact for polynomials up to degree
    2 ``nodes`` − 1, whatever the parameters, also where nearly all mass lies at 0.

    >>> place, weight = beta_nodes(0.5, np.array([2.0, 1e4]))
    >>> np.round(np.sum(place * weight, axis=1) * (0.5 + np.array([2.0, 1e4])), 9)
    array([0.5, 0.5])
    """
    # Recurrence of the Jacobi polynomials on 0 to 1 for the weight p^(first - 1) (1 - p)^(second - 1).
    alpha, beta = np.asarray(second, np.float64)[:, None] - 1, first - 1
    order = np.arange(nodes, dtype=np.float64)
    total = 2 * order + alpha + beta
    with np.errstate(divide="ignore", invalid="ignore"):
        diagonal = (beta**2 - alpha**2) / (total * (total + 2))
    diagonal[:, 0] = ((beta - alpha) / (alpha + beta + 2))[:, 0]
    step = order[1:]
    both = 2 * step + alpha + beta
    with np.errstate(divide="ignore", invalid="ignore"):
        beside = 4 * step * (step + alpha) * (step + beta) * (step + alpha + beta) / (both**2 * (both**2 - 1))
    # The first one by itself: its factors cancel where alpha + beta = -1.
    beside[:, 0] = (4 * (1 + alpha) * (1 + beta) / ((alpha + beta + 2) ** 2 * (alpha + beta + 3)))[:, 0]
    matrix = np.zeros((alpha.size, nodes, nodes))
    row = np.arange(nodes)
    matrix[:, row, row] = (1 + diagonal) / 2
    matrix[:, row[1:], row[:-1]] = np.sqrt(beside) / 2
    place, vectors = np.linalg.eigh(matrix)
    return np.clip(place, 0.0, 1.0), vectors[:, 0, :] ** 2

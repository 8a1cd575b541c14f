"""How well classes were forecast: by customer the class that came, the one that was said, and a probability of each.

Classes are numbered from 0.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike, NDArray

# A class that came although it was said to be impossible costs no more than this many nats would allow.
_LEAST = 1e-6


def confusion(actual: ArrayLike, said: ArrayLike, classes: int) -> NDArray[np.int64]:
    """Customers by the class that came (rows) and the one that was said (columns).

    >>> confusion([0, 0, 1, 2], [0, 1, 1, 0], classes=3)
    array([[1, 1, 0],
           [0, 1, 0],
           [1, 0, 0]])
    """
    came, told = np.asarray(actual, np.int64), np.asarray(said, np.int64)
    return np.bincount(came * classes + told, minlength=classes * classes).reshape(classes, classes)


def accuracy(counts: NDArray[np.int64]) -> float:
    """Share of the customers whose class was said, 0 to 1; always the most frequent one reaches its share. NaN without any.

    Args:
        counts: as of ``confusion``.

    >>> accuracy(confusion([0, 0, 1, 2], [0, 1, 1, 0], classes=3))
    0.5
    """
    whole = counts.sum()
    return float(np.trace(counts) / whole) if whole else np.nan


def recalls(counts: NDArray[np.int64]) -> NDArray[np.float64]:
    """By class, the share of those who came to be in it of whom it was said, 0 to 1; NaN where nobody did.

    >>> recalls(confusion([0, 0, 1], [0, 1, 1], classes=3))
    array([0.5, 1. , nan])
    """
    came = counts.sum(axis=1)
    found: NDArray[np.float64] = np.divide(np.diag(counts), came, out=np.full(came.size, np.nan), where=came > 0)
    return found


def macro_f1(counts: NDArray[np.int64]) -> float:
    """Mean over the classes of the harmonic mean of precision and recall, 0 to 1: rare classes count as frequent ones do.

    Of three classes of which one is always said, that one alone is above 0. Classes that neither came nor were said are
    left out; NaN where all are. (Sokolova and Lapalme 2009, "A systematic analysis of performance measures for
    classification tasks", table 3; of the two macro means in use, the one of the F-scores.)

    >>> macro_f1(confusion([0, 0, 1, 2], [0, 1, 1, 0], classes=3))
    0.388...
    """
    either = counts.sum(axis=0) + counts.sum(axis=1)
    seen = either > 0
    return float((2 * np.diag(counts)[seen] / either[seen]).mean()) if seen.any() else np.nan


def log_loss(actual: ArrayLike, probability: ArrayLike) -> float:
    """Mean of minus the logarithm of the probability that the class that came was given, 0 and up; 0 is best.

    A proper score: true probabilities are best (Gneiting and Raftery 2007, "Strictly proper scoring rules", section 4.1).
    Probabilities below 1e-6 count as that. NaN without customers.

    Args:
        probability: a row per customer, a column per class; rows sum to 1.

    >>> log_loss([0, 1], [[0.5, 0.5], [0.75, 0.25]])
    1.039...
    """
    came, chances = np.asarray(actual, np.int64), np.asarray(probability, np.float64)
    if not came.size:
        return np.nan
    return float(-np.log(np.maximum(chances[np.arange(came.size), came], _LEAST)).mean())

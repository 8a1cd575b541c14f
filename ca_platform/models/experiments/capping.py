"""What a customer spends, counted up to a cap: the few who spend most no longer drown a change in what all spend.

A mean over skewed spending is mostly about its largest values, and these are mostly chance. Counted up to a cap it is another
mean, of which much less is chance: a change of all by the same part is found more often, one of the largest alone less often.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.models.experiments.records import Floats

# Percent of those who spend anything whom a cap leaves as they are.
_KEPT = (99, 98, 95, 90)


def cap(outcome: ArrayLike) -> float:
    """The amount up to which an outcome counts.

    Of four quantiles of the outcomes above 0 (Winsorizing: Rivest 1994, "Statistical properties of Winsorized means for skewed
    distributions") the one under which a change of all outcomes in proportion stands out most: what such a change adds to
    the mean, those below the cap alone, over the standard deviation of the capped outcome. It must be given all sides
    together: chosen blind to them, it leaves a test as right as it is.

    Args:
        outcome: of all customers, 0 and up, in a unit of its own.

    Returns:
        One of the outcomes, in their unit; infinite where none is above 0.

    >>> cap([0.0] * 50 + [10.0] * 30 + [20.0] * 19 + [5000.0])
    20.0
    """
    column = np.sort(np.asarray(outcome, np.float64).ravel())
    first = int(np.searchsorted(column, 0, side="right"))
    some = column.size - first
    if not some:
        return float("inf")
    # The smallest outcome that at least so many percent do not exceed.
    caps = column[[first - (-percent * some // 100) - 1 for percent in _KEPT]]
    return float(caps[int(np.argmax([_contrast(column, one) for one in caps]))])


def capped(outcome: ArrayLike) -> Floats:
    """The outcomes up to the ``cap`` of them all.

    >>> capped([0.0] * 50 + [10.0] * 30 + [20.0] * 19 + [5000.0]).max().item()
    20.0
    """
    column = np.asarray(outcome, np.float64)
    return np.minimum(column, cap(column))


def _contrast(column: Floats, most: float) -> float:
    """What a change in proportion adds to the mean, in standard deviations. The column is sorted."""
    spread = float(np.minimum(column, most).std())
    added = float(column[: np.searchsorted(column, most)].sum()) / column.size
    return added / spread if spread > 0 else 0.0

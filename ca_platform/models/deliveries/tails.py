"""How likely so large a residual is: from the residuals of earlier weeks, with an exponential tail beyond them.

A share of the past alone cannot tell a probability below one over its length, nor below the share of delays that it
holds itself; so beyond ``_BORDER`` standard deviations the tail is that of an exponential distribution with the mean
excess of the past (Hill 1975, eq. 2.2, since residuals are logarithms). Delays are not to widen it: an excess over
``_LONGEST`` counts as one of which only that is known (maximum likelihood of a censored exponential: the sum of all
excesses, each cut there, over the number of those that are not).
"""

from __future__ import annotations

import numpy as np

from ca_platform.models.deliveries.records import Floats, Ints

BUCKETS = 6
"""Classes of how many earlier deliveries a group has: 0, 1, 2 to 3, 4 to 7, 8 to 15, more."""

_BORDER = 1.5
_LOWEST = -3.0
_BINS = 36
_WIDTH = (_BORDER - _LOWEST) / _BINS
_LONGEST = 1.5
_CLIP = 2.5
_PRIOR = 10.0
_NORMAL_EXCESS = 0.44  # mean excess of a standard normal variable over 1.5
_SHRINK = 20.0
_FIRST_VARIANCE = 1.0
_FIRST_WEIGHT = 5.0


def bucket(count: Floats) -> Ints:
    """Class of a number of earlier deliveries.

    >>> bucket(np.array([0.0, 1.0, 3.0, 4.0, 500.0])).tolist()
    [0, 1, 2, 3, 5]
    """
    return np.minimum(np.frexp(count)[1], BUCKETS - 1).astype(np.int64)


class Tails:
    """Spread and tail of residuals by part, learnt week by week.

    The spread is by how many earlier deliveries the row's group has, since less is known of a new group; it is
    taken from residuals cut at ``_CLIP`` standard deviations, so that delays do not widen it.
    """

    def __init__(self, parts: int) -> None:
        self._square = np.full(parts, _FIRST_WEIGHT * _FIRST_VARIANCE)
        self._weight = np.full(parts, _FIRST_WEIGHT)
        self._squares = np.zeros(parts * BUCKETS)
        self._weights = np.zeros(parts * BUCKETS)
        # In bin 0 all below, in the last all above the border.
        self._bins = np.tile(_PRIOR * _normal_shares(), (parts, 1))
        self._whole = self._bins[:, -1].copy()
        self._excess = self._whole * _NORMAL_EXCESS

    @classmethod
    def of(cls, residuals: Floats, history: Ints) -> Tails:
        """As learnt from residuals of one part at once."""
        tails, part = cls(1), np.zeros(len(residuals), np.int64)
        spread = np.full(len(residuals), max(1.4826 * float(np.median(np.abs(residuals))), 1e-3))
        tails.add(part, history, residuals / spread, spread)
        return tails

    def spread(self, part: Ints, history: Ints) -> Floats:
        """Standard deviation to be expected of each row's residual."""
        whole = (self._square / self._weight)[part]
        code = part * BUCKETS + history
        spread: Floats = np.sqrt((self._squares[code] + _SHRINK * whole) / (self._weights[code] + _SHRINK))
        return np.maximum(spread, 1e-3)

    def probability(self, part: Ints, scaled: Floats) -> Floats:
        """Probability of a residual of so many standard deviations or more.

        >>> p = Tails(1).probability(np.zeros(3, np.int64), np.array([-5.0, 0.0, 7.0]))
        >>> [round(float(value), 7) for value in p]
        [1.0, 0.5, 2e-07]
        """
        above = np.cumsum(self._bins[:, ::-1], axis=1)[:, ::-1]
        share = above / above[:, :1]
        place = np.clip((scaled - _LOWEST) / _WIDTH, 0.0, _BINS)
        left = np.minimum(place.astype(np.int64), _BINS - 1)
        inside = place - left
        body = share[part, left + 1] * (1 - inside) + share[part, np.minimum(left + 2, _BINS + 1)] * inside
        body = np.where(scaled <= _LOWEST, 1.0, body)
        mean = (self._excess / self._whole)[part]
        tail = share[part, -1] * np.exp(-np.maximum(scaled - _BORDER, 0.0) / mean)
        return np.where(scaled > _BORDER, tail, body)

    def add(self, part: Ints, history: Ints, scaled: Floats, spread: Floats) -> None:
        """Learn from the residuals of a week."""
        parts = len(self._weight)
        square = (np.clip(scaled, -_CLIP, _CLIP) * spread) ** 2
        self._square += np.bincount(part, square, parts)
        self._weight += np.bincount(part, minlength=parts)
        code = part * BUCKETS + history
        self._squares += np.bincount(code, square, parts * BUCKETS)
        self._weights += np.bincount(code, minlength=parts * BUCKETS)
        place = np.clip(np.ceil((scaled - _LOWEST) / _WIDTH), 0, _BINS + 1).astype(np.int64)
        self._bins += np.bincount(part * (_BINS + 2) + place, minlength=parts * (_BINS + 2)).reshape(parts, -1)
        beyond = scaled - _BORDER
        self._excess += np.bincount(part, np.clip(beyond, 0.0, _LONGEST), parts)
        self._whole += np.bincount(part, (beyond > 0) & (beyond < _LONGEST), parts)

    def fade(self, shares: Floats) -> None:
        """Let what is known of each part count for a share of what it did."""
        spreads = (self._square, self._weight, self._squares, self._weights)
        for state in (*spreads, self._bins, self._excess, self._whole):
            by_part = state.reshape(len(shares), -1)
            by_part *= shares[:, None]


def _normal_shares() -> Floats:
    from scipy.special import ndtr

    edges = np.concatenate(([-np.inf], _LOWEST + _WIDTH * np.arange(_BINS + 1), [np.inf]))
    shares: Floats = np.diff(ndtr(edges))
    return shares

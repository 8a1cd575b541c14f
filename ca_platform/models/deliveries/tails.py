"""How likely so large a residual is: from the residuals of earlier weeks, with an exponential tail beyond them.

A share of the past alone cannot tell a probability below one over its length, nor below the share of delays that it
holds itself; so beyond ``_BORDER`` standard deviations the tail is that of an exponential distribution with the mean
excess of the past (Hill 1975, eq. 2.2, since residuals are logarithms). Delays are not to widen it: an excess over
``_LONGEST`` counts as one of which only that is known (maximum likelihood of a censored exponential: the sum of all
excesses, each cut there, over the number of those that are not).
"""

from __future__ import annotations

import numpy as np

from ca_platform.models.deliveries.records import SLOTS, Floats, Ints

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
_KINDS = 2
_SHRINK = 20.0
_FIRST_VARIANCE = 1.0
_FIRST_WEIGHT = 1.0
_LEAST = 1e-3


def bucket(count: Floats) -> Ints:
    """Class of a number of earlier deliveries.

    >>> bucket(np.array([0.0, 1.0, 3.0, 4.0, 500.0])).tolist()
    [0, 1, 2, 3, 5]
    """
    return np.minimum(np.frexp(count)[1], BUCKETS - 1).astype(np.int64)


class Tails:
    """Spread and tail of residuals by part, learnt week by week.

    The spread is by how many earlier deliveries the row's group has, since less is known of a new group, and by the
    hour of the week, since some are less regular than others; it is taken from residuals cut at ``_CLIP`` standard
    deviations, so that delays do not widen it.
    """

    def __init__(self, parts: int) -> None:
        self._square = np.full(parts, _FIRST_WEIGHT * _FIRST_VARIANCE)
        self._weight = np.full(parts, _FIRST_WEIGHT)
        self._squares = np.zeros(parts * BUCKETS)
        self._weights = np.zeros(parts * BUCKETS)
        self._hour_squares = np.zeros(parts * SLOTS)
        self._hour_weights = np.zeros(parts * SLOTS)
        # In bin 0 all below, in the last all above the border.
        self._bins = np.tile(_PRIOR * _normal_shares(), (parts * _KINDS, 1))
        self._whole = self._bins[:, -1].copy()
        self._excess = self._whole * _NORMAL_EXCESS

    @classmethod
    def of(cls, residuals: Floats, history: Ints, slot: Ints) -> Tails:
        """As learnt from residuals of one part at once."""
        tails, part = cls(1), np.zeros(len(residuals), np.int64)
        spread = np.full(len(residuals), max(1.4826 * float(np.median(np.abs(residuals))), _LEAST))
        tails.add(part, history, slot, residuals, spread)
        return tails

    def spread(self, part: Ints, history: Ints, slot: Ints) -> Floats:
        """Standard deviation to be expected of each row's residual."""
        whole = (self._square / self._weight)[part]
        code = part * BUCKETS + history
        variance = (self._squares[code] + _SHRINK * whole) / (self._weights[code] + _SHRINK)
        hour = part * SLOTS + slot
        variance *= (self._hour_squares[hour] + _SHRINK) / (self._hour_weights[hour] + _SHRINK)
        spread: Floats = np.maximum(np.sqrt(variance), _LEAST)
        return spread

    def probability(self, part: Ints, history: Ints, scaled: Floats) -> Floats:
        """Probability of a residual of so many standard deviations or more.

        >>> rows = np.zeros(3, np.int64)
        >>> p = Tails(1).probability(rows, rows, np.array([-5.0, 0.0, 7.0]))
        >>> [round(float(value), 7) for value in p]
        [1.0, 0.5, 2e-07]
        """
        kind = _kind(part, history)
        above = np.cumsum(self._bins[:, ::-1], axis=1)[:, ::-1]
        share = above / above[:, :1]
        place = np.clip((scaled - _LOWEST) / _WIDTH, 0.0, _BINS)
        left = np.minimum(place.astype(np.int64), _BINS - 1)
        inside = place - left
        body = share[kind, left + 1] * (1 - inside) + share[kind, np.minimum(left + 2, _BINS + 1)] * inside
        body = np.where(scaled <= _LOWEST, 1.0, body)
        mean = (self._excess / self._whole)[kind]
        tail = share[kind, -1] * np.exp(-np.maximum(scaled - _BORDER, 0.0) / mean)
        return np.where(scaled > _BORDER, tail, body)

    def add(self, part: Ints, history: Ints, slot: Ints, residual: Floats, spread: Floats) -> None:
        """Learn from the residuals of a week.

        Args:
            spread: what was expected of them.
        """
        parts = len(self._weight)
        cut = np.clip(residual / spread, -_CLIP, _CLIP) ** 2
        code, hour = part * BUCKETS + history, part * SLOTS + slot
        # The hour's share of the variance is told apart from that of the group's size.
        share = (self._hour_squares[hour] + _SHRINK) / (self._hour_weights[hour] + _SHRINK)
        self._hour_squares += np.bincount(hour, cut * share, parts * SLOTS)
        self._hour_weights += np.bincount(hour, minlength=parts * SLOTS)
        square = cut * spread**2 / share
        self._square += np.bincount(part, square, parts)
        self._weight += np.bincount(part, minlength=parts)
        self._squares += np.bincount(code, square, parts * BUCKETS)
        self._weights += np.bincount(code, minlength=parts * BUCKETS)
        # In units of what is known now: else a tail looks thin after a week whose spread was thought to be larger.
        scaled = residual / self.spread(part, history, slot)
        place = np.clip(np.ceil((scaled - _LOWEST) / _WIDTH), 0, _BINS + 1).astype(np.int64)
        kind, kinds = _kind(part, history), parts * _KINDS
        self._bins += np.bincount(kind * (_BINS + 2) + place, minlength=kinds * (_BINS + 2)).reshape(kinds, -1)
        beyond = scaled - _BORDER
        self._excess += np.bincount(kind, np.clip(beyond, 0.0, _LONGEST), kinds)
        self._whole += np.bincount(kind, (beyond > 0) & (beyond < _LONGEST), kinds)

    def fade(self, shares: Floats) -> None:
        """Let what is known of each part count for a share of what it did."""
        spreads = (self._square, self._weight, self._squares, self._weights, self._hour_squares, self._hour_weights)
        for state in (*spreads, self._bins, self._excess, self._whole):
            by_part = state.reshape(len(shares), -1)
            by_part *= shares[:, None]


def _kind(part: Ints, history: Ints) -> Ints:
    """Groups without a past have a tail of their own: their neighbours are near ones and far ones."""
    return part * _KINDS + (history > 0)


def _normal_shares() -> Floats:
    from scipy.special import ndtr

    edges = np.concatenate(([-np.inf], _LOWEST + _WIDTH * np.arange(_BINS + 1), [np.inf]))
    shares: Floats = np.diff(ndtr(edges))
    return shares

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
_NORMAL = 1.4826  # standard deviation over median absolute deviation of a normal variable


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
        tails = cls(1)
        spread = np.full(len(residuals), max(_NORMAL * float(np.median(np.abs(residuals))), _LEAST))
        tails.add(history, slot, residuals, spread)
        return tails

    def spread(self, size: Ints, hour: Ints) -> Floats:
        """Standard deviation to be expected of each row's residual.

        Args:
            size: number of the part × ``BUCKETS`` + class of the number of earlier deliveries.
            hour: number of the part × ``SLOTS`` + hour of the week.
        """
        whole = np.repeat(self._square / self._weight, BUCKETS)
        of_size = np.sqrt((self._squares + _SHRINK * whole) / (self._weights + _SHRINK))
        spread: Floats = of_size[size] * np.sqrt(self._shares)[hour]
        return np.maximum(spread, _LEAST, out=spread)

    @property
    def _shares(self) -> Floats:
        """By how many times the variance of an hour of the week is larger than that of all."""
        shares: Floats = (self._hour_squares + _SHRINK) / (self._hour_weights + _SHRINK)
        return shares

    def probability(self, size: Ints, scaled: Floats) -> Floats:
        """Probability of a residual of so many standard deviations or more.

        >>> p = Tails(1).probability(np.zeros(3, np.int64), np.array([-5.0, 0.0, 7.0]))
        >>> [round(float(value), 7) for value in p]
        [1.0, 0.5, 2e-07]
        """
        kind, share = _kinds(len(self._weights))[size], self._above
        place = np.clip((scaled - _LOWEST) / _WIDTH, 0.0, _BINS)
        left = np.minimum(place.astype(np.int64), _BINS - 1)
        inside = place - left
        body = share[kind, left + 1] * (1 - inside) + share[kind, np.minimum(left + 2, _BINS + 1)] * inside
        body = np.where(scaled <= _LOWEST, 1.0, body)
        mean = (self._excess / self._whole)[kind]
        tail = share[kind, -1] * np.exp(-np.maximum(scaled - _BORDER, 0.0) / mean)
        return np.where(scaled > _BORDER, tail, body)

    @property
    def _above(self) -> Floats:
        """By kind, the share of residuals in a bin or above it."""
        above: Floats = np.cumsum(self._bins[:, ::-1], axis=1)[:, ::-1]
        return above / above[:, :1]

    def border(self, probability: float) -> float:
        """Standard deviations, up to ``_BORDER``, of which no fewer have a smaller probability in any part.

        >>> Tails(1).border(0.05)
        1.5
        """
        usual = np.all(self._above[:, 1:] >= probability, axis=0)
        bins = len(usual) if usual.all() else int(np.argmin(usual))
        return _LOWEST + _WIDTH * (bins - 1) if bins else -np.inf

    def add(self, size: Ints, hour: Ints, residual: Floats, spread: Floats) -> None:
        """Learn from the residuals of a week.

        Args:
            size, hour: see ``spread``.
            spread: what was expected of them.
        """
        parts, sizes, hours = len(self._weight), len(self._weights), len(self._hour_weights)
        cut = np.minimum(np.abs(residual / spread), _CLIP)
        cut *= cut
        # The hour's share of the variance is told apart from that of the group's size.
        share = self._shares[hour]
        self._hour_squares += np.bincount(hour, cut * share, hours)
        self._hour_weights += np.bincount(hour, minlength=hours)
        squares, weights = np.bincount(size, cut * spread**2 / share, sizes), np.bincount(size, minlength=sizes)
        self._squares += squares
        self._weights += weights
        self._square += squares.reshape(parts, -1).sum(axis=1)
        self._weight += weights.reshape(parts, -1).sum(axis=1)
        # In units of what is known now: else a tail looks thin after a week whose spread was thought to be larger.
        self._add_scaled(_kinds(sizes)[size], residual / self.spread(size, hour))

    def _add_scaled(self, kind: Ints, scaled: Floats) -> None:
        kinds = len(self._whole)
        place = np.clip(np.ceil((scaled - _LOWEST) / _WIDTH), 0, _BINS + 1).astype(np.int64)
        self._bins += np.bincount(kind * (_BINS + 2) + place, minlength=kinds * (_BINS + 2)).reshape(kinds, -1)
        far = np.flatnonzero(scaled > _BORDER)
        beyond, kind = scaled[far] - _BORDER, kind[far]
        self._excess += np.bincount(kind, np.minimum(beyond, _LONGEST), kinds)
        self._whole += np.bincount(kind[beyond < _LONGEST], minlength=kinds)

    def fade(self, shares: Floats) -> None:
        """Let what is known of each part count for a share of what it did."""
        spreads = (self._square, self._weight, self._squares, self._weights, self._hour_squares, self._hour_weights)
        for state in (*spreads, self._bins, self._excess, self._whole):
            by_part = state.reshape(len(shares), -1)
            by_part *= shares[:, None]


def _kinds(sizes: int) -> Ints:
    """By size: groups without a past have a tail of their own, since their neighbours are near ones and far ones."""
    number = np.arange(sizes)
    return number // BUCKETS * _KINDS + (number % BUCKETS > 0)


def _normal_shares() -> Floats:
    from scipy.special import ndtr

    edges = np.concatenate(([-np.inf], _LOWEST + _WIDTH * np.arange(_BINS + 1), [np.inf]))
    shares: Floats = np.diff(ndtr(edges))
    return shares

"""Running means of groups, shrunk towards their neighbours: what a slot, a place and a customer let expect.

Everything here is a sum over the past, so that a week costs what its own rows cost, and a row is judged by earlier
weeks alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ca_platform.models.deliveries.records import Codes, Floats, Ints

STRENGTH = 4.0
"""How many deliveries of its own outweigh what is said of a group by its neighbours, unless it is learnt."""

_DENSE = 20_000_000
_PRIOR = 50.0
_LEAST = 0.25
_LARGEST = 1_000.0
_TINY = 1e-300


class Groups:
    """Counts and sums by group.

    Args:
        size: number of groups.
        strength: how many deliveries of its own outweigh what is said of a group by its neighbours.
    """

    def __init__(self, size: int, strength: float) -> None:
        self._count = np.zeros(size)
        self._sum = np.zeros(size)
        self._strength = strength

    def means(self, group: Ints, neighbours: Floats) -> Floats:
        """Mean of each row's group, shrunk: ``(sum + strength × neighbours) / (count + strength)``.

        The mean of the posterior where groups are normal around their neighbours and ``strength`` is the variance within
        groups over that between them (Gelman et al., Bayesian Data Analysis, eq. 2.11).

        >>> groups = Groups(2, strength=1.0)
        >>> groups.add(np.array([0, 0, 0]), np.array([4.0, 4.0, 4.0]))
        >>> groups.means(np.array([0, 1]), np.array([0.0, 7.0])).tolist()
        [3.0, 7.0]
        """
        if not self._strength:
            return np.divide(
                self._sum[group], self._count[group], out=np.array(neighbours), where=self._count[group] > 0
            )
        shrunk: Floats = (self._sum[group] + self._strength * neighbours) / (self._count[group] + self._strength)
        return shrunk

    def add(self, group: Ints, values: Floats) -> None:
        """Take further deliveries in."""
        self._count += np.bincount(group, minlength=len(self._count))
        self._sum += np.bincount(group, values, len(self._sum))

    def fade(self, shares: Floats) -> None:
        """Let what is known count for a share of what it did, by part; the groups of a part stand together."""
        for state in (self._count, self._sum):
            by_part = state.reshape(len(shares), -1)
            by_part *= shares[:, None]


class Differing:
    """Groups of which it is learnt, by part, how much they differ from their neighbours.

    The strength of the neighbours is the variance within groups over that between them. What lies above the neighbours
    now has as product with what the mean of the group's past lies above them the variance between groups on average:
    chance now and chance before do not hang together (the estimate of moments of empirical Bayes: Efron and Morris 1975).

    Args:
        size: number of groups; none is in two parts.
        are_many: there may be more groups than deliveries of a week.
    """

    def __init__(self, size: int, parts: int, *, are_many: bool) -> None:
        self._groups = np.zeros((2, size))
        self._moments = np.zeros((3, parts))
        self._are_many = are_many

    def means(self, part: Ints, group: Ints, neighbours: Floats) -> tuple[Floats, Floats]:
        """Mean of each row's group, shrunk as in ``Groups``, and how many deliveries of the group were known."""
        strengths = self._strengths
        strength = strengths[part] if len(strengths) > 1 else strengths[0]
        counts = self._groups[0][group]
        shrunk: Floats = (self._groups[1][group] + strength * neighbours) / (counts + strength)
        return shrunk, counts

    @property
    def _strengths(self) -> Floats:
        """By part; ``STRENGTH`` as long as little is known of it."""
        count, square, product = self._moments
        whole = np.divide(square, count, out=np.ones_like(count), where=count > 0)
        between = (product + _PRIOR * whole / (1 + STRENGTH)) / (count + _PRIOR)
        strengths: Floats = np.clip(whole / np.maximum(between, whole / _LARGEST + _TINY) - 1, _LEAST, _LARGEST)
        return strengths

    def add(self, group: Ints, values: Floats) -> None:
        """Take further deliveries in."""
        count, total = self._groups
        if self._are_many:
            np.add.at(count, group, 1.0)
            np.add.at(total, group, values)
        else:
            count += np.bincount(group, minlength=len(count))
            total += np.bincount(group, values, len(total))

    def compare(self, part: Ints, group: Ints, neighbours: Floats, means: Floats, values: Floats) -> None:
        """Learn how much groups differ, before the deliveries are taken in.

        Args:
            neighbours, means: what was said of them.
        """
        count = self._groups[0][group]
        rows = np.flatnonzero(count)
        own, over, known = part[rows], values[rows] - neighbours[rows], count[rows]
        before = (means[rows] - neighbours[rows]) * (known + self._strengths[own]) / known
        parts = self._moments.shape[1]
        self._moments += [np.bincount(own, moment, parts) for moment in (np.ones(len(rows)), over**2, over * before)]


class Nested:
    """Groups inside of each other, such as map cells: each is shrunk towards the one around it, the outermost to 0."""

    def __init__(self, codes: Sequence[Codes], parts: int) -> None:
        self._levels = [Differing(size_of(code), parts, are_many=level == 0) for level, code in enumerate(codes)]

    def means(self, part: Ints, codes: Sequence[Ints]) -> tuple[list[Floats], Floats]:
        """By row, from the innermost groups to the outermost, and how many of the innermost were known.

        0 where the group is not known (-1).
        """
        inside, counts = np.zeros(len(part)), np.zeros(len(part))
        found: list[Floats] = []
        for groups, code in zip(reversed(self._levels), reversed(codes), strict=True):
            inside, counts = groups.means(part, code, inside)
            if code.min(initial=0) < 0:
                inside, counts = np.where(code < 0, 0.0, inside), np.where(code < 0, 0.0, counts)
            found.append(inside)
        return found[::-1], counts

    def add(self, codes: Sequence[Ints], values: Floats) -> None:
        """Take further deliveries in, those of unknown groups left out."""
        for groups, code in zip(self._levels, codes, strict=True):
            known = slice(None) if code.min(initial=0) >= 0 else code >= 0
            groups.add(code[known], values[known])

    def compare(self, part: Ints, codes: Sequence[Ints], means: Sequence[Floats], values: Floats) -> None:
        """Learn how much groups differ; see ``Differing``.

        Args:
            means: what was said of them, by level.
        """
        outside = [*means, np.zeros(len(part))][1:] if means else []
        for groups, code, around, own in zip(self._levels, codes, outside, means, strict=True):
            known = slice(None) if code.min(initial=0) >= 0 else code >= 0
            groups.compare(part[known], code[known], around[known], own[known], values[known])


def pairs(part: Codes, code: Codes) -> Codes:
    """One number from 0 for each pair of part and group that occurs; -1 where the group is not known.

    Without gaps: most groups are in one part alone, and sums of pairs that do not occur would cost memory.

    >>> pairs(np.array([0, 1, 1]), np.array([2, -1, 2])).tolist()
    [0, -1, 1]
    """
    if not part.any():
        return code
    groups = int(code.max(initial=-1)) + 1
    joint = part.astype(np.int64) * groups + code
    if (int(part.max()) + 1) * groups > _DENSE:
        numbers: Codes = np.unique(joint, return_inverse=True)[1].reshape(-1)
    else:
        numbers = numbered(np.maximum(joint, 0))
    return np.where(code < 0, -1, numbers)


def numbered(codes: Codes) -> Codes:
    """The same numbers without gaps.

    >>> numbered(np.array([7, 2, 7])).tolist()
    [1, 0, 1]
    """
    present = np.zeros(int(codes.max(initial=0)) + 1, np.bool_)
    present[codes] = True
    numbers: Codes = (np.cumsum(present, dtype=np.int32) - 1)[codes]
    return numbers


def size_of(code: Codes) -> int:
    """Number of groups, one at least: a row without a group looks the last one up, and lets it go."""
    return int(code.max(initial=0)) + 1

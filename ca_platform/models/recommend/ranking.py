"""The best items of many customers at once, from scores of few items each and one list that holds for all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from ca_platform.models.baskets.incidence import Ints
from ca_platform.models.recommend.history import Floats

DIGITS = 9
"""Digits of a score; what differs by less counts as equal."""
_SCORE_BITS = 30
NONE = -1


@dataclass(frozen=True, slots=True)
class Ranked:
    """Items of each customer, the best first.

    Attributes:
        items: customers × places; ``NONE`` behind the last one.
        scores: likewise, 0 to 1.
    """

    items: Ints
    scores: Floats


def most_rows(n_items: int) -> int:
    """Customers that can be ranked at a time."""
    return 1 << (63 - _SCORE_BITS - max(n_items, 1).bit_length())


def best_items(scores: Any, everywhere: Floats, order: Ints, count: int) -> Ranked:
    """The items with the highest scores of each row; of equal ones those that come first in ``order``.

    Row, score and place stand in one whole number each, whose sort is several times faster than one by three columns.

    Args:
        scores: sparse, rows × items, at most ``most_rows``; 0 to 1 with what is added.
        everywhere: what is added to the score of each item in every row. It must not be negative; a score that takes
            it back may be. Items without a score above 0 are left out.
        order: place of each item among those with the same score.
        count: places of a list.

    >>> from scipy.sparse import csr_array
    >>> found = best_items(csr_array([[0, 0.5, 0], [0, 0, 0]]), np.array([0.1, 0.1, 0]), np.arange(3), 2)
    >>> found.items.tolist(), found.scores.round(1).tolist()
    ([[1, 0], [0, 1]], [[0.6, 0.1], [0.1, 0.1]])
    """
    own = _keys(scores, everywhere, order)
    common = _common(scores, everywhere, order, count)
    rows = scores.shape[0]
    firsts = np.full((rows, 2 * count), np.iinfo(np.int64).max)
    starts = scores.indptr[:-1, None] + np.arange(count)
    inside = starts < scores.indptr[1:, None]
    firsts[:, :count][inside] = own[starts[inside]]
    firsts[:, count:] = common
    firsts.sort(axis=1)
    return _unpacked(firsts[:, :count], order)


def best_of_rows(scores: Any, order: Ints, count: int) -> Any:
    """The same matrix with the highest entries of each row alone, rounded."""
    from scipy.sparse import csr_array

    rows = most_rows(order.size)
    nowhere = np.zeros(order.size)
    parts = [best_items(scores[at : at + rows], nowhere, order, count) for at in range(0, scores.shape[0], rows)]
    items = np.concatenate([np.empty((0, count), np.int64), *(part.items for part in parts)])
    is_kept = items != NONE
    starts = np.append(0, np.cumsum(is_kept.sum(axis=1)))
    values = np.concatenate([np.empty((0, count)), *(part.scores for part in parts)])[is_kept]
    return csr_array((values, items[is_kept], starts), scores.shape)


def _keys(scores: Any, everywhere: Floats, order: Ints) -> Ints:
    """Row, score (the highest first) and place of each entry in one number, sorted."""
    row = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
    keys = _packed(row, scores.data + everywhere[scores.indices], order[scores.indices], order.size)
    keys.sort()
    return keys


def _packed(row: Ints, score: Floats, place: Ints, n_items: int) -> Ints:
    bits = max(n_items, 1).bit_length()
    lost = (1 << _SCORE_BITS) - 1 - np.rint(score * 10**DIGITS).astype(np.int64)
    packed: Ints = (row.astype(np.int64) << (_SCORE_BITS + bits)) | (lost << bits) | place
    return packed


def _unpacked(keys: Ints, order: Ints) -> Ranked:
    bits = max(order.size, 1).bit_length()
    item_at = np.empty(order.size, np.int64)
    item_at[order] = np.arange(order.size)
    score = ((1 << _SCORE_BITS) - 1 - ((keys >> bits) & ((1 << _SCORE_BITS) - 1))) / 10**DIGITS
    found = (keys != np.iinfo(np.int64).max) & (score > 0)
    items = np.full(keys.shape, NONE, np.int64)
    items[found] = item_at[keys[found] & ((1 << bits) - 1)]
    return Ranked(items, np.where(found, score, 0.0))


def _common(scores: Any, everywhere: Floats, order: Ints, count: int) -> Ints:
    """Keys of the items that are best everywhere, as many as can be among the best of a row.

    Those that the row has a score of its own for are left out. Where that takes something off, items further down the
    list may come in: only few rows take so much off that the list must be long.
    """
    row = np.repeat(np.arange(scores.shape[0]), np.diff(scores.indptr))
    lowered = np.bincount(row[scores.data < 0], minlength=scores.shape[0])
    found = np.full((scores.shape[0], count), np.iinfo(np.int64).max)
    best = np.lexsort((order, -np.rint(everywhere * 10**DIGITS)))
    for rows in (np.flatnonzero(lowered <= count), np.flatnonzero(lowered > count)):
        if rows.size:
            longest = count + int(lowered[rows].max())
            keys = _without_own(scores[rows], everywhere, best[:longest], order)
            keys = np.partition(keys, count - 1, axis=1)[:, :count] if keys.shape[1] > count else keys
            found[rows, : keys.shape[1]] = _moved(keys, rows, order.size)
    return found


def _without_own(scores: Any, everywhere: Floats, best: Ints, order: Ints) -> Ints:
    """Keys of the items of ``best`` by row, but of those that the row has a score of its own for."""
    rows = np.arange(scores.shape[0])
    keys = _packed(rows[:, None], everywhere[best][None, :], order[best][None, :], order.size)
    column = np.full(order.size, NONE)
    column[best] = np.arange(best.size)
    at = column[scores.indices]
    is_own: npt.NDArray[np.bool_] = np.zeros(keys.shape, bool)
    is_own[np.repeat(rows, np.diff(scores.indptr))[at >= 0], at[at >= 0]] = True
    return np.where(is_own, np.iinfo(np.int64).max, keys)


def _moved(keys: Ints, rows: Ints, n_items: int) -> Ints:
    """Keys of rows that are numbered from 0 as those of ``rows``."""
    shift = (rows - np.arange(rows.size)) << (_SCORE_BITS + max(n_items, 1).bit_length())
    return np.where(keys == np.iinfo(np.int64).max, keys, keys + shift[:, None])

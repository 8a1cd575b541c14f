"""Items that the same customers buy."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import polars as pl

from ca_platform.models.baskets.counting import count_pairs
from ca_platform.models.baskets.incidence import Incidence, Ints

# Bits of a packed number that hold a measure; the others hold the item's place in its block.
_MEASURE_BITS = 40


def similar_items(source: Incidence, ranks: Ints, *, count: int = 10, min_rows: int = 2) -> pl.DataFrame:
    """The most similar items of each item, at each cut.

    The score is the cosine of the two items' vectors over the rows, of ones and zeros: rows that hold both over the root
    of the product of the rows that hold each; 0 to 1, and 1 for items that only ever stand together (Sarwar, Karypis,
    Konstan and Riedl 2001, "Item-Based Collaborative Filtering Recommendation Algorithms", section 3.1.1; on ones and
    zeros as in Linden, Smith and York 2003). Items with fewer than ``min_rows`` rows in common are not similar: a single
    customer who bought two rare things would make them as similar as can be.

    Args:
        source: of one group.
        ranks: by cut and the caller's number of an item: which comes first of those with the same score.
        count: of similar items, at most.

    Returns:
        ``cut``, ``item`` and ``similar`` (the caller's numbers), ``score``, ``rank`` from 1, in no order.

    >>> from ca_platform.models.baskets import incidence
    >>> three = incidence(np.array([0, 0, 1, 1, 2]), np.array([0, 1, 0, 1, 0]))
    >>> similar_items(three, np.array([[0, 1]])).sort("item").select("item", "similar", pl.col("score").round(3)).rows()
    [(0, 1, 0.816), (1, 0, 0.816)]
    """
    totals = source.item_counts()

    def best(cut: int, item: Ints, other: Ints, rows: Ints) -> pl.DataFrame:
        enough = rows >= min_rows
        item, other, rows = item[enough], other[enough], rows[enough].astype(np.int64)
        # The square of the score without what all similar items of an item share. A quotient of whole numbers: equal
        # scores are equal here, which roots are not.
        measure = rows * rows / totals[cut][other]
        near = _highest(item, measure, count)
        item, other, rows, measure = item[near], other[near], rows[near], measure[near]
        order = np.lexsort((ranks[cut][source.codes[other]], -measure, item))
        item, other, rows = item[order], other[order], rows[order]
        rank = np.arange(item.size) - np.searchsorted(item, item) + 1
        kept = rank <= count
        both = totals[cut][item].astype(np.float64) * totals[cut][other]
        columns = {
            "cut": np.full(item.size, cut),
            "item": source.codes[item],
            "similar": source.codes[other],
            "score": rows / np.sqrt(both),
            "rank": rank,
        }
        return pl.DataFrame({name: column[kept] for name, column in columns.items()}, schema=_SCHEMA)

    return pl.concat([pl.DataFrame(schema=_SCHEMA), *count_pairs(source, best, ordered=True)])


_SCHEMA = {"cut": pl.Int64, "item": pl.Int64, "similar": pl.Int64, "score": pl.Float64, "rank": pl.Int64}


def _highest(item: Ints, measure: npt.NDArray[np.float64], count: int) -> npt.NDArray[np.bool_]:
    """At least those of each item whose measure is among its ``count`` highest, ascending items given.

    By the leading bits of the measures, packed behind the item into one whole number, whose sort is fast.
    """
    if not item.size:
        return np.zeros(0, bool)
    # The bits of positive floats are in the order of their values. The sign is always 0.
    leading = measure.view(np.uint64) >> np.uint64(63 - _MEASURE_BITS)
    key = ((item - item[0]).astype(np.uint64) << np.uint64(_MEASURE_BITS)) | leading
    ordered = np.sort(key)
    starts = np.flatnonzero(np.append(True, item[1:] != item[:-1]))
    ends = np.append(starts[1:], item.size)
    threshold = ordered[np.maximum(ends - count, starts)]
    is_near: npt.NDArray[np.bool_] = key >= np.repeat(threshold, ends - starts)
    return is_near

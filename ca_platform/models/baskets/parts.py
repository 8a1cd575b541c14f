"""Incidences made of another one: what is known at some of its cuts, some of its items, its rows in groups."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ca_platform.models.baskets.counting import starts_of
from ca_platform.models.baskets.incidence import Incidence, Ints, incidence
from ca_platform.models.baskets.listing import Grouping
from ca_platform.models.baskets.merging import row_blocks


def between(source: Incidence, cuts: slice) -> Incidence:
    """What is known at some of the cuts, which follow each other; the first of them becomes number 0.

    >>> from ca_platform.models.baskets import incidence
    >>> days = incidence(np.array([0, 0, 1]), np.array([5, 6, 5]), since=np.array([0, 1, 2]), cuts=3)
    >>> between(days, slice(1, 2)).item_counts().tolist()
    [[1, 1]]
    """
    if cuts == slice(0, source.cuts):
        return source
    keep = source.since < cuts.stop
    since = np.maximum(source.since[keep], cuts.start) - cuts.start
    starts, labels = starts_of(source.starts, keep), source.labels[keep]
    return replace(source, starts=starts, labels=labels, since=since, cuts=cuts.stop - cuts.start)


def of_items(source: Incidence, kept: Ints) -> Incidence:
    """The entries of some items, which get new labels in the same order."""
    label = np.full(source.n_items, -1, np.int32)
    label[kept] = np.arange(kept.size, dtype=np.int32)
    parts: list[tuple[Any, Any]] = []
    lengths = np.zeros(source.n_rows, np.int64)
    for low, high in row_blocks(source.starts):
        begin, end = int(source.starts[low]), int(source.starts[high])
        found = label[source.labels[begin:end]]
        keep = found >= 0
        before = np.append(0, np.cumsum(keep))
        lengths[low:high] = np.diff(before[source.starts[low : high + 1] - begin])
        parts.append((found[keep], source.since[begin:end][keep]))
    labels, since = (
        (np.concatenate(each) for each in zip(*parts, strict=True)) if parts else (source.labels, source.since)
    )
    return replace(
        source,
        starts=np.append(0, np.cumsum(lengths)),
        labels=labels,
        since=since,
        groups=source.groups[kept],
        codes=source.codes[kept],
    )


def by_group(source: Incidence, grouping: Grouping) -> Incidence:
    """The same with the rows' groups, of a source of one group."""
    if grouping.n_groups == 1:
        return source
    lengths = np.diff(source.starts)
    return incidence(
        np.repeat(np.arange(source.n_rows), lengths),
        source.codes[source.labels],
        groups=np.repeat(grouping.groups, lengths),
        since=source.since,
        cuts=source.cuts,
        n_groups=grouping.n_groups,
    )

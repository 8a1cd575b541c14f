"""A report of comparisons with what is shown of one of its items when that is opened."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ca_platform.models.experiments import Comparison, FamilyFit, Values
from ca_platform.models.experiments.bootstrap import RESAMPLES
from ca_platform.models.experiments.families import Family
from ca_platform.models.experiments.records import Bools, Floats, Ints
from ca_platform.models.experiments.special import normal_quantile
from ca_platform.reports.ab_verdicts import Compared


@dataclass(frozen=True, slots=True, eq=False)
class Opened:
    """One report, with what is shown of an item when it is opened.

    Attributes:
        compared: the rows of the report.
        shown: numbers of the items with enough customers.
        before, after: outcomes of their customers, by place in ``shown``.
        families: fitted to both together.
        best: name of the best of these.
        resampled: differences of the bootstrap, a row for each of ``shown``.
    """

    compared: Compared
    shown: Ints
    before: Values
    after: Values
    families: Mapping[Family, FamilyFit]
    best: list[str]
    resampled: Floats


def distributions(shown: Ints, best: Sequence[str], size: int) -> list[str | None]:
    """The best family of each of ``size`` items, None of those that are not shown.

    >>> distributions(np.array([2, 0]), ["poisson", "gamma"], 3)
    ['gamma', None, 'poisson']
    """
    names: list[str | None] = [None] * size
    for number, name in zip(shown.tolist(), best, strict=True):
        names[number] = name
    return names


def differences(found: Comparison, shown: Ints, is_few: Bools, drawn: Floats) -> Floats:
    """The resampled differences of the shown items: those that were drawn, of very large items what they tend to.

    Args:
        found: of all items.
        shown: numbers of the shown ones.
        is_few: which of these were resampled.
        drawn: their differences, a row for each.
    """
    error = np.zeros(found.estimate.shape) if found.standard_error is None else found.standard_error
    places = normal_quantile((np.arange(RESAMPLES) + 0.5) / RESAMPLES)
    every = found.estimate[shown, None] + error[shown, None] * places
    every[is_few] = drawn
    return every


def some(values: Values, chosen: Ints) -> Values:
    """The values of some of the items, renumbered."""
    place = np.full(len(values), -1)
    place[chosen] = np.arange(chosen.size)
    item = place[values.item]
    inside = item >= 0
    begin = np.searchsorted(item[inside], np.arange(chosen.size + 1))
    return Values(values.value[inside], values.weight[inside], begin.astype(np.int64))

"""Random groups of a shop's own customers, between whom nothing differs, thousands of pairs at once.

A split is no more than the sums of its two groups, so that all of them are one product of a sparse matrix of who is in
which group with a table of values and products of values: ten thousand splits take half a second.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ca_platform.models.experiments.adjustment import regression_adjusted
from ca_platform.models.experiments.calibration import Calibration, calibrate, random_sides
from ca_platform.models.experiments.means import welch
from ca_platform.models.experiments.proportions import proportions
from ca_platform.models.experiments.records import Comparison, Floats, Ints, Moments

# Customers of a group, where there are four times as many; with fewer than the least nothing is measured.
SIDE, LEAST_SIDE = 500, 100
SPLITS = 20_000
"""So many that a test that is right is seldom taken for one that is half a hundredth off."""
_SHARE_OF_ALL = 4


@dataclass(frozen=True, slots=True)
class Measured:
    """What random splits say of a test.

    Attributes:
        test: its name, as in the reports.
        metric: what was compared.
        customers: of each group.
        cap: what an order counts up to; None: all of it.
    """

    test: str
    metric: str
    customers: int
    calibration: Calibration
    cap: float | None = None


@dataclass(frozen=True, slots=True, eq=False)
class Outcomes:
    """What came of customers in some weeks, and what was known of them before, a value each.

    Attributes:
        metrics: outcomes by name, at least one.
        covariates: without missing values.
    """

    metrics: Mapping[str, Floats]
    covariates: tuple[Floats, ...]

    @property
    def table(self) -> Floats:
        """A row per customer: metrics, then covariates."""
        return np.column_stack([*self.metrics.values(), *self.covariates])


def side_of(customers: int) -> int:
    """Customers of each group: 500, or a quarter of all; 0 where that is fewer than 100.

    >>> side_of(1_000_000), side_of(800), side_of(399)
    (500, 200, 0)
    """
    side = min(SIDE, customers // _SHARE_OF_ALL)
    return side if side >= LEAST_SIDE else 0


def measure_sides(
    people: Sequence[Outcomes], splits: int = SPLITS, seed: int = 0, alpha: float = 0.05
) -> list[Measured]:
    """False positives of the tests of experiments: Welch's, adjusted for what was known before, and of shares.

    A metric that does not vary in some of the groups is left out.

    Args:
        people: outcomes of the same customers; of too few (``side_of``) they give no result.
        splits: pairs of random groups.
        seed: of the groups.
        alpha: of the tests.
    """
    tables = [part.table for part in people]
    side = side_of(tables[0].shape[0]) if tables else 0
    if not side:
        return []
    found: list[Comparison] = []
    metrics: list[str] = []
    for part, (a, b) in zip(people, grouped(tables, side, splits, seed), strict=True):
        known = list(range(len(part.metrics), a.sums.shape[-1]))
        for place, (metric, outcome) in enumerate(part.metrics.items()):
            tests = [
                welch(a.column(place), b.column(place)),
                regression_adjusted(a.columns(place, *known), b.columns(place, *known)),
            ]
            if np.isin(outcome, (0, 1)).all():
                tests.append(proportions(a.sums[:, place], side, b.sums[:, place], side))
            found += tests
            metrics += [metric] * len(tests)
    return [
        Measured(comparison.test, metric, side, calibrate(comparison.p_value, alpha))
        for comparison, metric in zip(found, metrics, strict=True)
        if comparison.is_sufficient.all()
    ]


def grouped(tables: Sequence[Floats], side: int, splits: int, seed: int = 0) -> list[tuple[Moments, Moments]]:
    """The records of both groups of random splits, for each table.

    Args:
        tables: of the same customers: a row each, a column per value.
        side: customers of each group.

    >>> [(a, b)] = grouped([np.ones((100, 1))], 20, 5)
    >>> a.count, b.mean.ravel()
    (array([20., 20., 20., 20., 20.]), array([1., 1., 1., 1., 1.]))
    """
    wide = [np.concatenate([table, _products(table)], axis=1) for table in tables]
    groups = [list(pair) for pair in zip(*random_sides(tables[0].shape[0], side, splits, seed), strict=True)]
    found = []
    for table, columns in zip(tables, wide, strict=True):
        a, b = (np.concatenate([summed(columns, places) for places in parts]) for parts in groups)
        found.append((_moments(a, table.shape[1], side), _moments(b, table.shape[1], side)))
    return found


def summed(table: Floats, places: Ints) -> Floats:
    """Sum of the rows of a table over the customers of each group.

    Args:
        places: rows of the table, a row of them for each group.

    >>> summed(np.array([[1.0], [2.0], [4.0]]), np.array([[0, 2], [1, 1]])).ravel()
    array([5., 4.])
    """
    from scipy.sparse import csr_array

    groups, side = places.shape
    ends = np.arange(0, places.size + 1, side)
    members = csr_array((np.ones(places.size), places.ravel(), ends), shape=(groups, table.shape[0]))
    return np.asarray(members @ table)


def _products(table: Floats) -> Floats:
    row, column = np.triu_indices(table.shape[1])
    return np.asarray(table[:, row] * table[:, column])


def _moments(sums: Floats, columns: int, side: int) -> Moments:
    products = np.empty((sums.shape[0], columns, columns))
    row, column = np.triu_indices(columns)
    products[:, row, column] = products[:, column, row] = sums[:, columns:]
    return Moments(np.full(sums.shape[0], float(side)), sums[:, :columns], products)

"""Sides of comparisons for the tests: skewed spending with many zeros, and sides that say nothing."""

from __future__ import annotations

import numpy as np

from ca_platform.models.experiments.records import Floats


def spending(customers: int, seed: int, factor: float = 1.0) -> Floats:
    """Amounts in cents' precision, 40 % of them 0."""
    dice = np.random.default_rng(seed)
    amount = np.round(factor * dice.gamma(0.8, 30.0, customers), 2)
    return np.where(dice.random(customers) < 0.4, 0.0, amount)


def counts(customers: int, seed: int, mean: float = 1.0) -> Floats:
    dice = np.random.default_rng(seed)
    return dice.poisson(dice.gamma(1.0, mean, customers)).astype(np.float64)


# No customer, one, all zero, all alike.
SILENT: dict[str, Floats] = {
    "nobody": np.empty(0),
    "one customer": np.array([5.0]),
    "all zero": np.zeros(40),
    "all alike": np.full(40, 0.1),
}

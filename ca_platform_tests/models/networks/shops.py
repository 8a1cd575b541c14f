"""A shop whose customers tell by the course of their orders what no count of them tells."""

from __future__ import annotations

from importlib.util import find_spec

import numpy as np
import pytest

from ca_platform.models.backtest import History

END, HORIZON = 300, 28

needs_torch = pytest.mark.skipif(
    not all(find_spec(name) for name in ("torch", "pytorch_lightning")),
    reason="torch and Lightning are not installed (the extra deep; scripts/setup_deep.sh adds them where they can be had)",
)


def paired_orders(customers: int = 700, days: int = END + HORIZON, seed: int = 3) -> History:
    """Orders come in pairs a week apart, and seven weeks lie between pairs; some customers leave.

    After the second order of a pair nothing comes for weeks, after the first one the next is near: an interval of four
    weeks holds one order or two depending on where in its pair a customer is, of which number, mean gap and recency of
    orders say little.
    """
    rng = np.random.default_rng(seed)
    first = rng.uniform(0, 100, customers)
    gaps = np.where((np.arange(20) + rng.integers(0, 2, customers)[:, None]) % 2 == 0, 7.0, 49.0)
    gaps = gaps * rng.uniform(0.95, 1.05, gaps.shape)
    at = first[:, None] + np.column_stack([np.zeros(customers), np.cumsum(gaps, axis=1)])
    left = rng.exponential(600, customers)
    buyer, number = np.nonzero((at < days) & (at < (first + left)[:, None]) | (np.arange(21) == 0))
    amount = rng.gamma(4.0, 10.0, customers)[buyer] * rng.uniform(0.7, 1.3, buyer.size)
    return History(buyer, at[buyer, number], amount=amount)

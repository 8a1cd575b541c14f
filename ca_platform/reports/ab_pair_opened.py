"""What is shown of a pair of promotions when it is opened: both sides' customers, fitted families, resampled differences."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import polars as pl

from ca_platform.catalogue.ab_opened import MOST_CUSTOMERS, MOST_OPENED
from ca_platform.models.experiments import best_family, bootstrap_difference, fit_families
from ca_platform.models.experiments.bootstrap import RESAMPLES
from ca_platform.models.experiments.records import Ints
from ca_platform.reports.ab_pairs import Spending, compared_pairs
from ca_platform.reports.ab_resampling import MOST_OUTCOMES
from ca_platform.reports.ab_verdicts import Compared
from ca_platform.reports.opened import Opened, differences, distributions, some


def opened_pairs(spending: Spending, alpha: float, most: float | None = None) -> Opened:
    """Every pair compared, and what is shown of the clearest ones that have enough customers."""
    compared = compared_pairs(spending, alpha, most)
    shown = _clearest(compared)
    a, b = (spending.outcomes(side, shown) for side in (0, 1))
    families = fit_families(a + b)
    best = best_family(families).tolist()
    is_few = a.customers + b.customers <= MOST_OUTCOMES
    few = np.flatnonzero(is_few)
    drawn = np.zeros((few.size, RESAMPLES))
    bootstrap_difference(some(a, few), some(b, few), alpha=alpha, keep=drawn)
    names = distributions(shown, best, compared.items.height)
    resampled = differences(compared.comparison, shown, is_few, drawn)
    return Opened(replace(compared, distribution=names), shown, a, b, families, best, resampled)


def _clearest(compared: Compared) -> Ints:
    """Numbers of the pairs of each slice with the smallest p-values, ascending.

    There are as many pairs as the square of promotions, and a customer stands in many of them.
    """
    is_able = np.asarray(compared.is_enough, bool) & np.asarray(compared.comparison.is_sufficient, bool)
    pairs = pl.DataFrame(
        {
            "slice": compared.items["slice"],
            "p": compared.comparison.p_value,
            "customers": compared.customers,
            "number": np.arange(is_able.size),
        }
    )
    ranked = pairs.filter(pl.Series(is_able)).sort("slice", "p", "number")
    before = pl.col("customers").cum_sum() - pl.col("customers")
    is_kept = ((pl.int_range(pl.len()) < MOST_OPENED) & (before < MOST_CUSTOMERS)).over("slice")
    found: Ints = ranked.filter(is_kept)["number"].sort().to_numpy()
    return found

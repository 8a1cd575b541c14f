"""Segments that are none: random customers of a shop, from one time to the next, as the reports of segments compare them."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from ca_platform.models.experiments.calibration import calibrate, random_sides
from ca_platform.models.experiments.placebo import SPLITS, Measured, side_of, summed
from ca_platform.models.experiments.records import Bools, Floats, Ints
from ca_platform.models.experiments.shop_change import GroupSums, in_proportion
from ca_platform.models.experiments.verdicts import is_enough

# With fewer segments that are large enough for a verdict nothing is said of a test.
_LEAST_TOLD = 1_000


def measure_segments(
    outcomes: Mapping[str, Floats], test: str, splits: int = SPLITS, seed: int = 0, alpha: float = 0.05
) -> list[Measured]:
    """False positives of the change beyond that of the others of the shop, by metric.

    Args:
        outcomes: by metric, a row for every customer of the shop, a column for each window; too few customers (``side_of``)
            give no result.
        test: its name.
        splits: segments; those too small for a verdict are not counted.
        seed: of the segments.
        alpha: of the test.
    """
    customers = next(iter(outcomes.values())).shape[0]
    side = side_of(customers)
    if not side:
        return []
    groups = [part for pair in random_sides(customers, side, -(-splits // 2), seed) for part in pair]
    members = np.concatenate(groups)[:splits]
    found = []
    for metric, windows in outcomes.items():
        p, told = compared(windows, members, alpha)
        if told.sum() >= _LEAST_TOLD:
            found.append(Measured(test, metric, side, calibrate(p[told], alpha)))
    return found


def compared(outcomes: Floats, members: Ints, alpha: float) -> tuple[Floats, Bools]:
    """P-values of groups of customers against all others, and whether the report would tell them.

    Args:
        members: rows of the outcomes, a row of them for each group.
    """
    customers, windows = outcomes.shape
    groups, side = members.shape
    active = (outcomes > 0).sum(axis=1)
    table = np.column_stack([GroupSums.columns(outcomes), active])
    sums = summed(table, members)
    rest = table.sum(axis=0) - sums
    own, others = (
        GroupSums(windows - 1, np.full(groups, float(size)), part[:, :-1])
        for size, part in ((side, sums), (customers - side, rest))
    )
    found, _, _ = in_proportion(own, others, alpha)
    enough = is_enough(side, sums[:, -1] / windows) & is_enough(customers - side, rest[:, -1] / windows)
    return found.p_value, np.asarray(enough & found.is_sufficient)

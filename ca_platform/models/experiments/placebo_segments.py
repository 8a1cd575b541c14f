"""Segments that are none: random customers of a shop, from one time to the next, as the reports of segments compare them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.experiments.calibration import calibrate, clear, random_sides
from ca_platform.models.experiments.placebo import SPLITS, Measured, side_of, summed
from ca_platform.models.experiments.records import Bools, Floats, Ints, Values
from ca_platform.models.experiments.saddlepoint import sign_flips
from ca_platform.models.experiments.verdicts import is_enough

# With fewer segments that are large enough for a verdict nothing is said of a test.
_LEAST_TOLD = 1_000


@dataclass(frozen=True, slots=True, eq=False)
class Times:
    """What all customers of a shop did in some windows and in the one after them, a value each.

    Attributes:
        before: mean of the windows before.
        after: the latest window.
        active: windows, the latest counted in, with anything.
        windows: how many there are.
    """

    before: Floats
    after: Floats
    active: Floats
    windows: int


def measure_segments(
    times: dict[str, Times], test: str, splits: int = SPLITS, seed: int = 0, alpha: float = 0.05
) -> list[Measured]:
    """False positives of the change beyond that of the others of the shop, by metric.

    Args:
        times: by metric, of the same customers; too few (``side_of``) give no result.
        test: its name.
        splits: segments; those too small for a verdict are not counted.
        seed: of the segments.
        alpha: of the test.
    """
    customers = next(iter(times.values())).before.size
    side = side_of(customers)
    if not side:
        return []
    groups = [part for pair in random_sides(customers, side, -(-splits // 2), seed) for part in pair]
    members = np.concatenate(groups)[:splits]
    found = []
    for metric, one in times.items():
        p, told = p_of_changes(one, members, alpha)
        if told.sum() >= _LEAST_TOLD:
            found.append(Measured(test, metric, side, calibrate(p[told], alpha)))
    return found


def p_of_changes(times: Times, members: Ints, alpha: float) -> tuple[Floats, Bools]:
    """P-values of ``beyond_shop`` of each group of customers, 0 and 1 where it is clear; and whether they are told."""
    a, b = times.before, times.after
    table = np.column_stack([a, b, a * a, a * b, b * b, times.active])
    own = summed(table, members)
    (before, after, aa, ab, bb, active), others = own.T, (table.sum(axis=0) - own).T
    is_told = others[0] > 0
    divisor = np.where(is_told, others[0], 1)
    ratio = np.where(is_told, others[1] / divisor, 1.0)
    noise = before / divisor * np.sqrt(np.maximum(others[4] - 2 * ratio * others[3] + ratio**2 * others[2], 0))
    squares = np.maximum(bb - 2 * ratio * ab + ratio**2 * aa, 0)
    p, unclear = clear(after - ratio * before, np.sqrt(squares + noise**2), alpha)
    rows = members[unclear]
    change = b[rows] - ratio[unclear, None] * a[rows]
    item, place = np.nonzero(change)
    values = Values.of(change[item, place], item, unclear.size)
    p[unclear] = sign_flips(values, noise=noise[unclear]).p_value
    size, rest = members.shape[1], a.size - members.shape[1]
    enough = is_enough(size, active / times.windows) & is_enough(rest, others[5] / times.windows)
    return p, enough & is_told & (squares > 0)

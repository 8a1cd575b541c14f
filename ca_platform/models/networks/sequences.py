"""What the networks read of customers: their orders and amounts by step of time, and columns on the customer as a whole."""

from __future__ import annotations

import numpy as np

from ca_platform.models.clv.customers import Buyers
from ca_platform.models.clv.forecast import Expected
from ca_platform.models.clv.records import Floats
from ca_platform.models.networks.records import Singles

STEPS = 26
CHANNELS = 3
PRESENCE = 2  # the channel that says whether the customer was there
COLUMNS = 10

_LEAST_STEP_DAYS = 7
# Beyond so many horizons, gaps or units a value says no more.
_MOST = 20.0


def step_days(history_days: int) -> int:
    """Days of a step: a week, or more where the history is longer than that many steps.

    >>> step_days(200), step_days(730)
    (8, 29)
    """
    return max(_LEAST_STEP_DAYS, -(-history_days // STEPS))


def steps(buyers: Buyers, days: int, unit: float) -> Singles:
    """Orders, amount, and whether the customer was there already, by step before the origin.

    Args:
        days: of a step. Orders before the first step are left out.
        unit: what a purchase day brings in the mean, in the shop's currency, above 0.

    Returns:
        Customers × ``STEPS`` × ``CHANNELS``, the latest step last: logarithms of 1 + orders and of 1 + amount in units,
        and 1 from the step of the first order on.
    """
    history, customers = buyers.history, len(buyers)
    row = np.repeat(np.arange(customers), history.counts)
    step = STEPS - 1 - (buyers.origin - 1 - history.day) // days
    inside = step >= 0
    cell = row[inside] * STEPS + step[inside]
    found = np.zeros((customers, STEPS, CHANNELS), np.float32)
    for channel, weights in enumerate((np.ones(len(history)), history.amount / unit)):
        sums = np.bincount(cell, weights[inside], minlength=customers * STEPS)
        found[:, :, channel] = np.log1p(sums).reshape(customers, STEPS)
    first = STEPS - 1 - (buyers.origin - 1 - history.day[history.starts]) // days
    found[:, :, PRESENCE] = np.arange(STEPS) >= first[:, None]
    return found


def columns(buyers: Buyers, expected: Expected, horizon_days: float, unit: float) -> Floats:
    """What is known of a customer as a whole, a row each; times in horizons.

    Args:
        expected: what the model of orders expects within the horizon.
        unit: as in ``steps``.
    """
    weeks, summary = horizon_days / 7, buyers.summary
    idle = summary.age_weeks - summary.recency_weeks
    gap = np.divide(summary.recency_weeks, summary.repeats, out=np.zeros(len(buyers)), where=summary.repeats > 0)
    idle_gaps = np.divide(idle, gap, out=np.zeros(len(buyers)), where=gap > 0)
    return np.column_stack(
        [
            np.log(expected.orders + 1e-3),
            np.log1p(expected.revenue / unit),
            expected.no_order,
            expected.alive,
            np.minimum(idle / weeks, _MOST),
            np.minimum(summary.age_weeks / weeks, _MOST),
            np.log1p(summary.repeats),
            summary.repeats > 0,
            np.log1p(np.minimum(idle_gaps, _MOST)),
            np.log1p(buyers.mean_amount / unit),
        ]
    )

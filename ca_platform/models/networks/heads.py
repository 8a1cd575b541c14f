"""The distribution that a network tells of a customer: a zero-inflated log-normal revenue, and a count of orders.

Revenue is 0, or log-normal (Wang, Liu and Miao 2019, A Deep Probabilistic Model for Customer Lifetime Value Prediction);
orders are 0, or 1 and a negative binomial number more. Whether there is any order is one chance for both. What a network
gives are logarithms of ratios to what a model of orders says (the anchors): of the odds of an order, of the orders beyond
the first, of the amount of an order, and of the spread of revenue; all 0 leave that model as it is.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.clv.forecast import Expected
from ca_platform.models.clv.records import Floats
from ca_platform.models.networks.records import Singles

OUTPUTS = 4

# No ratio to the model of orders is further from 1 than by a factor of e³.
MOST = 3.0

_LEAST_CHANCE = 1e-4
_LEAST_FURTHER = 0.02
_LEAST_AMOUNT = 1e-3


@dataclass(frozen=True, slots=True, eq=False)
class Told:
    """What a head tells, a value per customer.

    Attributes:
        chance: probability of an order.
        orders: their mean number.
        revenue: its mean, in units.
        centre, spread: mean and standard deviation of the logarithm of revenue where there is any.
    """

    chance: Floats
    orders: Floats
    revenue: Floats
    centre: Floats
    spread: Floats


def anchors(expected: Expected, unit: float) -> Singles:
    """What a model of orders says: logarithms of the odds of an order, of the orders beyond it, and of an amount in units."""
    chance = np.clip(1 - expected.no_order, _LEAST_CHANCE, 1 - _LEAST_CHANCE)
    further = np.maximum(expected.orders / chance - 1, _LEAST_FURTHER)
    amount = np.divide(expected.revenue, expected.orders, out=np.zeros(chance.size), where=expected.orders > 0)
    logs = np.log(chance / (1 - chance)), np.log(further), np.log(np.maximum(amount / unit, _LEAST_AMOUNT))
    return np.column_stack(logs).astype(np.float32)


def told(anchored: Singles, outputs: Singles, log_spread: float, paying: float) -> Told:
    """The distributions of customers from the outputs of a network.

    Args:
        outputs: rows × ``OUTPUTS``.
        log_spread: logarithm of the spread that all share.
        paying: share of those with an order who pay anything.
    """
    odds, further, amount = (anchored.astype(np.float64) + outputs[:, :3]).T
    spread = np.exp(log_spread + outputs[:, 3].astype(np.float64))
    chance = 1 / (1 + np.exp(-odds))
    number = 1 + np.exp(further)
    # The mean of a log-normal is exp(centre + spread² / 2).
    centre = amount + np.log(number) - spread**2 / 2
    return Told(chance, chance * number, chance * paying * np.exp(amount) * number, centre, spread)


def shortest(chance: Floats, centre: Floats, spread: Floats, share: float) -> tuple[Floats, Floats]:
    """Ends of the shortest interval that holds a share of a zero-inflated log-normal, 0 included.

    That is [0, 0] where 0 alone holds enough; else it begins at 0, or lies above it where it is shorter so.

    Args:
        chance: probability of more than 0.
        centre, spread: of the logarithm of what is more than 0.

    >>> ends = shortest(np.array([0.1, 0.5, 1.0]), np.zeros(3), np.full(3, 0.5), share=0.8)
    >>> [np.round(end, 2).tolist() for end in ends]
    [[0.0, 0.0, 0.38], [0.0, 1.14, 1.6]]
    """
    from scipy.special import ndtri

    chance = np.clip(chance, 1e-9, 1.0)
    above = np.clip((share - (1 - chance)) / chance, 0.0, 1 - 1e-9)
    low, high = (
        np.zeros(chance.size),
        np.where(above > 0, np.exp(centre + spread * ndtri(np.maximum(above, 1e-9))), 0.0),
    )
    held = np.minimum(share / chance, 1 - 1e-9)
    inner_low, inner_high = _densest(centre, spread, held)
    better = (chance > share) & (inner_high - inner_low < high)
    return np.where(better, inner_low, low), np.where(better, inner_high, high)


def _densest(centre: Floats, spread: Floats, held: Floats) -> tuple[Floats, Floats]:
    """Ends of the shortest interval of a log-normal that holds so much of it, found on a grid of lower tails."""
    from scipy.special import ndtri

    tail = (1 - held)[:, None] * np.linspace(1e-4, 1.0, 101)[None, :-1]
    low, high = (np.exp(spread[:, None] * ndtri(end)) for end in (tail, tail + held[:, None]))
    best = np.argmin(high - low, axis=1)
    rows, scale = np.arange(best.size), np.exp(centre)
    return low[rows, best] * scale, high[rows, best] * scale

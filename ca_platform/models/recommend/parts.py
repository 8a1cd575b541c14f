"""What speaks for an item: the customer's own purchases, their repetition, the shop's taste of the day, similar items.

Each is between 0 and 1, so that they can be weighed against each other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from ca_platform.models.baskets import incidence, similar_items
from ca_platform.models.baskets.incidence import Ints
from ca_platform.models.recommend.history import Floats, Purchases, order_ranks

# Opportunities that the shop's own rate of repetition counts for, beside those of an item.
_PRIOR = 20
# What is in demand more than so many times as much as on average does not gain any more.
_TREND = 4.0


def own_shares(history: Purchases, decay: float) -> Any:
    """In which share of the customer's orders each item stands, the newest order counting most.

    Each order counts ``decay`` times as much as the one after it: the personal frequency of Hu, He, Gao and Zhang 2020
    ("Modeling Personalized Item Frequency Information for Next-basket Recommendation", equation 1, one group).

    Args:
        decay: above 0, up to 1; 1: all orders count alike.

    Returns:
        Sparse, customers × items, 0 to 1; no entry for what a customer has never bought.

    >>> two = Purchases(*(np.array(column) for column in ([0, 0, 0], [4, 4, 7], [1, 2, 1], [9, 9, 9])), 1, 3)
    >>> own_shares(two, 0.5).toarray().round(3).tolist()
    [[0.0, 1.0, 0.333]]
    """
    from scipy.sparse import csr_array

    rank, orders = order_ranks(history)
    total = np.ones(orders.size) * orders if decay == 1 else (1 - decay**orders) / (1 - decay)
    weight = decay ** (orders[history.customers] - rank) / total[history.customers]
    shares = csr_array((weight, (history.customers, history.items)), (history.n_customers, history.n_items))
    shares.sum_duplicates()
    return shares


def repeat_factors(history: Purchases) -> Floats:
    """How much more often than others an item is bought again: 1 for the most repeated one, else less.

    The root of its rate of repetition over the highest one. The rate is orders with the item after the customer's first
    one over all orders after it, of all customers, drawn to the shop's own rate as if by 20 more such orders. All are 1
    where nothing was ever bought again.

    >>> two = Purchases(*(np.array(column) for column in ([0, 0, 0], [4, 4, 7], [0, 1, 0], [9, 9, 9])), 1, 2)
    >>> repeat_factors(two).round(3).tolist()  # rates: (1 + 20 / 2) / (1 + 20), (0 + 20 / 2) / (1 + 20)
    [1.0, 0.953]
    """
    rank, orders = order_ranks(history)
    pair = history.customers.astype(np.int64) * history.n_items + history.items
    known, which = np.unique(pair, return_inverse=True)
    first = np.full(known.size, np.iinfo(np.int64).max)
    np.minimum.at(first, which, rank)
    customer, item = np.divmod(known, max(history.n_items, 1))
    again = np.bincount(item, np.bincount(which) - 1, minlength=history.n_items)
    chances = np.bincount(item, orders[customer] - first, minlength=history.n_items)
    if not again.sum():
        return np.ones(history.n_items)
    rates = (again + _PRIOR * again.sum() / chances.sum()) / (chances + _PRIOR)
    factors: Floats = np.sqrt(rates / rates.max())
    return factors


def popularity(history: Purchases, day: int, half_life: float = math.inf) -> Floats:
    """Share of the orders that contain each item, an order counting half as much as one ``half_life`` days later.

    Args:
        day: the last of the history.

    >>> two = Purchases(*(np.array(column) for column in ([0, 0, 0], [4, 4, 7], [0, 1, 0], [2, 2, 9])), 1, 2)
    >>> popularity(two, 9, half_life=7).round(3).tolist()
    [1.0, 0.333]
    """
    weight = 0.5 ** ((day - history.days) / half_life)
    _, one_of_each = np.unique(history.orders, return_index=True)
    whole = weight[one_of_each].sum() if weight.size else 1.0
    found: Floats = np.bincount(history.items, weight, minlength=history.n_items) / whole
    return found


def trend(recent: Floats, ever: Floats) -> Floats:
    """How much an item is in demand now: the root of its recent over its whole popularity, from 0 to 1 (four times).

    >>> trend(np.array([0.1, 0.8, 0.0]), np.array([0.1, 0.1, 0.0])).tolist()
    [0.5, 1.0, 0.0]
    """
    found: Floats = np.sqrt(np.minimum(recent / np.maximum(ever, np.finfo(float).tiny), _TREND) / _TREND)
    return found


@dataclass(frozen=True, slots=True)
class Similarity:
    """Which items are like which, as sparse matrices, items × items, of cosines.

    Attributes:
        customers: by the customers who have ever bought both.
        orders: by the orders that contain both.
    """

    customers: Any
    orders: Any


def similarity(history: Purchases, order: Ints, neighbours: int) -> Similarity:
    """The cosines of each item with its most similar ones, see ``baskets.similar_items``.

    Args:
        order: place of each item among those of the same similarity.
        neighbours: how many similar items of an item are known, at most.
    """
    from scipy.sparse import csr_array

    def cosines(rows: Ints) -> Any:
        found = similar_items(incidence(rows, history.items), order[None, :], count=neighbours)
        place = found["item"].to_numpy(), found["similar"].to_numpy()
        return csr_array((found["score"].to_numpy(), place), (history.n_items, history.n_items))

    return Similarity(cosines(history.customers), cosines(history.orders))

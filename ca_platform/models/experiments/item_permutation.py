"""What the first order with a product would have shown if the product had been in other orders of the same customer.

Whoever buys a product again and again, or has ordered little before the first time, changes around that time whatever the
product does. Customers are held against themselves: the product, as often as they bought it, in any of their orders.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.experiments.records import Bools, Comparison, Floats, Ints
from ca_platform.models.experiments.special import log_gamma, normal_quantile, normal_tails

# Below this share of the mean square a variance is what rounding leaves of changes that are all alike.
_ROUNDING = 1e-12
# Placements that are looked at together.
_CELLS = 2_000_000


@dataclass(frozen=True, slots=True, eq=False)
class Sequences:
    """The orders of customers, each customer's in their sequence.

    Attributes:
        begin: where each customer's orders begin, and the end: one more than there are customers.
        change: what the time after each order has more than the time before it, less what is expected of others.
        after: sum of the outcome over the orders in the time after.
        squares: sum of its squares there.
        is_possible: whether a first order with the product could be looked at here: both windows observed.
    """

    begin: Ints
    change: Floats
    after: Floats
    squares: Floats
    is_possible: Bools


def by_chance(orders: Sequences, customer: Ints, times: Ints) -> tuple[Floats, Floats]:
    """Mean and variance of the change around the first order with a product, over all ways to put it into the orders.

    Orders with the product are dropped from the time after. Of m orders of which k have it, the one at place j is the first
    of C(m − 1 − j, k − 1) ways (j from 0); each of the m − 1 − j orders after it then has the product with probability
    (k − 1) / (m − 1 − j). Ways whose first order is not possible are left out, as such customers are: what is looked at is
    a permutation given that (Fisher 1935, The Design of Experiments, section 21).

    Args:
        customer: of each pair of customer and product; one of the orders is possible with it.
        times: orders with the product, 1 and up.

    Returns:
        In the unit of the outcome and its square; the variance is 0 where all ways show the same.

    >>> orders = Sequences(
    ...     begin=np.array([0, 3]),
    ...     change=np.array([1.0, 0.0, -1.0]),
    ...     after=np.array([1.0, 1.0, 0.0]),
    ...     squares=np.array([1.0, 1.0, 0.0]),
    ...     is_possible=np.array([True, True, True]),
    ... )
    >>> mean, variance = by_chance(orders, np.array([0, 0]), np.array([1, 2]))
    >>> mean.round(3), variance.round(3)
    (array([0., 0.]), array([0.667, 0.667]))
    """
    mean, variance = _of_one(orders)
    mean, variance = mean[customer], variance[customer]
    many = np.flatnonzero(times > 1)
    length = np.diff(orders.begin)[customer[many]]
    ends = np.cumsum(length)
    low = 0
    while low < many.size:
        high = max(int(np.searchsorted(ends, (ends[low - 1] if low else 0) + _CELLS, side="right")), low + 1)
        part = many[low:high]
        mean[part], variance[part] = _of_many(orders, customer[part], times[part])
        low = high
    return mean, variance


def item_permutation(
    beyond: Floats, variance: Floats, item: Ints, items: int, alpha: float = 0.05, test: str = "item_permutation"
) -> Comparison:
    """Whether customers change around the first order with an item more than chance has it, for many items.

    The sum over the customers of what each has beyond the mean of all ways, against the normal distribution with the
    variance of these ways: customers are independent, and the third moments of both tails cancel in a two-sided test.

    Args:
        beyond: change minus its mean by chance, of each pair of customer and item.
        variance: by chance; pairs with 0 say nothing and are not counted.
        item: of each pair.
        items: how many there are.

    Returns:
        ``estimate`` is the mean over the customers who say anything. Insufficient for fewer than two.

    >>> found = item_permutation(np.array([2.0, 1.0, 3.0, 0.0]), np.array([1.0, 1.0, 2.0, 0.0]), np.zeros(4, int), 1)
    >>> print(f"{found.estimate[0]:.1f} p = {found.p_value[0]:.4f}")
    2.0 p = 0.0027
    """
    tells = variance > 0
    customers = np.bincount(item[tells], minlength=items)
    total = np.bincount(item[tells], beyond[tells], items)
    spread = np.sqrt(np.bincount(item[tells], variance[tells], items))
    enough = (customers >= 2) & (spread > 0)
    count = np.maximum(customers, 1)
    estimate = total / count
    error = np.where(enough, spread / count, np.inf)
    statistic = np.where(enough, total / np.where(enough, spread, 1), 0.0)
    width = float(normal_quantile(1 - alpha / 2)) * error
    return Comparison(
        test=test,
        estimate=np.asarray(estimate, np.float64),
        standard_error=error,
        low=estimate - width,
        high=estimate + width,
        statistic=statistic,
        p_value=np.where(enough, normal_tails(statistic), 1.0),
        is_sufficient=enough,
    )


def _of_one(orders: Sequences) -> tuple[Floats, Floats]:
    """Of products that a customer bought once, by customer: every possible order is as likely."""
    customers = orders.begin.size - 1
    owner = np.repeat(np.arange(customers), np.diff(orders.begin))[orders.is_possible]
    change = orders.change[orders.is_possible]
    count = np.maximum(np.bincount(owner, minlength=customers), 1)
    mean = np.bincount(owner, change, customers) / count
    square = np.bincount(owner, change**2, customers) / count
    return mean, _rounded(np.bincount(owner, (change - mean[owner]) ** 2, customers) / count, square)


def _of_many(orders: Sequences, customer: Ints, times: Ints) -> tuple[Floats, Floats]:
    """Of products that a customer bought several times: pair by pair."""
    begin, length = orders.begin[customer], np.diff(orders.begin)[customer]
    pairs = customer.size
    pair = np.repeat(np.arange(pairs), length)
    place = np.arange(pair.size) - np.repeat(np.cumsum(length) - length, length)
    row = begin[pair] + place
    later, more = (length[pair] - 1 - place), (times[pair] - 1)
    fits = orders.is_possible[row] & (later >= more)
    pair, row, later, more = pair[fits], row[fits], later[fits].astype(np.float64), more[fits].astype(np.float64)
    ways = log_gamma(later + 1) - log_gamma(more + 1) - log_gamma(later - more + 1)
    # The first that is possible has the most ways.
    most = np.full(pairs, -np.inf)
    np.maximum.at(most, pair, ways)
    weight = np.exp(ways - most[pair])
    weight /= np.bincount(pair, weight, pairs)[pair]
    share = more / later
    both = share * (more - 1) / np.maximum(later - 1, 1)
    after, squares = orders.after[row], orders.squares[row]
    change = orders.change[row] - share * after
    dropped = np.maximum(share * (1 - share) * squares + (both - share**2) * (after**2 - squares), 0)
    mean = np.asarray(np.bincount(pair, weight * change, pairs), np.float64)
    square, around = (
        np.asarray(np.bincount(pair, weight * (off**2 + dropped), pairs), np.float64)
        for off in (change, change - mean[pair])
    )
    return mean, _rounded(around, square)


def _rounded(variance: Floats, square: Floats) -> Floats:
    return np.where(variance > _ROUNDING * square, variance, 0.0)

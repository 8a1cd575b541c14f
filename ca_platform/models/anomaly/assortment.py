"""The products within a day: whether those were sold that usually are.

A shop that loses a part of its catalogue has less revenue, as on many a weak day; but it sold nothing of products that sell
every day, as on none.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from ca_platform.models.anomaly.hours import KNOWN_BY
from ca_platform.models.anomaly.records import Floats, Ints, Sold

# Days with sales, among those on which a usual assortment rests, before it is known.
_LEAST_DAYS = 28
# Standard deviation of the figure by chance alone, beyond which it is not told: the smallest loss that counts as one, three
# tenths of the catalogue, is three of them. So it is only told where many sales a day are of few products.
MOST_CHANCE = 0.1
# Chance that a product sells on a usual day, from which on its absence is told by its name.
_SURE = 0.95


def products_figure(sold: Sequence[Sold]) -> tuple[Floats, Floats]:
    """Values and sizes of the metric that looks at the products sold.

    The value is how much of what usually sells lies in the products that were sold, by what chance lets expect of so many
    sales: 1 on a day like others, however many sales it has, less when products are missing. A usual assortment is what
    sold in the eight weeks before. NaN without sales, before four weeks of days with sales, and where chance alone moves
    it by more than a tenth. The size is to how many equally frequent products the assortment amounts (Simpson 1949,
    inverse).

    Args:
        sold: of consecutive days.

    Example:
        >>> products = np.arange(4)
        >>> days = [(products, np.full(4, 25))] * 28 + [(products, np.full(4, 10)), (products[:2], np.full(2, 25))]
        >>> [found.round(2).tolist() for found in (values[-2:] for values in products_figure(days))]
        [[1.0, 0.5], [4.0, 4.0]]
    """
    count = 1 + max((int(items.max()) for items, _ in sold if items.size), default=0)
    total, open_days = np.zeros(count, np.int64), 0
    values, sizes = np.full(len(sold), np.nan), np.zeros(len(sold))
    for day, (items, orders) in enumerate(sold):
        if open_days >= _LEAST_DAYS and items.size:
            values[day], sizes[day] = _compared(total, open_days, items, orders)
        total[items] += orders
        open_days += bool(items.size)
        if day >= KNOWN_BY:
            gone, fewer = sold[day - KNOWN_BY]
            total[gone] -= fewer
            open_days -= bool(gone.size)
    return values, sizes


def _compared(total: Ints, open_days: int, items: Ints, orders: Ints) -> tuple[float, float]:
    """Value and size of a day, by the sales of each product in the days before it."""
    # Products that sold equally often go together: there are far fewer such groups than products.
    group = np.bincount(total)
    often = np.flatnonzero(group)
    often = often[often > 0]
    sales = float(total.sum())
    share, products = often / sales, group[often]
    usual = _sells(share, sales / open_days)
    expected = float((products * share * usual).sum())
    chance = float(np.sqrt((products * share**2 * usual * (1 - usual)).sum()))
    if chance > MOST_CHANCE * expected:
        return np.nan, 0.0
    expected = float((products * share * _sells(share, float(orders.sum()))).sum())
    return float(total[items].sum()) / sales / expected, 1 / float((products * share**2).sum())


def missing_products(sold: Sequence[Sold]) -> Ints:
    """Products of which nothing was sold on the last day and that sell on nearly every usual one, the likeliest first.

    Args:
        sold: of consecutive days, of which the last eight weeks before the last count.

    Example:
        >>> days = [(np.arange(3), np.array([9, 4, 1]))] * 30 + [(np.array([2]), np.array([8]))]
        >>> missing_products(days).tolist()
        [0, 1]
    """
    before = [day for day in sold[-KNOWN_BY - 1 : -1] if day[0].size]
    if not before:
        return np.zeros(0, np.int64)
    total = np.bincount(
        np.concatenate([items for items, _ in before]), np.concatenate([orders for _, orders in before])
    )
    total[sold[-1][0][sold[-1][0] < total.size]] = 0.0
    sales = sum(float(orders.sum()) for _, orders in before)
    usual = np.flatnonzero(_sells(total / sales, sales / len(before)) >= _SURE)
    return usual[np.argsort(-total[usual], kind="stable")]


def _sells(share: Floats, sales: float) -> Floats:
    """Probability that a product with a share of all sales is among so many."""
    found: Floats = 1 - (1 - share) ** sales
    return found

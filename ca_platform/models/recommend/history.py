"""Who bought what in which order, as numbers: the input of all recommendations."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from ca_platform.models.baskets.incidence import Ints

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Purchases:
    """Distinct pairs of an order and an item, in no particular order.

    Attributes:
        customers, orders, items, days: of each pair; orders are numbered in the order of time, days are whole numbers.
        n_customers, n_items: their numbers go from 0 up to these; some may have no purchase.
    """

    customers: Ints
    orders: Ints
    items: Ints
    days: Ints
    n_customers: int
    n_items: int

    def until(self, day: int) -> Purchases:
        """What was known at the end of ``day``."""
        return self._where(self.days <= day)

    def after(self, day: int) -> Purchases:
        """What came after the end of ``day``."""
        return self._where(self.days > day)

    def every(self, step: int) -> Purchases:
        """What each ``step``-th customer bought."""
        return self if step == 1 else self._where(self.customers % step == 0)

    def _where(self, keep: npt.NDArray[np.bool_]) -> Purchases:
        return replace(
            self,
            customers=self.customers[keep],
            orders=self.orders[keep],
            items=self.items[keep],
            days=self.days[keep],
        )

    def buyers(self) -> Ints:
        """Customers with a purchase, ascending."""
        return np.flatnonzero(np.bincount(self.customers, minlength=self.n_customers))

    def first_baskets(self) -> Purchases:
        """The first order of each customer.

        >>> two = Purchases(*(np.array(column) for column in ([0, 0, 0], [4, 4, 7], [1, 2, 1], [9, 9, 9])), 1, 3)
        >>> two.first_baskets().orders.tolist()
        [4, 4]
        """
        return self._where(order_ranks(self)[0] == 1)


def order_ranks(history: Purchases) -> tuple[Ints, Ints]:
    """Which of the customer's orders each purchase belongs to, from 1, and how many orders each customer has.

    >>> two = Purchases(*(np.array(column) for column in ([0, 0, 0], [4, 4, 7], [1, 2, 1], [9, 9, 9])), 2, 3)
    >>> [found.tolist() for found in order_ranks(two)]
    [[1, 1, 2], [2, 0]]
    """
    width = int(history.orders.max()) + 1 if history.orders.size else 1
    pairs, which = np.unique(history.customers.astype(np.int64) * width + history.orders, return_inverse=True)
    owner = pairs // width
    rank = np.arange(pairs.size) - np.searchsorted(owner, owner) + 1
    return rank[which], np.bincount(owner, minlength=history.n_customers)

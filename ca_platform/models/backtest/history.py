"""A shop's orders as arrays, cut at an origin, and what happened in the horizon after it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ca_platform.errors import ValidationError

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, eq=False)
class Outcome:
    """What customers did in the horizon after an origin, a value for each; zeros for those who did not order.

    Attributes:
        orders: their number.
        amount: what was paid for them, in the currency of the shop.
    """

    orders: Ints
    amount: Floats

    @property
    def is_silent(self) -> Flags:
        """Whether the customer placed no order."""
        silent: Flags = self.orders == 0
        return silent


@dataclass(frozen=True, slots=True, eq=False)
class History:
    """Orders, a row each, sorted by customer and time; the caller's order does not matter.

    Attributes:
        customer: the caller's number of the customer.
        at: time of the order, in days since any instant.
        day: local calendar day of the order, in whole days since any day; by default the whole part of ``at``.
        amount: what was paid, in the currency of the shop; 0 by default.

    >>> history = History([7, 5, 7, 7], at=[0.5, 2.0, 1.5, 4.0])
    >>> history.until(4.0).customers
    array([5, 7])
    >>> history.outcome(np.array([5, 7]), origin=4.0, horizon=2.0).orders
    array([0, 1])
    """

    customer: Ints
    at: Floats
    day: Ints
    amount: Floats

    def __init__(
        self,
        customer: ArrayLike,
        at: ArrayLike,
        day: ArrayLike | None = None,
        amount: ArrayLike | None = None,
    ) -> None:
        time = np.asarray(at, np.float64)
        if not np.isfinite(time).all():
            raise ValidationError("A history of orders has orders at no finite time; leave them out.")
        columns = {
            "customer": np.asarray(customer, np.int64),
            "at": time,
            "day": np.floor(time).astype(np.int64) if day is None else np.asarray(day, np.int64),
            "amount": np.zeros(time.shape) if amount is None else np.asarray(amount, np.float64),
        }
        if {column.shape for column in columns.values()} != {(time.size,)}:
            raise ValidationError("The columns of a history of orders differ in length; give one value per order.")
        order = np.lexsort((columns["amount"], time, columns["customer"]))
        for name, column in columns.items():
            object.__setattr__(self, name, column[order])

    def __len__(self) -> int:
        return self.at.size

    @property
    def starts(self) -> Ints:
        """Row of each customer's first order, in the order of ``customers``."""
        if not len(self):
            return np.zeros(0, np.int64)
        return np.flatnonzero(np.append(True, self.customer[1:] != self.customer[:-1]))

    @property
    def customers(self) -> Ints:
        """The distinct customers, ascending."""
        return self.customer[self.starts]

    @property
    def counts(self) -> Ints:
        """Orders of each customer, in the order of ``customers``."""
        return np.diff(np.append(self.starts, len(self)))

    @property
    def gaps(self) -> Floats:
        """Days between consecutive orders of a customer, of all customers; 0 for orders on the same instant."""
        same = self.customer[1:] == self.customer[:-1]
        between: Floats = np.diff(self.at)[same]
        return between

    def until(self, origin: float) -> History:
        """The orders before an origin; one at the very instant is not known yet."""
        return self._where(self.at < origin)

    def of(self, customers: Ints) -> History:
        """The orders of these customers alone."""
        return self._where(np.isin(self.customer, customers))

    def outcome(self, customers: Ints, origin: float, horizon: float) -> Outcome:
        """What these customers did from an origin on, up to but not at its end ``horizon`` days later.

        Args:
            customers: ascending; others are left out.
        """
        inside = (self.at >= origin) & (self.at < origin + horizon)
        buyer, amount = self.customer[inside], self.amount[inside]
        place = np.searchsorted(customers, buyer)
        known = place < customers.size
        known[known] = customers[place[known]] == buyer[known]
        orders = np.bincount(place[known], minlength=customers.size)
        paid = np.bincount(place[known], amount[known], minlength=customers.size)
        return Outcome(orders, paid.astype(np.float64))

    def _where(self, kept: Flags) -> History:
        # Rows stay sorted: made without sorting them again.
        part = object.__new__(History)
        for name in ("customer", "at", "day", "amount"):
            object.__setattr__(part, name, getattr(self, name)[kept])
        return part

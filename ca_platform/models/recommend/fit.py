"""What is learnt from the whole history up to the end of a day, whatever the weights and whoever asks."""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np

from ca_platform.models.baskets.incidence import Ints
from ca_platform.models.recommend.history import Floats, Purchases
from ca_platform.models.recommend.parts import Similarity, own_shares, popularity, repeat_factors, similarity, trend
from ca_platform.models.recommend.ranking import best_of_rows
from ca_platform.models.recommend.rows import times_columns

HALF_LIFE = 28.0
"""Days after which an order says half as much of what is popular."""
SOLD_WITHIN = 90
"""Days within which an item must have been sold to be recommended."""
NEIGHBOURS = 20
"""Items that an item speaks for, at most: with more the common ones outvote those that really go with it."""
_CANDIDATES = 300
# Similar items of all items together, from which those are chosen.
_MOST_SIMILAR = 5_000_000
# Digits that differences of the order in which numbers are added up do not reach.
_DIGITS = 12
HIGHEST_SIMILARITY = 2.0
"""Two cosines of at most 1."""
NEVER = np.iinfo(np.int64).min
"""The day of what never happened."""


class Fit:
    """Popularity, repetition and similarity of the items, and what each customer bought.

    Args:
        history: up to the day; nothing later.
        order: place of each item among those with the same score, from 0.
    """

    def __init__(self, history: Purchases, day: int, order: Ints) -> None:
        self.history = history
        self.order = order
        self._day = day
        self._shares: dict[float, Any] = {}
        self._columns: dict[str, Any] = {}

    def learn(self, decay: float, *, is_plain: bool) -> None:
        """Learn now what lists need, before several threads ask for it at once."""
        self.shares(decay)
        self.near_columns(is_plain=is_plain)
        for name in ("is_sold", "repeats", "ever", "recent", "_bought"):
            getattr(self, name)

    def shares(self, decay: float) -> Any:
        """``own_shares`` of all customers; known for each decay once it was asked for."""
        if decay not in self._shares:
            self._shares[decay] = own_shares(self.history, decay)
        return self._shares[decay]

    @cached_property
    def is_sold(self) -> Floats:
        """1 for items that are still sold, 0 for others, which are not recommended."""
        last = np.full(self.history.n_items, NEVER)
        np.maximum.at(last, self.history.items, self.history.days)
        return (last > self._day - SOLD_WITHIN).astype(float)

    @cached_property
    def repeats(self) -> Floats:
        """``repeat_factors`` of what is still sold."""
        return repeat_factors(self.history) * self.is_sold

    @cached_property
    def ever(self) -> Floats:
        """Popularity of all time, the highest being 1."""
        return _to_one(self._ever * self.is_sold)

    @cached_property
    def recent(self) -> Floats:
        """Popularity of recent orders, the highest being 1."""
        return _to_one(self._recent * self.is_sold)

    @cached_property
    def near(self) -> Any:
        """Which items speak for which: similarity by customers and by orders, times the trend of the other item."""
        both = (self.cosines.customers + self.cosines.orders) * (1 / HIGHEST_SIMILARITY)
        return self._nearest(times_columns(both.tocsr(), self._trend * self.is_sold))

    @cached_property
    def plain_near(self) -> Any:
        """The same by similarity by customers alone."""
        return self._nearest(times_columns(self.cosines.customers, self.is_sold))

    def _nearest(self, near: Any) -> Any:
        return best_of_rows(near, self.order, NEIGHBOURS)

    def near_columns(self, *, is_plain: bool) -> Any:
        """The items that each item is similar to: the transpose of ``near``, or of ``plain_near``."""
        name = "plain" if is_plain else "usual"
        if name not in self._columns:
            self._columns[name] = (self.plain_near if is_plain else self.near).T.tocsr()
        return self._columns[name]

    def purchases(self, customers: Ints, items: Ints) -> tuple[Ints, Ints]:
        """How many orders of each customer contain the item beside it, and the day of the last of them.

        The day is the lowest number there is where the customer never bought it.
        """
        pairs, times, last = self._bought
        wanted = customers.astype(np.int64) * self.history.n_items + items
        if not pairs.size:
            return np.zeros(wanted.size, np.int64), np.full(wanted.size, NEVER)
        place = np.minimum(np.searchsorted(pairs, wanted), pairs.size - 1)
        is_known = pairs[place] == wanted
        return np.where(is_known, times[place], 0), np.where(is_known, last[place], NEVER)

    @cached_property
    def _bought(self) -> tuple[Ints, Ints, Ints]:
        """Customer and item as one number, sorted; orders that contain it; day of the last one."""
        own = self.history
        pairs, which = np.unique(own.customers.astype(np.int64) * own.n_items + own.items, return_inverse=True)
        last = np.full(pairs.size, NEVER)
        np.maximum.at(last, which, own.days)
        return pairs, np.bincount(which, minlength=pairs.size), last

    @cached_property
    def cosines(self) -> Similarity:
        """``similarity`` of the items."""
        count = min(_CANDIDATES, max(_MOST_SIMILAR // max(self.history.n_items, 1), NEIGHBOURS))
        return similarity(self.history, self.order, count)

    @cached_property
    def _ever(self) -> Floats:
        return popularity(self.history, self._day)

    @cached_property
    def _recent(self) -> Floats:
        return popularity(self.history, self._day, HALF_LIFE)

    @property
    def _trend(self) -> Floats:
        return trend(self._recent, self._ever)


def _to_one(values: Floats) -> Floats:
    highest = float(values.max(initial=0)) or 1.0
    found: Floats = np.round(values / highest, _DIGITS)
    return found

"""A shop's orders up to an end, and what the candidates make of them again and again, made once."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import cached_property
from typing import TypeVar, cast

from ca_platform.models.backtest import History
from ca_platform.models.clv.customers import Buyers, buyers_at
from ca_platform.models.clv.forecast import ValueModel
from ca_platform.models.clv.gamma_gamma import fit_amounts
from ca_platform.models.clv.orders import fit
from ca_platform.models.clv.records import Fit

# More customers change nothing that a contest could see, or that trees learn; every so many-th is taken then.
MOST_CUSTOMERS = 20_000
# What is fitted at earlier origins, to be judged and not used, needs fewer still.
MOST_FITTED = 5_000

_Made = TypeVar("_Made")


class Past:
    """Orders before an end, and what they gave at earlier days.

    Args:
        has_season: whether days are counted from 1970-01-01 (see ``buyers_at``).
        most: customers of ``few``.
        fitted: customers that models of orders and amounts are fitted to; all unless said.

    Attributes:
        history: the orders.
        start, end: numbers of the first day with an order, and of the first one that is not known.
    """

    def __init__(
        self,
        history: History,
        end: int,
        most: int = MOST_CUSTOMERS,
        fitted: int | None = None,
        *,
        has_season: bool = False,
    ) -> None:
        self.history = history.until(float(end))
        self.start = int(self.history.day.min(initial=end))
        self.end = end
        self._has_season = has_season
        self._most = most
        self._fitted = fitted
        self._made: dict[Hashable, object] = {}

    @cached_property
    def few(self) -> Past:
        """The orders of evenly chosen customers, of whom some are fitted to; this very one where they are few."""
        size = self.history.customers.size
        if self._fitted is not None or size <= min(self._most, MOST_FITTED):
            return self
        return Past(sampled(self.history, self._most), self.end, self._most, MOST_FITTED, has_season=self._has_season)

    @cached_property
    def _teachers(self) -> Past:
        """The orders that models are fitted to."""
        return (
            self
            if self._fitted is None
            else Past(sampled(self.history, self._fitted), self.end, has_season=self._has_season)
        )

    def buyers(self, at: int) -> Buyers:
        """The customers at the begin of a day."""
        return self.once(("buyers", at), lambda: buyers_at(self.history, at, has_season=self._has_season))

    def value(self, model: str, at: int) -> ValueModel:
        """A model of orders and the model of amounts, fitted to what is known at the begin of a day."""
        orders = self.once((model, at), lambda: fit(model, self._teachers.buyers(at).summary))
        return ValueModel(orders, self._amounts(at))

    def _amounts(self, at: int) -> Fit:
        buyers = self._teachers.buyers(at)
        return self.once(("amounts", at), lambda: fit_amounts(buyers.purchase_days, buyers.mean_amount))

    def once(self, key: Hashable, make: Callable[[], _Made]) -> _Made:
        """What was made under a key before, else what is made now."""
        if key not in self._made:
            self._made[key] = make()
        return cast("_Made", self._made[key])


def sampled(history: History, most: int) -> History:
    """Evenly chosen customers, at most so many."""
    customers = history.customers
    step = -(-customers.size // most)
    return history if step <= 1 else history.of(customers[::step])

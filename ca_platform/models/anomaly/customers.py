"""Customers who do not do as they used to: what was foreseen of a window of days, against what came.

A model of purchases foresees, at the begin of the window and for each customer, how many orders it will bring, how likely
it brings none, and how much an order will be. Three figures are held against it: orders in the window (frequency), days
since the last order at its end (recency), mean amount of an order in it (monetary). What all customers do alike, as before
a feast, is nobody's anomaly and is taken out.

How odd a figure is comes from simple laws about what was foreseen, which need not hold: only their ranking counts, for the
probability is the share of customers of the window before who were at least as odd (split conformal prediction; Vovk,
Gammerman and Shafer, Algorithmic Learning in a Random World, 2005, section 4.2).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import numpy as np

from ca_platform.catalogue.customer_anomalies import LEAST_CUSTOMERS, RARE
from ca_platform.models.anomaly.records import Flags, Floats

# An order of 0 has no logarithm, nor has one that was placed at the last instant.
_LEAST_AMOUNT = 0.01
_LEAST_DAYS = 1 / 24
_LEAST_SPREAD = 0.05
_USUAL_SPREAD = 0.5
_SURE = 1e-9
_MOST_LEVEL = 10.0


@dataclass(frozen=True, slots=True, eq=False)
class Foreseen:
    """What was foreseen at the begin of a window, a value per customer.

    Attributes:
        orders: expected in the window.
        no_order: probability that it has none.
        amount: expected of an order, in the shop's currency.
        silence_days: since the last order, 0 and up.
        past_orders: up to then, 1 and up.
    """

    orders: Floats
    no_order: Floats
    amount: Floats
    silence_days: Floats
    past_orders: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """What came in the window, a value per customer.

    Attributes:
        orders: in the window.
        amount: mean of an order in the window, in the shop's currency; NaN without one.
        silence_days: from the last order to the end of the window.
    """

    orders: Floats
    amount: Floats
    silence_days: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Compared:
    """One figure of all customers, a value each; NaN where a customer has no such figure.

    Attributes:
        actual, expected: orders, days, or amount in the shop's currency.
        residual: natural logarithm of actual over expected, half an order, an hour or a hundredth added to both.
        tail: probability of something at least as odd by the laws above; only its order counts.
    """

    actual: Floats
    expected: Floats
    residual: Floats
    tail: Floats


def spread_of_amounts(customer: Floats, amount: Floats) -> float:
    """Standard deviation of the logarithm of a customer's amounts, robust, from pairs of consecutive orders.

    Args:
        customer, amount: of orders sorted by customer and time, in the shop's currency.

    >>> round(spread_of_amounts(np.repeat(np.arange(50), 2), np.tile([10.0, 20.0, 20.0, 10.0], 25)), 2)
    0.73
    """
    same = customer[1:] == customer[:-1]
    logs = np.log(amount + _LEAST_AMOUNT)
    change = np.abs(np.diff(logs)[same])
    if change.size < 2:
        return _USUAL_SPREAD
    # The median of |x| of a standard normal x is 0.6745; a difference has twice the variance.
    return max(float(np.median(change) / 0.6745 / np.sqrt(2)), _LEAST_SPREAD)


@dataclass(frozen=True, slots=True, eq=False)
class Window:
    """What was foreseen of customers and what came, within so many days.

    Args:
        spread: of the logarithm of a customer's amounts.
    """

    days: float
    foreseen: Foreseen
    seen: Seen
    spread: float

    def levelled(self) -> Window:
        """The same with what all customers do alike put into what was foreseen."""
        foreseen, seen = self.foreseen, self.seen
        expected = float(foreseen.orders.sum())
        level = float(np.clip(seen.orders.sum() / expected if expected > 0 else 1.0, 1 / _MOST_LEVEL, _MOST_LEVEL))
        bought = seen.orders > 0
        change = np.log((seen.amount[bought] + _LEAST_AMOUNT) / (foreseen.amount[bought] + _LEAST_AMOUNT))
        shift = float(np.exp(np.median(change))) if change.size else 1.0
        told = replace(
            foreseen,
            orders=foreseen.orders * level,
            # As if the time went by so much faster.
            no_order=foreseen.no_order**level,
            amount=foreseen.amount * shift,
        )
        return replace(self, foreseen=told)

    def compared(self) -> dict[str, Compared]:
        """Each figure by its name."""
        return {"frequency": self._frequency(), "monetary": self._monetary(), "recency": self._recency()}

    def bands(self, tail: Mapping[str, float]) -> dict[str, tuple[Floats, Floats]]:
        """Ends between which the tail of each figure is no smaller than this."""
        return {
            "frequency": self._frequency_band(tail["frequency"]),
            "monetary": self._monetary_band(tail["monetary"]),
            "recency": self._recency_band(tail["recency"]),
        }

    @property
    def _none(self) -> Floats:
        return np.clip(self.foreseen.no_order, _SURE, 1 - _SURE)

    @property
    def _more(self) -> Floats:
        """Logarithm of the chance of one more order after at least one: their number is geometric then."""
        mean = np.maximum(self.foreseen.orders / (1 - self._none), 1 + _SURE)
        return np.asarray(np.log1p(-1 / mean))

    def _frequency(self) -> Compared:
        count, none, more = self.seen.orders, self._none, self._more
        at_least = np.where(count > 0, (1 - none) * np.exp(more * np.maximum(count - 1, 0)), 1.0)
        at_most = 1 - (1 - none) * np.exp(more * count)
        expected = self.foreseen.orders
        return Compared(count, expected, np.log((count + 0.5) / (expected + 0.5)), _both(at_least, at_most))

    def _frequency_band(self, tail: float) -> tuple[Floats, Floats]:
        none, more = self._none, self._more
        with np.errstate(divide="ignore"):
            high = 1 + np.floor(np.log(tail / 2 / (1 - none)) / more)
            low = np.ceil(np.log((1 - tail / 2) / (1 - none)) / more)
        # Without any order as the only likely number the formulas fall below it.
        return np.maximum(low, 0.0), np.maximum(high, 0.0)

    def _recency(self) -> Compared:
        """Orders come evenly over the window: the longer it lasts, the less likely the silence, by a power of the share.

        Only a long silence is odd; who comes back is told by the frequency.
        """
        seen, none = self.seen, self._none
        silence = self.foreseen.silence_days
        lasts = np.where(seen.orders > 0, none ** (seen.silence_days / self.days), none)
        expected = self.days * (1 - none) / -np.log(none) + none * silence
        residual = np.log((seen.silence_days + _LEAST_DAYS) / (expected + _LEAST_DAYS))
        return Compared(seen.silence_days, expected, residual, lasts)

    def _recency_band(self, tail: float) -> tuple[Floats, Floats]:
        none = self._none
        with np.errstate(divide="ignore"):
            high = self.days * np.log(tail) / np.log(none)
        return np.zeros(none.shape), np.where(none >= tail, self.foreseen.silence_days + self.days, high)

    def _deviation(self) -> Floats:
        """Standard deviation of the logarithm of the mean amount: of the orders that came, and of what was known before."""
        counts = np.maximum(self.seen.orders, 1)
        known = self.foreseen.past_orders + 1
        deviation: Floats = self.spread * np.sqrt(1 / counts + 1 / known)
        return deviation

    def _monetary(self) -> Compared:
        from scipy.special import erfc

        actual, expected = self.seen.amount, self.foreseen.amount
        residual = np.log((actual + _LEAST_AMOUNT) / (expected + _LEAST_AMOUNT))
        tail = np.asarray(erfc(np.abs(residual) / self._deviation() / np.sqrt(2)))
        return Compared(actual, expected, residual, tail)

    def _monetary_band(self, tail: float) -> tuple[Floats, Floats]:
        from scipy.special import erfcinv

        reach = np.exp(float(erfcinv(tail)) * 2**0.5 * self._deviation())
        known = self.foreseen.amount + _LEAST_AMOUNT
        return np.maximum(known / reach - _LEAST_AMOUNT, 0.0), known * reach - _LEAST_AMOUNT


def _both(upper: Floats, lower: Floats) -> Floats:
    """The smaller of two tails, twice: oddness in either direction."""
    return np.asarray(np.minimum(2 * np.minimum(upper, lower), 1.0))


@dataclass(frozen=True, slots=True, eq=False)
class Usual:
    """How odd customers of the window before were: their tails, ascending.

    >>> usual = Usual.of(np.arange(1, 200) / 200)
    >>> usual.probability(np.array([0.001, 0.5, 1.0])).round(3)
    array([0.005, 0.505, 1.   ])
    """

    tails: Floats

    @classmethod
    def of(cls, tails: Floats) -> Usual:
        """From one figure of customers; NaN is left out."""
        return cls(np.sort(tails[np.isfinite(tails)]))

    @property
    def can_judge(self) -> bool:
        """Whether there were enough customers."""
        return self.tails.size >= LEAST_CUSTOMERS

    def probability(self, tails: Floats) -> Floats:
        """Share of customers who were at least as odd, the customer among them; NaN where a tail is, or none can judge."""
        if not self.can_judge:
            return np.full(tails.shape, np.nan)
        as_odd = np.searchsorted(self.tails, tails, side="right")
        return np.where(np.isfinite(tails), (1 + as_odd) / (self.tails.size + 1), np.nan)

    @property
    def border(self) -> float:
        """Tails from here on up are not rare; NaN where nobody can be rare among so few."""
        place = int(np.floor(RARE * (self.tails.size + 1) + 1e-9)) - 1
        return float(self.tails[place]) if self.can_judge and place >= 0 else float("nan")


def is_rare(probability: Floats) -> Flags:
    """Whether a customer is flagged; False where the probability is unknown."""
    found: Flags = np.nan_to_num(probability, nan=1.0) <= RARE
    return found

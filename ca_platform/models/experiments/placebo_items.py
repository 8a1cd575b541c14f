"""Promotions and products that do nothing, put on a shop's own orders by the toss of a coin.

Everything else is as in the reports: the first order of a customer with the item, the hours before and after it, controls
of the same calendar week with as many orders before, other orders of the same customer.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from ca_platform.catalogue.ab_tests import FREQUENT_ITEMS
from ca_platform.models.experiments.calibration import calibrate, clear
from ca_platform.models.experiments.item_permutation import Sequences, by_chance, item_permutation
from ca_platform.models.experiments.matched import LEAST_CONTROLS, difference_in_differences
from ca_platform.models.experiments.order_windows import METRICS, WINDOW, OrderWindows
from ca_platform.models.experiments.placebo import SPLITS, Measured
from ca_platform.models.experiments.records import Bools, Floats, Ints, Moments, Values
from ca_platform.models.experiments.saddlepoint import sign_flips
from ca_platform.models.experiments.skewed import welch_skewed
from ca_platform.models.experiments.verdicts import LEAST_CUSTOMERS

# Orders with an item, where it is in one of 40 orders or less; with fewer than the least nothing is measured.
USES, LEAST_USES = 300, 50
_RARE_PART = 40
# An item that is in many orders is in one of ten.
_FREQUENT_PART = 10
# The other promotion of a pair is in so many times fewer orders.
_OF_OTHER = 2
_CELLS = 300_000


def measure_items(
    windows: OrderWindows,
    observed: Bools,
    splits: int = SPLITS,
    seed: int = 0,
    alpha: float = 0.05,
    metrics: Sequence[str] = METRICS,
) -> list[Measured]:
    """False positives of the tests of before and after.

    Promotions by the sign flips of matched changes, and in pairs of which the one has twice as many orders; products
    by their permutation over the orders of the same customers, once of rare ones and once of those that are in a tenth of
    all orders.

    Args:
        windows: around the orders of the shop.
        observed: rows that may be compared; with fewer than 2,000 of them there is no result.
        splits: items that do nothing, of each kind.
        seed: of the coins.
        alpha: of the tests.
        metrics: what is compared, amounts at least.
    """
    uses = min(USES, int(observed.sum()) // _RARE_PART)
    if uses < LEAST_USES:
        return []
    found: list[Measured] = []

    def add(test: str, customers: int, p_values: list[dict[str, Floats]]) -> None:
        for metric in p_values[0]:
            p = np.concatenate([part[metric] for part in p_values])
            found.append(Measured(test, metric, customers, calibrate(p, alpha)))

    promoted, sold = Promoted(windows, observed, metrics), Sold(windows, observed, metrics)
    rare = [Coins.of(windows, picked) for picked in _picked(len(windows), uses, splits, seed)]
    add("sign_flip", uses, [promoted.p_values(coins, alpha) for coins in rare])
    add("item_permutation", uses, [sold.p_values(coins) for coins in rare])
    if uses // _OF_OTHER >= LEAST_CUSTOMERS:
        rarer = _picked(len(windows), uses // _OF_OTHER, splits, seed + 2, uses)
        pairs = zip(rare, (Coins.of(windows, picked) for picked in rarer), strict=True)
        add("welch_skewed", uses, [paid(windows, one, other, alpha) for one, other in pairs])
    some, may = _part(windows, observed, uses * _FREQUENT_PART)
    often = Sold(some, may, metrics)
    uses = len(some) // _FREQUENT_PART
    many = (Coins.of(some, picked) for picked in _picked(len(some), uses, splits, seed + 1))
    add(FREQUENT_ITEMS, uses, [often.p_values(coins) for coins in many])
    return found


@dataclass(frozen=True, slots=True, eq=False)
class Coins:
    """Orders that are said to carry items, those of an item in the order of the windows.

    Attributes:
        items: how many items there are.
        item, row: of each order.
        use: number of the customer's first order with the item.
        first: orders that are the customer's first with the item: ``use`` counts these.
    """

    items: int
    item: Ints
    row: Ints
    use: Ints
    first: Ints

    @classmethod
    def of(cls, windows: OrderWindows, picked: Ints) -> Coins:
        """From sorted rows of the windows, some of them several times, a row of them for each item."""
        is_new = np.ones(picked.shape, bool)
        is_new[:, 1:] = picked[:, 1:] != picked[:, :-1]
        item, row = np.nonzero(is_new)[0], picked[is_new]
        owner = windows.owner[row]
        is_first = np.ones(row.size, bool)
        is_first[1:] = (owner[1:] != owner[:-1]) | (item[1:] != item[:-1])
        return cls(picked.shape[0], item, row, np.cumsum(is_first) - 1, np.flatnonzero(is_first))


def _picked(rows: int, uses: int, splits: int, seed: int, beside: int = 0) -> Iterator[Ints]:
    """Rows for items in turn, as many items at once as go with so many uses (those of the items beside them)."""
    dice = np.random.default_rng(seed)
    items = _CELLS // (beside or uses)
    for begin in range(0, splits, items):
        yield np.sort(dice.integers(0, rows, (min(items, splits - begin), uses)), axis=1)


class Promoted:
    """All orders, of which some are said to carry a promotion."""

    def __init__(self, windows: OrderWindows, observed: Bools, metrics: Sequence[str] = METRICS) -> None:
        self._windows, self._observed = windows, observed
        self._left = windows.begin[windows.owner + 1] - np.arange(len(windows))
        self._change = {metric: windows.after[metric] - windows.before[metric] for metric in metrics}
        self._every = {
            metric: Moments.by_item(windows.stratum[observed], windows.strata, change[observed])
            for metric, change in self._change.items()
        }

    def p_values(self, coins: Coins, alpha: float) -> dict[str, Floats]:
        """By metric; 0 and 1 stand for what is clear.

        From the first order with the promotion on customers are no controls. (Before it they are: leaving out whoever used
        it later leaves out those who order much, and 15 % of promotions that do nothing seemed to do something.)
        """
        item, row = coins.item[coins.first], coins.row[coins.first]
        left = self._left[row]
        used_row = np.arange(int(left.sum())) + np.repeat(row - (np.cumsum(left) - left), left)
        used_item = np.repeat(item, left)
        used_item, used_row = (part[self._observed[used_row]] for part in (used_item, used_row))
        item, row = (part[self._observed[row]] for part in (item, row))
        strata = self._windows.strata
        cell, used_cell = (
            of * strata + self._windows.stratum[rows] for of, rows in ((item, row), (used_item, used_row))
        )

        def summed(cells: Ints, column: Floats | None = None) -> Floats:
            return np.bincount(cells, column, coins.items * strata).astype(np.float64).reshape(coins.items, strata)

        treated, used = summed(cell), summed(used_cell)
        nothing = np.zeros((coins.items, strata, 1))
        found = {}
        for metric, change in self._change.items():
            every, own = self._every[metric], change[used_row]
            controls = Moments(
                every.count - used,
                every.sums - summed(used_cell, own)[..., None],
                every.products - summed(used_cell, own**2)[..., None, None],
            )
            # What the controls add goes by how many are treated, not by their changes.
            noise = difference_in_differences(Moments(treated, nothing, nothing[..., None]), controls).noise
            beyond = change[row] - controls.mean.ravel()[cell]
            has_controls = controls.count.ravel()[cell] >= LEAST_CONTROLS
            found[metric] = flipped(beyond[has_controls], item[has_controls], coins.items, noise, alpha)
        return found


def flipped(change: Floats, item: Ints, items: int, noise: Floats, alpha: float) -> Floats:
    """P-values of ``sign_flips``, where it is not clear already on which side of alpha they are (``clear``)."""
    spread = np.sqrt(np.bincount(item, change**2, items) + noise**2)
    p, unclear = clear(np.bincount(item, change, items).astype(np.float64), spread, alpha)
    if unclear.size:
        place = np.full(items, -1)
        place[unclear] = np.arange(unclear.size)
        own = place[item]
        values = Values.of(change[own >= 0], own[own >= 0], unclear.size)
        p[unclear] = sign_flips(values, noise=noise[unclear]).p_value
    return p


class Sold:
    """All orders, of which some are said to contain a product."""

    def __init__(self, windows: OrderWindows, observed: Bools, metrics: Sequence[str] = METRICS) -> None:
        self._windows = windows
        self._sequences = {metric: _sequences(windows, observed, metric) for metric in metrics}

    def p_values(self, coins: Coins) -> dict[str, Floats]:
        """By metric. The product's own orders are dropped from the time after the first."""
        windows = self._windows
        first, item = coins.row[coins.first], coins.item[coins.first]
        times = np.bincount(coins.use, minlength=first.size)
        start = first[coins.use]
        is_after = (coins.row > start) & (windows.at[coins.row] <= windows.at[start] + WINDOW)
        found = {}
        for metric, sequences in self._sequences.items():
            dropped = np.bincount(coins.use, is_after * windows.own[metric][coins.row], first.size)
            held = sequences.is_possible[first]
            row, owner = first[held], windows.owner[first[held]]
            most = int(times.max(initial=0)) + 1
            pairs, place = np.unique(owner * most + times[held], return_inverse=True)
            mean, variance = (part[place] for part in by_chance(sequences, pairs // most, pairs % most))
            beyond = sequences.change[row] - dropped[held] - mean
            found[metric] = item_permutation(beyond, variance, item[held], coins.items).p_value
        return found


def _sequences(windows: OrderWindows, observed: Bools, metric: str) -> Sequences:
    """The orders of all customers, the change of others of the same stratum taken off."""
    change = windows.after[metric] - windows.before[metric]
    every = Moments.by_item(windows.stratum[observed], windows.strata, change[observed])
    others = every.count[windows.stratum] - 1
    has_controls = observed & (others >= LEAST_CONTROLS)
    expected = (every.sums[windows.stratum, 0] - change) / np.maximum(others, 1)
    return Sequences(
        begin=windows.begin,
        change=np.where(has_controls, change - expected, 0.0),
        after=windows.after[metric],
        squares=windows.squares[metric],
        is_possible=has_controls,
    )


def paid(windows: OrderWindows, one: Coins, other: Coins, alpha: float) -> dict[str, Floats]:
    """P-values of pairs of promotions: what customers of the one and of the other paid per order with it.

    Those of both are left out.
    """
    customers = windows.begin.size - 1
    own = [coins.item[coins.first] * customers + windows.owner[coins.row[coins.first]] for coins in (one, other)]
    sides = []
    for coins, key, others in zip((one, other), own, reversed(own), strict=True):
        amount, orders = (
            np.bincount(coins.use, windows.own[name][coins.row], key.size) for name in ("amount", "orders")
        )
        mean = amount / orders
        alone = ~np.isin(key, others, assume_unique=True)
        sides.append(Moments.by_item(key[alone] // customers, coins.items, mean[alone], mean[alone] ** 2))
    return {"amount": welch_skewed(sides[0], sides[1], alpha).p_value}


def _part(windows: OrderWindows, observed: Bools, orders: int) -> tuple[OrderWindows, Bools]:
    """About so many orders, all of some customers, spread over those that ever came."""
    step = max(len(windows) // orders, 1)
    chosen = np.flatnonzero(windows.owner % step == 0)
    counts = np.bincount(windows.owner[chosen] // step)

    def of(columns: dict[str, Floats]) -> dict[str, Floats]:
        return {metric: column[chosen] for metric, column in columns.items()}

    part = OrderWindows(
        customer=windows.customer[chosen],
        at=windows.at[chosen],
        day=windows.day[chosen],
        closes=windows.closes[chosen],
        owner=windows.owner[chosen] // step,
        begin=np.append(0, np.cumsum(counts)),
        stratum=windows.stratum[chosen],
        own=of(windows.own),
        before=of(windows.before),
        after=of(windows.after),
        squares=of(windows.squares),
    )
    return part, observed[chosen]

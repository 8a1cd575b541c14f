"""What makes forecasts of a shop doubtful, in words, beside a history that is too short: what its orders look like."""

from __future__ import annotations

import numpy as np

from ca_platform.models.backtest import History

# A customer with so large a part of all orders is the shop; so many orders are needed to say so.
_MOST_OF_ONE, _LEAST_ORDERS = 0.5, 20
# The amounts of nearly all orders differ by less in a shop with one currency.
_MOST_RATIO, _TAIL = 2_000.0, 0.02
# A shop that had orders on most days is quiet when none has come for so long.
_QUIET_DAYS, _LEAST_BUSY = 28, 0.5


def doubts(history: History, end: int) -> tuple[str, ...]:
    """Reasons to doubt forecasts made at the begin of a day, the gravest first; none of most shops.

    >>> doubts(History([1] * 30 + [2], at=np.arange(31) * 2.0, amount=[5.0] * 31), end=62)
    ('one customer has 97% of all orders',)
    """
    known = history.until(float(end))
    if not len(known):
        return ("nobody has ordered yet",)
    found = [_unpaid(known), _one(known), _spread(known), _quiet(known, end)]
    return tuple(doubt for doubt in found if doubt)


def _unpaid(known: History) -> str:
    return "" if known.amount.any() else "no order has an amount, so no revenue is expected"


def _one(known: History) -> str:
    part = float(known.counts.max() / len(known))
    if part < _MOST_OF_ONE or len(known) < _LEAST_ORDERS:
        return ""
    return f"one customer has {part:.0%} of all orders"


def _spread(known: History) -> str:
    paid = known.amount[known.amount > 0]
    if paid.size < _LEAST_ORDERS:
        return ""
    low, high = np.quantile(paid, [_TAIL, 1 - _TAIL])
    if high < _MOST_RATIO * low:
        return ""
    return f"amounts of orders go from {_plain(low)} to {_plain(high)}: are they of one currency?"


def _quiet(known: History, end: int) -> str:
    last, days = int(known.day.max()), np.unique(known.day).size
    quiet = end - 1 - last
    if quiet < _QUIET_DAYS or days < _LEAST_BUSY * (last - int(known.day.min()) + 1):
        return ""
    return f"no order for {quiet} days in a shop that had them on most days"


def _plain(amount: float) -> str:
    """An amount without zeros at its end: not every currency has cents."""
    return f"{amount:,.2f}".rstrip("0").rstrip(".")

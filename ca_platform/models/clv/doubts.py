"""What makes forecasts of a shop doubtful, in words, beside a history that is too short: what its orders look like."""

from __future__ import annotations

import numpy as np

from ca_platform.models.backtest import History

# A customer with so large a part of all orders is the shop; so many orders are needed to say so.
_MOST_OF_ONE, _LEAST_ORDERS = 0.5, 20
# The amounts of nearly all orders differ by less in a shop with one currency.
_MOST_RATIO, _TAIL = 2_000.0, 0.02
# A shop that had orders on most days is quiet when none has come for so long; what lies so far back counts no more.
_QUIET_DAYS, _LEAST_BUSY, _LAST_YEAR = 28, 0.5, 365
# Customers have got other numbers where, from one month to the next, the orders of those who had ordered before, at least
# so large a part of all, fall to this part of it, in number and as a share.
_MONTH, _LEAST_KNOWN, _LEFT = 28, 0.2, 0.1
# Prices are told of so many last days, or a quarter of the history, by so many customers who ordered then and before, where
# they have changed by so much and by so many standard errors.
_LATELY_DAYS, _LEAST_PAIRS, _DEARER, _SURE = 91, 50, 1.15, 4.0


def doubts(history: History, end: int) -> tuple[str, ...]:
    """Reasons to doubt forecasts made at the begin of a day, the gravest first; none of most shops.

    >>> doubts(History([1] * 30 + [2], at=np.arange(31) * 2.0, amount=[5.0] * 31), end=62)
    ('one customer has 97% of all orders',)
    """
    known = history.until(float(end))
    if not len(known):
        return ("nobody has ordered yet",)
    found = [
        _unpaid(known),
        _renumbered(known, end),
        _one(known),
        _spread(known),
        _dearer(known, end),
        _quiet(known, end),
    ]
    return tuple(doubt for doubt in found if doubt)


def doubts_of_orders(history: History, end: int) -> tuple[str, ...]:
    """Those of them that hold whatever was paid.

    >>> doubts_of_orders(History([1] * 30 + [2], at=np.arange(31) * 2.0), end=62)
    ('one customer has 97% of all orders',)
    """
    known = history.until(float(end))
    if not len(known):
        return ()
    return tuple(doubt for doubt in (_renumbered(known, end), _one(known), _quiet(known, end)) if doubt)


def _unpaid(known: History) -> str:
    return "" if known.amount.any() else "no order has an amount, so no revenue is expected"


def too_far(days: int, horizon: int) -> str:
    """A doubt where more days are foreseen than are known.

    >>> too_far(60, 182), too_far(182, 182)
    ('182 days are foreseen from 60 days of orders, so totals may be far off', '')
    """
    if days >= horizon:
        return ""
    return f"{horizon} days are foreseen from {days} days of orders, so totals may be far off"


def _renumbered(known: History, end: int) -> str:
    """A shop that moves to another system and gives all customers new numbers seems to lose every one of them."""
    start = int(known.day.min())
    days = end - start
    if days < 3 * _MONTH:
        return ""
    first = np.repeat(known.day[known.starts], known.counts)
    # Of an order, months that begin after the customer's first day, and less than a month before it.
    begins, ends = np.maximum(first + 1, known.day - _MONTH + 1) - start, known.day - start + 1
    again = known.day > first
    steps = np.bincount(begins[again], minlength=days + 1) - np.bincount(ends[again], minlength=days + 1)
    orders = np.append(0, np.cumsum(np.bincount(known.day - start, minlength=days)))
    month = orders[_MONTH:] - orders[:-_MONTH]
    of_known = np.cumsum(steps)[: month.size]
    # Neither because others came, nor because nobody did.
    fallen = [column[_MONTH:] <= _LEFT * column[:-_MONTH] for column in (of_known, of_known / np.maximum(month, 1))]
    enough = (of_known[:-_MONTH] >= _LEAST_KNOWN * month[:-_MONTH]) & (month[_MONTH:] >= _LEAST_ORDERS)
    broken = np.flatnonzero(enough & (of_known[:-_MONTH] >= _LEAST_ORDERS) & fallen[0] & fallen[1])
    if not broken.size:
        return ""
    worst = broken[np.argmin(of_known[_MONTH:][broken] / of_known[:-_MONTH][broken])]
    return (
        f"hardly anybody who had ordered before {_date(start + _MONTH + int(worst))} has ordered since: "
        "did customers get other numbers?"
    )


def _date(day: int) -> str:
    return str(np.datetime64(day, "D"))


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


def _dearer(known: History, end: int) -> str:
    """Whether the same customers pay more for an order, or less, than before; what one is expected to bring knows no price.

    Medians, so that no giant order tells it.
    """
    paid = known.amount > 0
    customer, log = known.customer[paid], np.log(known.amount[paid])
    lately = known.day[paid] >= end - min(_LATELY_DAYS, (end - int(known.day.min())) // 4)
    _, place = np.unique(customer, return_inverse=True)
    number = [np.bincount(place[side], minlength=place.max(initial=-1) + 1) for side in (lately, ~lately)]
    both = (number[0] > 0) & (number[1] > 0)
    if np.count_nonzero(both) < _LEAST_PAIRS:
        return ""
    now, then = (
        np.bincount(place[side], log[side], both.size)[both] / count[both]
        for side, count in zip((lately, ~lately), number, strict=True)
    )
    change = now - then
    middle = float(np.median(change))
    # Standard error of a median of normal values.
    error = 1.2533 * float(change.std()) / np.sqrt(change.size)
    if abs(middle) < max(np.log(_DEARER), _SURE * error):
        return ""
    more = "more" if middle > 0 else "less"
    return (
        f"the same customers lately pay {abs(np.expm1(middle)):.0%} {more} for an order than before, which expected "
        "amounts follow slowly"
    )


def _quiet(known: History, end: int) -> str:
    """Whether the shop has been, or was, closed for weeks: to the models all customers have kept silent then."""
    busy = np.unique(known.day)
    gaps = np.diff(np.append(busy, end)) - 1
    gaps[busy < end - _LAST_YEAR] = 0
    place = int(gaps.argmax())
    quiet = int(gaps[place])
    if quiet < _QUIET_DAYS or busy.size < _LEAST_BUSY * (end - int(busy[0]) - quiet):
        return ""
    if place == gaps.size - 1:
        return f"no order for {quiet} days in a shop that had them on most days"
    first, last = _date(int(busy[place]) + 1), _date(int(busy[place]) + quiet)
    return f"no order from {first} to {last}, as if all customers had kept away"


def _plain(amount: float) -> str:
    """An amount without zeros at its end: not every currency has cents."""
    return f"{amount:,.2f}".rstrip("0").rstrip(".")

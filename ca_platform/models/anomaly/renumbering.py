"""Days on which customers come back under other ids, as when a shop moves to another system.

Whoever comes then looks new for some weeks, and nobody returns: figures of new customers say nothing of them.
"""

from __future__ import annotations

import numpy as np

from ca_platform.models.anomaly.records import Flags, Floats

_WEEK, _SAME_WEEKDAYS = 7, 4
_USUAL_DAYS = _WEEK * _SAME_WEEKDAYS
# Returning customers on a usual day, below which chance alone takes half of them away.
_LEAST_RETURNING = 20.0
# Of those that usually return, what share is gone at least; and of those, what share comes as new customers.
_GONE, _COME_BACK = 0.5, 0.5
# How many times the usual share of new customers is no longer much, and after how many days nothing more is waited for.
_SETTLED, _MOST_DAYS = 1.5, 90


def under_other_ids(new: Floats, returning: Floats) -> Flags:
    """(n,) the days from one on which most returning customers come as new ones, until as few are new as before.

    On the first of them half of those that returned on the four same weekdays before (their median) are gone, and at least
    half of these come on top of the usual new customers. A campaign brings new ones and takes no others away; an outage
    takes both away. It ends when the share of new customers of the last seven days is no more than half as large again as
    in the four weeks before, after a week at the earliest and 90 days at the latest. A day depends on those before it
    alone.

    Args:
        new: (n,) customers who come for the first time, of consecutive days.
        returning: (n,) customers, or their sessions, of which that is not the first time.

    Example:
        >>> new = np.concatenate([np.full(40, 10.0), [190.0] * 5, np.full(20, 10.0)])
        >>> np.flatnonzero(under_other_ids(new, 200 - new))[[0, -1]].tolist()
        [40, 50]
    """
    found = np.zeros(new.size, bool)
    since, usual_share = None, 0.0
    for day in range(_USUAL_DAYS, new.size):
        if since is None and _begins(new, returning, day):
            since, usual_share = day, _share(new, returning, slice(day - _USUAL_DAYS, day))
        if since is not None:
            last_days = slice(max(since, day + 1 - _WEEK), day + 1)
            is_settled = _share(new, returning, last_days) <= _SETTLED * usual_share
            if day - since >= _MOST_DAYS or (day - since >= _WEEK and is_settled):
                since = None
        found[day] = since is not None
    return found


def _begins(new: Floats, returning: Floats, day: int) -> bool:
    same = np.arange(day - _USUAL_DAYS, day, _WEEK)
    usual = float(np.median(returning[same]))
    gone = usual - float(returning[day])
    more = float(new[day]) - float(np.median(new[same]))
    return usual >= _LEAST_RETURNING and gone >= _GONE * usual and more >= _COME_BACK * gone


def _share(new: Floats, returning: Floats, days: slice) -> float:
    came = float(new[days].sum() + returning[days].sum())
    return float(new[days].sum()) / came if came > 0 else 0.0

"""The hours within a day: whether anything happened in those in which it usually does.

A shop that stands still for half a day has fewer sessions, as on any weak day; but hours of it are empty, as on none.
"""

from __future__ import annotations

import numpy as np

from ca_platform.models.anomaly.records import Floats

HOURS = 24
# Same weekdays before a day that tell its usual course, and how many of them there must be.
_WEEKDAYS, _LEAST = 8, 4
# Days back on which a usual course rests.
KNOWN_BY = 7 * _WEEKDAYS


def usual_course(counts: Floats) -> Floats:
    """(n, 24) usual share of each hour in a day's events; NaN with fewer than four same weekdays on which there were any.

    Of the last eight same weekdays all events count alike, so that a day that stood still changes little.

    Args:
        counts: (n, 24) events of consecutive days by hour.

    Example:
        >>> usual_course(np.tile([3.0, 1.0], (29, 1)))[[27, 28]].tolist()
        [[nan, nan], [0.75, 0.25]]
    """
    total, days = np.zeros(counts.shape), np.zeros(counts.shape[0])
    for back in range(7, KNOWN_BY + 1, 7):
        total[back:] += counts[:-back]
        days[back:] += counts[:-back].sum(axis=1) > 0
    events = total.sum(axis=1, keepdims=True)
    is_known = (days >= _LEAST)[:, None] & (events > 0)
    return np.where(is_known, total / np.where(events > 0, events, 1.0), np.nan)


def busy_share(counts: Floats, usual: Floats) -> Floats:
    """(n,) how much of a usual day lies in the hours in which anything happened, by what chance lets expect of so many events.

    1 on a day like others, however many events it has; about a half when half a day is empty; NaN on a day without events
    or without a usual course.

    Args:
        counts: (n, 24) events by hour.
        usual: (n, 24) usual share of each hour.

    Example:
        >>> usual = np.full((3, 4), 0.25)
        >>> busy_share(np.array([[9.0, 8.0, 9.0, 10.0], [20.0, 16.0, 0.0, 0.0], [0.0, 0.0, 0.0, 0.0]]), usual).round(2).tolist()
        [1.0, 0.5, nan]
    """
    events = counts.sum(axis=1, keepdims=True)
    # Of events that fall into hours each on its own.
    expected = (usual * (1 - (1 - usual) ** events)).sum(axis=1)
    busy = np.where(counts > 0, usual, 0.0).sum(axis=1)
    return np.where((events[:, 0] > 0) & (expected > 0), busy / np.where(expected > 0, expected, 1.0), np.nan)


def effective_hours(usual: Floats) -> Floats:
    """(n,) to how many equally busy hours a course amounts (Simpson 1949, inverse); 0 where it is not known."""
    squares = np.square(usual).sum(axis=1)
    return np.where(squares > 0, 1 / np.where(squares > 0, squares, 1.0), 0.0)


def hours_figure(counts: Floats) -> tuple[Floats, Floats]:
    """Values and sizes of the metric that looks at the hours of a count: its busy share and its effective hours."""
    usual = usual_course(counts)
    return busy_share(counts, usual), effective_hours(usual)


def silent_hours(counts: Floats) -> tuple[int, int] | None:
    """The empty hours in a row of the last day that usually bring most, as first hour and the one after the last.

    Args:
        counts: (n, 24) events of consecutive days by hour.

    Returns:
        None where no hour is empty in which anything usually comes, or the usual course is not known.

    Example:
        >>> days = np.tile([5.0, 4.0, 6.0, 0.0], (29, 1))
        >>> days[28] = [9.0, 0.0, 0.0, 0.0]
        >>> silent_hours(days)
        (1, 3)
    """
    usual = usual_course(counts[-KNOWN_BY - 1 :])[-1]
    # Hours in which nothing ever comes do not begin or end a run.
    begin, best, run = 0, (0.0, 0, 0), 0.0
    for hour, share in enumerate(usual):
        if counts[-1, hour] > 0:
            begin, run = hour + 1, 0.0
        elif share > 0:
            begin, run = (begin if run else hour), run + share
            best = max(best, (run, -begin, hour + 1))
    return (-best[1], best[2]) if best[0] > 0 else None

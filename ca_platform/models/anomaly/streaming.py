"""One figure that is measured many times a day: how unusual each reading is, by four looks at it.

The looks are at the level, at what is left without the time of day, at the step from the reading before, and at the mean
of the last three hours. Each is a deviation in robust standard deviations of the two weeks before, held against how far it
went on the usual day of the week before: 1 is what happens a few times a week. A reading counts only when it is above all
of the day before it, so that one disturbance is one alarm. Nothing is looked at that comes after a reading.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]

# Days of which medians and spreads are taken, of which the usual course of a day, and of which what is usual of a look.
_FITTED_DAYS, _COURSE_DAYS, _USUAL_DAYS = 14, 14, 7
# Share of the readings of those days that lie below what is usual.
_USUAL = 0.998
# Parts of a day after which medians are taken anew.
_FITS_A_DAY = 4
_HOURS = 3
# A look that never deviates by so many standard deviations has nothing unusual to be held against.
_LEAST_USUAL = 3.0
# Power of the mean of the looks: between the mean of them all and the largest alone.
_POWER = 4
# Of the middle reading of the first day, so that 0 has a logarithm.
_OFFSET = 0.1


def stream_scores(values: Floats, per_day: int) -> Floats:
    """How unusual each reading is: about 1 for what happens a few times a week, 0 on the first day.

    Args:
        values: readings at equal distances of time, all finite. When none of the first day is below 0 they are compared
            by ratios, else by differences; either way their unit does not matter.
        per_day: readings a day, at least 2.

    Returns:
        Scores of at least 0. The score of a reading depends on it and the ones before it alone.

    >>> readings = np.tile([5.0, 9.0, 7.0, 6.0], 20)
    >>> readings[70] = 40.0
    >>> int(np.argmax(stream_scores(readings, 4)))
    70
    """
    joined = np.mean([_held_against_usual(look, per_day) ** _POWER for look in looks(values, per_day)], axis=0)
    return above_recent(joined ** (1 / _POWER), per_day)


def looks(values: Floats, per_day: int) -> Iterator[Floats]:
    """Deviations of the level, without the time of day, of the step and of the mean of three hours, in that order."""
    scaled = _scaled(values, per_day)
    left = without_course(scaled, per_day)
    hours = max(_HOURS * per_day // 24, 2)
    for look in (scaled, left, np.diff(scaled, prepend=scaled[:1]), _trailing_mean(left, hours)):
        yield _in_blocks(look, per_day, _FITTED_DAYS, _deviation)


def without_course(scaled: Floats, per_day: int) -> Floats:
    """Readings less the median of the same time in the days before, smoothed over two hours; of day 1 less its median."""
    found = np.empty_like(scaled)
    found[:per_day] = scaled[:per_day] - _running_median_of_first_day(scaled[:per_day])
    for begin in range(per_day, scaled.size, per_day):
        days = scaled[max(begin - _COURSE_DAYS * per_day, 0) : begin].reshape(-1, per_day)
        today = scaled[begin : begin + per_day]
        found[begin : begin + per_day] = today - _smoothed(np.median(days, axis=0))[: today.size]
    return found


def above_recent(scores: Floats, readings: int) -> Floats:
    """Scores that are above all of so many readings before them; 0 for the others.

    >>> above_recent(np.array([1.0, 3.0, 2.0, 2.5, 2.2]), 2).tolist()
    [1.0, 3.0, 0.0, 0.0, 0.0]
    """
    padded = np.concatenate([np.full(readings, -np.inf), scores])
    # Of each reading the largest before it: a sliding maximum of as many as are held off.
    before = np.lib.stride_tricks.sliding_window_view(padded, readings)[: scores.size].max(axis=1)
    return np.where(scores > before, scores, 0.0)


def _scaled(values: Floats, per_day: int) -> Floats:
    first = values[:per_day]
    if first.size == 0 or first.min() < 0:
        return values
    offset = _OFFSET * float(np.median(first)) or _OFFSET * float(first.mean()) or 1.0
    return np.log(np.maximum(values, 0.0) + offset)


def _running_median_of_first_day(first: Floats) -> Floats:
    """There is no day before it: the median of the readings so far."""
    return np.array([np.median(first[: place + 1]) for place in range(first.size)])


def _smoothed(course: Floats) -> Floats:
    """A circular mean over an hour to either side."""
    reach = course.size // 24
    if reach < 2:
        return course
    around = np.concatenate([course[-reach:], course, course[:reach]])
    return np.convolve(around, np.full(2 * reach + 1, 1 / (2 * reach + 1)), "valid")


def _trailing_mean(values: Floats, readings: int) -> Floats:
    total = np.concatenate([[0.0], np.cumsum(values)])
    last = np.arange(1, values.size + 1)
    first = np.maximum(last - readings, 0)
    found: Floats = (total[last] - total[first]) / (last - first)
    return found


def _deviation(past: Floats, now: Floats) -> Floats:
    centre = float(np.median(past))
    spread = 1.4826 * float(np.median(np.abs(past - centre)))
    # A figure that stands still most of the time has a spread all the same, and one that never moved a tiny one.
    least = max(0.1 * float(past.std()), 1e-9 * max(abs(centre), 1.0))
    found: Floats = np.abs(now - centre) / max(spread, least)
    return found


def _held_against_usual(look: Floats, per_day: int) -> Floats:
    return _in_blocks(
        look, per_day, _USUAL_DAYS, lambda past, now: now / max(float(np.quantile(past, _USUAL)), _LEAST_USUAL)
    )


def _in_blocks(values: Floats, per_day: int, days: int, compared: Callable[[Floats, Floats], Floats]) -> Floats:
    """Some readings at a time compared with so many days before them; 0 before there is a day."""
    block = max(per_day // _FITS_A_DAY, 1)
    found = np.zeros(values.size)
    for begin in range(0, values.size, block):
        past = values[max(begin - days * per_day, 0) : begin]
        if past.size >= per_day:
            found[begin : begin + block] = compared(past, values[begin : begin + block])
    return found

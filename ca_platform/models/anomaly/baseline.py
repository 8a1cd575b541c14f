"""What each figure is expected to be on a day, from the days before it: level, weekday, holidays, the year before.

One pass over the days. The outlook of a day uses the days before it alone, so that it never changes when days are added.
All of it is robust: a deviation moves the level at most by a few standard deviations, and not at all when it is too large
to be chance, until several days in a row say that the level has changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from ca_platform.models.anomaly.course import LEAST_SPREAD, Course, State
from ca_platform.models.anomaly.noise import noise, relative
from ca_platform.models.anomaly.records import DayMarks, Floats, Ints, Panel
from ca_platform.models.anomaly.scale import Scaled, scaled


@dataclass(frozen=True, slots=True, eq=False)
class Outlook:
    """What was known of each day before it began; all (n, m), on the scale of logarithms, NaN with too little history.

    Attributes:
        expected: without what the year before explains.
        variance: of a residual, beside what chance gives to a number of events.
        usual_size: events that are usually behind the figure.
        up, down: the largest deviations above and below about a year before, 0 where there was none beyond chance.
    """

    expected: Floats
    variance: Floats
    usual_size: Floats
    up: Floats
    down: Floats


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """Figures less what was expected of them.

    Attributes:
        scaled: the figures on the scale of logarithms.
        expected: (n, m) on that scale; NaN before there is enough history.
        residual: (n, m) logarithm of actual over expected.
        spread: (n, m) standard deviation of a residual on a quiet day with as many events.
    """

    scaled: Scaled
    expected: Floats
    residual: Floats
    spread: Floats

    @property
    def deviation(self) -> Floats:
        """(n, m) residuals in standard deviations."""
        return self.residual / self.spread


def residuals(panel: Panel, marks: DayMarks) -> Residuals:
    """Residuals of all days of a panel, each from the days before it."""
    on_scale = scaled(panel)
    course = Course(on_scale, weekdays(panel.days))
    return compared(on_scale, outlook(on_scale, course, marks.names()))


def weekdays(days: np.ndarray) -> Ints:
    """0 for Monday to 6 for Sunday."""
    found: Ints = (days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    return found


def outlook(
    on_scale: Scaled, course: Course, names: Sequence[str | None], first: int = 0, end: int | None = None
) -> Outlook:
    """What each day is expected to bring, in one pass over them.

    Args:
        on_scale: the figures.
        course: as the days before the first one have left it; goes on through the days.
        names: what is marked on each day, None for most.
        first, end: the days gone through.
    """
    end = on_scale.value.shape[0] if end is None else end
    shape = (5, end - first, on_scale.value.shape[1])
    told: list[State] = []
    for day in range(first, end):
        told.append(course.foretell(day, names[day]))
        course.learn(day, names[day])
    found = np.empty(shape)
    for row, values in zip(found, zip(*told, strict=True), strict=False):
        for place, value in enumerate(values):
            row[place] = value
    found[1:3, np.isnan(found[0])] = np.nan
    return Outlook(*found)


def compared(on_scale: Scaled, before: Outlook) -> Residuals:
    """Figures held against the outlook of their days.

    A deviation that was there the year before is expected up to its size then.
    """
    error = on_scale.value - before.expected
    with np.errstate(invalid="ignore"):
        seen_before = np.clip(np.where(np.isfinite(error), error, 0.0), before.down, before.up)
    expected = before.expected + seen_before
    spread = np.sqrt(before.variance * relative(on_scale, before.usual_size) + noise(on_scale, expected))
    return Residuals(on_scale, expected, on_scale.value - expected, np.maximum(spread, LEAST_SPREAD))

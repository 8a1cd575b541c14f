"""What each figure is expected to be on a day, from the days before it: level, weekday, holidays, the year before.

One pass over the days. The expectation of a day uses the days before it alone, so that it never changes when days are
added. All of it is robust: a deviation moves the level at most by a few standard deviations, and not at all when it is
too large to be chance, until several days in a row say that the level has changed.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, field

import numpy as np

from ca_platform.models.anomaly.records import DayMarks, Flags, Floats, Ints, Panel
from ca_platform.models.anomaly.scale import Scaled, scaled

# Days of a metric before the first expectation of it: four of each weekday.
START_DAYS = 28
# How fast the level follows; the mixture of them is learnt from how well each has foretold lately.
GAINS = (0.03, 0.08, 0.16, 0.3)
MEMORY = 0.97
SEASON_GAIN = 0.08
SPREAD_GAIN = 0.03
# Standard deviations: where a deviation stops counting more, where it counts as no chance, and how many days in a row on
# one side of the second bound are a new level.
HUBER, REJECT, SHIFT, SHIFT_DAYS = 1.5, 3.0, 1.5, 4
# E[min(z², 6.25)] of a normal z: what a clipped square is short of the variance.
_CLIP, _CLIPPED = 2.5, 0.956
_LEAST_SPREAD = 1e-3
# Days between which a peak of the year before is looked for: a date a year ago and the same weekday both lie within.
YEAR_FIRST, YEAR_LAST = 357, 371
YEAR_PEAK = 2.5


@dataclass(frozen=True, slots=True, eq=False)
class Residuals:
    """Figures less what was expected of them.

    Attributes:
        scaled: the figures on the scale of logarithms.
        expected: (n, m) on that scale; NaN before there is enough history.
        residual: (n, m) logarithm of actual over expected.
        spread: (n, m) standard deviation of a residual on a quiet day with as many events.
        weekday: (n,) 0 for Monday.
    """

    scaled: Scaled
    expected: Floats
    residual: Floats
    spread: Floats
    weekday: Ints

    @property
    def deviation(self) -> Floats:
        """(n, m) residuals in standard deviations."""
        return self.residual / self.spread


def residuals(panel: Panel, marks: DayMarks) -> Residuals:
    """Residuals of all days of a panel, each from the days before it."""
    on_scale = scaled(panel)
    weekday = (panel.days.astype("datetime64[D]").astype(np.int64) + 3) % 7
    known = np.isfinite(on_scale.value)
    course = _Course(on_scale, weekday, known)
    expected, spread = (np.full(on_scale.value.shape, np.nan) for _ in range(2))
    residual = np.full(on_scale.value.shape, np.nan)
    names = marks.names()
    for day in range(panel.days.size):
        expected[day], spread[day] = course.foretell(day, names[day], residual, spread)
        residual[day] = on_scale.value[day] - expected[day]
        course.learn(day, names[day])
    return Residuals(on_scale, expected, residual, spread, weekday)


@dataclass(slots=True, eq=False)
class _Course:
    """The state of the pass."""

    scaled: Scaled
    weekday: Ints
    known: Flags
    level: Floats = field(init=False)
    season: Floats = field(init=False)
    weight: Floats = field(init=False)
    variance: Floats = field(init=False)
    usual_size: Floats = field(init=False)
    count: Ints = field(init=False)
    run: Ints = field(init=False)
    ready: Flags = field(init=False)
    holidays: dict[str, list[Floats]] = field(init=False)
    plain: Floats = field(init=False)
    error: Floats = field(init=False)
    year: Floats = field(init=False)

    def __post_init__(self) -> None:
        metrics = self.known.shape[1]
        self.level = np.zeros((len(GAINS), metrics))
        self.season = np.zeros((7, metrics))
        self.weight = np.zeros((len(GAINS), metrics))
        self.variance = np.full(metrics, np.nan)
        self.usual_size = np.ones(metrics)
        self.count = np.cumsum(self.known, axis=0)
        self.run = np.zeros(metrics, np.int64)
        self.ready = np.zeros(metrics, bool)
        self.holidays = defaultdict(list)

    def foretell(self, day: int, name: str | None, residual: Floats, spread: Floats) -> tuple[Floats, Floats]:
        """Expectation and spread of a day."""
        if day:
            self._begin(day)
        share = np.exp(self.weight - self.weight.max(axis=0))
        share /= share.sum(axis=0)
        self.plain = (share * self.level).sum(axis=0) + self.season[self.weekday[day]]
        expected = self.plain + self._of_holiday(name)
        spread_today = np.sqrt(self.variance * self._relative(day) + self._noise(day, expected))
        self.error = self.scaled.value[day] - expected
        self.year = self._of_year_before(day, residual, spread) if name is None else np.zeros_like(expected)
        expected = np.where(self.ready, expected + self.year, np.nan)
        return expected, np.where(self.ready, np.maximum(spread_today, _LEAST_SPREAD), np.nan)

    def _begin(self, day: int) -> None:
        """Start the metrics of which there are enough days."""
        for metric in np.flatnonzero(~self.ready & (self.count[day - 1] >= START_DAYS)):
            days = np.flatnonzero(self.known[:day, metric])[-START_DAYS:]
            value, weekday = self.scaled.value[days, metric], self.weekday[days]
            centre = np.median(value)
            for each in range(7):
                here = value[weekday == each]
                self.season[each, metric] = np.median(here) - centre if here.size else 0.0
            left = value - self.season[weekday, metric]
            recent = left[-14:]
            self.level[:, metric] = np.median(recent)
            size = self.scaled.size[days, metric]
            self.usual_size[metric] = max(float(np.nanmean(size)), 1.0)
            # Four values of a weekday are closer to their own median than a fifth one will be.
            scatter = (1.5 * 1.4826 * np.median(np.abs(left - np.median(left)))) ** 2
            self.variance[metric] = max(scatter, _LEAST_SPREAD**2)
            self.ready[metric] = True

    def _noise(self, day: int, expected: Floats) -> Floats:
        """Variance that chance alone gives a logarithm: of a count 1 / count, of a ratio that of its numerator."""
        found = np.zeros_like(expected)
        with np.errstate(over="ignore", invalid="ignore"):
            raw = np.exp(np.minimum(expected, 30.0))
            size = self.scaled.size[day]
            found = np.where(self.scaled.is_count, 1 / (raw + 0.5), found)
            hits = raw * size
            found = np.where(self.scaled.is_ratio, np.maximum(1 - raw, 0.02) / (hits + 0.5), found)
        return np.where(np.isfinite(found), found, 0.0)

    def _relative(self, day: int) -> Floats:
        """Factor on the variance of amounts: half of it falls with the events behind them."""
        size = np.where(np.isfinite(self.scaled.size[day]), self.scaled.size[day], self.usual_size)
        return np.where(self.scaled.is_amount, 0.5 + 0.5 * self.usual_size / np.maximum(size, 1.0), 1.0)

    def _of_holiday(self, name: str | None) -> Floats | float:
        """What holidays have brought so far: the one of this name, shrunk towards all of them together."""
        if name is None or not self.holidays:
            return 0.0
        pooled = np.nanmean(np.array([np.mean(items, axis=0) for items in self.holidays.values()]), axis=0) * 0.5
        own = self.holidays.get(name, [])
        return np.asarray((np.sum(own, axis=0) if own else 0.0) + pooled) / (len(own) + 1)

    def _of_year_before(self, day: int, residual: Floats, spread: Floats) -> Floats:
        """The part of a deviation that a deviation of the same sign a year before explains."""
        if day < YEAR_FIRST:
            return np.zeros(self.known.shape[1])
        before = residual[max(day - YEAR_LAST, 0) : day - YEAR_FIRST + 1]
        with np.errstate(invalid="ignore"):
            peaks = np.where(
                np.abs(before) > YEAR_PEAK * spread[max(day - YEAR_LAST, 0) : day - YEAR_FIRST + 1], before, 0.0
            )
            up, down = np.maximum(peaks, 0.0).max(axis=0), np.minimum(peaks, 0.0).min(axis=0)
            error = np.where(np.isfinite(self.error), self.error, 0.0)
        return np.clip(error, down, up)

    def learn(self, day: int, name: str | None) -> None:
        """Move the state by what the day brought."""
        seen = self.ready & self.known[day]
        if not seen.any():
            return
        if name is not None:
            self.holidays[name].append(np.where(seen, self.scaled.value[day] - self.plain, 0.0))
            return
        noise, relative = self._noise(day, self.plain), self._relative(day)
        spread = np.sqrt(self.variance * relative + noise)
        error = np.where(seen, self.error - self.year, 0.0)
        z = error / np.maximum(spread, _LEAST_SPREAD)
        side = np.sign(z).astype(np.int64) * (np.abs(z) > SHIFT)
        same = (side != 0) & (np.sign(self.run) == side)
        self.run = np.where(seen, np.where(same, self.run + side, side), self.run)
        moved = np.abs(self.run) >= SHIFT_DAYS
        clipped = np.clip(z, -HUBER, HUBER) * spread
        step = np.where(np.abs(z) > REJECT, 0.0, clipped)
        step = np.where(moved, error, step)
        today = self.season[self.weekday[day]]
        own = self.scaled.value[day] - today - self.level
        with np.errstate(invalid="ignore"):
            loss = np.where(seen, np.minimum((own / np.maximum(spread, _LEAST_SPREAD)) ** 2, _CLIP**2), 0.0)
        self.weight = MEMORY * self.weight - 0.5 * loss
        gain = np.array(GAINS)[:, None]
        limit = np.where(np.abs(z) > REJECT, 0.0, HUBER * spread)
        limit = np.where(moved, np.inf, limit)
        own = np.where(seen, np.clip(np.where(np.isfinite(own), own, 0.0), -limit, limit), 0.0)
        self.level += np.where(moved, np.maximum(gain, 0.3), gain) * own
        self.season[self.weekday[day]] = today + SEASON_GAIN * np.where(moved, 0.0, step)
        square = np.minimum(z**2, _CLIP**2) * spread**2 / _CLIPPED
        target = np.maximum(
            self.variance + SPREAD_GAIN * ((square - noise) / relative - self.variance), _LEAST_SPREAD**2
        )
        self.variance = np.where(seen & ~moved, target, self.variance)
        size = np.where(np.isfinite(self.scaled.size[day]), self.scaled.size[day], self.usual_size)
        self.usual_size = np.where(seen, self.usual_size + 0.03 * (size - self.usual_size), self.usual_size)

"""The state of the pass over the days: levels, weekdays, holidays and spreads as the days before have left them."""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy

import numpy as np

from ca_platform.models.anomaly.noise import Chance
from ca_platform.models.anomaly.records import Floats, Ints
from ca_platform.models.anomaly.scale import Scaled

# Days of a metric before the first expectation of it: four of each weekday.
START_DAYS = 28
# How fast the level follows; the mixture of them is learnt from how well each has foretold lately.
GAINS = np.array([0.03, 0.08, 0.16, 0.3])[:, None]
# After a new level none of them lags behind.
_MOVED_GAINS = np.maximum(GAINS, 0.3)
MEMORY = 0.97
SEASON_GAIN = 0.12
# Spreads are the mean of all days until those are so many that each counts by this much. One that follows every stormy
# month hides the next incident, and makes incidents of calm days after it: in a shop of 60 orders a day a memory of a month
# costs several of a hundred incidents.
SPREAD_GAIN = 0.01
# Standard deviations: where a deviation stops counting more, where it counts as no chance, and how many days in a row on
# one side of the third bound are a new level.
HUBER, REJECT, SHIFT, SHIFT_DAYS = 2.0, 3.5, 1.5, 4
# E[min(z², 6.25)] of a normal z: what a clipped square is short of the variance.
_CLIP, _CLIPPED = 2.5, 0.956
LEAST_SPREAD = 1e-3
# Days back at which a peak is looked for: the date and the weekday of one and two years ago, and the weekday a week off, to
# which days like the last Friday of a month move. Not all days about then: an incident there would hide one of today.
YEAR_LAGS = np.array([357, 364, 365, 366, 371, 728, 730, 731, 735])
YEAR_PEAK = 2.5

# No deviation about a year before.
_NONE = np.zeros(())

State = tuple[Floats, Floats, Floats, Floats, Floats]


class Course:
    """Goes through the days: ``foretell`` a day, then ``learn`` it.

    A copy goes on from the same state with other figures.
    """

    def __init__(self, on_scale: Scaled, weekday: Ints) -> None:
        days, metrics = on_scale.value.shape
        self._take(on_scale)
        self.weekday = weekday
        self.count = np.cumsum(self.known, axis=0)
        self.level = np.zeros((GAINS.size, metrics))
        self.season = np.zeros((7, metrics))
        self.weight = np.zeros((GAINS.size, metrics))
        self.variance = np.ones(metrics)
        self.usual_size = np.ones(metrics)
        self.learnt = np.zeros(metrics)
        self.run = np.zeros(metrics)
        self.ready = np.zeros(metrics, bool)
        self.is_begun = False
        self.holidays: dict[str, list[Floats]] = defaultdict(list)
        # Deviations beyond chance, a row per day, 0 elsewhere.
        self.peaks = np.zeros((days, metrics))
        self.state: State = (self.variance,) * 5

    def _take(self, on_scale: Scaled) -> None:
        self.scaled = on_scale
        self.known = np.isfinite(on_scale.value)
        self.value = np.where(self.known, on_scale.value, 0.0)
        self.chance = Chance(on_scale)

    def continued(self, on_scale: Scaled) -> Course:
        """The same state over other figures of the days to come."""
        other = object.__new__(Course)
        own = {"scaled", "known", "value", "chance"}
        other.__dict__ = {
            key: value if key == "weekday" else deepcopy(value)
            for key, value in self.__dict__.items()
            if key not in own
        }
        other._take(on_scale)
        return other

    def foretell(self, day: int, name: str | None) -> State:
        """Expectation, variance, usual size, and the largest deviations of the year before of a day."""
        if not self.is_begun and day:
            self._begin(day)
            self.is_begun = bool(self.ready.all())
        share = np.exp(self.weight - np.maximum.reduce(self.weight))
        plain = np.add.reduce(share * self.level) / np.add.reduce(share) + self.season[self.weekday[day]]
        expected = plain if name is None else plain + self._of_holiday(name)
        if not self.is_begun:
            expected = np.where(self.ready, expected, np.nan)
        up = down = _NONE
        if day >= YEAR_LAGS[0]:
            before = self.peaks[day - YEAR_LAGS[day >= YEAR_LAGS]]
            up, down = np.maximum.reduce(before, initial=0.0), np.minimum.reduce(before, initial=0.0)
        self.state = (expected, self.variance, self.usual_size, up, down)
        return self.state

    def _begin(self, day: int) -> None:
        """Start the metrics of which there are enough days."""
        # What was foretold of earlier days stays.
        self.variance, self.usual_size = self.variance.copy(), self.usual_size.copy()
        for metric in np.flatnonzero(~self.ready & (self.count[day - 1] >= START_DAYS)):
            days = np.flatnonzero(self.known[:day, metric])[-START_DAYS:]
            value, weekday = self.scaled.value[days, metric], self.weekday[days]
            centre = np.median(value)
            for each in range(7):
                here = value[weekday == each]
                self.season[each, metric] = np.median(here) - centre if here.size else 0.0
            left = value - self.season[weekday, metric]
            self.level[:, metric] = np.median(left[-START_DAYS // 2 :])
            self.usual_size[metric] = max(float(np.nanmean(self.scaled.size[days, metric])), 1.0)
            # Four values of a weekday are closer to their own median than a fifth one will be.
            scatter = 1.5 * 1.4826 * float(np.median(np.abs(left - np.median(left))))
            self.variance[metric] = max(scatter, LEAST_SPREAD) ** 2
            self.ready[metric] = True

    def _of_holiday(self, name: str | None) -> Floats | float:
        """What holidays have brought so far: the one of this name, shrunk towards half of all of them together."""
        if name is None or not self.holidays:
            return 0.0
        pooled = np.mean([np.mean(items, axis=0) for items in self.holidays.values()], axis=0) / 2
        own = self.holidays.get(name, [])
        found: Floats = (np.sum([*own, pooled], axis=0)) / (len(own) + 1)
        return found

    def learn(self, day: int, name: str | None) -> None:
        """Move the state by what the day brought."""
        seen = self.ready & self.known[day]
        if not seen.any():
            return
        expected, _, _, up, down = self.state
        value = self.value[day]
        expected = expected if self.is_begun else np.where(seen, expected, 0.0)
        error = np.where(seen, value - expected, 0.0)
        if name is not None:
            brought = error + self._of_holiday(name)
            self.holidays[name].append(brought)
            return
        by_chance, factor = self.chance.noise(day, expected), self.chance.relative(day, self.usual_size)
        spread = np.maximum(np.sqrt(self.variance * factor + by_chance), LEAST_SPREAD)
        self.peaks[day] = np.where(np.abs(error) > YEAR_PEAK * spread, error, 0.0)
        # A peak that was expected says as little of usual days as one that was not.
        square = np.minimum((error / spread) ** 2, _CLIP**2) * spread**2 / _CLIPPED
        if up is not _NONE:
            error = error - np.minimum(np.maximum(error, down), up)
        z = error / spread
        moved = self._moved(z, seen)
        self._follow(day, error, spread, np.where(np.abs(z) > REJECT, 0.0, HUBER * spread), moved, seen)
        self.learnt = self.learnt + seen
        gain = np.maximum(1 / (START_DAYS + self.learnt), SPREAD_GAIN)
        toward = self.variance + gain * ((square - by_chance) / factor - self.variance)
        self.variance = np.where(seen & ~moved, np.maximum(toward, LEAST_SPREAD**2), self.variance)
        size = self.scaled.size[day]
        more = np.where(seen & np.isfinite(size), size - self.usual_size, 0.0)
        self.usual_size = self.usual_size + gain * more

    def _follow(
        self, day: int, error: Floats, spread: Floats, allowed: Floats, moved: np.ndarray, seen: np.ndarray
    ) -> None:
        """Move levels and the weekday, by no more than is allowed but after a new level."""
        weekday = self.weekday[day]
        own = np.where(seen, self.value[day] - self.season[weekday] - self.level, 0.0)
        loss = np.minimum((own / spread) ** 2, _CLIP**2)
        self.weight = MEMORY * self.weight - loss / 2
        held = np.minimum(np.maximum(own, -allowed), allowed)
        step, season = GAINS * held, np.minimum(np.maximum(error, -allowed), allowed)
        if moved.any():
            step, season = np.where(moved, _MOVED_GAINS * own, step), np.where(moved, 0.0, season)
        self.level = self.level + step
        self.season[weekday] += SEASON_GAIN * season

    def _moved(self, z: Floats, seen: np.ndarray) -> np.ndarray:
        """Which metrics have been on one side for so many days that this is their level now."""
        side = np.where(np.abs(z) > SHIFT, np.sign(z), 0.0)
        self.run = np.where(seen, np.where(side * self.run > 0, self.run + side, side), self.run)
        found: np.ndarray = np.abs(self.run) >= SHIFT_DAYS
        return found

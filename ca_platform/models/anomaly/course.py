"""The state of the pass over the days: levels, weekdays, holidays and spreads as the days before have left them."""

from __future__ import annotations

from collections import defaultdict
from copy import deepcopy

import numpy as np

from ca_platform.models.anomaly.noise import noise, relative
from ca_platform.models.anomaly.records import Floats, Ints
from ca_platform.models.anomaly.scale import Scaled

# Days of a metric before the first expectation of it: four of each weekday.
START_DAYS = 28
# How fast the level follows; the mixture of them is learnt from how well each has foretold lately.
GAINS = np.array([0.03, 0.08, 0.16, 0.3])[:, None]
MEMORY = 0.97
SEASON_GAIN = 0.12
SPREAD_GAIN = 0.03
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

State = tuple[Floats, Floats, Floats, Floats, Floats]


class Course:
    """Goes through the days: ``foretell`` a day, then ``learn`` it.

    A copy goes on from the same state with other figures.
    """

    def __init__(self, on_scale: Scaled, weekday: Ints) -> None:
        days, metrics = on_scale.value.shape
        self.scaled = on_scale
        self.weekday = weekday
        self.known = np.isfinite(on_scale.value)
        self.count = np.cumsum(self.known, axis=0)
        self.level = np.zeros((GAINS.size, metrics))
        self.season = np.zeros((7, metrics))
        self.weight = np.zeros((GAINS.size, metrics))
        self.variance = np.full(metrics, np.nan)
        self.usual_size = np.ones(metrics)
        self.run = np.zeros(metrics, np.int64)
        self.ready = np.zeros(metrics, bool)
        self.holidays: dict[str, list[Floats]] = defaultdict(list)
        # Deviations beyond chance, a row per day, 0 elsewhere.
        self.peaks = np.zeros((days, metrics))
        self.state: State = (self.variance,) * 5

    def continued(self, on_scale: Scaled) -> Course:
        """The same state over other figures of the days to come."""
        other = object.__new__(Course)
        other.__dict__ = {
            key: value if key == "weekday" else deepcopy(value)
            for key, value in self.__dict__.items()
            if key != "scaled"
        }
        other.scaled = on_scale
        other.known = np.isfinite(on_scale.value)
        return other

    def foretell(self, day: int, name: str | None) -> State:
        """Expectation, variance, usual size, and the largest deviations of the year before of a day."""
        if day and not self.ready.all():
            self._begin(day)
        share = np.exp(self.weight - self.weight.max(axis=0))
        plain = (share * self.level).sum(axis=0) / share.sum(axis=0) + self.season[self.weekday[day]]
        expected = np.where(self.ready, plain + self._of_holiday(name), np.nan)
        up = down = np.zeros_like(plain)
        lags = YEAR_LAGS[day >= YEAR_LAGS]
        if lags.size:
            before = self.peaks[day - lags]
            up, down = np.maximum(before.max(axis=0), 0.0), np.minimum(before.min(axis=0), 0.0)
        self.state = (expected, self.variance, self.usual_size, up, down)
        return self.state

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
            self.level[:, metric] = np.median(left[-START_DAYS // 2 :])
            self.usual_size[metric] = max(float(np.nanmean(self.scaled.size[days, metric])), 1.0)
            # Four values of a weekday are closer to their own median than a fifth one will be.
            scatter = 1.5 * 1.4826 * float(np.median(np.abs(left - np.median(left))))
            self.variance = self.variance.copy()
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
        value = np.where(seen, self.scaled.value[day], 0.0)
        expected = np.where(seen, expected, 0.0)
        if name is not None:
            brought = np.where(seen, value - expected, 0.0) + self._of_holiday(name)
            self.holidays[name].append(brought)
            return
        today = self.scaled.row(day)
        by_chance, factor = noise(today, expected), relative(today, self.usual_size)
        spread = np.maximum(np.sqrt(np.where(self.ready, self.variance, 1.0) * factor + by_chance), LEAST_SPREAD)
        error = np.where(seen, value - expected, 0.0)
        self.peaks[day] = np.where(np.abs(error) > YEAR_PEAK * spread, error, 0.0)
        # A peak that was expected says as little of usual days as one that was not.
        square = np.minimum((error / spread) ** 2, _CLIP**2) * spread**2 / _CLIPPED
        error -= np.clip(error, down, up)
        z = error / spread
        moved = self._moved(z, seen)
        allowed = np.where(moved, np.inf, np.where(np.abs(z) > REJECT, 0.0, HUBER * spread))
        own = np.where(seen, value - self.season[self.weekday[day]] - self.level, 0.0)
        loss = np.where(seen, np.minimum((own / spread) ** 2, _CLIP**2), 0.0)
        self.weight = MEMORY * self.weight - loss / 2
        self.level = self.level + np.where(moved, np.maximum(GAINS, 0.3), GAINS) * np.clip(own, -allowed, allowed)
        season = SEASON_GAIN * np.where(moved, 0.0, np.clip(error, -allowed, allowed))
        self.season[self.weekday[day]] += season
        toward = self.variance + SPREAD_GAIN * ((square - by_chance) / factor - self.variance)
        self.variance = np.where(seen & ~moved, np.maximum(toward, LEAST_SPREAD**2), self.variance)
        size = np.where(np.isfinite(today.size), today.size, self.usual_size)
        self.usual_size = np.where(seen, self.usual_size + SPREAD_GAIN * (size - self.usual_size), self.usual_size)

    def _moved(self, z: Floats, seen: np.ndarray) -> np.ndarray:
        """Which metrics have been on one side for so many days that this is their level now."""
        side = np.sign(z).astype(np.int64) * (np.abs(z) > SHIFT)
        same = (side != 0) & (np.sign(self.run) == side)
        self.run = np.where(seen, np.where(same, self.run + side, side), self.run)
        return np.abs(self.run) >= SHIFT_DAYS

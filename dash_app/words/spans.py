"""The durations of a delivery: their names, what they last from and to, and one unit for all numbers of a chart."""

from __future__ import annotations

from dataclasses import dataclass

import polars as pl

from dash_app.filters import Duration

NAMES: dict[Duration, str] = {"deliver": "delivery", "prepare": "preparation", "ride": "ride", "return": "return"}
LASTS: dict[Duration, str] = {
    "deliver": "from the order to the door",
    "prepare": "from the order until it was ready to leave",
    "ride": "from leaving to the door",
    "return": "from the door until it was back",
}
_HOURS_FROM, _DAYS_FROM = 180, 48 * 60


@dataclass(frozen=True, slots=True)
class Unit:
    """A unit of time.

    Attributes:
        name: as it stands behind a number.
        minutes: how many it has.
        digits: after the point.
    """

    name: str
    minutes: float
    digits: int

    def of(self, minutes: pl.Series) -> pl.Series:
        """Minutes in this unit."""
        return minutes / self.minutes

    @property
    def hover(self) -> str:
        """d3's format of a number, and the unit behind it."""
        return f",.{self.digits}f"


def unit(longest: float) -> Unit:
    """The unit in which numbers up to ``longest`` minutes are read best.

    >>> [unit(minutes).name for minutes in (45, 600, 20_000)]
    ['min', 'h', 'days']
    """
    if longest < _HOURS_FROM:
        return Unit("min", 1, 1)
    return Unit("h", 60, 1) if longest < _DAYS_FROM else Unit("days", 24 * 60, 1)


def unit_of(minutes: pl.Series) -> Unit:
    """The unit for a column of minutes; its very longest may be an exception, so nine of ten decide."""
    high = minutes.quantile(0.9)
    return unit(float(high) if high is not None else 0.0)

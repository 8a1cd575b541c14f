"""Where to cut a history for a back-test."""

from __future__ import annotations

from dataclasses import dataclass

# The longest horizon of a back-test, as a part of the history: as much again must lie before the first origin.
LARGEST_PART = 1 / 4


@dataclass(frozen=True, slots=True)
class Origin:
    """An instant at which a back-test forecasts, and how far.

    Attributes:
        at, horizon: in days, ``at`` as in the history.
    """

    at: float
    horizon: float

    @property
    def end(self) -> float:
        """The end of what the forecast is held against."""
        return self.at + self.horizon


def rolling_origins(start: float, end: float, horizon: float, count: int = 4) -> tuple[Origin, ...]:
    """The origins of a back-test, the earliest first; the horizon of the last one ends with the history.

    The horizon is the one asked for, or a quarter of the history where that is shorter. Horizons follow one another where
    there is room, else they overlap: as much as one horizon lies before the first origin. (Tashman 2000, "Out-of-sample
    tests of forecasting accuracy: an analysis and review", section 2, on rolling origins.)

    Args:
        start, end: of the history, in days.
        horizon: in days.
        count: of origins; at least 2.

    Returns:
        None of them for a history of no length or a horizon of none.

    >>> [(origin.at, origin.horizon) for origin in rolling_origins(0, 120, 10)]
    [(80.0, 10.0), (90.0, 10.0), (100.0, 10.0), (110.0, 10.0)]
    >>> [(origin.at, origin.horizon) for origin in rolling_origins(0, 120, 60)]
    [(30.0, 30.0), (50.0, 30.0), (70.0, 30.0), (90.0, 30.0)]
    """
    length = end - start
    usable = min(horizon, length * LARGEST_PART)
    if usable <= 0:
        return ()
    step = min(usable, (length - 2 * usable) / (count - 1))
    return tuple(Origin(float(end - usable - back * step), float(usable)) for back in reversed(range(count)))

"""Where to cut a history for a back-test."""

from __future__ import annotations

from dataclasses import dataclass

# A back-test looks ahead for no more than this part of the history: as much must lie before the first origin.
QUARTERS = 4


@dataclass(frozen=True, slots=True)
class Origin:
    """The first moment of a day at which a back-test forecasts, and how far.

    Attributes:
        at: number of the day, as in the history; what happens on it is not known yet.
        horizon: in days.
    """

    at: int
    horizon: int

    @property
    def end(self) -> int:
        """The first day that the outcome has no part of."""
        return self.at + self.horizon


def rolling_origins(start: int, end: int, horizon: int, count: int = 4) -> tuple[Origin, ...]:
    """The origins of a back-test, the earliest first; the horizon of the last one ends with the history.

    The horizon is the one asked for, or a quarter of the history where that is shorter. Horizons follow one another where
    there is room, else they overlap: as much as one horizon lies before the first origin. (Tashman 2000, "Out-of-sample
    tests of forecasting accuracy: an analysis and review", section 2, on rolling origins.)

    Args:
        start, end: numbers of the first day of the history and of the first one after it.
        horizon: in days.
        count: of origins, 2 and up; in a history of few days there are fewer.

    Returns:
        None of them for a history of less than four days or a horizon of none.

    >>> [(origin.at, origin.horizon) for origin in rolling_origins(0, 120, 10)]
    [(80, 10), (90, 10), (100, 10), (110, 10)]
    >>> [(origin.at, origin.horizon) for origin in rolling_origins(0, 120, 60)]
    [(30, 30), (50, 30), (70, 30), (90, 30)]
    """
    length = end - start
    usable = min(horizon, length // QUARTERS)
    if usable < 1:
        return ()
    room = length - 2 * usable
    backs = {min(usable * back, room * back // (count - 1)) for back in range(count)}
    return tuple(Origin(end - usable - back, usable) for back in sorted(backs, reverse=True))

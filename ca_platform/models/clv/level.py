"""The level of forecasts: by which factor totals are put right, learnt from what earlier forecasts have missed.

Who is worth more than whom, and how much all are worth together, are two questions. Models of orders rank well and know no
season and no trend; a factor for all leaves the ranks as they are. A factor learnt from the half-year before makes it worse
where the next half is the strong one, so the season takes part (``missing``), and none is used unless it would have helped
at earlier origins, each time with nothing but what was known by then.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike

from ca_platform.models.clv.missing import YEAR_WEEKS, expected_error, spread_of_young
from ca_platform.models.clv.records import Floats

ALL_SEASONS = YEAR_WEEKS - 2
"""Weeks after which the outcomes of origins have seen every season."""

MOST_WIDTH = float(np.log(100))
"""Half the width of an interval that says hardly anything, as a logarithm."""

# Fewer times that were forecast tell nothing, and a factor must have been tried at so many origins.
_LEAST_KNOWN, _LEAST_TRIALS = 2, 2
# Origins of a shop with history enough count by this variance of their errors, young ones by theirs on top of it.
_USUAL = 0.02


@dataclass(frozen=True, slots=True, eq=False)
class PastForecasts:
    """Totals that were forecast at earlier origins, and what came, by ascending time.

    Attributes:
        at_weeks: when the forecast was made, in weeks since any moment.
        horizon_weeks: what it was made for.
        forecast, outcome: orders or money, a row per origin and a column for each of so many equal parts of the horizon;
            no number where a part has not ended yet. Origins with nothing in either are left out.
    """

    at_weeks: Floats
    horizon_weeks: float
    forecast: Floats
    outcome: Floats

    def __init__(self, at_weeks: ArrayLike, horizon_weeks: float, forecast: ArrayLike, outcome: ArrayLike) -> None:
        """One column may be given as an array of one dimension."""
        at = np.asarray(at_weeks, np.float64)
        said, came = (
            np.asarray(rows, np.float64).reshape(at.size, -1 if at.size else 1) for rows in (forecast, outcome)
        )
        told = (said.sum(axis=1) > 0) & (np.nansum(came, axis=1) > 0)
        object.__setattr__(self, "horizon_weeks", horizon_weeks)
        for name, column in (("at_weeks", at), ("forecast", said), ("outcome", came)):
            object.__setattr__(self, name, column[told])

    @property
    def log_errors(self) -> Floats:
        """Logarithm of outcome over forecast of each origin, all parts together: above 0 where too little was forecast.

        No number where a part has not ended.
        """
        return np.asarray(np.log(self.outcome.sum(axis=1) / self.forecast.sum(axis=1)))

    def known_at(self, at_weeks: float) -> PastForecasts:
        """What was known at a time: the parts that had ended."""
        parts = self.forecast.shape[1]
        ends = self.at_weeks[:, None] + self.horizon_weeks * np.arange(1, parts + 1) / parts
        outcome = np.where(ends <= at_weeks + 1e-9, self.outcome, np.nan)
        return PastForecasts(self.at_weeks, self.horizon_weeks, self.forecast, outcome)

    def to_expect(self, ahead_weeks: float, now_weeks: float) -> float:
        """The logarithm of outcome over forecast to expect of so many weeks from now on; NaN after too few parts."""
        with np.errstate(divide="ignore"):
            errors = np.log(self.outcome / self.forecast)
        origin, part = np.nonzero(np.isfinite(errors))
        if part.size < _LEAST_KNOWN:
            return np.nan
        length = self.horizon_weeks / self.forecast.shape[1]
        young = spread_of_young(self.at_weeks, self.horizon_weeks)[origin]
        some = max(round(ahead_weeks / length), 1)
        ahead = now_weeks + ahead_weeks * (np.arange(some) + 0.5) / some
        return expected_error(self.at_weeks[origin] + length * (part + 0.5), errors[origin, part], young, ahead)


@dataclass(frozen=True, slots=True)
class Level:
    """What a total is multiplied by, and how far it may still be off.

    Attributes:
        factor: above 0; 1 where earlier origins do not show that another would help.
        method: ``none``, or ``learnt``: from a year of earlier origins, and more.
        log_error: root mean square of the logarithms of outcome over forecast that remain at earlier origins, for the
            intervals of totals; those of a young shop count less; None where there were fewer than two.
        origins: behind ``log_error``.
        horizon_weeks: of the forecasts at those origins.
        reason: why the method was chosen, in words.
    """

    factor: float
    method: str
    log_error: float | None
    origins: int
    horizon_weeks: float
    reason: str


def learn_level(
    past: PastForecasts, at_weeks: float, ahead_weeks: float | None = None, like: PastForecasts | None = None
) -> Level:
    """The factor for a forecast that is made now, from the forecasts of earlier origins.

    Before a year has passed what is missed may be the season or the shop, so that there is none. (A factor learnt from
    less made totals of two young shops worse at their earlier origins, and of a third one better.)

    Args:
        ahead_weeks: what is forecast now; the horizon of the origins unless said.
        like: totals whose errors tell what to expect of these; their own unless said. Money follows orders, whose errors
            have less chance in them.

    >>> year = [0.0, 13.0, 26.0, 39.0]
    >>> past = PastForecasts(year + [52.0 + week for week in year], 13.0, [100.0] * 8, [90.0, 95.0, 80.0, 160.0] * 2)
    >>> level = learn_level(past, at_weeks=104.0)
    >>> level.method, round(level.factor, 2), level.reason
    ('learnt', 0.93, 'at 6 earlier origins it would have left 75 % of the error')
    """
    like = past if like is None else like
    if not past.at_weeks.size or at_weeks - past.at_weeks[0] < ALL_SEASONS:
        return _none(past, "less than a year of earlier origins tells no season")
    plain, tried = past.log_errors, _tried(past, like)
    rows = np.isfinite(plain) & np.isfinite(tried)
    if rows.sum() < _LEAST_TRIALS:
        return _none(past, "too few earlier origins tell whether a factor helps")
    left = float(np.abs(plain - tried)[rows].mean() / max(np.abs(plain)[rows].mean(), 1e-9))
    if left > 1:
        return _none(past, f"at earlier origins a factor would have left {left:.0%} of the error".replace("%", " %"))
    reason = f"at {rows.sum()} earlier origins it would have left {left:.0%} of the error".replace("%", " %")
    factor = float(np.exp(like.to_expect(ahead_weeks or past.horizon_weeks, at_weeks)))
    remaining = _root_mean_square((plain - tried)[rows], spread_of_young(past.at_weeks, past.horizon_weeks)[rows])
    return Level(factor, "learnt", remaining, int(rows.sum()), past.horizon_weeks, reason)


def factors_at(past: PastForecasts, like: PastForecasts | None = None) -> dict[float, float]:
    """By when it was made, what each forecast would have been multiplied by, with what was known then; 1 after too few."""
    tried = _tried(past, past if like is None else like)
    return dict(zip(past.at_weeks.tolist(), np.exp(np.nan_to_num(tried)).tolist(), strict=True))


def total_interval(total: float, level: Level, horizon_weeks: float, share: float = 0.8) -> tuple[float, float] | None:
    """Interval of a total that has been multiplied by the level's factor, in the unit of the total.

    Chance among many customers is far smaller than the error of the level itself, of which a handful of origins has told:
    Student's t with as many degrees of freedom, of the logarithm. A horizon longer than that of the origins is less
    certain by the root of their ratio, as a level that walks at random would be.

    Returns:
        None where fewer than two origins tell how far totals may be off.

    >>> level = Level(1.0, "none", log_error=0.1, origins=4, horizon_weeks=13.0, reason="")
    >>> [round(end, 1) for end in total_interval(100.0, level, horizon_weeks=26.0)]
    [80.5, 124.2]
    """
    width = log_width(level, horizon_weeks, share)
    return None if width is None else (float(total * np.exp(-width)), float(total * np.exp(width)))


def log_width(level: Level, horizon_weeks: float, share: float = 0.8) -> float | None:
    """Half the width of ``total_interval``, as a logarithm; that of a hundredth to the hundredfold at most.

    Two origins of a young shop can leave an error that knows no bound, and a wider interval would say no more.
    """
    from scipy.special import stdtrit

    if level.log_error is None:
        return None
    longer = max(horizon_weeks / level.horizon_weeks, 1.0)
    return min(float(stdtrit(level.origins, (1 + share) / 2) * level.log_error * np.sqrt(longer)), MOST_WIDTH)


def _tried(past: PastForecasts, like: PastForecasts) -> Floats:
    """The logarithm to expect at each origin, with what was known then; NaN after too few."""
    return np.array([like.known_at(at).to_expect(past.horizon_weeks, at) for at in past.at_weeks.tolist()], np.float64)


def _none(past: PastForecasts, reason: str) -> Level:
    """No factor, and how far forecasts were off without one."""
    ended = np.isfinite(past.log_errors)
    errors, young = past.log_errors[ended], spread_of_young(past.at_weeks, past.horizon_weeks)[ended]
    remaining = _root_mean_square(errors, young)
    return Level(1.0, "none", remaining, errors.size, past.horizon_weeks, reason)


def _root_mean_square(errors: Floats, young: Floats) -> float | None:
    """What is told of forecasts to come: errors of a young shop, which has outgrown them, count less."""
    if errors.size < 2:
        return None
    return float(np.sqrt(np.average(errors**2, weights=1 / (_USUAL + young))))

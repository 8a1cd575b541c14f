"""The level of each candidate's probabilities, learnt from earlier origins and from the same season a year before."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from ca_platform.models.backtest import Origin, brier_score
from ca_platform.models.backtest.history import Flags, Floats
from ca_platform.models.churn.calibration import level_error, next_level, seasonal_level
from ca_platform.models.churn.features import expit

# A year in whole weeks: the same weekdays.
YEAR = 364
# One origin is no proof that the season helps.
_FEWEST = 2

# What must be added to the logarithm of the odds, by candidate.
ByModel = Mapping[str, float]


@dataclass(frozen=True, slots=True, eq=False)
class Judged:
    """What was said at an origin, and what then happened.

    Attributes:
        log_odds: by candidate, before any level is set.
        silent: who did not order in the horizon.
        year_before: the level errors of the same days a year before, which were known at the origin; None without.
    """

    origin: Origin
    log_odds: Mapping[str, Floats]
    silent: Flags
    year_before: ByModel | None


def learn_levels(
    tested: Sequence[Judged], year_before: Callable[[], ByModel | None]
) -> tuple[list[dict[str, float]], dict[str, float]]:
    """The level of every candidate at each origin, as could be known then, and the one to serve with.

    The level is that of the origins that had ended; that of the season is mixed in for the candidates whose mean Brier
    score it betters over the origins that have a year before them, and for no others.

    Args:
        tested: all origins, the earliest first.
        year_before: gives the level errors a year before the time of serving; asked for only where they are used.
    """
    names = list(tested[0].log_odds) if tested else []
    errors = {name: [level_error(own.log_odds[name], own.silent) for own in tested] for name in names}
    rolled = [_rolled(own.origin, tested, errors) for own in tested]
    seasonal = {name for name in names if _helps(name, tested, rolled)}
    then = [_mixed(levels, own.year_before, seasonal) for levels, own in zip(rolled, tested, strict=True)]
    now = {name: next_level(own) for name, own in errors.items()}
    return then, _mixed(now, year_before() if seasonal else None, seasonal)


def _rolled(origin: Origin, tested: Sequence[Judged], errors: Mapping[str, Sequence[float]]) -> dict[str, float]:
    """The levels to expect from the origins whose outcome was known at this one."""
    ended = [place for place, other in enumerate(tested) if other.origin.end <= origin.at]
    return {name: next_level([own[place] for place in ended]) for name, own in errors.items()}


def _mixed(rolled: Mapping[str, float], year_before: ByModel | None, seasonal: set[str]) -> dict[str, float]:
    if year_before is None:
        return dict(rolled)
    return {
        name: seasonal_level(level, year_before[name]) if name in seasonal else level for name, level in rolled.items()
    }


def _helps(name: str, tested: Sequence[Judged], rolled: Sequence[ByModel]) -> bool:
    """Whether the season betters a candidate's Brier score over the origins that have a year before them."""
    gains = []
    for own, levels in zip(tested, rolled, strict=True):
        if own.year_before is not None:
            plain, mixed = levels[name], seasonal_level(levels[name], own.year_before[name])
            scores = [brier_score(own.silent, expit(own.log_odds[name] + level)) for level in (plain, mixed)]
            gains.append(scores[0] - scores[1])
    return len(gains) >= _FEWEST and float(np.mean(gains)) > 0

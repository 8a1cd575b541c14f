"""What a stretch of days is judged by: a yardstick and the past scores of each detector, all from the days before it.

The past is scored by yardsticks that were learnt without it (cross-conformal, in four parts): with the days that a
yardstick was learnt from, quiet days to come would look stranger than they are.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from ca_platform.models.anomaly.baseline import Residuals
from ca_platform.models.anomaly.calibration import Past, quiet_past
from ca_platform.models.anomaly.causes import Causes
from ca_platform.models.anomaly.evidence import Evidence, Observed, Yardstick, held_out, yardstick
from ca_platform.models.anomaly.records import Flags, Floats, Ints

# Days before the first judgement, and those of them that teach what figures are expected to be.
LEAST_HISTORY = 56
# Days that a yardstick is learnt from at most, and days between two of them: a week, later four.
WINDOW_DAYS = 365
WEEK, MONTH, WEEKLY_UNTIL = 7, 28, 196
_PARTS = 4


def matched(found: Evidence) -> Floats:
    """How surprising the likeliest single cause is, and all deviations together.

    Their sum finds more than either: a cause tells a small change of one thing from chance, the distance finds what no
    cause foresees.
    """
    likeliest: Floats = np.maximum(found.surprise.max(axis=1, initial=0.0), 0.0)
    return likeliest + found.distant


def weighed(found: Evidence) -> Floats:
    """How likely it is that anything at all has gone wrong: the odds of all causes together, as a logarithm.

    It spends the budget on what goes wrong in shops more often, and on changes of everything over several days.
    """
    together: Floats = np.logaddexp.reduce(found.odds, axis=1, initial=0.0)
    return together


def mahalanobis(found: Evidence) -> Floats:
    """The Mahalanobis distance of the deviations, by a shrunk covariance."""
    return found.distance


BY_EVIDENCE: dict[str, Callable[[Evidence], Floats]] = {
    "weighed": weighed,
    "matched": matched,
    "mahalanobis": mahalanobis,
}


@dataclass(frozen=True, slots=True, eq=False)
class Judge:
    """What judges the days from ``first`` to before ``end``.

    Attributes:
        past: by detector, the scores of quiet days.
    """

    first: int
    end: int
    yardstick: Yardstick
    past: Mapping[str, Past]


def observed(found: Residuals, possible: Causes, lasting_deviation: Floats) -> Observed:
    """What is known of the days of some residuals, and of the last days together."""
    spread = np.where(np.isfinite(found.spread), found.spread, 1.0)
    return Observed(found.deviation, lasting_deviation, possible.directions(found.expected) / spread[:, None, :])


def judges(
    seen: Observed, possible: Causes, is_marked: Flags, budget: float, scores: Mapping[str, Floats], since: int = 0
) -> Iterator[Judge]:
    """The judges of a history, each learnt from the days before its own.

    Args:
        scores: by further detector, the score of each day, NaN where it has none.
        since: those of days before it are left out.
    """
    days = seen.deviation.shape[0]
    learnable = np.isfinite(seen.deviation).any(axis=1) & ~is_marked
    first = LEAST_HISTORY
    while first < days:
        end = first + (WEEK if first < WEEKLY_UNTIL else MONTH)
        past = np.flatnonzero(learnable[:first])[-WINDOW_DAYS:]
        if past.size >= WEEK and end > since:
            usual, own = _crossed(seen.rows(past), possible, past)
            own |= {name: score[past] for name, score in scores.items()}
            yield Judge(
                first, min(end, days), usual, {name: quiet_past(score, past, budget) for name, score in own.items()}
            )
        first = end


def _crossed(seen: Observed, possible: Causes, past: Ints) -> tuple[Yardstick, dict[str, Floats]]:
    """A yardstick of all past days, and their scores by yardsticks of the others."""
    part = past // WEEK % _PARTS
    scores = {name: np.full(past.size, np.nan) for name in BY_EVIDENCE}
    for each in range(_PARTS):
        here = part == each
        if here.any() and not here.all():
            found = held_out(seen, possible, here)
            for name, score in BY_EVIDENCE.items():
                scores[name][here] = score(found)
    return yardstick(seen, possible), scores

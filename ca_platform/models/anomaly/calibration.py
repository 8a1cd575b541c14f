"""From scores to flags: p-values against past scores, a budget of false alarms, and runs of flagged days as one alarm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.anomaly.records import Flags, Floats, Ints

MONTH = 30
# Of the past scores that are taken for incidents and left out, what share may be chance. With more than a third quiet shops
# have more false alarms than the budget; with a tenth, incidents of the past hide those to come.
_CHANCE = 1 / 3
_TAIL = 0.8
# A tail is as long as its upper half or quarter says, whichever says more: scores of figures with few events have a heavier
# tail than the half alone tells, and it left chance out. (By an eighth, incidents on a thirtieth of the days raised the bar.)
_BEYOND = np.array([2.0, 4.0])
_LEAST_SCORES = 28
# High scores from which on it is said how they come in runs.
_LEAST_HIGH = 6


@dataclass(frozen=True, slots=True, eq=False)
class Past:
    """The past scores that a day is held against.

    Attributes:
        scores: (n,) of quiet days, ascending.
        runs: days on which a run of high scores begins, by days with a high score; at most 1.
    """

    scores: Floats
    runs: float

    def p_values(self, scores: Floats) -> Floats:
        """Share of quiet days on which an alarm of at least this score begins, NaN where there is no score.

        References:
            Vovk, Gammerman and Shafer 2005, "Algorithmic learning in a random world", eq. 2.20: the rank among n + 1. High
            scores come in runs, and a run is one alarm: the rank is multiplied with the extremal index (Leadbetter 1983).

        Example:
            >>> Past(np.array([1.0, 2.0, 3.0]), 1.0).p_values(np.array([2.5, 9.0, np.nan])).tolist()
            [0.5, 0.25, nan]
        """
        above = self.scores.size - np.searchsorted(self.scores, scores, side="left")
        return np.where(np.isfinite(scores), self.runs * (1 + above) / (self.scores.size + 1), np.nan)


def quiet_past(scores: Floats, days: Ints, false_alarms_per_30_days: float) -> Past:
    """What past scores say of the next ones.

    Incidents are left out: high scores of which there are three times as many as an exponential tail lets come, whose mean
    excess is what the upper fifth says by its upper half or quarter, whichever says more. Of the others as many of the last
    are taken as make the budget a whole number of ranks: then exchangeable scores are flagged at just the rate of the
    budget. Scores with a heavier tail than that are flagged a fifth as often again.

    Args:
        scores: (n,) of past days, the last one last; NaN where there is none.
        days: (n,) their numbers.

    Example:
        >>> quiet_past(np.arange(50.0) % 7, np.arange(50), 1.0).scores.size
        29
        >>> quiet_past(np.append(np.arange(50.0), 1e6), np.arange(51), 1.0).scores[-1].item()
        49.0
    """
    known = np.isfinite(scores)
    held, days = scores[known], days[known]
    if held.size >= _LEAST_SCORES:
        start = float(np.quantile(held, _TAIL))
        beyond = held[held > start] - start
        quiet = held <= start + _limit(beyond)
        held, days = held[quiet], days[quiet]
    share = false_alarms_per_30_days / MONTH
    last = slice(held.size - _whole(held.size, share), None)
    return Past(np.sort(held[last]), _run_share(held[last], days[last], share))


def _limit(beyond: Floats) -> float:
    """How far beyond its start a tail goes by chance: what lies further is more than chance would put there.

    References:
        Benjamini and Hochberg 1995, on the tail probabilities: of what is left out, at most a third is chance.
    """
    if not beyond.size:
        return 0.0
    ranked = np.sort(beyond)[::-1]
    excess = float(np.max(np.quantile(beyond, 1 - 1 / _BEYOND) / np.log(_BEYOND)))
    if excess <= 0:
        return float(ranked[0])
    by_chance = beyond.size * np.exp(-ranked / excess)
    out = np.flatnonzero(by_chance <= _CHANCE * np.arange(1, ranked.size + 1))
    last = int(out[-1]) + 1 if out.size else 0
    return float(ranked[last]) if last < ranked.size else 0.0


def _run_share(scores: Floats, days: Ints, share: float) -> float:
    """Runs by days among the highest scores, twice as many as the budget flags; never below a half."""
    count = int(2 * share * scores.size)
    if count < _LEAST_HIGH:
        return 1.0
    high = np.sort(days[np.argsort(scores, kind="stable")[-count:]])
    return max((1 + int((np.diff(high) > 1).sum())) / count, 0.5)


def is_beyond(p_value: Floats, false_alarms_per_30_days: float) -> Flags:
    """Whether days are rarer than the budget allows."""
    with np.errstate(invalid="ignore"):
        found: Flags = p_value <= false_alarms_per_30_days / MONTH + 1e-12
    return found


def alarms(is_flagged: Flags) -> Flags:
    """The first day of each run of flagged days."""
    before = np.concatenate([[False], is_flagged[:-1]])
    found: Flags = is_flagged & ~before
    return found


def _whole(count: int, share: float) -> int:
    """How many of so many scores make the share a whole number of ranks.

    >>> _whole(58, 1 / 30), _whole(60, 1 / 30), _whole(10, 1 / 30)
    (29, 59, 10)
    """
    ranks = int(share * (count + 1) + 1e-9)
    return count if ranks < 1 else min(count, int(np.ceil(ranks / share - 1e-9)) - 1)

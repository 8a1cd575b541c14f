"""From scores to flags: p-values against past scores, a budget of false alarms, and runs of flagged days as one alarm."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.models.anomaly.records import Flags, Floats

# Days of history before a day is scored, and past scores that a day is held against at most.
LEAST_HISTORY = 56
WINDOW = 365
# An alarm must stand out above all scores of as many days before it.
HOLD_OFF_DAYS = 7
MONTH = 30


@dataclass(frozen=True, slots=True, eq=False)
class Calibrated:
    """Scores with what they mean.

    Attributes:
        p_value: (n,) share of quiet days with at least this score.
        is_flagged: (n,) whether the day is an anomaly.
        is_alarm: (n,) whether it is the first of a run.
    """

    p_value: Floats
    is_flagged: Flags
    is_alarm: Flags


def calibrated(score: Floats, is_marked: Flags, false_alarms_per_30_days: float) -> Calibrated:
    """Split-conformal p-values of scores against those before them, and the days that the budget lets be flagged.

    Exchangeable scores are flagged at the rate of the budget whatever their distribution: as many past scores are taken
    as make the budget a whole number of ranks.

    Args:
        score: (n,) NaN where a day has none.
        is_marked: (n,) days that are never flagged and belong to no past.
        false_alarms_per_30_days: above 0, at most 30.

    References:
        Vovk, Gammerman and Shafer 2005, "Algorithmic learning in a random world", eq. 2.20 (p-values of ranks).
    """
    share = false_alarms_per_30_days / MONTH
    p_value = np.full(score.shape, np.nan)
    flagged, alarm = np.zeros(score.shape, bool), np.zeros(score.shape, bool)
    usable = np.isfinite(score) & ~is_marked
    for day in np.flatnonzero(np.isfinite(score)):
        before = np.flatnonzero(usable[:day])
        if day < LEAST_HISTORY or not before.size:
            continue
        past = score[before[-WINDOW:]]
        past = past[-_whole(past.size, share) :]
        p_value[day] = (1 + int((past >= score[day]).sum())) / (past.size + 1)
        flagged[day] = p_value[day] <= share and not is_marked[day]
        recent = score[max(day - HOLD_OFF_DAYS, 0) : day]
        stands_out = not (recent >= score[day]).any()
        alarm[day] = flagged[day] and not flagged[day - 1] and stands_out
    return Calibrated(p_value, flagged, alarm)


def _whole(count: int, share: float) -> int:
    """How many of the scores to take so that the budget is a whole number of ranks."""
    ranks = int(share * (count + 1) + 1e-9)
    return count if ranks < 1 else min(count, int(np.ceil(ranks / share - 1e-9)) - 1)

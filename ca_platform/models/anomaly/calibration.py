"""From scores to flags: p-values against past scores, a budget of false alarms, and runs of flagged days as one alarm."""

from __future__ import annotations

import numpy as np

from ca_platform.models.anomaly.records import Flags, Floats

MONTH = 30
# A past score beyond what its tail lets come once in so many such pasts is an incident and no quiet day.
_PASTS = 20.0
_TAIL = 0.8
_LEAST_SCORES = 28


def quiet_past(scores: Floats, false_alarms_per_30_days: float) -> Floats:
    """The past scores that a day is held against, ascending.

    Incidents are left out: scores so far above the rest that twenty such pasts would not hold one by chance, by an
    exponential tail whose mean excess comes from the median of the upper fifth. Of the others as many of the last are taken
    as make the budget a whole number of ranks: then exchangeable scores are flagged at just the rate of the budget.

    Args:
        scores: (n,) of past days, the last one last.

    Example:
        >>> quiet_past(np.arange(50.0), 1.0).size, quiet_past(np.append(np.arange(50.0), 1e6), 1.0)[-1].item()
        (29, 49.0)
    """
    held = scores[np.isfinite(scores)]
    if held.size >= _LEAST_SCORES:
        start = float(np.quantile(held, _TAIL))
        beyond = held[held > start] - start
        excess = float(np.median(beyond)) / np.log(2) if beyond.size else 0.0
        held = held[held <= start + excess * np.log(_PASTS * max(beyond.size, 1))]
    return np.sort(held[-_whole(held.size, false_alarms_per_30_days / MONTH) :])


def p_values(scores: Floats, past: Floats) -> Floats:
    """Share of quiet days with at least this score, NaN where there is none.

    Never below 1 / (n + 1): so many days cannot say more.

    References:
        Vovk, Gammerman and Shafer 2005, "Algorithmic learning in a random world", eq. 2.20.

    Example:
        >>> p_values(np.array([3.0, 9.0]), np.array([1.0, 2.0, 3.0])).tolist()
        [0.5, 0.25]
    """
    above = past.size - np.searchsorted(past, scores, side="left")
    return np.where(np.isfinite(scores), (1 + above) / (past.size + 1), np.nan)


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

"""The budget holds for scores of any shape, and incidents of the past do not use it up."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest

from ca_platform.models.anomaly.calibration import is_beyond, quiet_past
from ca_platform.models.anomaly.records import Flags, Floats

_PAST, _NEXT, _SHOPS = 365, 200, 40

SCORES: dict[str, Callable[[np.random.Generator, int], Floats]] = {
    "exponential": lambda rng, days: rng.exponential(size=days),
    "squares": lambda rng, days: rng.normal(size=days) ** 2,
    "heavy tail": lambda rng, days: rng.exponential(size=days) ** 1.6,
    "deviations of few": lambda rng, days: np.abs(rng.standard_t(3, size=days)),
}


@pytest.mark.parametrize("shape", SCORES)
def test_quiet_days_are_flagged_at_about_the_budget_whatever_the_scores_are_like(shape: str) -> None:
    flagged = 0.0
    for seed in range(_SHOPS):
        scores = SCORES[shape](np.random.default_rng(seed), _PAST + _NEXT)
        flagged += float(_flagged(scores[:_PAST], scores[_PAST:]).mean()) / _SHOPS
    assert 0.8 < 30 * flagged < 1.3


@pytest.mark.parametrize("share", [0.01, 0.03])
def test_incidents_of_the_past_hide_none_to_come(share: float) -> None:
    rng = np.random.default_rng(1)
    scores = rng.exponential(size=_PAST)
    scores[rng.choice(_PAST, int(share * _PAST), replace=False)] += rng.uniform(6, 10, int(share * _PAST))
    assert _flagged(scores, rng.uniform(7, 10, 50)).all()


def _flagged(past: Floats, scores: Floats) -> Flags:
    return is_beyond(quiet_past(past, np.arange(past.size), 1.0).p_values(scores), 1.0)

"""Daily series: Newey and West against statsmodels, and blocks of days."""

from __future__ import annotations

import numpy as np
import pytest
import statsmodels.api as sm

from ca_platform.errors import ValidationError
from ca_platform.models.experiments import block_permutation, daily_series, newey_west

DAY = np.arange(120)
AFTER = DAY >= 100


def series(seed: int, effect: float = 0.0) -> np.ndarray:
    """Days with a weekly pattern that hang together."""
    noise = np.random.default_rng(seed).normal(0, 0.2, DAY.size + 50)
    for day in range(1, noise.size):
        noise[day] += 0.4 * noise[day - 1]
    return np.asarray(5 + 0.3 * np.cos(2 * np.pi * DAY / 7) + noise[50:] + effect * AFTER)


@pytest.mark.parametrize("lags", [0, 5, 14])
def test_newey_west_is_statsmodels(lags: int) -> None:
    days = daily_series(series(1, 0.1), AFTER, weekday=DAY % 7, control=series(2), weight=1 + DAY % 5)
    found = newey_west(days, lags)
    columns = np.column_stack([days.is_after, days.explained_by])
    how = {"cov_type": "HAC", "cov_kwds": {"maxlags": lags, "use_correction": True}, "use_t": True}
    known = sm.OLS(days.value, columns).fit(**how)
    assert found.estimate == pytest.approx(known.params[0], rel=1e-9)
    assert found.standard_error == pytest.approx(known.bse[0], rel=1e-9)
    assert found.p_value == pytest.approx(known.pvalues[0], rel=1e-9)
    assert (found.low, found.high) == pytest.approx(tuple(known.conf_int()[0]), rel=1e-9)


def test_blocks_call_quiet_days_quiet_and_see_a_lasting_change() -> None:
    def share(effect: float) -> float:
        found = [
            block_permutation(daily_series(series(seed, effect), AFTER, weekday=DAY % 7, trend=False), draws=199)
            for seed in range(60)
        ]
        return float(np.mean([one.p_value <= 0.05 for one in found]))

    assert share(0.0) <= 0.09
    assert share(0.3) >= 0.8


def test_what_the_control_does_too_is_no_effect() -> None:
    other = series(3, 0.5)
    own = other + np.random.default_rng(4).normal(2, 0.05, DAY.size)
    alone = newey_west(daily_series(own, AFTER, weekday=DAY % 7, trend=False))
    beside = newey_west(daily_series(own, AFTER, weekday=DAY % 7, trend=False, control=other))
    assert alone.estimate > 0.3
    assert abs(beside.estimate) < 0.05


def test_day_of_twice_the_weight_is_two_days() -> None:
    value, after, weight = series(5, 0.3)[60:], AFTER[60:], 1.0 + (DAY[60:] % 3 == 0)
    once = newey_west(daily_series(value, after, weight=weight, trend=False), lags=0)
    each = weight.astype(int)
    twice = newey_west(daily_series(np.repeat(value, each), np.repeat(after, each), trend=False), lags=0)
    assert once.estimate == pytest.approx(twice.estimate, rel=1e-9)


def test_equal_seeds_give_equal_orders() -> None:
    days = daily_series(series(1), AFTER, weekday=DAY % 7)
    assert block_permutation(days, seed=1).p_value == block_permutation(days, seed=1).p_value


@pytest.mark.parametrize(
    ("value", "after"),
    [
        (np.zeros(60), np.arange(60) >= 40),
        (np.full(60, 7.0), np.arange(60) >= 40),
        (series(1)[:60], np.zeros(60)),
        (series(1)[:60], np.ones(60)),
        (series(1)[:12], np.arange(12) >= 6),
    ],
    ids=["all zero", "all alike", "no day after", "no day before", "too few days"],
)
def test_series_that_says_nothing_gets_no_verdict(value: np.ndarray, after: np.ndarray) -> None:
    days = daily_series(value, after, weekday=np.arange(value.size) % 7)
    for found in (newey_west(days), block_permutation(days)):
        assert not found.is_sufficient
        assert [float(part) for part in (found.p_value, found.low, found.high)] == [1.0, -np.inf, np.inf]
        assert np.isfinite(found.estimate)


def test_day_without_a_number_is_refused() -> None:
    with pytest.raises(ValidationError, match="per day"):
        daily_series([1.0, np.nan], [False, True])

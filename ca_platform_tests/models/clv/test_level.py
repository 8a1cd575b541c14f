"""A level is learnt only where earlier origins show that it helps, with what was known by then."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.clv.level import YEAR_WEEKS, Level, PastForecasts, learn_level, total_interval


def past(log_errors: list[float], every: float = 13.0, horizon: float = 13.0) -> PastForecasts:
    """Origins one after another whose outcome was off by these logarithms."""
    at = every * np.arange(len(log_errors))
    return PastForecasts(at, horizon, np.full(at.size, 100.0), 100 * np.exp(log_errors))


def test_a_lasting_error_is_put_right_by_the_latest_origins() -> None:
    level = learn_level(past([0.3] * 6), at_weeks=78.0)
    assert level.method == "recent"
    # Drawn towards none as if a fifth origin had had no error.
    assert level.factor == pytest.approx(np.exp(0.3 * 4 / 5))
    assert level.log_error is not None
    assert level.log_error < 0.15
    assert (level.origins, level.horizon_weeks) == (4, 13.0)


def test_a_season_is_learnt_from_the_year_before_and_not_from_the_half_year_before() -> None:
    # Weak and strong quarters in turn: the latest origins would make it worse.
    errors = [-0.2, 0.0, -0.2, 0.5] * 3
    level = learn_level(past(errors, every=YEAR_WEEKS / 4), at_weeks=3.75 * YEAR_WEEKS)
    assert level.method == "season"
    assert level.factor == pytest.approx(np.exp(0.5))
    assert level.log_error == pytest.approx(0.0, abs=1e-9)


def test_errors_without_a_pattern_are_left_alone() -> None:
    errors = [0.2, -0.1, -0.25, 0.15, -0.2, 0.25, 0.1, -0.15]
    level = learn_level(past(errors), at_weeks=104.0)
    assert (level.factor, level.method) == (1.0, "none")
    assert level.log_error == pytest.approx(np.sqrt(np.mean(np.square(errors))))
    assert level.reason.startswith("at earlier origins the best factor")


@pytest.mark.parametrize("errors", [[], [0.3], [0.3, 0.3], [0.3, 0.3, 0.3, 0.3]])
def test_few_origins_say_nothing(errors: list[float]) -> None:
    level = learn_level(past(errors), at_weeks=13.0 * len(errors))
    assert (level.factor, level.method) == (1.0, "none")
    assert level.reason == "too few earlier origins tell whether a factor helps"
    assert (level.log_error is None) == (len(errors) < 2)


def test_an_outcome_that_is_not_known_yet_is_not_used() -> None:
    # The last two origins lie within a horizon of now; what came of them may say anything.
    kept = past([0.3] * 6 + [0.0, 0.0], every=6.5)
    changed = past([0.3] * 6 + [2.0, -1.0], every=6.5)
    first, second = (known.known_at(39.0) for known in (kept, changed))
    assert first.log_errors.tolist() == second.log_errors.tolist()
    assert learn_level(first, 39.0) == learn_level(second, 39.0)
    assert learn_level(first, 39.0).method == "none", "two trials are too few"


def test_origins_at_which_nothing_came_are_left_out() -> None:
    known = PastForecasts([0.0, 13.0, 26.0], 13.0, [10.0, 0.0, 20.0], [5.0, 3.0, 0.0])
    assert known.log_errors.tolist() == [np.log(0.5)]


def test_totals_are_held_as_often_as_the_interval_says() -> None:
    # Levels that are off by a tenth, told by four origins each; then a fifth one comes.
    rng = np.random.default_rng(6)
    held = []
    for errors in rng.normal(0, 0.1, (2_000, 5)):
        root = float(np.sqrt(np.mean(errors[:4] ** 2)))
        ends = total_interval(100.0, Level(1.0, "none", root, 4, 13.0, ""), 13.0)
        assert ends is not None
        held.append(ends[0] <= 100 * np.exp(errors[4]) <= ends[1])
    assert np.mean(held) == pytest.approx(0.8, abs=0.03)


def test_intervals_of_totals_grow_with_the_horizon_and_need_two_origins() -> None:
    level = Level(1.2, "recent", 0.1, 4, 13.0, "")
    short, same, long = (total_interval(100.0, level, weeks) for weeks in (6.0, 13.0, 52.0))
    assert short == same
    assert same is not None
    assert long is not None
    assert long[1] / 100 == pytest.approx((same[1] / 100) ** 2)
    assert same[0] * same[1] == pytest.approx(100.0**2)
    assert total_interval(100.0, Level(1.0, "none", None, 1, 13.0, ""), 13.0) is None

"""A level is learnt only where earlier origins show that it helps, with what was known by then."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.clv.level import Level, PastForecasts, factors_at, learn_level, total_interval
from ca_platform.models.clv.missing import YEAR_WEEKS, expected_error


def past(log_errors: list[float], every: float = 13.0, horizon: float = 13.0) -> PastForecasts:
    """Origins one after another whose outcome was off by these logarithms."""
    at = every * np.arange(len(log_errors))
    return PastForecasts(at, horizon, np.full(at.size, 100.0), 100 * np.exp(log_errors))


def test_a_lasting_error_is_put_right_cautiously() -> None:
    level = learn_level(past([0.3] * 7, every=8.0, horizon=8.0), at_weeks=56.0)
    assert level.method == "learnt"
    # Shops differ by a few hundredths, so errors of three tenths are not taken at their word.
    assert 0.08 < np.log(level.factor) < 0.3
    assert level.log_error is not None
    assert level.log_error < 0.25
    assert (level.origins, level.horizon_weeks) == (5, 8.0)


def test_before_a_year_has_passed_there_is_no_level() -> None:
    # Three quarters of too little may be three quarters of every year.
    level = learn_level(past([0.3] * 6, every=8.0, horizon=8.0), at_weeks=48.0)
    assert (level.factor, level.method) == (1.0, "none")
    assert level.reason == "less than a year of earlier origins tells no season"


def test_a_season_is_learnt_from_the_years_before_and_not_from_the_half_year_before() -> None:
    # Weak and strong quarters in turn: the latest origins would make it worse.
    errors = [-0.2, 0.0, -0.2, 0.5] * 3
    strong, weak = (learn_level(past(errors, every=YEAR_WEEKS / 4), YEAR_WEEKS * years) for years in (3.75, 3.0))
    assert strong.method == weak.method == "learnt"
    assert np.log(strong.factor) == pytest.approx(0.5, abs=0.05)
    assert np.log(weak.factor) == pytest.approx(-0.2, abs=0.05)


def test_errors_without_a_pattern_are_left_alone() -> None:
    errors = [0.2, -0.1, -0.25, 0.15, -0.2, 0.25, 0.1, -0.15]
    level = learn_level(past(errors), at_weeks=104.0)
    assert (level.factor, level.method) == (1.0, "none")
    assert level.log_error == pytest.approx(np.sqrt(np.mean(np.square(errors))), abs=0.002)
    assert level.reason.startswith("at earlier origins a factor would have left 1")


@pytest.mark.parametrize("errors", [[], [0.3], [0.3, 0.3], [0.3, 0.3, 0.3]])
def test_few_origins_say_nothing(errors: list[float]) -> None:
    level = learn_level(past(errors, every=26.0, horizon=26.0), at_weeks=26.0 * len(errors))
    assert (level.factor, level.method) == (1.0, "none")
    assert level.reason.startswith("less than a year" if len(errors) < 2 else "too few earlier origins tell")
    assert (level.log_error is None) == (len(errors) < 2)


def test_errors_of_a_young_shop_count_less() -> None:
    early, late = (learn_level(past(errors), 26.0).log_error for errors in ([0.4, 0.0, 0.0], [0.0, 0.0, 0.4]))
    assert early is not None
    assert late is not None
    assert early < 0.7 * late


def test_an_outcome_that_is_not_known_yet_is_not_used() -> None:
    # The last two origins lie within a horizon of now; what came of them may say anything.
    kept = past([0.3] * 8 + [0.0, 0.0], every=6.5)
    changed = past([0.3] * 8 + [2.0, -1.0], every=6.5)
    first, second = (known.known_at(58.5) for known in (kept, changed))
    assert first.log_errors.tolist() == second.log_errors.tolist()
    assert learn_level(first, 58.5) == learn_level(second, 58.5)
    # At each of the earlier origins, too, only what had ended by then is known.
    assert learn_level(first, 58.5).origins == 5


def test_of_a_horizon_that_has_not_ended_its_first_parts_are_known() -> None:
    halves = PastForecasts([0.0, 8.0], 8.0, [[50.0, 50.0]] * 2, [[60.0, 40.0], [80.0, 1.0]])
    known = halves.known_at(12.0)
    assert known.outcome[0].tolist() == [60.0, 40.0]
    assert known.outcome[1, 0] == 80.0
    assert np.isnan(known.outcome[1, 1])
    assert known.log_errors[0] == pytest.approx(0.0)
    assert np.isnan(known.log_errors[1]), "its total is not known"


def test_a_season_within_the_horizon_is_learnt_by_its_parts() -> None:
    # Halves of years, the second quarter of which is strong; a quarter of a year is forecast now.
    errors = np.array([[0.0, 0.5], [0.0, 0.0]] * 3)
    known = PastForecasts(np.arange(6) * YEAR_WEEKS / 2, YEAR_WEEKS / 2, np.full((6, 2), 50.0), 50 * np.exp(errors))
    quarter = YEAR_WEEKS / 4
    weak, strong = (np.log(learn_level(known, 12 * quarter + at, quarter).factor) for at in (0.0, quarter))
    assert weak < 0.15
    assert strong > 0.3


def test_money_may_follow_orders() -> None:
    orders, money = past([0.2] * 9, every=8.0, horizon=8.0), past([0.3, 0.1] * 4 + [0.3], every=8.0, horizon=8.0)
    level = learn_level(money, 72.0, like=orders)
    assert level.factor == learn_level(orders, 72.0).factor != learn_level(money, 72.0).factor
    # How far totals are off is told by their own errors.
    assert level.log_error != learn_level(orders, 72.0).log_error
    assert learn_level(past([-0.2] * 9, every=8.0, horizon=8.0), 72.0, like=orders).factor == 1.0


def test_factors_at_origins_are_those_of_what_was_known_then() -> None:
    known = past([0.3] * 7, every=8.0, horizon=8.0)
    factors = factors_at(known)
    assert list(factors) == known.at_weeks.tolist()
    assert [factors[at] for at in (0.0, 8.0)] == [1.0, 1.0], "fewer than two had ended"
    changed = factors_at(past([0.3] * 5 + [2.0, -1.0], every=8.0, horizon=8.0))
    assert [changed[at] for at in (16.0, 24.0, 40.0)] == [factors[at] for at in (16.0, 24.0, 40.0)]
    assert factors[16.0] > 1.05


@pytest.mark.parametrize("now", [2.0, 2.25, 2.5, 2.75])
def test_the_error_to_expect_is_that_of_the_process_drawn_from(now: float) -> None:
    # The best linear guess by its definition, from two hundred thousand draws of one shop's errors.
    at = np.append(np.arange(8) / 4, now) * YEAR_WEEKS
    rng = np.random.default_rng(8)
    angle = 2 * np.pi * at / YEAR_WEEKS
    seasonal = 0.2 * (rng.normal(size=(20_000, 1)) * np.cos(angle) + rng.normal(size=(20_000, 1)) * np.sin(angle))
    drawn = 0.07 * rng.normal(size=(20_000, 1)) + seasonal + 0.1 * rng.normal(size=(20_000, at.size))
    guess = np.linalg.lstsq(drawn[:, :-1], drawn[:, -1], rcond=None)[0]
    some = drawn[:200]
    ours = [expected_error(at[:-1], errors, np.zeros(8), at[-1:]) for errors in some[:, :-1]]
    best = np.sqrt(np.mean((some[:, -1] - some[:, :-1] @ guess) ** 2))
    assert np.sqrt(np.mean((some[:, -1] - ours) ** 2)) < 1.15 * best < 0.75 * some[:, -1].std()


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
    level = Level(1.2, "learnt", 0.1, 4, 13.0, "")
    short, same, long = (total_interval(100.0, level, weeks) for weeks in (6.0, 13.0, 52.0))
    assert short == same
    assert same is not None
    assert long is not None
    assert long[1] / 100 == pytest.approx((same[1] / 100) ** 2)
    assert same[0] * same[1] == pytest.approx(100.0**2)
    assert total_interval(100.0, Level(1.0, "none", None, 1, 13.0, ""), 13.0) is None

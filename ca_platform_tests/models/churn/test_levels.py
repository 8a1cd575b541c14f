"""Levels from earlier origins and from the season a year before."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.backtest import Origin
from ca_platform.models.churn.features import expit
from ca_platform.models.churn.levels import YEAR, ByModel, Judged, learn_levels

SIZE = 2000


def at(day: int, level: float, year_before: float | None, horizon: int = 30) -> Judged:
    """An origin at which everybody is said to be silent with a half, and the truth is off by a level."""
    silent = np.arange(SIZE) < round(SIZE * float(expit(np.array(level))))
    return Judged(
        Origin(day, horizon), {"a": np.zeros(SIZE)}, silent, None if year_before is None else {"a": year_before}
    )


def nothing() -> ByModel | None:
    raise AssertionError("the year before is asked for where it is not used")


def test_only_origins_whose_outcome_was_known_set_the_level_of_an_origin() -> None:
    tested = [at(100, 0.6, None), at(120, 0.6, None), at(130, 0.6, None), at(160, 0.6, None)]
    then, now = learn_levels(tested, nothing)
    # Ended by day 100, 120, 130, 160: none, none, one, three; each pulled as by two more origins without an error.
    assert [levels["a"] for levels in then] == pytest.approx([0, 0, 0.2, 0.36], abs=2e-3)
    assert now["a"] == pytest.approx(0.6 * 4 / 6, abs=2e-3)


def test_the_season_of_a_year_before_serves_where_it_told_what_came() -> None:
    tested = [at(400, -0.8, -0.8), at(430, 0.8, 0.8), at(460, 0.8, 0.8)]
    then, now = learn_levels(tested, lambda: {"a": -1.0})
    assert then[0]["a"] == pytest.approx(0.75 * -0.8, abs=2e-3)
    assert now["a"] == pytest.approx((0.8 * 3 / 5 + 3 * -1.0) / 4, abs=2e-3)


def test_the_season_is_left_alone_where_it_told_nothing_or_only_once() -> None:
    misled = [at(400, -0.8, 0.8), at(430, 0.8, -0.8)]
    assert learn_levels(misled, nothing)[1]["a"] == pytest.approx(0.0, abs=2e-3)
    once = [at(400, 0.0, None), at(430, 0.8, 0.8)]
    assert learn_levels(once, nothing)[0][1]["a"] == pytest.approx(0.0, abs=2e-3)


def test_without_a_year_before_serving_the_origins_alone_set_the_level() -> None:
    tested = [at(400, 0.8, 0.8), at(430, 0.8, 0.8)]
    assert learn_levels(tested, lambda: None)[1]["a"] == pytest.approx(0.8 * 2 / 4, abs=2e-3)


def test_a_year_is_whole_weeks() -> None:
    assert YEAR % 7 == 0

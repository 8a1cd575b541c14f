"""Single figures measured many times a day: what stands out, what does not, and that nothing is known beforehand."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.anomaly.streaming import stream_scores

PER_DAY = 24


def readings(days: int = 40, seed: int = 3) -> np.ndarray:
    hour = np.arange(days * PER_DAY)
    usual = 100 * (1 + 0.5 * np.sin(2 * np.pi * hour / PER_DAY))
    return np.random.default_rng(seed).poisson(usual).astype(float)


def test_a_score_depends_on_what_came_before_it_alone() -> None:
    values = readings()
    whole = stream_scores(values, PER_DAY)
    for rows in (1, 5, PER_DAY, 3 * PER_DAY + 7, 700):
        assert np.array_equal(stream_scores(values[:rows], PER_DAY), whole[:rows])


@pytest.mark.parametrize("factor", [0.0, 0.3, 3.0])
def test_a_disturbance_scores_more_than_all_of_the_weeks_before(factor: float) -> None:
    values = readings()
    at = 35 * PER_DAY
    values[at : at + 6] *= factor
    scores = stream_scores(values, PER_DAY)
    assert at <= int(np.argmax(scores[: at + 6])) < at + 6
    # It is told while it grows worse, and not again when it is over.
    assert not scores[at + 9 : at + PER_DAY].any()


def test_the_same_reading_is_usual_at_noon_and_unusual_at_night() -> None:
    values = readings()
    night = 35 * PER_DAY + 18
    values[night] = values[night - 12]
    assert values[night] < values[: 35 * PER_DAY].max()
    assert int(np.argmax(stream_scores(values, PER_DAY)[20 * PER_DAY :])) == night - 20 * PER_DAY


def test_the_unit_does_not_matter() -> None:
    values = readings()
    assert stream_scores(values * 1000, PER_DAY) == pytest.approx(stream_scores(values, PER_DAY))
    below_zero = values - 90
    assert stream_scores(below_zero * 1000, PER_DAY) == pytest.approx(stream_scores(below_zero, PER_DAY))


@pytest.mark.parametrize("value", [0.0, 7.0, -3.0])
def test_what_never_moves_is_never_unusual(value: float) -> None:
    assert not stream_scores(np.full(500, value), PER_DAY).any()


@pytest.mark.parametrize("rows", [0, 1, PER_DAY - 1, PER_DAY])
def test_the_first_day_is_not_scored(rows: int) -> None:
    assert stream_scores(readings()[:rows], PER_DAY).tolist() == [0.0] * rows


def test_usual_readings_reach_1_a_few_times_a_week() -> None:
    scores = stream_scores(readings(days=280), PER_DAY)[14 * PER_DAY :]
    assert 0 < np.count_nonzero(scores >= 1) / (266 / 7) < 4

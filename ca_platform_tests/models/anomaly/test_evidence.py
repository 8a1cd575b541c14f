"""Causes, strengths and ranks, against what can be worked out another way."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.anomaly.calibration import Past, quiet_past
from ca_platform.models.anomaly.causes import causes
from ca_platform.models.anomaly.covariance import shrunk_covariance
from ca_platform.models.anomaly.evidence import Observed, held_out, lasting, yardstick
from ca_platform.models.anomaly.judge import weighed
from ca_platform.models.anomaly.records import Metric
from ca_platform_tests.models.anomaly.panels import METRICS


def directions(days: int) -> np.ndarray:
    return causes(METRICS).directions(np.zeros((days, len(METRICS))))


def test_strength_of_a_cause_is_what_it_takes_off_the_distance() -> None:
    rng = np.random.default_rng(1)
    past = rng.normal(size=(300, 5)) @ rng.normal(size=(5, 5))
    measure = yardstick(Observed(past, past, directions(300)), causes(METRICS))
    day = Observed(np.full((1, 5), 3.0) * measure.above, np.zeros((1, 5)), directions(1))
    found = measure.evidence(day)
    sided, way = np.full(5, 3.0), day.directions[0]

    def distance(left: np.ndarray) -> float:
        return float(left @ measure.precision @ left)

    steps = np.linspace(-30, 30, 60_001)
    for cause, strength in enumerate(found.strength[0]):
        best = min(
            (
                distance(sided - step * way[cause])
                for step in steps[np.abs(steps - _best(measure.precision, sided, way[cause])) < 0.01]
            ),
        )
        assert strength**2 == pytest.approx(distance(sided) - best, abs=1e-3)
    assert found.distance[0] ** 2 == pytest.approx(distance(sided))


def _best(precision: np.ndarray, sided: np.ndarray, way: np.ndarray) -> float:
    """How far to go along a direction, by bisection of the slope."""
    low, high = -30.0, 30.0
    for _ in range(60):
        middle = (low + high) / 2
        slope = -2 * way @ precision @ (sided - middle * way)
        low, high = (middle, high) if slope < 0 else (low, middle)
    return low


def test_what_comes_after_a_count_moves_with_it_and_its_ratio_stays() -> None:
    found = causes(METRICS)
    shifts = dict(zip(found.names, found.shifts.tolist(), strict=True))
    # Columns: sessions, orders, revenue, mean_amount, orders/sessions.
    assert shifts["flow sessions"] == [1, 1, 1, 0, 0]
    assert shifts["record sessions"] == [1, 0, 0, 0, -1]
    assert shifts["flow orders"] == [0, 1, 1, 0, 1]
    assert shifts["record orders"] == [0, 1, 0, -1, 1]
    assert shifts["flow revenue"] == [0, 0, 1, 1, 0]


def test_bots_move_each_step_by_their_share_of_it() -> None:
    found = causes(METRICS)
    expected = np.log([[1000.0, 100.0, 3000.0, 30.0, 0.1]])
    assert found.directions(expected)[0, found.names.index("through orders")].tolist() == pytest.approx(
        [0.1, 1.0, 0.0, -1.0, 0.9]
    )


def test_ratios_whose_parts_are_not_in_the_panel_have_causes_too() -> None:
    found = causes((Metric("a/b", "ratio", "a", "b"),))
    assert len(found.names) >= 1
    assert (found.leading == 0).all()


def test_fall_of_everything_is_named_so_although_a_step_fell_a_little_more() -> None:
    found = causes(METRICS)
    strength = np.zeros((1, len(found.names)))
    strength[0, found.names.index("flow sessions")] = -3.0
    strength[0, found.names.index("flow orders")] = -3.2
    assert found.names[found.likeliest(strength)[0]] == "flow sessions"


def test_days_held_out_are_told_by_a_yardstick_of_the_others() -> None:
    rng = np.random.default_rng(5)
    past = rng.normal(size=(90, 5))
    past[7, 2] = np.nan
    seen, apart = Observed(past, past[::-1], directions(90)), np.arange(90) % 3 == 0
    found = held_out(seen, causes(METRICS), apart)
    alone = yardstick(seen.rows(~apart), causes(METRICS)).evidence(seen.rows(apart))
    np.testing.assert_array_equal(found.odds, alone.odds)
    np.testing.assert_array_equal(found.distance, alone.distance)


def test_tails_start_at_the_upper_fifth_and_go_as_far_as_half_of_what_is_beyond() -> None:
    rng = np.random.default_rng(6)
    past = rng.normal(size=(81, 5))
    measure = yardstick(Observed(past, past, directions(81)), causes(METRICS))
    strength, distance, together = measure.measured(Observed(past, past, directions(81)))
    columns = np.column_stack([strength, -strength, distance, together, -together])
    start = np.quantile(columns, 0.8, axis=0)
    np.testing.assert_allclose(measure.start, start, atol=1e-12)
    # Above the median of what is beyond lie half of the 16 days.
    middle = [np.sort(column[column > first])[8] - first for column, first in zip(columns.T, start, strict=True)]
    prior = 15 * 0.5 * np.maximum(start, 0.05)
    np.testing.assert_allclose(measure.excess, (16 * np.array(middle) / np.log(2) + prior) / 31, atol=1e-9)


def test_odds_of_a_day_add_up_what_speaks_for_each_cause_and_what_was_likely_before() -> None:
    rng = np.random.default_rng(7)
    past = rng.normal(size=(120, 5))
    found = yardstick(Observed(past, past, directions(120)), causes(METRICS)).evidence(
        Observed(past[:3], past[:3], directions(3))
    )
    number, roots = found.strength.shape[1], causes(METRICS).roots
    prior = np.concatenate([causes(METRICS).prior] * 2)
    np.testing.assert_allclose(found.odds[:, : 2 * number], found.surprise + prior)
    assert found.odds.shape[1] == 2 * number + 2 * roots.size
    assert weighed(found) == pytest.approx(np.log(1 + np.exp(found.odds).sum(axis=1)))


def test_price_moves_nothing_and_is_no_root_beside_visits() -> None:
    beside = causes((*METRICS, Metric("price", "amount")))
    assert [beside.names[row] for row in beside.roots] == ["flow sessions"]
    alone = causes((Metric("downloads", "count"), Metric("calls", "count")))
    assert [alone.names[row] for row in alone.roots] == ["flow downloads", "flow calls"]


def test_covariance_learns_nothing_of_what_is_hardly_known() -> None:
    rng = np.random.default_rng(2)
    deviation = rng.normal(size=(200, 3))
    deviation[:, 1] = deviation[:, 0]
    deviation[:-3, 2] = np.nan
    found = shrunk_covariance(deviation)
    assert found[0, 1] > 0.6
    assert found[0, 2] == 0
    assert found[2, 2] == pytest.approx(np.mean([found[0, 0], found[1, 1]]), rel=0.05)
    assert (np.linalg.eigvalsh(found) > 0).all()


def test_lasting_change_counts_known_days_that_are_not_marked() -> None:
    deviation = np.array([[1.0], [np.nan], [1.0], [5.0], [1.0]])
    found = lasting(deviation, np.array([False, False, False, True, False]))
    assert found[4, 0] == pytest.approx(3 / np.sqrt(3))


def test_one_day_alone_is_no_lasting_change_however_far_off() -> None:
    deviation = np.zeros((9, 1))
    deviation[3] = -50.0
    assert np.abs(lasting(deviation, np.zeros(9, bool))[4:]).max() < 1.5


def test_p_value_is_the_rank_among_past_scores_and_the_day() -> None:
    past = Past(np.arange(1.0, 30.0), 1.0)
    assert past.p_values(np.array([29.5, 28.5, 0.5])) == pytest.approx([1 / 30, 2 / 30, 1.0])


def test_high_scores_in_runs_count_as_one_alarm() -> None:
    scores = np.random.default_rng(3).uniform(size=299)
    single, paired = scores.copy(), scores.copy()
    single[5:295:29] = 1.01
    paired[5:295:29] = 1.01
    paired[6:296:29] = 1.01
    assert quiet_past(single, np.arange(299), 1.0).runs > quiet_past(paired, np.arange(299), 1.0).runs


def test_incidents_among_past_scores_do_not_raise_the_bar() -> None:
    rng = np.random.default_rng(4)
    scores = rng.exponential(size=329)
    with_incidents = np.concatenate([scores, np.full(12, 50.0)])
    quiet, mixed = quiet_past(scores, np.arange(329), 1.0), quiet_past(with_incidents, np.arange(341), 1.0)
    assert mixed.scores[-1] < 50.0
    assert mixed.scores[-10] == pytest.approx(quiet.scores[-10], rel=0.1)

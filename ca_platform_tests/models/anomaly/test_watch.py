"""What the watch says of days, and what it may know for that."""

from __future__ import annotations

import dataclasses

import numpy as np
import pytest

from ca_platform.errors import ValidationError
from ca_platform.models.anomaly import DETECTORS, DayMarks, Panel, Watched, watch
from ca_platform.models.anomaly.records import Metric
from ca_platform.models.anomaly.watch import NEW_FIGURE, NO_SEASON, ONLY_TAUGHT
from ca_platform_tests.models.anomaly.panels import FIRST, METRICS, WEEK, counts, of, shop

FIELDS = [field.name for field in dataclasses.fields(Watched) if field.name != "scores"]


def watched(panel: Panel, **choices: object) -> Watched:
    return watch(panel, DayMarks.none(panel.days.size), **choices)  # type: ignore[arg-type]


def test_watch_over_the_first_days_is_the_head_of_the_watch_over_all() -> None:
    panel = shop(420)
    whole = watched(panel)
    for days in (60, 196, 201, 391):
        head = watched(panel.head(days))
        for name in FIELDS:
            np.testing.assert_array_equal(getattr(head, name), getattr(whole, name)[:days], err_msg=name)


@pytest.mark.parametrize("since", [60, 200, 399])
def test_days_from_a_row_on_are_judged_as_in_the_watch_over_all(since: int) -> None:
    panel = shop(400)
    whole, part = watched(panel), watched(panel, since=since)
    for name in FIELDS:
        if name != "is_alarm":
            np.testing.assert_array_equal(getattr(part, name)[since:], getattr(whole, name)[since:], err_msg=name)
    assert np.isnan(part.score[:since]).all()
    np.testing.assert_array_equal(part.expected, whole.expected)


@pytest.mark.parametrize("detector", ["matched", "weighed"])
def test_quiet_days_are_flagged_at_about_the_budget(detector: str) -> None:
    alarms = days = 0
    for seed, length in enumerate((180, 250, 300, 400, 400, 300, 250, 180), start=1):
        found = watched(shop(length, seed), detector=detector, false_alarms_per_30_days=3.0)
        alarms += int(found.is_alarm[84:].sum())
        days += length - 84
    # 158 are expected; their standard deviation is 13, and more where past scores are few.
    assert alarms / days * 30 == pytest.approx(3.0, rel=0.25)


def test_five_of_a_hundred_quiet_days_have_a_p_value_up_to_a_twentieth() -> None:
    values = np.concatenate([watched(shop(400, seed)).p_value[84:] for seed in range(20, 26)])
    assert (values <= 0.05).mean() == pytest.approx(0.05, abs=0.015)
    assert values.min() > 0


@pytest.mark.parametrize("level", [0.0, 7.0])
def test_constant_series_is_never_flagged(level: float) -> None:
    found = watched(counts(np.full(200, level)))
    assert not found.is_flagged.any()
    if level:
        assert found.expected[100:] == pytest.approx(level)


def test_notes_say_of_each_figure_and_day_what_could_not_be_taken_out() -> None:
    panel = shop(500)
    values = panel.values.copy()
    values[:200, 1] = np.nan
    found = watched(panel.with_figures(values, panel.sizes)).notes
    assert set(found[:56].ravel()) == {ONLY_TAUGHT}
    assert set(found[56:365, 0]) == {NO_SEASON}
    assert set(found[365:, 0]) == {None}
    assert set(found[56:228, 1]) == {NEW_FIGURE}
    assert set(found[228:, 1]) == {NO_SEASON}


def test_three_weeks_are_not_judged_and_the_notes_say_so() -> None:
    found = watched(shop(21))
    assert np.isnan(found.score).all()
    assert np.isnan(found.expected).all()
    assert not found.is_flagged.any()
    assert set(found.notes.ravel()) == {ONLY_TAUGHT}


def test_figures_that_are_not_known_are_no_anomaly_and_the_days_after_are_judged() -> None:
    panel = shop(300)
    values = panel.values.copy()
    values[150:160] = np.nan
    found = watched(panel.with_figures(values, panel.sizes))
    assert not found.is_flagged[150:160].any()
    assert np.isnan(found.score[150:160]).all()
    assert np.isfinite(found.score[160:]).all()


def test_metric_that_starts_late_is_judged_after_four_weeks_and_not_before() -> None:
    panel = shop(300)
    late = np.where(np.arange(300) >= 150, 500 * WEEK[np.arange(300) % 7], 0.0)
    values = np.column_stack([panel.values, late])
    wider = Panel(panel.days, (*METRICS, Metric("logins", "count")), values, np.column_stack([panel.sizes, late]))
    found = watched(wider)
    assert np.isnan(found.expected[:178, -1]).all()
    assert np.isfinite(found.expected[178:, -1]).all()
    assert not found.carries[150:178, -1].any()


def test_marked_days_are_never_flagged_and_teach_nothing() -> None:
    panel = shop(300)
    marks = DayMarks.none(300)
    wild, wilder = panel.values.copy(), panel.values.copy()
    marks.event[200] = "sale"
    marks.holiday[210] = "holiday"
    wild[[200, 210], :3] *= 3
    wilder[[200, 210], :3] *= 5
    found, other = (watch(panel.with_figures(values, panel.sizes), marks) for values in (wild, wilder))
    assert not found.is_flagged[[200, 210]].any()
    # What is added to a sum before its logarithm comes from all days.
    np.testing.assert_allclose(found.score[211:], other.score[211:], rtol=1e-3, atol=1e-3)


def test_holiday_is_expected_as_it_was_before() -> None:
    panel = shop(450, noise=0.02)
    marks = DayMarks.none(450)
    values = panel.values.copy()
    for day in (100, 200, 300, 400):
        marks.holiday[day] = "holiday"
        values[day, :3] = np.round(values[day, :3] * 0.5)
    found = watch(panel.with_figures(values, panel.sizes), marks)
    assert found.residual[100, 0] == pytest.approx(np.log(0.5), abs=0.1)
    assert abs(found.residual[400, 0]) < 0.3


@pytest.mark.parametrize(
    ("columns", "factor", "leading"),
    [((0, 1, 2), 0.5, "sessions"), ((1, 2), 0.5, "orders"), ((2,), 0.5, "revenue")],
)
def test_incident_is_flagged_and_named_by_what_it_acts_on(
    columns: tuple[int, ...], factor: float, leading: str
) -> None:
    panel = shop(300, 2)
    figures = [panel.values[:, at].copy() for at in range(3)]
    for at in columns:
        figures[at][250] = np.round(figures[at][250] * factor)
    found = watched(of(*figures))
    assert found.is_alarm[250]
    assert panel.names[found.leading[250]] == leading
    assert found.carries[250, found.leading[250]]
    assert figures[columns[0]][250] < found.low[250, columns[0]]


def test_run_of_flagged_days_is_one_alarm() -> None:
    panel = shop(300, 2)
    figures = [panel.values[:, at].copy() for at in range(3)]
    for values in figures:
        values[250:253] = np.round(values[250:253] * 0.4)
    found = watched(of(*figures))
    assert found.is_flagged[250:253].all()
    assert found.is_alarm[250:253].tolist() == [True, False, False]


def test_new_level_is_expected_after_a_while() -> None:
    rng = np.random.default_rng(4)
    found = watched(counts(rng.poisson(np.where(np.arange(300) < 200, 1000.0, 2000.0)).astype(np.float64)))
    assert found.is_flagged[200]
    assert found.expected[220:, 0] == pytest.approx(2000.0, rel=0.15)
    assert found.is_flagged[220:].mean() < 0.1


def test_peak_of_the_year_before_is_expected() -> None:
    rng = np.random.default_rng(5)
    values = rng.poisson(1000.0, 500).astype(np.float64)
    values[[100, 100 + 364]] = 2000.0
    found = watched(counts(values))
    assert found.is_flagged[100]
    assert not found.is_flagged[464]
    assert found.expected[464, 0] == pytest.approx(2000.0, rel=0.1)


def test_incidents_of_the_past_do_not_hide_the_next_one() -> None:
    panel = shop(420, 2)
    figures = [panel.values[:, at].copy() for at in range(3)]
    for day in range(100, 420, 25):
        for values in figures:
            values[day] = np.round(values[day] * 0.5)
    found = watched(of(*figures))
    assert found.is_flagged[200:420:25].all()
    quiet = np.ones(420, bool)
    quiet[100:420:25] = False
    assert found.is_flagged[84:][quiet[84:]].mean() < 2 / 30


def test_expectation_follows_the_week() -> None:
    found = watched(shop(200, noise=0.0, sessions=20_000.0))
    expected = 20_000 * WEEK[np.arange(84, 200) % 7]
    assert found.expected[84:, 0] == pytest.approx(expected, rel=0.03)


def test_band_holds_all_quiet_days_but_what_the_budget_lets_go() -> None:
    panel = shop(500, 7)
    found = watched(panel, false_alarms_per_30_days=3.0)
    outside = (panel.values < found.low) | (panel.values > found.high)
    assert outside[112:].mean() == pytest.approx(0.1, abs=0.03)


def test_score_of_a_network_can_serve() -> None:
    panel = shop(200)
    given = np.random.default_rng(1).uniform(size=200)
    given[150] = 9.0
    found = watched(panel, detector="network", more_scores={"network": given})
    assert found.is_flagged[150]
    assert found.score[150] == 9.0
    assert set(found.scores) == {*DETECTORS, "network"}


def test_unknown_detector_and_impossible_budgets_are_refused() -> None:
    with pytest.raises(ValidationError, match="There are: deviation, mahalanobis, matched, weighed"):
        watched(shop(60), detector="oracle")
    for budget in (0.0, 31.0, -1.0):
        with pytest.raises(ValidationError, match="more than 0 and at most 30"):
            watched(shop(60), false_alarms_per_30_days=budget)


def test_panels_with_missing_days_or_doubled_metrics_are_refused() -> None:
    days = FIRST + np.array([0, 2])
    with pytest.raises(ValidationError, match="not consecutive"):
        Panel(days, METRICS[:1], np.ones((2, 1)), np.ones((2, 1)))
    with pytest.raises(ValidationError, match="stands twice"):
        Panel(FIRST + np.arange(2), METRICS[:1] * 2, np.ones((2, 2)), np.ones((2, 2)))
    with pytest.raises(ValidationError, match="row per day"):
        Panel(FIRST + np.arange(2), METRICS[:1], np.ones((3, 1)), np.ones((2, 1)))

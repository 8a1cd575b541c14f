"""Planted incidents, and the contest of detectors on them."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pytest

from ca_platform.models.anomaly import (
    DETECTORS,
    KINDS,
    DayMarks,
    Outcome,
    Panel,
    Planting,
    backtest,
    best,
    inject,
    watch,
)
from ca_platform.models.anomaly.incidents import says
from ca_platform.models.anomaly.kinds import Kind
from ca_platform_tests.models.anomaly.panels import counts, quotient, shop


@pytest.mark.parametrize("kind", KINDS.values(), ids=list(KINDS))
def test_ratios_and_means_stay_what_they_are_made_of(kind: Kind) -> None:
    panel = shop(120)
    changed = inject(panel, kind, 100, np.random.default_rng(1))
    assert changed is not None
    came, bought, revenue, mean, conversion = changed.values.T
    assert conversion == pytest.approx(quotient(bought, came))
    assert mean == pytest.approx(quotient(revenue, bought))
    np.testing.assert_array_equal(changed.sizes, np.column_stack([came, bought, bought, bought, came]))
    assert (bought <= came).all()
    rows = np.arange(120)
    untouched = (rows < 100) | (rows >= 100 + kind.days)
    np.testing.assert_array_equal(changed.values[untouched], panel.values[untouched])
    assert (changed.values[100] != panel.values[100]).any()


@pytest.mark.parametrize(
    ("name", "least", "most"),
    [("outage", 0.35, 0.65), ("drop", 0.7, 0.8), ("bots", 1.4, 2.1)],
)
def test_incident_is_as_large_as_it_says(name: str, least: float, most: float) -> None:
    panel = shop(120, sessions=50_000.0)
    for seed in range(5):
        changed = inject(panel, KINDS[name], 100, np.random.default_rng(seed))
        assert changed is not None
        assert least < changed.values[100, 1] / panel.values[100, 1] < most


def test_lost_visits_leave_the_conversion_as_it_was() -> None:
    panel = shop(120, sessions=50_000.0)
    changed = inject(panel, KINDS["drop"], 100, np.random.default_rng(1))
    assert changed is not None
    assert changed.values[100, 4] == pytest.approx(panel.values[100, 4], rel=0.03)


def test_price_error_cannot_hit_a_shop_without_revenue() -> None:
    assert inject(counts(np.full(100, 50.0)), KINDS["price"], 50, np.random.default_rng(1)) is None
    assert inject(counts(np.full(100, 50.0)), KINDS["tracking"], 50, np.random.default_rng(1)) is None


def test_cause_is_right_by_any_figure_that_the_incident_acts_on() -> None:
    assert says(KINDS["price"], shop(10)) == {"revenue", "mean_amount"}
    assert says(KINDS["outage"], shop(10)) == {"sessions", "orders/sessions"}


@pytest.fixture(scope="module")
def planted() -> Iterator[tuple[Panel, list[tuple[Kind, int, Panel]], tuple[Outcome, ...]]]:
    panel = shop(230, sessions=300.0, noise=0.1)
    seen: list[tuple[Kind, int, Panel]] = []

    def plant(history: Panel, kind: Kind, day: int, rng: np.random.Generator) -> Panel | None:
        changed = inject(history, kind, day, rng)
        if changed is not None:
            seen.append((kind, day, changed))
        return changed

    outcomes = backtest(panel, DayMarks.none(230), incidents_per_kind=2, seed=3, planting=Planting(plant))
    yield panel, seen, outcomes


def test_contest_says_what_a_watch_over_the_changed_history_says(
    planted: tuple[Panel, list[tuple[Kind, int, Panel]], tuple[Outcome, ...]],
) -> None:
    _, seen, outcomes = planted
    outcome = next(item for item in outcomes if item.detector == "weighed")
    for name in ("outage", "price", "drop"):
        found = 0
        for kind, day, changed in seen:
            if kind.name == name:
                head = changed.head(day + kind.days)
                flags = watch(head, DayMarks.none(head.days.size), detector="weighed").is_flagged
                found += bool(flags[day:].any())
        assert outcome.found[name] == found
    assert outcome.incidents == dict.fromkeys(KINDS, 2)


def test_contest_counts_the_false_alarms_of_the_history_as_it_was(
    planted: tuple[Panel, list[tuple[Kind, int, Panel]], tuple[Outcome, ...]],
) -> None:
    panel, _, outcomes = planted
    assert [outcome.detector for outcome in outcomes] == list(DETECTORS)
    for outcome in outcomes:
        quiet = watch(panel, DayMarks.none(230), detector=outcome.detector)
        before = np.concatenate([[False], quiet.is_flagged[:-1]])
        begun = (quiet.is_flagged & ~before)[84:].sum()
        assert outcome.false_alarms_per_30_days == pytest.approx(begun / (230 - 84) * 30)
        assert outcome.quiet_days == 230 - 84


def test_short_history_has_no_outcome() -> None:
    assert backtest(shop(90), DayMarks.none(90)) == ()
    assert best((), 1.0) is None


def outcome(detector: str, recall: float, false_alarms: float) -> Outcome:
    return Outcome(
        detector, {"drop": recall, "decay": 1.0}, {"drop": 10}, false_alarms, 100, 0.0, {"drop": 1.0}, {"drop": 5}
    )


def test_most_sudden_incidents_found_serve_among_those_that_keep_to_the_budget() -> None:
    found = [outcome("a", 0.8, 1.0), outcome("b", 0.9, 1.2), outcome("c", 1.0, 2.0)]
    assert best(found, 1.0) == "b"
    assert best(found[2:], 1.0) == "c"
    assert best(found, 2.0) == "c"

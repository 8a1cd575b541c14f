"""The hours within a day: what is told by empty ones, and incidents that act on them."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.anomaly import KINDS, DayMarks, hours_figure, inject, watch
from ca_platform.models.anomaly.hours import silent_hours, usual_course
from ca_platform.models.anomaly.incidents import says
from ca_platform_tests.models.anomaly.panels import open_shop, shop


def test_a_weak_day_is_as_busy_as_a_strong_one_and_half_a_day_is_half() -> None:
    hours = np.tile([0.0, 20.0, 30.0, 30.0, 20.0], (64, 1))
    hours[61] = [0.0, 2.0, 3.0, 3.0, 2.0]
    hours[62] = [0.0, 20.0, 30.0, 0.0, 0.0]
    hours[63] = 0.0
    values, sizes = hours_figure(hours)
    assert np.isnan(values[:28]).all()
    assert values[28:61] == pytest.approx(1.0, abs=1e-6)
    assert values[61] == pytest.approx(1.0, abs=0.1)
    assert values[62] == pytest.approx(0.5, abs=0.01)
    assert np.isnan(values[63])
    assert sizes[61] == pytest.approx(1 / (2 * 0.2**2 + 2 * 0.3**2))


def test_hours_say_nothing_of_later_days() -> None:
    hours = open_shop(100).hours
    assert hours is not None
    at_once, cut = hours_figure(hours["orders"]), hours_figure(hours["orders"][:80])
    np.testing.assert_array_equal(at_once[0][:80], cut[0])
    np.testing.assert_array_equal(at_once[1][:80], cut[1])


def test_outage_empties_hours_in_a_row_that_usually_bring_about_half_of_the_day() -> None:
    panel = open_shop(120)
    assert panel.hours is not None
    usual = usual_course(panel.hours["orders"])[100]
    began = set()
    for seed in range(12):
        changed = inject(panel, KINDS["outage"], 100, np.random.default_rng(seed))
        assert changed is not None
        lost = panel.values[100, 0] - changed.values[100, 0]
        spans = [
            (begin, end)
            for begin in range(9, 18)
            for end in range(begin + 1, 19)
            if 0.34 < usual[begin:end].sum() < 0.66 and panel.hours["orders"][100, begin:end].sum() == lost
        ]
        assert spans
        began.add(spans[0][0])
        assert changed.values[100, 1] < 0.75
        np.testing.assert_array_equal(changed.values[:100], panel.values[:100])
    assert len(began) > 2


def test_orders_that_are_lost_all_over_the_day_leave_its_hours_busy() -> None:
    panel = open_shop(120, orders=200.0)
    changed = inject(panel, KINDS["drop"], 100, np.random.default_rng(1))
    assert changed is not None
    assert changed.values[100:105, 0].sum() < 0.85 * panel.values[100:105, 0].sum()
    assert changed.values[100:105, 1] == pytest.approx(1.0, abs=0.06)


def test_a_weak_day_is_told_from_one_that_stood_still() -> None:
    panel = open_shop(130)
    still = inject(panel, KINDS["outage"], 120, np.random.default_rng(1))
    weak = panel.with_figures(panel.values.copy(), panel.sizes)
    assert still is not None
    weak.values[120, 0] = still.values[120, 0]
    found = [watch(each, DayMarks.none(130), detector="weighed") for each in (still, weak)]
    assert found[0].is_flagged[120]
    assert found[0].p_value[120] <= found[1].p_value[120]
    assert [panel.names[each.leading[120]] for each in found] == ["hours_with_orders", "orders"]


def test_empty_hours_name_an_outage_right_and_no_other_incident() -> None:
    panel = open_shop(60)
    assert says(KINDS["outage"], panel) == {"orders", "hours_with_orders"}
    assert says(KINDS["drop"], panel) == {"orders"}


def test_an_outage_takes_all_that_came_in_its_hours() -> None:
    """Sessions, orders and money of an hour go together; the ratio of what is left is that of the other hours."""
    panel = shop(120)
    hours = {name: np.zeros((120, 24)) for name in ("sessions", "orders", "revenue")}
    for name, values in hours.items():
        column = panel.values[:, panel.names.index(name)]
        values[:, 10], values[:, 20] = np.floor(column / 2), column - np.floor(column / 2)
    given = type(panel)(panel.days, panel.metrics, panel.values, panel.sizes, hours)
    changed = inject(given, KINDS["outage"], 100, np.random.default_rng(1))
    assert changed is not None
    left = [changed.values[100, panel.names.index(name)] for name in hours]
    assert left in [[values[100, hour] for values in hours.values()] for hour in (10, 20)]


@pytest.mark.parametrize("days", [3, 100])
def test_no_silence_is_told_of_a_busy_day_or_without_a_past(days: int) -> None:
    hours = np.ones((days, 24))
    hours[:, 3] = 0.0
    assert silent_hours(hours) is None

"""Customers who come back under other ids: from which day on, until when, and what is no such thing."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.anomaly.records import Floats
from ca_platform.models.anomaly.renumbering import under_other_ids

CHANGED, DAYS = 100, 240
WEEK = np.array([1.0, 1.0, 1.1, 1.0, 1.2, 0.8, 0.3])[np.arange(DAYS) % 7]


def visits(seed: int = 1) -> tuple[Floats, Floats]:
    """Some 20 new and 200 returning customers a day, few on Sundays."""
    rng = np.random.default_rng(seed)
    return rng.poisson(20 * WEEK).astype(np.float64), rng.poisson(200 * WEEK).astype(np.float64)


def renumbered(days: float) -> tuple[Floats, Floats]:
    """From a day on whoever returns is taken for new once, most of them within so many days."""
    new, returning = visits()
    since = np.arange(DAYS) - CHANGED
    taken = np.where(since >= 0, np.floor(returning * np.exp(-np.maximum(since, 0) / days)), 0.0)
    return new + taken, returning - taken


@pytest.mark.parametrize(("days", "least", "most"), [(5.0, 14, 40), (15.0, 35, 75), (1000.0, 90, 90)])
def test_days_are_held_off_until_as_few_are_new_as_before(days: float, least: int, most: int) -> None:
    found = np.flatnonzero(under_other_ids(*renumbered(days)))
    assert found[0] == CHANGED
    assert least <= found.size <= most
    assert (np.diff(found) == 1).all()


@pytest.mark.parametrize("seed", range(5))
def test_quiet_days_and_weekends_are_no_change_of_ids(seed: int) -> None:
    assert not under_other_ids(*visits(seed)).any()


def test_a_campaign_an_outage_and_a_closed_day_are_no_change_of_ids() -> None:
    for new_factor, returning_factor in ((30.0, 1.0), (0.1, 0.1), (0.0, 0.0), (2.0, 0.4)):
        new, returning = visits()
        new[CHANGED : CHANGED + 5] *= new_factor
        returning[CHANGED : CHANGED + 5] *= returning_factor
        assert not under_other_ids(new, returning).any()


def test_a_shop_of_which_hardly_anybody_returns_has_nothing_to_lose() -> None:
    new, returning = renumbered(10.0)
    assert not under_other_ids(new, returning / 20).any()


def test_no_later_day_changes_what_is_said_of_one() -> None:
    new, returning = renumbered(10.0)
    whole = under_other_ids(new, returning)
    for days in (CHANGED, CHANGED + 1, CHANGED + 9, CHANGED + 30):
        np.testing.assert_array_equal(under_other_ids(new[:days], returning[:days]), whole[:days])

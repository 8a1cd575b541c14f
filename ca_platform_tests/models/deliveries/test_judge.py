"""Abnormally long deliveries: against loops, no look-ahead, parts apart, calibration, planted delays, bad cases."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca_platform.models.deliveries import Durations, Judged, abnormal, is_abnormal, judge
from ca_platform_tests.models.deliveries.made import FIRST_DAY, codes, durations, with_
from ca_platform_tests.oracle.deliveries import timed
from ca_platform_tests.oracle.slow import Row, cell_of, judged
from ca_platform_tests.oracle.test_delivery_orders import LAST, slow_shop
from ca_platform_tests.oracle.world import world


def assert_same(one: Judged, other: Judged, rows: int | slice = slice(None)) -> None:
    for field in fields(Judged):
        if field.name != "row":
            np.testing.assert_array_equal(getattr(one, field.name)[rows], getattr(other, field.name), field.name)


def test_all_deliveries_equal_the_second_implementation() -> None:
    shop = world(slow_shop(), LAST)
    client = {session.order_id: session.client for session in shop.sessions}
    found = sorted(timed(shop, "ride"), key=lambda t: (t.day, t.delivery.order_id))
    rows = [Row(t, client[t.delivery.order_id], cell_of(t)) for t in found]
    said = [one for _, one in judged(rows)]
    ours, _ = judge(
        Durations(
            day=np.array([row.timed.day.toordinal() - 719_163 for row in rows]),
            part=np.zeros(len(rows), np.int64),
            minutes=np.array([row.timed.minutes for row in rows]),
            slot=np.array([24 * (row.slot[0] - 1) + row.slot[1] for row in rows]),
            customer=codes([row.client for row in rows]),
            places=tuple(codes([row.cell and row.cell[:n] for row in rows]) for n in (7, 6, 5, 4)),
            latitude=np.full(len(rows), np.nan),
            longitude=np.full(len(rows), np.nan),
        ),
        networks=False,
    )
    names: dict[str, Any] = {
        "expected_minutes": ours.expected,
        "score": ours.score,
        "p_customer": ours.p_customer,
        "p_location": ours.p_location,
        "p_weekday_hour": ours.p_slot,
        "rule_1": ours.rule_1,
        "rule_2": ours.rule_2,
    }
    for name, values in names.items():
        wanted = np.array([np.nan if one[name] is None else float(one[name]) for one in said])
        np.testing.assert_allclose(values.astype(np.float64), wanted, rtol=1e-9, atol=1e-12, err_msg=name)
    assert np.isnan(ours.p_customer).sum() >= 300
    assert np.isnan(ours.p_location).sum() > np.isnan(ours.p_customer).sum()


@pytest.mark.parametrize("networks", [False, True])
def test_what_is_said_of_a_day_does_not_change_later(*, networks: bool) -> None:
    whole = durations(1_500, 60)
    last = FIRST_DAY + 37
    rows = whole.day <= last
    head, contests = judge(whole.take(rows), networks=networks)
    said, all_contests = judge(whole, networks=networks)
    assert_same(said, head, slice(0, int(rows.sum())))
    assert contests == tuple(contest for contest in all_contests if contest.origin <= last)
    assert bool(contests) == networks


def test_a_part_is_judged_as_if_it_were_the_whole_shop() -> None:
    whole = durations(1_500, 60, parts=3)
    whole = with_(whole, day=np.where(whole.part == 2, whole.day + 20, whole.day)).take(
        np.argsort(np.where(whole.part == 2, whole.day + 20, whole.day), kind="stable")
    )
    together, _ = judge(whole, networks=False)
    for part in range(3):
        rows = whole.part == part
        alone, _ = judge(with_(whole.take(rows), part=np.zeros(rows.sum(), np.int64)), networks=False)
        assert_same(together.take(rows), alone)


def test_quiet_deliveries_are_flagged_as_often_as_they_should() -> None:
    said, _ = judge(durations(40_000, 365, customers=600), networks=False)
    assert np.mean(said.p_customer < 0.05) == pytest.approx(0.05, abs=0.008)
    assert np.mean(said.p_slot < 0.05) == pytest.approx(0.05, abs=0.008)
    # An exponential tail lies above that of a normal distribution: rather too few.
    assert np.mean(said.p_location < 0.001) < 0.0012
    assert np.mean(said.rule_2) < 0.0006


def test_planted_delays_are_found_and_little_else() -> None:
    whole = durations(20_000, 300, customers=400)
    slow = np.random.default_rng(3).random(len(whole)) < 0.003
    said, _ = judge(with_(whole, minutes=np.where(slow, 5 * whole.minutes, whole.minutes)), networks=False)
    known = ~np.isnan(said.p_slot)
    assert np.mean(said.rule_2[slow & known]) > 0.9
    assert np.mean(slow[said.rule_2]) > 0.8
    assert np.all(said.rule_2 | ~said.rule_1)


def test_a_day_on_which_all_are_late_makes_no_order_abnormal() -> None:
    whole = durations(20_000, 100, customers=400)
    closed = whole.day == FIRST_DAY + 80
    said, _ = judge(with_(whole, minutes=np.where(closed, 1.8 * whole.minutes, whole.minutes)), networks=False)
    assert closed.sum() > 150
    assert said.rule_2[closed].sum() <= 1


def test_only_the_abnormal_ones_are_those_of_all() -> None:
    whole = durations(2_000, 60)
    slow = with_(whole, minutes=np.where(np.arange(2_000) % 97 == 0, 9 * whole.minutes, whole.minutes))
    said, _ = judge(slow, networks=True)
    found, _ = abnormal(slow, networks=True)
    assert found.row.tolist() == np.flatnonzero(is_abnormal(said, slow.minutes)).tolist()
    assert len(found.row) > 5
    assert np.all(slow.minutes[found.row] > found.expected)


def test_without_a_place_the_customer_is_judged_and_the_place_is_not() -> None:
    whole = durations(1_000, 60)
    nowhere = with_(whole, places=(), latitude=np.full(1_000, np.nan), longitude=np.full(1_000, np.nan))
    none = np.full(1_000, -1)
    unknown = with_(nowhere, places=(none, none))
    for given_ in (nowhere, unknown):
        said, _ = judge(given_, networks=True)
        assert np.all(np.isnan(said.p_location))
        assert not said.location.any()
        assert not np.all(np.isnan(said.p_customer))


@pytest.mark.parametrize("rows", [0, 1, 2, 299])
def test_few_deliveries_say_nothing(rows: int) -> None:
    said, contests = judge(durations(rows, 30), networks=True)
    assert len(said.row) == rows
    assert np.all(np.isnan(said.p_slot))
    assert not said.rule_2.any()
    assert contests == ()


def test_equal_durations_are_all_usual_until_one_is_not() -> None:
    whole = with_(durations(1_200, 60), minutes=np.full(1_200, 30.0))
    said, _ = judge(whole, networks=False)
    assert not said.rule_2.any()
    np.testing.assert_allclose(said.expected, 30.0)
    late = whole.minutes.copy()
    late[-1] = 60.0
    assert judge(with_(whole, minutes=late), networks=False)[0].rule_2.tolist() == [False] * 1_199 + [True]


@settings(max_examples=15)
@given(
    st.lists(st.sampled_from([0.0, 1 / 60, 30.0, 400 * 1440.0]), min_size=1, max_size=400),
    st.integers(1, 30),
    st.integers(1, 50),
)
def test_any_durations_give_numbers(minutes: list[float], days: int, customers: int) -> None:
    whole = durations(len(minutes), days, customers=customers)
    said, _ = judge(with_(whole, minutes=np.array(minutes)), networks=False)
    assert np.all(np.isfinite(said.expected))
    assert np.all(np.isfinite(said.score))
    for p in (said.p_customer, said.p_location, said.p_slot):
        assert np.all(np.isnan(p) | ((p >= 0) & (p <= 1)))

"""Time by the clock of trade runs faster before Christmas, and a year stays a year."""

from __future__ import annotations

from datetime import date

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.models.backtest import History
from ca_platform.models.clv.clock import PLAIN, seasonal, usual_clock
from ca_platform.models.clv.customers import buyers_at
from ca_platform.models.clv.past import Past
from ca_platform.models.clv.records import Summary

YEAR = 365.2425


def day(year: int, month: int, number: int = 1) -> int:
    return (date(year, month, number) - date(1970, 1, 1)).days


@given(st.floats(0, 1), st.integers(-40_000, 40_000), st.floats(0, 3_000))
def test_a_year_is_a_year_and_days_are_found_again(strength: float, start: int, days: float) -> None:
    clock = seasonal(strength)
    assert float(clock.weeks(start, start + YEAR)) == pytest.approx(YEAR / 7)
    assert float(clock.days(start, clock.weeks(start, start + days))) == pytest.approx(days, abs=1e-6)


def test_the_last_quarter_is_longer_by_what_statistics_say() -> None:
    last, whole = (seasonal(1.0).weeks(day(2013, month), day(2014, 1)) for month in (10, 1))
    # Sales of the quarter, not adjusted over adjusted, were 1.206 in 2013 and in 2014.
    assert float(last / whole) / (92 / 365) == pytest.approx(1.206, rel=0.01)


def test_what_never_comes_never_comes() -> None:
    assert seasonal(1.0).days(day(2024, 3), np.array([np.inf])).tolist() == [np.inf]


def test_who_comes_every_week_comes_in_every_season() -> None:
    weekly, yearly = (usual_clock(Summary([52 * often], [52], [52])) for often in (1, 1 / 52))
    assert weekly.months == pytest.approx(seasonal(1 / 8).months)
    assert yearly.months == pytest.approx(seasonal(52 / 59).months)
    assert usual_clock(Summary([0], [0], [0])) == seasonal(1.0)


def test_days_without_a_date_know_no_season() -> None:
    history = History([1, 1, 2], at=[0.0, 30.0, 20.0])
    assert buyers_at(history, 40).clock == PLAIN
    assert buyers_at(history, 40).summary.age_weeks.tolist() == [39 / 7, 19 / 7]
    dated = buyers_at(history, 40, has_season=True)
    assert dated.summary.recency_weeks.tolist() == pytest.approx(dated.clock.weeks([0, 20], [30, 20]).tolist())


def test_a_shop_that_has_seen_no_autumn_expects_it() -> None:
    # Customers of the first quarter, who order by the seasons from then on and never leave.
    rng = np.random.default_rng(5)
    clock, start, end, horizon = seasonal(0.8), day(2023, 1), day(2023, 10), 92
    first = rng.integers(start, start + 90, 1_500)
    again = rng.poisson(rng.gamma(1.0, 0.03, 1_500) * clock.weeks(first, end + horizon))
    number = np.repeat(np.arange(1_500), again)
    weeks = rng.uniform(0, clock.weeks(first[number], end + horizon))
    later = first[number] + np.array(
        [float(clock.days(begin, length)) for begin, length in zip(first[number], weeks, strict=True)]
    )
    history = History(np.append(np.arange(1_500), number), np.append(first, later))
    missed = {}
    for has_season in (False, True):
        past = Past(history, end, has_season=has_season)
        buyers = past.buyers(end)
        said = past.value("bg_nbd", end).expect(buyers, horizon).orders.sum()
        missed[has_season] = said / history.outcome(buyers.number, end, horizon).orders.sum() - 1
    assert missed[False] < -0.15
    assert abs(missed[True]) < 0.08

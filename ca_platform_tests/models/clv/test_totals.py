"""Totals at earlier origins are those of the candidate's own forecasts, and teach the contest its level."""

from __future__ import annotations

import numpy as np
import pytest

from ca_platform.models.backtest import History, Origin
from ca_platform.models.clv import known
from ca_platform.models.clv.candidates import CANDIDATES
from ca_platform.models.clv.contest import Contest, hold_contest
from ca_platform.models.clv.customers import buyers_at
from ca_platform.models.clv.past import Past
from ca_platform.models.clv.totals import past_totals
from ca_platform_tests.models.clv.shops_simulated import drawn_history

END, HORIZON = 880, 90
SEASON, AMPLITUDE = 365.25, 0.6


@pytest.fixture(scope="module")
def history() -> History:
    """More than two years of a shop whose customers leave seldom, and order most about the turn of the year."""
    plain = drawn_history(known("bg_nbd", {"r": 0.8, "alpha": 6.0, "a": 0.2, "b": 4.0}), 700, END + HORIZON, seed=4)
    course = 1 + AMPLITUDE * np.cos(2 * np.pi * plain.at / SEASON)
    kept = np.random.default_rng(4).random(len(plain)) < course / (1 + AMPLITUDE)
    kept[plain.starts] = True
    return History(plain.customer[kept], plain.at[kept], amount=plain.amount[kept])


@pytest.fixture(scope="module")
def contest(history: History) -> Contest:
    return hold_contest(history, END, HORIZON, ("naive", "mbg_nbd"))


@pytest.mark.parametrize("name", ["mbg_nbd", "boosted", "stacked"])
def test_totals_are_those_of_the_candidates_own_forecasts(history: History, name: str) -> None:
    past, origins = Past(history, END), [Origin(END - 2 * HORIZON, HORIZON), Origin(END - HORIZON, HORIZON)]
    totals = past_totals(past, origins, CANDIDATES[name])
    for row, at in enumerate(origins):
        buyers = past.buyers(at.at)
        forecast = CANDIDATES[name].fit(past, at.at, HORIZON).forecast(buyers, HORIZON, share=0.0)
        outcome = history.outcome(buyers.number, at.at, HORIZON)
        assert totals["orders"].forecast[row].sum() == pytest.approx(forecast.orders.sum())
        assert totals["revenue"].forecast[row].sum() == pytest.approx(forecast.revenue.sum(), rel=1e-4)
        assert totals["orders"].outcome[row].sum() == outcome.orders.sum()
        assert totals["revenue"].outcome[row].sum() == pytest.approx(outcome.amount.sum())


def test_parts_follow_one_another_where_a_year_is_known(history: History) -> None:
    origin = [Origin(END - HORIZON, HORIZON)]
    assert past_totals(Past(history, END), origin, CANDIDATES["naive"])["orders"].outcome.shape == (1, 1)
    early = Origin(END - 400, HORIZON)
    came = past_totals(Past(history, END), [early, *origin], CANDIDATES["naive"])["orders"].outcome
    buyers = buyers_at(history, early.at).number
    sums = [history.outcome(buyers, early.at, days).orders.sum() for days in (30, 60, 90)]
    assert np.cumsum(came[0]).tolist() == sums


def test_a_season_makes_a_level_that_betters_what_comes(history: History, contest: Contest) -> None:
    assert (contest.orders_level.method, contest.revenue_level.method) == ("learnt", "learnt")
    buyers = buyers_at(history, END)
    said, came = contest.model.forecast(buyers, HORIZON, share=0.0), history.outcome(buyers.number, END, HORIZON)
    for level, plain, outcome in (
        (contest.orders_level, said.orders.sum(), came.orders.sum()),
        (contest.revenue_level, said.revenue.sum(), came.amount.sum()),
    ):
        assert abs(np.log(level.factor * plain / outcome)) < 0.6 * abs(np.log(plain / outcome))


def test_what_a_level_would_have_been_is_told_of_every_origin(contest: Contest) -> None:
    for measure in ("orders", "revenue"):
        levels = {score.origin: score for score in contest.scores if score.metric == f"{measure}_level"}
        assert set(levels) == {score.origin for score in contest.scores}
        assert all(score.is_served and score.customers > 100 for score in levels.values())
        first, *_, last = (levels[origin].value for origin in sorted(levels))
        assert first == 1.0, "nothing was known by then"
        assert last != 1.0

"""Training as of a day: candidates learnt from the past, judged at rolling origins, the best of them chosen."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from ca_platform.catalogue.models import CHURN_BASELINE as BASELINE
from ca_platform.catalogue.models import LEAST_CUSTOMERS, LEAST_DAYS
from ca_platform.models.backtest import (
    History,
    Origin,
    auc,
    brier_score,
    chance_gap,
    decile_gap,
    deciles,
    rolling_origins,
)
from ca_platform.models.backtest.history import Flags, Floats
from ca_platform.models.churn.calibration import level_error
from ca_platform.models.churn.candidates import CANDIDATES, learn
from ca_platform.models.churn.customers import Customers, customers_at
from ca_platform.models.churn.expectations import expect_all, fit_orders
from ca_platform.models.churn.features import expit, features
from ca_platform.models.churn.levels import YEAR, Judged, learn_levels
from ca_platform.models.churn.model import Candidates, ChurnModel
from ca_platform.models.churn.waiting import waiting_times
from ca_platform.models.clv import Fit

# More customers change nothing that a back-test could see; every so many-th is taken then. The four parameters of a
# model of orders need fewer still: their estimates differ by a few hundredths.
MOST_CUSTOMERS = 20_000
MOST_FITTED = 4_000


@dataclass(frozen=True, slots=True)
class Score:
    """One figure of the back-test.

    Attributes:
        origin: number of the first day that was not known.
        horizon: days without an order, of which the probability was forecast.
        value: None where the metric has none.
        customers: who were forecast: all with an order before the origin.
    """

    origin: int
    model: str
    metric: str
    value: float | None
    customers: int
    horizon: int
    is_served: bool


@dataclass(frozen=True, slots=True, eq=False)
class Trained:
    """A model, and how good each candidate was."""

    model: ChurnModel
    scores: tuple[Score, ...]


def default_horizon(history: History) -> int | None:
    """Twice the median gap between consecutive orders, in whole days, at least 1; None where nobody came again.

    Where one customer has more than half of all gaps, those of the others count: a reseller who orders every hour says
    nothing of when they are late.

    >>> default_horizon(History([1, 1, 1, 2], at=[0.0, 10.0, 13.0, 5.0]))
    13
    >>> default_horizon(History([1] * 9 + [2, 2], at=[*range(9), 0.0, 30.0]))
    60
    """
    gaps, further = history.gaps, history.counts - 1
    if gaps.size > further.max(initial=0) > gaps.size / 2:
        gaps = gaps[np.repeat(np.arange(further.size), further) != further.argmax()]
    return max(1, round(2 * float(np.median(gaps)))) if gaps.size else None


def train(history: History, end: int, horizon: float, seed: int = 0, *, has_season: bool = False) -> Trained:
    """Learn, judge and choose with what is known at an end.

    At each of four rolling origins every candidate is learnt anew from windows before it, its level set by the origins
    whose outcome was known by then and by the season where that helps, and its forecast held against what happened. The lowest mean Brier score serves. For
    serving the candidates are learnt once more from the windows before the end. A window is as long as the horizon, or a
    quarter of what is known; a longer horizon goes on by a model of orders.

    Args:
        end: number of the first day that is not known; later orders of the history are not looked at.
        horizon: in days, above 0.
        has_season: whether days are counted from 1970-01-01, so that models of orders take time by the usual year of trade.

    Returns:
        With less than ``LEAST_DAYS`` of history, or fewer than ``LEAST_CUSTOMERS`` who ordered, or did not, in the
        windows: the baseline.
    """
    from threadpoolctl import threadpool_limits

    # What is multiplied is small: threads that wait for each other cost more than they gain, tenfold on a busy machine.
    with threadpool_limits(limits=1):
        return _train(history.until(end), end, horizon, seed, has_season=has_season)


def _train(known: History, end: int, horizon: float, seed: int, *, has_season: bool) -> Trained:
    past = _Past(_sampled(known, MOST_CUSTOMERS), int(known.day.min(initial=end)), seed, has_season)
    waiting = waiting_times(past.history, end)
    span = max(1, round(horizon))
    origins = rolling_origins(past.start, end, span) if end - past.start >= LEAST_DAYS else ()
    said = {origin: found for origin in origins if (found := _forecast(past, origin)) is not None}
    candidates = past.candidates(end, span) if said else None
    if candidates is None:
        baseline = tuple(_baseline_scores(past, origins))
        return Trained(ChurnModel(horizon, BASELINE, waiting, None, {}, has_season), baseline)

    tested = [Judged(origin, odds, past.silent(origin), _year_before(past, origin)) for origin, odds in said.items()]
    then, levels = learn_levels(tested, lambda: _year_before(past, Origin(end, origins[0].horizon)))
    forecasts = {
        own.origin: {name: expit(odds + level[name]) for name, odds in own.log_odds.items()}
        | {BASELINE: past.waits(own.origin)}
        for own, level in zip(tested, then, strict=True)
    }
    served = _best(forecasts, past)
    scores = [
        score
        for origin, by_model in forecasts.items()
        for name, forecast in by_model.items()
        for score in _scores(origin, name, past.silent(origin), forecast, is_served=name == served)
    ]
    return Trained(ChurnModel(horizon, served, waiting, candidates, levels, has_season), tuple(scores))


@dataclass
class _Past:
    """What training looks at again and again: customers and models of orders at an origin, made once."""

    history: History
    start: int
    seed: int
    has_season: bool
    _known: dict[int, tuple[History, Customers, Mapping[str, Fit]]] = field(default_factory=dict)

    def at(self, origin: int) -> tuple[History, Customers, Mapping[str, Fit]]:
        if origin not in self._known:
            history = self.history.until(origin)
            customers = customers_at(history, origin, has_season=self.has_season)
            few = customers_at(_sampled(history, MOST_FITTED), origin, has_season=self.has_season)
            self._known[origin] = history, customers, fit_orders(few.summary)
        return self._known[origin]

    def silent(self, origin: Origin) -> Flags:
        """Who of the customers at an origin did not order in its horizon."""
        known = self.history.until(origin.at).customers
        return self.history.outcome(known, origin.at, origin.horizon).is_silent

    def waits(self, origin: Origin) -> Floats:
        """What the baseline says of the customers at an origin."""
        history = self.history.until(origin.at)
        known = customers_at(history, origin.at)
        return waiting_times(history, origin.at).no_order(known.idle_days, origin.horizon)

    def candidates(self, end: int, horizon: int) -> Candidates | None:
        """All candidates learnt from the windows before an end; None where too little happened in them."""
        windows = rolling_origins(self.start, end, horizon)
        silent = [self.silent(window) for window in windows]
        quiet = sum(int(flags.sum()) for flags in silent)
        if min(quiet, sum(flags.size for flags in silent) - quiet) < LEAST_CUSTOMERS:
            return None
        columns, weeks = [], []
        for window in windows:
            history, known, fits = self.at(window.at)
            weeks.append(known.weeks_ahead(window.horizon))
            expected = expect_all(fits, known.summary, weeks[-1])
            columns.append(features(history, known, window.at, window.horizon, expected))
        learnt = learn(list(zip(columns, silent, strict=True)), self.seed)
        return Candidates(windows[0].horizon, float(np.mean(weeks)), self.at(end)[2], learnt)


def _sampled(history: History, most: int) -> History:
    """All customers, or evenly some of them."""
    customers = history.customers
    stride = -(-customers.size // most)
    return history.of(customers[::stride]) if stride > 1 else history


def _forecast(past: _Past, origin: Origin) -> dict[str, Floats] | None:
    """Logarithms of the odds at an origin by candidate, with nothing known of later."""
    candidates = past.candidates(origin.at, origin.horizon)
    if candidates is None:
        return None
    history, known, _ = past.at(origin.at)
    return candidates.log_odds(history, known, origin.at, origin.horizon)


def _year_before(past: _Past, origin: Origin) -> dict[str, float] | None:
    """The level errors of the same days a year before an origin; None where the history does not reach so far."""
    then = Origin(origin.at - YEAR, origin.horizon)
    if then.at - past.start < LEAST_DAYS or then.end > origin.at:
        return None
    said = _forecast(past, then)
    return None if said is None else {name: level_error(odds, past.silent(then)) for name, odds in said.items()}


def _best(forecasts: Mapping[Origin, Mapping[str, Floats]], past: _Past) -> str:
    """The candidate with the lowest mean Brier score; of equals the simpler one."""

    def score(name: str) -> float:
        return float(np.mean([brier_score(past.silent(origin), said[name]) for origin, said in forecasts.items()]))

    return min((*CANDIDATES, BASELINE), key=score)


def _baseline_scores(past: _Past, origins: tuple[Origin, ...]) -> list[Score]:
    found = []
    for origin in origins:
        if past.history.until(origin.at).customers.size:
            found += _scores(origin, BASELINE, past.silent(origin), past.waits(origin), is_served=True)
    return found


def _scores(origin: Origin, model: str, silent: Flags, said: Floats, *, is_served: bool) -> list[Score]:
    """The figures of one candidate at one origin; those of each decile for the one that serves."""
    figures = {
        "auc": auc(silent, said),
        "brier": brier_score(silent, said),
        "decile_gap": decile_gap(silent, said),
        "chance_gap": chance_gap(said),
        "mean_probability": float(said.mean()),
        "share_without_order": float(silent.mean()),
    }
    make = partial(Score, origin.at, model, horizon=origin.horizon, is_served=is_served)
    found = [make(name, None if np.isnan(value) else value, silent.size) for name, value in figures.items()]
    for place, decile in enumerate(deciles(silent, said) if is_served else (), start=1):
        found.append(make(f"forecast_decile_{place}", decile.forecast, decile.customers))
        found.append(make(f"observed_decile_{place}", decile.observed, decile.customers))
    return found

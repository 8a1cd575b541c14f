"""A fitted model of churn risk: all candidates, which of them serves, and what it says of customers."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace

import numpy as np

from ca_platform.catalogue.models import CHURN_BASELINE
from ca_platform.models.backtest import History
from ca_platform.models.backtest.history import Floats, Ints
from ca_platform.models.churn.candidates import CANDIDATES, Learnt
from ca_platform.models.churn.customers import Customers, customers_at
from ca_platform.models.churn.expectations import expect, expect_all
from ca_platform.models.churn.features import BASIC, LEAST, expit, features, logit
from ca_platform.models.churn.waiting import WaitingTimes
from ca_platform.models.clv import Fit

# Of the models of orders, the one that says how a longer horizon goes on.
_GOES_ON = "mbg_nbd"


@dataclass(frozen=True, slots=True, eq=False)
class Candidates:
    """The candidates as learnt at some time, before their levels are set.

    Attributes:
        window: days in which no order is expected with the probability that they learnt.
        weeks: as long by the clock as these windows were in the mean.
        fits: the models of orders that they build on.
    """

    window: int
    weeks: float
    fits: Mapping[str, Fit]
    learnt: Learnt

    def log_odds(
        self, history: History, known: Customers, origin: int, horizon: float, names: Collection[str] = CANDIDATES
    ) -> dict[str, Floats]:
        """Logarithm of the odds that customers do not order within the horizon, by candidate."""
        fits = {name: fitted for name, fitted in self.fits.items() if name in (*BASIC, *names)}
        expected = expect_all(fits, known.summary, self.weeks)
        said = self.learnt.log_odds(features(history, known, origin, self.window, expected), names)
        weeks = known.weeks_ahead(horizon)
        if np.isclose(weeks, self.weeks):
            return said
        window, whole = expected[_GOES_ON].no_order, expect(self.fits[_GOES_ON], known.summary, weeks).no_order
        return {name: logit(_gone_on(expit(odds), window, whole)) for name, odds in said.items()}


def _gone_on(learnt: Floats, window: Floats, whole: Floats) -> Floats:
    """The probability of no order within a horizon, of the learnt one for the window and what the model of orders says.

    P(none in the horizon) = P(none in the window) P(none after it | none in it), the second by the model of orders. Within
    less than the window the hazards are in its proportion.

    >>> learnt, window = np.array([0.5, 0.5]), np.array([0.4, 0.4])
    >>> _gone_on(learnt, window, np.array([0.2, 0.4**0.5])).round(3).tolist()
    [0.25, 0.707]
    """
    inside = np.clip(window, LEAST, 1 - LEAST)
    hazards = np.log(np.clip(whole, LEAST, 1 - LEAST)) / np.log(inside)
    return np.where(whole > window, learnt**hazards, learnt * whole / np.maximum(window, np.finfo(float).tiny))


@dataclass(frozen=True, slots=True, eq=False)
class ChurnModel:
    """What serves.

    Attributes:
        horizon: days without an order, of which the probability is given.
        served: name of the candidate, or of the baseline.
        waiting: the baseline.
        candidates: None where the history was too short to learn any.
        levels: by candidate, what is added to the logarithm of its odds.
        has_season: whether days are counted from 1970-01-01 (see ``customers_at``).
    """

    horizon: float
    served: str
    waiting: WaitingTimes
    candidates: Candidates | None
    levels: Mapping[str, float]
    has_season: bool = False

    def served_by(self, name: str) -> ChurnModel:
        """The same model with another candidate, or the baseline, in service."""
        return replace(self, served=name)

    def probabilities(self, history: History, origin: int) -> tuple[Ints, Floats]:
        """The customers of a history at an origin, and how likely each of them does not order within the horizon.

        Args:
            history: of any customers, cut at the origin, which need not be that of the training.
        """
        known = customers_at(history, origin, has_season=self.has_season)
        if not known.number.size:
            return known.number, np.zeros(0)
        if self.candidates is None or self.served == CHURN_BASELINE:
            return known.number, self.waiting.no_order(known.idle_days, self.horizon)
        odds = self.candidates.log_odds(history, known, origin, self.horizon, (self.served,))[self.served]
        return known.number, expit(odds + self.levels[self.served])

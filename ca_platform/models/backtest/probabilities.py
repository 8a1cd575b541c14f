"""How well the probability of an event was forecast: a probability per customer, and whether it happened."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ca_platform.models.backtest.metrics import averaged, tenths

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Decile:
    """A tenth of the customers by their probability.

    Attributes:
        forecast: mean probability.
        observed: share of them to whom it happened.
    """

    customers: int
    forecast: float
    observed: float


def auc(happened: ArrayLike, score: ArrayLike) -> float:
    """Probability that of two customers the one to whom it happened has the higher score; 1 is best, 0.5 is chance.

    Equal scores count half: the Mann–Whitney statistic over its maximum (Hanley and McNeil 1982, "The meaning and use of
    the area under a ROC curve", eq. 1). NaN where it happened to everybody or to nobody.

    >>> auc([1, 0, 1, 0], [0.9, 0.4, 0.4, 0.1])
    0.875
    """
    event, said = np.asarray(happened, bool), np.asarray(score, np.float64)
    events = int(event.sum())
    others = event.size - events
    if not events or not others:
        return np.nan
    _, place, counts = np.unique(said, return_inverse=True, return_counts=True)
    mean_rank = np.cumsum(counts) - (counts - 1) / 2
    return float((mean_rank[place[event]].sum() - events * (events + 1) / 2) / (events * others))


def brier_score(happened: ArrayLike, probability: ArrayLike) -> float:
    """Mean squared distance of probability and event (1 or 0); 0 is best, 0.25 is what 0.5 for everybody scores.

    Brier 1950, "Verification of forecasts expressed in terms of probability", for two classes, halved as is usual. It is
    proper: nothing scores better on average than the true probabilities. NaN without customers.

    >>> brier_score([1, 0], [0.75, 0.5])
    0.15625
    """
    event, said = _pair(happened, probability)
    return float(np.square(event - said).mean()) if event.size else np.nan


def deciles(happened: ArrayLike, probability: ArrayLike, groups: int = 10) -> list[Decile]:
    """Tenths of the customers by their probability, the lowest first: what a calibration plot shows.

    With fewer customers than groups as many groups as customers. Of customers with equal probabilities it is open who
    falls into which group, so each stands for the share among them.

    >>> deciles([0, 1, 1, 1], [0.2, 0.2, 0.8, 0.8], groups=2)
    [Decile(customers=2, forecast=0.2, observed=0.5), Decile(customers=2, forecast=0.8, observed=1.0)]
    """
    event, said = _pair(happened, probability)
    tied = averaged(event, said)
    return [Decile(part.size, float(said[part].mean()), float(tied[part].mean())) for part in tenths(said, groups)]


def decile_gap(happened: ArrayLike, probability: ArrayLike, groups: int = 10) -> float:
    """Mean distance of the mean probability and the share to whom it happened, over tenths of the customers; 0 is best.

    The expected calibration error with groups of equal size (Naeini, Cooper and Hauskrecht 2015; of equal mass as in
    Nixon et al. 2019). Even true probabilities do not reach 0: see ``chance_gap``. NaN without customers.

    >>> decile_gap([0, 1, 1, 1], [0.25, 0.25, 0.75, 0.75], groups=2)
    0.25
    """
    found = deciles(happened, probability, groups)
    return float(np.mean([abs(item.forecast - item.observed) for item in found])) if found else np.nan


def chance_gap(probability: ArrayLike, groups: int = 10) -> float:
    """The decile gap that true probabilities would have on average, by chance alone.

    The events of a group sum to about a normal variable with the variance Σ p (1 − p), whose mean absolute deviation is
    √(2/π) of its standard deviation. An approximation: too high by less than .001 for groups of 100 and more. NaN without
    customers.

    >>> round(chance_gap([0.5] * 1000), 4)
    0.0399
    """
    said = np.asarray(probability, np.float64)
    spreads = [np.sqrt((said[part] * (1 - said[part])).sum()) / part.size for part in tenths(said, groups)]
    return float(np.sqrt(2 / np.pi) * np.mean(spreads)) if spreads else np.nan


def _pair(happened: ArrayLike, probability: ArrayLike) -> tuple[Floats, Floats]:
    return np.asarray(happened, np.float64), np.asarray(probability, np.float64)

"""What chance alone does to the figures of a hold-out, whoever forecasts it.

Customers of a shop are few, and what few of them spend is most of it. Drawn anew, those of a hold-out would have ordered
otherwise: the forecast that knows the mean of each tenth of the customers misses them then, too, and nobody can promise a
smaller error than that. A model, besides, has to learn its parameters from them: were a shop of the very kind that it
describes, it would miss the total by more still.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from ca_platform.models import clv
from ca_platform.models.backtest.metrics import tenths
from ca_platform.models.clv.records import Fit, Floats

_DRAWS = 1000
_SHOPS = 100
_MOST_ORDERS = 200


class Chance(NamedTuple):
    """What the forecast that knows the mean of each tenth would miss.

    Attributes:
        total: root mean square of the relative error of the total.
        tenths: mean of the mean relative error of tenths.
    """

    total: float
    tenths: float


def by_chance(came: Floats, said: Floats) -> Chance:
    """Draw the customers of each tenth with replacement, and hold what comes against what came (a bootstrap by strata).

    Args:
        came, said: outcome and forecast of each customer; the forecast only tells the tenths.

    >>> alike = by_chance(np.ones(100), np.arange(100.0))
    >>> alike
    Chance(total=0.0, tenths=0.0)
    >>> chance = by_chance(np.tile([0.0, 2.0], 500), np.arange(1000.0))
    >>> bool(0.02 < chance.total < 0.045), bool(0.06 < chance.tenths < 0.1)
    (True, True)
    """
    rng = np.random.default_rng(1)
    parts = [came[part] for part in tenths(said, 10)]
    known = np.array([part.sum() for part in parts])
    drawn = np.column_stack(
        [rng.multinomial(part.size, np.full(part.size, 1 / part.size), _DRAWS) @ part for part in parts]
    )
    with np.errstate(divide="ignore", invalid="ignore"):
        errors = np.abs(known / drawn - 1)
    total = known.sum() / drawn.sum(axis=1) - 1
    return Chance(float(np.sqrt(np.mean(total**2))), float(np.nanmean(np.where(drawn > 0, errors, np.nan))))


def totals_of_true_model(truth: Fit, age_weeks: Floats, weeks: float) -> Floats:
    """Relative errors of the total orders of shops that Pareto/NBD describes, when it is fitted to each and forecasts.

    Args:
        truth: parameters by which customers are drawn (Schmittlein, Morrison and Colombo 1987, section 2).
        age_weeks: how long each customer has been one.

    >>> truth = clv.known("pareto_nbd", {"r": 0.553, "alpha": 10.578, "s": 0.606, "beta": 11.669})
    >>> errors = totals_of_true_model(truth, np.full(500, 39.0), 39)
    >>> bool(abs(np.median(errors)) < 0.1), bool(0.1 < errors.std() < 0.4)
    (True, True)
    """
    rng = np.random.default_rng(1)
    return np.array([_missed(truth, age_weeks, weeks, rng) for _ in range(_SHOPS)])


def _missed(truth: Fit, age: Floats, weeks: float, rng: np.random.Generator) -> float:
    """One such shop."""
    rate = rng.gamma(truth["r"], 1 / truth["alpha"], age.size)
    stays = rng.exponential(1 / rng.gamma(truth["s"], 1 / truth["beta"], age.size))
    at = np.cumsum(rng.exponential(1 / rate[:, None], (age.size, _MOST_ORDERS)), axis=1)
    seen = at < np.minimum(stays, age)[:, None]
    came = np.count_nonzero((at >= age[:, None]) & (at < np.minimum(stays, age + weeks)[:, None]))
    summary = clv.Summary(seen.sum(axis=1), np.where(seen, at, 0.0).max(axis=1), age)
    said = clv.expected_orders(clv.fit(truth.model, summary), summary, weeks).sum()
    return float(said / came - 1)

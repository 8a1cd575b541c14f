"""The models of orders by name: fitting them, and what they say of the future.

Orders here are purchase days: orders of a day count once. ``purchases`` tells how many orders and what amounts stand
behind a purchase day.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from ca_platform.errors import ConfigurationError, near
from ca_platform.models.clv import beta_geometric, naive, pareto
from ca_platform.models.clv.beta_geometric import BetaGeometric, Shape, gaps_term
from ca_platform.models.clv.beta_geometric_future import BetaGeometricFuture
from ca_platform.models.clv.maximum import LogLikelihood, Parameter, climb, climb_by_rough, maximum
from ca_platform.models.clv.pareto import Pareto
from ca_platform.models.clv.pareto_future import ParetoFuture
from ca_platform.models.clv.records import Estimate, Fit, Floats, Rows, Summary

# Fewer customers with a second purchase day say little about who leaves.
LEAST_REPEATERS = 10
MOST_REGULAR = 6

# Above so many distinct rows the start is looked for on whole weeks.
_MANY_ROWS = 5_000


class Future(Protocol):
    """What a model says of customers after the end of their histories, an array with a value per row."""

    alive: Floats

    def no_order(self, weeks: float) -> Floats: ...

    def expected(self, weeks: float) -> Floats: ...

    def survival(self, count: int, weeks: float, rows: Rows = ...) -> Floats: ...

    def survivals(self, weeks: float, rows: Rows = ...) -> Iterator[Floats]: ...

    def waiting_weeks(self, share: float = 0.5) -> Floats: ...


@dataclass(frozen=True, slots=True)
class Model:
    """A model of orders.

    Attributes:
        title: as the literature calls it.
    """

    title: str
    parameters: tuple[Parameter, ...]
    fit: Callable[[Summary], Fit]
    future: Callable[[Fit, Summary], Future]


def fit(model: str, summary: Summary) -> Fit:
    """Fit a model of orders by maximum likelihood.

    Args:
        model: a name of ``MODELS``.

    Returns:
        Finite estimates within their bounds, whatever the customers; where the data do not determine them, it is flagged
        as degenerate with the reason, and predictions are still sensible.

    >>> summary = Summary([0, 1, 3, 0, 2, 4], [0, 10, 30, 0, 21, 8], [30, 38, 39, 20, 36, 39], [60, 20, 10, 50, 12, 9])
    >>> fitted = fit("bg_nbd", summary)
    >>> round(fitted["r"], 2), round(fitted["alpha"], 1), fitted.degenerate
    (0.23, 5.8, True)
    >>> np.round(expected_orders(fitted, summary, horizon_weeks=26), 2).tolist()
    [0.15, 0.26, 0.76, 0.2, 0.52, 0.03]
    """
    if model not in MODELS:
        raise ConfigurationError(f"There is no model of orders named {model!r}{near(model, MODELS)}")
    small, _ = summary.distinct()
    return MODELS[model].fit(small)


def known(model: str, values: Mapping[str, float], regularity: int = 1) -> Fit:
    """A fit with parameters from elsewhere: published, or of a shop that is simulated.

    >>> known("bg_nbd", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})["alpha"]
    4.414
    """
    estimates = tuple(Estimate(item.name, item.unit, values[item.name], None) for item in MODELS[model].parameters)
    return Fit(model, estimates, math.nan, degenerate=False, reason="", customers=0.0, regularity=regularity)


def future(fitted: Fit, summary: Summary) -> Future:
    """What a fitted model says of customers; a fit serves for any summary, also of a later day."""
    return MODELS[fitted.model].future(fitted, summary)


def expected_orders(fitted: Fit, summary: Summary, horizon_weeks: float) -> Floats:
    """Mean number of purchase days within the horizon given each row's history, 0 and up."""
    return future(fitted, summary).expected(horizon_weeks)


def probability_alive(fitted: Fit, summary: Summary) -> Floats:
    """Probability that each row's customer has not left by the end of the history, 0 to 1.

    No risk of churn: a newcomer lives and may never order again. ``probability_of_no_order`` is that.
    """
    return future(fitted, summary).alive


def probability_of_no_order(fitted: Fit, summary: Summary, horizon_weeks: float) -> Floats:
    """Probability that each row's customer does not order within the horizon, gone or not, 0 to 1."""
    return future(fitted, summary).no_order(horizon_weeks)


def order_probabilities(fitted: Fit, summary: Summary, horizon_weeks: float, up_to: int) -> Floats:
    """Distribution of the number of purchase days within the horizon.

    Returns:
        A row per row of the summary, a column for each number from 0 to ``up_to``; the last one is "that many or more".
        Rows sum to 1.

    >>> published = known("bg_nbd", {"r": 0.243, "alpha": 4.414, "a": 0.793, "b": 2.426})
    >>> np.round(order_probabilities(published, Summary([2], [30.43], [38.86]), 39, up_to=3), 3).tolist()
    [[0.445, 0.239, 0.144, 0.171]]
    """
    coming = future(fitted, summary)
    at_least = [np.ones(len(summary)), 1 - coming.no_order(horizon_weeks)]
    at_least += [coming.survival(count, horizon_weeks) for count in range(2, up_to + 1)]
    falling = np.minimum.accumulate(np.array(at_least[: up_to + 1]))
    return np.asarray(-np.diff(falling, axis=0, append=0.0).T)


def next_order_weeks(fitted: Fit, summary: Summary) -> Floats:
    """Median weeks from the end of the history to the next order, of customers who have not left and do not leave.

    The median, because the mean is infinite for customers with one order; may itself be very long, and is infinite in the
    naive model of a shop in which nobody has ordered twice.
    """
    return future(fitted, summary).waiting_weeks()


def _fit_beta_geometric(name: str, shape: Shape, summary: Summary) -> Fit:
    def likelihood(of: Summary) -> LogLikelihood:
        return BetaGeometric(of, shape)

    # The published fits of the field lie around these; α of ticks shrinks with k.
    start = np.log([0.5, max(_mean_age(summary) / 4, 0.01) / shape.regularity, 1.0, 2.5])
    fitted = _fit(name, beta_geometric.PARAMETERS, likelihood, start, summary)
    value = fitted.log_likelihood + gaps_term(summary, shape.regularity)
    return Fit(name, fitted.estimates, value, fitted.degenerate, fitted.reason, fitted.customers, shape.regularity)


def _fit_regular(summary: Summary) -> Fit:
    """The regularity with the largest likelihood, as far as it rises (Reutterer, Platzer and Schröder 2021, section 3).

    Without the gaps between orders nothing can be said of it, and k is 1.
    """
    best = _fit_beta_geometric("mbg_cnbd_k", Shape(1), summary)
    for regularity in range(2, MOST_REGULAR + 1 if summary.log_gaps is not None else 2):
        tried = _fit_beta_geometric("mbg_cnbd_k", Shape(regularity), summary)
        if tried.log_likelihood <= best.log_likelihood:
            break
        best = tried
    return best


def _fit_pareto(summary: Summary) -> Fit:
    start = np.log([0.5, max(_mean_age(summary) / 4, 0.01), 0.6, max(_mean_age(summary) / 3, 0.01)])
    return _fit("pareto_nbd", pareto.PARAMETERS, Pareto, start, summary)


def _fit(
    name: str,
    parameters: tuple[Parameter, ...],
    likelihood: Callable[[Summary], LogLikelihood],
    start: Floats,
    summary: Summary,
) -> Fit:
    if not len(summary):
        summary = Summary([0], [0], [0])
    scale = max(summary.customers, 1.0)
    whole = likelihood(summary)
    if len(summary) > _MANY_ROWS:
        logs = climb_by_rough(whole, likelihood(_by_weeks(summary)), parameters, start, scale, scale)
    else:
        logs = climb(whole, parameters, start, scale)
    found = maximum(whole, parameters, logs)
    few = f"only {summary.repeaters:,.0f} of {summary.customers:,.0f} customers have ordered on a second day"
    flaws = ([few] if summary.repeaters < LEAST_REPEATERS else []) + list(found.flaws)
    return Fit(name, found.estimates, found.log_likelihood, bool(flaws), "; ".join(flaws), summary.customers)


def _by_weeks(summary: Summary) -> Summary:
    """The summary with times in whole weeks, for a start near the maximum."""
    recency = np.where(summary.repeats > 0, np.maximum(np.round(summary.recency_weeks), 1.0), 0.0)
    age = np.maximum(np.round(summary.age_weeks), recency)
    return Summary(summary.repeats, recency, age, summary.weights).distinct()[0]


def _mean_age(summary: Summary) -> float:
    return float(np.average(summary.age_weeks, weights=summary.weights)) if summary.customers else 1.0


def _beta_geometric(name: str, title: str, *, leaves_at_once: bool) -> Model:
    shape = Shape(1, leaves_at_once=leaves_at_once)
    return Model(
        title,
        beta_geometric.PARAMETERS,
        lambda summary: _fit_beta_geometric(name, shape, summary),
        lambda fitted, summary: BetaGeometricFuture(fitted, summary, shape),
    )


MODELS: Mapping[str, Model] = {
    "naive": Model("same rate as before", naive.PARAMETERS, naive.fit_naive, naive.NaiveFuture),
    "bg_nbd": _beta_geometric("bg_nbd", "BG/NBD", leaves_at_once=False),
    "mbg_nbd": _beta_geometric("mbg_nbd", "MBG/NBD", leaves_at_once=True),
    "pareto_nbd": Model("Pareto/NBD", pareto.PARAMETERS, _fit_pareto, ParetoFuture),
    "mbg_cnbd_k": Model(
        "MBG/CNBD-k",
        beta_geometric.PARAMETERS,
        _fit_regular,
        lambda fitted, summary: BetaGeometricFuture(fitted, summary, Shape(fitted.regularity)),
    ),
}

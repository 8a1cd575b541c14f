"""What the models of orders expect of customers, for the candidates that build on it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from ca_platform.models import clv
from ca_platform.models.backtest.history import Floats
from ca_platform.models.clv import Fit, Summary

ORDER_MODELS = ("bg_nbd", "mbg_nbd", "mbg_cnbd_k", "pareto_nbd")


@dataclass(frozen=True, slots=True, eq=False)
class Expectation:
    """What one model says of each customer's next days.

    Attributes:
        orders: mean number of purchase days.
        no_order: probability of none.
    """

    orders: Floats
    no_order: Floats


def fit_orders(summary: Summary) -> dict[str, Fit]:
    """All models of orders fitted to the same customers."""
    return {name: clv.fit(name, summary) for name in ORDER_MODELS}


def expect(fitted: Fit, known: Summary, weeks: float) -> Expectation:
    """What a fitted model expects of each customer within so many weeks, by the clock of the summary."""
    small, place = known.distinct()
    coming = clv.future(fitted, small)
    return Expectation(coming.expected(weeks)[place], coming.no_order(weeks)[place])


def expect_all(fits: Mapping[str, Fit], known: Summary, weeks: float) -> dict[str, Expectation]:
    """What each of several fitted models expects."""
    return {name: expect(fitted, known, weeks) for name, fitted in fits.items()}

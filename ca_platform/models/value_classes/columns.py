"""What the candidates learn from, of customers at an origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ca_platform.models import clv
from ca_platform.models.backtest import History
from ca_platform.models.backtest.history import Floats, Ints
from ca_platform.models.churn.customers import Customers
from ca_platform.models.churn.expectations import expect_all
from ca_platform.models.churn.features import BASIC, MONOTONE, features
from ca_platform.models.clv import Fit

# Of the models of orders, the one whose orders are multiplied by amounts.
_COUNTED = "mbg_nbd"
# Shares of the high border are kept away from where a logarithm ends.
_LEAST = 1e-3

# Whether more of a column of the trees can only raise (1) or lower (-1) the probability of a higher class: what raises
# the risk of churn lowers it; more revenue forecast raises it.
RISING = (*(-sign for sign in MONOTONE), 1, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Fits:
    """Models of orders, by name, and of amounts, fitted to the same customers."""

    orders: Mapping[str, Fit]
    amounts: Fit


@dataclass(frozen=True, slots=True, eq=False)
class Columns:
    """Columns of customers at an origin, a row each; amounts in parts of the high border.

    Attributes:
        forecast: logarithm of the revenue that models of orders and amounts expect within the window.
        line: what the logistic regressions take.
        tree: what the trees take; NaN where a customer has no gap.
        spent: in the window before the origin, in the shop's currency.
    """

    forecast: Floats
    line: Floats
    tree: Floats
    spent: Floats


def fit_all(known: Customers) -> Fits:
    """Both models of orders that the columns build on, and the one of amounts."""
    days, amount = _purchases(known)
    return Fits({name: clv.fit(name, known.summary) for name in BASIC}, clv.fit_amounts(days, amount))


def columns_at(history: History, known: Customers, origin: int, window: int, fits: Fits, unit: float) -> Columns:
    """The columns for a window of so many days after an origin.

    Args:
        history: that of ``known``, cut at the origin.
        unit: the high border, above 0, in the shop's currency.
    """
    expected = expect_all(fits.orders, known.summary, known.weeks_ahead(window))
    days, amount = _purchases(known)
    revenue = expected[_COUNTED].orders * clv.expected_amount(fits.amounts, days, amount) / unit
    spent, before = (spent_since(history, known.number, origin - window * count) for count in (1, 2))
    risk = features(history, known, origin, window, expected)
    said = np.log(revenue + _LEAST)
    mean = np.log(known.mean_amount / unit + _LEAST)
    line = np.column_stack([risk.line, said, np.log1p(spent / unit), np.log1p(known.orders * known.mean_amount / unit)])
    tree = np.column_stack([risk.tree, revenue, spent / unit, before / unit])
    return Columns(said[:, None], np.column_stack([line, mean]), tree, spent)


def spent_since(history: History, customers: Ints, day: float) -> Floats:
    """What each of these customers has paid from a day on; ``customers`` are those of the history.

    >>> spent_since(History([1, 1, 2], at=[0.5, 3.0, 1.0], amount=[5.0, 8.0, 9.0]), np.array([1, 2]), day=1.0)
    array([8., 9.])
    """
    recent = history.at >= day
    place = np.searchsorted(customers, history.customer[recent])
    return np.bincount(place, history.amount[recent], minlength=customers.size).astype(np.float64)


def _purchases(known: Customers) -> tuple[Floats, Floats]:
    """Purchase days of each customer, and what was paid on one in the mean."""
    days = known.summary.repeats + 1
    return days, known.mean_amount * known.orders / days

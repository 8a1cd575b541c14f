"""The columns from which the candidates learn, of customers at an origin."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from ca_platform.models.backtest import History
from ca_platform.models.backtest.history import Floats
from ca_platform.models.churn.customers import Customers, orders_since
from ca_platform.models.churn.expectations import Expectation

# Expected orders and probabilities of none or all are kept away from where a logarithm ends.
LEAST = 1e-4

# The models of orders that features are made of.
BASIC = ("bg_nbd", "mbg_nbd")

# Whether more of a feature of ``tree_features`` can only raise (1) or lower (-1) the probability of no order; 0 where
# either may be. What is known of every shop need not be learnt from each.
MONOTONE = (1, 0, 0, 0, 0, 0, 0, -1, 1, 0, 0, 0, 0)


@dataclass(frozen=True, slots=True, eq=False)
class Features:
    """Columns of customers at an origin, a row each.

    Attributes:
        idle: logarithm of the days since the last order.
        expected: by model of orders, the logarithm of the orders that it expects within the window.
        line: what the logistic regression takes.
        tree: what the trees take; NaN where a customer has no gap.
    """

    idle: Floats
    expected: Mapping[str, Floats]
    line: Floats
    tree: Floats


def features(
    history: History, known: Customers, origin: int, window: int, expectations: Mapping[str, Expectation]
) -> Features:
    """The columns for a window of so many days after an origin.

    Args:
        history: that of ``known``, cut at the origin.
        expectations: of the models of orders, within the window.
    """
    expected = {name: np.log(found.orders + LEAST) for name, found in expectations.items()}
    recent = [orders_since(history, known.number, origin - window * part) for part in (0.5, 1, 2)]
    return Features(
        np.log1p(known.idle_days)[:, None],
        {name: column[:, None] for name, column in expected.items()},
        _line(known, window, expected["bg_nbd"], expectations["mbg_nbd"].no_order),
        np.column_stack(
            [
                known.idle_days / window,
                known.age_days / window,
                known.orders,
                known.mean_gap_days / window,
                _idle_gaps(known),
                known.last_gap_days / window,
                known.longest_gap_days / window,
                expectations["bg_nbd"].orders,
                expectations["mbg_nbd"].no_order,
                *recent,
                known.mean_amount,
            ]
        ),
    )


def _line(known: Customers, window: int, expected: Floats, no_order: Floats) -> Floats:
    is_once = known.orders == 1
    return np.column_stack(
        [
            expected,
            logit(no_order),
            np.log1p(known.idle_days),
            np.log(known.age_days / window + 0.01),
            np.log(known.orders),
            np.where(is_once, 0.0, np.log1p(np.nan_to_num(_idle_gaps(known)))),
            is_once,
        ]
    )


def _idle_gaps(known: Customers) -> Floats:
    """Time since the last order in mean gaps of the customer, at most 150; NaN without a gap."""
    # An hour at least: orders on one instant are no habit of ordering every moment.
    return np.minimum(known.idle_days / np.maximum(known.mean_gap_days, 1 / 24), 150.0)


def logit(probability: Floats) -> Floats:
    """Logarithm of the odds of probabilities, which are kept inside ``LEAST`` and 1 − ``LEAST``."""
    inside = np.clip(probability, LEAST, 1 - LEAST)
    odds: Floats = np.log(inside / (1 - inside))
    return odds


def expit(log_odds: Floats) -> Floats:
    """Probability of logarithms of odds."""
    return 1 / (1 + np.exp(-np.clip(log_odds, -700, 700)))

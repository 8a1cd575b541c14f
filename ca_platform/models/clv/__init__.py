"""Customer value: how often customers will order again, and for how much.

Models of orders (BG/NBD, MBG/NBD, MBG/CNBD-k, Pareto/NBD, and the naive baseline) on summaries of purchase days, the
Gamma–Gamma model of amounts, and intervals of what a customer will spend. Plain functions and small records on arrays;
times in weeks, counted from a customer's first purchase day.
"""

from ca_platform.models.clv.orders import (
    MODELS,
    expected_orders,
    fit,
    future,
    known,
    next_order_weeks,
    order_probabilities,
    probability_alive,
    probability_of_no_order,
)
from ca_platform.models.clv.records import Estimate, Fit, Summary

__all__ = [
    "MODELS",
    "Estimate",
    "Fit",
    "Summary",
    "expected_orders",
    "fit",
    "future",
    "known",
    "next_order_weeks",
    "order_probabilities",
    "probability_alive",
    "probability_of_no_order",
]

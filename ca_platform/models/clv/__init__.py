"""Customer value: how often customers will order again, and for how much.

Models of orders (BG/NBD, MBG/NBD, MBG/CNBD-k, Pareto/NBD, and the naive baseline) on summaries of purchase days, the
Gamma–Gamma model of amounts, and intervals of what a customer will spend. Plain functions and small records on arrays;
times in weeks, counted from a customer's first purchase day.

``contest`` lets a shop's own history choose among them, trees that correct their ranks (``boosted``), and a mix of all
(``stacked``); ``level`` says what totals are to be multiplied by, and how far they may be off.
"""

from ca_platform.models.clv.gamma_gamma import expected_amount, fit_amounts
from ca_platform.models.clv.intervals import RevenueForecast, forecast_revenue
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
from ca_platform.models.clv.purchases import orders_per_day, purchase_histories, summary_of
from ca_platform.models.clv.records import Estimate, Fit, Summary

__all__ = [
    "MODELS",
    "Estimate",
    "Fit",
    "RevenueForecast",
    "Summary",
    "expected_amount",
    "expected_orders",
    "fit",
    "fit_amounts",
    "forecast_revenue",
    "future",
    "known",
    "next_order_weeks",
    "order_probabilities",
    "orders_per_day",
    "probability_alive",
    "probability_of_no_order",
    "purchase_histories",
    "summary_of",
]

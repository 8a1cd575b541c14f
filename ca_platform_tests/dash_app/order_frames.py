"""Rows of the reports about orders over time, of the small invented shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

import numpy as np

from ca_platform_tests.dash_app.days_of_shop import REACH, Row, of_period, periods, profile, sessions_on
from dash_app.words.dates import Grain


def _orders(grain: Grain) -> Callable[[date, date], list[Row]]:
    def make(day: date, start: date) -> list[Row]:
        rows: list[Row] = []
        for first in periods(grain, day, start):
            covered, partial = of_period(first, grain, day, start)
            rows.append({"date": first, "orders": int(sum(covered) * REACH[-1]), "is_partial": partial})
        return rows

    return make


def _hourly_orders(day: date, start: date) -> list[Row]:
    days = (day - start).days + 1
    return [{"hour": hour, "mean_orders": 5.5 * (1 + days / 2000) * profile(hour), "days": days} for hour in range(24)]


def _weekly(measure: str, base: str, mean: float) -> Callable[[date, date], list[Row]]:
    def make(day: date, start: date) -> list[Row]:
        return [
            {
                "week": week,
                measure: round(mean * (1 + 0.08 * np.sin(index / 4) + index / 900), 4),
                base: int(sessions_on(week) * 4),
            }
            for index, week in enumerate(periods("week", day, start))
        ]

    return make


def _amounts(day: date, start: date) -> list[Row]:
    scale = (day - start).days
    edges = np.round(np.linspace(8.5, 212.0, 21), 2)
    heights = [int(scale * 40 * x * np.exp(-x / 3.2)) for x in np.arange(0.5, 20.5)]
    inner = [
        {"bin_start": low, "bin_end": high, "orders": height, "customers": height // 3}
        for low, high, height in zip(edges[:-1], edges[1:], heights, strict=True)
    ]
    low = {"bin_start": 1.2, "bin_end": edges[0], "orders": scale, "customers": scale // 5, "is_overflow": True}
    high = {"bin_start": edges[-1], "bin_end": 1840.0, "orders": scale, "customers": scale // 4, "is_overflow": True}
    return [row | {"bin_index": place} for place, row in enumerate([low, *inner, high])]


def _order_counts(day: date, start: date) -> list[Row]:
    scale, longest = (day - start).days * 12, 46
    at_least = [int(scale * k**-1.6) + (1 if k <= longest else 0) for k in range(1, longest + 2)]
    at_least[-1] = 0
    return [
        {"orders": k, "customers": at_least[k - 1] - at_least[k], "customers_at_least": at_least[k - 1]}
        for k in range(1, longest + 1)
    ]


ORDER_REPORTS: dict[str, Callable[[date, date], list[Row]]] = {
    "daily_orders": _orders("day"),
    "weekly_orders": _orders("week"),
    "monthly_orders": _orders("month"),
    "hourly_orders": _hourly_orders,
    "weekly_average_session_per_user": _weekly("sessions_per_customer", "customers", 1.34),
    "weekly_average_order_per_user": _weekly("orders_per_customer", "customers", 1.11),
    "weekly_average_payment_amount": _weekly("mean_amount", "orders", 46.4),
    "purchase_amount_distribution": _amounts,
    "user_counts_per_order_seq": _order_counts,
}

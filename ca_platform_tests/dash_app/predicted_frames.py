"""Lifetime value of the invented shop's customers."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from ca_platform_tests.dash_app.days_of_shop import Row


def _customers(day: date, start: date) -> list[Row]:
    return [
        {
            "client": f"c{number}",
            "horizon_days": 182.0,
            "expected_orders": round(12 * 0.7**number, 3),
            "expected_amount": 51.5,
            "expected_revenue": round(12 * 0.7**number * 51.5, 2),
            "revenue_low": 0.0,
            "revenue_high": round(20 * 0.7**number * 51.5, 2) if number < 9 else 0.0,
            "probability_alive": round(0.95 - 0.05 * number, 2),
            "next_expected_purchase": None if number == 11 else day + timedelta(days=10 + 5 * number),
            "model": "boosted",
            "trained_on": day - timedelta(days=day.weekday()),
            "note": None,
        }
        for number in range(12)
    ]


PREDICTED_REPORTS: dict[str, Callable[[date, date], list[Row]]] = {"client_feature_predicted": _customers}

"""Customer value of the invented shop: its course by day, by segment, and a back-test of three models at four origins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from ca_platform.settings.segments import SEGMENTS
from ca_platform_tests.dash_app.days_of_shop import Row, sessions_on

HORIZON = 182
MODELS = {
    # Gini of revenue and orders, error of the total, of tenths, mean error, coverage.
    "naive": (0.52, 0.5, -0.31, 0.42, 61.0, 0.7),
    "bg_nbd": (0.61, 0.66, -0.12, 0.21, 55.0, 0.77),
    "boosted": (0.66, 0.68, 0.06, 0.14, 52.5, 0.81),
}
SERVED = "boosted"


def _course(day: date, start: date) -> list[Row]:
    past = [start + timedelta(days=n) for n in range((day - start).days + 1)]
    rows: list[Row] = [{"date": one, "data_type": "actual", "amount": round(sessions_on(one) * 4.1, 2)} for one in past]
    total = 0.0
    for ahead in range(1, HORIZON + 1):
        one = day + timedelta(days=ahead)
        known, new = 3_000.0 * 0.995**ahead, 8.0 * ahead
        ends = {"low": 0.6 * (known + new), "high": 1.5 * (known + new)}
        parts = {"customers_part": known, "newcomers_part": new}
        total += known + new
        sums = {"sum_amount": total, "sum_low": 0.8 * total, "sum_high": 1.2 * total}
        model = {"model": SERVED, "trained_on": day - timedelta(days=day.weekday())}
        rows.append({"date": one, "data_type": "predicted", "amount": known + new} | ends | parts | sums | model)
    return rows


def _segments(day: date, start: date) -> list[Row]:
    size = (day - start).days + 1
    known = [
        {"segment": segment, "customers": size * (place % 4), "amount": 90.0 * size * (place % 4) / (place + 1)}
        for place, segment in enumerate(SEGMENTS)
    ]
    rows: list[Row] = [*known, {"segment": "still to come", "customers": size // 2, "amount": 20.0 * size}]
    return [row | {"low": 0.7 * row["amount"], "high": 1.4 * row["amount"], "horizon_days": HORIZON} for row in rows]


def _weekly(day: date, start: date) -> list[Row]:
    rows: list[Row] = []
    for segment in _segments(day, start):
        total = 0.0
        for week in range(1, HORIZON // 7 + 1):
            amount = segment["amount"] / week
            total += amount
            rows.append(
                {
                    "segment": segment["segment"],
                    "week": week,
                    "first_day": day + timedelta(days=7 * week - 6),
                    "last_day": day + timedelta(days=7 * week),
                    "amount": amount,
                    "sum_amount": total,
                }
            )
    return rows


def _backtest(day: date, start: date) -> list[Row]:
    rows: list[Row] = []
    for back in range(4, 0, -1):
        shared = {
            "origin": day - timedelta(days=91 * back),
            "customers": 4_000 - 300 * back,
            "horizon_days": 91.0,
            "trained_on": day - timedelta(days=day.weekday()),
        }
        for model, (ranks, orders, total, deciles, mae, coverage) in MODELS.items():
            figures: dict[str, float | None] = {
                "revenue_gini": ranks,
                "orders_gini": orders,
                # Once too much and once too little.
                "revenue_total_error": total * (-1) ** back,
                "revenue_decile_error": deciles,
                "revenue_mae": mae,
                "revenue_rmse": 3 * mae,
                "revenue_spearman": ranks - 0.2,
                "orders_total_error": total / 2,
                "orders_decile_error": deciles / 2,
                "coverage": coverage,
                "coverage_of_likely": None,
            }
            if model == SERVED:
                for place in range(1, 11):
                    figures[f"revenue_forecast_decile_{place}"] = 1.9**place
                    figures[f"revenue_observed_decile_{place}"] = 0.0 if place == 1 else 1.9**place * (1 + 0.05 * back)
                    figures[f"orders_forecast_decile_{place}"] = 0.02 * 1.9**place
                    figures[f"orders_observed_decile_{place}"] = 0.018 * 1.9**place
            rows += [
                {**shared, "model": model, "metric": metric, "value": value, "is_served": model == SERVED}
                for metric, value in figures.items()
            ]
    return rows


VALUE_REPORTS: dict[str, Callable[[date, date], list[Row]]] = {
    "daily_clv": _course,
    "clvsegments_amount": _segments,
    "clvsegments_weekly": _weekly,
    "clv_backtest": _backtest,
}

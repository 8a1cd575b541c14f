"""Churn risk of the invented shop: customers by probability, and a back-test of three models at four origins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from ca_platform_tests.dash_app.days_of_shop import Row

_MODELS = {"recency": (0.71, 0.192, 0.05), "logistic": (0.76, 0.171, 0.031), "blend": (0.774, 0.168, 0.028)}
_SERVED = "blend"
_WEIGHTS = (2, 3, 4, 6, 9, 12, 16, 20, 22, 14)


def _serving(day: date) -> Row:
    return {"horizon_days": 42.0, "model": _SERVED, "trained_on": day - timedelta(days=day.weekday()), "note": None}


def _risk(day: date, start: date) -> list[Row]:
    return [
        {"client": f"c{number}", "churn_probability": round(0.1 + number * 0.07, 2)} | _serving(day)
        for number in range(12)
    ]


def _distribution(day: date, start: date) -> list[Row]:
    size = (day - start).days + 1
    return [
        {
            "bin_start": place / 10,
            "bin_end": (place + 1) / 10,
            "customers": weight * size,
            "expected_silent": weight * size * (place + 0.5) / 10,
        }
        | _serving(day)
        for place, weight in enumerate(_WEIGHTS)
    ]


def _backtest(day: date, start: date) -> list[Row]:
    rows = []
    for back in range(4, 0, -1):
        shared = {"origin": day - timedelta(days=42 * back), "customers": 4_000 - 300 * back, "horizon_days": 42.0}
        for model, (auc, brier, gap) in _MODELS.items():
            figures = {"auc": auc - back / 200, "brier": brier, "decile_gap": gap, "chance_gap": 0.012}
            if model == _SERVED:
                for place in range(1, 11):
                    figures[f"forecast_decile_{place}"] = 0.09 * place
                    figures[f"observed_decile_{place}"] = 0.09 * place + 0.02 * (-1) ** (place + back)
            rows += [
                {
                    **shared,
                    "model": model,
                    "metric": metric,
                    "value": value,
                    "is_served": model == _SERVED,
                    "trained_on": day - timedelta(days=day.weekday()),
                }
                for metric, value in figures.items()
            ]
    return rows


RISK_REPORTS: dict[str, Callable[[date, date], list[Row]]] = {
    "churn_risk": _risk,
    "churn_risk_distribution": _distribution,
    "churn_backtest": _backtest,
}

"""Declared experiments of the invented shop, and the calibration of its tests."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta

from ca_platform_tests.dash_app.days_of_shop import Row
from ca_platform_tests.dash_app.effect_frames import tail

EXPERIMENTS = {"checkout": ("B",), "free-shipping": ("20 £", "40 £")}
_OF_EXPERIMENTS = {
    "revenue_per_customer": (14.2, 33.0),
    "orders_per_customer": (0.34, 0.7),
    "conversion": (0.22, 0.41),
    "capped_revenue_per_customer": (13.1, 27.0),
    "sessions_per_customer": (2.9, 3.1),
    "discount_per_customer": (0.8, 1.9),
}


def _experiments(day: date, start: date) -> list[Row]:
    rows = []
    for number, (name, variants) in enumerate(EXPERIMENTS.items()):
        size = 8 * ((day - start).days + 1) + 60
        for place, variant in enumerate(variants):
            for metric, (mean, spread) in _OF_EXPERIMENTS.items():
                effect = mean * (0.09 if place == 0 and number == 1 else 0.01 * (place - number))
                error = spread * math.sqrt(2 / size)
                p, late = tail(effect / error), tail(effect / error / 1.3)
                role = {"revenue_per_customer": "goal", "sessions_per_customer": "guard"}.get(metric, "other")
                is_found = late <= 0.05
                rows.append(
                    {
                        "experiment": name,
                        "variant": variant,
                        "control": "A",
                        "metric": metric,
                        "customers_a": size,
                        "customers_b": size - 7,
                        "mean_a": mean,
                        "mean_b": mean + effect,
                        "difference": effect,
                        "ci_low": effect - 1.96 * error,
                        "ci_high": effect + 1.96 * error,
                        "p_value": p,
                        "p_value_sequential": late,
                        "p_adjusted": late,
                        "significant": is_found,
                        "srm_p_value": 0.44,
                        "variance_reduction": 0.18,
                        "role": role,
                        "decision": "Roll it out." if place == 0 and number == 1 else "Go on. Nothing is known yet.",
                        "relative_difference": effect / mean,
                        "raw_difference": effect * 1.1,
                        "raw_p_value": p,
                        "ci_low_sequential": effect - 2.7 * error,
                        "ci_high_sequential": effect + 2.7 * error,
                        "test": "cuped",
                        "statistic": effect / error,
                        "direction": None if not is_found else "increase" if effect > 0 else "decrease",
                        "power": 0.4,
                        "begun_on": day - timedelta(days=20 + 9 * number),
                        "planned_until": day + timedelta(days=8),
                        "switched_customers": 3,
                        "cap": 180.0 if metric.startswith("capped") else None,
                    }
                )
    return rows


def _calibrations(day: date, start: date) -> list[Row]:
    rates = {
        ("sign_flip", "amount"): 0.0512,
        ("sign_flip", "orders"): 0.0487,
        ("item_permutation", "amount"): 0.0521,
        ("item_permutation", "orders"): 0.0493,
        **{(f"beyond_shop_{word}", "amount"): 0.0507 for word in ("daily", "weekly", "monthly")},
        ("welch_skewed", "amount"): 0.0381,
        ("regression_adjusted", "revenue_per_customer"): 0.0497,
        ("regression_adjusted", "conversion"): 0.0503,
        ("regression_adjusted", "capped_revenue_per_customer"): 0.0505,
    }
    return [
        {
            "test": test,
            "metric": metric,
            "customers": 500,
            "splits": 10_000,
            "rejection_rate": rate,
            "ci_low": rate - 0.0044,
            "ci_high": rate + 0.0045,
            "is_offered": rate > 0.04,
            "trained_on": day - timedelta(days=day.weekday()),
        }
        for (test, metric), rate in rates.items()
    ]


EXPERIMENT_REPORTS: dict[str, Callable[[date, date], list[Row]]] = {
    "experiments": _experiments,
    "ab_calibration": _calibrations,
}

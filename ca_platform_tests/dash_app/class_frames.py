"""Value classes of the invented shop: customers by class, and a back-test of three models at four origins."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from ca_platform_tests.dash_app.days_of_shop import Row

_CLASSES = ("low", "mid", "high")
_MODELS = {"blend": (0.62, 0.58, 0.78), "last_spend": (0.55, 0.52, 0.9), "most_frequent": (0.56, 0.24, 0.98)}
_SERVED = "blend"
_WEIGHTS, _EXPECTED = (60, 24, 16), (57.5, 27.0, 15.5)
_SAID = ((0.8, 0.15, 0.05), (0.4, 0.42, 0.18), (0.15, 0.25, 0.6))


def _serving(day: date) -> Row:
    return {
        "low_border": 0.0,
        "high_border": 690.0,
        "horizon_days": 70.0,
        "model": _SERVED,
        "trained_on": day - timedelta(days=day.weekday()),
    }


def _customers(day: date, start: date) -> list[Row]:
    chances = ((0.7, 0.2, 0.1), (0.3, 0.5, 0.2), (0.1, 0.2, 0.7))
    return [
        {"client": f"c{number}", "value_class": _CLASSES[number % 3], "probability": chances[number % 3][number % 3]}
        | {f"probability_{name}": chance for name, chance in zip(_CLASSES, chances[number % 3], strict=True)}
        | _serving(day)
        for number in range(12)
    ]


def _distribution(day: date, start: date) -> list[Row]:
    size = (day - start).days + 1
    return [
        {
            "class_index": place,
            "value_class": name,
            "customers": _WEIGHTS[place] * size,
            "expected_customers": _EXPECTED[place] * size,
        }
        | _serving(day)
        for place, name in enumerate(_CLASSES)
    ]


def _backtest(day: date, start: date) -> list[Row]:
    rows = []
    for back in range(4, 0, -1):
        whole = 4_000 - 300 * back
        sizes = {name: whole * weight // 100 for name, weight in zip(_CLASSES, _WEIGHTS, strict=True)}
        shared = {"origin": day - timedelta(days=70 * back), "horizon_days": 70.0}
        for model, (accuracy, macro_f1, log_loss) in _MODELS.items():
            figures: dict[str, tuple[float, int]] = {
                "accuracy": (accuracy - back / 250, whole),
                "macro_f1": (macro_f1, whole),
                "log_loss": (log_loss, whole),
            }
            for came, name in enumerate(_CLASSES):
                figures[f"recall_{name}"] = (_SAID[came][came], sizes[name])
                if model == _SERVED:
                    figures[f"forecast_{name}"] = (_EXPECTED[came] / 100, whole)
                    figures[f"observed_{name}"] = (_WEIGHTS[came] / 100, whole)
                    for told, other in enumerate(_CLASSES):
                        figures[f"{name}_said_{other}"] = (_SAID[came][told], sizes[name])
            rows += [
                {
                    **shared,
                    "model": model,
                    "metric": metric,
                    "value": value,
                    "customers": customers,
                    "is_served": model == _SERVED,
                    "trained_on": day - timedelta(days=day.weekday()),
                }
                for metric, (value, customers) in figures.items()
            ]
    return rows


CLASS_REPORTS: dict[str, Callable[[date, date], list[Row]]] = {
    "clv_segments": _customers,
    "clv_segments_distribution": _distribution,
    "clv_segments_backtest": _backtest,
}

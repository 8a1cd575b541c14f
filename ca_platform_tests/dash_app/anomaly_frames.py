"""Days that stand out in the invented shop: two days without the web, many orders of a machine, and a holiday."""

from __future__ import annotations

import math
from collections.abc import Callable
from datetime import date, timedelta

from ca_platform.catalogue.anomalies import DAY_REPORTS, DETECTORS, metric_in_words
from ca_platform.models.anomaly.watch import NO_SEASON, ONLY_TAUGHT, YEAR_DAYS
from ca_platform_tests.dash_app.days_of_shop import Row, sessions_on

WINDOW = 130
"""Days in the reports: fewer than a shop would have, so that the suite stays quick."""
TAUGHT = 56
"""The first days of a shop, which have no score."""
OUTAGE = (date(2026, 11, 3), date(2026, 11, 4))
MACHINE = date(2026, 8, 5)
HOLIDAY = date(2026, 8, 31)
SERVED = "mahalanobis"

_FIGURES: dict[str, dict[str, float]] = {
    "dfunnel_anomaly": {"sessions": 1.0, "has_basket": 0.42, "orders": 0.088, "orders/sessions": 0.0},
    "dcohort_anomaly": {"downloads": 0.06, "offset_0": 0.01, "offset_1": 0.004},
    "dcohort_anomaly_2": {"offset_0/downloads": 0.0, "offset_1/downloads": 0.0},
    "dorders_anomaly": {"orders": 0.088},
    "revenue_anomaly": {"revenue": 4.1, "orders": 0.088, "mean_amount": 0.0},
}
_LEVELS = {"orders/sessions": 0.088, "offset_0/downloads": 0.17, "offset_1/downloads": 0.07, "mean_amount": 46.6}


def _hit(day: date, metric: str) -> float:
    """What an incident makes of a figure, as a factor."""
    if day in OUTAGE:
        return 1.0 if metric == "mean_amount" else 0.58
    return 2.6 if day == MACHINE and metric in ("orders", "orders/sessions", "offset_0/downloads") else 1.0


def _watched(report: str) -> Callable[[date, date], list[Row]]:
    def make(day: date, start: date) -> list[Row]:
        first = max(start, day - timedelta(days=WINDOW - 1))
        days = [first + timedelta(offset) for offset in range((day - first).days + 1)]
        return [_row(one, start, metric, scale) for one in days for metric, scale in sorted(_FIGURES[report].items())]

    return make


def _row(day: date, start: date, metric: str, scale: float) -> Row:
    usual = sessions_on(day) * scale or _LEVELS[metric]
    hit = _hit(day, metric)
    is_flagged = day in OUTAGE or day == MACHINE
    is_anomaly = is_flagged and hit != 1.0
    row: Row = {
        "date": day,
        "metric": metric,
        "actual": round(usual * hit, 4),
        "is_alarm": is_flagged and day != OUTAGE[1],
    }
    if (day - start).days < TAUGHT:
        return row | {"is_alarm": False, "note": ONLY_TAUGHT}
    score = 9.0 + day.day if is_flagged else 1.0 + (7 * day.day % 11) / 5
    return row | {
        "expected": usual,
        "low": 0.85 * usual,
        "high": 1.17 * usual,
        "residual": math.log(hit),
        "score": score,
        "p_value": 0.002 if is_flagged else round(1.0 / score**2, 4),
        "is_anomaly": is_anomaly,
        "direction": ("decrease" if hit < 1 else "increase") if is_anomaly else None,
        "explanation": _why(day, metric, is_anomaly=is_anomaly),
        "note": NO_SEASON if (day - start).days < YEAR_DAYS else None,
        "detector": SERVED,
        **{f"score_{name}": score * (1 + place / 10) for place, name in enumerate(DETECTORS)},
    }


def _why(day: date, metric: str, *, is_anomaly: bool) -> str | None:
    if is_anomaly:
        return f"{metric_in_words(metric)}, −42%. channel = <b>web</b>, −38%, about 120 orders"
    return "public holiday: Summer Bank Holiday" if day == HOLIDAY else None


def _values(day: date, start: date) -> list[Row]:
    rows: list[Row] = []
    for one in (MACHINE, *OUTAGE):
        if not start + timedelta(TAUGHT) <= one <= day:
            continue
        for place, (dimension, value, part) in enumerate(_PARTS):
            expected = 40.0 - 9 * place
            rows.append(
                {
                    "date": one,
                    "metric": "orders",
                    "dimension": dimension,
                    "value": value,
                    "actual": round(expected * (1 - part)),
                    "expected": expected,
                    "low": 0.8 * expected,
                    "high": 1.2 * expected,
                    "residual": math.log(1 - part),
                    "score": 10 * part,
                    "p_value": 0.01,
                    "is_anomaly": place == 0,
                    "direction": "decrease",
                    "explanation": f"orders, {dimension} = {value}",
                    "contribution": part,
                }
            )
    return rows


_PARTS: tuple[tuple[str, str | None, float], ...] = (
    ("channel", "web", 0.8),
    ("channel", "<b>partner</b> & co", 0.1),
    ("region", None, 0.05),
)


def _backtest(day: date, start: date) -> list[Row]:
    figures = {
        "mahalanobis": (0.93, 0.9, 0.0, 0.95),
        "deviation": (0.71, 1.2, 0.1, 0.8),
        "autoencoder": (0.88, 1.0, 0.0, None),
    }
    return [
        {
            "report": report,
            "detector": detector,
            "metric": metric,
            "value": value,
            "incidents": 200 if metric == "false_alarms_per_30_days" else 60,
            "is_served": detector == SERVED,
            "trained_on": day - timedelta(days=40),
        }
        for report in DAY_REPORTS
        for detector, (recall, wrong, delay, cause) in figures.items()
        for metric, value in {
            "recall": recall,
            "recall_drop": recall - 0.3,
            "recall_outage": recall,
            "false_alarms_per_30_days": wrong,
            "delay_days": delay,
            "cause_right": cause,
        }.items()
    ]


CLIENTS = ("<i>anna</i>", "c7", "c12")


def _customers(day: date, start: date) -> list[Row]:
    figures = (("frequency", 0.0, 6.2), ("monetary", 310.0, 48.5), ("recency", 55.5, 7.25))
    return [
        {
            "rank": place + 1,
            "client": client,
            "date": day,
            "metric": metric,
            "actual": actual,
            "expected": expected,
            "low": 1.0 if metric == "frequency" else None,
            "high": None if metric == "frequency" else 3 * expected,
            "residual": math.log((actual + 0.5) / (expected + 0.5)),
            "score": 9.0 - place,
            "p_value": 0.0002 * (place + 1),
            "is_anomaly": True,
            "direction": "decrease" if actual < expected else "increase",
            "explanation": f"{actual} came, {expected} expected",
            "customers": 4_000 + (day - start).days,
        }
        for place, (client, (metric, actual, expected)) in enumerate(zip(CLIENTS, figures, strict=True))
    ]


ANOMALY_REPORTS: dict[str, Callable[[date, date], list[Row]]] = {
    **{report: _watched(report) for report in DAY_REPORTS},
    "dimension_anomaly": _values,
    "anomaly_backtest": _backtest,
    "clvrfm_anomaly_flagged": _customers,
}

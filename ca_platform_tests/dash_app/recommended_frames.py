"""Rows of the reports about recommendations, of the small invented shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

from ca_platform_tests.dash_app.days_of_shop import Row
from ca_platform_tests.dash_app.product_frames import PRODUCTS

_METHODS = {"blend": 0.21, "own history, then popularity": 0.19, "item cosine": 0.08, "popularity": 0.05}
_KINDS = {"": 1.0, "_repeat": 2.2, "_new": 0.3}
_LISTED = 24


def _recommendations(day: date, start: date) -> list[Row]:
    reasons = ("bought before", "bought together", "similar customers", "popular")
    return [
        {
            "client": f"c{number}",
            "product": PRODUCTS[(number * 3 + rank) % len(PRODUCTS)],
            "score": 0.9 / rank,
            "rank": rank,
            "reason": reasons[(number + rank) % 4],
            "is_repeat": (number + rank) % 4 == 0,
            "times_bought": rank if (number + rank) % 4 == 0 else 0,
            "last_bought": day - timedelta(days=3 * rank) if (number + rank) % 4 == 0 else None,
            "because_of": PRODUCTS[number] if (number + rank) % 4 in (1, 2) else None,
        }
        for number in range(15)
        for rank in range(1, 11)
    ]


def _recommended(day: date, start: date) -> list[Row]:
    scale = (day - start).days + 1
    rows: list[Row] = []
    for rank, product in enumerate(PRODUCTS[:_LISTED], 1):
        why = {"before": scale * (30 - rank) // 4, "together": 40 - rank, "similar": 12, "popular": 30 - rank}
        rows.append({"product": product, "lists": sum(why.values()), "first": 25 - rank, **why, "rank": rank})
    return rows


def _backtest(day: date, start: date) -> list[Row]:
    month = day.replace(day=1)
    origins = [month - timedelta(days=1), (month - timedelta(days=1)).replace(day=1) - timedelta(days=1)]
    rows: list[Row] = [
        {
            "origin": origin,
            "model": model,
            "metric": f"{metric}_at_10{kind}",
            "value": value * factor * (1 if metric == "recall" else 0.9) + place / 100,
            "customers": int(400 * factor),
            "is_served": model == "blend",
        }
        for place, origin in enumerate(origins)
        for model, value in _METHODS.items()
        for metric in ("recall", "ndcg")
        for kind, factor in _KINDS.items()
    ]
    return sorted(rows, key=lambda row: (row["origin"], row["model"], row["metric"]))


RECOMMENDED_REPORTS: dict[str, Callable[[date, date], list[Row]]] = {
    "product_recommendations": _recommendations,
    "recommended_products": _recommended,
    "recommendation_backtest": _backtest,
}

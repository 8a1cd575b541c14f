"""Rows of the reports about what is bought together, of the small invented shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from ca_platform_tests.dash_app.days_of_shop import Row
from ca_platform_tests.dash_app.product_frames import PRODUCTS

_STRONGEST = 14


def _pairs(day: date, start: date) -> list[Row]:
    scale = (day - start).days + 1
    rows: list[Row] = []
    names = sorted(PRODUCTS[:_STRONGEST])
    for first, product_a in enumerate(names):
        for second in range(first + 1, len(names)):
            orders = scale * (2 + (first * 7 + second * 3) % 11) // 4
            if orders < 2:
                continue
            lift = 0.6 + (first * 5 + second * 11) % 29
            rows.append(
                {
                    "product_a": product_a,
                    "product_b": names[second],
                    "orders": orders,
                    "support": orders / (scale * 90),
                    "confidence_ab": orders / (scale * 9),
                    "confidence_ba": orders / (scale * 12),
                    "lift": lift,
                    "jaccard": orders / (scale * 21),
                    "min_orders": 2,
                    "pairs_below": 1_234,
                }
            )
    return rows


def _rules(day: date, start: date) -> list[Row]:
    scale = (day - start).days + 1
    rows: list[Row] = []
    for rank in range(1, 25):
        orders = scale * (30 - rank) // 3 + 5
        antecedent = sorted(PRODUCTS[place] for place in {rank % 5, (rank * 3) % 7 + 5} if place != rank % 11)
        rows.append(
            {
                "antecedent": antecedent,
                "consequent": PRODUCTS[11 + rank],
                "support": orders / (scale * 90),
                "confidence": 0.85 - rank / 50,
                "lift": 12.0 - rank / 3,
                "leverage": 0.02,
                "conviction": None if rank == 1 else 3.2,
                "orders": orders,
                "rules_total": 12_345,
                "min_orders": 5,
                "rank": rank,
            }
        )
    return rows


def _similar(day: date, start: date) -> list[Row]:
    drift = ((day - start).days % 30) / 1000
    return [
        {
            "product": product,
            "similar": PRODUCTS[(number + rank) % _STRONGEST],
            "score": 0.9 / rank - number / 200 + drift,
            "rank": rank,
        }
        for number, product in sorted(enumerate(PRODUCTS[:_STRONGEST]), key=lambda item: item[1])
        for rank in (1, 2, 3, 4)
    ]


BASKET_REPORTS: dict[str, Callable[[date, date], list[Row]]] = {
    "most_combined_products": _pairs,
    "association_rules": _rules,
    "similar_products": _similar,
}

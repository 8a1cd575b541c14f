"""Rows of the reports about promotions, of the small invented shop."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date

from ca_platform_tests.dash_app.days_of_shop import Row, periods, sessions_on

PROMOTIONS: dict[str, tuple[float, int, int]] = {
    "WELCOME10": (0.1, 0, 10_000),
    "SPRING-SALE": (0.22, 140, 190),
    '<b>free</b> "shipping" & more': (0.06, 30, 380),
    "summer/2026": (0.17, 240, 300),
    "🎁": (0.03, 60, 120),
    "BLACK'FRIDAY": (0.3, 396, 403),
    "a promotion whose name is far longer than any of the others": (0.02, 200, 260),
    "LOYALTY": (0.015, 0, 10_000),
}
"""Share of the orders, first and last day on which each may be used."""
_ORDERS = 0.088


def used_on(day: date, start: date) -> dict[str, int]:
    """Orders of each promotion on a day on which it was used."""
    since = (day - start).days
    orders = int(sessions_on(day) * _ORDERS)
    counts = {name: int(orders * part) for name, (part, first, last) in PROMOTIONS.items() if first <= since <= last}
    return {name: count for name, count in counts.items() if count}


def _amount(name: str) -> float:
    return 31.5 + len(name) % 7 * 6


def _uses(day: date, start: date) -> Iterator[tuple[date, str, int]]:
    for one in periods("day", day, start):
        for name, count in sorted(used_on(one, start).items()):
            yield one, name, count


def _per_day(day: date, start: date) -> list[Row]:
    return [{"date": one, "promotion_id": name, "orders": count} for one, name, count in _uses(day, start)]


def _money(column: str, part: float) -> Callable[[date, date], list[Row]]:
    def make(day: date, start: date) -> list[Row]:
        return [
            {
                "date": one,
                "promotion_id": name,
                column: round(count * _amount(name) * part, 2),
                "gross_revenue": round(count * _amount(name) * 1.2, 2),
            }
            for one, name, count in _uses(day, start)
        ]

    return make


def _organic(day: date, start: date) -> list[Row]:
    return [
        {"date": one, "orders": int(sessions_on(one) * _ORDERS) - sum(used_on(one, start).values())}
        for one in periods("day", day, start)
    ]


def _hourly_organic(day: date, start: date) -> list[Row]:
    days = (day - start).days + 1
    return [{"hour": hour, "mean_orders": 2.5 + hour / 9 + days / 4000, "days": days} for hour in range(24)]


def _ratio(column: str, place: date | int, orders: int, counts: dict[str, int]) -> Iterator[Row]:
    promoted = sum(counts.values())
    for name, count in [(None, promoted), *sorted(counts.items())]:
        ratio = count / orders if orders else None
        yield {column: place, "promotion_id": name, "orders": orders, "promoted_orders": count, "ratio": ratio}


def _daily_ratio(day: date, start: date) -> list[Row]:
    return [
        row
        for one in periods("day", day, start)
        for row in _ratio("date", one, int(sessions_on(one) * _ORDERS), used_on(one, start))
    ]


def _hourly_ratio(day: date, start: date) -> list[Row]:
    days = (day - start).days + 1
    rows: list[Row] = []
    for hour in range(24):
        orders = days * (2 + hour)
        counts = {
            name: int(orders * part * (0.2 + hour / 60))
            for name, (part, first, _) in PROMOTIONS.items()
            if first < days
        }
        rows += _ratio("hour", hour, orders, {name: count for name, count in counts.items() if count})
    return rows


def _kpis(day: date, start: date) -> list[Row]:
    rows: list[Row] = []
    uses = list(_uses(day, start))
    for name in sorted({name for _, name, _ in uses}):
        own = [(one, count) for one, promotion, count in uses if promotion == name]
        orders, active = sum(count for _, count in own), (own[-1][0] - own[0][0]).days + 1
        revenue, discount = round(orders * _amount(name), 2), round(orders * _amount(name) * 0.2, 2)
        customers = max(int(orders * 0.7), 1)
        rows.append(
            {
                "promotion_id": name,
                "orders": orders,
                "revenue": revenue,
                "discount": discount,
                "customers": customers,
                "active_days": active,
                "orders_per_day": orders / active,
                "revenue_per_day": round(revenue / active, 2),
                "discount_per_day": round(discount / active, 2),
                "new_customers": customers // (1 if name == "WELCOME10" else 4),
                "repeat_customers_30d": customers // 5,
            }
        )
    return rows


def _customers(day: date, start: date) -> list[Row]:
    return [{"promotion_id": row["promotion_id"], "customers": row["customers"]} for row in _kpis(day, start)]


def _per_customer(day: date, start: date) -> list[Row]:
    return [
        {"promotion_id": row["promotion_id"], "mean_orders_per_customer": row["orders"] / row["customers"]}
        for row in _kpis(day, start)
    ]


PROMOTION_REPORTS: dict[str, Callable[[date, date], list[Row]]] = {
    "inorganic_orders_per_promotion_per_day": _per_day,
    "daily_organic_orders": _organic,
    "hourly_organic_orders": _hourly_organic,
    "daily_inorganic_ratio": _daily_ratio,
    "hourly_inorganic_ratio": _hourly_ratio,
    "daily_promotion_revenue": _money("revenue", 1.0),
    "daily_promotion_discount": _money("discount", 0.2),
    "avg_order_count_per_promo_per_cust": _per_customer,
    "promotion_number_of_customer": _customers,
    "promotion_kpis": _kpis,
}

"""Rows of the reports about products, of the small invented shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date

from ca_platform_tests.dash_app.days_of_shop import Row, periods, sessions_on

CATEGORIES: tuple[str | None, ...] = ("Kitchen", "Garden", "<i>Home</i> & living", "Toys", None)
PRODUCTS: tuple[str, ...] = (
    "ALARM CLOCK BAKELIKE GREEN",
    '<b onmouseover="alert(1)">mug</b>',
    "x" * 10_000,
    "Tee & towel <script>",
    "日本茶 🍵",
    *(f"product {number:02}" for number in range(31)),
)
_ORDERS = 0.088


def category(number: int) -> str | None:
    return CATEGORIES[number % len(CATEGORIES)]


def _part(number: int) -> float:
    return 0.3 * 0.88**number + 0.002


def _orders(day: date, number: int) -> int:
    season = 1 + 0.4 * ((day.toordinal() // 30 + number) % 5 - 2) / 2
    return int(sessions_on(day) * _ORDERS * _part(number) * season)


def _price(number: int) -> float:
    return 4.5 + (number * 7) % 23


def _of(number: int, orders: int) -> Row:
    units = orders + orders // 3
    return {"orders": orders, "units": float(units), "revenue": round(units * _price(number), 2)}


def _totals(day: date, start: date) -> list[Row]:
    days = periods("day", day, start)
    rows: list[Row] = [
        _of(number, sum(_orders(one, number) for one in days)) | {"product": name, "number": number}
        for number, name in enumerate(PRODUCTS)
    ]
    return [row | {"customers": max(int(row["orders"] * 0.7), 1)} for row in rows if row["orders"]]


def _ranked(rows: list[Row], name: str) -> list[Row]:
    ordered = sorted(rows, key=lambda row: (-row["orders"], -row["revenue"], row[name] is None, row[name] or ""))
    return [row | {"rank": rank} for rank, row in enumerate(ordered, 1)]


def _without(rows: list[Row], *names: str) -> list[Row]:
    return [{name: value for name, value in row.items() if name not in names} for row in rows]


def _products(day: date, start: date) -> list[Row]:
    return _without(_ranked(_totals(day, start), "product"), "number")


def _categories(day: date, start: date) -> list[Row]:
    sums: dict[str | None, Row] = {}
    for row in _totals(day, start):
        own = sums.setdefault(category(row["number"]), {"orders": 0, "units": 0.0, "revenue": 0.0, "customers": 0})
        for name in own:
            own[name] = round(own[name] + row[name], 2)
    return _ranked([{"category": name} | row for name, row in sums.items()], "category")


def _sales(day: date, start: date) -> list[Row]:
    return [
        {"date": one, "product": name} | _of(number, orders)
        for one in periods("day", day, start)
        for name, number in sorted((name, number) for number, name in enumerate(PRODUCTS))
        if (orders := _orders(one, number))
    ]


def _kpis(day: date, start: date) -> list[Row]:
    rows = [
        row
        | {
            "category": category(row["number"]),
            "discount": round(row["revenue"] * 0.04, 2),
            "units_per_customer": row["units"] / row["customers"],
            "repeat_rate": 0.1 + row["number"] % 7 / 20,
        }
        for row in sorted(_totals(day, start), key=lambda row: str(row["product"]))
    ]
    return _without(rows, "number")


PRODUCT_REPORTS: dict[str, Callable[[date, date], list[Row]]] = {
    "most_ordered_products": _products,
    "most_ordered_categories": _categories,
    "daily_products_of_sales": _sales,
    "product_kpis": _kpis,
}

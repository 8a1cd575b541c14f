"""Which orders and whom the reports of promotions count."""

from __future__ import annotations

from functools import partial

import polars as pl

from ca_platform.calendar import local_hour
from ca_platform.drill.cells import KEY, Count
from ca_platform.drill.scope import ORDER_COLUMNS, PAIR, Scope
from ca_platform.facts import promotions

_PROMOTION = "promotion_id"
_IS_PROMOTED = promotions.promotion().is_not_null()
_HOUR = "hour"


def _orders(scope: Scope, period: str) -> pl.LazyFrame:
    """Orders by day or by local hour (``period``)."""
    if period == _HOUR:
        hour = local_hour(pl.col("session_start_date"), scope.shape.time_zone).cast(pl.Int64)
        return scope.purchases().with_columns(hour=hour)
    return scope.purchases("day").rename({"day": "date"})


def all_orders(scope: Scope, period: str) -> pl.LazyFrame:
    """All orders of a period, whatever they carry."""
    return _orders(scope, period).select("slice", period, *ORDER_COLUMNS)


def organic(scope: Scope) -> pl.LazyFrame:
    """Orders of a day that carry no promotion."""
    return _orders(scope, "date").filter(~_IS_PROMOTED).select("slice", "date", *ORDER_COLUMNS)


def promoted(scope: Scope, period: str | None, *, together: bool = False) -> pl.LazyFrame:
    """Orders of each promotion, by period where one is given; with ``together`` also of all, as those of null."""
    rows = scope.purchases() if period is None else _orders(scope, period)
    kept = ["slice", *([period] if period else [])]
    own = f"{KEY}{_PROMOTION}"
    carried = rows.filter(_IS_PROMOTED).select(*kept, *ORDER_COLUMNS, pl.col(_PROMOTION).alias(own))
    if not together:
        return carried
    return pl.concat([carried, carried.with_columns(pl.lit(None, pl.String).alias(own))])


def first_uses(scope: Scope, *, is_new: bool = False) -> pl.LazyFrame:
    """Customers of each promotion; or those whose first order of all carries it."""
    rows = scope.fact("promotion_firsts")
    chosen = rows.filter(pl.col("number") == 1) if is_new else rows
    return chosen.select(*PAIR, _PROMOTION)


def came_again(scope: Scope) -> pl.LazyFrame:
    """Customers with a further order soon after their first with the promotion."""
    orders = scope.fact("customer_orders").select("day", *PAIR, "number", "at")
    return promotions.came_again(orders, scope.fact("promotion_firsts")).select(*PAIR, _PROMOTION)


PROMOTIONS: tuple[Count, ...] = (
    Count(
        "inorganic_orders_per_promotion_per_day",
        "orders",
        "orders",
        ("date", _PROMOTION),
        partial(promoted, period="date"),
    ),
    Count("daily_organic_orders", "orders", "orders", ("date",), organic),
    *(
        count
        for word, period in (("daily", "date"), ("hourly", _HOUR))
        for count in (
            Count(f"{word}_inorganic_ratio", "orders", "orders", (period,), partial(all_orders, period=period)),
            Count(
                f"{word}_inorganic_ratio",
                "promoted_orders",
                "orders",
                (period, _PROMOTION),
                partial(promoted, period=period, together=True),
            ),
        )
    ),
    Count("promotion_number_of_customer", "customers", "customers", (_PROMOTION,), first_uses),
    Count("promotion_kpis", "orders", "orders", (_PROMOTION,), partial(promoted, period=None)),
    Count("promotion_kpis", "customers", "customers", (_PROMOTION,), first_uses),
    Count("promotion_kpis", "new_customers", "customers", (_PROMOTION,), partial(first_uses, is_new=True)),
    Count("promotion_kpis", "repeat_customers_30d", "customers", (_PROMOTION,), came_again),
)

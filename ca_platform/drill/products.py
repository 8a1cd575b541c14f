"""Which orders and whom the reports of products count."""

from __future__ import annotations

import json
from functools import partial

import polars as pl

from ca_platform.drill.cells import Count
from ca_platform.drill.scope import ORDER_COLUMNS, Scope
from ca_platform.reports import baskets
from ca_platform.store.frames import flat

_LINES = {"day": pl.Date(), "order_id": pl.String(), "product": pl.String(), "category": pl.String()}


def _contained(scope: Scope, column: str) -> pl.LazyFrame:
    """Every order with each of its products, or categories, once."""
    first, last = scope.days_of("day")
    lake, start = scope.facts.lake, scope.shape.start_date
    lines = lake.scan("lines", max(first or start, start), min(last or scope.day, scope.day), schema=_LINES)
    asked = [pl.col(column).eq_missing(pl.lit(scope.key[column]))] if column in scope.key else []
    once = lines.filter(*asked).select("day", "order_id", column).unique()
    return scope.purchases("day").join(once, on=["day", "order_id"])


def orders(scope: Scope, column: str, *, by_day: bool = False) -> pl.LazyFrame:
    """Orders by what they contain, and by day where that is asked for."""
    rows = _contained(scope, column).with_columns(date="day")
    return rows.select("slice", *(["date"] if by_day else []), column, *ORDER_COLUMNS)


def customers(scope: Scope, column: str) -> pl.LazyFrame:
    """Customers by what their orders contain."""
    return _contained(scope, column).select("slice", "client", column).unique()


def pairs(scope: Scope) -> pl.LazyFrame:
    """Orders by two products that they contain, the first before the second by code point."""
    one, other = (_lines_of(scope, name) for name in ("product_a", "product_b"))
    both = one.join(other, on=["day", "order_id"]).filter(pl.col("product_a") < pl.col("product_b"))
    return (
        scope.purchases().join(both, on=["day", "order_id"]).select("slice", "product_a", "product_b", *ORDER_COLUMNS)
    )


def _lines_of(scope: Scope, name: str) -> pl.LazyFrame:
    lines = scope.facts.lake.scan("lines", scope.shape.start_date, scope.day, schema=_LINES)
    asked = [pl.col("product") == scope.key[name]] if name in scope.key else []
    return lines.filter(*asked).select("day", "order_id", pl.col("product").alias(name)).unique()


def rules(scope: Scope) -> pl.LazyFrame:
    """Orders by the rules all of whose products they contain."""
    found = _rules(scope)
    products = found.select("rule", "slice", product=pl.concat_list("antecedent", "consequent")).explode("product")
    lake, start = scope.facts.lake, scope.shape.start_date
    lines = lake.scan("lines", start, scope.day, schema=_LINES).select("day", "order_id", "product").unique()
    asked = lines.join(products.lazy().select("product").unique(), on="product", how="semi")
    orders = scope.purchases().join(asked, on=["day", "order_id"])
    contained = orders.join(products.lazy(), on=["slice", "product"])
    place = ["rule", "day", "order_id"]
    whole = contained.group_by(place).agg(
        pl.len(), pl.first("slice", *(name for name in ORDER_COLUMNS if name not in place))
    )
    names = flat(found).lazy().select("rule", "antecedent", "consequent", size=found["antecedent"].list.len() + 1)
    kept = whole.join(names, on="rule").filter(pl.col("len") == pl.col("size"))
    return kept.select("slice", "antecedent", "consequent", *ORDER_COLUMNS)


def _rules(scope: Scope) -> pl.DataFrame:
    """The rule that is asked for, or those of the report, by ``slice``; each with a number, ``rule``."""
    if "antecedent" in scope.key:
        one = {"antecedent": [json.loads(scope.key["antecedent"])], "consequent": [scope.key["consequent"]]}
        found = scope.slices.select("slice").join(pl.DataFrame(one), how="cross")
    else:
        tables = scope.tables.baskets
        made = baskets.rules(tables.rules([scope.day]).lazy(), tables.names, tables.longest)
        found = made.filter(scope.in_slices()).select("slice", "antecedent", "consequent").collect()
    return found.with_columns(pl.col("consequent").cast(pl.String)).with_row_index("rule")


def _both(report: str, column: str) -> tuple[Count, ...]:
    return (
        Count(report, "orders", "orders", (column,), partial(orders, column=column)),
        Count(report, "customers", "customers", (column,), partial(customers, column=column)),
    )


PRODUCTS: tuple[Count, ...] = (
    *_both("most_ordered_products", "product"),
    *_both("most_ordered_categories", "category"),
    *_both("product_kpis", "product"),
    Count(
        "daily_products_of_sales",
        "orders",
        "orders",
        ("date", "product"),
        partial(orders, column="product", by_day=True),
    ),
    Count("most_combined_products", "orders", "orders", ("product_a", "product_b"), pairs),
    Count("association_rules", "orders", "orders", ("antecedent", "consequent"), rules),
)

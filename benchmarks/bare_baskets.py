"""The product reports for the whole shop alone, written directly in Polars over the lake's files.

Pairs by a self join of the orders' lines, day by day, as an analyst does who has found out that all at once does not fit
into memory; rules of two products, as pairs give them.
"""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from benchmarks.bare_funnels import World, collected

_MOST_PAIRS = 100_000
_SUPPORT, _CONFIDENCE = 0.01, 0.2
_SIMILAR = 10
_MONEY = pl.Float64


def baskets(world: World) -> dict[str, pl.DataFrame]:
    """The reports by name."""
    lines = _sales(world).collect(engine="streaming")
    sales = lines.lazy()
    measures = {
        "orders": pl.col("order_id").n_unique(),
        "units": pl.col("quantity").sum().cast(_MONEY),
        "revenue": pl.col("revenue").sum(),
        "customers": pl.col("client").n_unique(),
    }
    by_customer = sales.group_by("product", "client").agg(orders=pl.col("order_id").n_unique())
    repeat = by_customer.group_by("product").agg(repeat_rate=(pl.col("orders") > 1).mean())
    products = sales.group_by("product").agg(
        **measures, discount=pl.col("discount").sum(), category=pl.col("category").sort_by("day").last()
    )
    categories = sales.group_by("category").agg(**measures)
    recent = sales.filter(pl.col("day") > world.day - timedelta(days=world.history_days))
    by_day = recent.group_by("day", "product").agg(
        orders=measures["orders"], units=measures["units"], revenue=measures["revenue"]
    )
    made = collected(
        {
            "most_ordered_products": products.sort("orders", "revenue", descending=True).with_row_index("rank"),
            "most_ordered_categories": categories.sort("orders", "revenue", descending=True).with_row_index("rank"),
            "daily_products_of_sales": by_day.sort("day", "product"),
            "product_kpis": products.join(repeat, on="product").sort("product"),
        }
    )
    return made | _together(lines)


def _sales(world: World) -> pl.LazyFrame:
    """Lines of orders with what was paid for them: the order's discount is shared out by amount."""
    orders = world.sessions.filter("has_purchased").select("order_id", "client", given="discount_amount")
    price, quantity = pl.col("price").cast(_MONEY), pl.col("quantity").cast(_MONEY)
    own = pl.col("discount_amount").cast(_MONEY).fill_null(0)
    joined = world.lines.join(orders, on="order_id").with_columns(amount=price * quantity - own, own=own)
    part = pl.col("amount") / pl.col("amount").sum().over("order_id") * pl.col("given").cast(_MONEY)
    return joined.select(
        "day",
        "order_id",
        "client",
        "product",
        "category",
        "quantity",
        revenue=pl.col("amount") - part,
        discount=pl.col("own") + part,
    )


def _together(lines: pl.DataFrame) -> dict[str, pl.DataFrame]:
    """Pairs, rules of two products and similar products."""
    rows = lines.select("day", order=pl.col("order_id").rank("dense"), item=pl.col("product").cast(pl.Categorical))
    rows = rows.select("day", "order", name="item", item=pl.col("item").to_physical()).unique()
    names = rows.select("item", "name").unique()
    counts = rows.group_by("item").agg(alone=pl.len())
    total = rows["order"].n_unique()
    found = []
    for part in rows.select("day", "order", "item").partition_by("day"):
        both = part.lazy().join(part.lazy(), on="order").filter(pl.col("item") < pl.col("item_right"))
        found.append(both.group_by(a="item", b="item_right").agg(orders=pl.len()).collect(engine="streaming"))
    pairs = pl.concat(found).group_by("a", "b").agg(pl.col("orders").sum())
    pairs = pairs.join(counts.rename({"item": "a", "alone": "of_a"}), on="a")
    pairs = pairs.join(counts.rename({"item": "b", "alone": "of_b"}), on="b")
    orders, of_a, of_b = pl.col("orders"), pl.col("of_a"), pl.col("of_b")
    measured = pairs.with_columns(
        support=orders / total,
        confidence_ab=orders / of_a,
        confidence_ba=orders / of_b,
        lift=orders * total / (of_a * of_b),
        jaccard=orders / (of_a + of_b - orders),
        cosine=orders / (of_a * of_b).sqrt(),
    )
    listed = measured.filter(orders > 1).top_k(_MOST_PAIRS, by="orders")
    named = listed.join(names.rename({"item": "a", "name": "product_a"}), on="a").join(
        names.rename({"item": "b", "name": "product_b"}), on="b"
    )
    directed = pl.concat([measured.select("a", "b", "cosine"), measured.select(a="b", b="a", cosine="cosine")])
    similar = directed.sort("cosine", descending=True).group_by("a").head(_SIMILAR)
    rules = pl.concat(
        [
            measured.filter(orders >= _SUPPORT * total).select("a", "b", "lift", confidence=name)
            for name in ("confidence_ab", "confidence_ba")
        ]
    ).filter(pl.col("confidence") >= _CONFIDENCE)
    return {"most_combined_products": named, "association_rules": rules, "similar_products": similar}

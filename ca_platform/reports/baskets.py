"""What is bought together: pairs, rules and similar products with their names and measures.

Products are their place among the sorted names here, so that a smaller number is the name that comes first.
"""

from __future__ import annotations

import polars as pl

from ca_platform.models.baskets.measures import confidence, jaccard, lift, support


def most_combined(pairs: pl.LazyFrame, names: pl.Series) -> pl.LazyFrame:
    """Pairs of products in the same order with their measures.

    Args:
        pairs: what ``frequent_pairs`` gives, with ``slice``.
        names: of all products, sorted.
    """
    one, other = pl.min_horizontal("first", "second"), pl.max_horizontal("first", "second")
    is_turned = pl.col("first") > pl.col("second")
    both, everything = pl.col("rows"), pl.col("all_rows")
    orders_a = pl.when(is_turned).then("rows_second").otherwise("rows_first")
    orders_b = pl.when(is_turned).then("rows_first").otherwise("rows_second")
    return pairs.select(
        "slice",
        product_a=_named(one, names),
        product_b=_named(other, names),
        orders=both.cast(pl.Int64),
        support=support(both, everything),
        confidence_ab=confidence(both, orders_a),
        confidence_ba=confidence(both, orders_b),
        lift=lift(both, orders_a, orders_b, everything),
        jaccard=jaccard(both, orders_a, orders_b),
        min_orders=pl.col("min_rows").cast(pl.Int64),
        pairs_below="pairs_below",
    )


def rules(found: pl.LazyFrame, names: pl.Series, longest: int) -> pl.LazyFrame:
    """Association rules with names.

    Args:
        found: what ``association_rules`` gives, with ``slice``.
        names: of all products, sorted.
        longest: products of an antecedent, at most.
    """
    texts = names.cast(pl.String)
    # Place by place: an expression over the elements of each list would be made anew for each of them.
    places = [pl.col("antecedent").list.get(place, null_on_oob=True) for place in range(longest)]
    return found.with_columns(
        pl.concat_list([_named(place, texts) for place in places]).list.drop_nulls().alias("antecedent"),
        _named(pl.col("consequent"), texts).alias("consequent"),
        orders="rows",
        min_orders="min_rows",
    )


def similar(found: pl.LazyFrame, names: pl.Series) -> pl.LazyFrame:
    """Similar products with names.

    Args:
        found: what ``similar_items`` gives.
        names: of all products, sorted.
    """
    return found.select(
        "score", "rank", product=_named(pl.col("item"), names), similar=_named(pl.col("similar"), names)
    )


def _named(place: pl.Expr, names: pl.Series) -> pl.Expr:
    # An enumeration in the order of the names sorts as fast as its numbers.
    return pl.lit(names).gather(place)

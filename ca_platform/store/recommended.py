"""The recommendations of a customer as a row of the customers shows them: products, and why each, in words.

Lists are put to the customers of a page, not to all of them before the page is known: they are neither sorted nor
filtered by.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import polars as pl

from ca_platform.catalogue.spec import Column, Kind, ReportSpec
from ca_platform.store.documents import LakeReader

RECOMMENDATIONS = "product_recommendations"
PRODUCTS, REASONS = "recommendations", "recommendation_reasons"
COLUMNS = (
    Column(PRODUCTS, Kind.TEXTS, "Products recommended to the customer, the best first.", "products", nullable=True),
    Column(REASONS, Kind.TEXTS, "Why each of them, in the same order.", "reasons", nullable=True),
)
_TYPES = dict.fromkeys((PRODUCTS, REASONS), pl.List(pl.String))
# Customers of a page, whose rows are looked for one by one; for more a join is faster.
_FEW = 1_000
_LONGEST = 80


def with_columns(spec: ReportSpec) -> ReportSpec:
    """The per-customer table with the columns that stand behind it where recommendations exist."""
    return replace(spec, columns=(*spec.columns, *COLUMNS))


def has_recommendations(lake: LakeReader) -> bool:
    """Whether recommendations were ever made."""
    return bool(lake.days(RECOMMENDATIONS))


def with_recommendations(customers: pl.DataFrame, lake: LakeReader, day: date | None) -> pl.DataFrame:
    """The customers with their recommendations of the day in two more columns.

    Null where there are none of that day; without the columns where there never were any.
    """
    if "client" not in customers.columns or not has_recommendations(lake):
        return customers
    if day is None or day not in lake.days(RECOMMENDATIONS):
        return customers.with_columns(pl.lit(None, dtype).alias(name) for name, dtype in _TYPES.items())
    rows, clients = lake.scan(RECOMMENDATIONS, day, day), customers["client"]
    if len(clients) <= _FEW:
        own = rows.filter(pl.col("client").is_in(clients.implode()))
    else:
        own = rows.join(clients.to_frame().lazy(), on="client", how="semi")
    listed = (
        own.sort("client", "rank")
        .group_by("client", maintain_order=True)
        .agg(pl.col("product").alias(PRODUCTS), reason().alias(REASONS))
        .collect(engine="streaming")
    )
    return customers.join(listed, on="client", how="left", maintain_order="left")


def reason() -> pl.Expr:
    """Why a product is recommended, in words.

    >>> row = {"reason": "bought before", "times_bought": 3, "last_bought": date(2024, 5, 1), "because_of": None}
    >>> pl.DataFrame([row]).select(reason()).item()
    'bought 3 times, last on 2024-05-01'
    """
    name = pl.col("because_of").cast(pl.String)
    name = pl.when(name.str.len_chars() > _LONGEST).then(name.str.slice(0, _LONGEST - 1) + "…").otherwise(name)
    last = pl.col("last_bought").cast(pl.Date).dt.to_string("%Y-%m-%d")
    phrases = {
        "bought before": pl.when(pl.col("times_bought") == 1)
        .then(pl.format("bought once, on {}", last))
        .otherwise(pl.format("bought {} times, last on {}", "times_bought", last)),
        "bought together": pl.format("goes with {}", name),
        "similar customers": pl.format("customers who buy {} buy it", name),
    }
    found: pl.Expr = pl.lit("popular")
    for code, phrase in phrases.items():
        found = pl.when(pl.col("reason") == code).then(phrase).otherwise(found)
    return found

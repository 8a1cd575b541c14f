"""Recommended products with names, on how many lists each stands, and what the methods were worth."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import numpy as np
import polars as pl

from ca_platform.models.recommend import NEVER, NONE, REASONS, Recommended, Score

_SUFFIX = {"all": "", "repeat": "_repeat", "new": "_new"}


def with_names(found: Recommended, names: pl.Series) -> pl.DataFrame:
    """Recommendations with the names of products; ``row`` says whose they are.

    Args:
        names: of all products by number, as an enumeration of themselves.
    """
    own = pl.DataFrame(
        {
            "row": found.rows,
            "item": found.items,
            "score": found.scores,
            "rank": found.ranks,
            "place": found.reasons,
            "times_bought": found.times,
            "day": np.where(found.last_days == NEVER, NONE, found.last_days),
            "because": found.because,
        }
    )
    because = pl.when(pl.col("because") != NONE).then(pl.col("because"))
    last = pl.when(pl.col("day") != NONE).then(pl.col("day"))
    reasons = pl.Series(REASONS, dtype=pl.Enum(REASONS))
    return own.select(
        "row",
        "score",
        pl.col("rank").cast(pl.Int64),
        pl.col("times_bought").cast(pl.Int64),
        product=pl.lit(names).gather("item"),
        reason=pl.lit(reasons).gather("place"),
        is_repeat=pl.col("times_bought") > 0,
        last_bought=last.cast(pl.Int32).cast(pl.Date),
        because_of=pl.lit(names).gather(because),
    )


def of_clients(lists: pl.DataFrame, clients: pl.DataFrame, common: int) -> pl.LazyFrame:
    """Every customer's recommendations.

    Args:
        lists: with ``row``.
        clients: every ``client`` with its ``row``; null: the list of those who have bought nothing.
        common: row of that list.
    """
    placed = clients.lazy().with_columns(pl.col("row").fill_null(common).cast(pl.Int64))
    return placed.join(lists.lazy().with_columns(pl.col("row").cast(pl.Int64)), on="row").drop("row")


def by_product(lists: pl.LazyFrame) -> pl.LazyFrame:
    """On how many lists each product stands, and for which reasons.

    Args:
        lists: ``product_recommendations``.
    """
    names = dict(zip(REASONS, ("before", "together", "similar", "popular"), strict=True))
    counted = lists.group_by("product").agg(
        lists=pl.len().cast(pl.Int64),
        first=(pl.col("rank") == 1).sum().cast(pl.Int64),
        **{name: (pl.col("reason") == reason).sum().cast(pl.Int64) for reason, name in names.items()},
    )
    ordered = counted.with_columns(pl.col("product").cast(pl.String)).sort("lists", "product", descending=[True, False])
    return ordered.with_columns(rank=pl.int_range(1, pl.len() + 1, dtype=pl.Int64))


def backtest_rows(origins: Mapping[date, Mapping[str, Sequence[Score]]], served: str) -> pl.LazyFrame:
    """The figures of each method at each origin, a row for each.

    Args:
        served: name of the method whose lists are shown.
    """
    rows = [
        (origin, model, f"{metric}{_SUFFIX[score.kind]}", value, score.customers, model == served)
        for origin, models in origins.items()
        for model, scores in models.items()
        for score in scores
        for metric, value in (("recall_at_10", score.recall), ("ndcg_at_10", score.ndcg))
    ]
    schema = {
        "origin": pl.Date(),
        "model": pl.String(),
        "metric": pl.String(),
        "value": pl.Float64(),
        "customers": pl.Int64(),
        "is_served": pl.Boolean(),
    }
    return pl.LazyFrame(rows, schema=schema, orient="row")

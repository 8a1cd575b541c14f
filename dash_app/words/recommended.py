"""Recommendations in words and tables: what is recommended, why, and what that was worth."""

from __future__ import annotations

from dataclasses import replace

import polars as pl

from dash_app.filters import ProductFilters
from dash_app.records import Listing, Look
from dash_app.words import lists
from dash_app.words.dates import day
from dash_app.words.formats import formats, plural
from dash_app.words.lists import Column
from dash_app.words.names import quoted
from dash_app.words.rows import Row

_WHY = {
    "before": "bought it before",
    "together": "bought something that goes with it",
    "similar": "are like others who buy it",
    "popular": "are shown it because it is popular",
}
_MEASURES = {
    "recall": "recall_at_10",
    "ndcg": "ndcg_at_10",
    "again": "recall_at_10_repeat",
    "new": "recall_at_10_new",
}


def leading(frame: pl.DataFrame, look: Look) -> str:
    """The product on the most lists, and what most of those customers have in common."""
    form = formats(look)
    best = frame.sort("rank").row(0, named=True)
    why = max(_WHY, key=lambda name: best[name])
    customers = f"{form.count(best['lists'])} {plural(best['lists'], 'customer')}"
    part = f"{form.count(best[why])} of them" if best[why] < best["lists"] else "all of them"
    return f"{quoted(best['product'])} is recommended to the most customers: {customers}; {part} {_WHY[why]}."


def listed(frame: pl.DataFrame, look: Look) -> Listing:
    """``recommended_products``: the most recommended ones with the reasons."""
    form, chosen = formats(look), ProductFilters.of(look.filters)
    columns = (
        Column("product", "Product"),
        Column("lists", "Recommended to", form.compact, has_bar=True),
        Column("first", "In the first place", form.compact),
        Column("before", "Bought before", form.compact),
        Column("together", "Bought together", form.compact),
        Column("similar", "Similar customers", form.compact),
        Column("popular", "Popular", form.compact),
    )
    rows = frame.sort("rank").head(int(chosen.top))
    return lists.listing(rows, columns, look, key=("product",), of=frame.height, noun="products")


def worth(frame: pl.DataFrame, look: Look) -> str:
    """How much of the next order the served lists held, beside the best of the others."""
    form, means = formats(look), by_method(frame)
    served = means.filter("is_served").row(0, named=True)
    others = means.filter(~pl.col("is_served")).sort("recall", "model", descending=[True, False])
    rival = others.row(0, named=True)
    count = frame["origin"].n_unique()
    return (
        f"The ten products that “{served['model']}”, the method in use, would have recommended at the end of "
        f"{f'each of {form.count(count)} months' if count > 1 else 'a month'} held {form.share(served['recall'])} of what "
        f"customers ordered next; those of “{rival['model']}” {form.share(rival['recall'])}{_better_placed(served, rival)}."
    )


def _better_placed(served: Row, rival: Row) -> str:
    """Why a method serves whose lists held less than another's; empty where they did not."""
    if served["recall"] >= rival["recall"]:
        return ""
    return "; methods are chosen by this share and NDCG together, which counts places at the top more"


def methods(frame: pl.DataFrame, look: Look) -> Listing:
    """``recommendation_backtest``: the mean of each method over all origins."""
    form = formats(look)
    columns = (
        Column("name", "Method"),
        Column("recall", "Of the next order", form.share, has_bar=True),
        Column("ndcg", "NDCG@10", lambda value: form.number(value, 3)),
        Column("again", "Of what is bought again", form.share),
        Column("new", "Of new products", form.share),
        Column("customers", "Orders foreseen", form.count),
    )
    origins = frame["origin"].unique().sort()
    ends = day(origins[0]) if len(origins) == 1 else f"{day(origins[0])} to {day(origins[-1])}"
    compare = None if look.compare is None or look.compare.is_empty() else by_method(look.compare)
    rows = by_method(frame)
    return lists.listing(
        rows,
        columns,
        replace(look, compare=compare),
        key=("model",),
        of=rows.height,
        noun="methods",
        notes=(f"lists of ten, made {ends}, against each customer's first order in the 28 days after",),
    )


def by_method(frame: pl.DataFrame) -> pl.DataFrame:
    """A row for each method, the best first: its means over the origins, and the customers of all of them together."""
    values = [
        pl.col("value").filter(pl.col("metric") == metric).mean().alias(name) for name, metric in _MEASURES.items()
    ]
    counted = pl.col("customers").filter(pl.col("metric") == "recall_at_10").sum()
    means = frame.group_by("model").agg(*values, counted, pl.col("is_served").first())
    name = pl.when("is_served").then(pl.format("{} (in use)", "model")).otherwise("model")
    return means.with_columns(name=name).sort("recall", "model", descending=[True, False])

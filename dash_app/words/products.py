"""Products and categories in words and tables."""

from __future__ import annotations

import polars as pl

from dash_app.filters import ProductFilters, ProductMetric
from dash_app.records import Listing, Look
from dash_app.words import lists
from dash_app.words.ages import FEWEST
from dash_app.words.formats import formats, plural
from dash_app.words.leading import as_of_then, of_the_last_days, ranked
from dash_app.words.lists import Column
from dash_app.words.names import quoted, without

_FEW = 7
_DID: dict[ProductMetric, str] = {
    "revenue": "brought the most revenue",
    "orders": "was in the most orders",
    "units": "sold the most units",
}


def of_category(frame: pl.DataFrame, look: Look) -> pl.DataFrame:
    """The rows of the chosen category; a report that does not know categories asks ``product_kpis``."""
    chosen = ProductFilters.of(look.filters).category
    if chosen is None:
        return frame
    is_own = pl.col("category").eq_missing(pl.lit(chosen or None, pl.String))
    if "category" in frame.columns:
        return frame.filter(is_own)
    if look.also is None:
        return frame.clear()
    names = look.also.filter(is_own)["product"]
    own = [name for name in ("product", "product_a", "product_b", "consequent") if name in frame.columns]
    return frame.filter(pl.any_horizontal(pl.col(own).is_in(names.implode())))


def leader(frame: pl.DataFrame, look: Look, name: str, noun: str) -> str:
    """The product or category that leads by what is chosen, its part of all, and the earlier day."""
    form, measure = formats(look), ProductFilters.of(look.filters).metric
    best = ranked(frame, name, measure).row(0, named=True)
    total, is_money = float(frame[measure].sum()), measure == "revenue"
    written = form.money(best[measure]) if is_money else form.count(best[measure])
    # An order holds many products: only what adds up has shares.
    part = f" ({form.share(best[measure] / total)} of all)" if measure != "orders" and total > 0 else ""
    of = f" of {form.count(frame.height)} {noun}" if frame.height > 1 else ""
    then = as_of_then(best, name, measure, look, countable=not is_money)
    first = f"What is {without(name)}" if best[name] is None else quoted(best[name])
    return f"{first} {_DID[measure]}{of}: {written}{part}{then}."


def by_day(frame: pl.DataFrame, look: Look) -> str:
    """The product that led in the last seven days."""
    measure = ProductFilters.of(look.filters).metric
    return of_the_last_days(frame, look, "product", measure, _DID[measure], "products")


def listed(frame: pl.DataFrame, look: Look) -> Listing:
    """``most_ordered_products``: the first by what is chosen."""
    form, chosen = formats(look), ProductFilters.of(look.filters)
    columns = (
        Column("product", "Product"),
        Column("revenue", "Revenue", is_money=True, has_bar=chosen.metric == "revenue"),
        Column("orders", "Orders", form.compact, has_bar=chosen.metric == "orders", opens=True),
        Column("units", "Units", form.compact, has_bar=chosen.metric == "units"),
        Column("customers", "Customers", form.compact, opens=True),
    )
    return _listing(frame, columns, look)


def short(frame: pl.DataFrame, look: Look) -> Listing:
    """The first few by revenue, for a page that shows other things too."""
    form = formats(look)
    columns = (
        Column("product", "Product"),
        Column("revenue", "Revenue", is_money=True, has_bar=True),
        Column("orders", "Orders", form.compact, opens=True),
    )
    rows = ranked(frame, "product", "revenue").head(_FEW)
    return lists.listing(rows, columns, look, key=("product",), of=frame.height, noun="products")


def again(frame: pl.DataFrame, look: Look) -> str:
    """The product that most of its customers have ordered again, of those with enough customers."""
    form = formats(look)
    known = frame.filter(pl.col("customers") >= FEWEST).drop_nulls("repeat_rate")
    count = f"{form.count(frame.height)} {plural(frame.height, 'product')}"
    if known.is_empty():
        return f"None of {count} has {FEWEST} customers yet: too few for a rate."
    best = ranked(known, "product", "repeat_rate").row(0, named=True)
    rate, size = form.share(best["repeat_rate"]), form.count(best["customers"])
    return f"Of {count} {quoted(best['product'])} is ordered again most: by {rate} of its {size} customers."


def key_figures(frame: pl.DataFrame, look: Look) -> Listing:
    """``product_kpis``: the first by what is chosen; no rate where there are few customers."""
    form = formats(look)
    columns = (
        Column("product", "Product"),
        Column("category", "Category"),
        Column("revenue", "Revenue", is_money=True),
        Column("discount", "Discount", is_money=True),
        Column("orders", "Orders", form.compact, opens=True),
        Column("customers", "Customers", form.compact, opens=True),
        Column("units_per_customer", "Units per customer", form.mean),
        Column("repeat_rate", "Ordered again by", form.share, has_bar=True),
    )
    known = pl.when(pl.col("customers") >= FEWEST).then("repeat_rate")
    has_categories = frame["category"].null_count() < frame.height
    shown = tuple(column for column in columns if has_categories or column.name != "category")
    return _listing(frame.with_columns(repeat_rate=known), shown, look)


def _listing(frame: pl.DataFrame, columns: tuple[Column, ...], look: Look) -> Listing:
    chosen = ProductFilters.of(look.filters)
    rows = ranked(frame, "product", chosen.metric).head(int(chosen.top))
    return lists.listing(rows, columns, look, key=("product",), of=frame.height, noun="products")

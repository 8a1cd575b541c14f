"""What is bought together, in words and tables: pairs, rules, similar products."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import polars as pl

from ca_platform.store.frames import flat
from dash_app.filters import PairOrder, ProductFilters
from dash_app.records import Listing, Look
from dash_app.words import lists
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.lists import Column
from dash_app.words.names import quoted

AND = " + "
_PAIR = ("product_a", "product_b")
_NODES = {"10": 12, "20": 20, "50": 40}


def ranked(frame: pl.DataFrame, order: PairOrder) -> pl.DataFrame:
    """Pairs, the strongest first."""
    other = "lift" if order == "orders" else "orders"
    return frame.sort(order, other, *_PAIR, descending=[True, True, False, False])


def pairs(frame: pl.DataFrame, look: Look) -> str:
    """The pair that leads by what is chosen."""
    form, order = formats(look), ProductFilters.of(look.filters).pairs
    best = ranked(frame, order).row(0, named=True)
    names = f"{quoted(best['product_a'])} and {quoted(best['product_b'])}"
    count = f"{form.count(best['orders'])} {plural(best['orders'], 'order')}"
    chance = f"{form.mean(best['lift'])} times as often as by chance"
    if order == "lift":
        return f"{names} go together most closely: {chance}, in {count}."
    return f"{names} are most often in one order: in {count} ({form.share(best['support'])} of all), {chance}."


def nodes(frame: pl.DataFrame, look: Look) -> list[str]:
    """The products of the leading pairs, in the order in which they appear: those that go together lie together."""
    chosen = ProductFilters.of(look.filters)
    most = _NODES[chosen.top]
    leading = ranked(frame, chosen.pairs).head(most * most)
    both = leading.select(name=pl.concat_list(*_PAIR)).explode("name")["name"]
    return both.unique(maintain_order=True).head(most).to_list()


def among(frame: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The pairs of these products."""
    return frame.filter(pl.all_horizontal(pl.col(_PAIR).is_in(names)))


def closest(frame: pl.DataFrame, look: Look) -> str:
    """The pair with the highest lift among the products that the matrix shows."""
    form, names = formats(look), nodes(frame, look)
    best = ranked(among(frame, names), "lift").row(0, named=True)
    pair = f"{quoted(best['product_a'])} and {quoted(best['product_b'])}"
    count = f"{form.count(best['orders'])} {plural(best['orders'], 'order')}"
    return f"Of these {form.count(len(names))} products {pair} go together most closely: ×{form.mean(best['lift'])}, in {count}."


def listed_pairs(frame: pl.DataFrame, look: Look) -> Listing:
    """``most_combined_products``: the first by what is chosen."""
    form, chosen = formats(look), ProductFilters.of(look.filters)
    columns = (
        Column("product_a", "Product"),
        Column("product_b", "and"),
        Column("orders", "Orders with both", form.count, has_bar=chosen.pairs == "orders", opens=True),
        Column("lift", "Lift", _lift(form), has_bar=chosen.pairs == "lift"),
        Column("support", "Of all orders", form.share),
        Column("confidence_ab", "Of orders with the first", form.share),
        Column("confidence_ba", "Of orders with the second", form.share),
    )
    rows = ranked(frame, chosen.pairs).head(int(chosen.top))
    notes = (left_out(frame, look),)
    return lists.listing(rows, columns, look, key=_PAIR, of=frame.height, noun="pairs", notes=notes)


def left_out(frame: pl.DataFrame, look: Look) -> str:
    """Which pairs the report does not list, and how many they are."""
    form = formats(look)
    fewest, below = int(frame["min_orders"][0]), int(frame["pairs_below"][0])
    return (
        f"{form.count(below)} {plural(below, 'pair')} in fewer than {form.count(fewest)} orders left out"
        if below
        else ""
    )


def rules(frame: pl.DataFrame, look: Look) -> str:
    """The rule of the highest lift."""
    form = formats(look)
    best = frame.sort("rank").row(0, named=True)
    names = " and ".join(quoted(name) for name in best["antecedent"])
    count = f"{form.count(best['orders'])} {plural(best['orders'], 'order')}"
    return (
        f"{form.share(best['confidence'])} of the orders with {names} contain {quoted(best['consequent'])} too: "
        f"{form.mean(best['lift'])} times as often as by chance, in {count}."
    )


def listed_rules(frame: pl.DataFrame, look: Look) -> Listing:
    """``association_rules``: those of the highest lift."""
    form, chosen = formats(look), ProductFilters.of(look.filters)
    columns = (
        Column("who", "Who buys"),
        Column("consequent", "also buys"),
        Column("confidence", "Confidence", form.share, has_bar=True),
        Column("lift", "Lift", _lift(form)),
        Column("orders", "Orders", form.count, opens=True),
        Column("support", "Of all orders", form.share),
    )
    joined = flat(frame.with_columns(who=pl.col("antecedent").list.join(AND)))
    compare = flat(look.compare) if look.compare is not None else None
    fewest = int(frame["min_orders"][0])
    return lists.listing(
        joined.sort("rank").head(int(chosen.top)),
        columns,
        replace(look, compare=compare),
        key=("antecedent", "consequent"),
        of=max(int(frame["rules_total"][0]), frame.height) if chosen.category is None else frame.height,
        noun="rules",
        notes=("highest lift first", f"sets of products in at least {form.count(fewest)} orders"),
    )


def similar(frame: pl.DataFrame, look: Look) -> str:
    """The first of the products, by what is chosen, and the one that is most like it."""
    form = formats(look)
    best = _by_product(frame, look).row(0, named=True)
    return (
        f"Customers of {quoted(best['product'])} also buy {quoted(best['similar'])} most "
        f"(similarity {form.number(best['score'], 2)} of 1)."
    )


def listed_similar(frame: pl.DataFrame, look: Look) -> Listing:
    """``similar_products``: each of the leading products with those that are most like it."""
    form, chosen = formats(look), ProductFilters.of(look.filters)
    columns = (
        Column("product", "Product"),
        Column("similar", "Most similar"),
        Column("score", "Similarity", lambda score: form.number(score, 2), has_bar=True),
        Column("second", "Then"),
    )
    rows = _by_product(frame, look)
    second = frame.filter(pl.col("rank") == 2).select("product", second="similar")
    first = rows.head(int(chosen.top)).join(second, on="product", how="left", maintain_order="left")
    return lists.listing(
        first, columns, look, key=("product", "similar"), of=rows.height, noun="products with a similar one"
    )


def _by_product(frame: pl.DataFrame, look: Look) -> pl.DataFrame:
    """The most similar product of each, in the order of what is chosen where the second report knows it."""
    first = frame.filter(pl.col("rank") == 1)
    if look.also is None:
        return first.sort("score", "product", descending=[True, False])
    measure = ProductFilters.of(look.filters).metric
    measures = look.also.select("product", __measure=measure)
    known = first.join(measures, on="product", how="left", maintain_order="left")
    return known.sort("__measure", "product", descending=[True, False], nulls_last=True).drop("__measure")


def _lift(form: Formats) -> Callable[[float], str]:
    return lambda value: f"×{form.mean(value)}"

"""Pairs of promotions in words: which one is opened, and which promotion wins how often."""

from __future__ import annotations

import json
from dataclasses import replace

import polars as pl

from dash_app.filters import PromotionTestFilters
from dash_app.records import Listing, Look
from dash_app.words import lists
from dash_app.words.effects import chosen_item, leading, top
from dash_app.words.formats import formats, plural
from dash_app.words.lists import Column
from dash_app.words.names import quoted

PAIR = ("promotion_a", "promotion_b")


def opened(frame: pl.DataFrame, look: Look) -> pl.DataFrame:
    """The row of the pair that is opened: the chosen one, or of the chosen promotion, or of all, what stands out most."""
    pair = _chosen(look)
    if pair is not None:
        return frame.filter(**dict(zip(PAIR, pair, strict=True)))
    best = leading(of_promotion(frame, look), PAIR)
    return frame.clear() if best is None else frame.filter(**{name: best[name] for name in PAIR})


def _chosen(look: Look) -> tuple[str, str] | None:
    """The pair that the address opens; none that does not hold the promotion that is chosen beside it."""
    text = look.filters.value("pair") if isinstance(look.filters, PromotionTestFilters) else None
    if text is None:
        return None
    one, other = json.loads(text)
    promotion = chosen_item(look)
    return (one, other) if promotion is None or promotion in (one, other) else None


def of_promotion(frame: pl.DataFrame, look: Look) -> pl.DataFrame:
    """The pairs of the promotion that is opened; all of them where none is."""
    chosen = chosen_item(look)
    if chosen is None:
        return frame
    return frame.filter((pl.col("promotion_a") == chosen) | (pl.col("promotion_b") == chosen))


def champion(frame: pl.DataFrame, look: Look) -> str:
    """The promotion that wins most of its comparisons."""
    form = formats(look)
    best = _ranked(frame).row(0, named=True)
    if not best["wins"]:
        return f"Of {form.count(frame.height)} promotions, none wins a comparison that survives the correction."
    count = best["wins"] + best["losses"] + best["ties"]
    return (
        f"{quoted(best['promotion_id'])} wins most: {form.count(best['wins'])} of {form.count(count)} "
        f"{plural(count, 'comparison')}, {form.count(best['losses'])} lost, the rest undecided."
    )


def ranking(frame: pl.DataFrame, look: Look) -> Listing:
    """The promotions with the most wins first."""
    form = formats(look)
    columns = (
        Column("promotion_id", "Promotion"),
        Column("wins", "Wins", form.count, has_bar=True),
        Column("losses", "Losses", form.count),
        Column("ties", "Undecided", form.count),
        Column("reject_ratio", "Decided", form.share),
    )
    rows = _ranked(frame).head(top(look))
    return lists.listing(
        rows, columns, replace(look, compare=None), key=("promotion_id",), of=frame.height, noun="promotions"
    )


def _ranked(frame: pl.DataFrame) -> pl.DataFrame:
    return frame.sort("wins", "losses", "promotion_id", descending=[True, False, False])

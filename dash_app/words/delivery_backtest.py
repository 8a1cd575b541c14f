"""Who finds delays, in words: the robust baseline or the autoencoder, for the place and for the customer."""

from __future__ import annotations

import polars as pl

from ca_platform.models.deliveries.contest import NETWORK
from dash_app.filters import DeliveryFilters
from dash_app.records import Listing, Look
from dash_app.words import lists
from dash_app.words.dates import day
from dash_app.words.formats import formats
from dash_app.words.lists import Column
from dash_app.words.rows import Row
from dash_app.words.spans import NAMES

TOO_FEW = "No back-test has been made yet: it takes some weeks of deliveries."
NOT_OF_THIS = "No back-test of this duration has been made yet."
_BASES = {"location": "place", "customer": "customer"}
_SIZES = (("recall_1.5x", "1.5 times as long"), ("recall_2x", "twice as long"), ("recall_3x", "3 times as long"))


def of_duration(frame: pl.DataFrame, look: Look) -> pl.DataFrame:
    """The back-tests of the duration that is chosen."""
    return frame.filter(pl.col("duration") == DeliveryFilters.of(look.filters).duration)


def reading(frame: pl.DataFrame, look: Look) -> str:
    """Which of the two judges place and customer, and how many of the planted delays each finds."""
    rows = newest(frame).to_dicts()
    name = NAMES[DeliveryFilters.of(look.filters).duration]
    said = [_served(base, rows, look) for base in _BASES]
    known = ", ".join(filter(None, said))
    since = day(frame["date"].max())  # type: ignore[arg-type]
    return f"Since {since} the {NETWORK} judges a {name} where it clearly finds more planted delays: {known}."


def listed(frame: pl.DataFrame, look: Look) -> Listing:
    """Both candidates at the newest back-test, for both bases: the share of planted delays that they find."""
    form = formats(look)
    columns = (
        Column("name", "Judged by"),
        Column("recall", "Delays found", form.share, has_bar=True),
        *(Column(metric, f"{size.capitalize()}", form.share) for metric, size in _SIZES),
        Column("deliveries", "Planted into", form.count),
    )
    rows = newest(frame)
    return lists.listing(
        rows,
        columns,
        look,
        key=("base", "model"),
        of=rows.height,
        noun="candidates",
        notes=("share of planted delays found while 1 in 100 other deliveries is called abnormal",),
    )


def newest(frame: pl.DataFrame) -> pl.DataFrame:
    """A row for each base and candidate at the newest back-test, the figures beside each other; the place first."""
    last = frame.filter(pl.col("date") == pl.col("date").max())
    metrics = ["recall", *(metric for metric, _ in _SIZES)]
    values = [pl.col("value").filter(pl.col("metric") == metric).first().alias(metric) for metric in metrics]
    base = pl.col("base").replace_strict(_BASES, default=pl.col("base"))
    used = pl.when("is_served").then(pl.lit(" (in use)")).otherwise(pl.lit(""))
    return (
        last.group_by("base", "model")
        .agg(*values, pl.col("deliveries").first(), pl.col("is_served").first())
        .with_columns(name=pl.format("{}: {}{}", base, "model", used))
        .sort("base", "recall", "model", descending=[True, True, False], nulls_last=True)
    )


def _served(base: str, rows: list[Row], look: Look) -> str:
    form = formats(look)
    own = [row for row in rows if row["base"] == base and row["recall"] is not None]
    served = next((row for row in own if row["is_served"]), None)
    if served is None:
        return ""
    others = [f"{row['model']} {form.share(row['recall'])}" for row in own if row is not served]
    against = f", {others[0]}" if others else ""
    return f"{_BASES[base]} by the {served['model']} ({form.share(served['recall'])}{against})"

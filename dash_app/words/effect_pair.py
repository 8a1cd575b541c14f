"""One pair of promotions: which of the two is paid more with, how sure that is, and who is compared."""

from __future__ import annotations

import polars as pl

from ca_platform.models.experiments.verdicts import LEAST_CUSTOMERS, LEAST_OUTCOMES
from dash_app.records import Look, Tile
from dash_app.words.effect_opened import changed, concluded, judged
from dash_app.words.effect_pairs import PAIR, opened
from dash_app.words.effects import interval, level, size
from dash_app.words.formats import formats
from dash_app.words.lists import NOTHING
from dash_app.words.names import quoted

_LONGEST = 40


def sentence(frame: pl.DataFrame, look: Look) -> str:
    """By how much customers pay more per order with the one than with the other, and whether it survives."""
    rows = opened(frame, look)
    if rows.is_empty():
        return "No pair of promotions is opened."
    row = rows.row(0, named=True)
    one, other = (quoted(row[name]) for name in PAIR)
    form, metric = formats(look), row["metric"]
    if row["difference"] is None or row["ci_low"] is None:
        counts = f"{form.count(row['customers_a'])} and {form.count(row['customers_b'])}"
        return (
            f"{one} and {other} have too few customers of their own for a verdict ({counts}): it takes {LEAST_CUSTOMERS} "
            f"each, {LEAST_OUTCOMES} of them who paid."
        )
    more = "more" if row["difference"] >= 0 else "less"
    return (
        f"In orders with {other} customers paid {size(abs(row['difference']), metric, form)} {more} than in orders with {one} "
        f"({interval(row, metric, look)}); {concluded(row)}; but customers choose promotions."
    )


def tiles(frame: pl.DataFrame, look: Look) -> tuple[Tile, ...]:
    """The difference, both means, who is compared, and how sure it is."""
    rows = opened(frame, look)
    if rows.is_empty():
        return ()
    row = rows.row(0, named=True)
    form = formats(look)
    means = [
        Tile(_short(row[name]), _mean(row[mean], row["metric"], look), "per order, on average")
        for name, mean in zip(PAIR, ("mean_a", "mean_b"), strict=True)
    ]
    key = {name: row[name] for name in PAIR}
    customers = [
        Tile(label, form.count(row[column]), words, opens=(column, key) if row[column] else None)
        for label, column, words in (
            ("Customers", "customers", "who used one of the two"),
            ("First only", "customers_a", f"used {_short(row[PAIR[0]])}, not the other"),
            ("Second only", "customers_b", f"used {_short(row[PAIR[1]])}, not the other"),
            ("Both", "customers_of_both", "used both and are left out"),
        )
    ]
    return (changed("Second less first", row, look), *means, *customers, *judged(row, look))


def _mean(value: float | None, metric: str, look: Look) -> str:
    return NOTHING if value is None else level(value, metric, formats(look))


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST else f"{name[: _LONGEST - 1]}…"

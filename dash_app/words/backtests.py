"""Back-tests in words: what is said of models of every kind alike."""

from __future__ import annotations

from collections.abc import Iterable

import polars as pl

from dash_app.words.formats import Formats, plural
from dash_app.words.rows import Row


def newest(frame: pl.DataFrame) -> pl.DataFrame:
    """What serves at its newest origin."""
    served = frame.filter(pl.col("is_served"))
    return served.filter(pl.col("origin") == pl.col("origin").max())


def mean(metric: str, value: pl.Expr | None = None) -> pl.Expr:
    """Mean of a metric over the origins; of ``value`` in place of the figure itself where it is given."""
    figure = pl.col("value") if value is None else value
    return figure.filter(pl.col("metric") == metric).mean()


def by_model(frame: pl.DataFrame, means: Iterable[pl.Expr]) -> pl.DataFrame:
    """``model``, ``is_served`` and the means, a row per model in no order."""
    return frame.group_by("model").agg(pl.col("is_served").any(), *means)


def horizon(row: Row, form: Formats) -> str:
    """91 days; half days are told."""
    days = float(row["horizon_days"])
    return f"{form.number(days, 0 if days == int(days) else 1)} {plural(days, 'day')}"


def tests(frame: pl.DataFrame, form: Formats) -> str:
    """4 tests of 91 days each."""
    count = frame["origin"].n_unique()
    each = " each" if count > 1 else ""
    return f"{count} {plural(count, 'test')} of {horizon(frame.row(0, named=True), form)}{each}"

"""How strongly items belong together, from counts of rows.

All are expressions over whole numbers: rows that hold ``both``, the ``first`` (the antecedent of a rule), the ``second``
(its consequent), and ``all`` rows.
"""

from __future__ import annotations

import polars as pl


def support(both: pl.Expr, all_rows: pl.Expr) -> pl.Expr:
    """Share of the rows that hold both, 0 to 1 (Agrawal, Imielinski and Swami 1993, section 2)."""
    return both / all_rows


def confidence(both: pl.Expr, first: pl.Expr) -> pl.Expr:
    """Share of the rows with the first that hold the second too, 0 to 1 (the same, section 2)."""
    return both / first


def lift(both: pl.Expr, first: pl.Expr, second: pl.Expr, all_rows: pl.Expr) -> pl.Expr:
    """How many times as often as by chance both stand together; 1 where they are independent.

    Confidence over the share of the second, called interest in Brin, Motwani, Ullman and Tsur 1997, section 4.1.
    """
    return _product(both, all_rows) / _product(first, second)


def leverage(both: pl.Expr, first: pl.Expr, second: pl.Expr, all_rows: pl.Expr) -> pl.Expr:
    """Share of the rows that hold both beyond what chance gives, −0.25 to 0.25 (Piatetsky-Shapiro 1991)."""
    # One division of whole numbers, so that independent items give exactly 0.
    beyond = both.cast(pl.Int128) * all_rows.cast(pl.Int128) - first.cast(pl.Int128) * second.cast(pl.Int128)
    return beyond.cast(pl.Float64) / _product(all_rows, all_rows)


def conviction(both: pl.Expr, first: pl.Expr, second: pl.Expr, all_rows: pl.Expr) -> pl.Expr:
    """How many times as often as it does the rule would fail by chance; null for a rule that never fails.

    P(first) P(not second) / P(first and not second), Brin, Motwani, Ullman and Tsur 1997, section 4.2; 1 where they are
    independent.
    """
    fails = first - both
    return _product(first, all_rows - second) / _product(all_rows, pl.when(fails > 0).then(fails))


def jaccard(both: pl.Expr, first: pl.Expr, second: pl.Expr) -> pl.Expr:
    """Share of the rows with either that hold both, 0 to 1 (Jaccard 1901)."""
    return both / (first + second - both)


def _product(one: pl.Expr, other: pl.Expr) -> pl.Expr:
    return one.cast(pl.Float64) * other.cast(pl.Float64)

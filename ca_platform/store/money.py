"""Money at the edge: Decimal inside becomes Float64, rounded to the minor unit of the currency."""

from __future__ import annotations

import polars as pl


def round_money(amount: pl.Expr, digits: int) -> pl.Expr:
    """Amount as Float64, rounded half away from zero; exact for Decimal input.

    Args:
        digits: of the currency's minor unit, ``settings.business.minor_digits``: 2 for GBP, 0 for JPY, 3 for KWD.

    >>> from decimal import Decimal
    >>> frame = pl.DataFrame({"amount": [Decimal("1.005"), Decimal("-2.345")]})
    >>> frame.select(round_money(pl.col("amount"), 2)).to_series().to_list()
    [1.01, -2.35]
    """
    return amount.round(digits, mode="half_away_from_zero").cast(pl.Float64)

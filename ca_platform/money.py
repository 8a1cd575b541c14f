"""Exact money: the types of its columns, in whole ten-thousandths of the shop's currency."""

from __future__ import annotations

import polars as pl

MONEY = pl.Decimal(18, 4)
"""What one row says: the amount of an order, a price, a discount; and quantities, which have the same digits."""
MONEY_SUM = pl.Decimal(38, 4)
"""A sum of any number of rows."""

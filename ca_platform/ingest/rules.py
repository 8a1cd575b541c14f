"""The rules of each source: what makes a row bad, and how its lake columns come about (spec, inputs)."""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.ingest.reasons import Reason
from ca_platform.ingest.table import Rules, Table
from ca_platform.money import MONEY

_ZERO = 0


def session_rules(actions: Sequence[str], *, is_gross: bool) -> Rules:
    """Rules of sessions.

    Args:
        actions: names of the declared actions.
        is_gross: amounts are before discount.
    """

    def apply(table: Table) -> None:
        for column in ("order_id", "client", "session_start_date", "has_purchased"):
            table.require(column)
        purchased = table["has_purchased"].fill_null(value=False)
        table.require("payment_amount", purchased)
        paid, discount = table["payment_amount"], table["discount_amount"]
        table.mark("payment_amount", Reason.NEGATIVE_AMOUNT, paid < _ZERO)
        table.mark("discount_amount", Reason.NEGATIVE_DISCOUNT, discount < _ZERO)
        frame = pl.DataFrame([paid.alias("paid"), discount.alias("discount"), purchased.alias("purchased")])
        amount, off = pl.col("paid").fill_null(0), pl.col("discount").fill_null(0)
        if is_gross:
            above = frame.select((off > amount) & pl.col("purchased")).to_series()
            table.mark("discount_amount", Reason.DISCOUNT_ABOVE_AMOUNT, above)
            amount = amount - off
        # A session without purchase has no amount, whatever stood in its basket.
        money = frame.select(
            pl.when("purchased").then(amount).otherwise(0).cast(MONEY).alias("paid"),
            pl.when("purchased").then(off).otherwise(0).cast(MONEY).alias("discount"),
        )
        table.columns |= {"payment_amount": money["paid"], "discount_amount": money["discount"]}
        for name in actions:
            _action(table, name)

    return apply


def _action(table: Table, name: str) -> None:
    values = table[f"action_times.{name}"]
    if values.dtype == pl.Boolean():
        table.columns[f"actions.{name}"] = values.fill_null(value=False)
        table.columns[f"action_times.{name}"] = table.repeat(None, INSTANT)
    else:
        table.columns[f"actions.{name}"] = values.is_not_null()


def customer_rules(table: Table) -> None:
    """Rules of customers."""
    table.require("client")
    table.require("download_date")


def assignment_rules(table: Table) -> None:
    """Rules of assignments. A customer who is assigned again is no mistake: logs of exposures are like that."""
    for column in ("experiment", "client", "variant", "assigned_at"):
        table.require(column)


def line_rules(table: Table) -> None:
    """Rules of product lines, but for those that need the order."""
    for column in ("order_id", "product", "price"):
        table.require(column)
    table.columns["quantity"] = table["quantity"].fill_null(1).cast(MONEY)
    table.columns["discount_amount"] = table["discount_amount"].fill_null(0).cast(MONEY)
    table.mark("price", Reason.NEGATIVE_PRICE, table["price"] < _ZERO)
    table.mark("quantity", Reason.QUANTITY_NOT_POSITIVE, table["quantity"] <= _ZERO)
    table.mark("discount_amount", Reason.NEGATIVE_DISCOUNT, table["discount_amount"] < _ZERO)


def delivery_rules(table: Table) -> None:
    """Rules of deliveries, but for those that need the order."""
    table.require("order_id")
    delivered = table["delivery_date"]
    prepared, returned = table["prepare_date"], table["return_date"]
    table.mark("prepare_date", Reason.DATES_OUT_OF_ORDER, (prepared > delivered).fill_null(value=False))
    table.mark("return_date", Reason.DATES_OUT_OF_ORDER, (returned < delivered).fill_null(value=False))
    latitude, longitude = table["latitude"], table["longitude"]
    table.mark("latitude", Reason.COORDINATES_OUT_OF_RANGE, (latitude.abs() > 90).fill_null(value=False))
    table.mark("longitude", Reason.COORDINATES_OUT_OF_RANGE, (longitude.abs() > 180).fill_null(value=False))
    origin = (latitude == 0) & (longitude == 0)
    table.mark("latitude", Reason.COORDINATES_OUT_OF_RANGE, origin.fill_null(value=False))

"""Per-customer tables with values of the catalogue's kinds, drawn from a seed."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl

from ca_platform.catalogue import Column, Kind, report_spec

_BEGIN = datetime(2024, 1, 1, tzinfo=UTC)
_RANKS = 3
_DRAWN: dict[Kind, Callable[[random.Random], Any]] = {
    Kind.DATE: lambda dice: (_BEGIN + timedelta(days=dice.randrange(200))).date(),
    Kind.INSTANT: lambda dice: _BEGIN + timedelta(seconds=dice.randrange(10**7)),
    Kind.TEXT: lambda dice: dice.choice(("tea", "cup", "Łódź", "50% *off* ?")),
    Kind.INTEGER: lambda dice: dice.randrange(1, 6),
    Kind.FLOAT: lambda dice: dice.random(),
    Kind.MONEY: lambda dice: Decimal(dice.randrange(10**7)) / 10**4,
    Kind.FLAG: lambda dice: dice.random() < 0.5,
}
_TYPES: dict[Kind, pl.DataType] = {
    Kind.DATE: pl.Date(),
    Kind.INSTANT: pl.Datetime("us", "UTC"),
    Kind.TEXT: pl.String(),
    Kind.INTEGER: pl.Int64(),
    Kind.FLOAT: pl.Float64(),
    Kind.MONEY: pl.Decimal(38, 4),
    Kind.FLAG: pl.Boolean(),
}


def table(name: str, clients: Sequence[str], day: date) -> pl.DataFrame:
    """Rows of a per-customer report on a day as the lake keeps them; every fifth value that may be null is."""
    spec, dice = report_spec(name), random.Random(f"{name} {day}")
    keys: list[dict[str, Any]] = [{"client": client} for client in clients]
    if "rank" in spec.key:
        keys = [{"client": client, "rank": rank + 1} for client in clients for rank in range(_RANKS)]
    rows = [{column.name: _value(column, dice) for column in spec.columns} | key for key in keys]
    schema = {column.name: _TYPES[column.kind] for column in spec.columns}
    return pl.DataFrame(rows, schema=schema).with_columns(day=pl.lit(day))


def _value(column: Column, dice: random.Random) -> Any:
    return None if column.nullable and dice.random() < 0.2 else _DRAWN[column.kind](dice)

"""Shops that are loaded from what is proposed for their tables."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg

from ca_platform.sources import guesses
from ca_platform_tests.ingest.small import SmallShop


def load(folder: Path, text: str) -> SmallShop:
    """A shop loaded from what is proposed for a file with this text."""
    file = folder / "rows.csv"
    file.write_text(text)
    return loaded(folder, str(file))


def load_database(folder: Path, address: str, *statements: str) -> SmallShop:
    """A shop loaded from what is proposed for a database after these statements."""
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
    return loaded(folder, address, password=urlsplit(address).password)


def amounts(shop: SmallShop) -> dict[str, Decimal]:
    return {row["order_id"]: row["payment_amount"] for row in shop.rows()}


def loaded(folder: Path, place: str, **secrets: Any) -> SmallShop:
    """A shop loaded from what is proposed for a place."""
    shop = SmallShop(folder)
    for found in guesses(place):
        assert found.missing == ()
        shop.sources[found.source] = {**found.mapping, **secrets}
    for source in shop.sources:
        shop.load(source)
    return shop

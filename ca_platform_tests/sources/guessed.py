"""Shops that are loaded from what is proposed for their tables."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from urllib.parse import urlsplit

import psycopg

from ca_platform.sources import guesses
from ca_platform_tests.ingest.small import SmallShop


def load(folder: Path, text: str) -> SmallShop:
    """A shop loaded from what is proposed for a file."""
    shop = SmallShop(folder)
    (folder / "rows.csv").write_text(text)
    for found in guesses(str(folder / "rows.csv")):
        assert found.missing == ()
        shop.sources[found.source] = found.mapping
    for source in shop.sources:
        shop.load(source)
    return shop


def load_database(folder: Path, address: str, *statements: str) -> SmallShop:
    """A shop loaded from what is proposed for a database after these statements."""
    with psycopg.connect(address, autocommit=True) as connection:
        for statement in statements:
            connection.execute(statement)
    shop = SmallShop(folder)
    for found in guesses(address):
        assert found.missing == ()
        shop.sources[found.source] = dict(found.mapping) | {"password": urlsplit(address).password}
    for source in shop.sources:
        shop.load(source)
    return shop


def amounts(shop: SmallShop) -> dict[str, Decimal]:
    return {row["order_id"]: row["payment_amount"] for row in shop.rows()}

"""Olist as plain records, read from its file without any part of the platform."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from ca_platform_tests.oracle.world import Delivery, Session, Shop

ZONE = "America/Sao_Paulo"
START = date(2017, 1, 1)


def orders(folder: Path) -> list[dict[str, Any]]:
    """The rows of the file."""
    return pl.read_parquet(folder / "olist_dev" / "orders.parquet").to_dicts()


def olist(folder: Path) -> Shop:
    """Approved orders and all deliveries, the bad ones too."""
    rows = orders(folder)
    return Shop(
        sessions=[
            Session(
                row["order_id"], row["customer_unique_id"], start, dimensions={"state": row["state"]}, purchased=True
            )
            for row in rows
            if (start := _instant(row["order_approved_at"])) is not None
        ],
        customers=[],
        start_date=START,
        time_zone=ZONE,
        dimensions=("state",),
        deliveries=[
            Delivery(
                row["order_id"],
                _instant(row["order_delivered_customer_date"]),
                _instant(row["order_delivered_carrier_date"]),
                promised=_instant(row["order_estimated_delivery_date"]),
                latitude=row["lat"],
                longitude=row["lng"],
            )
            for row in rows
        ],
        has_returns=False,
    )


def accounts(shop: Shop) -> Counter[str]:
    """What a load does with each delivery."""
    sessions = {session.order_id: session for session in shop.sessions}
    found: Counter[str] = Counter()
    for d in shop.deliveries:
        if d.delivered is None:
            found["open"] += 1
        elif d.prepared is not None and d.prepared > d.delivered:
            found["dates_out_of_order"] += 1
        elif d.order_id not in sessions:
            found["session_quarantined"] += 1
        elif min(d.delivered, d.prepared or d.delivered) < sessions[d.order_id].start:
            found["dates_out_of_order"] += 1
        else:
            found["loaded"] += 1
    return found


def _instant(local: datetime | None) -> datetime | None:
    """A local time as an instant: of a doubled one the first, a skipped one after the gap."""
    return None if local is None else local.replace(tzinfo=ZoneInfo(ZONE)).astimezone(UTC)

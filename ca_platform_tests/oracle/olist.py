"""Olist as plain records, read from its file without any part of the platform, and against it."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from ca_platform.calendar import days_between
from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.settings import load_settings
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle import deliveries, slow
from ca_platform_tests.oracle.compare import assert_equal
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


def compared(public: Path, folder: Path, *, with_orders: bool = False) -> tuple[int, Counter[str]]:
    """Load Olist by the platform and hold its reports of the last day against the records.

    Args:
        with_orders: the abnormal orders too, which takes the loops of the second implementation a minute.

    Returns:
        Cells that are equal, and what became of the deliveries.

    Raises:
        AssertionError: a cell, or a count, differs.
    """
    shop = olist(public)
    counts = accounts(shop)
    file = str(public / "olist_dev" / "orders.parquet")
    places = {f"CA_SOURCES__{source}__PATH": file for source in ("SESSIONS", "DELIVERIES")}
    fixture = Path(__file__).parents[1] / "fixtures" / "olist.yaml"
    settings = load_settings(fixture, {"CA_LAKE__PATH": str(folder / "lake"), **places})
    last = max(d.delivered for d in shop.deliveries if d.delivered).date()
    lake = Lake.open(settings)
    for source in ("sessions", "deliveries"):
        ingest(source, list(days_between(START, last)), settings, lake)
    read, *others = lake.accounting("deliveries").select("read", "loaded", "open", "quarantined").sum().row(0)
    reasons = dict(lake.quarantined("deliveries")["reason"].value_counts().iter_rows())
    assert Counter(loaded=others[0], open=others[1], **reasons) == counts
    assert read == sum(counts.values())
    assert not lake.scan("deliveries").select("location_suspect").collect().to_series().any()
    reports = [*deliveries.REPORTS, *(slow.REPORTS if with_orders else ())]
    names = [name for name in reports if not name.startswith("return")]
    frames = computed(names, [last], settings, lake)
    return sum(assert_equal(frames[name], shop, name, last) for name in names), counts


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

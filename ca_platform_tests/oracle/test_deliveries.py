"""Deliveries of a real marketplace equal a second implementation that reads its file itself."""

from __future__ import annotations

from pathlib import Path

from ca_platform.settings import load_settings
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.compare import assert_equal
from ca_platform_tests.oracle.deliveries import REPORTS
from ca_platform_tests.oracle.olist import START, accounts, olist
from ca_platform_tests.oracle.test_oracle import load


def test_deliveries_of_olist_equal_the_second_implementation(public_data: Path, tmp_path: Path) -> None:
    shop = olist(public_data)
    places = {
        f"CA_SOURCES__{n}__PATH": str(public_data / "olist_dev/orders.parquet") for n in ("SESSIONS", "DELIVERIES")
    }
    fixture = Path(__file__).parents[1] / "fixtures" / "olist.yaml"
    settings = load_settings(fixture, {"CA_LAKE__PATH": str(tmp_path / "lake"), **places})
    last = max(d.delivered for d in shop.deliveries if d.delivered).date()
    lake = load(settings, START, last)
    totals = lake.accounting("deliveries").select("read", "loaded", "quarantined", "open").sum().row(0)
    counts = accounts(shop)
    bad = counts["dates_out_of_order"] + counts["session_quarantined"]
    assert totals == (10_000, counts["loaded"], bad, counts["open"])
    reasons = lake.quarantined("deliveries")["reason"].value_counts()
    assert dict(reasons.iter_rows())["dates_out_of_order"] == counts["dates_out_of_order"] == 21
    assert not lake.scan("deliveries").collect()["location_suspect"].any()
    names = [name for name in REPORTS if not name.startswith("return")]
    frames = computed(names, [last], settings, lake)
    assert sum(assert_equal(frames[name], shop, name, last) for name in names) > 200_000

"""The calibration report of three shops: how often each test that the reports use finds something where nothing is."""

from __future__ import annotations

import tempfile
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from benchmarks.ab_populations import simulated
from benchmarks.clv_quality import holdouts
from benchmarks.shops import workplace
from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.reports import compute
from ca_platform.settings import load_settings

_SETTINGS = """\
business: {{time_zone: UTC, currency: EUR, start_date: {start}}}
sources: {{sessions: {{kind: csv, path: sessions.csv}}}}
"""


def shops(cdnow: Path, retail: Path) -> dict[str, tuple[pl.LazyFrame, date]]:
    """Orders (customer, day, amount), and a Monday with half a year before it and, where there is one, no season."""
    sample, wholesale, *_ = (holdout.orders for holdout in holdouts(cdnow, retail).values())
    return {
        "CDNOW sample": (sample, date(1998, 6, 29)),
        "Online Retail": (wholesale, date(2011, 11, 7)),
        "simulated shop": (simulated(), date(2024, 8, 26)),
    }


def calibrated(orders: pl.LazyFrame, day: date) -> list[dict[str, Any]]:
    """A row for each test and metric: ``test``, ``metric``, ``rate`` (share, interval, splits), ``is_offered``."""
    rows = orders.filter(pl.col("amount") > 0, pl.col("day") <= day).collect().sort("day", "customer", "amount")
    start = rows["day"][0]
    with tempfile.TemporaryDirectory(dir=workplace()) as name:
        folder = Path(name)
        rows.with_row_index("number").select(
            client=pl.col("customer").cast(pl.String),
            order_id=pl.format("o{}", "number"),
            session_start_date=pl.format("{}T12:00:00Z", "day"),
            has_purchased=pl.lit(value=True),
            payment_amount=pl.col("amount").cast(pl.Float64).round(2),
        ).write_csv(folder / "sessions.csv")
        (folder / "ca_platform.yaml").write_text(_SETTINGS.format(start=start))
        settings = load_settings(folder / "ca_platform.yaml", environment={})
        lake = Lake.open(settings)
        ingest("sessions", [start + timedelta(days=number) for number in range((day - start).days + 1)], settings, lake)
        ((_, frame),) = compute(["ab_calibration"], [day], settings, lake)
        if isinstance(frame, Exception):
            raise frame
    rate = pl.concat_list(pl.col("rejection_rate", "ci_low", "ci_high").round(4), pl.col("splits").cast(pl.Float64))
    return frame.select("test", "metric", rate.alias("rate"), "is_offered").to_dicts()

"""Whether the reports of abnormal deliveries find those that the simulator has made slow, and no others."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl

from benchmarks.shops import workplace
from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.reports import compute
from ca_platform.settings import load_settings
from ca_platform.simulate import ShopParameters, simulate_shop

PARTS = ("prepare", "ride", "return")
_FIRST_SEED = 700
_DAYS = 365


def planted(shops: int) -> dict[str, Any]:
    """Precision and recall of rule 2 over so many simulated shops of a year with incidents.

    Returns:
        By duration and for all three together ``precision`` (share of the abnormal deliveries that were made slow),
        ``recall`` (share of those made slow that are abnormal, the first days of the shop included), ``found``,
        ``planted``; ``least``: the worst shop of all three together.
    """
    rows = pl.concat(list(_shops(shops)))
    whole = {name: _rates(rows.filter(pl.col("part") == name)) for name in PARTS}
    each = [_rates(own) for _, own in rows.group_by("shop", maintain_order=True)]
    least = {name: min(own[name] for own in each) for name in ("precision", "recall")}
    return whole | {"all": _rates(rows), "least": least, "shops": shops}


def _rates(rows: pl.DataFrame) -> dict[str, float]:
    hits, found, made = (int(rows[name].sum()) for name in ("hits", "found", "planted"))
    return {
        "precision": round(hits / found, 3) if found else np.nan,
        "recall": round(hits / made, 3) if made else np.nan,
        "found": found,
        "planted": made,
    }


def _shops(shops: int) -> Iterator[pl.DataFrame]:
    """By shop and part: deliveries that are ``found``, that are ``planted``, and both (``hits``)."""
    for number in range(shops):
        with tempfile.TemporaryDirectory(dir=workplace()) as folder:
            root = Path(folder)
            parameters = ShopParameters(days=_DAYS, seed=_FIRST_SEED + number)
            simulate_shop(root, parameters=parameters)
            settings = load_settings(root / "ca_platform.yaml", environment={})
            lake = Lake.open(settings)
            days = [parameters.start + timedelta(days=offset) for offset in range(_DAYS)]
            for source in ("sessions", "deliveries"):
                ingest(source, days, settings, lake)
            slow = json.loads((root / "truth.json").read_text())["abnormal_deliveries"]
            names = [f"{part}_orders" for part in PARTS]
            frames = dict(compute(names, days[-1:], settings, lake))
            for part in PARTS:
                frame = frames[f"{part}_orders"]
                if isinstance(frame, Exception):
                    raise frame
                found = set(frame.filter(pl.col("report_dimension") == "main", "rule_2")["order_id"])
                made = {row["order_id"] for row in slow if row["phase"] == part}
                counts = {"hits": len(found & made), "found": len(found), "planted": len(made)}
                yield pl.DataFrame({"shop": [number], "part": [part], **{name: [n] for name, n in counts.items()}})

"""A small shop on disk whose customers come, order at rates of their own, and leave."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl

from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.settings import Settings, load_settings

START, DAYS = date(2024, 2, 1), 200
# Clocks show no time of the hour that they skip.
_SPRING, _SKIPPED = date(2024, 3, 31), 2
_TEXT = """\
business: {time_zone: Europe/Berlin, currency: EUR, start_date: 2024-02-01}
sources:
  sessions:
    kind: csv
    path: sessions.csv
    columns: {order_id: o, client: c, session_start_date: s, payment_amount: p, has_purchased: h}
"""


class Order(NamedTuple):
    client: str
    at: datetime
    amount: float


def orders(customers: int = 300, seed: int = 5) -> list[Order]:
    """Orders of the whole time, in local time without its offset; both instants of a doubled hour read the same."""
    dice = np.random.default_rng(seed)
    found = []
    for number in range(customers):
        time, leaves, rate = dice.uniform(0, DAYS * 0.9), dice.exponential(90) + 1, dice.gamma(1.0, 0.06) + 1e-3
        begun = time
        while time < min(DAYS, begun + leaves):
            at = datetime.combine(START, datetime.min.time()) + timedelta(days=time)
            if at.date() == _SPRING and at.hour == _SKIPPED:
                at += timedelta(hours=1)
            found.append(Order(f"c{number:03}", at.replace(microsecond=0), round(float(dice.gamma(2, 20)), 2)))
            time += dice.exponential(1 / rate)
    return found


def write(folder: Path, rows: Sequence[Order], **environment: str) -> tuple[Settings, Lake]:
    """The shop in a folder with all its days loaded, besides some sessions in which nothing was bought."""
    frame = pl.DataFrame(
        {
            "o": [f"o{place}" for place in range(len(rows) + 20)],
            "c": [*(row.client for row in rows), *(f"v{place}" for place in range(20))],
            "s": [*(row.at.isoformat() for row in rows), *(f"2024-02-{place + 1:02}T10:00:00" for place in range(20))],
            "p": [*(row.amount for row in rows), *[0.0] * 20],
            "h": [*[True] * len(rows), *[False] * 20],
        }
    )
    folder.mkdir(parents=True, exist_ok=True)
    frame.write_csv(folder / "sessions.csv")
    (folder / "ca_platform.yaml").write_text(_TEXT, encoding="utf-8")
    settings = load_settings(folder / "ca_platform.yaml", environment)
    lake = Lake.open(settings)
    ingest("sessions", [START + timedelta(days=place) for place in range(DAYS)], settings, lake)
    return settings, lake

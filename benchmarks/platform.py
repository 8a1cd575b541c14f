"""The platform's own way through the measured work, as children."""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from typing import Any

from benchmarks.shops import ShopFolder, opened

FUNNELS = (
    "daily_funnel",
    "weekly_funnel",
    "monthly_funnel",
    "hourly_funnel",
    "daily_funnel_downloads",
    "weekly_funnel_downloads",
    "monthly_funnel_downloads",
    "hourly_funnel_downloads",
    "session_funnel_conversion",
    "customer_funnel_conversion",
)


DOCUMENTS = ("orders", "downloads")


def run_day(shop: ShopFolder, start: date, end: date | None = None, *, load: bool = False) -> Any:
    """The Dagster run of all exploratory reports and the documents, as ``ca-platform run`` does it.

    The history must be loaded unless ``load``.
    """
    os.environ["CA_SETTINGS"] = str(shop.path / "ca_platform.yaml")
    import ca_platform as ca

    names = [spec.name for spec in shop.reports()]
    return ca.run(start, end or start, select=[*names, *DOCUMENTS], load=load)


def compute_funnels(path: str, first: str, last: str) -> Callable[[], Any]:
    """The ten funnel reports of the last day, for main and all dimension values."""
    from ca_platform.reports import compute

    shop = opened(path, first, last)
    settings, lake = shop.settings(), shop.lake()
    lake.parts("sessions")

    def run() -> int:
        return sum(height(outcome) for _, outcome in compute(FUNNELS, [shop.last_day], settings, lake))

    return run


def height(outcome: Any) -> int:
    """Rows of a computed report; a failed one ends the benchmark."""
    if isinstance(outcome, Exception):
        raise outcome
    return int(outcome.height)


def dagster_day(path: str, first: str, last: str) -> Callable[[], Any]:
    """The whole Dagster run of the last day, embedded store."""
    shop = opened(path, first, last)

    def run() -> None:
        run_day(shop, shop.last_day)

    return run

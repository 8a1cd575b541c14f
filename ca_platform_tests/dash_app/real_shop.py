"""A small nasty shop whose reports are computed by the platform, so that what a page opens can be counted."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import polars as pl

from ca_platform.catalogue import connected, report_spec, report_specs
from ca_platform.catalogue.customers import ADDED, BASE
from ca_platform.lake import Lake
from ca_platform.settings import Settings
from ca_platform.store import MAIN, Dimension, open_store
from ca_platform_tests.computed import computed
from ca_platform_tests.dash_app.visitor import PASSWORD, USER
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.shops import nasty_shop
from ca_platform_tests.oracle.world import Shop
from dash_app.pages import CARDS
from dash_app.users import UserStore

START, DAY = date(2024, 3, 20), date(2024, 6, 10)
EARLIER = DAY - timedelta(days=7)
HTML = '<img src=x onerror="alert(1)"> & <b>bold</b>'
"""Name of a customer who has ordered."""


def shop() -> Shop:
    found = nasty_shop("Europe/Berlin", START, (DAY - START).days + 1, seed=23)
    renamed = next(session.client for session in found.sessions if session.purchased)
    sessions = [replace(s, client=HTML) if s.client == renamed else s for s in found.sessions]
    customers = [replace(c, client=HTML) if c.client == renamed else c for c in found.customers]
    return replace(found, sessions=sessions, customers=customers)


def build_shop(folder: Path) -> None:
    """Settings, lake, facts and document store of the shop, and somebody who may look."""
    settings, lake = load_frames(shop(), folder, DAY)
    shown = {card.report for card in CARDS.values() if card.shows is None} | {BASE, *ADDED}
    names = [spec.name for spec in report_specs() if connected(spec, settings) and spec.name in shown]
    with open_store(settings) as store:
        for name, frame in computed(names, [EARLIER, DAY], settings, lake).items():
            if report_spec(name).storage == "document":
                store.replace(name, [EARLIER, DAY], frame, report_spec(name))
            else:
                _keep(lake, name, frame)
    UserStore(settings.users.path).add(USER, PASSWORD)


def _keep(lake: Lake, name: str, frame: pl.DataFrame) -> None:
    with lake.write() as write:
        for day in (EARLIER, DAY):
            write.put(name, day, frame.filter(report_date=day).rename({"report_date": "day"}))


def report(shop: Settings, name: str, day: date = DAY, dimension: Dimension = MAIN) -> pl.DataFrame:
    found = open_store(shop).report(name, day, dimension)
    assert found is not None
    return found


def largest(shop: Settings, name: str, column: str, **where: Any) -> dict[str, Any]:
    """The row of a report with the largest number in a column."""
    return report(shop, name).filter(**where).sort(column, descending=True, nulls_last=True).row(0, named=True)


def address(report_name: str, column: str, **key: Any) -> str:
    written = {f"key.{name}": str(value).lower() if isinstance(value, bool) else value for name, value in key.items()}
    return "?" + urlencode({"report": report_name, "count": column, **written})

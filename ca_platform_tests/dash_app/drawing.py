"""Drawing a card of the registry from the reports of the invented shop."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from dash_app.pages import CARDS
from dash_app.records import Card, Figure, Look

DRAWN = [card for card in CARDS.values() if card.figure is not None]
EARLIER = date(2026, 8, 21)

every_card = pytest.mark.parametrize("card", DRAWN, ids=[card.id for card in DRAWN])


def look(report: str = "", *, compare: bool = False, dark: bool = False, start: date = frames.START) -> Look:
    plain = Look(dark=dark, currency="GBP", day=frames.DAY)
    return replace(plain, compare_day=EARLIER, compare=frames.report(report, EARLIER, start)) if compare else plain


def draw(card: Card, frame: pl.DataFrame | None = None, **more: Any) -> Figure:
    assert card.figure is not None
    return card.figure(frames.report(card.report) if frame is None else frame, look(card.report, **more))

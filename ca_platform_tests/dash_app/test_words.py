"""Rules that hold for the sentence of every card."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from ca_platform_tests.dash_app import frames
from dash_app.pages import CARDS
from dash_app.records import Look

LOOK = Look(currency="GBP", day=frames.DAY)


@pytest.mark.parametrize("name", [name for name, card in CARDS.items() if card.kind != "table"])
@pytest.mark.parametrize("start", [frames.START, frames.DAY, frames.DAY - timedelta(days=9)], ids=str)
def test_every_reading_is_one_sentence(name: str, start: date) -> None:
    card = CARDS[name]
    sentence = card.reading(frames.report(card.report, frames.DAY, start), LOOK)
    assert sentence.endswith(".")
    assert ". " not in sentence
    assert "None" not in sentence
    assert "nan" not in sentence.lower().split()
    assert 15 < len(sentence) < 220

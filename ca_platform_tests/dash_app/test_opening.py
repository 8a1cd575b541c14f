"""What the marks of charts and the numbers of tables say they open can be counted, and is the number itself."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from ca_platform.drill import count_of, counts
from ca_platform_tests.dash_app import frames
from dash_app.figures.opening import with_opening
from dash_app.pages import CARDS
from dash_app.records import Card, Look

LOOK = Look(currency="GBP", day=frames.DAY)
FIGURES = [card for card in CARDS.values() if card.figure is not None]
LISTS = [card for card in CARDS.values() if card.listing is not None]


def opened(card: Card) -> Iterator[dict[str, Any]]:
    """What the traces of a card open."""
    assert card.figure is not None
    data = card.figure(frames.report(card.report), LOOK)["data"]
    for trace in with_opening(data, card.drill) if card.drill else data:
        if "opens" in trace.get("meta", {}):
            yield trace["meta"]["opens"]


@pytest.mark.parametrize("card", FIGURES, ids=[card.id for card in FIGURES])
def test_mark_names_a_number_of_its_report_that_counts_somebody(card: Card) -> None:
    known = {(count.column, frozenset(count.key)) for count in counts(card.report)}
    for opens in opened(card):
        assert (opens["column"], frozenset(opens["key"])) in known


@pytest.mark.parametrize("card", LISTS, ids=[card.id for card in LISTS])
def test_number_of_a_list_names_itself(card: Card) -> None:
    assert card.listing is not None
    frame = frames.report(card.report)
    cells = [cell for row in card.listing(frame, LOOK).rows for cell in row if cell.opens]
    for cell in cells:
        assert cell.opens is not None
        column, key = cell.opens
        texts = {name: "" if value is None else str(value) for name, value in key.items()}
        count, found = count_of(card.report, column, texts)
        assert count.column == column
        assert found == key
        (row,) = [row for row in frame.iter_rows(named=True) if all(row[name] == value for name, value in key.items())]
        assert row[column] > 0

"""Every card on the reports of a simulated shop, computed by the platform itself and read back from its store."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import orjson
import plotly.graph_objects as go
import pytest

from ca_platform.catalogue import report_spec
from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.reports import compute
from ca_platform.settings import Settings, load_settings
from ca_platform.simulate import simulate_shop
from ca_platform.store import Dimension, DocumentStore, open_store
from ca_platform_tests.dash_app import drawn
from dash_app.pages import CARDS
from dash_app.records import Card, Look

SPAN = 62
"""Two whole months, so that there is somebody who can have come back in the second."""
DOCUMENTS = [card for card in CARDS.values() if card.spec.storage == "document"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("simulated")
    simulate_shop(folder, days=SPAN, customers=300)
    return load_settings(folder / "ca_platform.yaml")


@pytest.fixture(scope="module")
def days(settings: Settings) -> tuple[date, date]:
    """The day that is shown and the one it is compared with."""
    last = settings.business.start_date + timedelta(days=SPAN - 1)
    return last, last - timedelta(days=20)


@pytest.fixture(scope="module")
def store(settings: Settings, days: tuple[date, date]) -> Iterator[DocumentStore]:
    lake = Lake.open(settings)
    all_days = [settings.business.start_date + timedelta(days=offset) for offset in range(SPAN)]
    ingest("customers", None, settings, lake)
    ingest("sessions", all_days, settings, lake)
    with open_store(settings) as store:
        names = dict.fromkeys(card.report for card in DOCUMENTS)
        for name, frame in compute(names, sorted(days), settings, lake):
            if isinstance(frame, Exception):
                raise frame
            store.replace(name, sorted(days), frame, report_spec(name))
        yield store


@pytest.mark.parametrize("card", DOCUMENTS, ids=[card.id for card in DOCUMENTS])
def test_card_draws_and_reads_the_whole_shop(card: Card, store: DocumentStore, days: tuple[date, date]) -> None:
    day, earlier = days
    frame, before = store.report(card.report, day), store.report(card.report, earlier)
    assert frame is not None
    assert before is not None
    look = Look(currency="GBP", day=day)
    compared = replace(look, compare_day=earlier, compare=before)
    assert not card.is_empty(frame)
    for one in (look, compared):
        assert card.reading(frame, one).endswith(".")
        if card.figure is not None:
            figure = card.figure(frame, one)
            go.Figure(figure)
            assert all(math.isfinite(value) for value in drawn.leaves(figure) if isinstance(value, float))
            assert len(orjson.dumps(figure)) < 250_000
        if card.tiles is not None:
            assert card.tiles(frame, one)


@pytest.mark.parametrize("card", DOCUMENTS, ids=[card.id for card in DOCUMENTS])
def test_card_draws_and_reads_every_dimension_value(card: Card, store: DocumentStore, days: tuple[date, date]) -> None:
    values = [dimension for dimension in store.dimensions(card.report, days[0]) if not dimension.is_main]
    assert bool(values) == card.spec.by_dimension
    for dimension in values:
        _draw(card, store, days[0], dimension)


def _draw(card: Card, store: DocumentStore, day: date, dimension: Dimension) -> None:
    frame = store.report(card.report, day, dimension)
    assert frame is not None
    if card.is_empty(frame):
        return
    look = Look(currency="GBP", day=day)
    assert card.reading(frame, look).endswith(".")
    if card.figure is not None:
        assert card.figure(frame, look)["data"]

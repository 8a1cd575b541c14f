"""Every card on the reports of a simulated shop, computed by the platform itself and read back from its store."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import orjson
import plotly.graph_objects as go
import polars as pl
import pytest

from ca_platform.catalogue import report_spec
from ca_platform.catalogue.deliveries import DURATIONS
from ca_platform.ingest import ingest
from ca_platform.lake import Lake
from ca_platform.reports import compute
from ca_platform.settings import Settings, load_settings
from ca_platform.settings.reports import AbTest
from ca_platform.simulate import simulate_shop
from ca_platform.store import MAIN, Dimension, open_store
from ca_platform_tests.dash_app import drawn
from dash_app.filters import Filters
from dash_app.laketables import LakeTables
from dash_app.pages import CARDS, PAGE_OF
from dash_app.reader import Reader
from dash_app.records import Card, Look

SPAN = 62
"""Two whole months, so that there is somebody who can have come back in the second."""
FEW = re.compile(
    r"ab-(products|segments)-.*|ab-.*-calibration|ab-promotions-.*-(accept|reject)|"
    r"anomalies-(budget|customers|.*-(flagged|values|detectors))"
)
"""Cards that may be empty: so young a shop has few customers of a product or a segment, and what is found may be nothing."""
ABNORMAL = frozenset(f"{name}_orders" for name in DURATIONS)
REPORTS = [card for card in CARDS.values() if card.kind != "table"]


@pytest.fixture(scope="module")
def settings(tmp_path_factory: pytest.TempPathFactory) -> Settings:
    folder = tmp_path_factory.mktemp("simulated")
    simulate_shop(folder, days=SPAN, customers=900)
    made = load_settings(folder / "ca_platform.yaml")
    reports = made.reports.model_copy(update={"ab_test": AbTest(by_dimension=True)})
    return made.model_copy(update={"reports": reports})


@pytest.fixture(scope="module")
def days(settings: Settings) -> tuple[date, date]:
    """The day that is shown and the one it is compared with."""
    last = settings.business.start_date + timedelta(days=SPAN - 1)
    return last, last - timedelta(days=20)


@pytest.fixture(scope="module")
def reader(settings: Settings, days: tuple[date, date]) -> Iterator[Reader]:
    lake = Lake.open(settings)
    all_days = [settings.business.start_date + timedelta(days=offset) for offset in range(SPAN)]
    ingest("customers", None, settings, lake)
    ingest("sessions", all_days, settings, lake)
    ingest("lines", all_days, settings, lake)
    ingest("deliveries", all_days, settings, lake)
    ingest("assignments", all_days, settings, lake)
    with open_store(settings) as store:
        names = dict.fromkeys(name for card in REPORTS for name in (card.report, card.also) if name)
        for name, frame in compute(names, sorted(days), settings, lake):
            if isinstance(frame, Exception):
                raise frame
            if report_spec(name).parts == "day":
                with lake.write() as write:
                    for day in days:
                        write.put(name, day, frame.filter(pl.col("report_date") == day).drop("report_date"))
            else:
                store.replace(name, sorted(days), frame, report_spec(name))
        yield Reader(store, fresh=600, tables=LakeTables(settings))


@pytest.mark.parametrize("card", REPORTS, ids=[card.id for card in REPORTS])
def test_card_draws_and_reads_the_whole_shop(card: Card, reader: Reader, days: tuple[date, date]) -> None:
    day, earlier = days
    look = _look(card, reader, day, MAIN)
    frame, before = reader.report(card.report, day), reader.report(card.report, earlier)
    assert frame is not None
    assert before is not None
    if card.is_empty(frame.frame):
        assert FEW.fullmatch(card.id)
        return
    for one in (look, replace(look, compare_day=earlier, compare=before.frame)):
        for filters in _choices(card):
            _draw(card, frame.frame, replace(one, filters=filters))


@pytest.mark.parametrize("card", REPORTS, ids=[card.id for card in REPORTS])
def test_card_draws_and_reads_every_dimension_value(card: Card, reader: Reader, days: tuple[date, date]) -> None:
    values = reader.dimensions((card.report,), days[0])
    # What is told of items with enough customers alone, or of what is abnormal, may have no row of any value.
    may_be_none = card.spec.family == "ab_tests" or card.report in ABNORMAL
    assert bool(values) == card.spec.by_dimension or may_be_none
    for dimension in values:
        stored = reader.report(card.report, days[0], dimension)
        assert stored is not None
        if not card.is_empty(stored.frame):
            _draw(card, stored.frame, _look(card, reader, days[0], dimension))


def _look(card: Card, reader: Reader, day: date, dimension: Dimension) -> Look:
    also = reader.report(card.also, day, dimension) if card.also else None
    return Look(currency="GBP", day=day, also=also.frame if also else None)


def _choices(card: Card) -> Iterator[Filters]:
    """Every choice of the card's page, one at a time."""
    filters = PAGE_OF[card.id].filters
    yield filters()
    for name, control in filters.controls().items():
        yield from (filters.model_validate({name: value}) for value in control.names)


def _draw(card: Card, frame: pl.DataFrame, look: Look) -> None:
    rows = card.rows(frame, look)
    if card.none_left and card.is_empty(rows):
        return
    assert card.reading(rows, look).endswith(".")
    if card.figure is not None:
        figure = card.figure(rows, look)
        assert figure["data"]
        go.Figure(figure)
        assert all(math.isfinite(value) for value in drawn.leaves(figure) if isinstance(value, float))
        assert len(orjson.dumps(figure)) < 250_000
    if card.tiles is not None:
        assert card.tiles(rows, look)
    if card.listing is not None:
        assert card.listing(rows, look).rows

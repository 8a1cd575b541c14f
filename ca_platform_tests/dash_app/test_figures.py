"""Rules that hold for every figure of the registry, on reports of an invented shop."""

from __future__ import annotations

import math
from typing import Any

import orjson
import plotly.graph_objects as go
import polars as pl
import polars.selectors as cs
import pytest

from ca_platform_tests.dash_app import drawn, frames
from ca_platform_tests.dash_app.drawing import draw, every_card
from dash_app.pages import CARDS
from dash_app.records import Card

NASTY = '<b>b</b><a href="javascript:alert(1)">x</a> & %{y} %{meta}'
EFFECTS = ("item", "promotion_a", "promotion_b", "experiment", "variant")
BYTES, MARKS, VERTICES = 250_000, 5_000, 50_000


# ---- every figure -------------------------------------------------------------------------------------------------


@every_card
@pytest.mark.parametrize("options", [{}, {"compare": True}, {"dark": True, "compare": True}], ids=str)
def test_plotly_knows_every_attribute(card: Card, options: dict[str, Any]) -> None:
    go.Figure(draw(card, **options))


@every_card
def test_figure_is_plain_json_within_the_budget(card: Card) -> None:
    figure = draw(card, compare=True)
    assert len(orjson.dumps(figure)) <= BYTES
    assert drawn.marks(figure) <= MARKS
    assert drawn.vertices(figure) <= VERTICES
    values = [value for value in drawn.leaves(figure) if isinstance(value, float)]
    assert values
    assert all(map(math.isfinite, values))


@every_card
def test_card_owns_title_size_and_template(card: Card) -> None:
    figure = draw(card)
    assert set(figure) == {"data", "layout"}
    assert not {"title", "width", "height", "template"} & set(figure["layout"])
    assert figure["layout"]["dragmode"] == ("pan" if "map" in figure["layout"] else False)


@every_card
def test_what_is_measured_stands_above_the_chart(card: Card) -> None:
    assert len(drawn.notes(draw(card))) > 8


@every_card
def test_drawing_does_not_change_the_frame(card: Card) -> None:
    frame = frames.report(card.report)
    before = frame.clone()
    draw(card, frame)
    assert frame.equals(before)


@every_card
def test_first_day_of_a_shop_is_drawn(card: Card) -> None:
    frame = frames.report(card.report, frames.DAY, frames.DAY)
    go.Figure(draw(card, frame))


@pytest.mark.parametrize(("name", "days"), [("orders-daily", 1), ("orders-weekly", 7), ("orders-monthly", 28)])
def test_bar_without_neighbours_is_as_wide_as_its_period(name: str, days: int) -> None:
    frame = frames.report(CARDS[name].report, frames.DAY, frames.DAY)
    (bar,) = draw(CARDS[name], frame)["data"]
    assert 0.5 * days < bar["width"] / 86_400_000 < days
    assert "width" not in draw(CARDS[name])["data"][0]


@every_card
def test_dark_and_light_differ_in_greys_alone(card: Card) -> None:
    light, dark = draw(card), draw(card, dark=True)
    assert light["layout"]["font"]["color"] != dark["layout"]["font"]["color"]
    drop = ("marker", "textfont", "colorscale")
    traces = [
        [{key: value for key, value in trace.items() if key not in drop} for trace in figure["data"]]
        for figure in (light, dark)
    ]
    assert traces[0] == traces[1]


@every_card
def test_report_without_rows_or_without_anything_in_them_is_empty(card: Card) -> None:
    frame = frames.report(card.report)
    zero = frame.with_columns(pl.col(pl.Int64, pl.Float64) * 0)
    assert card.is_empty(frame.clear())
    assert card.is_empty(zero)
    assert not card.is_empty(frame)


# ---- text from data -----------------------------------------------------------------------------------------------


def renamed(frame: pl.DataFrame, column: str, old: str, new: str) -> pl.DataFrame:
    return frame.with_columns(pl.col(column).replace({old: new}))


@every_card
def test_text_from_data_is_shown_literally(card: Card) -> None:
    frame = frames.report(card.report)
    for column in (
        "step",
        "value",
        "dimension",
        "product",
        "category",
        "promotion_id",
        "product_a",
        "product_b",
        *EFFECTS,
    ):
        if frame.schema.get(column) == pl.String:
            frame = renamed(frame, column, frame[column].drop_nulls()[0], NASTY)
    figure = draw(card, frame)
    for trace in figure["data"]:
        trace.pop("meta", None)  # what a click opens is never shown
    texts = [value for value in drawn.leaves(figure) if isinstance(value, str)]
    assert not [text for text in texts if "<a" in text or "<b>b" in text or "%{meta}" in text]
    if frame.select(cs.by_name("step", "value", require_all=False) & cs.string()).width and card.id != "funnels-shares":
        assert [text for text in texts if "&lt;b&gt;" in text]
    assert not [text for text in texts if "%{" in text and "&lt;" in text]

"""Dots and intervals of comparisons, and the distributions of one item: what is drawn is what the report says."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from ca_platform.catalogue.ab_tests import INSUFFICIENT
from ca_platform_tests.dash_app import drawn, frames
from ca_platform_tests.dash_app.effect_frames import comparison, comparisons, open_item
from dash_app.figures import effect_opened, effects
from dash_app.figures.effects import Drawn
from dash_app.figures.labels import width
from dash_app.filters import PromotionTestFilters
from dash_app.records import Look
from dash_app.words.effect_subjects import PROMOTIONS

LOOK = Look(currency="GBP", day=frames.DAY, filters=PromotionTestFilters())
SHOWN = Drawn(PROMOTIONS)


def draw(*rows: dict[str, Any], **filters: Any) -> dict[str, Any]:
    return effects.effects(comparisons(*rows), replace(LOOK, filters=PromotionTestFilters(**filters)), SHOWN)


def names(figure: dict[str, Any]) -> list[str]:
    return list(figure["layout"]["yaxis"]["ticktext"])


def dots(figure: dict[str, Any]) -> dict[str, tuple[float, float, float, str]]:
    """Difference, ends of the interval and symbol by name."""
    axis = figure["layout"]["yaxis"]
    label = dict(zip(axis["tickvals"], axis["ticktext"], strict=True))
    found = {}
    for trace in figure["data"]:
        if trace["name"] == "raw":
            continue
        error = trace["error_x"]
        columns = [drawn.numbers(column) for column in (trace["y"], trace["x"], error["arrayminus"], error["array"])]
        for place, at, below, above in zip(*columns, strict=True):
            found[label[place]] = (at, at - below, at + above, trace["marker"]["symbol"])
    return found


def test_dots_are_the_differences_with_their_intervals_filled_where_they_survive() -> None:
    down = {"difference": -2.5, "ci_low": -4.0, "ci_high": -0.5, "direction": "decrease"}
    figure = draw(comparison("up"), comparison("down", **down), open_item("open", 0.5))
    assert dots(figure) == {
        "up": (2.0, 1.0, 3.0, "circle"),
        "open": (0.5, -0.5, 1.5, "circle-open"),
        "down": (-2.5, -4.0, -0.5, "circle"),
    }
    assert names(figure) == ["up", "open", "down"]
    (zero,) = figure["layout"]["shapes"]
    assert zero["x0"] == zero["x1"] == 0


def test_long_names_leave_the_axis_as_many_ticks_as_have_room_on_a_phone() -> None:
    wide = {"difference": -3000.0, "ci_low": -6400.0, "ci_high": 900.0, "direction": "decrease"}
    for name, least in (("up", 4), ("paper napkins, 24 in all, with mmmm", 2)):
        figure = draw(comparison(name, **wide))
        axis, left = figure["layout"]["xaxis"], figure["layout"]["margin"]["l"]
        assert axis["tickangle"] == 0, "the room below is for one line"
        assert least <= len(axis["ticktext"])
        assert len(axis["ticktext"]) * width(axis["ticktext"]) <= 306 - left


def test_products_that_differ_in_the_middle_of_their_names_look_different() -> None:
    alike = ["WHITE CERAMIC HEART, LARGE, GIFT BOX", "WHITE CERAMIC HEART, SMALL, GIFT BOX"]
    assert len(set(names(draw(*(comparison(name) for name in alike))))) == 2


def test_withheld_item_is_hollow_though_its_interval_excludes_zero() -> None:
    figure = draw(comparison("A", significant=None, p_adjusted=None, direction=None, note="withheld"))
    assert dots(figure)["A"][3] == "circle-open"
    assert "withheld" in str(figure["data"])


def test_raw_difference_stands_beside_the_adjusted_one() -> None:
    raw = draw(comparison("A"), open_item("B", 0.0))["data"][0]
    assert raw["name"] == "raw"
    assert drawn.numbers(raw["x"]) == [3.0, 3.0]
    assert "raw: +\u2060£3.00" in raw["customdata"][0]


def test_survivors_come_first_however_small_when_there_is_room_for_few() -> None:
    many = [open_item(f"open {number}", 5.0 + number) for number in range(30)]
    figure = draw(comparison("small", difference=0.2, ci_low=0.1, ci_high=0.3), *many)
    assert len(names(figure)) == 20
    assert names(figure)[-1] == "small"
    assert names(figure)[0] == "open 29"
    assert "20 of 31 promotions" in drawn.notes(figure)
    assert len(names(draw(comparison("small"), *many, top="50"))) == 31


def test_items_without_an_interval_are_left_out_and_counted() -> None:
    few = comparison("few", ci_low=None, ci_high=None, significant=None, direction=None, note=INSUFFICIENT)
    figure = draw(comparison("A"), few)
    assert names(figure) == ["A"]
    assert "1 with too few customers left out" in drawn.notes(figure)
    assert effects.without_effects(comparisons(few))
    assert not effects.without_effects(comparisons(few, comparison("A")))


@pytest.mark.parametrize(
    ("sort", "order"),
    [("effect", ["surest", "large", "many"]), ("certainty", ["surest", "many", "large"]), ("customers", ["many", "large", "surest"])],
)  # fmt: skip
def test_order_is_by_effect_by_certainty_or_by_customers(sort: str, order: list[str]) -> None:
    rows = (
        comparison("surest", difference=9.0, ci_low=8.0, ci_high=10.0, customers=40),
        open_item("large", 5.0, customers=60, raw_difference=None) | {"p_value": 0.4},
        open_item("many", 1.0, customers=900, raw_difference=None) | {"p_value": 0.2},
    )
    assert names(draw(*rows, sort=sort)) == order


def test_one_long_interval_does_not_flatten_the_others_and_no_dot_is_cut() -> None:
    usual = [open_item(f"i{number}", number / 10, half=1.0) for number in range(19)]
    low, high = draw(*usual, open_item("long", 2.0, half=900.0))["layout"]["xaxis"]["range"]
    assert low > -5
    assert high < 10
    assert draw(*usual, open_item("far", 50.0, half=1.0))["layout"]["xaxis"]["range"][1] > 50


def test_chart_is_as_high_as_its_rows() -> None:
    def height(count: int) -> int:
        figure = draw(*(open_item(f"i{number}", 1.0) for number in range(count)), top="100")
        return int(figure["layout"]["meta"]["height"])

    assert height(100) - height(50) == 50 * (height(51) - height(50))
    assert height(100) > 2_000


def test_click_on_a_dot_chooses_its_item() -> None:
    for trace in draw(comparison("<b>A</b>"))["data"]:
        assert trace["meta"]["chooses"] == {"name": "item", "values": ["<b>A</b>"]}


def test_sign_of_an_amount_stands_before_the_currency_on_the_axis() -> None:
    axis = draw(open_item("A", -2.0), open_item("B", 2.0))["layout"]["xaxis"]
    texts = dict(zip(axis["tickvals"], axis["ticktext"], strict=True))
    assert texts[0] == "0"
    assert texts[-2] == "−£2"
    assert texts[2] == "+\u2060£2"


def test_axis_beside_long_names_tells_a_size_and_not_zero_alone() -> None:
    long = "a promotion with a long name"
    axis = draw(open_item(long, -170.0), open_item(f"another, {long}", 130.0))["layout"]["xaxis"]
    assert 0 in axis["tickvals"]
    assert len(axis["tickvals"]) >= 2


# ---- one item -----------------------------------------------------------------------------------------------------


def series(**shares: list[float]) -> pl.DataFrame:
    rows = [
        {"item_kind": "promotion", "item": item, "metric": "amount", "series": name, "low": 10.0 * place}
        | {"high": 10.0 * place + 10, "share": share}
        for item in ("X", "Y")
        for name, column in shares.items()
        for place, share in enumerate(column)
    ]
    return pl.DataFrame(rows)


def test_distributions_are_the_shares_of_both_sides_and_what_was_fitted() -> None:
    frame = series(before=[0.9, 0.1, 0.0], after=[0.7, 0.2, 0.1], fitted=[0.8, 0.15, 0.05], bootstrap=[1.0])
    figure = effect_opened.distributions(frame, replace(LOOK, also=comparisons(comparison("Y"))))
    found = {trace["name"]: drawn.numbers(trace["y"]) for trace in figure["data"]}
    assert found == {"before": [0.9, 0.1], "after": [0.7, 0.2, 0.1], "fitted": [0.8, 0.15, 0.05]}
    assert figure["layout"]["yaxis"]["type"] == "log"


def test_resamples_stand_on_an_axis_with_zero_and_the_interval_is_shaded() -> None:
    frame = series(bootstrap=[0.2, 0.5, 0.3])
    figure = effect_opened.resamples(frame, replace(LOOK, also=comparisons(comparison("X"))))
    (bars,) = figure["data"]
    assert drawn.numbers(bars["y"]) == [0.2, 0.5, 0.3]
    assert drawn.numbers(bars["x"]) == [5.0, 15.0, 25.0]
    assert {(shape["x0"], shape["x1"]) for shape in figure["layout"]["shapes"]} == {(0, 0), (1.0, 3.0)}
    low, high = figure["layout"]["xaxis"]["range"]
    assert low < 0
    assert high > 30


def test_only_the_opened_item_is_drawn() -> None:
    frame = series(bootstrap=[0.2, 0.8]).with_columns(
        share=pl.when(pl.col("item") == "Y").then(pl.col("share") / 2).otherwise("share")
    )
    opened = replace(LOOK, filters=PromotionTestFilters(item="Y"), also=comparisons(comparison("X"), comparison("Y")))
    (bars,) = effect_opened.resamples(frame, opened)["data"]
    assert drawn.numbers(bars["y"]) == [0.1, 0.4]

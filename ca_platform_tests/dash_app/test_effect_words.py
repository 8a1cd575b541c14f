"""Comparisons in words: hand-made rows and the sentences, figures and lists that follow."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import polars as pl
import pytest

from ca_platform.catalogue.ab_tests import INSUFFICIENT, WITHHELD, capped_note
from ca_platform_tests.dash_app import frames
from ca_platform_tests.dash_app.effect_frames import comparison, comparisons, open_item
from dash_app.filters import PromotionTestFilters
from dash_app.records import Look
from dash_app.words import (
    ab_calibration,
    effect_both,
    effect_opened,
    effect_pair,
    effect_pairs,
    effect_segments,
    effect_series,
    effects,
)
from dash_app.words.effect_subjects import PROMOTIONS
from dash_app.words.formats import Formats

LOOK = Look(currency="GBP", day=frames.DAY, filters=PromotionTestFilters())
FORM = Formats("GBP")
OFFERED = {"false_positive_rate": 0.05, "false_positive_low": 0.046, "false_positive_high": 0.054}


def opened(item: str) -> Look:
    return replace(LOOK, filters=PromotionTestFilters(item=item))


@pytest.mark.parametrize(
    ("value", "metric", "text"),
    [
        (3.2, "amount", "+\u2060£3.20"),
        (-1234.5, "revenue_per_customer", "−£1,234"),
        (0.0, "amount", "£0.00"),
        (0.004, "amount", "£0.00"),
        (-0.12, "orders", "−0.12"),
        (0.031, "conversion", "+\u20603.1 pp"),
        (0.05, "relative", "+\u20605.0%"),
    ],
)
def test_difference_has_its_sign_and_its_unit(value: float, metric: str, text: str) -> None:
    assert effects.signed(value, metric, FORM) == text


def test_summary_counts_survivors_of_those_with_enough_customers() -> None:
    few = comparison("few", ci_low=None, ci_high=None, significant=None, direction=None, note=INSUFFICIENT)
    down = comparison("down", difference=-1.5, ci_low=-2.5, ci_high=-0.5, direction="decrease")
    frame = comparisons(comparison("up"), down, open_item("open", 9.0), few)
    assert effects.summary(frame, LOOK, PROMOTIONS) == (
        "Of 3 with enough customers of 4 promotions, 1 shows an increase and 1 a decrease that survives the correction; "
        "most “up”, +\u2060£2.00 (95%: +\u2060£1.00 to +\u2060£3.00)."
    )


def test_summary_of_nothing_found_says_so() -> None:
    frame = comparisons(open_item("A", 3.0), open_item("B", 1.0))
    assert effects.summary(frame, LOOK, PROMOTIONS) == (
        "Of 2 promotions, none shows a change that survives the correction for 2 tests."
    )
    few = comparison("few", ci_low=None, ci_high=None, significant=None, direction=None, note=INSUFFICIENT)
    assert effects.summary(comparisons(few), LOOK, PROMOTIONS) == (
        "Of 1 promotion, none has enough customers for a verdict."
    )


def test_item_that_stands_out_survives_or_is_the_surest_or_the_largest() -> None:
    surest = open_item("surest", 1.0) | {"p_value": 0.01}
    few = comparison("few", customers=9, ci_low=None, ci_high=None, significant=None, note=INSUFFICIENT)
    assert names_first(comparison("A"), open_item("large", 9.0), surest) == "A"
    assert names_first(open_item("large", 9.0), surest) == "surest"
    assert names_first(few, few | {"item": "more", "customers": 10}) == "more"
    assert effects.leading(comparisons()) is None


def names_first(*rows: dict[str, Any]) -> str:
    found = effects.leading(comparisons(*rows))
    assert found is not None
    return str(found["item"])


# ---- one item -----------------------------------------------------------------------------------------------------


def test_opened_item_is_the_chosen_one_or_the_one_that_stands_out() -> None:
    frame = comparisons(comparison("A"), open_item("B", 1.0))
    assert effect_opened.item(frame, LOOK)["item"].to_list() == ["A"]
    assert effect_opened.item(frame, opened("B"))["item"].to_list() == ["B"]
    assert effect_opened.item(frame, opened("C")).is_empty()


@pytest.mark.parametrize(
    ("row", "did", "verdict"),
    [
        (comparison("X"), "spent £2.00 more", "this survives the correction"),
        (open_item("X", -0.5), "spent £0.50 less", "chance alone may do that"),
        (
            comparison("X", significant=None, direction=None, note=WITHHELD),
            "spent £2.00 more",
            "no verdict: the test is wrong too often, or too seldom, in this shop",
        ),
    ],
)
def test_sentence_says_what_was_found_and_what_it_is_worth(row: dict[str, Any], did: str, verdict: str) -> None:
    ends = f"95%: {effects.signed(row['ci_low'], 'amount', FORM)} to {effects.signed(row['ci_high'], 'amount', FORM)}"
    assert effect_opened.sentence(comparisons(row), LOOK, PROMOTIONS) == (
        f"In the week after a first order with “X”, customers {did} each than in the week before, beyond the change of like "
        f"customers ({ends}); {verdict}."
    )


def test_item_with_too_few_customers_has_no_verdict_and_says_what_it_takes() -> None:
    row = comparison("X", customers=12, ci_low=None, ci_high=None, p_value=None, p_adjusted=None, power=None)
    frame = comparisons(row | {"significant": None, "direction": None, "note": INSUFFICIENT})
    sentence = effect_opened.sentence(frame, LOOK, PROMOTIONS)
    assert "too few customers for a verdict (12 customers)" in sentence
    assert "it takes 30 customers, 10 of them" in sentence
    assert "nothing can be said" in effect_opened.required(frame, LOOK)
    texts = [tile.value for tile in effect_opened.tiles(frame, LOOK, PROMOTIONS)]
    assert texts[-3:] == ["–", "–", "–"]
    assert not any("None" in f"{tile.value}{tile.change}" for tile in effect_opened.tiles(frame, LOOK, PROMOTIONS))


def test_adjusted_figure_is_the_headline_and_the_raw_one_stands_beside_it() -> None:
    adjusted, raw, *_ = effect_opened.tiles(comparisons(comparison("X")), LOOK, PROMOTIONS)
    assert (adjusted.label, adjusted.value) == ("Change, adjusted", "+\u2060£2.00")
    assert adjusted.change == "+20.0%, 95%: +\u2060£1.00 to +\u2060£3.00"
    assert (raw.label, raw.value, raw.change) == ("Change, raw", "+\u2060£3.00", "without like customers, p <0.001")


def test_every_number_of_compared_customers_opens_them() -> None:
    tiles = {tile.label: tile for tile in effect_opened.tiles(comparisons(comparison("X")), LOOK, PROMOTIONS)}
    assert (tiles["Customers"].value, tiles["Customers"].opens) == ("400", ("customers", {"item": "X"}))
    matched = ("matched_customers", {"item": "X", "metric": "amount"})
    assert (tiles["Matched"].value, tiles["Matched"].opens) == ("380", matched)
    none = {
        tile.label: tile for tile in effect_opened.tiles(comparisons(comparison(matched_customers=0)), LOOK, PROMOTIONS)
    }
    assert (none["Matched"].value, none["Matched"].opens) == ("0", None)
    assert "Matched" not in [
        tile.label for tile in effect_opened.tiles(comparisons(comparison(matched_customers=None)), LOOK, PROMOTIONS)
    ]
    cells = effect_both.listed(comparisons(comparison("X")), LOOK, PROMOTIONS).rows[0]
    assert cells[5].opens == ("customers", {"item": "X"})


def test_sides_of_a_pair_and_those_who_moved_open_their_customers() -> None:
    sizes = {"customers": 300, "customers_a": 180, "customers_b": 120, "customers_of_both": 0}
    row = comparison(mean_a=10.0, mean_b=12.0, promotion_a="A", promotion_b="B") | sizes | OFFERED
    tiles = effect_pair.tiles(pl.DataFrame([row]), LOOK)
    key = {"promotion_a": "A", "promotion_b": "B"}
    assert {tile.value: tile.opens for tile in tiles[3:7]} == {
        "300": ("customers", key),
        "180": ("customers_a", key),
        "120": ("customers_b", key),
        "0": None,
    }
    moved = pl.DataFrame([comparison("loyal", moved_customers=25)])
    cells = effect_segments.listed(moved, LOOK, PROMOTIONS).rows[0]
    assert [cell.opens for cell in cells[1:3]] == [
        ("customers", {"item": "loyal"}),
        ("moved_customers", {"item": "loyal"}),
    ]


def test_what_would_have_to_be_true_follows_from_the_width_of_the_interval() -> None:
    row = comparison("X", difference=1.0, ci_low=1.0 - 1.959964, ci_high=1.0 + 1.959964)
    assert effect_opened.standard_error(row, LOOK) == pytest.approx(1.0)
    frame = comparisons(row)
    # The smallest change that 400 customers show four times in five is 2.8 standard errors.
    assert "a true change of £2.80 (28%) would be found 80% of the time" in effect_opened.required(frame, LOOK)
    listing = effect_opened.requirements(frame, LOOK, PROMOTIONS)
    told = {cells[0].text: (cells[1].text, cells[2].text) for cells in listing.rows}
    assert told["£2.80, found in 80%"] == ("80%", "400")
    # Half of that change takes four times as many customers; what was seen 2.8² times as many.
    assert told["£1.00, what was seen"] == ("17%", "3,140")
    assert listing.rows[0][0].text == "£0.50, 5% of the mean before"


def test_coverage_follows_the_level_of_the_settings() -> None:
    assert effects.interval(comparison("X"), "amount", replace(LOOK, alpha=0.1)).startswith("90%: ")
    narrow, wide = (effect_opened.standard_error(comparison("X"), replace(LOOK, alpha=a)) for a in (0.05, 0.2))
    assert narrow is not None
    assert wide is not None
    assert narrow < wide


@pytest.mark.parametrize(("metric", "said"), [("orders", "ordered nothing"), ("amount", "spent less than £10.00")])
def test_customers_who_ordered_next_to_nothing_are_told_of_both_sides(metric: str, said: str) -> None:
    shares = {"before": (0.9, 0.1), "after": (0.75, 0.25), "fitted": (0.8, 0.2), "bootstrap": (0.5, 0.5)}
    rows = [
        {"item_kind": "promotion", "item": "X", "metric": metric, "series": name, "low": 10.0 * place}
        | {"high": 10.0 * place + 10, "share": share}
        for name, column in shares.items()
        for place, share in enumerate(column)
    ]
    assert effect_series.sides(pl.DataFrame(rows), LOOK) == (
        f"“X”: 90.0% of its customers {said} in the time before, 75.0% in the time after."
    )


# ---- lists --------------------------------------------------------------------------------------------------------


def test_list_opens_its_items() -> None:
    listing = effects.listed(comparisons(comparison("A&B"), open_item("C", 0.1)), LOOK, PROMOTIONS)
    assert [row[0].chooses for row in listing.rows] == [("item", "A&B"), ("item", "C")]
    assert [cell.text for cell in listing.rows[0][1:]] == [
        "+\u2060£2.00",
        "+\u2060£1.00 to +\u2060£3.00",
        "+\u2060£3.00",
        "0.004",
    ]


def test_list_is_as_long_as_is_chosen_and_says_of_how_many() -> None:
    frame = comparisons(*(comparison(f"i{number}", difference=float(number)) for number in range(1, 61)))
    few = effects.listed(frame, LOOK, PROMOTIONS)
    assert (len(few.rows), few.note) == (20, "20 of 60 promotions")
    more = effects.listed(frame, replace(LOOK, filters=PromotionTestFilters(top="50")), PROMOTIONS)
    assert [row[0].text for row in more.rows[:2]] == ["i60", "i59"]
    assert len(more.rows) == 50


def test_measured_false_positives_stand_beside_the_verdict() -> None:
    measured_here = {"false_positive_rate": 0.047, "false_positive_low": 0.043, "false_positive_high": 0.051}
    tiles = effect_opened.tiles(comparisons(comparison("X", **measured_here)), LOOK, PROMOTIONS)
    assert (tiles[-1].value, tiles[-1].change) == ("4.7%", "4.3% to 5.1% in this shop")
    unknown = effect_opened.tiles(comparisons(comparison("X")), LOOK, PROMOTIONS)[-1]
    assert (unknown.value, unknown.change) == ("–", "not measured yet")


def test_pairs_are_those_of_the_opened_promotion() -> None:
    pairs = pl.DataFrame({"promotion_a": ["A", "A", "B"], "promotion_b": ["B", "C", "C"]})
    assert effect_pairs.of_promotion(pairs, LOOK).height == 3
    assert effect_pairs.of_promotion(pairs, opened("C")).rows() == [("A", "C"), ("B", "C")]


# ---- calibration --------------------------------------------------------------------------------------------------


def measured(*rates: tuple[float, bool]) -> pl.DataFrame:
    rows = [
        {"test": "sign_flip", "metric": metric, "customers": 500, "splits": 10_000, "rejection_rate": rate}
        | {"ci_low": rate - 0.004, "ci_high": rate + 0.004, "is_offered": offered, "cap": None}
        for (rate, offered), metric in zip(rates, ("amount", "orders"), strict=False)
    ]
    return pl.DataFrame(rows)


def test_measured_false_positives_are_told_with_their_interval_and_what_is_withheld() -> None:
    frame = measured((0.051, True), (0.074, False))
    assert ab_calibration.measured(frame, LOOK) == (
        "Between random groups of this shop's own customers, where nothing differs, the tests find a difference in 5.1% to "
        "7.4% of 10,000 trials (5% is right); 1 of 2 is withheld."
    )
    assert [(tile.value, tile.change) for tile in ab_calibration.tiles(frame, LOOK)] == [
        ("5.1%", "4.7% to 5.5% false positives"),
        ("7.4%", "7.0% to 7.8% false positives, withheld"),
    ]
    assert ab_calibration.measured(measured((0.051, True)), LOOK).endswith("all are offered.")


def test_orders_up_to_a_cap_take_the_place_of_amounts_in_the_header_and_in_words() -> None:
    plain = measured((0.061, False), (0.05, True)).cast({"cap": pl.Float64})
    amounts = pl.col("metric") == "amount"
    capped = plain.filter(amounts).with_columns(test=pl.lit("sign_flip_capped"), cap=pl.lit(80.0), is_offered=True)
    own = ab_calibration.of_tests(pl.concat([plain, capped]), LOOK, ["sign_flip"], ["amount", "orders"])
    assert own.select("test", "metric").sort("metric").rows() == [
        ("sign_flip_capped", "amount"),
        ("sign_flip", "orders"),
    ]
    assert "all are offered. In tests of amounts an order counts up to £80" in ab_calibration.measured(own, LOOK)
    row = comparison(test="sign_flip_capped", note=capped_note(80))
    assert effect_opened.concluded(row) == "this survives the correction (an order counts up to 80.00)"

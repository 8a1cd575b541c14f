"""Sentences and tables about recommendations, held against cases computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Any

import polars as pl

from ca_platform_tests.dash_app import frames
from dash_app.filters import ProductFilters
from dash_app.records import Listing, Look
from dash_app.words import recommended

LOOK = Look(currency="GBP", day=date(2026, 11, 22), filters=ProductFilters())


def texts(listing: Listing) -> list[list[str]]:
    return [[cell.text for cell in row] for row in listing.rows]


def on_lists(*rows: tuple[str, int, int, int, int]) -> pl.DataFrame:
    """Products with how many lists they are on for each reason."""
    return frames.table(
        "recommended_products",
        [
            {"product": name, "lists": sum(why), "first": why[0], "rank": rank}
            | dict(zip(("before", "together", "similar", "popular"), why, strict=True))
            for rank, (name, *why) in enumerate(rows, 1)
        ],
    )


def judged(*rows: tuple[date, str, str, float, int]) -> pl.DataFrame:
    return frames.table(
        "recommendation_backtest",
        [
            {"origin": origin, "model": model, "metric": metric, "value": value, "customers": customers}
            | {"is_served": model == "blend"}
            for origin, model, metric, value, customers in rows
        ],
    )


def test_most_recommended_product_and_what_its_customers_have_in_common() -> None:
    frame = on_lists(("cup", 70, 20, 5, 5), ("pen", 0, 0, 0, 9))
    said = "“cup” is recommended to the most customers: 100 customers; 70 of them bought it before."
    assert recommended.leading(frame, LOOK) == said
    alone = recommended.leading(on_lists(("pen", 0, 0, 0, 1)), LOOK)
    assert (
        alone
        == "“pen” is recommended to the most customers: 1 customer; all of them are shown it because it is popular."
    )


def test_recommended_products_stand_in_their_order_with_their_reasons() -> None:
    listing = recommended.listed(on_lists(("cup", 70, 20, 5, 5), ("pen", 0, 0, 0, 9)), LOOK)
    assert texts(listing) == [["cup", "100", "70", "70", "20", "5", "5"], ["pen", "9", "0", "0", "0", "0", "9"]]
    assert [row[1].bar for row in listing.rows] == [1, 0.09]


ENDS = (date(2026, 8, 31), date(2026, 9, 30))
FIGURES: Any = [
    (end, model, f"{metric}{kind}", value, count)
    for end, more in zip(ENDS, (0.0, 0.02), strict=True)
    for model, own in (("blend", 0.20), ("item cosine", 0.10))
    for metric in ("recall_at_10", "ndcg_at_10")
    for kind, value, count in (("", own + more, 50), ("_repeat", 2 * own, 40), ("_new", own / 2, 30))
]


def test_worth_is_the_mean_over_the_month_ends_beside_the_best_of_the_others() -> None:
    assert recommended.worth(judged(*FIGURES), LOOK) == (
        "The ten products that “blend”, the method in use, would have recommended at the end of each of 2 months held "
        "21.0% of what customers ordered next; those of “item cosine” 11.0%."
    )
    one = [row for row in FIGURES if row[0] == ENDS[0]]
    assert "at the end of a month held 20.0%" in recommended.worth(judged(*one), LOOK)


def test_methods_stand_by_their_worth_and_the_one_in_use_is_marked() -> None:
    listing = recommended.methods(judged(*FIGURES), LOOK)
    assert texts(listing) == [
        ["blend (in use)", "21.0%", "0.210", "40.0%", "10.0%", "100"],
        ["item cosine", "11.0%", "0.110", "20.0%", "5.0%", "100"],
    ]
    assert "31 Aug 2026 to 30 Sep 2026" in listing.note


def test_method_of_an_earlier_day_is_marked_in_the_bars() -> None:
    earlier = judged(*[row for row in FIGURES if row[0] == ENDS[0]])
    listing = recommended.methods(judged(*FIGURES), replace(LOOK, compare=earlier, compare_day=date(2026, 10, 1)))
    assert [round(row[1].mark or 0, 3) for row in listing.rows] == [round(0.2 / 0.21, 3), round(0.1 / 0.21, 3)]


def test_kind_of_products_that_nobody_wanted_has_no_figure() -> None:
    only = [row for row in FIGURES if not row[2].endswith("_repeat")]
    assert texts(recommended.methods(judged(*only), LOOK))[0][3] == "–"

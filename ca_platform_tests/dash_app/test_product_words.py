"""Sentences and tables about products and what is bought together, held against cases computed by hand."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import frames
from dash_app.filters import ProductFilters
from dash_app.records import Listing, Look
from dash_app.words import baskets, lists, products
from dash_app.words.lists import Column

DAY = date(2026, 11, 22)
LOOK = Look(currency="GBP", day=DAY, filters=ProductFilters())
EARLIER = date(2026, 10, 25)


def texts(listing: Listing) -> list[list[str]]:
    return [[cell.text for cell in row] for row in listing.rows]


def sold(*rows: tuple[str, int, float]) -> pl.DataFrame:
    """Products with orders and revenue; as many units as orders, half as many customers."""
    return frames.table(
        "most_ordered_products",
        [
            {"product": name, "orders": orders, "units": float(orders), "revenue": revenue}
            | {"customers": orders // 2, "rank": rank}
            for rank, (name, orders, revenue) in enumerate(rows, 1)
        ],
    )


@pytest.mark.parametrize(
    ("metric", "sentence"),
    [
        ("revenue", "“pen” brought the most revenue of 3 products: £300.00 (60.0% of all)."),
        ("orders", "“cup” was in the most orders of 3 products: 20."),
        ("units", "“cup” sold the most units of 3 products: 20 (57.1% of all)."),
    ],
)
def test_leading_product_by_what_is_chosen(metric: Any, sentence: str) -> None:
    frame = sold(("cup", 20, 100.0), ("pen", 10, 300.0), ("hat", 5, 100.0))
    look = replace(LOOK, filters=ProductFilters(metric=metric))
    assert products.leader(frame, look, "product", "products") == sentence


def test_what_has_no_category_is_said_as_that() -> None:
    rows = [{"category": None, "orders": 3, "units": 3.0, "revenue": 30.0, "customers": 2, "rank": 1}]
    said = products.leader(frames.table("most_ordered_categories", rows), LOOK, "category", "categories")
    assert said == "What is without a category brought the most revenue: £30.00 (100.0% of all)."


def test_leading_product_beside_an_earlier_day() -> None:
    look = replace(LOOK, compare_day=EARLIER, compare=sold(("cup", 10, 80.0)))
    said = products.leader(sold(("cup", 20, 100.0)), look, "product", "products")
    assert (
        said == "“cup” brought the most revenue: £100.00 (100.0% of all), 25.0% more than as of 25 Oct 2026 (£80.00)."
    )


def test_earlier_day_is_marked_on_the_scale_of_the_bars() -> None:
    look = replace(LOOK, compare_day=EARLIER, compare=sold(("cup", 10, 400.0), ("mug", 1, 900.0)))
    listing = products.listed(sold(("cup", 20, 100.0), ("pen", 10, 200.0)), look)
    assert texts(listing) == [["pen", "£200.00", "10", "10", "5"], ["cup", "£100.00", "20", "20", "10"]]
    assert [(row[1].bar, row[1].mark) for row in listing.rows] == [(0.5, None), (0.25, 1.0)]
    assert listing.note == "upright line: as of 25 Oct 2026"


def test_numbers_that_count_say_what_they_open_and_none_opens_nothing() -> None:
    (row,) = products.listed(sold(("cup", 1, 100.0)), LOOK).rows
    assert row[2].opens == ("orders", {"product": "cup"})
    assert row[1].opens is None
    assert row[4].text == "0"
    assert row[4].opens is None


def test_table_says_how_many_rows_stand_behind() -> None:
    frame = sold(*((f"p{number:02}", 30 - number, 10.0) for number in range(12)))
    listing = products.listed(frame, LOOK)
    assert len(listing.rows) == 10
    assert listing.note == "10 of 12 products"


def test_very_long_name_is_cut_and_more_of_it_in_the_title() -> None:
    (row,) = products.listed(sold(("x" * 10_000, 1, 1.0)), LOOK).rows
    assert len(row[0].text) == 70
    assert row[0].title == "x" * 1000
    assert len(products.leader(sold(("x" * 10_000, 1, 1.0)), LOOK, "product", "products")) < 200


def test_null_is_a_dash_and_has_no_bar() -> None:
    rows = pl.DataFrame({"a": ["x", "y"], "b": [2.0, None]})
    columns = (Column("a", "A"), Column("b", "B", str, has_bar=True))
    listing = lists.listing(rows, columns, LOOK, key=("a",), of=2, noun="rows")
    assert [(row[1].text, row[1].bar) for row in listing.rows] == [("2.0", 1.0), ("–", None)]
    assert [head.is_number for head in listing.heads] == [False, True]


def kpis(*rows: tuple[str, int, float]) -> pl.DataFrame:
    return frames.table(
        "product_kpis",
        [
            {"product": name, "orders": 9, "units": 9.0, "revenue": 9.0, "discount": 0.0, "units_per_customer": 1.0}
            | {"customers": customers, "repeat_rate": rate}
            for name, customers, rate in rows
        ],
    )


def test_no_rate_of_few_customers() -> None:
    frame = kpis(("cup", 29, 0.9), ("pen", 30, 0.25))
    assert products.again(frame, LOOK) == "Of 2 products “pen” is ordered again most: by 25.0% of its 30 customers."
    assert [row[-1].text for row in products.key_figures(frame, LOOK).rows] == ["–", "25.0%"]
    assert products.again(kpis(("cup", 3, 1.0)), LOOK) == "None of 1 product has 30 customers yet: too few for a rate."


def test_category_is_a_column_only_where_there_are_categories() -> None:
    frame = kpis(("cup", 40, 0.5))
    heads = [head.text for head in products.key_figures(frame, LOOK).heads]
    assert "Category" not in heads
    heads = [head.text for head in products.key_figures(frame.with_columns(category=pl.lit("tea")), LOOK).heads]
    assert heads[:2] == ["Product", "Category"]


def test_product_that_led_on_the_last_days() -> None:
    rows = [
        {"date": DAY - timedelta(days=back), "product": name, "orders": 1, "units": 1.0, "revenue": revenue}
        for name, back, revenue in (("cup", 0, 30.0), ("cup", 6, 30.0), ("cup", 7, 50.0), ("pen", 3, 59.0))
    ]
    said = "In the last seven days “cup” brought the most revenue of 2 products: £60.00, 20.0% more than in the seven days before."
    assert products.by_day(frames.table("daily_products_of_sales", rows), LOOK) == said


# ---- bought together ----------------------------------------------------------------------------------------------


def pairs(*rows: tuple[str, str, int, float]) -> pl.DataFrame:
    return frames.table(
        "most_combined_products",
        [
            {"product_a": a, "product_b": b, "orders": orders, "support": orders / 100, "lift": lift}
            | {"confidence_ab": 0.5, "confidence_ba": 0.25, "jaccard": 0.2, "min_orders": 3, "pairs_below": 7}
            for a, b, orders, lift in rows
        ],
    )


def test_leading_pair_by_orders_or_by_lift() -> None:
    frame = pairs(("cup", "pen", 40, 2.0), ("cup", "tea", 5, 12.34))
    by_lift = replace(LOOK, filters=ProductFilters(pairs="lift"))
    assert baskets.pairs(frame, LOOK) == (
        "“cup” and “pen” are most often in one order: in 40 orders (40.0% of all), 2.00 times as often as by chance."
    )
    assert baskets.pairs(frame, by_lift) == (
        "“cup” and “tea” go together most closely: 12.3 times as often as by chance, in 5 orders."
    )
    assert [row[:2] for row in texts(baskets.listed_pairs(frame, by_lift))] == [["cup", "tea"], ["cup", "pen"]]
    assert baskets.listed_pairs(frame, LOOK).note == "7 pairs in fewer than 3 orders left out"


def rules(total: int) -> pl.DataFrame:
    return frames.table(
        "association_rules",
        [
            {"antecedent": ["cup", "tea"], "consequent": "pen", "support": 0.05, "confidence": 0.8158, "lift": 8.643}
            | {"leverage": 0.01, "conviction": None, "orders": 31, "rules_total": total, "min_orders": 5, "rank": 1}
        ],
    )


def test_rule_in_words_and_how_many_there_are() -> None:
    assert baskets.rules(rules(1), LOOK) == (
        "81.6% of the orders with “cup” and “tea” contain “pen” too: 8.64 times as often as by chance, in 31 orders."
    )
    listing = baskets.listed_rules(rules(12_345), LOOK)
    assert texts(listing) == [["cup + tea", "pen", "81.6%", "×8.64", "31", "5.0%"]]
    assert listing.note.startswith("1 of 12,345 rules")


def test_similar_products_stand_in_the_order_of_what_is_chosen() -> None:
    frame = frames.table(
        "similar_products",
        [
            {"product": product, "similar": similar, "score": score, "rank": rank}
            for product, similar, score, rank in (
                ("cup", "pen", 0.9, 1),
                ("pen", "cup", 0.9, 1),
                ("pen", "tea", 0.4, 2),
                ("pen", "hat", 0.3, 3),
            )
        ],
    )
    also = kpis(("cup", 9, 0.1), ("pen", 9, 0.1)).with_columns(revenue=pl.Series([1.0, 2.0]))
    listing = baskets.listed_similar(frame, replace(LOOK, also=also))
    assert texts(listing) == [["pen", "cup", "0.90", "tea"], ["cup", "pen", "0.90", "–"]]
    assert baskets.similar(frame, LOOK) == "Customers of “cup” also buy “pen” most (similarity 0.90 of 1)."

"""Charts of products and promotions: small multiples, rankings, the matrix of pairs."""

from __future__ import annotations

import itertools
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import polars as pl
import pytest

from ca_platform_tests.dash_app import drawn, frames
from dash_app.figures import baskets, dailies, products, promotions
from dash_app.filters import ProductFilters, PromotionFilters
from dash_app.records import Look

LOOK = Look(currency="GBP", day=frames.DAY)
EARLIER = frames.DAY - timedelta(days=28)
PAIRS = "most_combined_products"


def chosen(**values: str) -> Look:
    return replace(LOOK, filters=ProductFilters.model_validate(values))


def areas(figure: dict[str, Any]) -> list[dict[str, Any]]:
    return [trace for trace in figure["data"] if trace.get("fill")]


# ---- a panel each -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("metric", ["revenue", "orders", "units"])
def test_panels_draw_each_day_of_the_leading_products_and_zero_where_there_is_no_row(metric: str) -> None:
    frame = frames.report("daily_products_of_sales")
    figure = products.by_day(frame, chosen(metric=metric))
    drawn_ = drawn.by_place(areas(figure))
    totals = frame.group_by("product").agg(pl.col(metric).sum()).sort(metric, descending=True)
    names = totals["product"].head(6).to_list()
    expected = {(name, day): 0 for name in names for day in frame["date"].unique()}
    own = frame.filter(pl.col("product").is_in(names))
    expected |= {(row["product"], row["date"]): row[metric] for row in own.iter_rows(named=True)}
    escaped = {(name.replace("&lt;", "<").replace("&gt;", ">").replace("&amp;", "&"), day): value for (name, day), value in drawn_.items()}  # fmt: skip
    assert escaped == expected
    assert "6 of 36 products" in drawn.notes(figure)


@pytest.mark.parametrize(("count", "across"), [(1, 1), (2, 2), (3, 3), (4, 2), (5, 3), (12, 3), (40, 3)])
def test_panels_stand_side_by_side_without_touching_and_are_twelve_at_most(count: int, across: int) -> None:
    rows = [
        {"date": frames.DAY - timedelta(days=back), "promotion_id": f"p{number:02}", "orders": number + 1}
        for number in range(count)
        for back in (0, 3)
    ]
    frame = frames.table("inorganic_orders_per_promotion_per_day", rows)
    look = replace(LOOK, filters=PromotionFilters(top="24"))
    figure = promotions.by_day(frame, look, "orders")
    layout = figure["layout"]
    assert len(areas(figure)) == min(count, 12)
    wide = sorted({tuple(axis["domain"]) for name, axis in layout.items() if name.startswith("xaxis")})
    tall = sorted({tuple(axis["domain"]) for name, axis in layout.items() if name.startswith("yaxis")})
    assert len(wide) == across
    assert all(first[1] < second[0] for first, second in itertools.pairwise(wide))
    assert all(first[1] < second[0] for first, second in itertools.pairwise(tall))
    assert ("12 of 40 promotions" in drawn.notes(figure)) == (count == 40)
    assert len({tuple(axis["range"]) for name, axis in layout.items() if name.startswith("yaxis")}) == 1


@pytest.mark.parametrize(
    ("highest", "scales", "said"), [(20, 1, "all on one scale"), (2000, 6, "each on its own scale")]
)
def test_one_high_day_does_not_flatten_the_other_panels(highest: int, scales: int, said: str) -> None:
    rows = [
        {"date": frames.DAY, "promotion_id": f"p{number}", "orders": highest if number == 0 else 10 + number}
        for number in range(6)
    ]
    figure = promotions.by_day(frames.table("inorganic_orders_per_promotion_per_day", rows), LOOK, "orders")
    axes = {tuple(axis["range"]) for name, axis in figure["layout"].items() if name.startswith("yaxis")}
    assert len(axes) == scales
    assert said in drawn.notes(figure)


def test_earlier_report_is_dotted_and_moved_and_has_no_zeros_before_its_first_day() -> None:
    report = "daily_products_of_sales"
    look = replace(LOOK, compare_day=EARLIER, compare=frames.report(report, EARLIER))
    for line in drawn.dotted(products.by_day(frames.report(report), look)):
        days = drawn.days(line)
        assert (days[0] - frames.START).days >= 28
        assert days[-1] == frames.DAY
        assert all(value > 0 for value in drawn.numbers(line["y"]))


def test_orders_of_a_panel_open_and_amounts_do_not() -> None:
    frame = frames.report("daily_products_of_sales")
    (first, *_) = areas(products.by_day(frame, chosen(metric="orders")))
    assert first["meta"]["opens"]["column"] == "orders"
    assert all("meta" not in trace for trace in products.by_day(frame, LOOK)["data"])


# ---- rankings -----------------------------------------------------------------------------------------------------


def test_bars_are_the_first_of_the_report_and_the_rest_is_counted() -> None:
    frame = frames.report("promotion_number_of_customer")
    bars = promotions.customers(frame, LOOK)
    first = frame.sort("customers", "promotion_id", descending=[True, False]).head(6)
    assert drawn.numbers(bars["data"][0]["x"]) == first["customers"].to_list()
    assert "6 of 8 promotions" in drawn.notes(bars)
    assert bars["layout"]["yaxis"]["ticktext"][0] == "WELCOME10"


def test_bar_without_a_name_says_so_and_keeps_its_mark() -> None:
    report = "most_ordered_categories"
    look = replace(LOOK, compare_day=EARLIER, compare=frames.report(report, EARLIER))
    figure = products.categories(frames.report(report), look)
    assert "(no value)" in figure["layout"]["yaxis"]["ticktext"]
    assert len(drawn.numbers(figure["data"][1]["x"])) == len(figure["layout"]["yaxis"]["ticktext"])


# ---- the matrix ---------------------------------------------------------------------------------------------------


def pairs(count: int) -> pl.DataFrame:
    """All pairs of so many products."""
    rows = [
        {"product_a": f"p{a:03}", "product_b": f"p{b:03}", "orders": 1000 - a - b, "lift": 1 + (a * b) % 17}
        | {"support": 0.1, "confidence_ab": 0.1, "confidence_ba": 0.1, "jaccard": 0.1, "min_orders": 2}
        | {"pairs_below": 0}
        for a in range(count)
        for b in range(a + 1, count)
    ]
    return frames.table(PAIRS, rows)


def cells(figure: dict[str, Any]) -> list[list[Any]]:
    """Both halves of the matrix in one."""
    first, second = (trace["z"] for trace in drawn.rows_of(figure))
    return [
        [one if other is None else other for one, other in zip(*rows, strict=True)]
        for rows in zip(first, second, strict=True)
    ]


@pytest.mark.parametrize("order", ["orders", "lift"])
def test_cell_is_the_same_both_ways_and_is_the_lift_of_the_pair(order: str) -> None:
    frame = frames.report(PAIRS)
    figure = baskets.matrix(frame, chosen(pairs=order))
    z = cells(figure)
    names = [text.rpartition(" ")[0] for text in figure["layout"]["yaxis"]["ticktext"]]
    assert len(names) == len(z) == 12
    assert all(z[place][place] is None for place in range(12))
    assert all(z[row][column] == z[column][row] for row in range(12) for column in range(12))
    lifts = {frozenset((row["product_a"], row["product_b"])): row["lift"] for row in frame.iter_rows(named=True)}
    short = [(place, name) for place, name in enumerate(names) if name.startswith("product")]
    for (row, one), (column, other) in itertools.combinations(short, 2):
        assert 10 ** z[row][column] == pytest.approx(max(lifts[frozenset((one, other))], 1))
    assert "12 of 14 products" in drawn.notes(figure)


def test_cell_opens_the_orders_of_its_pair() -> None:
    frame = frames.report(PAIRS)
    known = {(row["product_a"], row["product_b"]) for row in frame.iter_rows(named=True)}
    for trace in drawn.rows_of(baskets.matrix(frame, LOOK)):
        key = trace["meta"]["opens"]["key"]
        for row, column in itertools.product(range(12), repeat=2):
            if trace["z"][row][column] is not None:
                at = {"row": row, "column": column}
                pair = tuple(
                    values[at[place]] for name in ("product_a", "product_b") for place, values in key[name].items()
                )
                assert pair in known


@pytest.mark.parametrize(("top", "nodes"), [("10", 12), ("20", 20), ("50", 40)])
def test_matrix_has_few_enough_products_and_says_how_many_stand_behind(top: str, nodes: int) -> None:
    frame = pairs(60)
    figure = baskets.matrix(frame, chosen(top=top))
    assert len(figure["data"][0]["z"]) == nodes
    assert f"{nodes} of 60 products, {nodes * (nodes - 1) // 2} of 1,770 pairs" in drawn.notes(figure)
    assert ("text" in figure["data"][0]) == (nodes <= 12)


def test_one_pair_is_a_matrix_too() -> None:
    figure = baskets.matrix(pairs(2), LOOK)
    assert cells(figure) == [[None, 0.0], [0.0, None]]


def test_fifty_thousand_products_are_as_small_a_chart_as_five() -> None:
    days = [date(2026, 11, 1) + timedelta(days=offset) for offset in range(20)]
    sales = pl.DataFrame({"product": [f"p{number}" for number in range(50_000)]}).join(
        pl.DataFrame({"date": days, "orders": list(range(1, 21))}), how="cross"
    )
    frame = sales.with_columns(units=pl.col("orders") * 1.0, revenue=pl.col("orders") * 2.0)
    figure = products.by_day(frame, LOOK)
    assert "6 of 50,000 products" in drawn.notes(figure)
    assert drawn.vertices(figure) < 1_000
    kind = dailies.Daily("product", "orders", "products", 3)
    assert len(areas(dailies.dailies(frame, LOOK, kind))) == 3

"""Pairs, rules and similar products follow the settings, keep their limits, and hold together."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest

from ca_platform.catalogue import report_spec
from ca_platform.lake import Lake
from ca_platform.reports import compute_pieces, sizes
from ca_platform.settings import Settings, load_settings
from ca_platform.store.schema import TableSchema, to_edge
from ca_platform_tests.computed import computed
from ca_platform_tests.oracle.compare import assert_equal
from ca_platform_tests.oracle.frames import load_frames
from ca_platform_tests.oracle.shops import nasty_shop, write_shop
from ca_platform_tests.oracle.world import Shop

START, LAST = date(2024, 3, 1), date(2024, 4, 19)
NAMES = ("most_combined_products", "association_rules", "similar_products")
DAYS = [date(2024, 3, 1), date(2024, 3, 20), date(2024, 4, 2), date(2024, 4, 3), LAST]


@pytest.fixture(scope="module")
def shop() -> Shop:
    return nasty_shop("Europe/Berlin", START, (LAST - START).days + 1, seed=5)


@pytest.fixture(scope="module")
def loaded(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> tuple[Settings, Lake, Path]:
    folder = tmp_path_factory.mktemp("shop")
    return *load_frames(shop, folder, LAST), folder


def frames_of(settings: Settings, lake: Lake, days: list[date] = DAYS) -> dict[str, pl.DataFrame]:
    return computed(NAMES, days, settings, lake)


@pytest.mark.parametrize(
    "options",
    [
        {"min_orders": 1, "min_support": "0.05", "min_confidence": "0.05"},
        {"min_orders": 4, "max_size": 2},
        {"min_confidence": "1", "min_support": "0.001"},
        {"max_size": 3, "min_confidence": "0.001"},
    ],
)
def test_settings_of_pairs_and_rules_are_followed(
    shop: Shop, loaded: tuple[Settings, Lake, Path], options: dict[str, object]
) -> None:
    _, lake, folder = loaded
    other = replace(shop, **options)  # type: ignore[arg-type]
    frames = frames_of(load_settings(write_shop(other, folder)), lake)
    assert sum(assert_equal(frames[name], other, name, day) for name in NAMES for day in DAYS) > 500


def test_days_at_once_equal_single_days(loaded: tuple[Settings, Lake, Path]) -> None:
    settings, lake, _ = loaded
    together = frames_of(settings, lake)
    for day in DAYS:
        alone = frames_of(settings, lake, [day])
        for name in NAMES:
            assert alone[name].equals(together[name].filter(pl.col("report_date") == day)), (name, day)


def test_pieces_of_days_together_equal_all_days_at_once_and_keep_to_their_size(
    loaded: tuple[Settings, Lake, Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    settings, lake, _ = loaded
    names = [name for name in sizes.LARGE if name != "client_kpis"]
    together = computed(names, DAYS, settings, lake)
    largest = together["most_combined_products"].group_by("report_date").len()["len"].max()
    assert isinstance(largest, int)
    monkeypatch.setattr(sizes, "PIECE_ROWS", 2 * largest)
    found = {name: list(pieces) for name, pieces in compute_pieces(names, DAYS, settings, lake)}
    for name, pieces in found.items():
        assert [day for days, _ in pieces for day in days] == DAYS
        assert all(set(frame["report_date"]) <= set(days) for days, frame in pieces)
        assert all(frame.height <= 2 * largest or len(days) == 1 for days, frame in pieces), name
        assert pl.concat([frame for _, frame in pieces]).equals(together[name]), name
    assert len(found["most_combined_products"]) > 2


def test_pairs_are_listed_once_with_measures_that_belong_together(loaded: tuple[Settings, Lake, Path]) -> None:
    pairs = frames_of(*loaded[:2])["most_combined_products"]
    assert pairs.height > 100
    assert pairs.filter(pl.col("product_a") >= pl.col("product_b")).is_empty()
    key = ["report_date", "report_dimension", "report_value", "product_a", "product_b"]
    assert not pairs.select(key).is_duplicated().any()
    for share in ("support", "confidence_ab", "confidence_ba", "jaccard"):
        assert pairs[share].is_between(0, 1).all()
    for confidence in ("confidence_ab", "confidence_ba"):
        assert (pairs["support"] <= pairs[confidence]).all()
        assert (pairs["jaccard"] <= pairs[confidence]).all()
    assert (pairs["orders"] >= pairs["min_orders"]).all()


def test_rules_of_two_products_have_the_figures_of_their_pair(loaded: tuple[Settings, Lake, Path]) -> None:
    frames = frames_of(*loaded[:2])
    rules = frames["association_rules"].filter(pl.col("antecedent").list.len() == 1)
    one, other = pl.col("antecedent").list.first(), pl.col("consequent")
    named = rules.with_columns(product_a=pl.min_horizontal(one, other), product_b=pl.max_horizontal(one, other))
    key = ["report_date", "report_dimension", "report_value", "product_a", "product_b"]
    both = named.join(frames["most_combined_products"], on=key, nulls_equal=True, suffix="_of_pair")
    assert both.height == rules.height > 0
    for column in ("orders", "support", "lift"):
        assert (both[column] == both[f"{column}_of_pair"]).all()
    forward = both.filter(one == pl.col("product_a"))
    assert (forward["confidence"] == forward["confidence_ab"]).all()


def test_frames_have_the_types_of_the_catalogue(loaded: tuple[Settings, Lake, Path]) -> None:
    for name, frame in frames_of(*loaded[:2]).items():
        schema = TableSchema.of(report_spec(name))
        edge = to_edge(frame, schema, 2, name)
        assert edge.schema == pl.Schema(schema.types)
        assert frame.select(schema.names).schema == edge.schema


def test_similar_products_have_no_more_than_ten_ranks_without_a_gap(loaded: tuple[Settings, Lake, Path]) -> None:
    similar = frames_of(*loaded[:2])["similar_products"]
    assert set(similar["report_dimension"]) == {"main"}
    groups = similar.group_by("report_date", "product").agg("rank", "score")
    for ranks, scores in groups.select("rank", "score").iter_rows():
        assert ranks == list(range(1, len(ranks) + 1))
        assert len(ranks) <= 10
        # But for the last bits of roots, the ranks being those of whole numbers.
        assert all(score >= following * (1 - 1e-12) for score, following in pairwise(scores))

"""Frequent sets and rules equal a count of all subsets, a library, and published figures."""

from __future__ import annotations

from fractions import Fraction
from itertools import combinations, pairwise
from math import ceil
from pathlib import Path
from typing import Any

import numpy as np
import polars as pl
import pytest

from ca_platform.models.baskets import association_rules, frequent_sets, incidence
from ca_platform.models.baskets.itemsets import needed_rows
from ca_platform_tests.models.baskets.brute import Baskets, Lines, subsets

SEEDS = range(12)


def expected_rules(baskets: Baskets, floor: int, min_confidence: str, max_size: int) -> dict[Any, tuple[Any, ...]]:
    """Antecedent and consequent to rows, support, confidence, lift, leverage, conviction."""
    counts = {size: subsets(baskets, size) for size in range(1, max_size + 1)}
    everything = len(baskets)
    rules: dict[Any, tuple[Any, ...]] = {}
    for size in range(2, max_size + 1):
        for members, rows in counts[size].items():
            if rows < floor:
                continue
            for consequent in members:
                antecedent = tuple(item for item in members if item != consequent)
                first, second = counts[size - 1][antecedent], counts[1][(consequent,)]
                if Fraction(rows, first) < Fraction(min_confidence):
                    continue
                rules[antecedent, consequent] = (
                    rows,
                    rows / everything,
                    rows / first,
                    float(Fraction(rows * everything, first * second)),
                    float(Fraction(rows, everything) - Fraction(first * second, everything**2)),
                    None
                    if rows == first
                    else float(Fraction((everything - second) * first, everything * (first - rows))),
                )
    return rules


def rules_of(frame: pl.DataFrame) -> dict[Any, tuple[Any, ...]]:
    return {
        (tuple(row["antecedent"]), row["consequent"]): (
            row["rows"],
            *(row[name] for name in ("support", "confidence", "lift", "leverage", "conviction")),
        )
        for row in frame.iter_rows(named=True)
    }


def assert_alike(found: dict[Any, tuple[Any, ...]], expected: dict[Any, tuple[Any, ...]]) -> None:
    assert set(found) == set(expected)
    for rule, values in expected.items():
        for own, value in zip(found[rule], values, strict=True):
            assert (own is None) == (value is None)
            assert own is None or own == pytest.approx(value, rel=1e-12, abs=1e-12)


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("max_size", [2, 4, 5])
def test_rules_of_every_cut_and_group_equal_a_count_of_all_subsets(seed: int, max_size: int) -> None:
    lines = Lines(seed, baskets=60, items=9, lines=300)
    source = lines.packed()
    floors = np.maximum(needed_rows(source.row_counts(), 0.1, least=2), 2)
    found = association_rules(frequent_sets(source, floors, max_size), 0.3)
    compared = 0
    for cut in range(lines.cuts):
        for group in range(lines.n_groups):
            expected = expected_rules(lines.baskets(cut, group), int(floors[cut, group]), "0.3", max_size)
            own = found.filter(cut=cut, group=group)
            assert_alike(rules_of(own), expected)
            assert set(own["rules_total"]) <= {len(expected)}
            assert set(own["min_rows"]) <= {int(floors[cut, group])}
            compared += len(expected)
    assert compared > 50


def test_only_the_rules_of_highest_lift_stay_and_all_are_counted() -> None:
    source = Lines(3, baskets=60, items=9, lines=300, groups=1, cuts=1).packed()
    sets = frequent_sets(source, np.array([[2]]), 3)
    whole, cut = association_rules(sets, 0.1), association_rules(sets, 0.1, limit=10)
    assert whole.height > 100
    assert cut.equals(whole.filter(pl.col("rank") <= 10))
    assert cut["rank"].to_list() == list(range(1, 11))
    assert set(cut["rules_total"]) == {whole.height}
    assert whole["lift"].is_sorted(descending=True)


@pytest.mark.parametrize("limit", [3, 8, 20])
@pytest.mark.parametrize("seed", SEEDS[:6])
def test_floor_rises_to_the_smallest_that_leaves_no_more_sets_than_allowed(seed: int, limit: int) -> None:
    lines = Lines(seed, baskets=60, items=9, lines=300)
    found = association_rules(
        frequent_sets(lines.packed(), np.full((lines.cuts, lines.n_groups), 2), 4, limit=limit), 0.1
    )
    for cut in range(lines.cuts):
        for group in range(lines.n_groups):
            baskets = lines.baskets(cut, group)
            sizes = [list(subsets(baskets, size).values()) for size in (2, 3, 4)]
            floor = next(m for m in range(2, 99) if all(sum(rows >= m for rows in own) <= limit for own in sizes))
            own = found.filter(cut=cut, group=group)
            assert_alike(rules_of(own), expected_rules(baskets, floor, "0.1", 4))
            assert set(own["min_rows"]) <= {floor}


def test_equal_large_baskets_do_not_explode() -> None:
    rows = np.repeat(np.arange(6), 200)
    source = incidence(np.append(rows, [6, 6, 7, 7]), np.append(np.tile(np.arange(200), 6), [0, 1, 0, 1]))
    (sets,) = frequent_sets(source, np.array([[5]]), 4)
    assert sets.floors.tolist() == [[7]]
    assert [len(level.members) for level in sets.levels[1:]] == [1, 0]


def test_thresholds_are_inclusive_and_compared_in_whole_numbers() -> None:
    # 0.07 × 100 is 7.000000000000001 in floating point, and 3 of 30 is exactly 0.1.
    assert needed_rows(np.array([[100]]), 0.07).tolist() == [[7]]
    assert needed_rows(np.array([[101]]), 0.07).tolist() == [[8]]
    assert needed_rows(np.array([[10]]), 0.07).tolist() == [[5]]
    baskets = [(0, 1)] * 3 + [(0, 2)] * 27
    source = incidence(np.repeat(np.arange(30), 2), np.array(baskets).ravel())
    sets = frequent_sets(source, np.array([[3]]), 2)
    assert ([0], 1) in association_rules(sets, 0.1).select("antecedent", "consequent").rows()
    assert ([0], 1) not in association_rules(sets, 0.1000001).select("antecedent", "consequent").rows()


def test_no_frequent_item_gives_no_rule() -> None:
    none = np.empty(0, np.int64)
    for source in (incidence(none, none), incidence(np.array([0, 0]), np.array([0, 1]))):
        assert association_rules(frequent_sets(source, np.array([[5]]), 4), 0.2).height == 0


# ---- Online Retail


def french_baskets(public_data: Path) -> pl.DataFrame:
    """Lines of the 392 French baskets of Online Retail, without cancellations and lines without a description."""
    lines = pl.read_parquet(public_data / "online_retail" / "lines.parquet")
    # Each description without the blanks around it, as the published figures have it.
    return lines.filter(
        (pl.col("Country").cast(pl.String) == "France")
        & ~pl.col("InvoiceNo").str.starts_with("C")
        & pl.col("Description").is_not_null()
    ).select(order=pl.col("InvoiceNo"), product=pl.col("Description").str.strip_chars())


def french_rules(lines: pl.DataFrame, min_support: float) -> pl.DataFrame:
    coded = lines.select(pl.col("order", "product").rank("dense").cast(pl.Int64) - 1)
    names = lines["product"].unique().sort()
    source = incidence(coded["order"].to_numpy(), coded["product"].to_numpy())
    floors = needed_rows(source.row_counts(), min_support)
    rules = association_rules(frequent_sets(source, floors, 4), 0.2)
    named = pl.col("antecedent").list.eval(pl.lit(names).gather(pl.element()))
    return rules.with_columns(named, consequent=pl.lit(names).gather(pl.col("consequent")))


def test_rules_of_french_baskets_have_their_published_figures(public_data: Path) -> None:
    lines = french_baskets(public_data)
    assert lines["order"].n_unique() == 392
    rules = french_rules(lines, 0.07)
    clock = "ALARM CLOCK BAKELIKE {}".format
    for one, other, *figures in (("GREEN", "RED", 0.0791, 0.8158, 8.643), ("PINK", "GREEN", 0.0740, 0.7250, 7.479)):
        rule = rules.filter(pl.col("antecedent") == [clock(one)], pl.col("consequent") == clock(other))
        support, confidence, lift = rule.select("support", "confidence", "lift").row(0)
        assert [round(support, 4), round(confidence, 4), round(lift, 3)] == figures


def test_rules_of_french_baskets_equal_those_of_efficient_apriori(public_data: Path) -> None:
    library = pytest.importorskip("efficient_apriori")
    lines = french_baskets(public_data)
    baskets = lines.unique().group_by("order").agg("product")["product"].to_list()
    _, rules = library.apriori([tuple(basket) for basket in baskets], 0.04, 0.2, max_length=4)
    expected = {
        (tuple(sorted(rule.lhs)), rule.rhs[0]): (rule.count_full, rule.support, rule.confidence, rule.lift)
        for rule in rules
        if len(rule.rhs) == 1 and rule.count_full >= ceil(0.04 * len(baskets))
    }
    found = {rule: values[:4] for rule, values in rules_of(french_rules(lines, 0.04)).items()}
    assert len(expected) > 100
    assert_alike(found, expected)


def test_frequent_sets_of_french_baskets_equal_those_of_mlxtend(public_data: Path) -> None:
    patterns = pytest.importorskip("mlxtend.frequent_patterns")
    lines = french_baskets(public_data).unique()
    table = lines.to_pandas().assign(there=True).pivot(index="order", columns="product", values="there")
    table = table.notna()
    found = patterns.fpgrowth(table, 0.04, use_colnames=True, max_len=4)
    expected = {frozenset(row.itemsets): round(row.support * len(table)) for row in found.itertuples()}
    names = lines["product"].unique().sort()
    coded = lines.select(pl.col("order", "product").rank("dense").cast(pl.Int64) - 1)
    source = incidence(coded["order"].to_numpy(), coded["product"].to_numpy())
    (sets,) = frequent_sets(source, needed_rows(source.row_counts(), 0.04), 4)
    own = {
        frozenset(names[int(code)] for code in sets.codes[list(members)]): int(rows[0])
        for level in sets.levels
        for members, rows in zip(level.members, level.rows, strict=True)
    }
    assert own == expected
    assert len(own) > 200


def test_every_subset_of_a_frequent_set_is_frequent() -> None:
    (sets,) = frequent_sets(Lines(1, groups=1, cuts=1).packed(), np.array([[3]]), 4)
    known = [
        {tuple(members): int(rows[0]) for members, rows in zip(level.members.tolist(), level.rows, strict=True)}
        for level in sets.levels
    ]
    for smaller, larger in pairwise(known):
        for members, rows in larger.items():
            for part in combinations(members, len(members) - 1):
                assert smaller[part] >= rows

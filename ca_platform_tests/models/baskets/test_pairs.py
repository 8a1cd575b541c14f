"""Pairs are counted exactly, by group and by cut."""

from __future__ import annotations

from typing import Any

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ca_platform.models.baskets import Grouping, frequent_pairs, frequent_pairs_by, incidence, listing, pairs
from ca_platform.models.baskets.counting import count_pairs
from ca_platform.models.baskets.listing import is_listed
from ca_platform.models.baskets.merging import merged
from ca_platform_tests.models.baskets.brute import Lines, subsets

SEEDS = range(20)


def found_pairs(lines: Lines, *, ordered: bool) -> dict[tuple[int, int, int, int], int]:
    """Rows by cut, group and the codes of both items."""
    source = lines.packed()
    found: dict[tuple[int, int, int, int], int] = {}

    def visit(cut: int, first: Any, second: Any, rows: Any) -> None:
        for a, b, count in zip(first.tolist(), second.tolist(), rows.tolist(), strict=True):
            assert source.groups[a] == source.groups[b]
            codes = (int(source.codes[a]), int(source.codes[b]))
            one, other = codes if ordered else sorted(codes)
            key = (cut, int(source.groups[a]), one, other)
            assert key not in found, "a pair came twice"
            found[key] = count

    count_pairs(source, visit, ordered=ordered)
    return found


@pytest.mark.parametrize("seed", SEEDS)
def test_pairs_of_every_cut_and_group_equal_a_count_by_loops(seed: int) -> None:
    lines = Lines(seed)
    expected = {
        (cut, group, *pair): rows
        for cut in range(lines.cuts)
        for group in range(lines.n_groups)
        for pair, rows in subsets(lines.baskets(cut, group), 2).items()
    }
    assert found_pairs(lines, ordered=False) == expected


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_pairs_are_symmetric(seed: int) -> None:
    lines = Lines(seed)
    both = found_pairs(lines, ordered=True)
    assert both == {(cut, group, b, a): rows for (cut, group, a, b), rows in both.items()}
    one = {key: rows for key, rows in both.items() if key[2] < key[3]}
    assert one == found_pairs(lines, ordered=False)


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_entries_of_a_row_that_come_later_pair_with_those_before(seed: int) -> None:
    lines = Lines(seed, groups=1)
    lines.since = np.random.default_rng(seed).integers(0, lines.cuts, lines.rows.size)
    expected = {
        (cut, 0, *pair): rows for cut in range(lines.cuts) for pair, rows in subsets(lines.baskets(cut, 0), 2).items()
    }
    assert found_pairs(lines, ordered=False) == expected


@given(st.lists(st.tuples(st.integers(0, 8), st.integers(0, 6)), max_size=60))
@settings(max_examples=60)
def test_a_pair_stands_in_no_more_rows_than_each_of_its_items(entries: list[tuple[int, int]]) -> None:
    rows, codes = (np.array([entry[place] for entry in entries], np.int64) for place in (0, 1))
    found = frequent_pairs(incidence(rows, codes), min_rows=1)
    assert (found["rows"] <= found["rows_first"]).all()
    assert (found["rows"] <= found["rows_second"]).all()
    assert (found["rows_first"] + found["rows_second"] - found["rows"] <= found["all_rows"]).all()
    baskets = {row: {code for other, code in entries if other == row} for row, _ in entries}
    assert found["rows"].sum() == sum(len(items) * (len(items) - 1) // 2 for items in baskets.values())


@pytest.mark.parametrize("seed", SEEDS[:5])
def test_pairs_below_the_minimum_are_counted_and_left_out(seed: int) -> None:
    lines = Lines(seed)
    found = frequent_pairs(lines.packed(), min_rows=3)
    for cut in range(lines.cuts):
        for group in range(lines.n_groups):
            expected = subsets(lines.baskets(cut, group), 2)
            own = found.filter(cut=cut, group=group)
            kept = {tuple(sorted(row[:2])): row[2] for row in own.select("first", "second", "rows").iter_rows()}
            assert kept == {pair: rows for pair, rows in expected.items() if rows >= 3}
            assert set(own["pairs_below"]) <= {sum(rows < 3 for rows in expected.values())}
            assert set(own["min_rows"]) <= {3}


@pytest.mark.parametrize("seed", SEEDS[:10])
@pytest.mark.parametrize("limit", [3, 1000])
def test_groupings_counted_together_equal_each_counted_alone(
    seed: int, limit: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = Lines(seed, groups=1, baskets=200, lines=600, cuts=1 + seed % 3).packed()
    dice = np.random.default_rng(seed)
    sizes = (1, 2, 7)
    groupings = [Grouping(dice.integers(0, size, source.n_rows), size) for size in sizes]
    assert is_listed(source, groupings)
    monkeypatch.setattr(listing, "_BLOCK_PAIRS", 40)
    listed = frequent_pairs_by(source, groupings, 2, limit)
    monkeypatch.setattr(pairs, "is_listed", lambda *_: False)
    counted = frequent_pairs_by(source, groupings, 2, limit)
    key = ["cut", "group", "one", "other"]
    one, other = pl.min_horizontal("first", "second"), pl.max_horizontal("first", "second")
    for alone, together in zip(counted, listed, strict=True):
        frames = []
        for frame in (alone, together):
            # Which of a pair is the first differs: the frequency of items does by group.
            is_turned = pl.col("first") > pl.col("second")
            turned = pl.when(is_turned)
            named = frame.with_columns(
                one=one,
                other=other,
                rows_first=turned.then("rows_second").otherwise("rows_first"),
                rows_second=turned.then("rows_first").otherwise("rows_second"),
            )
            frames.append(named.drop("first", "second").sort(key))
        assert frames[0].height > 0
        assert frames[0].equals(frames[1])


def test_large_or_merged_baskets_are_not_listed() -> None:
    small = incidence(np.repeat(np.arange(50), 3), np.arange(150) % 7)
    one = [Grouping(np.zeros(50, np.int64), 1)]
    assert is_listed(small, one)
    assert not is_listed(merged(small), [Grouping(np.zeros(merged(small).n_rows, np.int64), 1)])
    large = incidence(np.repeat(np.arange(50), 30), np.arange(1500) % 31)
    assert not is_listed(large, one)
    # An entry that comes later than its row.
    assert not is_listed(incidence(np.array([0, 0]), np.array([1, 2]), since=np.array([0, 1]), cuts=2), one)


@pytest.mark.parametrize("limit", [1, 5, 17, 40])
def test_minimum_rises_to_the_smallest_that_leaves_no_more_than_the_limit(limit: int) -> None:
    lines = Lines(7, baskets=300, lines=2000)
    found = frequent_pairs(lines.packed(), min_rows=2, limit=limit)
    for cut in range(lines.cuts):
        for group in range(lines.n_groups):
            counts = list(subsets(lines.baskets(cut, group), 2).values())
            least = next(m for m in range(2, max(counts) + 2) if sum(rows >= m for rows in counts) <= limit)
            own = found.filter(cut=cut, group=group)
            assert own.height == sum(rows >= least for rows in counts)
            if own.height:
                assert set(own["min_rows"]) == {least}
                assert set(own["pairs_below"]) == {sum(rows < least for rows in counts)}


def test_minimum_rises_above_the_counts_that_are_told_apart_while_counting() -> None:
    # Three items in 300, 301, … baskets: the limit of one pair lies above what the tally tells apart.
    baskets = [(0, 1)] * 301 + [(0, 2)] * 300 + [(1, 2)] * 299
    rows = np.repeat(np.arange(len(baskets)), 2)
    found = frequent_pairs(incidence(rows, np.array(baskets).ravel()), min_rows=2, limit=1)
    assert found.select("rows", "min_rows", "pairs_below").rows() == [(301, 301, 2)]


def test_no_lines_give_no_pairs() -> None:
    none = np.empty(0, np.int64)
    assert frequent_pairs(incidence(none, none)).height == 0
    assert frequent_pairs(incidence(np.array([3]), np.array([9])), min_rows=1).height == 0


def test_a_product_twice_in_a_basket_counts_once() -> None:
    found = frequent_pairs(incidence(np.array([0, 0, 0, 0]), np.array([1, 2, 1, 2])), min_rows=1)
    assert found.select("rows", "rows_first", "rows_second", "all_rows").rows() == [(1, 1, 1, 1)]

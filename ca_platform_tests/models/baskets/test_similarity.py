"""The most similar items, by loops and by their properties."""

from __future__ import annotations

from fractions import Fraction
from math import sqrt

import numpy as np
import polars as pl
import pytest

from ca_platform.models.baskets import incidence, similar_items
from ca_platform_tests.models.baskets.brute import Lines


def expected_similar(
    lines: Lines, cut: int, ranks: list[int], count: int, least: int
) -> list[tuple[int, int, float, int]]:
    baskets = lines.baskets(cut, 0)
    holders = {code: {row for row, items in baskets.items() if code in items} for code in set(lines.codes.tolist())}
    found = []
    for item in sorted(holders):
        near = []
        for other, rows in holders.items():
            both = len(holders[item] & rows)
            if other != item and both >= least:
                near.append((-Fraction(both * both, len(rows)), ranks[other], other, both))
        for place, (_, _, other, both) in enumerate(sorted(near)[:count], start=1):
            found.append((item, other, both / sqrt(len(holders[item]) * len(holders[other])), place))
    return found


@pytest.mark.parametrize("seed", range(12))
@pytest.mark.parametrize("count", [1, 3, 20])
def test_similar_items_of_every_cut_equal_those_by_loops(seed: int, count: int) -> None:
    lines = Lines(seed, groups=1, lines=260, items=14)
    dice = np.random.default_rng(seed)
    lines.since = dice.integers(0, lines.cuts, lines.rows.size)
    ranks = np.array([dice.permutation(14) for _ in range(lines.cuts)])
    found = similar_items(lines.packed(), ranks, count=count)
    for cut in range(lines.cuts):
        own = found.filter(cut=cut).sort("item", "rank")
        expected = expected_similar(lines, cut, ranks[cut].tolist(), count, 2)
        assert own.select("item", "similar", "rank").rows() == [(a, b, rank) for a, b, _, rank in expected]
        assert own["score"].to_list() == pytest.approx([score for _, _, score, _ in expected], rel=1e-12)


def test_items_that_only_stand_together_have_score_1_and_one_common_row_is_not_enough() -> None:
    found = similar_items(incidence(np.array([0, 0, 1, 1, 2, 2]), np.array([0, 1, 0, 1, 2, 3])), np.arange(4)[None, :])
    assert found.sort("item").select("item", "similar", "score", "rank").rows() == [(0, 1, 1.0, 1), (1, 0, 1.0, 1)]


def test_scores_are_symmetric_where_both_are_listed() -> None:
    lines = Lines(2, groups=1, cuts=1, items=8)
    found = similar_items(lines.packed(), np.arange(8)[None, :], count=20)
    scores = {(a, b): score for a, b, score in found.select("item", "similar", "score").iter_rows()}
    assert scores
    assert scores == {(b, a): score for (a, b), score in scores.items()}
    assert all(0 < score <= 1 for score in scores.values())
    assert found.filter(pl.col("item") == pl.col("similar")).is_empty()

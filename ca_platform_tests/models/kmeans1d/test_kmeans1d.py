"""Clusters on a line are the optimum, whatever the shape and the number of the values."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given
from hypothesis import strategies as st

from ca_platform.models.kmeans1d import distinct, fit, kmeans1d, quantiles1d
from ca_platform_tests.models.kmeans1d.slow import best_of_all, by_layers

# The example of the manual of the R package Ckmeans.1d.dp.
MANUAL = [-1, 2, 4, 5, 6]

SHAPES: dict[str, Callable[[np.random.Generator, int], npt.NDArray[np.float64]]] = {
    "even": lambda dice, n: np.arange(n, dtype=float),
    "skewed": lambda dice, n: np.sort(np.exp(dice.normal(3, 1.5, n))),
    "far from zero": lambda dice, n: np.sort(1e9 + dice.random(n)),
    "one far away": lambda dice, n: np.append(np.sort(dice.random(n - 1)), 1e4),
    "heaps": lambda dice, n: np.sort(dice.normal(dice.integers(0, 6, n) * 20.0, 1)),
}


@given(
    st.dictionaries(st.integers(-40, 40), st.integers(1, 9), min_size=1, max_size=9),
    st.integers(1, 5),
)
def test_small_inputs_equal_the_best_of_all_partitions(counts: dict[int, int], clusters: int) -> None:
    values, weights = sorted(counts), [counts[value] for value in sorted(counts)]
    found = kmeans1d(values, clusters, weights)
    starts, cost = best_of_all(values, weights, min(clusters, len(values)))
    # Ties are many among whole numbers: the same of several optima is chosen.
    assert found.starts.tolist() == starts
    assert found.cost == pytest.approx(float(cost), abs=1e-9)
    assert found.sizes.tolist() == [sum(weights[a:b]) for a, b in zip(starts, [*starts[1:], len(values)], strict=True)]


@pytest.mark.parametrize("shape", sorted(SHAPES))
@pytest.mark.parametrize("count", [7, 97, 700])
def test_cost_equals_the_plain_dynamic_program(shape: str, count: int) -> None:
    dice = np.random.default_rng(count)
    values = np.unique(SHAPES[shape](dice, count))
    weights = dice.integers(1, 50, len(values)).astype(float)
    for clusters in (2, 3, 5, 8):
        slow = by_layers(values, weights, clusters) if clusters < len(values) else 0.0
        assert kmeans1d(values, clusters, weights).cost == pytest.approx(slow, rel=1e-7, abs=1e-9)


@pytest.mark.parametrize("shape", sorted(SHAPES))
@pytest.mark.parametrize("clusters", [2, 5])
def test_narrowing_loses_no_optimum(shape: str, clusters: int, monkeypatch: pytest.MonkeyPatch) -> None:
    dice = np.random.default_rng(7)
    values = np.unique(SHAPES[shape](dice, 20_000))
    weights = dice.integers(1, 3, len(values)).astype(float)
    narrowed = kmeans1d(values, clusters, weights)
    monkeypatch.setattr(fit, "FEW", len(values))
    whole = kmeans1d(values, clusters, weights)
    np.testing.assert_array_equal(narrowed.starts, whole.starts)
    assert narrowed.cost == whole.cost


def test_example_of_the_paper_s_package() -> None:
    found = kmeans1d(MANUAL, 3)
    assert found.starts.tolist() == [0, 1, 2]
    assert found.centers.tolist() == [-1, 2, 5]


def test_fewer_distinct_values_than_clusters_give_fewer_clusters() -> None:
    assert kmeans1d([3.0, 8.0], 5, [4, 1]).centers.tolist() == [3, 8]
    assert kmeans1d([], 5).count == 0


def test_weights_count_as_repeated_values() -> None:
    rows = np.random.default_rng(3).integers(0, 60, 5000).astype(float)
    values, counts = distinct(rows)
    np.testing.assert_array_equal(values, np.unique(rows))
    found = kmeans1d(values, 4, counts)
    members = np.split(np.sort(rows), np.cumsum(found.sizes).astype(int)[:-1])
    assert found.cost == pytest.approx(sum(((own - own.mean()) ** 2).sum() for own in members))


@pytest.mark.parametrize(
    ("values", "weights", "clusters", "words"),
    [
        ([1.0, 1.0], None, 2, "distinct"),
        ([2.0, 1.0], None, 2, "sorted"),
        ([1.0, np.nan], None, 2, "finite"),
        ([1.0, 2.0], [1.0, 0.0], 2, "positive"),
        ([1.0, 2.0], [1.0], 2, "one weight"),
        ([1.0, 2.0], None, 0, "at least 1"),
    ],
)
def test_input_that_makes_no_sense_is_refused(
    values: list[float], weights: list[float] | None, clusters: int, words: str
) -> None:
    with pytest.raises(ValueError, match=words):
        kmeans1d(values, clusters, weights)


@given(st.dictionaries(st.integers(0, 50), st.integers(1, 9), min_size=1, max_size=30))
def test_quantile_groups_hold_at_most_their_share_before_the_last_value(counts: dict[int, int]) -> None:
    values = sorted(counts)
    weights = np.array([counts[value] for value in values])
    found = quantiles1d(values, 5, weights)
    ends: npt.NDArray[np.int64] = np.append(found.starts[1:], len(values))
    assert found.sizes.sum() == weights.sum()
    shares = list(range(1, 5))
    smallest = [
        next(n for n in range(len(values)) if weights[: n + 1].sum() * 5 >= share * weights.sum()) for share in shares
    ]
    assert set(ends[:-1]) == {n + 1 for n in smallest} - {len(values)}

"""Figures of counted values equal those of the values themselves."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import false_discovery_control, mannwhitneyu

from ca_platform.models.deliveries.histogram import Histogram, Pool, false_discoveries, larger

DICE = np.random.default_rng(7)
GROUP = np.sort(DICE.integers(0, 5, 400))
VALUE = DICE.integers(0, 40, 400) * 1_500_000 + GROUP * 3_000_000


def counted() -> Histogram:
    """The values counted, one of them in two rows."""
    pairs, count = np.unique(np.stack([GROUP, VALUE]), axis=1, return_counts=True)
    doubled = np.repeat(np.arange(len(count)), np.where(np.arange(len(count)) == 3, 2, 1))
    own = count[doubled]
    own[3] = 0
    return Histogram(pairs[0][doubled], pairs[1][doubled], own, 7)


def test_sizes_means_and_quantiles_of_groups_are_those_of_their_values() -> None:
    found = counted()
    assert found.sizes().tolist() == [*np.bincount(GROUP).tolist(), 0, 0]
    for group in range(5):
        own = VALUE[group == GROUP]
        assert found.means()[group] == own.mean()
        for share in (0.0, 0.5, 0.9, 1.0):
            assert found.quantiles(share)[group] == pytest.approx(np.quantile(own, share), rel=1e-12)
    assert np.isnan(found.means()[5:]).all()
    assert np.isnan(found.quantiles(0.5)[5:]).all()


def test_mean_of_long_durations_is_exact_where_their_sum_is_beyond_whole_numbers() -> None:
    years = np.array([10**16, 10**16 + 1])
    found = Histogram(np.zeros(2, np.int64), years, np.array([3 * 10**6, 10**6]), 1)
    assert found.means()[0] == pytest.approx(1e16 + 0.25, rel=1e-15)


def test_test_of_a_group_against_the_rest_is_that_of_mann_and_whitney() -> None:
    values, count = np.unique(VALUE, return_counts=True)
    pool = Pool(np.zeros(len(values), np.int64), count, 1)
    ranks = dict(zip(values.tolist(), pool.ranks().tolist(), strict=True))
    for group in range(5):
        own, rest = VALUE[group == GROUP], VALUE[group != GROUP]
        sums = np.array([sum(ranks[value] for value in own.tolist())])
        sizes = np.array([float(len(own))])
        (p,) = larger(sums, sizes, np.array([400.0]), pool.ties())
        expected = mannwhitneyu(own, rest, alternative="greater", method="asymptotic").pvalue
        assert p == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize(("sizes", "ties"), [(0.0, 0.0), (4.0, 0.0), (2.0, 60.0)])
def test_no_group_no_rest_and_a_single_value_tell_nothing(sizes: float, ties: float) -> None:
    assert np.isnan(larger(np.array([5.0]), np.array([sizes]), np.array([4.0]), np.array([ties]))).all()


def test_adjusted_p_values_of_each_row_are_those_of_benjamini_and_hochberg() -> None:
    p = DICE.random((3, 30)) ** 2
    p[1, 5:] = np.nan
    p[2] = np.nan
    found = false_discoveries(p)
    assert found[0] == pytest.approx(false_discovery_control(p[0]))
    assert found[1, :5] == pytest.approx(false_discovery_control(p[1, :5]))
    assert np.isnan(found[1, 5:]).all()
    assert np.isnan(found[2]).all()

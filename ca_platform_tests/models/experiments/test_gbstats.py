"""The same questions answered by the published formulas of gbstats (GrowthBook), from sums alone as it does."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ca_platform.models.experiments import Moments, cuped, sample_ratio, welch
from ca_platform.models.experiments.records import Floats
from ca_platform_tests.models.experiments.sides import spending


def side(count: int, mean: float, deviation: float) -> Moments:
    """The record of a side of which only these are known."""
    square = (count - 1) * deviation**2 + count * mean**2
    return Moments(np.array(float(count)), np.array([count * mean]), np.array([[square]]))


def test_two_sided_test_has_the_published_interval_and_p() -> None:
    # Its own test: .41 ± 3.9 of 3,407 against .70 ± 6.2 of 3,461.
    found = welch(side(3407, 0.41, 3.9), side(3461, 0.70, 6.2))
    assert round(float(found.estimate), 5) == 0.29
    assert (round(float(found.low), 5), round(float(found.high), 5)) == (0.04538, 0.53462)
    assert round(float(found.p_value), 5) == 0.02016


def covariance(x: Floats, y: Floats) -> float:
    """Of sums of products, with the divisor n − 1."""
    return float(((x * y).sum() - x.sum() * y.sum() / x.size) / (x.size - 1))


@pytest.mark.parametrize("sizes", [(40, 60), (500, 450)])
def test_adjusted_means_are_those_of_its_regression_adjustment(sizes: tuple[int, int]) -> None:
    # theta of both sides together; the variance of a side is that of the outcome plus theta² of what was before, less
    # twice theta times their covariance; degrees of freedom by Welch and Satterthwaite.
    before = [spending(size, seed) for seed, size in enumerate(sizes)]
    after = [np.round(0.6 * known + spending(known.size, 7 + n, 1.0 + 0.2 * n), 2) for n, known in enumerate(before)]
    together = np.concatenate(before), np.concatenate(after)
    theta = covariance(*together) / covariance(together[0], together[0])
    mean = [after[n].mean() - theta * before[n].mean() for n in (0, 1)]
    variance = [
        covariance(after[n], after[n])
        + theta**2 * covariance(before[n], before[n])
        - 2 * theta * covariance(after[n], before[n])
        for n in (0, 1)
    ]
    shares = [variance[n] / sizes[n] for n in (0, 1)]
    degrees = sum(shares) ** 2 / sum(shares[n] ** 2 / (sizes[n] - 1) for n in (0, 1))
    width = stats.t.ppf(0.975, degrees) * np.sqrt(sum(shares))
    p = 2 * stats.t.sf(abs(mean[1] - mean[0]) / np.sqrt(sum(shares)), degrees)
    found = cuped(Moments.of(after[0], before[0]), Moments.of(after[1], before[1]))
    assert found.estimate == pytest.approx(mean[1] - mean[0], rel=1e-9)
    assert (found.low, found.high) == pytest.approx((mean[1] - mean[0] - width, mean[1] - mean[0] + width), rel=1e-9)
    assert found.p_value == pytest.approx(p, rel=1e-9)


def test_check_of_sizes_is_its_chi_square() -> None:
    # Observed against expected by weights, one degree of freedom less than there are variants.
    users, weights = np.array([5_100, 2_420, 2_380]), np.array([0.5, 0.25, 0.25])
    expected = users.sum() * weights
    known = stats.chi2.sf(((users - expected) ** 2 / expected).sum(), 2)
    assert sample_ratio(users, weights) == pytest.approx(known, rel=1e-9)

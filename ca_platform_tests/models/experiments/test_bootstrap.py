"""Bootstrap by weights against SciPy's rows, and accept_ratio as it is defined."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from ca_platform.errors import ValidationError
from ca_platform.models.experiments import Bootstrap, Values, bootstrap_difference, bootstrap_mean
from ca_platform.models.experiments.bootstrap import Weights
from ca_platform_tests.models.experiments.sides import spending

A, B = spending(150, 1), spending(180, 2, 1.2)
MANY = 10_000


def _close(found: Bootstrap, method: str, known: stats.bootstrap) -> None:
    ends = (found.low, found.high) if method == "percentile" else (found.bca_low, found.bca_high)
    interval = known.confidence_interval
    tolerance = 0.03 * (interval.high - interval.low)
    assert (ends[0][0], ends[1][0]) == pytest.approx((interval.low, interval.high), abs=tolerance)


@pytest.mark.parametrize("weights", ["poisson", "multinomial"])
@pytest.mark.parametrize("method", ["percentile", "BCa"])
def test_intervals_are_scipys(weights: Weights, method: str) -> None:
    def apart(one: np.ndarray, other: np.ndarray, axis: int = -1) -> np.ndarray:
        return np.asarray(other.mean(axis=axis) - one.mean(axis=axis))

    known = stats.bootstrap((A, B), apart, method=method, n_resamples=4_000, rng=1)
    _close(bootstrap_difference(Values.of(A), Values.of(B), 4_000, weights=weights), method, known)


def test_skewed_changes_have_a_skewed_interval() -> None:
    changes = np.random.default_rng(3).gamma(0.3, 10.0, 200)
    known = stats.bootstrap((changes,), np.mean, method="BCa", n_resamples=5_000, rng=1)
    found = bootstrap_mean(Values.of(changes), 5_000)
    _close(found, "BCa", known)
    assert found.bca_high[0] - found.estimate[0] > 1.1 * (found.estimate[0] - found.bca_low[0])


def test_accept_ratio_is_the_share_of_resamples_whose_normal_interval_covers_zero() -> None:
    changes = spending(60, 5) - spending(60, 6)
    changes -= 0.7 * changes.mean()
    dice = np.random.default_rng(9)
    drawn = changes[dice.integers(0, 60, (MANY, 60))]
    error = drawn.std(axis=1, ddof=1) / np.sqrt(60)
    by_rows = float(np.mean(np.abs(drawn.mean(axis=1)) <= stats.norm.ppf(0.975) * error))
    for weights in ("poisson", "multinomial"):
        found = bootstrap_mean(Values.of(changes), 5_000, weights=weights)
        assert found.accept_ratio[0] == pytest.approx(by_rows, abs=0.02)


def test_items_larger_than_the_pool_of_weights_have_independent_weights_throughout(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    values = Values.of(np.random.default_rng(4).normal(size=300))
    wide = bootstrap_mean(values, 4_000)
    monkeypatch.setattr("ca_platform.models.experiments.bootstrap._POOL", 64)
    pieces = bootstrap_mean(values, 4_000)
    assert pieces.high[0] - pieces.low[0] == pytest.approx(wide.high[0] - wide.low[0], rel=0.06)


def test_zeros_together_are_zeros_one_by_one() -> None:
    values = np.append(np.zeros(9), spending(40, 8)[:20])
    one_by_one = Values(np.sort(values), np.ones(values.size), np.array([0, values.size]))
    together, apart = bootstrap_mean(Values.of(values), MANY), bootstrap_mean(one_by_one, MANY)
    assert together.low[0] == pytest.approx(apart.low[0], rel=0.05)
    assert together.high[0] == pytest.approx(apart.high[0], rel=0.05)


def test_equal_seeds_give_equal_resamples_which_can_be_kept() -> None:
    values = Values.of(np.concatenate([A, B]), np.repeat([0, 1], [A.size, B.size]), 2)
    kept, again = np.empty((2, 400)), np.empty((2, 400))
    first = bootstrap_mean(values, 400, seed=5, keep=kept)
    bootstrap_mean(values, 400, seed=5, keep=again)
    assert (kept == again).all()
    assert kept.mean(axis=1) == pytest.approx([A.mean(), B.mean()], rel=0.02)
    assert np.quantile(kept, 0.975, axis=1) == pytest.approx(first.high)


def test_sides_with_different_items_are_refused() -> None:
    with pytest.raises(ValidationError, match="items"):
        bootstrap_difference(Values.of(A, np.zeros(A.size), 2), Values.of(B))


def test_noise_of_the_controls_widens_the_interval_and_covers_zero_more_often() -> None:
    changes = Values.of(spending(100, 5) - spending(100, 6) - 3)
    error = float(np.sqrt(changes.moments().variance()[0] / 100))
    plain, noisy = bootstrap_mean(changes, 4_000), bootstrap_mean(changes, 4_000, noise=100 * error)
    widths = [found.high[0] - found.low[0] for found in (plain, noisy)]
    assert widths[1] / widths[0] == pytest.approx(np.sqrt(2), rel=0.05)
    assert noisy.accept_ratio[0] > plain.accept_ratio[0]
    mirrored = bootstrap_mean(Values.of(-(spending(100, 5) - spending(100, 6) - 3)), 4_000, noise=100 * error)
    assert mirrored.low[0] == pytest.approx(-noisy.high[0], rel=1e-6)

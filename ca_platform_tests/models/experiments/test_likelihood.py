"""Likelihood ratios and the five families against direct maximization, statsmodels and SciPy."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from scipy import optimize, stats
from statsmodels.othermod.betareg import BetaModel

from ca_platform.models.experiments import (
    Comparison,
    Moments,
    Values,
    best_family,
    beta_means,
    fit_families,
    gamma_means,
)
from ca_platform.models.experiments.records import Floats
from ca_platform_tests.models.experiments.sides import counts, spending

DICE = np.random.default_rng(2)
X, Y = DICE.gamma(2.0, 3.0, 60), DICE.gamma(2.0, 4.0, 80)
U, V = DICE.beta(2, 5, 40), DICE.beta(3, 5, 50)


def _gamma(*sides: np.ndarray) -> Comparison:
    one, other = (Moments.of(side, np.log(side)) for side in sides)
    return gamma_means(one, other)


def _beta(*sides: np.ndarray) -> Comparison:
    one, other = (Moments.of(side, np.log(side), np.log1p(-side)) for side in sides)
    return beta_means(one, other)


def test_gamma_ratio_is_the_one_of_direct_maximization() -> None:
    def loss(logs: np.ndarray, sides: tuple[np.ndarray, ...]) -> float:
        shape, means = np.exp(logs[-1]), np.exp(logs[:-1])
        return -float(
            sum(stats.gamma.logpdf(x, shape, scale=mean / shape).sum() for x, mean in zip(sides, means, strict=True))
        )

    def smallest(*sides: np.ndarray) -> float:
        start = np.array([*(np.log(side.mean()) for side in sides), 0.5])
        return float(optimize.minimize(loss, start, args=(sides,), options={"gtol": 1e-8}).fun)

    known = 2 * (smallest(np.append(X, Y)) - smallest(X, Y))
    found = _gamma(X, Y)
    assert found.statistic == pytest.approx(known, abs=1e-8)
    assert found.p_value == pytest.approx(stats.chi2.sf(known, 1), rel=1e-7)
    assert found.estimate == pytest.approx(Y.mean() / X.mean())


def test_beta_ratio_is_statsmodels() -> None:
    values, is_b = np.append(U, V), np.arange(90) >= 40
    columns = np.column_stack([np.ones(90), is_b])
    apart, together = (BetaModel(values, part).fit(disp=0) for part in (columns, columns[:, :1]))
    found = _beta(U, V)
    assert found.statistic == pytest.approx(2 * (apart.llf - together.llf), abs=1e-7)
    predicted = apart.predict([[1.0, 0.0], [1.0, 1.0]])
    assert found.estimate == pytest.approx(predicted[1] - predicted[0], abs=1e-5)
    assert found.low < found.estimate < found.high


@pytest.mark.parametrize("test", [_gamma, _beta])
def test_swapped_sides_have_the_same_p_value(test: object) -> None:
    one, other = (X, Y) if test is _gamma else (U, V)
    assert test(one, other).p_value == pytest.approx(test(other, one).p_value, rel=1e-7)  # type: ignore[operator]


def test_gamma_rejects_rarely_where_nothing_differs() -> None:
    dice = np.random.default_rng(11)
    a, b = (dice.gamma(0.7, 20.0, (4000, 60)) for _ in range(2))
    one, other = (Moments(np.full(4000, 60.0), *_gamma_sums(part)) for part in (a, b))
    assert np.mean(gamma_means(one, other).p_value < 0.05) == pytest.approx(0.053, abs=0.01)


def _gamma_sums(amounts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    pair = np.stack([amounts, np.log(amounts)], axis=-1)
    return pair.sum(axis=1), np.einsum("ijk,ijl->ikl", pair, pair)


FITS: dict[str, tuple[Floats, Callable[[Floats], Any]]] = {
    "poisson": (DICE.poisson(2.0, 150).astype(float), lambda x: stats.poisson(x.mean())),
    "binomial": ((DICE.random(150) < 0.3).astype(float), lambda x: stats.binom(1, x.mean())),
    "gaussian": (DICE.normal(3, 2, 150), lambda x: stats.norm(x.mean(), x.std())),
    "gamma": (DICE.gamma(2, 3, 150), lambda x: stats.gamma(*stats.gamma.fit(x, floc=0))),
    "beta": (DICE.beta(2, 0.7, 150), lambda x: stats.beta(*stats.beta.fit(x, floc=0, fscale=1))),
}


@pytest.mark.parametrize("family", list(FITS))
def test_families_are_fitted_as_by_scipy(family: str) -> None:
    sample, fit = FITS[family]
    known = fit(sample)
    found = fit_families(Values.of(sample))[family]  # type: ignore[index]
    is_count = family in {"poisson", "binomial"}
    log_likelihood = (known.logpmf if is_count else known.logpdf)(sample).sum()
    assert found.aic[0] == pytest.approx(2 * (1 if is_count else 2) - 2 * log_likelihood, abs=1e-7)
    if not is_count:
        assert found.distance[0] == pytest.approx(stats.kstest(sample, known.cdf).statistic, abs=1e-6)


@pytest.mark.parametrize("family", ["poisson", "gaussian", "gamma", "beta"])
def test_family_that_made_the_sample_is_found(family: str) -> None:
    assert best_family(fit_families(Values.of(FITS[family][0]))).tolist() == [family]


def test_conversion_is_binomial_and_amounts_with_zeros_are_none_but_gaussian() -> None:
    assert best_family(fit_families(Values.of(FITS["binomial"][0]))).tolist() == ["binomial"]
    fitted = fit_families(Values.of(spending(200, 1)))
    assert [family for family, part in fitted.items() if part.is_possible[0]] == ["gaussian"]
    assert fitted["gaussian"].distance[0] > 0.2


def test_rare_counts_are_no_gaussian_though_its_density_is_above_one() -> None:
    rare = Values.of([*[0.0] * 97, 1.0, 1.0, 2.0])
    fitted = fit_families(rare)
    assert fitted["gaussian"].parameters["standard_deviation"][0] < 0.3
    assert best_family(fitted).tolist() == ["poisson"]
    mean, deviation = (fitted["gaussian"].parameters[name][0] for name in ("mean", "standard_deviation"))
    held = [stats.norm.cdf(n + 0.5, mean, deviation) - stats.norm.cdf(n - 0.5, mean, deviation) for n in (0, 1, 2)]
    log_likelihood = 97 * np.log(held[0]) + 2 * np.log(held[1]) + np.log(max(held[2], np.finfo(np.float64).tiny))
    assert fitted["gaussian"].aic[0] == pytest.approx(4 - 2 * log_likelihood, rel=1e-6)


def test_families_of_many_items_are_each_by_itself_and_silent_ones_have_none() -> None:
    samples = [counts(60, 1), spending(80, 2), np.empty(0), np.zeros(40), X]
    item = np.repeat(np.arange(5), [sample.size for sample in samples])
    together = fit_families(Values.of(np.concatenate(samples), item, 5))
    for number, sample in enumerate(samples):
        alone = fit_families(Values.of(sample))
        for family, part in together.items():
            assert part.aic[number] == pytest.approx(alone[family].aic[0], rel=1e-9)
            assert part.distance[number] == pytest.approx(alone[family].distance[0], abs=1e-9)
    assert best_family(together).tolist()[2:4] == ["", ""]

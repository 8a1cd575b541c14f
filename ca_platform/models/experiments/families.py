"""Which family of distributions describes an outcome: fitted to both sides together, blind to which is which.

It describes and does not choose the test. Only families whose support holds all values are fitted: Poisson for counts,
Binomial for counts out of so many trials, Gaussian for anything, Gamma for what is above 0, Beta for what lies between 0
and 1. An amount that is 0 for many customers is none of these; Gaussian is then the only one left, and its goodness of fit
says how bad it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias, get_args

import numpy as np
from numpy.typing import NDArray

from ca_platform.models.experiments.likelihood import gamma_shape
from ca_platform.models.experiments.records import Bools, Floats, Values
from ca_platform.models.experiments.special import digamma, log_gamma, normal_below, trigamma

Family: TypeAlias = Literal["poisson", "binomial", "gaussian", "gamma", "beta"]
FAMILIES: tuple[Family, ...] = get_args(Family)
PARAMETERS: Mapping[Family, tuple[str, ...]] = {
    "poisson": ("mean",),
    "binomial": ("share",),
    "gaussian": ("mean", "standard_deviation"),
    "gamma": ("shape", "scale"),
    "beta": ("alpha", "beta"),
}
_STEPS = 200


@dataclass(frozen=True, slots=True, eq=False)
class FamilyFit:
    """One family, fitted to each item by maximum likelihood.

    Attributes:
        parameters: by name, in the unit of the outcome (``mean``, ``standard_deviation``, ``scale``) or without unit; 0
            where the family is not possible.
        aic: 2 parameters − 2 log likelihood (Akaike 1974, "A new look at the statistical model identification", eq. 4.9);
            smaller is better, infinite where the family is not possible. Of whole numbers a continuous family is asked
            for the probability of the unit around each, as its density may exceed 1.
        distance: largest gap between the distribution function of the sample and the fitted one (Kolmogorov 1933), 0 to
            1; 0 is best. It has no p-value: the parameters are fitted to the same sample.
        is_possible: the support holds all values of the item, and they vary.
    """

    family: Family
    parameters: Mapping[str, Floats]
    aic: Floats
    distance: Floats
    is_possible: Bools


def fit_families(values: Values, trials: int = 1) -> dict[Family, FamilyFit]:
    """All five families for all items.

    Args:
        values: outcomes of both sides together.
        trials: of the binomial family: 1 for whether a customer converts.

    >>> orders = Values.of([0, 0, 0, 1, 2, 0, 1, 1, 3, 0])
    >>> fitted = fit_families(orders)
    >>> fitted["poisson"].parameters["mean"], fitted["gamma"].is_possible, best_family(fitted)
    (array([0.8]), array([False]), array(['poisson'], dtype='<U8'))
    """
    moments = values.moments()
    varies = (moments.count >= 2) & (moments.variance() > 0)
    sample = _Sample(values, np.maximum(moments.count, 1), moments.mean[..., 0])
    is_count = sample.all_are(lambda value: (value >= 0) & (value % 1 == 0))
    possible: dict[Family, Bools] = {
        "poisson": is_count,
        "binomial": is_count & sample.all_are(lambda value: value <= trials),
        "gaussian": np.ones(len(values), bool),
        "gamma": sample.all_are(lambda value: value > 0),
        "beta": sample.all_are(lambda value: (value > 0) & (value < 1)),
    }
    found = {}
    for family in FAMILIES:
        is_possible = possible[family] & varies
        parameters, log_likelihood, distribution = _FITS[family](sample, is_possible, trials)
        step = 1.0 if family in {"poisson", "binomial"} else 0.0
        if not step:
            log_likelihood = np.where(is_count, sample.of_units(distribution), log_likelihood)
        names = PARAMETERS[family]
        found[family] = FamilyFit(
            family,
            {name: np.where(is_possible, column, 0.0) for name, column in zip(names, parameters, strict=True)},
            np.where(is_possible, 2 * len(names) - 2 * log_likelihood, np.inf),
            np.where(is_possible, sample.distance(distribution, step), 1.0),
            is_possible,
        )
    return found


def best_family(fitted: Mapping[Family, FamilyFit]) -> NDArray[np.str_]:
    """The family with the smallest AIC of each item; empty where none is possible."""
    names = np.array([*fitted, ""])
    aic = np.stack([part.aic for part in fitted.values()])
    return np.where(np.isfinite(aic).any(axis=0), names[np.argmin(aic, axis=0)], "")


def distribution(fit: FamilyFit, value: Floats, trials: int = 1) -> Floats:
    """The fitted distribution function of each item at a value of its own; nothing to rely on where it is not possible.

    >>> fit = fit_families(Values.of([0.0, 2.0, 4.0]))["gaussian"]
    >>> distribution(fit, np.array([2.0]))
    array([0.5])
    """
    from scipy.special import bdtr, betainc, gammainc, pdtr

    one, *others = fit.parameters.values()
    other = others[0] if others else one
    if fit.family == "gaussian":
        return normal_below((value - one) / np.where(other > 0, other, 1))
    if fit.family == "gamma":
        return np.asarray(gammainc(np.where(one > 0, one, 1), np.maximum(value, 0) / np.where(other > 0, other, 1)))
    if fit.family == "beta":
        return np.asarray(betainc(np.where(one > 0, one, 1), np.where(other > 0, other, 1), np.clip(value, 0, 1)))
    inside = np.maximum(np.floor(value), 0)
    held = pdtr(inside, one) if fit.family == "poisson" else bdtr(np.minimum(inside, trials), trials, one)
    return np.where(value >= 0, held, 0.0)


class _Sample:
    """Sums over the customers of each item."""

    def __init__(self, values: Values, customers: Floats, mean: Floats) -> None:
        self.values, self.customers, self.mean = values, customers, mean
        self.item = values.item

    def all_are(self, rule: Callable[[Floats], Bools]) -> Bools:
        return np.asarray(self.values.sums((~rule(self.values.value)).astype(np.float64)) == 0)

    def mean_of(self, column: Callable[[Floats], Floats], is_possible: Bools) -> Floats:
        """Mean of a function of the outcome, 0 where the family is not possible."""
        value = np.where(is_possible[self.item], self.values.value, 0.5)
        return self.values.sums(self.values.weight * column(value)) / self.customers

    def of_units(self, distribution: Callable[[Floats, NDArray[np.int64]], Floats]) -> Floats:
        """Log likelihood under a distribution function where outcomes are rounded to whole numbers."""
        value, weight = self.values.value, self.values.weight
        held = distribution(value + 0.5, self.item) - distribution(value - 0.5, self.item)
        return self.values.sums(weight * np.log(np.maximum(held, np.finfo(np.float64).tiny)))

    def distance(self, distribution: Callable[[Floats, NDArray[np.int64]], Floats], step: float) -> Floats:
        """The largest gap to a distribution function, at the values and just below them."""
        value, weight = self.values.value, self.values.weight
        if not value.size:
            return np.zeros(len(self.values))
        share = weight / self.customers[self.item]
        total = np.cumsum(share)
        before_item = np.append(0.0, total)[self.values.begin[self.item]]
        upto = total - before_item
        gap = np.maximum(
            np.abs(distribution(value, self.item) - upto),
            np.abs(distribution(value - step, self.item) - (upto - share)),
        )
        largest = np.zeros(len(self.values))
        np.maximum.at(largest, self.item, gap)
        return np.clip(largest, 0, 1)


_Distribution: TypeAlias = Callable[[Floats, NDArray[np.int64]], Floats]
_Found: TypeAlias = tuple[tuple[Floats, ...], Floats, _Distribution]


def _poisson(sample: _Sample, is_possible: Bools, _: int) -> _Found:
    from scipy.special import pdtr

    mean = np.where(is_possible, sample.mean, 1.0)
    log_factorial = sample.mean_of(lambda value: log_gamma(value + 1), is_possible)
    log_likelihood = sample.customers * (sample.mean * np.log(mean) - mean - log_factorial)
    return (mean,), log_likelihood, lambda value, item: np.where(value >= 0, pdtr(np.maximum(value, 0), mean[item]), 0)


def _binomial(sample: _Sample, is_possible: Bools, trials: int) -> _Found:
    from scipy.special import bdtr

    share = np.where(is_possible, sample.mean / trials, 0.5)

    def log_ways(value: Floats) -> Floats:
        rest = np.maximum(trials - value, 0)
        return log_gamma(trials + 1.0) - log_gamma(value + 1) - log_gamma(rest + 1)

    ways = sample.mean_of(log_ways, is_possible)
    hits = np.where(is_possible, sample.mean, trials / 2)
    log_likelihood = sample.customers * (ways + hits * np.log(share) + (trials - hits) * np.log1p(-share))

    def distribution(value: Floats, item: NDArray[np.int64]) -> Floats:
        inside = np.clip(value, 0, trials)
        return np.where(value >= 0, bdtr(inside, trials, share[item]), 0.0)

    return (share,), log_likelihood, distribution


def _gaussian(sample: _Sample, is_possible: Bools, _: int) -> _Found:
    # Squares of what is left after the mean: no digits are lost to a large one.
    squares = sample.values.sums(sample.values.weight * (sample.values.value - sample.mean[sample.item]) ** 2)
    deviation = np.where(is_possible, np.sqrt(squares / sample.customers), 1.0)
    deviation = np.where(deviation > 0, deviation, 1.0)
    log_likelihood = -sample.customers * (np.log(deviation) + 0.5 * np.log(2 * np.pi) + 0.5)
    mean = sample.mean
    return (
        (mean, deviation),
        log_likelihood,
        lambda value, item: normal_below((value - mean[item]) / deviation[item]),
    )


def _gamma(sample: _Sample, is_possible: Bools, _: int) -> _Found:
    from scipy.special import gammainc

    mean = np.where(is_possible, sample.mean, 1.0)
    mean_log = sample.mean_of(lambda value: np.log(np.maximum(value, 1e-300)), is_possible)
    gap = np.where(is_possible, np.maximum(np.log(mean) - mean_log, 1e-13), 1.0)
    shape = gamma_shape(gap)
    log_likelihood = sample.customers * (shape * np.log(shape) - shape - log_gamma(shape) - shape * gap - mean_log)
    scale = mean / shape
    return (
        (shape, scale),
        log_likelihood,
        lambda value, item: np.asarray(gammainc(shape[item], np.maximum(value, 0) / scale[item])),
    )


def _beta(sample: _Sample, is_possible: Bools, _: int) -> _Found:
    from scipy.special import betainc

    inside = np.finfo(np.float64).tiny
    mean_log = sample.mean_of(lambda value: np.log(np.maximum(value, inside)), is_possible)
    mean_rest = sample.mean_of(lambda value: np.log1p(-np.minimum(value, 1 - 1e-16)), is_possible)
    mean_square = sample.mean_of(np.square, is_possible)
    mean = np.where(is_possible, sample.mean, 0.5)
    variance = np.where(is_possible, np.maximum(mean_square - mean**2, 1e-12), 1 / 12)
    size = np.maximum(mean * (1 - mean) / variance - 1, 1e-2)
    one, other = _beta_shapes(
        mean * size, (1 - mean) * size, np.where(is_possible, mean_log, -1.0), np.where(is_possible, mean_rest, -1.0)
    )
    log_beta = log_gamma(one) + log_gamma(other) - log_gamma(one + other)
    log_likelihood = sample.customers * ((one - 1) * mean_log + (other - 1) * mean_rest - log_beta)
    return (
        (one, other),
        log_likelihood,
        lambda value, item: np.asarray(betainc(one[item], other[item], np.clip(value, 0, 1))),
    )


def _beta_shapes(one: Floats, other: Floats, mean_log: Floats, mean_rest: Floats) -> tuple[Floats, Floats]:
    """Newton's steps on the logarithms of both shapes (Johnson, Kotz and Balakrishnan 1995, eq. 25.21)."""
    for _ in range(_STEPS):
        both = digamma(one + other)
        by_one = one * (both - digamma(one) + mean_log)
        by_other = other * (both - digamma(other) + mean_rest)
        curve = trigamma(one + other)
        bend_one = one**2 * (curve - trigamma(one))
        bend_other = other**2 * (curve - trigamma(other))
        cross = one * other * curve
        determinant = bend_one * bend_other - cross**2
        step_one = np.clip((by_one * bend_other - by_other * cross) / determinant, -1, 1)
        step_other = np.clip((by_other * bend_one - by_one * cross) / determinant, -1, 1)
        one, other = one * np.exp(-step_one), other * np.exp(-step_other)
        if max(np.abs(step_one).max(initial=0), np.abs(step_other).max(initial=0)) < 1e-12:
            break
    return one, other


_FITS: Mapping[Family, Callable[[_Sample, Bools, int], _Found]] = {
    "poisson": _poisson,
    "binomial": _binomial,
    "gaussian": _gaussian,
    "gamma": _gamma,
    "beta": _beta,
}

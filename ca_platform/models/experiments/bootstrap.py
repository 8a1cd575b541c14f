"""Bootstrap of means and their differences for thousands of items, by weights instead of drawn rows.

A resample gives every customer a weight: how often it was drawn. Poisson weights are independent and need no index; the
products of weights and values are matrix products. Items share the weights of one pool, which makes no item's resamples any
less random. Values that many customers have (0) get one weight for all of them.

Exact: given the weights, all sums (to the rounding of single precision, about 1e-6 of a standard deviation). Not the same:
a Poisson resample has about as many customers as the sample, not as many; ``weights="multinomial"`` draws exactly so many,
some 20 times slower.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, TypeAlias

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ca_platform.errors import ValidationError
from ca_platform.models.experiments.records import Bools, Floats, Moments, Values
from ca_platform.models.experiments.special import normal_below, normal_quantile
from ca_platform.models.threads import one_thread

Weights: TypeAlias = Literal["poisson", "multinomial"]

RESAMPLES = 1_000
# Customers whose weights are drawn together; larger items take several draws.
_POOL = 16_384
# Up to so many customers with one value are weighted one by one, more of them together.
_ONE_BY_ONE = 8
_MOST_COPIES = 12


@dataclass(frozen=True, slots=True, eq=False)
class Bootstrap:
    """Resampled differences of each item.

    Attributes:
        estimate: of the sample itself, in the unit of the outcome.
        low, high: percentile interval.
        bca_low, bca_high: bias-corrected and accelerated interval.
        accept_ratio: share of resamples whose own normal interval covers 0. It is shown and decides nothing: it is about
            the power that there is, not about an effect.
        is_sufficient: false where a side has fewer than two customers or nothing varies; then the intervals are the whole
            line and ``accept_ratio`` is 1.
    """

    estimate: Floats
    low: Floats
    high: Floats
    bca_low: Floats
    bca_high: Floats
    accept_ratio: Floats
    is_sufficient: Bools


def bootstrap_mean(
    values: Values,
    resamples: int = RESAMPLES,
    seed: int = 0,
    alpha: float = 0.05,
    weights: Weights = "poisson",
    noise: ArrayLike = 0.0,
    keep: Floats | None = None,
) -> Bootstrap:
    """The mean of each item against 0: changes of the same customers.

    Efron 1979, "Bootstrap methods: another look at the jackknife"; Poisson weights of Hanley and MacGibbon 2006,
    "Creating non-parametric bootstrap samples using Poisson frequencies". BCa: Efron 1987, "Better bootstrap confidence
    intervals", eq. 2.3 and, for the acceleration, 4.4.

    Args:
        values: a customer's change, by item.
        resamples: how many.
        seed: of the weights.
        alpha: 1 minus the coverage of the intervals.
        weights: see the module.
        noise: by item, standard deviation of a normal variable in the sum of the changes that the customers do not show,
            in their unit: what the controls' mean is off, which was taken off each change (``Matched.noise``).
        keep: filled with the resampled means, a row per item, where given.

    >>> found = bootstrap_mean(Values.of([1.0, 2.0, 4.0, 7.0, 9.0]))
    >>> print(f"{found.estimate[0]:.1f}: {1 < found.low[0] < 4 < found.high[0] < 9}")
    4.6: True
    """
    return _bootstrap([values], [1.0], np.asarray(noise, np.float64), _How(resamples, seed, alpha, weights), keep)


def bootstrap_difference(
    a: Values,
    b: Values,
    resamples: int = RESAMPLES,
    seed: int = 0,
    alpha: float = 0.05,
    weights: Weights = "poisson",
    keep: Floats | None = None,
) -> Bootstrap:
    """Mean of B minus mean of A for each item, both sides resampled: see ``bootstrap_mean``.

    >>> found = bootstrap_difference(Values.of([1.0, 2.0, 4.0]), Values.of([7.0, 9.0, 12.0, 9.0]))
    >>> print(f"{found.estimate[0]:.3f}: {found.low[0] > 0} {found.accept_ratio[0] < 0.1}")
    6.917: True True
    """
    if len(a) != len(b):
        raise ValidationError(
            f"The sides to resample have {len(a):,} and {len(b):,} items; give both sides of the same items, an empty one "
            "where a side has nobody."
        )
    return _bootstrap([a, b], [-1.0, 1.0], np.zeros(1), _How(resamples, seed, alpha, weights), keep)


@dataclass(frozen=True, slots=True)
class _How:
    resamples: int
    seed: int
    alpha: float
    weights: Weights


def _bootstrap(sides: list[Values], signs: list[float], noise: Floats, how: _How, keep: Floats | None) -> Bootstrap:
    items = len(sides[0])
    moments = [side.moments() for side in sides]
    beside = noise / np.maximum(moments[0].count, 1)
    own = sum(part.variance() / np.maximum(part.count, 1) for part in moments)
    enough = np.all([part.count >= 2 for part in moments], axis=0) & (own > 0)
    unit = np.where(enough, np.sqrt(own + beside**2), 1.0)
    estimate = np.where(enough, sum(s * part.mean[..., 0] for s, part in zip(signs, moments, strict=True)), 0.0)
    moved, squares = _resampled(sides, signs, moments, np.where(enough, unit, 0.0), how)
    if noise.any():
        # Mirrored with the estimate, as all else is.
        dice = np.random.default_rng([how.seed, 3])
        moved += (beside / unit * np.sign(estimate))[:, None] * dice.normal(size=moved.shape)
        squares += (beside / unit)[:, None] ** 2
    scaled = estimate / unit
    quantile = float(normal_quantile(1 - how.alpha / 2))
    covers = np.abs(scaled[:, None] + moved) <= quantile * np.sqrt(squares)
    moved.sort(axis=1)
    if keep is not None:
        keep[:] = estimate[:, None] + moved * unit[:, None]
    percentile = [_at(moved, np.full(items, share)) for share in (how.alpha / 2, 1 - how.alpha / 2)]
    corrected = [
        _at(moved, share) for share in _bca_shares(moved, _acceleration(sides, signs, moments, noise), quantile)
    ]
    low, high, bca_low, bca_high = (
        np.where(enough, estimate + place * unit, end)
        for place, end in zip([*percentile, *corrected], [-np.inf, np.inf] * 2, strict=True)
    )
    return Bootstrap(estimate, low, high, bca_low, bca_high, np.where(enough, covers.mean(axis=1), 1.0), enough)


def _resampled(
    sides: list[Values], signs: list[float], moments: list[Moments], unit: Floats, how: _How
) -> tuple[Floats, Floats]:
    """Deviations of the resamples from the estimate, and the squares of their own standard errors, in units of the item.

    0 for items with unit 0, of which nothing is said.
    """
    moved, squares = (np.zeros((len(sides[0]), how.resamples)) for _ in range(2))
    largest = int(min(max(part.count.max(initial=0) for part in moments), _POOL))
    pools = [_poisson_pool(how.seed, stream, 0, how.resamples, largest) for stream in range(len(sides))]
    # The side with the smaller mean has the first stream of weights: A against B is minus B against A.
    is_second = moments[0].mean[..., 0] > moments[-1].mean[..., 0]
    with one_thread():
        for place, (side, sign, part) in enumerate(zip(sides, signs, moments, strict=True)):
            draw = _Resampling(side, part.mean[..., 0], unit, pools, how.seed)
            for number in np.flatnonzero(unit > 0).tolist():
                mean, square = draw.means(number, place ^ int(is_second[number]), how.weights)
                moved[number] += sign * mean
                squares[number] += square
    return moved, squares


class _Resampling:
    """Resampled means of one side, as deviations from its mean in a unit of the item."""

    def __init__(self, side: Values, mean: Floats, unit: Floats, pools: list[NDArray[np.float32]], seed: int) -> None:
        self._side, self._mean, self._unit = side, mean, unit
        self._pools, self._seed = pools, seed
        self._resamples = pools[0].shape[1]

    def means(self, number: int, stream: int, weights: Weights) -> tuple[Floats, Floats]:
        """Means of the resamples of an item, and the squares of their standard errors."""
        value, weight = self._side.one(number)
        if self._mean[number] < 0:
            # Weights go by the order of values: mirrored changes have mirrored resamples.
            value, weight = value[::-1], weight[::-1]
        spread = (value - self._mean[number]) / self._unit[number]
        drawn = self._multinomial if weights == "multinomial" else self._poisson
        count, sums, squares = drawn(number, stream, spread, weight)
        count = np.maximum(count, 1)
        mean = sums / count
        return mean, np.maximum(squares / count - mean**2, 0) / np.maximum(count - 1, 1)

    def _poisson(self, number: int, stream: int, spread: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
        """Sums of weights, of values and of squares over the customers of an item, for each resample."""
        often = weight > _ONE_BY_ONE
        single = np.repeat(spread[~often], weight[~often].astype(np.int64))
        columns = np.column_stack([np.ones(single.size), single, single**2]).astype(np.float32)
        sums = np.zeros((self._resamples, 3))
        for place, begin in enumerate(range(0, single.size, _POOL)):
            part = columns[begin : begin + _POOL]
            customers = part.shape[0]
            pool = self._pools[stream] if not place else self._more(stream, place, customers)
            sums += (part.T @ pool[:customers]).T
        if often.any():
            dice = np.random.default_rng([self._seed, stream, 1, number])
            drawn = dice.poisson(weight[often], (self._resamples, int(often.sum()))).astype(np.float64)
            sums += drawn @ np.column_stack([np.ones(int(often.sum())), spread[often], spread[often] ** 2])
        return sums[:, 0], sums[:, 1], sums[:, 2]

    def _more(self, stream: int, place: int, customers: int) -> NDArray[np.float32]:
        return _poisson_pool(self._seed, stream, place, self._resamples, customers)

    def _multinomial(self, number: int, stream: int, spread: Floats, weight: Floats) -> tuple[Floats, Floats, Floats]:
        customers = float(weight.sum())
        dice = np.random.default_rng([self._seed, stream, 2, number])
        drawn = dice.multinomial(int(customers), weight / customers, self._resamples).astype(np.float64)
        return np.full(self._resamples, customers), drawn @ spread, drawn @ spread**2


def _poisson_pool(seed: int, stream: int, place: int, resamples: int, customers: int) -> NDArray[np.float32]:
    """Weights Poisson(1), a row per customer, a column per resample, by the inverse of the distribution function."""
    dice = np.random.default_rng([seed, stream, 0, place])
    log_odds = np.concatenate([[0.0], np.cumsum(np.log(np.arange(1, _MOST_COPIES)))])
    ends = np.cumsum(np.exp(-1 - log_odds))
    table = np.searchsorted(ends, (np.arange(1 << 16) + 0.5) / (1 << 16)).astype(np.float32)
    # 16 bits decide; the table's mean is 1 to 1e-5.
    return table[dice.integers(0, 1 << 16, (customers, resamples), dtype=np.uint16)]


def _acceleration(sides: list[Values], signs: list[float], moments: list[Moments], noise: Floats) -> Floats:
    """Skewness of the influence of customers over 6 (eq. 4.4, and its sum over both sides)."""
    cubes, squares = np.zeros(len(sides[0])), (noise / np.maximum(moments[0].count, 1)) ** 2 + np.zeros(len(sides[0]))
    for side, sign, part in zip(sides, signs, moments, strict=True):
        item = side.item
        influence = sign * (side.value - part.mean[item, 0]) / np.maximum(part.count, 1)[item]
        cubes += side.sums(side.weight * influence**3)
        squares += side.sums(side.weight * influence**2)
    return np.where(squares > 0, cubes / (6 * np.where(squares > 0, squares, 1) ** 1.5), 0.0)


def _bca_shares(moved: Floats, acceleration: Floats, quantile: float) -> tuple[Floats, Floats]:
    """Shares of the resamples at which the corrected interval ends (eq. 2.3)."""
    resamples = moved.shape[1]
    below = ((moved < 0).sum(axis=1) + (moved <= 0).sum(axis=1)) / 2
    bias = normal_quantile(np.clip(below, 0.5, resamples - 0.5) / resamples)
    shares = []
    for end in (-quantile, quantile):
        shift = bias + end
        shares.append(normal_below(bias + shift / np.maximum(1 - acceleration * shift, 0.05)))
    return shares[0], shares[1]


def _at(ordered: Floats, share: Floats) -> Floats:
    """Quantiles of rows that are in order, between neighbours by the line."""
    last = ordered.shape[1] - 1
    place = np.clip(share, 0, 1) * last
    lower = np.minimum(place.astype(np.int64), max(last - 1, 0))
    row = np.arange(ordered.shape[0])
    upper = np.minimum(lower + 1, last)
    return np.asarray(ordered[row, lower] + (place - lower) * (ordered[row, upper] - ordered[row, lower]))

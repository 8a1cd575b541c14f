"""How often the A/B tests are wrong on random splits of real customers, and how often they find what is there."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import ArrayLike

from benchmarks.ab_populations import Floats, Population
from ca_platform.models import experiments as ab
from ca_platform.models.experiments import Comparison, Moments, Values

SIDE = 1_000
ALPHA = 0.05
EFFECT = 1.25
LOOKS = 28
_CHUNK = 480
# Tests that are made split by split have fewer of them.
FEWER, DRAWS = 50, 399
FEWER_LOOKS = 5
_STRATA = 4


def rejections(p_values: Floats) -> list[float]:
    """Share of p-values up to alpha with its Wilson interval, and how many there are."""
    hits, count = int(np.sum(p_values <= ALPHA)), int(p_values.size)
    low, high = ab.wilson(hits, count)
    return [round(hits / count, 4), round(float(low), 4), round(float(high), 4), count]


def raised(side: Moments, factor: float) -> Moments:
    """The side had its outcome, the first column, been that many times as large."""
    sums, products = side.sums.copy(), side.products.copy()
    sums[..., 0] *= factor
    products[..., 0, :] *= factor
    products[..., :, 0] *= factor
    return Moments(side.count, sums, products)


def plain(side: Moments) -> Moments:
    """Outcome and the amount of the last 26 weeks alone."""
    return Moments(side.count, side.sums[..., :2], side.products[..., :2, :2])


def capped_sides(people: Population, halves: tuple[np.ndarray, ...], factor: float) -> tuple[Moments, Moments, Floats]:
    """Amounts of both sides up to the cap of both, those of B so many times as large, with what is known; and the caps."""
    outcomes = people.amount[halves[0]], factor * people.amount[halves[1]]
    most = np.array([ab.cap(both) for both in np.concatenate(outcomes, axis=1)])[:, None]
    a, b = (
        _moments(np.minimum(outcome, most), *(column[places] for column in people.covariates))
        for outcome, places in zip(outcomes, halves, strict=True)
    )
    return a, b, most


def _moments(*columns: Floats) -> Moments:
    """A row of each column for each split."""
    values = np.stack(columns, axis=-1)
    count = np.full(values.shape[0], float(values.shape[1]))
    return Moments(count, values.sum(axis=1), np.swapaxes(values, 1, 2) @ values)


def false_positives(people: Population, splits: int, seed: int = 1) -> dict[str, list[float]]:
    """Rejections on nothing, of every test, per metric."""
    found: dict[str, list[Floats]] = {}

    def add(name: str, comparison: Comparison) -> None:
        found.setdefault(name, []).append(np.atleast_1d(comparison.p_value))

    converts = (people.orders > 0).astype(np.float64)
    for halves in ab.random_sides(people.customers, SIDE, splits, seed):
        for metric, outcome in (("amount", people.amount), ("orders", people.orders)):
            a, b = (ab.moments_of(part, outcome, *people.covariates) for part in halves)
            add(f"welch, {metric}", ab.welch(a, b))
            add(f"cuped, {metric}", ab.cuped(plain(a), plain(b)))
            add(f"regression_adjusted, {metric}", ab.regression_adjusted(a, b))
        a, b, _ = capped_sides(people, halves, 1.0)
        add("regression_adjusted, amount up to a cap", ab.regression_adjusted(a, b))
        hits = [converts[part].sum(axis=1) for part in halves]
        add("proportions, conversion", ab.proportions(hits[0], SIDE, hits[1], SIDE))
        events = [people.orders[part].sum(axis=1) for part in halves]
        add("poisson_rates, orders", ab.poisson_rates(events[0], SIDE, events[1], SIDE))
        add("gamma_means, amount of buyers", _gamma(people, *halves))
    for name, comparison in _one_by_one(people, max(splits // FEWER, 100), seed + 1):
        add(name, comparison)
    for name, comparison in _before_after(people, splits, seed + 2):
        add(name, comparison)
    return {name: rejections(np.concatenate(parts)) for name, parts in found.items()}


def _gamma(people: Population, first: np.ndarray, second: np.ndarray) -> Comparison:
    """Of those who spend alone: the customers of a side who do not are weightless."""
    pays = (people.amount > 0).astype(np.float64)
    amount = np.where(pays > 0, people.amount, 1.0)
    columns = (pays, pays * amount, pays * np.log(amount))

    def side(places: np.ndarray) -> Moments:
        every = ab.moments_of(places, *columns)
        # A column of ones and zeros times another one is the sum over those who pay.
        return Moments(every.sums[:, 0], every.sums[:, 1:], every.products[:, 1:, 1:])

    return ab.gamma_means(side(first), side(second))


def _one_by_one(people: Population, splits: int, seed: int) -> Iterator[tuple[str, Comparison]]:
    for halves in ab.random_sides(people.customers, SIDE, splits, seed):
        for number, (a, b) in enumerate(zip(*halves, strict=True)):
            one, other = (Values.of(people.amount[part]) for part in (a, b))
            yield "permutation, amount", ab.permutation(one, other, DRAWS, seed + number)
            yield "negative_binomial, orders", ab.negative_binomial(people.orders[a], 1.0, people.orders[b], 1.0)


def _before_after(people: Population, splits: int, seed: int) -> Iterator[tuple[str, Comparison]]:
    """Windows of the same customers, before and after told by a coin; and a random fifth held against all others.

    The fifth has strata of the orders before, and the windows stay in their order: what they all share is no effect.
    """
    dice = np.random.default_rng(seed)
    for metric, before, after, step in (
        ("amount", people.amount_before, people.amount, 0.0),
        ("orders", people.orders_before, people.orders, 1.0),
    ):
        change = after - before
        count = people.customers
        stratum = np.minimum(people.orders_before, _STRATA - 1).astype(np.int64)
        for begin in range(0, splits, _CHUNK):
            rows = min(_CHUNK, splits - begin)
            item = np.repeat(np.arange(rows), count)
            flipped = (dice.choice([-1.0, 1.0], (rows, count)) * change).ravel()
            values = Values.of(flipped, item, rows)
            yield f"sign_flips, {metric}", ab.sign_flips(values, step)
            yield f"paired_t, {metric}", ab.paired_t(Moments.by_item(item, rows, 0 * flipped, flipped))
            is_treated = dice.random((rows, count)) < 0.2
            place = (item * _STRATA + np.tile(stratum, rows)).reshape(rows, count)
            every = np.tile(change, (rows, 1))
            treated, controls = (
                _folded(Moments.by_item(place[part], rows * _STRATA, every[part]), rows)
                for part in (is_treated, ~is_treated)
            )
            found = ab.difference_in_differences(treated, controls)
            yield f"difference_in_differences, {metric}", found.comparison
            beyond = (every - np.take_along_axis(controls.mean[..., 0], np.tile(stratum, (rows, 1)), axis=1))[
                is_treated
            ]
            used = Values.of(beyond, item.reshape(rows, count)[is_treated], rows)
            yield f"sign_flips of adjusted changes, {metric}", ab.sign_flips(used, noise=found.noise)


def _folded(side: Moments, rows: int) -> Moments:
    shape = (rows, _STRATA)
    return Moments(side.count.reshape(shape), side.sums.reshape(*shape, 1), side.products.reshape(*shape, 1, 1))


def power(people: Population, splits: int, seed: int = 11) -> dict[str, float]:
    """Share of splits in which a quarter more spent is found, by test; and what the adjustments take off the variance."""
    found: dict[str, list[Any]] = {}
    for halves in ab.random_sides(people.customers, SIDE, splits, seed):
        a, b = (ab.moments_of(part, people.amount, *people.covariates) for part in halves)
        b = raised(b, EFFECT)
        tests = {
            "welch": ab.welch(a, b),
            "cuped": ab.cuped(plain(a), plain(b)),
            "regression_adjusted": ab.regression_adjusted(a, b),
        }
        truth = np.full(a.count.shape, (EFFECT - 1) * float(people.amount.mean()))
        sides, truths = dict.fromkeys(tests, (a, b)), dict.fromkeys(tests, truth)
        a, b, most = capped_sides(people, halves, EFFECT)
        tests["capped"], sides["capped"] = ab.regression_adjusted(a, b), (a, b)
        truths["capped"] = _capped_truth(people, most)
        for name, comparison in tests.items():
            found.setdefault(name, []).append(comparison.p_value <= ALPHA)
            found.setdefault(f"{name}, variance off", []).append(ab.variance_reduction(*sides[name], comparison))
            covers = (comparison.low <= truths[name]) & (truths[name] <= comparison.high)
            found.setdefault(f"{name}, covers", []).append(covers)
        for name, comparison in _paired(people, halves[0], seed).items():
            found.setdefault(name, []).append(comparison.p_value <= ALPHA)
    return {name: round(float(np.mean(np.concatenate(parts))), 4) for name, parts in found.items()}


def _paired(people: Population, places: np.ndarray, seed: int) -> dict[str, Comparison]:
    """The same customers in two windows, told apart by a coin, with a quarter more spent in the second."""
    dice = np.random.default_rng([seed, int(places[0, 0])])
    rows, count = places.shape
    coin = dice.random(places.shape) < 0.5
    first, second = people.amount_before[places], people.amount[places]
    before, after = np.where(coin, first, second), EFFECT * np.where(coin, second, first)
    item = np.repeat(np.arange(rows), count)
    return {
        "paired_t": ab.paired_t(Moments.by_item(item, rows, before.ravel(), after.ravel())),
        "sign_flips": ab.sign_flips(Values.of((after - before).ravel(), item, rows)),
    }


def _capped_truth(people: Population, most: Floats) -> Floats:
    """What a quarter more is up to each cap, on average over all customers."""
    means = [np.minimum(factor * people.amount, most).mean(axis=1) for factor in (EFFECT, 1.0)]
    return np.asarray(means[0] - means[1])


def looking_daily(people: Population, splits: int, seed: int = 21) -> dict[str, float]:
    """Share of experiments on nothing that some day of 28 calls significant.

    ``arriving``: as many customers come in every day, with what they will spend; ``staying``: all are there from the first
    day, and what they spend grows with the days.
    """
    found: dict[str, list[Any]] = {}
    per_day = SIDE // LOOKS
    ends = per_day * np.arange(1, LOOKS + 1) - 1
    days = np.arange(1, LOOKS + 1)
    spent = people.days.cumsum(axis=1)
    for halves in ab.random_sides(people.customers, SIDE, splits, seed):
        first, second = (_upto(people.amount[part], ends) for part in halves)
        _looked(found, "arriving", ab.welch(first, second), 2 * per_day * days, 2 * per_day * LOOKS)
        first, second = (_by_day(spent[part]) for part in halves)
        _looked(found, "staying", ab.welch(first, second), 2.0 * SIDE * days, 2.0 * SIDE * LOOKS)
    # Every day has a cap of its own, which takes its time.
    for halves in ab.random_sides(people.customers, SIDE, max(splits // FEWER_LOOKS, 100), seed + 1):
        first, second = _capped_by_day(*(spent[part] for part in halves))
        _looked(found, "staying, up to a cap", ab.welch(first, second), 2.0 * SIDE * days, 2.0 * SIDE * LOOKS)
    return {name: round(float(np.mean(np.concatenate(parts))), 4) for name, parts in found.items()}


def _looked(found: dict[str, list[Any]], design: str, fixed: Comparison, size: ArrayLike, planned: float) -> None:
    always = ab.sequential(fixed, size, planned)
    found.setdefault(f"{design}, fixed", []).append((fixed.p_value <= ALPHA).any(axis=1))
    found.setdefault(f"{design}, sequential", []).append((always.p_value <= ALPHA).any(axis=1))
    last = fixed[:, -1], always[:, -1]
    told = last[0].is_sufficient
    widths = [(part.high - part.low)[told] for part in last]
    found.setdefault(f"{design}, width", []).append(widths[1] / widths[0])


def _capped_by_day(first: Floats, second: Floats) -> list[Moments]:
    """Moments of what all have spent by each day, up to the cap of both sides on that day."""
    both = np.concatenate([first, second], axis=1)
    most = np.array([[ab.cap(day) for day in split.T] for split in both])[:, None, :]
    return [_by_day(np.minimum(side, most)) for side in (first, second)]


def _by_day(spent: Floats) -> Moments:
    """Moments of what all have spent by each day, the last axis of it."""
    sums, squares = spent.sum(axis=1), (spent**2).sum(axis=1)
    return Moments(np.full(sums.shape, float(spent.shape[1])), sums[..., None], squares[..., None, None])


def _upto(outcome: Floats, ends: np.ndarray) -> Moments:
    """Moments of the customers who have come in by each day."""
    sums, squares = outcome.cumsum(axis=1)[:, ends], (outcome**2).cumsum(axis=1)[:, ends]
    return Moments(np.broadcast_to(ends + 1.0, sums.shape), sums[..., None], squares[..., None, None])

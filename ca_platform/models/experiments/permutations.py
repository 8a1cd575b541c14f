"""Permutation tests: exact for small samples, seeded draws for large ones.

Signs are flipped for the same customers before and after, sides are drawn anew for two groups. What is drawn goes by
distinct values, sorted, so that neither the order of rows nor the unit of money matters. ``saddlepoint`` has the test of
signs for thousands of items at once.
"""

from __future__ import annotations

from itertools import combinations
from math import comb

import numpy as np

from ca_platform.models.experiments.means import one_sample, welch
from ca_platform.models.experiments.records import Bools, Comparison, Floats, Values

# As many arrangements are looked at one by one; above, so many are drawn.
EXACT_SIGNS = 16
EXACT_SPLITS = 50_000
DRAWS = 9_999
# Statistics that differ by rounding are equal.
_EQUAL = 1e-12
_CELLS = 2_000_000


def sign_flip(changes: Values, draws: int = DRAWS, seed: int = 0, alpha: float = 0.05) -> Comparison:
    """Whether customers change, of one item: the sign of each change is as likely plus as minus if nothing happened.

    Fisher 1935, The Design of Experiments, section 21. Exact up to 16 customers who change at all; else Monte Carlo with
    the observed arrangement counted in (Phipson and Smyth 2010, "Permutation p-values should never be zero", eq. 2). Many
    equal changes are one draw: the sum of their signs is 2 Binomial(customers, ½) − customers.

    Args:
        changes: after minus before of each customer, of one item.
        draws: arrangements drawn of a large sample.
        seed: of the draws; equal seeds give equal results.
        alpha: of the interval, which is that of the paired t.

    Returns:
        ``statistic`` is the sum of the changes. Insufficient for fewer than two customers, or where all change alike.

    >>> found = sign_flip(Values.of([1.0, 2.0, 3.0, 4.0, 5.0]))
    >>> print(found.p_value, found.estimate)
    0.0625 3.0
    """
    value, weight = changes.one(0)
    total = float(value @ weight)
    # Gains and losses of one size together, so that A against B is B against A.
    size, place = np.unique(np.abs(value), return_inverse=True)
    customers = np.bincount(place, weight, size.size).astype(np.float64)
    size, weight = size[size > 0], customers[size > 0]
    changing = int(weight.sum())
    if changing <= EXACT_SIGNS:
        sums = signed_sums(np.repeat(size, weight.astype(np.int64)))
        p = float(np.mean(_as_extreme(sums, total)))
    else:
        dice = np.random.default_rng(seed)
        sums = (2 * dice.binomial(weight.astype(np.int64), 0.5, (draws, weight.size)) - weight) @ size
        p = (1 + int(_as_extreme(sums, total).sum())) / (1 + draws)
    return _with("sign_flip", one_sample("sign_flip", changes.moments()[0], alpha), total, p)


def permutation(a: Values, b: Values, draws: int = DRAWS, seed: int = 0, alpha: float = 0.05) -> Comparison:
    """Whether the means of two groups of one item differ: customers might as well be on the other side.

    The statistic is Welch's, so that the test is exact where the distributions are equal and still right in large samples
    where only the means are (Janssen 1997; Chung and Romano 2013, "Exact and asymptotically robust permutation tests",
    theorem 2.2). All splits are looked at while there are no more than 50,000; else they are drawn, zeros together.

    Args:
        a, b: outcomes of each side.
        draws: splits drawn of a large sample.
        seed: of the draws.
        alpha: of the interval, which is Welch's.

    Returns:
        Insufficient where Welch's test is.

    >>> found = permutation(Values.of([1.0, 2.0, 3.0]), Values.of([4.0, 6.0, 9.0]))
    >>> print(found.p_value, found.estimate.round(3))
    0.1 4.333
    """
    found = welch(a.moments()[0], b.moments()[0], alpha)
    size_a, size_b = int(a.customers[0]), int(b.customers[0])
    if not found.is_sufficient:
        return _with("permutation", found, 0.0, 1.0)
    value, weight = (a + b).one(0)
    # The mean cancels from the difference and spoils no squares.
    value = value - float(value @ weight) / (size_a + size_b)
    everybody = np.repeat(value, weight.astype(np.int64))
    # The smaller side is drawn: by this alone A against B is B against A.
    drawn = min(size_a, size_b)
    seen = abs(float(found.statistic))
    if comb(size_a + size_b, drawn) <= EXACT_SPLITS:
        places = np.array(list(combinations(range(everybody.size), drawn)), np.int64)
        statistics = _welch_of(everybody[places].sum(axis=1), (everybody[places] ** 2).sum(axis=1), drawn, everybody)
        p = float(np.mean(_as_extreme(statistics, seen)))
    else:
        extreme = 0
        dice = np.random.default_rng(seed)
        rows = max(_CELLS // everybody.size, 1)
        for begin in range(0, draws, rows):
            sums, squares = _drawn(value, weight, drawn, min(rows, draws - begin), dice)
            extreme += int(_as_extreme(_welch_of(sums, squares, drawn, everybody), seen).sum())
        p = (1 + extreme) / (1 + draws)
    return _with("permutation", found, float(found.statistic), p)


def signed_sums(size: Floats) -> Floats:
    """The sums of all arrangements of signs.

    >>> signed_sums(np.array([1.0, 3.0]))
    array([-4., -2.,  2.,  4.])
    """
    sums = np.zeros(1)
    for one in size:
        sums = np.concatenate([sums - one, sums + one])
    return sums


def _drawn(value: Floats, weight: Floats, size: int, rows: int, dice: np.random.Generator) -> tuple[Floats, Floats]:
    """Sums and sums of squares of so many customers, drawn without replacement.

    The most frequent value (customers without an order) is drawn as a number; the others are shuffled, and the first of
    them taken.
    """
    often = int(weight.argmax())
    others = np.repeat(np.delete(value, often), np.delete(weight, often).astype(np.int64))
    taken = size - dice.hypergeometric(int(weight[often]), others.size, size, rows) if others.size else np.zeros(rows)
    shuffled = dice.permuted(np.broadcast_to(others, (rows, others.size)), axis=1)
    row = np.arange(rows)
    upto = taken.astype(np.int64)
    sums, squares = (
        np.concatenate([np.zeros((rows, 1)), column.cumsum(axis=1)], axis=1)[row, upto]
        for column in (shuffled, shuffled**2)
    )
    common = (size - taken) * value[often]
    return sums + common, squares + common * value[often]


def _welch_of(sums: Floats, squares: Floats, size: int, everybody: Floats) -> Floats:
    """Welch's statistic of the drawn side against the rest; infinite where neither side varies."""
    rest = everybody.size - size
    mean, other = sums / size, (everybody.sum() - sums) / rest
    spread = np.maximum(squares - size * mean**2, 0) / (size * (size - 1))
    all_squares = float(everybody @ everybody)
    spread += np.maximum(all_squares - squares - rest * other**2, 0) / (rest * (rest - 1))
    varies = spread > _EQUAL * all_squares / everybody.size
    apart = np.abs(mean - other)
    return np.where(varies, apart / np.sqrt(np.where(varies, spread, 1)), np.where(apart > 0, np.inf, 0.0))


def _as_extreme(statistics: Floats, seen: float) -> Bools:
    return np.abs(statistics) >= abs(seen) * (1 - _EQUAL)


def _with(test: str, found: Comparison, statistic: float, p_value: float) -> Comparison:
    """The estimate and interval of a t test with the permutation's verdict."""
    p = np.where(found.is_sufficient, p_value, 1.0)
    return Comparison(
        test,
        found.estimate,
        found.standard_error,
        found.low,
        found.high,
        np.asarray(statistic),
        p,
        found.is_sufficient,
    )

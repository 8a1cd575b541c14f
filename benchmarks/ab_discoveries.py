"""Reports of 40 items of which 4 are real: how much of what they find is wrong, and how much of what is real they find."""

from __future__ import annotations

import numpy as np

from benchmarks.ab_populations import Floats, Population
from benchmarks.ab_quality import ALPHA, SIDE, capped_sides, raised
from ca_platform.models import experiments as ab
from ca_platform.models.experiments import Values

ITEMS, REAL, EFFECT = 40, 4, 1.35


def false_discoveries(people: Population, rounds: int, seed: int = 31) -> dict[str, dict[str, float]]:
    """By design, with 1,000 customers a side: ``false`` of the found and its standard error, ``found`` of the real.

    ``before/after``: the same customers in two windows, told apart by a coin, as the reports of promotions and products
    compare them. ``two groups``: others, with what is known of them taken off, as in a declared experiment; also with
    amounts up to a cap.
    """
    designs = {"before/after": _before_after(people, rounds, seed)} | _two_groups(people, rounds, seed)
    return {name: _counted(p_values) for name, p_values in designs.items()}


def _counted(p_values: Floats) -> dict[str, float]:
    found = np.array([ab.adjusted(report) <= ALPHA for report in p_values])
    right, every = found[:, :REAL].sum(axis=1), found.sum(axis=1)
    wrong = (every - right) / np.maximum(every, 1)
    error = float(wrong.std() / np.sqrt(wrong.size))
    return {
        "false": round(float(wrong.mean()), 4),
        "false_error": round(error, 4),
        "found": round(float(right.mean() / REAL), 4),
    }


def _before_after(people: Population, rounds: int, seed: int) -> Floats:
    dice = np.random.default_rng(seed)
    everybody = np.broadcast_to(np.arange(people.customers), (ITEMS, people.customers))
    item = np.repeat(np.arange(ITEMS), SIDE)
    effect = np.where(np.arange(ITEMS) < REAL, EFFECT, 1.0)[:, None]
    p_values = []
    for _ in range(rounds):
        places = dice.permuted(everybody, axis=1)[:, :SIDE]
        coin = dice.random(places.shape) < 0.5
        first, second = people.amount_before[places], people.amount[places]
        change = effect * np.where(coin, first, second) - np.where(coin, second, first)
        p_values.append(ab.sign_flips(Values.of(change.ravel(), item, ITEMS)).p_value)
    return np.array(p_values)


def _two_groups(people: Population, rounds: int, seed: int) -> dict[str, Floats]:
    found: dict[str, list[Floats]] = {"two groups": [], "two groups, up to a cap": []}
    begun = 0
    for halves in ab.random_sides(people.customers, SIDE, rounds * ITEMS, seed):
        count = halves[0].shape[0]
        is_real = (begun + np.arange(count)) % ITEMS < REAL
        begun += count
        whole, capped = np.empty(count), np.empty(count)
        for those, factor in ((~is_real, 1.0), (is_real, EFFECT)):
            sides = halves[0][those], halves[1][those]
            a, b = (ab.moments_of(part, people.amount, *people.covariates) for part in sides)
            whole[those] = ab.regression_adjusted(a, raised(b, factor)).p_value
            a, b, _ = capped_sides(people, sides, factor)
            capped[those] = ab.regression_adjusted(a, b).p_value
        for p_values, part in zip(found.values(), (whole, capped), strict=True):
            p_values.append(part)
    return {name: np.concatenate(parts).reshape(rounds, ITEMS) for name, parts in found.items()}

"""The sessions of one day: who comes when, with which dimension values, how far, and whether it is a purchase.

Amounts come from ``baskets``; promotions from ``promotions``.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.simulate.clock import Flags, Floats, Ints, LocalDay, draw_instants, season
from ca_platform.simulate.customers import UNSET, WEEK, Customers, draw_codes
from ca_platform.simulate.incidents import Incident, Metric, decay_factor, shop_factor, value_factors
from ca_platform.simulate.parameters import ShopParameters

MOST_LIKELY = 0.95
FIRST_VISIT_MEAN_SECONDS = 600.0
# Accounts that machines order with.
BOTS = 8
NO_END_SHARE = 0.01


@dataclass(frozen=True, slots=True)
class Sessions:
    """Sessions of a day in the order of their start; instants are seconds since 1970 UTC, ``UNSET`` for none.

    Attributes:
        customer: position in :class:`Customers`.
        codes: per dimension the code of the value, ``UNSET`` for empty.
        actions: per step its instant.
        purchased: is an order.
        variant: variant of the experiment, ``UNSET`` outside its days.
    """

    customer: Ints
    start: Ints
    end: Ints
    codes: tuple[Ints, ...]
    actions: tuple[Ints, ...]
    purchased: Flags
    variant: Ints

    def __len__(self) -> int:
        return len(self.customer)


def expected_sessions(
    customers: Customers, day: LocalDay, parameters: ShopParameters, incidents: tuple[Incident, ...]
) -> tuple[float, Floats]:
    """Expected number of sessions of a day, and the running sum of the customers' weights it comes from."""
    edges = np.cumsum(customers.weights(day.index, day.start, day.end))
    factor = season(day.day, parameters) * shop_factor(incidents, Metric.SESSIONS, day.day)
    factor *= decay_factor(incidents, day.day)
    return float(edges[-1]) * factor * (day.end - day.start) / WEEK, edges


def draw_sessions(
    customers: Customers,
    day: LocalDay,
    parameters: ShopParameters,
    incidents: tuple[Incident, ...],
    rng: np.random.Generator,
    count: int | None = None,
) -> Sessions:
    """All sessions of a day; ``count`` fixes their number.

    The sum of independent Poisson numbers is one Poisson number whose owners are drawn by weight: the same shop as a
    draw per customer, without the work for those who do not come.
    """
    expected, edges = expected_sessions(customers, day, parameters, incidents)
    total = int(rng.poisson(expected)) if count is None else count
    if edges[-1] <= 0:
        total = 0
    who = np.searchsorted(edges, rng.random(total) * edges[-1], side="right").clip(0, len(edges) - 1)
    bots = round(total * (shop_factor(incidents, Metric.BOTS, day.day) - 1))
    who = np.append(who, np.resize(who[:BOTS], bots))
    codes = _draw_dimensions(customers, who, parameters, rng)
    is_bot = np.arange(len(who)) >= total
    kept = _survivors(codes, day, parameters, incidents, rng)
    if kept is not None:
        who, is_bot, codes = who[kept], is_bot[kept], tuple(column[kept] for column in codes)
    start = _draw_starts(customers, who, day, rng)
    order = np.lexsort((who, start))
    who, start, is_bot, codes = who[order], start[order], is_bot[order], tuple(column[order] for column in codes)
    variant = _variants(customers, who, day, parameters)
    likelihood = _purchase_probability(customers, who, codes, variant, day, parameters, incidents)
    purchased = (rng.random(len(who)) < likelihood) | is_bot
    actions, last = _walk(start, purchased, codes, day, parameters, incidents, rng)
    end = np.where(rng.random(len(who)) < NO_END_SHARE, UNSET, last + rng.integers(5, 240, len(who)))
    return Sessions(who, start, end, codes, actions, purchased, variant)


def _draw_dimensions(
    customers: Customers, who: Ints, parameters: ShopParameters, rng: np.random.Generator
) -> tuple[Ints, ...]:
    columns = []
    for dimension, homes in zip(parameters.dimensions, customers.homes, strict=True):
        codes = homes[who]
        if dimension.stickiness < 1:
            at_home = rng.random(len(who)) < dimension.stickiness
            codes = np.where(at_home, codes, draw_codes(dimension, len(who), rng))
        if dimension.missing > 0:
            codes = np.where(rng.random(len(who)) < dimension.missing, UNSET, codes)
        columns.append(codes)
    return tuple(columns)


def _survivors(
    codes: tuple[Ints, ...],
    day: LocalDay,
    parameters: ShopParameters,
    incidents: tuple[Incident, ...],
    rng: np.random.Generator,
) -> Flags | None:
    factors = value_factors(incidents, Metric.SESSIONS, day.day, codes, parameters)
    return None if factors is None else rng.random(len(factors)) < factors


def _draw_starts(customers: Customers, who: Ints, day: LocalDay, rng: np.random.Generator) -> Ints:
    """Instants of the day; on the day of the download soon after it."""
    start = draw_instants(day, len(who), rng)
    download = customers.download[who]
    too_early = start < download
    delay = rng.exponential(FIRST_VISIT_MEAN_SECONDS, len(who)).astype(np.int64)
    return np.where(too_early, np.minimum(download + delay, day.end - 1), start)


def _variants(customers: Customers, who: Ints, day: LocalDay, parameters: ShopParameters) -> Ints:
    experiment = parameters.experiment
    if experiment is None or not experiment.runs_on(day.index, parameters.days):
        return np.full(len(who), UNSET, dtype=np.int64)
    return customers.variant[who]


def by_code(codes: Ints, values: tuple[float, ...]) -> Floats:
    """The factor of each session's value; an empty one counts as 1."""
    return np.append(np.array(values), 1.0)[codes]


def _purchase_probability(
    customers: Customers,
    who: Ints,
    codes: tuple[Ints, ...],
    variant: Ints,
    day: LocalDay,
    parameters: ShopParameters,
    incidents: tuple[Incident, ...],
) -> Floats:
    likelihood = customers.conversion[who] * shop_factor(incidents, Metric.CONVERSION, day.day)
    for dimension, column in zip(parameters.dimensions, codes, strict=True):
        likelihood *= by_code(column, dimension.conversion)
    likelihood *= shop_factor(incidents, Metric.CATALOGUE, day.day)
    local = value_factors(incidents, Metric.CONVERSION, day.day, codes, parameters)
    if local is not None:
        likelihood *= local
    if parameters.experiment is not None:
        likelihood *= by_code(variant, parameters.experiment.conversion)
    return np.minimum(likelihood, MOST_LIKELY)


def _walk(
    start: Ints,
    purchased: Flags,
    codes: tuple[Ints, ...],
    day: LocalDay,
    parameters: ShopParameters,
    incidents: tuple[Incident, ...],
    rng: np.random.Generator,
) -> tuple[tuple[Ints, ...], Ints]:
    """Instants of the steps, and of the last thing that happened.

    Buyers take every step and others drop off; some steps are skipped, and a few come in the wrong order.
    """
    count = len(start)
    ease = np.ones(count)
    for dimension, column in zip(parameters.dimensions, codes, strict=True):
        ease *= by_code(column, dimension.conversion) ** 0.3
    reached, clock = np.ones(count, dtype=np.bool_), start.copy()
    offered = shop_factor(incidents, Metric.CATALOGUE, day.day)
    actions: list[Ints] = []
    for number, step in enumerate(parameters.steps):
        reach = step.reach * (offered if number == 1 else 1.0)
        reached = reached & (purchased | (rng.random(count) < reach * ease))
        clock = np.where(reached, clock + rng.exponential(step.mean_seconds, count).astype(np.int64) + 1, clock)
        skipped = rng.random(count) < step.skip
        actions.append(np.where(reached & ~skipped, clock, UNSET))
    actions = _swap_some(actions, parameters, rng)
    recorded = shop_factor(incidents, Metric.STEP, day.day)
    if recorded < 1 and actions:
        actions[-1] = np.where(rng.random(count) < recorded, actions[-1], UNSET)
    return tuple(actions), clock


def _swap_some(actions: list[Ints], parameters: ShopParameters, rng: np.random.Generator) -> list[Ints]:
    """Change the instants of the first two steps in a small share of the sessions that have both."""
    if len(actions) < 2:
        return actions
    first, second = actions[0], actions[1]
    swap = (rng.random(len(first)) < parameters.out_of_order) & (first != UNSET) & (second != UNSET)
    return [np.where(swap, second, first), np.where(swap, first, second), *actions[2:]]

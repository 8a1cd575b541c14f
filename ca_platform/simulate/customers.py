"""Who the customers are: when they come, how often, how long they stay, what they like to spend.

One array per property, customers in the order of their download. Nothing of days or sessions here but the state that
a promotion leaves behind.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.simulate.clock import DAY, Flags, Floats, Ints, midnight
from ca_platform.simulate.parameters import Dimension, ShopParameters

WEEK = 7 * DAY
BEFORE_OPENING_DAYS = 365
UNSET = -1


@dataclass(slots=True)
class Customers:
    """All customers; arrays of one length. Instants are seconds since 1970 UTC, ``UNSET`` for none.

    Attributes:
        download: first contact; some lie in the year before the first simulated day.
        leaves: end of the lifetime.
        rate: sessions per week while active.
        conversion: share of sessions that become orders, before factors.
        log_spend: mean of the logarithm of an order's amount.
        known: has a row in customers.csv.
        homes: per dimension the code of the home value.
        favourite: number between 0 and 1 that picks the favourite product category.
        variant: variant of the experiment.
        orders, boost, boost_until: state: orders so far; factor on the rate until that day index.
    """

    download: Ints
    signup: Ints
    first_login: Ints
    leaves: Ints
    rate: Floats
    conversion: Floats
    log_spend: Floats
    known: Flags
    homes: tuple[Ints, ...]
    favourite: Floats
    variant: Ints
    orders: Ints
    boost: Floats
    boost_until: Ints

    def __len__(self) -> int:
        return len(self.download)

    def weights(self, day_index: int, first: int, last: int) -> Floats:
        """Relative expected number of sessions of each customer on the day [first, last)."""
        active = (self.download < last) & (self.leaves > first)
        boosted = np.where(self.boost_until >= day_index, self.boost, 1.0)
        return np.where(active, self.rate * boosted, 0.0)


def _draw_downloads(parameters: ShopParameters, rng: np.random.Generator) -> Ints:
    """Download instants: some before the opening, the others with exponential growth over the days."""
    opening = midnight(parameters.start, parameters.time_zone)
    initial = round(parameters.customers * parameters.initial_share)
    before = opening - rng.random(initial) * BEFORE_OPENING_DAYS * DAY
    growth = np.log1p(parameters.growth_per_year) * parameters.days / 365.25
    position = rng.random(parameters.customers - initial)
    if abs(growth) > 1e-9:
        position = np.log1p(position * np.expm1(growth)) / growth
    after = opening + position * parameters.days * DAY
    return np.sort(np.concatenate((before, after)).astype(np.int64))


def draw_codes(dimension: Dimension, count: int, rng: np.random.Generator) -> Ints:
    """Codes of a dimension's values by their shares."""
    edges = np.cumsum(dimension.shares)
    codes: Ints = np.searchsorted(edges, rng.random(count) * edges[-1], side="right").clip(0, len(edges) - 1)
    return codes


def _later(instants: Ints, share: float, mean_days: float, rng: np.random.Generator) -> Ints:
    """For a share of the customers an instant after the given one, else ``UNSET``."""
    delay = (rng.exponential(mean_days, len(instants)) * DAY).astype(np.int64) + 30
    happens = (rng.random(len(instants)) < share) & (instants != UNSET)
    return np.where(happens, instants + delay, UNSET)


def draw_customers(parameters: ShopParameters, rng: np.random.Generator) -> Customers:
    """All customers of the shop, as described by :class:`ShopParameters`."""
    count = parameters.customers
    download = _draw_downloads(parameters, rng)
    shape = parameters.conversion_a + parameters.conversion_b
    rate = rng.gamma(shape, parameters.sessions_per_week / shape, count)
    # An exponential lifetime whose rate is Gamma(s, scale) has the mean scale / (s - 1).
    scale = parameters.lifetime_mean_weeks * (parameters.lifetime_shape - 1)
    departure = rng.gamma(parameters.lifetime_shape, 1 / scale, count)
    # Nobody needs a lifetime beyond a century; the bound keeps the instants inside 64 bits.
    lifetime = np.minimum(rng.exponential(1.0, count) / departure, 5_200.0)
    signup = _later(download, parameters.signup_share, 1.5, rng)
    return Customers(
        download=download,
        signup=signup,
        first_login=_later(signup, parameters.first_login_share, 0.5, rng),
        leaves=download + (lifetime * WEEK).astype(np.int64),
        rate=np.where(rng.random(count) < parameters.dormant_share, 0.0, rate),
        conversion=rng.beta(parameters.conversion_a, parameters.conversion_b, count),
        log_spend=rng.normal(parameters.spend_log_mean, parameters.spend_log_deviation_between, count),
        known=rng.random(count) >= parameters.unknown_share,
        homes=tuple(draw_codes(dimension, count, rng) for dimension in parameters.dimensions),
        favourite=rng.random(count),
        variant=rng.integers(0, len(parameters.experiment.variants) if parameters.experiment else 1, count),
        orders=np.zeros(count, dtype=np.int64),
        boost=np.ones(count),
        boost_until=np.full(count, UNSET, dtype=np.int64),
    )

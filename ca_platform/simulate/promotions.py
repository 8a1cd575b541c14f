"""Which orders carry a promotion, and what its use does to the customer afterwards."""

from __future__ import annotations

import numpy as np

from ca_platform.simulate.clock import Flags, Floats, Ints
from ca_platform.simulate.customers import UNSET, Customers
from ca_platform.simulate.parameters import ShopParameters

EFFECT_DAYS = 7
ABANDONED_COUPON_SHARE = 0.02


def draw_promotions(
    customers: Customers,
    who: Ints,
    purchased: Flags,
    day_index: int,
    parameters: ShopParameters,
    rng: np.random.Generator,
) -> Ints:
    """Code of each session's promotion, ``UNSET`` for none.

    A few sessions without purchase carry a coupon, too: somebody typed it in and left. Use is independent of the
    customer's own rates, so that what follows is the promotion's effect alone.
    """
    codes = np.full(len(who), UNSET, dtype=np.int64)
    first_order = _is_first_order(customers, who, purchased)
    for code, promotion in enumerate(parameters.promotions):
        if not promotion.runs_on(day_index):
            continue
        eligible = first_order if promotion.first_order_only else purchased
        used = eligible & (codes == UNSET) & (rng.random(len(who)) < promotion.usage)
        abandoned = ~purchased & (codes == UNSET) & (rng.random(len(who)) < promotion.usage * ABANDONED_COUPON_SHARE)
        codes[used | abandoned] = code
    return codes


def _is_first_order(customers: Customers, who: Ints, purchased: Flags) -> Flags:
    """Flags of the orders that are their customer's first; sessions are in the order of their start."""
    orders = np.flatnonzero(purchased)
    _, earliest = np.unique(who[orders], return_index=True)
    first: Flags = np.zeros(len(who), dtype=np.bool_)
    first[orders[earliest]] = customers.orders[who[orders[earliest]]] == 0
    return first


def discount_rates(codes: Ints, parameters: ShopParameters) -> Floats:
    """Share of the amount that each session's promotion takes off."""
    return np.array([*(promotion.discount for promotion in parameters.promotions), 0.0])[codes]


def remember_orders(
    customers: Customers, who: Ints, purchased: Flags, codes: Ints, day_index: int, parameters: ShopParameters
) -> None:
    """Bring the customers' state up to the end of the day: orders so far, and the effect that begins tomorrow."""
    customers.orders += np.bincount(who[purchased], minlength=len(customers))
    effects = np.array([*(promotion.effect for promotion in parameters.promotions), 1.0])[codes]
    lasting = purchased & (effects != 1.0)
    customers.boost[who[lasting]] = effects[lasting]
    customers.boost_until[who[lasting]] = day_index + EFFECT_DAYS

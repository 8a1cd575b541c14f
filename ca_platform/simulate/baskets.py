"""Products, what an order contains, and what it costs. Money is in whole cents."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ca_platform.simulate.clock import Floats, Ints
from ca_platform.simulate.customers import UNSET, Customers
from ca_platform.simulate.parameters import ShopParameters
from ca_platform.simulate.sessions import Sessions, by_code

CATEGORIES = {
    "bakery": ("loaf", "croissant", "bagel", "muffin"),
    "coffee": ("espresso beans", "filter coffee", "cold brew"),
    "dairy": ("yoghurt", "cheddar", "butter", "oat milk"),
    "fruit": ("apples", "bananas", "berries", "oranges"),
    "household": ("detergent", "paper towels", "candles"),
    "kitchen": ("chopping board", "mug", "tea towel"),
    "pantry": ("pasta", "rice", "olive oil", "chickpeas"),
    "ready meals": ("lasagne", "curry", "soup"),
    "snacks": ("crisps", "chocolate", "nuts"),
    "vegetables": ("tomatoes", "peppers", "salad", "potatoes"),
}
MOST_EXTRA_LINES = 14
MANY_UNITS_SHARE = 0.22
LINE_DISCOUNT_SHARE = 0.03
LINE_DISCOUNT = 0.1


@dataclass(frozen=True, slots=True)
class Products:
    """The assortment, sorted by category.

    Attributes:
        price: list price in cents; an order's own prices lie around it (size and options).
        popularity: running sum of the shares.
        category_edges: running popularity at the borders of the categories.
        partner: product that is often bought with this one, ``UNSET`` for none.
    """

    names: tuple[str, ...]
    categories: tuple[str, ...]
    price: Ints
    popularity: Floats
    category_edges: Floats
    partner: Ints


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines of a day's orders; ``order`` is the position among the day's sessions, ``price`` of one unit in cents."""

    order: Ints
    product: Ints
    quantity: Ints
    price: Ints
    discount: Ints

    def __len__(self) -> int:
        return len(self.order)


@dataclass(frozen=True, slots=True)
class Amounts:
    """Per session, in cents: what was paid, and what the promotion took off (without line discounts)."""

    paid: Ints
    discount: Ints


def draw_products(parameters: ShopParameters, rng: np.random.Generator) -> Products:
    """An assortment with log-normal prices, popularity by Zipf's law and planted partners."""
    count = parameters.products
    labels = sorted(CATEGORIES)
    category = np.sort(np.arange(count) % len(labels))
    names = tuple(
        f"{CATEGORIES[labels[code]][number % len(CATEGORIES[labels[code]])]} {number:03d}"
        for number, code in enumerate(category)
    )
    shares = rng.permutation(1.0 / (np.arange(count) + 3.0))
    popularity = np.cumsum(shares / shares.sum())
    last_of_category = [int(np.searchsorted(category, code, side="right")) for code in range(len(labels))]
    edges = np.concatenate(([0.0], popularity[[max(last - 1, 0) for last in last_of_category]]))
    price = np.maximum(np.round(np.exp(rng.normal(6.9, 0.55, count))).astype(np.int64), 20)
    partner = np.full(count, UNSET, dtype=np.int64)
    pairs = rng.permutation(count)[: 2 * min(parameters.affinities, count // 2)].reshape(-1, 2)
    partner[pairs[:, 0]] = pairs[:, 1]
    return Products(names, tuple(labels[code] for code in category), price, popularity, edges, partner)


def draw_targets(
    customers: Customers, sessions: Sessions, amount_factor: float, parameters: ShopParameters, rng: np.random.Generator
) -> Floats:
    """Amount in cents that each session would spend before promotions: log-normal, by customer and dimensions."""
    noise = rng.normal(0.0, parameters.spend_log_deviation_within, len(sessions))
    target = np.exp(customers.log_spend[sessions.customer] + noise) * 100.0 * amount_factor
    for dimension, codes in zip(parameters.dimensions, sessions.codes, strict=True):
        target *= by_code(codes, dimension.spend)
    return np.maximum(target, 50.0)


def draw_lines(
    customers: Customers,
    sessions: Sessions,
    targets: Floats,
    products: Products,
    parameters: ShopParameters,
    rng: np.random.Generator,
) -> Lines:
    """Lines of all orders of a day; each order's prices are scaled so that its sum meets the target to the cent or so."""
    orders = np.flatnonzero(sessions.purchased)
    order, product = _draw_products_of(orders, customers, sessions, products, parameters, rng)
    quantity = 1 + np.where(rng.random(len(order)) < MANY_UNITS_SHARE, rng.geometric(0.6, len(order)), 0)
    listed = products.price[product]
    raw = np.bincount(order, weights=listed * quantity, minlength=len(sessions))
    price = np.maximum(np.round(listed * (targets / np.maximum(raw, 1.0))[order]).astype(np.int64), 1)
    reduced = rng.random(len(order)) < LINE_DISCOUNT_SHARE
    discount = np.where(reduced, np.round(price * quantity * LINE_DISCOUNT).astype(np.int64), 0)
    return Lines(order, product, quantity.astype(np.int64), price, discount)


def _draw_products_of(
    orders: Ints,
    customers: Customers,
    sessions: Sessions,
    products: Products,
    parameters: ShopParameters,
    rng: np.random.Generator,
) -> tuple[Ints, Ints]:
    """Distinct (order, product) pairs: by popularity, favourite category and partner."""
    sizes = 1 + np.minimum(rng.poisson(parameters.extra_lines, len(orders)), MOST_EXTRA_LINES)
    order = np.repeat(orders, sizes)
    position = rng.random(len(order))
    category_count = len(products.category_edges) - 1
    favourite = (customers.favourite[sessions.customer[order]] * category_count).astype(np.int64)
    low, high = products.category_edges[favourite], products.category_edges[favourite + 1]
    prefers = (rng.random(len(order)) < parameters.favourite_share) & (high > low)
    position = np.where(prefers, low + position * (high - low), position)
    last = len(products.price) - 1
    product = np.searchsorted(products.popularity, position, side="right").clip(0, last)
    partner = products.partner[product]
    joined = (partner != UNSET) & (rng.random(len(order)) < parameters.affinity_strength)
    order = np.concatenate((order, order[joined]))
    product = np.concatenate((product, partner[joined]))
    pairs = np.unique(order * len(products.price) + product)
    return pairs // len(products.price), pairs % len(products.price)


def price_orders(sessions: Sessions, targets: Floats, lines: Lines | None, rates: Floats) -> Amounts:
    """What every session paid: the sum of its lines (or the target), less the promotion; 0 without purchase."""
    if lines is None:
        subtotal = np.where(sessions.purchased, np.round(targets), 0.0).astype(np.int64)
    else:
        net = (lines.price * lines.quantity - lines.discount).astype(np.float64)
        subtotal = np.round(np.bincount(lines.order, weights=net, minlength=len(sessions))).astype(np.int64)
    discount = np.round(subtotal * rates).astype(np.int64)
    return Amounts(subtotal - discount, discount)

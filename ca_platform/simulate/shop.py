"""Simulates a whole shop, day by day, so that memory holds the customers and one day.

Ties the other modules of this folder together; draws nothing itself.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from enum import IntEnum
from pathlib import Path

import numpy as np
import polars as pl

from ca_platform.errors import ConfigurationError
from ca_platform.simulate.assignments import draw_assignments
from ca_platform.simulate.baskets import Amounts, Lines, Products, draw_lines, draw_products, draw_targets, price_orders
from ca_platform.simulate.clock import Ints, LocalDay, local_day, stream
from ca_platform.simulate.customers import UNSET, Customers, draw_customers
from ca_platform.simulate.deliveries import (
    PHASES,
    AbnormalDelivery,
    Deliveries,
    Places,
    draw_deliveries,
    draw_places,
)
from ca_platform.simulate.incidents import Incident, Metric, plan_incidents, shop_factor
from ca_platform.simulate.parameters import ShopParameters
from ca_platform.simulate.promotions import discount_rates, draw_promotions, remember_orders
from ca_platform.simulate.sessions import Sessions, draw_sessions, expected_sessions
from ca_platform.simulate.settings_file import settings_text
from ca_platform.simulate.truth import Affinity, Truth
from ca_platform.simulate.writer import (
    client_names,
    order_names,
    prepare_folder,
    write_assignments,
    write_customers,
    write_deliveries,
    write_lines,
    write_sessions,
)


class _Stream(IntEnum):
    CUSTOMERS = 1
    PRODUCTS = 2
    INCIDENTS = 3
    PLACES = 4
    TOTALS = 5
    SESSIONS = 6
    PROMOTIONS = 7
    AMOUNTS = 8
    LINES = 9
    DELIVERIES = 10
    ASSIGNMENTS = 11


@dataclass(slots=True)
class _Shop:
    """Everything that lives longer than a day."""

    parameters: ShopParameters
    customers: Customers
    products: Products
    places: Places
    incidents: tuple[Incident, ...]
    truth: Truth
    totals: Ints | None
    on_their_way: Deliveries | None = None

    def rng(self, part: _Stream, day: LocalDay) -> np.random.Generator:
        return stream(self.parameters.seed, part, day.index)


def simulate_shop(
    out: Path,
    days: int | None = None,
    customers: int | None = None,
    seed: int | None = None,
    start: date | None = None,
    *,
    parameters: ShopParameters | None = None,
    on_day: Callable[[date, int], None] | None = None,
) -> Truth:
    """Write a simulated shop into ``out`` and return what made it.

    The same parameters give the same files, byte for byte, on any number of cores.

    Args:
        out: folder; must not hold a shop yet.
        days, customers, seed, start: replace those of ``parameters``.
        parameters: the shop; ``ShopParameters()`` when left out, ``volume_shop(…)`` for volume tests.
        on_day: called after each day with the day and its number of sessions.
    """
    given = {"days": days, "customers": customers, "seed": seed, "start": start}
    chosen = (parameters or ShopParameters()).with_(**{key: value for key, value in given.items() if value is not None})
    out = Path(out)
    prepare_folder(out, baskets=chosen.baskets)
    shop = _open_shop(chosen)
    for index in range(chosen.days):
        day = local_day(index, chosen.start, chosen.time_zone)
        count = _simulate_day(out, shop, day)
        if on_day is not None:
            on_day(day.day, count)
    shop.truth.counts.customers = write_customers(out, shop.customers, day.end, chosen.time_zone)
    _assign(out, shop)
    (out / "ca_platform.yaml").write_text(settings_text(chosen), encoding="utf-8")
    (out / "truth.json").write_text(shop.truth.to_json(), encoding="utf-8")
    return shop.truth


def _open_shop(parameters: ShopParameters) -> _Shop:
    seed = parameters.seed
    customers = draw_customers(parameters, stream(seed, _Stream.CUSTOMERS))
    products = draw_products(parameters, stream(seed, _Stream.PRODUCTS))
    incidents = plan_incidents(parameters, stream(seed, _Stream.INCIDENTS))
    pairs = [
        (products.names[one], products.names[other]) for one, other in enumerate(products.partner) if other != UNSET
    ]
    truth = Truth(
        parameters,
        incidents,
        tuple(Affinity(one, other, parameters.affinity_strength) for one, other in pairs) if parameters.baskets else (),
        clients_without_row=tuple(client_names(np.flatnonzero(~customers.known)).to_list()),
    )
    places = draw_places(customers, parameters, stream(seed, _Stream.PLACES))
    return _Shop(
        parameters, customers, products, places, incidents, truth, _fixed_totals(customers, parameters, incidents)
    )


def _fixed_totals(customers: Customers, parameters: ShopParameters, incidents: tuple[Incident, ...]) -> Ints | None:
    """Sessions of each day when their sum is given: a Poisson process under the condition of its total."""
    if parameters.sessions is None:
        return None
    days = (local_day(index, parameters.start, parameters.time_zone) for index in range(parameters.days))
    expected = np.array([expected_sessions(customers, day, parameters, incidents)[0] for day in days])
    if expected.sum() <= 0:
        raise ConfigurationError(f"None of the {len(customers)} customers is active: give more customers or days.")
    rng = stream(parameters.seed, _Stream.TOTALS)
    return rng.multinomial(parameters.sessions, expected / expected.sum()).astype(np.int64)


def _simulate_day(out: Path, shop: _Shop, day: LocalDay) -> int:
    """One day from the first session to the last file; the number of sessions."""
    parameters = shop.parameters
    total = None if shop.totals is None else int(shop.totals[day.index])
    sessions = draw_sessions(shop.customers, day, parameters, shop.incidents, shop.rng(_Stream.SESSIONS, day), total)
    promotions = draw_promotions(
        shop.customers, sessions.customer, sessions.purchased, day.index, parameters, shop.rng(_Stream.PROMOTIONS, day)
    )
    amounts, lines = _price(shop, day, sessions, promotions)
    write_sessions(out, day, sessions, promotions, amounts, parameters)
    if lines is not None:
        write_lines(out, day, lines, shop.products)
        _deliver(out, shop, day, sessions)
    remember_orders(shop.customers, sessions.customer, sessions.purchased, promotions, day.index, parameters)
    counts = shop.truth.counts
    counts.sessions += len(sessions)
    counts.orders += int(sessions.purchased.sum())
    counts.revenue += Decimal(int(amounts.paid.sum())) / 100
    counts.lines += 0 if lines is None else len(lines)
    return len(sessions)


def _assign(out: Path, shop: _Shop) -> None:
    """Write who was given which variant of the experiment without effect."""
    parameters = shop.parameters
    if parameters.idle_experiment is not None:
        rng = stream(parameters.seed, _Stream.ASSIGNMENTS)
        given = draw_assignments(shop.customers, parameters.idle_experiment, parameters, rng)
        write_assignments(out, given, parameters.time_zone)
        shop.truth.counts.assignments = len(given.customer)


def _price(shop: _Shop, day: LocalDay, sessions: Sessions, promotions: Ints) -> tuple[Amounts, Lines | None]:
    factor = shop_factor(shop.incidents, Metric.AMOUNT, day.day)
    targets = draw_targets(shop.customers, sessions, factor, shop.parameters, shop.rng(_Stream.AMOUNTS, day))
    lines = None
    if shop.parameters.baskets:
        rng = shop.rng(_Stream.LINES, day)
        lines = draw_lines(shop.customers, sessions, targets, shop.products, shop.parameters, rng)
    return price_orders(sessions, targets, lines, discount_rates(promotions, shop.parameters)), lines


def _deliver(out: Path, shop: _Shop, day: LocalDay, sessions: Sessions) -> None:
    """Write what arrives on this day, keep the rest; on the last day write the rest as still on its way."""
    parameters, counts = shop.parameters, shop.truth.counts
    rng = shop.rng(_Stream.DELIVERIES, day)
    placed = draw_deliveries(sessions, shop.places, day, parameters, shop.incidents, rng)
    waiting = placed if shop.on_their_way is None else shop.on_their_way + placed
    arrives = waiting.delivered < day.end
    arrived, shop.on_their_way = waiting.take(arrives), waiting.take(~arrives)
    is_last = day.index == parameters.days - 1
    rows = arrived + shop.on_their_way if is_last else arrived
    order_ids = _order_ids(shop, rows)
    write_deliveries(out, day, arrived, shop.on_their_way if is_last else None, order_ids, parameters.time_zone)
    shop.truth.abnormal_deliveries.extend(
        AbnormalDelivery(order_ids[int(row)], day.day, PHASES[rows.abnormal[row]], round(float(rows.factor[row]), 3))
        for row in np.flatnonzero(arrived.abnormal != UNSET)
    )
    counts.deliveries += len(arrived)
    counts.open_deliveries += len(shop.on_their_way) if is_last else 0


def _order_ids(shop: _Shop, rows: Deliveries) -> pl.Series:
    first = int(rows.day.min()) if len(rows) else 0
    days = [
        shop.parameters.start + timedelta(days=index) for index in range(first, int(rows.day.max(initial=first)) + 1)
    ]
    return order_names(days, rows.number, rows.day - first)

"""Panels of made-up shops with a known course."""

from __future__ import annotations

import numpy as np

from ca_platform.models.anomaly import Metric, Panel, hours_figure, products_figure
from ca_platform.models.anomaly.records import Floats

FIRST = np.datetime64("2024-01-01")  # a Monday
WEEK = np.array([1.0, 1.05, 1.1, 1.0, 1.2, 0.8, 0.6])
METRICS = (
    Metric("sessions", "count"),
    Metric("orders", "count"),
    Metric("revenue", "amount"),
    Metric("mean_amount", "amount", "revenue", "orders"),
    Metric("orders/sessions", "ratio", "orders", "sessions"),
)


def shop(days: int, seed: int = 1, *, sessions: float = 2000.0, noise: float = 0.05) -> Panel:
    """A stationary shop with a pattern of the week: a tenth of its sessions buy."""
    rng = np.random.default_rng(seed)
    mean = sessions * WEEK[np.arange(days) % 7] * np.exp(rng.normal(0, noise, days))
    came = rng.poisson(mean).astype(np.float64)
    bought = rng.binomial(came.astype(np.int64), 0.1).astype(np.float64)
    return of(came, bought, bought * rng.normal(30.0, 15.0 / np.sqrt(np.maximum(bought, 1.0))))


def of(came: Floats, bought: Floats, revenue: Floats) -> Panel:
    """The panel of a shop's sessions, orders and revenue."""
    values = np.column_stack([came, bought, revenue, quotient(revenue, bought), quotient(bought, came)])
    return Panel(FIRST + np.arange(came.size), METRICS, values, np.column_stack([came, bought, bought, bought, came]))


def open_shop(days: int, *, orders: float = 60.0) -> Panel:
    """A shop that is open from nine to six, with its orders by hour."""
    rng = np.random.default_rng(2)
    hours = np.zeros((days, 24))
    hours[:, 9:18] = rng.poisson(orders / 9 * np.exp(rng.normal(0, 0.15, (days, 1))), (days, 9))
    came = hours.sum(axis=1)
    busy, size = hours_figure(hours)
    metrics = (Metric("orders", "count"), Metric("hours_with_orders", "ratio", hours_of="orders"))
    return Panel(
        FIRST + np.arange(days),
        metrics,
        np.column_stack([came, busy]),
        np.column_stack([came, size]),
        {"orders": hours},
    )


def market(days: int, *, products: int = 60, orders: int = 120) -> Panel:
    """A shop of whose products each order holds two, some more often than others."""
    rng = np.random.default_rng(3)
    share = 1 / (20 + np.arange(products))
    bought = rng.poisson(orders * np.exp(rng.normal(0, 0.05, days)))
    sold = [np.unique(rng.choice(products, 2 * count, p=share / share.sum()), return_counts=True) for count in bought]
    revenue = bought * rng.normal(30.0, 15.0 / np.sqrt(bought))
    usual, size = products_figure(sold)
    metrics = (
        Metric("orders", "count"),
        Metric("revenue", "amount"),
        Metric("mean_amount", "amount", "revenue", "orders"),
        Metric("usual_products", "ratio", products_of="orders"),
    )
    values = np.column_stack([bought, revenue, revenue / bought, usual])
    return Panel(FIRST + np.arange(days), metrics, values, np.column_stack([*[bought] * 3, size]), sold=sold)


def counts(values: Floats, name: str = "orders") -> Panel:
    """A panel of one count."""
    column = np.asarray(values, np.float64)[:, None]
    return Panel(FIRST + np.arange(column.size), (Metric(name, "count"),), column, column)


def quotient(above: Floats, below: Floats) -> Floats:
    found: Floats = np.divide(above, below, out=np.full(below.shape, np.nan), where=below > 0)
    return found

"""Daily figures of Online Retail, and incidents put into its invoices and lines, from which the figures are made anew.

An incident that is put into the figures themselves would move just what its author thinks it moves. Here an outage takes
the lines of half of the opening hours, a price error moves the decimal point of products, bots bring invoices of one
piece, a tracking loss takes customers' numbers, a catalogue loss the lines of products, and a drop whole invoices.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl

from ca_platform.models.anomaly import DayMarks, Metric, Panel, hours_figure, products_figure
from ca_platform.models.anomaly.hours import HOURS, KNOWN_BY
from ca_platform.models.anomaly.kinds import Kind
from ca_platform.models.anomaly.records import Floats, Sold

_OF_LINES = (
    Metric("orders", "count"),
    Metric("identified", "count"),
    Metric("lines", "amount"),
    Metric("products", "amount"),
    Metric("units", "amount"),
    Metric("revenue", "amount"),
    Metric("price", "amount"),
    Metric("mean_amount", "amount", "revenue", "orders"),
    Metric("identified/orders", "ratio", "identified", "orders"),
    Metric("lines/orders", "amount", "lines", "orders"),
    Metric("products/lines", "amount", "products", "lines"),
    Metric("units/lines", "amount", "units", "lines"),
    Metric("revenue/units", "amount", "revenue", "units"),
)
_WITHIN = (
    Metric("hours_with_orders", "ratio", hours_of="orders"),
    Metric("usual_products", "ratio", products_of="orders"),
)
METRICS = (*_OF_LINES, *_WITHIN)
_SIZES = ("orders", "identified", *("orders",) * 6, "orders", *("orders",) * 4)
SATURDAY = 5
# Figures that an incident acts on first; naming any of them, or what is made of them, names its cause right.
_ACTS_ON = {
    "outage": {"orders"},
    "price": {"price", "revenue"},
    "bots": {"orders"},
    "tracking": {"identified"},
    "catalogue": {"orders", "lines", "products", "revenue", "units"},
    "drop": {"orders"},
    "decay": {"orders"},
}


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Lines of a day.

    Attributes:
        order, product: numbers; of an order without a customer's number ``identified`` is False.
        hour: of the day, with its fraction.
    """

    order: np.ndarray
    product: np.ndarray
    identified: np.ndarray
    quantity: Floats
    price: Floats
    hour: Floats

    def where(self, rows: np.ndarray) -> Lines:
        return Lines(
            self.order[rows],
            self.product[rows],
            self.identified[rows],
            self.quantity[rows],
            self.price[rows],
            self.hour[rows],
        )


@dataclass(frozen=True, slots=True, eq=False)
class Retail:
    """The shop: its lines by day, and the panel that they make."""

    days: tuple[Lines, ...]
    hours: Floats
    sold: tuple[Sold, ...]
    panel: Panel
    marks: DayMarks

    def plant(self, panel: Panel, kind: Kind, day: int, rng: np.random.Generator) -> Panel | None:
        """The panel with an incident in the lines of its days; None of a kind that this shop cannot have."""
        if kind.name not in _ACTS_ON:
            return None
        values, sizes = panel.values.copy(), panel.sizes.copy()
        own = rng.uniform()
        end = min(day + kind.days, panel.days.size)
        before = max(day - KNOWN_BY, 0)
        hours, sold = self.hours[before:end].copy(), list(self.sold[before:end])
        for row in range(day, end):
            changed = _CHANGES[kind.name](self.days[row], own, (row - day + 1) / kind.days, rng)
            values[row, :-2], sizes[row, :-2] = figures(changed)
            hours[row - before], sold[row - before] = orders_by_hour(changed), products_sold(changed)
        for place, found in ((-2, hours_figure(hours)), (-1, products_figure(sold))):
            values[day:end, place], sizes[day:end, place] = (column[day - before :] for column in found)
        return panel.with_figures(values, sizes)

    def names(self, kind: Kind) -> frozenset[str]:
        """The metrics any of which names the cause right."""
        hit = _ACTS_ON.get(kind.name, set())
        found = {item.name for item in METRICS if hit & {item.name, item.numerator, item.denominator}}
        return frozenset(found | {"outage": {_WITHIN[0].name}, "catalogue": {_WITHIN[1].name}}.get(kind.name, set()))


def retail(path: Path) -> Retail:
    """Online Retail without cancellations and without its last, partial day; days on which it was closed are events."""
    frame = (
        pl.scan_parquet(path)
        .filter(~pl.col("InvoiceNo").str.starts_with("C"), pl.col("Quantity") > 0, pl.col("UnitPrice") > 0)
        .select(
            day=pl.col("InvoiceDate").dt.date(),
            order=pl.col("InvoiceNo").rank("dense").cast(pl.Int64),
            product=pl.col("StockCode").rank("dense").cast(pl.Int64),
            identified=pl.col("CustomerID").is_not_null(),
            quantity=pl.col("Quantity").cast(pl.Float64),
            price=pl.col("UnitPrice"),
            hour=pl.col("InvoiceDate").dt.hour() + pl.col("InvoiceDate").dt.minute() / 60,
        )
        .sort("day", "order", "product")
        .collect()
    )
    first, last = frame["day"].min(), frame["day"].max()
    days = np.arange(np.datetime64(str(first)), np.datetime64(str(last)))
    columns = {name: frame[name].to_numpy() for name in ("order", "product", "identified", "quantity", "price", "hour")}
    everything = Lines(**columns)
    number = (frame["day"].to_numpy().astype("datetime64[D]") - days[0]).astype(np.int64)
    borders = np.searchsorted(number, np.arange(days.size + 1))
    lines = tuple(everything.where(np.arange(borders[at], borders[at + 1])) for at in range(days.size))
    hours = np.array([orders_by_hour(item) for item in lines])
    sold = tuple(products_sold(item) for item in lines)
    of_lines = zip(*(figures(item) for item in lines), strict=True)
    values, sizes = (
        np.column_stack([np.array(rows), *within])
        for rows, *within in zip(of_lines, hours_figure(hours), products_figure(sold), strict=True)
    )
    weekday = (days.astype(np.int64) + 3) % 7
    event = np.full(days.size, None, object)
    event[(values[:, 0] == 0) & (weekday != SATURDAY)] = "closed"
    return Retail(
        lines, hours, sold, Panel(days, METRICS, values, sizes), DayMarks(np.full(days.size, None, object), event)
    )


def figures(lines: Lines) -> tuple[Floats, Floats]:
    """Figures and sizes of a day, without those of its hours and products."""
    orders = float(np.unique(lines.order).size)
    revenue = float((lines.quantity * lines.price).sum())
    made = {
        "orders": orders,
        "identified": float(np.unique(lines.order[lines.identified]).size),
        "lines": float(lines.order.size),
        "products": float(np.unique(lines.product).size),
        "units": float(lines.quantity.sum()),
        "revenue": revenue,
        # Geometric, so that one dear product counts as little as one cheap one.
        "price": float(np.exp(np.log(lines.price).mean())) if lines.price.size else np.nan,
    }
    values = [
        made[item.name]
        if item.denominator is None or item.numerator is None
        else made[item.numerator] / made[item.denominator]
        if made[item.denominator] > 0
        else np.nan
        for item in _OF_LINES
    ]
    return np.array(values), np.array([made[name] for name in _SIZES])


def orders_by_hour(lines: Lines) -> Floats:
    """(24,) orders by the hour of their first line."""
    _, first = np.unique(lines.order, return_index=True)
    return np.bincount(lines.hour[first].astype(np.int64), minlength=HOURS).astype(np.float64)


def products_sold(lines: Lines) -> Sold:
    """Products of a day, and how many orders contain each."""
    pairs = np.unique(np.column_stack([lines.order, lines.product]), axis=0)
    return np.unique(pairs[:, 1], return_counts=True)


def _outage(lines: Lines, own: float, _: float, __: np.random.Generator) -> Lines:
    """Half of the opening hours, beginning at some time in the first half."""
    if not lines.hour.size:
        return lines
    opens, shuts = lines.hour.min(), lines.hour.max()
    begin = opens + own * (shuts - opens) / 2
    return lines.where((lines.hour < begin) | (lines.hour > begin + (shuts - opens) / 2))


def _price(lines: Lines, own: float, _: float, rng: np.random.Generator) -> Lines:
    """A tenth of the price of random products that make 50 to 80 % of the revenue."""
    hit = _products(lines, 0.5 + 0.3 * own, rng)
    return Lines(
        lines.order,
        lines.product,
        lines.identified,
        lines.quantity,
        np.where(hit, lines.price / 10, lines.price),
        lines.hour,
    )


def _catalogue(lines: Lines, own: float, _: float, rng: np.random.Generator) -> Lines:
    """Random products that make 30 to 50 % of the revenue cannot be bought."""
    return lines.where(~_products(lines, 0.3 + 0.2 * own, rng))


def _bots(lines: Lines, own: float, _: float, rng: np.random.Generator) -> Lines:
    """Half as many orders more to as many again: one piece of one product, nobody known."""
    orders = np.unique(lines.order).size
    more = rng.poisson((0.5 + 0.5 * own) * orders) if orders else 0
    drawn = rng.integers(lines.order.size, size=more) if more else np.zeros(0, np.int64)
    return Lines(
        np.concatenate([lines.order, -1 - np.arange(more)]),
        np.concatenate([lines.product, lines.product[drawn]]),
        np.concatenate([lines.identified, np.zeros(more, bool)]),
        np.concatenate([lines.quantity, np.ones(more)]),
        np.concatenate([lines.price, lines.price[drawn]]),
        np.concatenate([lines.hour, lines.hour[drawn]]),
    )


def _tracking(lines: Lines, own: float, _: float, rng: np.random.Generator) -> Lines:
    """10 to 50 % of the orders keep their customer's number."""
    lost = _orders(lines, 1 - (0.1 + 0.4 * own), rng)
    return Lines(lines.order, lines.product, lines.identified & ~lost, lines.quantity, lines.price, lines.hour)


def _drop(lines: Lines, _: float, __: float, rng: np.random.Generator) -> Lines:
    return lines.where(~_orders(lines, 0.25, rng))


def _decay(lines: Lines, _: float, progress: float, rng: np.random.Generator) -> Lines:
    return lines.where(~_orders(lines, 0.4 * progress, rng))


def _orders(lines: Lines, share: float, rng: np.random.Generator) -> np.ndarray:
    """Whether a line is of some of the orders, each drawn on its own."""
    orders, place = np.unique(lines.order, return_inverse=True)
    return (rng.uniform(size=orders.size) < share)[place]


def _products(lines: Lines, share: float, rng: np.random.Generator) -> np.ndarray:
    """Whether a line is of the products that make about a share of the revenue, in random order."""
    products, place = np.unique(lines.product, return_inverse=True)
    if not products.size:
        return np.zeros(0, bool)
    revenue = np.bincount(place, lines.quantity * lines.price)
    order = rng.permutation(products.size)
    taken = np.zeros(products.size, bool)
    taken[order] = np.cumsum(revenue[order]) <= share * revenue.sum()
    return taken[place]


_CHANGES = {
    "outage": _outage,
    "price": _price,
    "bots": _bots,
    "tracking": _tracking,
    "catalogue": _catalogue,
    "drop": _drop,
    "decay": _decay,
}

"""Files of a simulated shop: CSV by day, the customers' file, truth and settings.

Dates are ISO 8601 local time with offset, so that both hours of a doubled one stay apart. Knows the file formats and
nothing of how the numbers came about.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl

from ca_platform.errors import ConfigurationError
from ca_platform.simulate.assignments import Assignments
from ca_platform.simulate.baskets import Amounts, Lines, Products
from ca_platform.simulate.clock import Ints, LocalDay
from ca_platform.simulate.customers import UNSET, Customers
from ca_platform.simulate.deliveries import Deliveries
from ca_platform.simulate.parameters import Dimension, ShopParameters
from ca_platform.simulate.sessions import Sessions

INSTANT_FORMAT = "%Y-%m-%dT%H:%M:%S%:z"
OUTPUTS = ("sessions", "lines", "deliveries", "customers.csv", "assignments.csv", "truth.json", "ca_platform.yaml")


def prepare_folder(out: Path, *, baskets: bool) -> None:
    """Make the folders; refuse one that already holds a shop, whose days would mix with the new ones."""
    found = [name for name in OUTPUTS if (out / name).exists()]
    if found:
        message = f"Folder {out} already holds {', '.join(found)}: give another --out, or remove these first."
        raise ConfigurationError(message)
    for name in OUTPUTS[:3] if baskets else OUTPUTS[:1]:
        (out / name).mkdir(parents=True, exist_ok=True)


def client_names(customers: Ints) -> pl.Series:
    """Ids of customers by their position."""
    return pl.select("C" + (pl.lit(pl.Series(customers)) + 1).cast(pl.String).str.zfill(7)).to_series()


def order_names(days: Sequence[date], numbers: Ints, codes: Ints | None = None) -> pl.Series:
    """Ids of sessions by their position in the day; ``codes`` say whose day it is where there are several."""
    prefixes = _labels(np.zeros_like(numbers) if codes is None else codes, tuple(f"{day:%y%m%d}-" for day in days))
    return pl.select(pl.lit(prefixes) + pl.lit(pl.Series(numbers)).cast(pl.String).str.zfill(6)).to_series()


def _instants(seconds: Ints, time_zone: str) -> pl.Series:
    known = pl.Series(seconds).set(pl.Series(seconds == UNSET), None)
    return (known * 1_000_000).cast(pl.Datetime("us", "UTC")).dt.convert_time_zone(time_zone)


def _labels(codes: Ints, values: tuple[str, ...]) -> pl.Series:
    """Texts of codes; ``UNSET`` gives null."""
    return pl.Series([*values, None], dtype=pl.String).gather(pl.Series(np.where(codes == UNSET, len(values), codes)))


def _money(cents: Ints) -> pl.Series:
    return pl.Series(cents / 100.0)


def _write(frame: pl.DataFrame, path: Path, *, digits: int = 2) -> None:
    frame.write_csv(path, datetime_format=INSTANT_FORMAT, float_precision=digits)


def write_sessions(
    out: Path, day: LocalDay, sessions: Sessions, promotions: Ints, amounts: Amounts, parameters: ShopParameters
) -> None:
    """sessions/DAY.csv."""
    zone = parameters.time_zone
    columns: dict[str, pl.Series] = {
        "order_id": order_names([day.day], np.arange(len(sessions))),
        "client": client_names(sessions.customer),
        "session_start_date": _instants(sessions.start, zone),
        "session_end_date": _instants(sessions.end, zone),
    }
    columns |= _dimension_columns(parameters.dimensions, sessions.codes)
    if parameters.experiment is not None:
        columns[parameters.experiment.name] = _labels(sessions.variant, parameters.experiment.variants)
    for step, instants in zip(parameters.steps, sessions.actions, strict=True):
        columns[step.name] = _instants(instants, zone)
    columns["has_purchased"] = pl.Series(sessions.purchased)
    columns["payment_amount"] = _money(amounts.paid)
    columns["discount_amount"] = _money(amounts.discount)
    columns["promotion_id"] = _labels(promotions, tuple(item.promotion_id for item in parameters.promotions))
    _write(pl.DataFrame(columns), out / "sessions" / f"{day.day}.csv")


def _dimension_columns(dimensions: tuple[Dimension, ...], codes: tuple[Ints, ...]) -> Mapping[str, pl.Series]:
    return {item.name: _labels(column, item.values) for item, column in zip(dimensions, codes, strict=True)}


def write_lines(out: Path, day: LocalDay, lines: Lines, products: Products) -> None:
    """lines/DAY.csv."""
    frame = pl.DataFrame(
        {
            "order_id": order_names([day.day], lines.order),
            "date": pl.Series([day.day], dtype=pl.Date).gather(pl.Series(np.zeros(len(lines), dtype=np.int64))),
            "product": _labels(lines.product, products.names),
            "category": _labels(lines.product, products.categories),
            "price": _money(lines.price),
            "quantity": pl.Series(lines.quantity),
            "discount_amount": _money(lines.discount),
        }
    )
    _write(frame, out / "lines" / f"{day.day}.csv")


def write_deliveries(
    out: Path, day: LocalDay, arrived: Deliveries, still_open: Deliveries | None, order_ids: pl.Series, zone: str
) -> None:
    """deliveries/DAY.csv; with ``still_open`` (on the last day) also those on their way, without the later dates."""
    unknown = np.full(0 if still_open is None else len(still_open), UNSET, dtype=np.int64)
    rows = arrived if still_open is None else arrived + still_open
    frame = pl.DataFrame(
        {
            "order_id": order_ids,
            "prepare_date": _instants(np.where(rows.prepared < day.end, rows.prepared, UNSET), zone),
            "delivery_date": _instants(np.concatenate((arrived.delivered, unknown)), zone),
            "return_date": _instants(np.concatenate((arrived.returned, unknown)), zone),
            "promised_date": _instants(rows.promised, zone),
            "latitude": pl.Series(rows.latitude).fill_nan(None),
            "longitude": pl.Series(rows.longitude).fill_nan(None),
        }
    )
    _write(frame, out / "deliveries" / f"{day.day}.csv", digits=5)


def write_assignments(out: Path, given: Assignments, zone: str) -> None:
    """assignments.csv."""
    frame = pl.DataFrame(
        {
            "experiment": _labels(np.zeros_like(given.customer), (given.experiment.name,)),
            "client": client_names(given.customer),
            "variant": _labels(given.variant, given.experiment.variants),
            "assigned_at": _instants(given.at, zone),
        }
    )
    _write(frame, out / "assignments.csv")


def write_customers(out: Path, customers: Customers, end: int, zone: str) -> int:
    """customers.csv as it stands at the instant ``end``; the number of rows."""
    known = customers.known & (customers.download < end)
    frame = pl.DataFrame(
        {
            "client": client_names(np.flatnonzero(known)),
            "download_date": _instants(customers.download[known], zone),
            "signup_date": _instants(np.where(customers.signup < end, customers.signup, UNSET)[known], zone),
            "first_login": _instants(np.where(customers.first_login < end, customers.first_login, UNSET)[known], zone),
        }
    )
    _write(frame, out / "customers.csv")
    return frame.height

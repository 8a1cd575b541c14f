"""The fact tables with how far each looks and what its parts hold: the table from which the engine works."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.catalogue import table_specs
from ca_platform.facts.shape import Shape
from ca_platform.money import MONEY, MONEY_SUM

Reach = Literal["day", "week", "past", "months"]

REACH: dict[str, Reach] = {
    "session_steps": "day",
    "step_times": "day",
    "order_amounts": "day",
    "active_customers": "week",
    "dimension_values": "past",
    "client_numbers": "past",
    "first_sessions": "past",
    "first_purchases": "past",
    "new_customers": "past",
    "customer_orders": "past",
    "order_numbers": "past",
    "next_orders": "past",
    "period_buyers": "past",
    "churn_weeks": "past",
    "customer_days": "past",
    "promotion_orders": "day",
    "promotion_firsts": "past",
    "promotion_customers": "past",
    "promotion_spending": "past",
    "experiment_variants": "past",
    "product_numbers": "past",
    "order_products": "past",
    "product_days": "past",
    "category_buyers": "past",
    "category_days": "past",
    "delivery_times": "past",
    "step_time_totals": "months",
    "order_amount_totals": "months",
    "product_totals": "months",
    "category_totals": "months",
}
FACTS: tuple[str, ...] = tuple(REACH)

_EXACT = pl.Decimal(38, 8)
_COUNT, _NUMBER = pl.Int64(), pl.UInt32()
_SLICE = {"dimension": pl.String(), "value": pl.String()}
_PAIR = {"slice": _NUMBER, "customer": _NUMBER}
_DAY = {"day": pl.Date()}
_STEP_TIMES = {**_DAY, **_SLICE, "step": pl.String(), "microseconds": _COUNT, "sessions": _COUNT}
_AMOUNTS = {**_DAY, **_SLICE, "amount": MONEY, "orders": _COUNT}
_SOLD = {"orders": _COUNT, "units": MONEY_SUM, "revenue": _EXACT}
_PRODUCTS = {
    **_DAY,
    "slice": _NUMBER,
    "item": _NUMBER,
    **_SOLD,
    "discount": _EXACT,
    "customers": _COUNT,
    "repeaters": _COUNT,
    "category": pl.String(),
}
_CATEGORIES = {**_DAY, "slice": _NUMBER, "category": pl.String(), **_SOLD, "customers": _COUNT}
_MINUTES = ("deliver_minutes", "prepare_minutes", "ride_minutes", "return_minutes")
_DELIVERIES: dict[str, pl.DataType] = {
    **_DAY,
    "order_id": pl.String(),
    "client": pl.String(),
    "order_time": INSTANT,
    "delivery_date": INSTANT,
    **dict.fromkeys(("weekday", "hour", "return_weekday", "return_hour"), _COUNT),
    "latitude": pl.Float64(),
    "longitude": pl.Float64(),
    "geohash": pl.String(),
    **dict.fromkeys(_MINUTES, pl.Float64()),
    "return_date": INSTANT,
    "is_late": pl.Boolean(),
}
_SCHEMAS: dict[str, dict[str, pl.DataType]] = {
    "step_times": _STEP_TIMES,
    "order_amounts": _AMOUNTS,
    "active_customers": {**_DAY, **_SLICE, "activity": pl.String(), "gap": _COUNT, "customers": _COUNT},
    "dimension_values": {**_DAY, "slice": _NUMBER, **_SLICE},
    "client_numbers": {**_DAY, "customer": _NUMBER, "client": pl.String()},
    "first_sessions": {**_DAY, **_PAIR, "at": INSTANT},
    "first_purchases": {**_DAY, **_PAIR, "at": INSTANT},
    "new_customers": {**_DAY, "slice": _NUMBER, "step": pl.String(), "hour": _COUNT, "customers": _COUNT},
    "customer_orders": {
        **_DAY,
        **_PAIR,
        "number": _NUMBER,
        "at": INSTANT,
        "previous_at": INSTANT,
        "amount": MONEY,
        "revenue": MONEY_SUM,
    },
    "order_numbers": {
        **_DAY,
        "slice": _NUMBER,
        "number": _NUMBER,
        "customers": _COUNT,
        "revenue": MONEY_SUM,
        "microseconds": _COUNT,
    },
    "next_orders": {
        **_DAY,
        "slice": _NUMBER,
        "number": _NUMBER,
        "unit": pl.String(),
        "offset": _COUNT,
        "customers": _COUNT,
    },
    "period_buyers": {
        **_DAY,
        "slice": _NUMBER,
        "unit": pl.String(),
        "offset": _COUNT,
        "customers": _COUNT,
        "returning": _COUNT,
        "orders": _COUNT,
        "revenue": MONEY_SUM,
    },
    "churn_weeks": {
        **_DAY,
        "slice": _NUMBER,
        "customers": _COUNT,
        "churned": _COUNT,
        "threshold_days": pl.Float64(),
        "newly_churned": _COUNT,
        "reactivated": _COUNT,
    },
    "customer_days": {
        **_DAY,
        "customer": _NUMBER,
        "sessions": _COUNT,
        "orders": _COUNT,
        "revenue": MONEY_SUM,
        "discount": MONEY_SUM,
        "first_order": INSTANT,
        "last_order": INSTANT,
    },
    "promotion_orders": {
        **_DAY,
        **_SLICE,
        "promotion_id": pl.String(),
        "hour": _COUNT,
        "orders": _COUNT,
        "revenue": MONEY_SUM,
        "discount": MONEY_SUM,
    },
    "promotion_firsts": {**_DAY, **_PAIR, "promotion_id": pl.String(), "number": _NUMBER, "at": INSTANT},
    "promotion_customers": {
        **_DAY,
        "slice": _NUMBER,
        "promotion_id": pl.String(),
        "customers": _COUNT,
        "new_customers": _COUNT,
        "repeat_customers": _COUNT,
    },
    "promotion_spending": {**_DAY, **_PAIR, "promotion_id": pl.String(), "orders": _COUNT, "amount": MONEY_SUM},
    "experiment_variants": {
        **_DAY,
        **_PAIR,
        "experiment": pl.String(),
        "variant": pl.String(),
        "at": INSTANT,
    },
    "product_numbers": {**_DAY, "item": _NUMBER, "product": pl.String()},
    "product_days": _PRODUCTS,
    "category_buyers": {**_DAY, **_PAIR, "category": pl.String()},
    "category_days": _CATEGORIES,
    "step_time_totals": _STEP_TIMES,
    "order_amount_totals": _AMOUNTS,
    "product_totals": _PRODUCTS,
    "category_totals": _CATEGORIES,
}


@dataclass(frozen=True, slots=True)
class Totals:
    """What the running totals of a fact are made of.

    Attributes:
        sums: columns that are added up.
        newest: columns of which the newest day counts.
    """

    source: str
    key: tuple[str, ...]
    sums: tuple[str, ...]
    newest: tuple[str, ...] = ()


_SALES = ("orders", "units", "revenue")
TOTALS = {
    "step_time_totals": Totals("step_times", (*_SLICE, "step", "microseconds"), ("sessions",)),
    "order_amount_totals": Totals("order_amounts", (*_SLICE, "amount"), ("orders",)),
    "product_totals": Totals(
        "product_days", ("slice", "item"), (*_SALES, "discount", "customers", "repeaters"), ("category",)
    ),
    "category_totals": Totals("category_days", ("slice", "category"), (*_SALES, "customers")),
}


def schema(name: str, shape: Shape) -> dict[str, pl.DataType]:
    """Columns and types of a fact's parts."""
    if name == "order_products":
        return _order_products(shape)
    if name == "delivery_times":
        return {**_DELIVERIES, **{f"dimensions.{own}": pl.String() for own in shape.dimensions}}
    if name != "session_steps":
        return _SCHEMAS[name]
    return {
        **_DAY,
        **_SLICE,
        "hour": _COUNT,
        "sessions": _COUNT,
        "orders": _COUNT,
        "revenue": MONEY_SUM,
        "discount": MONEY_SUM,
        **{f"steps.{step}": _COUNT for step in shape.actions},
        **{f"closed.{step}": _COUNT for step in shape.steps[1:]},
    }


def _order_products(shape: Shape) -> dict[str, pl.DataType]:
    numbers = ("order", "customer", "item", "number")
    return {
        **_DAY,
        **dict.fromkeys(numbers, _NUMBER),
        "at": INSTANT,
        "units": MONEY_SUM,
        "revenue": _EXACT,
        "discount": _EXACT,
        "category": pl.String(),
        **{f"slices.{name}": _NUMBER for name in shape.dimensions},
        **{f"numbers.{name}": _NUMBER for name in shape.dimensions},
    }


def sort_key(name: str) -> tuple[str, ...]:
    """Order of the rows of a fact's part."""
    return _SORT[name]


def read_sources(name: str) -> tuple[str, ...]:
    """The datasets of the lake by whose days a fact is made."""
    lines = ("lines",) if name in OF_LINES else ()
    return ("sessions", *lines, *(("deliveries",) if name in OF_DELIVERIES else ()))


def with_sources(names: tuple[str, ...] | list[str]) -> list[str]:
    """The facts and those that they are made of, in the order in which they can be made."""
    needed = set(names)
    # Each comes after all that it is made of.
    for name in reversed(FACTS):
        needed |= _INPUTS[name] if name in needed else set()
    return [name for name in FACTS if name in needed]


def _all_inputs(name: str) -> set[str]:
    direct = _SPECS[name].inputs if name in _SPECS else ()
    return {*direct, *(other for own in direct for other in _all_inputs(own))}


_SPECS = {spec.name: spec for spec in table_specs("facts")}
# Facts that follow the lines of baskets, besides sessions.
OF_LINES = frozenset(name for name in FACTS if "lines" in _all_inputs(name))
# Facts that follow deliveries, besides sessions.
OF_DELIVERIES = frozenset(name for name in FACTS if "deliveries" in _all_inputs(name))
_INPUTS = {name: {own for own in spec.inputs if own in REACH} for name, spec in _SPECS.items()}
_SORT = {name: spec.sort for name, spec in _SPECS.items()}

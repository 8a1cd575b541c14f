"""A/B tests of the invented shop: many promotions and products, of which few have an effect that survives."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from datetime import date
from functools import partial
from typing import Any

import polars as pl

from ca_platform.catalogue import Kind
from ca_platform.catalogue.ab_tests import INSUFFICIENT, WITHHELD, comparison_columns
from ca_platform.catalogue.columns import text
from ca_platform_tests.dash_app.days_of_shop import Row

Maker = Callable[[date, date], list[Row]]
Opened = Callable[[date, date], Iterator[tuple[Row, Row]]]

PROMOTIONS = tuple(f"PROMO-{number:02}" for number in range(64))
PRODUCTS = tuple(f"Product {number}, in a box" for number in range(130))
SEGMENTS = ("champions", "loyal", "potential loyalists", "new customers", "at risk", "lost")
_LEAST, _QUANTILE = 30, 1.96
_SPREAD = {"amount": 31.0, "orders": 0.62}
_MEAN = {"amount": 12.4, "orders": 0.31}
_TESTS = {"amount": "sign_flip", "orders": "sign_flip"}
_BINS = 12
_TIMES = ("before", "after")
_OPENED = 20
"""So many items of a kind can be opened; the one that stands out most is among them."""


_KINDS = {Kind.TEXT: pl.String, Kind.INTEGER: pl.Int64, Kind.FLOAT: pl.Float64, Kind.FLAG: pl.Boolean}


def comparison(item: str = "X", **figures: Any) -> Row:
    """A row of a before-and-after report: 400 customers, +2.00 between +1.00 and +3.00, which survives."""
    row: Row = {"item": item, "item_kind": "promotion", "metric": "amount", "customers": 400, "mean_before": 10.0}
    row |= {"mean_after": 13.0, "difference": 2.0, "ci_low": 1.0, "ci_high": 3.0, "relative_difference": 0.2}
    row |= {"raw_difference": 3.0, "raw_p_value": 0.0002, "matched_customers": 380, "test": "sign_flip"}
    row |= {"statistic": 3.9, "p_value": 0.0001, "p_adjusted": 0.004, "accept_ratio": 0.02, "power": 0.5}
    return row | {"significant": True, "direction": "increase"} | figures


def open_item(item: str, difference: float, half: float = 1.0, **figures: Any) -> Row:
    """One whose change does not survive the correction."""
    ends = {"difference": difference, "ci_low": difference - half, "ci_high": difference + half}
    return comparison(item, p_value=0.3, p_adjusted=0.9, significant=False, direction=None, **ends, **figures)


def comparisons(*rows: Row) -> pl.DataFrame:
    """The rows as a before-and-after report gives them."""
    columns = comparison_columns(text("item", "The item."), text("item_kind", "Its kind."))
    schema = {column.name: _KINDS[column.kind] for column in columns}
    return pl.DataFrame([dict.fromkeys(schema) | row for row in rows], schema=schema)


def tail(z: float) -> float:
    """Two-sided p-value of a standard normal statistic."""
    return math.erfc(abs(z) / math.sqrt(2))


def _compared(number: int, customers: int, metric: str, sides: tuple[str, str], effect: float, note: str | None) -> Row:
    """Everything that a comparison says behind what names it."""
    mean, spread = _MEAN[metric] * (1 + (number % 5) / 10), _SPREAD[metric]
    base: Row = {
        "metric": metric,
        "customers": customers,
        f"mean_{sides[0]}": mean,
        f"mean_{sides[1]}": mean + effect * 1.3,
        "difference": effect,
        "relative_difference": effect / mean,
        "raw_difference": effect * 1.3 + spread / 40,
        "matched_customers": customers - customers // 9,
        "distribution": "gaussian" if metric == "amount" else "poisson",
        "test": _TESTS[metric],
        "significant": None,
        "note": note,
        "false_positive_rate": 0.051,
        "false_positive_low": 0.047,
        "false_positive_high": 0.055,
    }
    if note == INSUFFICIENT:
        return base
    error = spread / math.sqrt(customers)
    z = effect / error
    p = tail(z)
    corrected = min(p * 8, 1.0)
    is_tested = note != WITHHELD
    is_found = is_tested and corrected <= 0.05
    return base | {
        "ci_low": effect - _QUANTILE * error,
        "ci_high": effect + _QUANTILE * error,
        "raw_p_value": tail(z * 1.3),
        "statistic": z,
        "p_value": p,
        "p_adjusted": corrected if is_tested else None,
        "accept_ratio": min(2 * p, 1.0),
        "significant": is_found if is_tested else None,
        "direction": None if not is_found else "increase" if effect > 0 else "decrease",
        "power": 0.12 + 0.004 * (number % 40),
    }


def _effect(number: int, metric: str) -> float:
    """Large for a few, next to nothing for the others."""
    part = 0.35 if number % 16 == 3 else -0.32 if number % 16 == 9 else 0.04 * math.sin(number)
    return part * _MEAN[metric]


def _items(kind: str, names: tuple[str, ...], metric: str, day: date, start: date) -> Iterator[Row]:
    days = (day - start).days + 1
    for number, name in enumerate(names):
        size = 12 * days // (1 + number % 7)
        customers = 11 if number % 10 == 5 else max(size, _LEAST + number % 10)
        note = INSUFFICIENT if customers < _LEAST else None
        yield {"item": name, "item_kind": kind} | _compared(
            number, customers, metric, ("before", "after"), _effect(number, metric), note
        )


def _before_after(kind: str, names: tuple[str, ...], metric: str, verdict: str = "") -> Maker:
    way = {"accept": "increase", "reject": "decrease"}.get(verdict)

    def make(day: date, start: date) -> list[Row]:
        rows = list(_items(kind, names, metric, day, start))
        return rows if way is None else [row for row in rows if row.get("direction") == way]

    return make


def _pairs(day: date, start: date) -> list[Row]:
    days = (day - start).days + 1
    return [
        {"promotion_a": one, "promotion_b": other, "customers_a": 300, "customers_b": 310, "customers_of_both": 12}
        | _compared(
            first + second,
            max(9 * days // (1 + second), _LEAST),
            "amount",
            ("a", "b"),
            _effect(second, "amount") - _effect(first, "amount"),
            None,
        )
        for first, one in enumerate(PROMOTIONS[:12])
        for second, other in enumerate(PROMOTIONS[:12])
        if first < second
    ]


def _summary(day: date, start: date) -> list[Row]:
    rows: dict[str, Row] = {
        name: {"promotion_id": name, "wins": 0, "losses": 0, "ties": 0, "without_verdict": 0}
        for name in PROMOTIONS[:12]
    }
    for pair in _pairs(day, start):
        one, other = rows[pair["promotion_a"]], rows[pair["promotion_b"]]
        won = {"increase": (other, one), "decrease": (one, other)}.get(pair.get("direction") or "")
        if won is None:
            one["ties"] += 1
            other["ties"] += 1
        else:
            won[0]["wins"] += 1
            won[1]["losses"] += 1
    return [row | {"reject_ratio": (row["wins"] + row["losses"]) / 11} for row in rows.values()]


_ITEMS = {"promotion": PROMOTIONS, "product": PRODUCTS}
_SEGMENTS = {f"segment_{grain}": SEGMENTS for grain in ("daily", "weekly", "monthly")}


def _opened_pairs(day: date, start: date) -> Iterator[tuple[Row, Row]]:
    for row in _pairs(day, start):
        yield {name: row[name] for name in ("promotion_a", "promotion_b", "metric")}, row


def _of_items(items: Mapping[str, tuple[str, ...]], day: date, start: date) -> Iterator[tuple[Row, Row]]:
    """The key of each item with enough customers, and its comparison."""
    for kind, names in items.items():
        for metric in _MEAN:
            for row in _items(kind, names, metric, day, start):
                if row["note"] != INSUFFICIENT and row["item"] in names[:_OPENED]:
                    yield {"item_kind": kind, "item": row["item"], "metric": metric}, row


def _families(opened: Opened, day: date, start: date) -> list[Row]:
    rows = []
    for key, row in opened(day, start):
        orders = key["metric"] == "orders"
        fitted = {"gaussian": ("mean 12.4, standard_deviation 31.0", 9_120.4, 0.31)}
        if orders:
            fitted["poisson"] = ("mean 0.31", 4_410.2, 0.04)
        rows += [
            key
            | {
                "family": family,
                "parameters": parameters,
                "aic": aic,
                "goodness_of_fit": gap,
                "is_best": family == row["distribution"],
            }
            for family, (parameters, aic, gap) in fitted.items()
        ]
    return rows


def _distributions(opened: Opened, sides: tuple[str, str], day: date, start: date) -> list[Row]:
    rows = []
    for key, row in opened(day, start):
        step = 1.0 if key["metric"] == "orders" else 10.0
        for series, fade in ((sides[0], 0.42), (sides[1], 0.45), ("fitted", 0.4)):
            shares = [fade**place for place in range(6)]
            rows += [
                key | {"series": series, "low": place * step, "high": (place + 1) * step, "share": share / sum(shares)}
                for place, share in enumerate(shares)
            ]
        width = (row["ci_high"] - row["ci_low"]) / 6
        heights = [
            math.exp(-(((place - _BINS / 2 + 0.5) * width * 3 / (row["ci_high"] - row["ci_low"])) ** 2))
            for place in range(_BINS)
        ]
        rows += [
            key
            | {
                "series": "bootstrap",
                "low": row["difference"] + (place - _BINS / 2) * width,
                "high": row["difference"] + (place + 1 - _BINS / 2) * width,
                "share": height / sum(heights),
            }
            for place, height in enumerate(heights)
        ]
    return rows


def _segments(grain: str, metric: str) -> Maker:
    def make(day: date, start: date) -> list[Row]:
        rows = _items(f"segment_{grain}", SEGMENTS, metric, day, start)
        shift = {"daily": 0.5, "weekly": 1.0, "monthly": 1.4}[grain]
        return [
            row | {"moved_customers": row["customers"] // 8, "mean_after": row["mean_after"] * shift} for row in rows
        ]

    return make


EFFECT_REPORTS: dict[str, Maker] = {
    **{
        f"{kind}_usage_before_after_{metric}{suffix}": _before_after(kind, names, metric, suffix.strip("_"))
        for kind, names in (("promotion", PROMOTIONS), ("product", PRODUCTS))
        for metric in _MEAN
        for suffix in ("", "_accept", "_reject")
    },
    "order_and_payment_amount_differences": lambda day, start: [
        row for metric in _MEAN for row in _items("promotion", PROMOTIONS, metric, day, start)
    ],
    "promotion_comparison": _pairs,
    "promotion_comparison_summary": _summary,
    **{
        f"segments_change_{grain}_before_after_{metric}": _segments(grain, metric)
        for grain in ("daily", "weekly", "monthly")
        for metric in _MEAN
    },
    "ab_families": partial(_families, partial(_of_items, _ITEMS)),
    "ab_distributions": partial(_distributions, partial(_of_items, _ITEMS), _TIMES),
    "segments_change_families": partial(_families, partial(_of_items, _SEGMENTS)),
    "segments_change_distributions": partial(_distributions, partial(_of_items, _SEGMENTS), _TIMES),
    "promotion_comparison_families": partial(_families, _opened_pairs),
    "promotion_comparison_distributions": partial(_distributions, _opened_pairs, ("a", "b")),
}

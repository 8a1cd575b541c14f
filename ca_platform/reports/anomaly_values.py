"""Which values of a dimension carry the deviation of a metric on a day.

A value is expected to have its usual part of what is expected of the whole: the season, the weekday and the trend of the
whole hold for it, too. So what is left is what only this value did.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from ca_platform.catalogue.anomalies import metric_in_words
from ca_platform.models.anomaly.records import Flags, Floats, Metric
from ca_platform.reports.anomaly_panels import REVENUE, divided

WINDOW_DAYS = 56
"""Days before, which tell what is usual."""

# Of the whole deviation, and against that of all other values together.
_LEAST_SHARE, _LEAST_RATIO = 0.5, 2.0
# Added to a count, and to money, in parts of what is expected, so that nothing at all has a logarithm.
_HALF, _PART = 0.5, 1e-3
# Makes a median absolute deviation a standard deviation of normal values.
_NORMAL = 1.4826
_LEAST_SCALE = 1e-3
_MONEY = "of revenue"
_ONE = {"sessions": "session", "orders": "order", "downloads": "download", "first orders": "first order"}


@dataclass(frozen=True, slots=True, eq=False)
class Split:
    """A metric of the whole and of its parts on some days, of which the last is the one in question.

    Attributes:
        numerator, denominator: (days, values) what the metric is made of; no denominator for counts and sums.
        whole, whole_below: (days,) the same of the whole.
        expected: (days,) what was expected of the whole, in the metric's own unit.
        is_usual: (days,) which of the days tell what is usual; not the last.
    """

    metric: Metric
    numerator: Floats
    denominator: Floats | None
    whole: Floats
    whole_below: Floats | None
    expected: Floats
    is_usual: Flags

    def only(self, columns: Sequence[int]) -> Split:
        """The same with some of the values."""
        below = None if self.denominator is None else self.denominator[:, columns]
        return replace(self, numerator=self.numerator[:, columns], denominator=below)


@dataclass(frozen=True, slots=True, eq=False)
class Parts:
    """What values did on a day, a number each; NaN where it cannot be told.

    Attributes:
        difference: events, or money, more than expected.
        contribution: share of the difference of the whole.
        explains: whether the value carries the deviation.
    """

    actual: Floats
    expected: Floats
    low: Floats
    high: Floats
    residual: Floats
    score: Floats
    p_value: Floats
    difference: Floats
    contribution: Floats
    explains: Flags


def furthest(split: Split, count: int) -> list[int]:
    """The values that move the metric most, the first of them first; those that are not known are left out."""
    expected = split.expected[-1:, None] * _usual_part(split, split.numerator, split.denominator)
    away = np.abs(_difference(split, expected))
    known = np.flatnonzero(np.isfinite(away))
    return [int(column) for column in known[np.argsort(-away[known], kind="stable")[:count]]]


def parts_of(split: Split) -> Parts:
    """What every value did on the last of the days."""
    actual, expected = _own(split), split.expected[:, None] * _usual_part(split, split.numerator, split.denominator)
    added = _added(split, expected)
    with np.errstate(divide="ignore", invalid="ignore"):
        residual = np.log((actual + added) / (expected + added))
    usual = np.abs(np.where(split.is_usual[:, None], residual, np.nan))
    today = np.abs(residual[-1])
    known = np.isfinite(usual)
    days = known.sum(axis=0)
    reach = np.where(days > 0, np.max(np.where(known, usual, 0.0), axis=0), np.nan)
    scale = np.maximum(_NORMAL * _median(usual), _LEAST_SCALE)
    score = np.divide(today, scale, out=np.full(today.shape, np.nan), where=np.isfinite(scale) & np.isfinite(today))
    as_far = (np.where(known, usual, -1.0) >= today).sum(axis=0)
    p_value = np.where(np.isfinite(today) & (days > 0), (1 + as_far) / (1 + days), np.nan)
    difference = _difference(split, expected)
    whole = _whole_difference(split)
    contribution = difference / whole if whole else np.full(difference.shape, np.nan)
    return Parts(
        actual[-1],
        expected[-1],
        np.maximum((expected[-1] + added[-1]) * np.exp(-reach) - added[-1], 0.0),
        (expected[-1] + added[-1]) * np.exp(reach) - added[-1],
        residual[-1],
        score,
        p_value,
        difference,
        contribution,
        _explains(split, contribution, residual[-1]),
    )


def _own(split: Split) -> Floats:
    if split.denominator is None:
        return split.numerator
    return divided(split.numerator, split.denominator)


def _usual_part(split: Split, numerator: Floats, denominator: Floats | None) -> Floats:
    """(values,) what a value usually has of the whole: its share of a sum, or its ratio over that of the whole."""
    usual = split.is_usual
    own, whole = numerator[usual].sum(axis=0), float(split.whole[usual].sum())
    if denominator is None or split.whole_below is None:
        return divided(own, np.full(own.shape, whole))
    own = divided(own, denominator[usual].sum(axis=0))
    below = float(split.whole_below[usual].sum())
    return divided(own, np.full(own.shape, whole / below if below else 0.0))


def _added(split: Split, expected: Floats) -> Floats:
    """What is added to both before their logarithms are taken."""
    found: Floats = np.full(expected.shape, _HALF)
    if split.metric.kind == "ratio" and split.denominator is not None:
        found /= split.denominator + 1
    elif split.metric.kind == "amount":
        found[:] = _PART * np.where(np.isfinite(expected[-1]), expected[-1], 0.0)
    return found


def _difference(split: Split, expected: Floats) -> Floats:
    below = 1.0 if split.denominator is None else split.denominator[-1]
    found: Floats = split.numerator[-1] - expected[-1] * below
    return found


def _whole_difference(split: Split) -> float:
    below = 1.0 if split.whole_below is None else float(split.whole_below[-1])
    return float(split.whole[-1] - split.expected[-1] * below)


def _explains(split: Split, contribution: Floats, residual: Floats) -> Flags:
    rest = split.whole[:, None] - split.numerator
    below = None
    if split.denominator is not None and split.whole_below is not None:
        below = split.whole_below[:, None] - split.denominator
    expected = split.expected[-1] * _usual_part(split, rest, below)
    actual = rest[-1] if below is None else divided(rest[-1], below[-1])
    added = _PART * np.abs(expected) + (_HALF if split.metric.kind == "count" else 0.0)
    with np.errstate(divide="ignore", invalid="ignore"):
        others = np.log((actual + added) / (expected + added))
    same = np.where(np.sign(others) == np.sign(residual), np.abs(others), 0.0)
    # A value without any other beside it is the whole.
    is_alone = ~(expected > 0) | ~np.isfinite(others)
    found: Flags = (contribution >= _LEAST_SHARE) & (np.abs(residual) >= _LEAST_RATIO * same) & ~is_alone
    return found


def _median(values: Floats) -> Floats:
    """Median of each column, its unknown values left out; NaN of a column without any."""
    found = np.full(values.shape[1], np.nan)
    known = np.isfinite(values).any(axis=0)
    found[known] = np.nanmedian(values[:, known], axis=0)
    return found


def unit_of(metric: Metric, currency: str) -> str:
    """What a difference of a metric counts, in words.

    Args:
        currency: code of the shop's currency.
    """
    of = metric.numerator or metric.name
    if of == REVENUE:
        return f"{currency} {_MONEY}"
    if of.startswith("offset_"):
        return "first orders"
    return of if of in ("sessions", "orders", "downloads") else f"sessions with “{metric_in_words(of)}”"


def in_words(name: str, actual: float, expected: float, difference: float, unit: str) -> str:
    """A deviation in words.

    >>> in_words("orders/sessions, channel = web", 0.031, 0.05, -118.6, "orders")
    'orders/sessions, channel = web: −38%, about 119 orders fewer'
    """
    told = f"{name}: {_change(actual, expected)}"
    if not np.isfinite(difference) or round(abs(difference)) == 0:
        return told
    way = "more" if difference > 0 else "less" if unit.endswith(_MONEY) else "fewer"
    count = f"{abs(difference):,.0f}"
    return f"{told}, about {count} {_ONE.get(unit, unit) if count == '1' else unit} {way}"


def _change(actual: float, expected: float) -> str:
    if not expected > 0:
        return "none expected"
    share = round(100 * (actual / expected - 1)) if np.isfinite(actual) else -100
    return f"{'−' if share < 0 else '+'}{abs(share):,}%"

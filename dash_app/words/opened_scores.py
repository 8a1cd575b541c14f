"""Whom the numbers about scores, segments and risk count: the words after customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from ca_platform.catalogue.value_classes import VALUE_CLASSES
from dash_app.records import Look
from dash_app.words.formats import Formats, formats
from dash_app.words.names import quoted

Key = Mapping[str, Any]

_TENTH = 10
_LEFT_OUT: Any = object()
_MEASURES = {"recency": "recency", "frequency": "frequency", "monetary": "amounts"}


def _segment(_: str, key: Key, __: Look) -> str:
    return f"in the segment {quoted(key['segment'])}"


def _moved(column: str, key: Key, look: Look) -> str:
    before = key["segment_before"]
    then = "had not ordered" if before is None else f"were in {quoted(before)}"
    return f"{_segment(column, key, look)} who {then} 30 days before"


def _binned(column: str, key: Key, look: Look) -> str:
    gap = key["frequency_bin"]
    between = "have no time between orders" if gap is None else f"lie in bin {gap + 1} of the time between orders"
    places = f"bin {key['recency_bin'] + 1} of recency and bin {key['monetary_bin'] + 1} of amounts"
    return f"{_segment(column, key, look)} who {between}, {places}"


def _scored(name: str) -> Callable[[str, Key, Look], str]:
    """A score alone, or one bar of its histogram; no bar have those without a time between orders."""

    def said(_: str, key: Key, __: Look) -> str:
        score = f"with score {key['score']} of {name}"
        if "bin_index" not in key:
            return score
        place = key["bin_index"]
        return (
            f"{score} who have no time between orders"
            if place is None
            else f"{score}, in bar {place + 1} of its histogram"
        )

    return said


def _placed(_: str, key: Key, look: Look) -> str:
    """A point of a view, or a bin, of which the key says where it begins."""
    form = formats(look)
    recency, gap, amount = (key.get(name, _LEFT_OUT) for name in ("recency_hours", "frequency_hours", "monetary"))
    parts = [
        "" if recency is _LEFT_OUT else f"whose last order was {form.mean(recency / 24)} days ago",
        "" if gap is _LEFT_OUT else _gap(gap, form),
        "" if amount is _LEFT_OUT else f"whose orders are worth {form.exact_money(amount)} on average",
    ]
    said = " and ".join(filter(None, parts))
    return f"in the bin that begins with those {said}" if key["is_binned"] else said


def _gap(hours: float | None, form: Formats) -> str:
    return "who have no time between orders" if hours is None else f"who order every {form.mean(hours / 24)} days"


def _at_risk(_: str, key: Key, __: Look) -> str:
    tenth = round(key["bin_start"] * _TENTH)
    return f"who are to {_TENTH * tenth}–{_TENTH * (tenth + 1)}% likely not to order again in time"


def _classed(_: str, key: Key, __: Look) -> str:
    return f"whose revenue is likely to be {VALUE_CLASSES[key['class_index']]}"


SCORES: dict[str, Callable[[str, Key, Look], str]] = {
    "segmentation": _segment,
    "clvsegments_amount": _segment,
    "segment_transitions": _moved,
    "rfm_bins": _binned,
    **dict.fromkeys(("frequency_recency", "monetary_frequency", "recency_monetary"), _placed),
    **{f"{measure}_clusters": _scored(name) for measure, name in _MEASURES.items()},
    "churn_risk_distribution": _at_risk,
    "clv_segments_distribution": _classed,
}
"""By report."""

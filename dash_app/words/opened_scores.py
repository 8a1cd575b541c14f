"""Whom the numbers about scores, segments and risk count: the words after customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dash_app.records import Look
from dash_app.words.names import quoted

Key = Mapping[str, Any]

_TENTH = 10
_MEASURES = {"recency": "recency", "frequency": "frequency", "monetary": "amounts"}


def _segment(_: str, key: Key, __: Look) -> str:
    return f"in the segment {quoted(key['segment'])}"


def _moved(column: str, key: Key, look: Look) -> str:
    before = key["segment_before"]
    then = "had not ordered" if before is None else f"were in {quoted(before)}"
    return f"{_segment(column, key, look)} who {then} 30 days before"


def _binned(column: str, key: Key, look: Look) -> str:
    gap = key["frequency_bin"]
    between = "have ordered once" if gap is None else f"lie in bin {gap + 1} of the time between orders"
    places = f"bin {key['recency_bin'] + 1} of recency and bin {key['monetary_bin'] + 1} of amounts"
    return f"{_segment(column, key, look)} who {between}, {places}"


def _scored(name: str) -> Callable[[str, Key, Look], str]:
    """A score alone, or one bar of its histogram; no bar have those who ordered once."""

    def said(_: str, key: Key, __: Look) -> str:
        score = f"with score {key['score']} of {name}"
        if "bin_index" not in key:
            return score
        place = key["bin_index"]
        return f"{score} who have ordered once" if place is None else f"{score}, in bar {place + 1} of its histogram"

    return said


def _at_risk(_: str, key: Key, __: Look) -> str:
    tenth = round(key["bin_start"] * _TENTH)
    return f"who are to {_TENTH * tenth}–{_TENTH * (tenth + 1)}% likely not to order again in time"


SCORES: dict[str, Callable[[str, Key, Look], str]] = {
    "segmentation": _segment,
    "segment_transitions": _moved,
    "rfm_bins": _binned,
    **{f"{measure}_clusters": _scored(name) for measure, name in _MEASURES.items()},
    "churn_risk_distribution": _at_risk,
}
"""By report."""

"""Whom the numbers of A/B tests count: the words after customers."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

from ca_platform.catalogue.ab_before_after import KINDS, SUFFIXES, name_of
from ca_platform.catalogue.ab_tests import METRICS
from ca_platform.models.experiments.ab_windows import WORDS
from dash_app.records import Look
from dash_app.words.names import quoted

Key = Mapping[str, Any]
Said = Callable[[str, Key, Look], str]


def _first_use(column: str, key: Key, _: Look, kind: str) -> str:
    use = "first order with" if kind == "promotion" else "first order of"
    matched = "" if column == "customers" else " and have others to be held against"
    return f"who are compared before and after their {use} the {kind} {quoted(key['item'])}{matched}"


def _experiment(column: str, key: Key, _: Look) -> str:
    variant, of = quoted(key["variant"]), f"the experiment {quoted(key['experiment'])}"
    return {
        "customers_a": f"with the control of {of}, against which {variant} is held",
        "customers_b": f"with the variant {variant} of {of}",
    }.get(column, f"of {of} with {variant} or the control, who saw another variant later")


def _pair(column: str, key: Key, _: Look) -> str:
    one, other = quoted(key["promotion_a"]), quoted(key["promotion_b"])
    return {
        "customers_a": f"with orders that carry {one} and none that carries {other}",
        "customers_b": f"with orders that carry {other} and none that carries {one}",
        "customers_of_both": f"with orders that carry {one} and orders that carry {other}",
    }.get(column, f"with orders that carry {one} or {other}, and not both of them")


def _segment(column: str, key: Key, _: Look) -> str:
    since = "and are in another one now" if column == "moved_customers" else "when the time that is compared began"
    return f"who were in the segment {quoted(key['item'])} {since}"


COMPARED: dict[str, Said] = {
    **{
        name_of(kind, metric, suffix): partial(_first_use, kind=kind)
        for kind in KINDS
        for metric in METRICS
        for suffix in SUFFIXES
    },
    "order_and_payment_amount_differences": partial(_first_use, kind="promotion"),
    "experiments": _experiment,
    "promotion_comparison": _pair,
    **{f"segments_change_{word}_before_after_{metric}": _segment for word in WORDS for metric in METRICS},
}

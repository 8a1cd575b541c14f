"""Whom the reports of A/B tests compare: around a first use, of one promotion and not the other, of a segment, of a variant."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Literal

import polars as pl

from ca_platform.catalogue.ab_before_after import KINDS, SUFFIXES, name_of
from ca_platform.catalogue.ab_tests import METRICS
from ca_platform.drill.cells import Count
from ca_platform.drill.scope import PAIR, Scope

Grain = Literal["daily", "weekly", "monthly"]

_GRAINS: tuple[Grain, ...] = ("daily", "weekly", "monthly")
_NAMES = ("promotion_a", "promotion_b")
_FACTS = {"promotion": "promotion_firsts", "product": "order_products"}


def around_first_use(scope: Scope, kind: str) -> pl.LazyFrame:
    """Customers by item, whose time before and after the first use is over."""
    for fact in ("customer_orders", _FACTS[kind]):
        scope.check(fact)
    return scope.tables.ab.before_after.customers(kind, scope.day).filter(scope.in_slices())


def matched(scope: Scope, kind: str) -> pl.LazyFrame:
    """Those of them who have controls, by item and metric."""
    for fact in ("customer_orders", _FACTS[kind]):
        scope.check(fact)
    asked = [metric for metric in METRICS if scope.key.get("metric", metric) == metric]
    tables = scope.tables.ab.before_after
    rows = [tables.matched(kind, name, scope.day).with_columns(metric=pl.lit(name)) for name in asked]
    return pl.concat(rows).filter(scope.in_slices())


def of_experiment(scope: Scope, *, control: bool | None = None, only_switched: bool = False) -> pl.LazyFrame:
    """Customers by experiment and variant: with the variant, with its control, or with either of them (None)."""
    for fact in ("experiment_variants", "client_numbers"):
        scope.check(fact)
    rows = scope.tables.ab.experiments.sides(scope.day).filter(scope.in_slices())
    if control is not None:
        rows = rows.filter(pl.col("is_control") == control)
    own = rows.filter("has_switched") if only_switched else rows
    return own.select("slice", "experiment", "variant", "client")


def of_segment(scope: Scope, word: Grain, *, only_moved: bool = False) -> pl.LazyFrame:
    """Customers by their segment at the start of the oldest window; or those who are in another one since."""
    scope.check("customer_orders")
    rows = scope.tables.ab.segment_changes.customers(word, scope.day).filter(scope.in_slices())
    return (rows.filter("has_moved") if only_moved else rows).select(*PAIR, "item")


def _pairs(scope: Scope) -> tuple[pl.LazyFrame, pl.LazyFrame]:
    """Who used which promotion, and the pairs of promotions of each slice."""
    used = scope.fact("promotion_spending").select(*PAIR, "promotion_id").unique()
    names = used.select("slice", "promotion_id").unique()
    one, other = (names.rename({"promotion_id": name}) for name in _NAMES)
    asked = [pl.col(name) == scope.key[name] for name in _NAMES if name in scope.key]
    return used, one.join(other, on="slice").filter(pl.col("promotion_a") < pl.col("promotion_b"), *asked)


def _users(scope: Scope, own: str, other: str, how: Literal["anti", "semi"]) -> pl.LazyFrame:
    """Customers by pair of promotions, who used the one, and not (anti) or also (semi) the other."""
    used, pairs = _pairs(scope)
    rows = pairs.join(used, left_on=["slice", own], right_on=["slice", "promotion_id"])
    found = rows.join(used, left_on=[*PAIR, other], right_on=[*PAIR, "promotion_id"], how=how)
    return found.select(*PAIR, *_NAMES)


def of_one(scope: Scope, own: str, other: str) -> pl.LazyFrame:
    """Customers by pair of promotions, who used the one and not the other."""
    return _users(scope, own, other, "anti")


def of_both(scope: Scope) -> pl.LazyFrame:
    """Customers by pair of promotions, who used both."""
    return _users(scope, *_NAMES, "semi")


def of_either(scope: Scope) -> pl.LazyFrame:
    """Customers by pair of promotions, who used one of them and not both."""
    one, other = _NAMES
    return pl.concat([of_one(scope, one, other), of_one(scope, other, one)])


def _before_after() -> Iterator[Count]:
    counted = partial(Count, column="customers", what="customers", key=("item",))
    for kind in KINDS:
        rows = partial(around_first_use, kind=kind)
        for metric in METRICS:
            for suffix in SUFFIXES:
                yield counted(name_of(kind, metric, suffix), rows=rows)
                yield _matched(name_of(kind, metric, suffix), kind)
    yield counted("order_and_payment_amount_differences", rows=partial(around_first_use, kind="promotion"))
    yield _matched("order_and_payment_amount_differences", "promotion")


def _matched(report: str, kind: str) -> Count:
    return Count(report, "matched_customers", "customers", ("item", "metric"), partial(matched, kind=kind))


def _of_pairs() -> Iterator[Count]:
    counted = partial(Count, "promotion_comparison", what="customers", key=_NAMES)
    one, other = _NAMES
    yield counted(column="customers", rows=of_either)
    yield counted(column="customers_a", rows=partial(of_one, own=one, other=other))
    yield counted(column="customers_b", rows=partial(of_one, own=other, other=one))
    yield counted(column="customers_of_both", rows=of_both)


def _of_segments() -> Iterator[Count]:
    for word in _GRAINS:
        for metric in METRICS:
            counted = partial(Count, f"segments_change_{word}_before_after_{metric}", what="customers", key=("item",))
            yield counted(column="customers", rows=partial(of_segment, word=word))
            yield counted(column="moved_customers", rows=partial(of_segment, word=word, only_moved=True))


def _of_experiments() -> Iterator[Count]:
    counted = partial(Count, "experiments", what="customers", key=("experiment", "variant"))
    yield counted(column="customers_a", rows=partial(of_experiment, control=True))
    yield counted(column="customers_b", rows=partial(of_experiment, control=False))
    yield counted(column="switched_customers", rows=partial(of_experiment, only_switched=True))


AB_TESTS: tuple[Count, ...] = (*_before_after(), *_of_pairs(), *_of_segments(), *_of_experiments())

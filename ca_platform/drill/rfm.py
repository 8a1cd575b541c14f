"""Whom the reports of scores and segments count: the scored buyers of the day are those of the reports."""

from __future__ import annotations

from functools import partial

import polars as pl

from ca_platform.catalogue import report_spec
from ca_platform.drill.cells import Count
from ca_platform.drill.scope import PAIR, Scope
from ca_platform.reports import rfm
from ca_platform.reports.rfm_day import MEASURES
from ca_platform.reports.rfm_scores import Measure
from ca_platform.reports.rfm_tables import VIEWS, RfmTables
from ca_platform.settings.segments import SEGMENTS
from ca_platform.store.money import round_money

_BINS = ("segment", "recency_bin", "frequency_bin", "monetary_bin")


def _tables(scope: Scope) -> RfmTables:
    scope.check("customer_orders")
    return scope.tables.rfm


def segments(scope: Scope) -> pl.LazyFrame:
    """Customers with an order and their segment."""
    return rfm.segments(_tables(scope).scored(scope.day)).filter(scope.in_slices())


def moves(scope: Scope) -> pl.LazyFrame:
    """The same with the segment 30 days before."""
    return _tables(scope).moves(scope.day).filter(scope.in_slices())


def bins(scope: Scope) -> pl.LazyFrame:
    """The same with the bins of the three measures."""
    rows = _tables(scope).binned(scope.day).coarse().filter(scope.in_slices())
    return rows.select(*PAIR, *_BINS).with_columns(pl.col("segment").cast(pl.String))


def places(scope: Scope, view: str) -> pl.LazyFrame:
    """The same with the point or bin in the view of two measures."""
    rows = _tables(scope).places(view, scope.day).filter(scope.in_slices())
    key = _view_key(view)
    return rows.select(*PAIR, *(round_money(pl.col(n), scope.minor_digits) if n == "monetary" else n for n in key))


def _view_key(view: str) -> tuple[str, ...]:
    return (*report_spec(view).key, "is_binned")


def clusters(scope: Scope, measure: Measure) -> pl.LazyFrame:
    """Customers with their score and their bar in the histogram of its cluster."""
    return rfm.members(_tables(scope).scored(scope.day), measure).filter(scope.in_slices())


def _of_clusters(measure: Measure) -> tuple[Count, ...]:
    report, rows = f"{measure}_clusters", partial(clusters, measure=measure)
    # Customers without a gap have the score of the slowest cluster and a row of their own.
    own = {"score": frozenset({2, 3, 4, 5})} if measure == "frequency" else {}
    return (
        Count(report, "bin_customers", "customers", ("score", "bin_index"), rows),
        Count(report, "customers", "customers", ("score",), rows, own),
    )


RFM: tuple[Count, ...] = (
    Count("segmentation", "customers", "customers", ("segment",), segments),
    # Customers who are still to come have no name yet.
    Count("clvsegments_amount", "customers", "customers", ("segment",), segments, {"segment": frozenset(SEGMENTS)}),
    Count("segment_transitions", "customers", "customers", ("segment_before", "segment"), moves),
    Count("rfm_bins", "customers", "customers", _BINS, bins),
    *(Count(name, "customers", "customers", _view_key(name), partial(places, view=name)) for name in VIEWS),
    *(count for measure in MEASURES for count in _of_clusters(measure)),
)

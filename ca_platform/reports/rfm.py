"""RFM: what each customer's orders say, the groups that follow from it, and where their borders are.

Counts over the scored buyers of a day; the definitions are in ``rfm_orders``, ``rfm_scores`` and ``rfm_day``.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np
import polars as pl

from ca_platform.money import MONEY_SUM
from ca_platform.reports.periods import mean_amount, share, spread
from ca_platform.reports.rfm_bins import Binned
from ca_platform.reports.rfm_day import SEGMENT, Scored
from ca_platform.reports.rfm_scores import Floats, Measure, bins_of, edges
from ca_platform.settings.segments import SEGMENTS

BARS = 10
"""Bars of the histogram of a cluster."""
MANY_CUSTOMERS = 5_000
"""Above so many the views show bins in the place of customers."""
MEAN = pl.Decimal(38, 10)
_BOUNDS = ("min", "max", "mean", "center", "bin_start", "bin_end")


def rfm(scored: Scored, clients: pl.LazyFrame) -> pl.LazyFrame:
    """One row for each customer of the only slice.

    Args:
        clients: ``client_numbers``.
    """
    buyers = scored.buyers
    as_of = {scored.borders_as_of[number] for number in np.unique(buyers.slices).tolist()} or {scored.day}
    rows = pl.LazyFrame(
        {
            "customer": buyers.customers.astype(np.uint32),
            "recency_hours": buyers.recency,
            "frequency_hours": buyers.frequency,
            "orders": buyers.orders,
            "units": buyers.revenue,
            **{f"{name}_score": scores.astype(np.int64) for name, scores in scored.scores.items()},
            "segment": scored.segment_names,
        }
    )
    revenue = money(pl.col("units"))
    return rows.join(clients.select("customer", "client"), on="customer").with_columns(
        pl.col("frequency_hours").fill_nan(None),
        monetary=mean_amount(revenue, pl.col("orders")),
        revenue=revenue,
        borders_as_of=pl.lit(max(as_of), pl.Date),
    )


def money(units: pl.Expr) -> pl.Expr:
    """Ten-thousandths as money."""
    return (units.cast(MONEY_SUM) / pl.lit(10_000).cast(pl.Decimal(38, 0))).cast(MONEY_SUM)


def segmentation(scored: Scored, slices: pl.LazyFrame) -> pl.LazyFrame:
    """Customers and revenue of every segment, also of empty ones."""
    rows = pl.LazyFrame(
        {"slice": scored.buyers.slices, "segment": scored.segment_names, "units": scored.buyers.revenue}
    )
    counts = rows.group_by(pl.col("slice").cast(pl.UInt32), "segment").agg(
        customers=pl.len().cast(pl.Int64), revenue=money(pl.col("units").sum())
    )
    grid = slices.join(pl.LazyFrame({"segment": SEGMENTS}, schema={"segment": SEGMENT}), how="cross")
    parts = {"customers": "share", "revenue": "revenue_share"}
    return (
        spread(grid, counts, ["slice", "segment"], list(parts))
        .with_columns(pl.col("segment").cast(pl.String))
        .with_columns(share(pl.col(name), pl.col(name).sum().over("slice")).alias(part) for name, part in parts.items())
    )


def segments(scored: Scored) -> pl.LazyFrame:
    """Buyers with their segment."""
    numbers = {"slice": scored.buyers.slices, "customer": scored.buyers.customers}
    rows = pl.LazyFrame(
        {name: own.astype(np.uint32) for name, own in numbers.items()} | {"segment": scored.segment_names}
    )
    return rows.with_columns(pl.col("segment").cast(pl.String))


def moves(before: Scored, now: Scored) -> pl.LazyFrame:
    """The same with their segment on an earlier day, null for those who had no order yet."""
    return segments(now).join(segments(before), on=["slice", "customer"], how="left", suffix="_before")


def transitions(moves: pl.LazyFrame) -> pl.LazyFrame:
    """Customers by segment on an earlier day and now."""
    counts = moves.group_by("slice", "segment_before", "segment").agg(customers=pl.len().cast(pl.Int64))
    whole = pl.col("customers").sum().over("slice", "segment_before")
    return counts.with_columns(share_of_before=share(pl.col("customers"), whole))


def clusters(scored: Scored, measure: Measure) -> pl.LazyFrame:
    """The clusters of a measure with the histogram of each; of gaps also those who have none."""
    rows: list[dict[str, Any]] = []
    borders = scored.borders[measure]
    for slice_, values, counts in scored.buyers.distinct(measure):
        scores = borders.scores(np.full(len(values), slice_), values)
        changes = np.flatnonzero(np.diff(scores)) + 1
        for start, end in pairwise([0, *changes.tolist(), len(values)]):
            score = int(scores[start])
            own = {"slice": slice_, "score": score, "center": borders.center(slice_, score)}
            rows += [own | bar for bar in _bars(values[start:end], counts[start:end])]
    if measure == "frequency":
        rows += _without_gap(scored)
    types = {
        **dict.fromkeys(("slice", "score", "bin_index", "customers", "bin_customers"), pl.Int64),
        **dict.fromkeys(_BOUNDS, pl.Float64),
    }
    bounds = pl.col(_BOUNDS).cast(MEAN) if measure == "monetary" else pl.col(_BOUNDS)
    return pl.LazyFrame(rows, schema=types).with_columns(pl.col("slice").cast(pl.UInt32), bounds)


def _bars(values: Floats, counts: Floats) -> list[dict[str, Any]]:
    """The histogram of one cluster."""
    borders = edges(float(values[0]), float(values[-1]), BARS)
    heights = np.bincount(bins_of(values, borders), weights=counts, minlength=len(borders) - 1)
    customers = counts.sum()
    whole = {
        "customers": int(customers),
        "min": float(values[0]),
        "max": float(values[-1]),
        "mean": float((values * counts).sum() / customers),
    }
    return [
        whole | {"bin_index": n, "bin_start": start, "bin_end": end, "bin_customers": int(height)}
        for n, ((start, end), height) in enumerate(zip(pairwise(borders.tolist()), heights.tolist(), strict=True))
    ]


def members(scored: Scored, measure: Measure) -> pl.LazyFrame:
    """Buyers with their score and the bar of their cluster's histogram; null without a value."""
    buyers, values = scored.buyers, scored.buyers.values(measure)
    found = pl.DataFrame(
        {
            "slice": buyers.slices.astype(np.uint32),
            "customer": buyers.customers.astype(np.uint32),
            "score": scored.scores[measure].astype(np.int64),
            "value": pl.Series(values).fill_nan(None),
        }
    )
    parts = [
        part.with_columns(bin_index=pl.Series(bins_of(own, edges(float(own.min()), float(own.max()), BARS))))
        for part in found.drop_nulls("value").partition_by("slice", "score")
        if len(own := part["value"].to_numpy())
    ]
    alone = found.filter(pl.col("value").is_null()).with_columns(bin_index=pl.lit(None, pl.Int64))
    return pl.concat([alone, *parts]).lazy().drop("value")


def _without_gap(scored: Scored) -> list[dict[str, Any]]:
    """A row for those who came once."""
    slices, counts = np.unique(scored.buyers.slices[np.isnan(scored.buyers.frequency)], return_counts=True)
    return [
        {"slice": slice_, "score": 1, "customers": count, "bin_customers": count}
        for slice_, count in zip(slices.tolist(), counts.tolist(), strict=True)
    ]


def view(binned: Binned, first: Measure, second: Measure, minor_digits: int) -> pl.LazyFrame:
    """Two measures of every customer, equal ones together; bins of both in slices of many customers.

    Args:
        minor_digits: to which amounts are rounded: those that look the same are one point.
    """
    names = [binned.name(name) for name in (first, second)]
    rows = _by_size(binned)
    single = rows.filter(~pl.col("is_binned")).group_by("slice", "is_binned", first, second)
    in_bins = rows.filter("is_binned").group_by("slice", "is_binned", f"{first}_bin", f"{second}_bin")
    count = pl.len().cast(pl.Int64).alias("customers")
    found = _placed(binned, single.agg(count), in_bins.agg(count), (first, second), minor_digits)
    ends = [pl.col(f"{name}_to").max() for name in names]
    return found.group_by("slice", "is_binned", *names).agg(pl.col("customers").sum(), *ends)


def places(binned: Binned, first: Measure, second: Measure, minor_digits: int) -> pl.LazyFrame:
    """Buyers with their point or bin in the view of two measures."""
    rows = _by_size(binned)
    single, in_bins = rows.filter(~pl.col("is_binned")), rows.filter("is_binned")
    return _placed(binned, single, in_bins, (first, second), minor_digits)


def _by_size(binned: Binned) -> pl.LazyFrame:
    """Buyers, and whether their slice has too many of them for a point each."""
    return binned.values.lazy().with_columns(is_binned=pl.len().over("slice") > MANY_CUSTOMERS)


def _placed(
    binned: Binned, single: pl.LazyFrame, in_bins: pl.LazyFrame, measures: tuple[Measure, Measure], minor_digits: int
) -> pl.LazyFrame:
    """Rows with the values of two measures, and rows with their bins, as the view names them."""
    who = ["slice", "is_binned", *(name for name in ("customer", "customers") if name in single.collect_schema())]
    names = {measure: binned.name(measure) for measure in measures}
    parts = [
        rows.select(
            *who,
            **{name: pl.col(f"{measure}{start}") for measure, name in names.items()},
            **{f"{name}_to": pl.col(f"{measure}{end}") for measure, name in names.items()},
        )
        for rows, start, end in ((single, "", ""), (binned.with_edges(in_bins, measures), "_start", "_end"))
    ]
    amounts = pl.col([name for name in ("monetary", "monetary_to") if "monetary" in names])
    return pl.concat(parts).with_columns(amounts.cast(MEAN).round(minor_digits, mode="half_away_from_zero"))


def bins(binned: Binned) -> pl.LazyFrame:
    """Customers by segment and bin of all three measures."""
    key = [f"{name}_bin" for name in ("recency", "frequency", "monetary")]
    rows = binned.coarse().group_by("slice", "segment", *key).agg(customers=pl.len().cast(pl.Int64))
    found = binned.with_edges(rows, ("recency", "frequency", "monetary"), is_coarse=True)
    return found.with_columns(pl.col("segment").cast(pl.String), pl.col("monetary_start", "monetary_end").cast(MEAN))

"""What is shown of an item when it is opened: the fitted families, and the shares of customers and resamples by size.

Pure functions of what was compared; only items with enough customers are here.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from ca_platform.catalogue.ab_opened import MOST_OPENED, SIDES
from ca_platform.models.experiments import Values
from ca_platform.models.experiments.families import distribution
from ca_platform.models.experiments.records import Floats
from ca_platform.reports.opened import Opened

# Bins of outcomes, besides that of larger ones, and of resampled differences.
BINS = 12
_LARGEST_SHARE = 0.98
_FAMILIES = {
    "family": pl.String(),
    "parameters": pl.String(),
    "aic": pl.Float64(),
    "goodness_of_fit": pl.Float64(),
    "is_best": pl.Boolean(),
}
_DISTRIBUTIONS = {
    "series": pl.String(),
    "low": pl.Float64(),
    "high": pl.Float64(),
    "share": pl.Float64(),
}


@dataclass(frozen=True, slots=True)
class Naming:
    """How the items of a report are told apart.

    Attributes:
        kind: of the items, a column of its own; empty: they have none.
        names: columns of the items that name one.
        sides: names of both sides.
    """

    kind: str
    names: tuple[str, ...] = ("item",)
    sides: tuple[str, str] = SIDES

    @property
    def columns(self) -> dict[str, pl.DataType]:
        """Columns that name an item, and the metric."""
        kinds = ["item_kind"] if self.kind else []
        return {"slice": pl.UInt32(), **dict.fromkeys([*kinds, *self.names, "metric"], pl.String())}

    def of(self, one: Opened) -> pl.DataFrame:
        """The shown items."""
        rows = one.compared.items[one.shown].with_columns(
            item_kind=pl.lit(self.kind), metric=pl.lit(one.compared.metric)
        )
        return rows.select(pl.col(name).cast(dtype) for name, dtype in self.columns.items())


def families(naming: Naming, found: Sequence[Opened]) -> pl.DataFrame:
    """Rows of ``ab_families``: every family that the values of an item allow, with ``slice``."""
    columns = naming.columns | _FAMILIES
    parts = [pl.DataFrame(schema=columns)]
    for one in found:
        named = naming.of(one)
        best = pl.Series("best", one.best, dtype=pl.String)
        for name, fit in one.families.items():
            texts = [
                ", ".join(f"{parameter} {value:.6g}" for parameter, value in zip(fit.parameters, values, strict=True))
                for values in zip(*(column.tolist() for column in fit.parameters.values()), strict=True)
            ]
            rows = named.with_columns(
                best,
                pl.Series("possible", fit.is_possible, dtype=pl.Boolean),
                pl.Series("parameters", texts, dtype=pl.String),
                pl.Series("aic", fit.aic, dtype=pl.Float64),
                pl.Series("goodness_of_fit", fit.distance, dtype=pl.Float64),
                family=pl.lit(name),
            )
            parts.append(rows.filter("possible").with_columns(is_best=pl.col("best") == name).select(*columns))
    return pl.concat(parts)


def distributions(naming: Naming, found: Sequence[Opened]) -> pl.DataFrame:
    """Rows of ``ab_distributions``: shares of the customers, and of the resamples, by bins, with ``slice``."""
    columns = naming.columns | _DISTRIBUTIONS
    parts = [pl.DataFrame(schema=columns)]
    for one in found:
        if one.shown.size:
            named = naming.of(one).with_columns(_is_kept(one))
            bins = (*_outcomes(one, naming.sides), _resampled(one.resampled))
            parts += [_series(named, *series).select(*columns) for series in bins]
    return pl.concat(parts)


def _is_kept(one: Opened) -> pl.Series:
    """Whether an item has one of the smallest p-values of its slice, of which so many are kept."""
    p_value = pl.Series("p", one.compared.comparison.p_value[one.shown])
    items = one.compared.items[one.shown].select("slice", p_value)
    return items.select(kept=pl.col("p").rank("ordinal").over("slice") <= MOST_OPENED)["kept"]


def _series(named: pl.DataFrame, series: str, low: Floats, high: Floats, share: Floats) -> pl.DataFrame:
    """One series of the items that are kept; bins without width are left out."""
    items, bins = share.shape
    rows = named.select(pl.all().repeat_by(bins).explode()) if items else named
    columns = {"low": low.ravel(), "high": high.ravel(), "share": share.ravel()}
    return rows.with_columns(
        pl.lit(series).alias("series"), *(pl.Series(name, column) for name, column in columns.items())
    ).filter("kept", pl.col("high") > pl.col("low"))


def _outcomes(one: Opened, names: tuple[str, str]) -> list[tuple[str, Floats, Floats, Floats]]:
    """Both sides and the fitted family in the same bins; the last one is up to the largest outcome."""
    both = one.before + one.after
    counts = one.compared.metric == "orders"
    largest = both.value[both.begin[1:] - 1]
    width = np.ones(largest.size) if counts else _width(both, largest)
    low = np.arange(BINS) * width[:, None]
    top = largest + width if counts else np.maximum(largest, width)
    high = np.minimum(low + width[:, None], top[:, None])
    high[:, -1] = np.maximum(top, low[:, -1])
    sides = [(name, low, high, _shares(side, width)) for name, side in zip(names, (one.before, one.after), strict=True)]
    # A count stands for the unit around it.
    ends = np.concatenate([low[:, 1:], np.full((largest.size, 1), np.inf)], axis=1) - (0.5 if counts else 0.0)
    upto = np.stack([_fitted(one, ends[:, place]) for place in range(BINS)], axis=1)
    upto = np.where(high >= top[:, None], 1.0, upto)
    return [*sides, ("fitted", low, high, np.diff(upto, axis=1, prepend=0.0))]


def _width(both: Values, largest: Floats) -> Floats:
    """Of bins of which all but one hold nearly all customers."""
    total = np.cumsum(both.weight)
    before = np.append(0.0, total)[both.begin[:-1]]
    many = total - before[both.item] >= _LARGEST_SHARE * both.customers[both.item]
    quantile = largest.copy()
    np.minimum.at(quantile, both.item[many], both.value[many])
    quantile = np.where(quantile > 0, quantile, largest)
    return np.where(quantile > 0, quantile, 1.0) / (BINS - 1)


def _shares(side: Values, width: Floats) -> Floats:
    place = np.clip(np.floor(side.value / width[side.item]), 0, BINS - 1).astype(np.int64)
    held = np.bincount(side.item * BINS + place, side.weight, len(side) * BINS).reshape(len(side), BINS)
    return np.asarray(held / side.customers[:, None])


def _fitted(one: Opened, value: Floats) -> Floats:
    """The distribution function of each item's best family."""
    found = np.zeros(value.size)
    best = np.array(one.best)
    for name, fit in one.families.items():
        own = best == name
        found[own] = distribution(fit, np.where(np.isfinite(value), value, 0.0))[own]
    return found


def _resampled(differences: Floats) -> tuple[str, Floats, Floats, Floats]:
    """Resampled differences in bins of equal width."""
    least, most = differences.min(axis=1), differences.max(axis=1)
    width = np.where(most > least, most - least, 1.0) / BINS
    low = least[:, None] + np.arange(BINS) * width[:, None]
    place = np.clip((differences - least[:, None]) / width[:, None], 0, BINS - 1).astype(np.int64)
    code = place + np.arange(least.size)[:, None] * BINS
    held = np.bincount(code.ravel(), minlength=least.size * BINS).reshape(least.size, BINS)
    return "bootstrap", low, low + width[:, None], held / differences.shape[1]

"""Segments from one time to the next: what their customers ordered, beyond what all others of the shop did.

A customer belongs to the segment at the start of the oldest window, whatever he does since: who stays in a segment is told
by what he ordered, and leaving out the others makes most tests on nothing reject.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl

from ca_platform.models.experiments import (
    Bootstrap,
    Comparison,
    Values,
    best_family,
    bootstrap_mean,
    fit_families,
    is_enough,
)
from ca_platform.models.experiments.ab_windows import BEFORE, Windows
from ca_platform.models.experiments.bootstrap import RESAMPLES
from ca_platform.models.experiments.records import Bools, Floats, Ints
from ca_platform.models.experiments.shop_change import ShopChange, beyond_shop, with_silent
from ca_platform.reports.ab_resampling import MOST_OUTCOMES, resampled
from ca_platform.reports.ab_verdicts import Compared
from ca_platform.reports.opened import Opened, differences, distributions, some
from ca_platform.settings.segments import SEGMENTS

_ONE = ["slice", "customer"]
# What all outcomes are whole multiples of.
_STEPS = {"orders": 1.0, "amount": 0.0}


@dataclass(frozen=True, slots=True)
class Segmented:
    """The customers of every segment of some slices, and what they ordered in the windows.

    Attributes:
        items: ``slice``, ``item``, ``customers`` and ``moved_customers`` of each segment, slice by slice.
        outcomes: ``place`` in ``items``, ``customer``, ``window``, ``orders`` and ``amount``, where any; sorted.
    """

    items: pl.DataFrame
    outcomes: pl.DataFrame

    @classmethod
    def of(
        cls, orders: pl.DataFrame, before: pl.DataFrame, now: pl.DataFrame, slices: Sequence[int], windows: Windows
    ) -> Segmented:
        """Count what customers ordered.

        Args:
            orders: ``slice``, ``customer``, ``day``, ``amount`` of every order of the windows.
            before, now: ``slice``, ``customer`` and ``segment``, its place in ``SEGMENTS``: at the start of the oldest
                window, and at the end of the latest.
            slices: those that are reported, ascending.
        """
        numbers = pl.DataFrame({"slice": slices}, schema={"slice": pl.UInt32}).with_row_index("row")
        place = (pl.col("row") * len(SEGMENTS) + pl.col("segment").cast(pl.UInt32)).alias("place")
        people = before.lazy().join(numbers.lazy(), on="slice").with_columns(place)
        later = now.lazy().select(*_ONE, later="segment")
        moved = (pl.col("segment") != pl.col("later")).sum().cast(pl.Int64)
        counts = (
            people.join(later, on=_ONE, how="left")
            .group_by("place")
            .agg(customers=pl.len().cast(pl.Int64), moved_customers=moved)
        )
        names = pl.LazyFrame({"item": SEGMENTS}).with_row_index("segment")
        grid = numbers.lazy().join(names, how="cross").select("slice", "item", place)
        items = grid.join(counts, on="place", how="left").sort("place").with_columns(pl.col(_COUNTS).fill_null(0))
        outcomes = (
            orders.lazy()
            .with_columns(window=windows.number)
            .filter(pl.col("window").is_not_null())
            .group_by(*_ONE, "window")
            .agg(orders=pl.len().cast(pl.Int64), amount=pl.col("amount").sum())
            .join(people.select(*_ONE, "place"), on=_ONE)
            .select("place", "customer", "window", "orders", pl.col("amount").cast(pl.Float64))
            .sort("place", "customer", "window")
        )
        return cls(*pl.collect_all([items.drop("place"), outcomes]))


_COUNTS = ("customers", "moved_customers")


def compared_segments(segmented: Segmented, metric: str, test: str, alpha: float, refusal: str | None = None) -> Opened:
    """The mean of a metric in the latest window against that of the four before it, of each segment.

    ``items`` of what is found: ``slice``, ``item`` and ``moved_customers``. What is shown of a segment are its customers'
    outcomes in each window.

    Args:
        segmented: customers and what they ordered.
        metric: ``orders`` or ``amount``.
        test: its name, which says how long the windows are: a calibration is told for each length.
        alpha: of intervals and power.
        refusal: a note for all segments where the windows say nothing.
    """
    items = segmented.items
    size = items["customers"].to_numpy().astype(np.float64)
    shop = items["slice"].rank("dense").to_numpy().astype(np.int64) - 1
    place, outcomes = _table(segmented.outcomes, metric)
    found = beyond_shop(outcomes, place, size, shop, alpha, _STEPS[metric])
    each = segmented.outcomes.select("place", "window", pl.col(metric).cast(pl.Float64)).filter(pl.col(metric) > 0)
    windows = np.bincount(each["place"].to_numpy(), minlength=size.size).astype(np.float64)
    enough = _enough(size, windows, shop)
    is_shown = enough & found.comparison.is_sufficient
    shown = np.flatnonzero(is_shown)
    sides = (pl.col("window") < BEFORE, BEFORE), (pl.col("window") == BEFORE, 1)
    before, after = (some(_of_windows(each.filter(those), metric, size * count), shown) for those, count in sides)
    families = fit_families(before + after)
    best = best_family(families).tolist()
    drawn, bootstrap = _resampled(found, np.bincount(place, minlength=size.size), is_shown, alpha)
    # Of nobody nothing is said, nor of a change beyond others who had not ordered.
    is_told = (size > 0) & _others_ordered(place, outcomes, shop)
    compared = Compared(
        items=items.select("slice", "item", "moved_customers"),
        metric=metric,
        customers=size,
        mean_a=_means(place, outcomes[:, :BEFORE].mean(axis=1), size),
        mean_b=_means(place, outcomes[:, BEFORE], size),
        comparison=replace(found.comparison, estimate=np.where(is_told, found.comparison.estimate, np.nan)),
        raw=replace(found.raw, estimate=np.where(size > 0, found.raw.estimate, np.nan)),
        is_enough=enough,
        bootstrap=bootstrap,
        distribution=distributions(shown, best, size.size),
        tests=[test] * size.size,
        refusal=[refusal] * size.size,
    )
    return Opened(compared, shown, before, after, families, best, drawn)


def _table(outcomes: pl.DataFrame, metric: str) -> tuple[Ints, Floats]:
    """Segment of each customer with an order, and the outcome of each window, a column for each."""
    who = outcomes.select(pl.struct("place", "customer").rle_id()).to_series().to_numpy()
    table = np.zeros((int(who[-1]) + 1 if who.size else 0, BEFORE + 1))
    table[who, outcomes["window"].to_numpy()] = outcomes[metric].cast(pl.Float64).to_numpy()
    first = np.flatnonzero(np.diff(who, prepend=-1))
    return outcomes["place"].to_numpy()[first].astype(np.int64), table


def _of_windows(each: pl.DataFrame, metric: str, counted: Floats) -> Values:
    """The outcomes of customers in windows, those without one counted in.

    Args:
        counted: customers of each segment, once for each of the windows.
    """
    place = each["place"].to_numpy().astype(np.int64)
    return with_silent(each[metric].to_numpy(), place, counted - np.bincount(place, minlength=counted.size))


def _means(place: Ints, outcome: Floats, size: Floats) -> Floats:
    """Mean of each segment, no number where nobody is in it."""
    sums = np.bincount(place, outcome, size.size)
    return np.asarray(np.divide(sums, size, out=np.full(size.size, np.nan), where=size > 0))


def _others_ordered(place: Ints, outcomes: Floats, shop: Ints) -> Bools:
    """Whether any other customer of the shop had an order before."""
    before = np.bincount(place, outcomes[:, :BEFORE].sum(axis=1), shop.size)
    has_ordered = (before > 0).astype(np.float64)
    return np.asarray(np.bincount(shop, has_ordered)[shop] - has_ordered > 0)


def _enough(size: Floats, windows: Floats, shop: Ints) -> Bools:
    """Whether a segment and the others of its shop are large enough, in the mean of all windows.

    Of all of them together: asked of the latest alone, only segments that had grown would be tested.
    """
    others = [np.bincount(shop, column)[shop] - column for column in (size, windows)]
    return is_enough(size, windows / (BEFORE + 1)) & is_enough(others[0], others[1] / (BEFORE + 1))


def _resampled(found: ShopChange, active: Ints, is_shown: Bools, alpha: float) -> tuple[Floats, Bootstrap]:
    """Resampled differences of the shown segments, and what they say."""
    comparison: Comparison = found.comparison
    is_chosen = is_shown & (active <= MOST_OUTCOMES)
    drawn = np.zeros((int(is_chosen.sum()), RESAMPLES))

    def resample(items: Bools) -> Bootstrap:
        chosen = some(found.changes, np.flatnonzero(items))
        return bootstrap_mean(chosen, alpha=alpha, noise=found.noise[items], keep=drawn)

    bootstrap = resampled(comparison, is_chosen, resample, alpha)
    shown = np.flatnonzero(is_shown)
    return differences(comparison, shown, is_chosen[shown], drawn), bootstrap

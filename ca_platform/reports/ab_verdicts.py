"""What all reports of A/B tests say about a family of items: corrected p-values, verdicts, and why there is none.

Pure functions of what the tests found. Nothing is null by accident: a row without a verdict has a note.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, TypeAlias, TypedDict

import numpy as np
import polars as pl
from numpy.typing import ArrayLike

from ca_platform.catalogue.ab_tests import (
    BEFORE_AFTER,
    CAPPED,
    INSUFFICIENT,
    WITHHELD,
    Sides,
    capped_note,
    comparison_columns,
)
from ca_platform.models.experiments import Bootstrap, Comparison, adjusted, power

Offers: TypeAlias = Mapping[tuple[str, str], tuple[float, float, float, bool]]
"""By test and metric: measured share of false positives, its interval, and whether the test is offered.

What is not in it is offered, and nothing is known of its false positives.
"""

# A tenth of the mean of A is what power is told for.
_CHANGE = 0.1
# What a test says of an item with too few customers is not shown.
_OF_TEST = ("ci_low", "ci_high", "raw_p_value", "statistic", "p_value", "accept_ratio", "power")


class CapTold(TypedDict):
    """See ``told_of_cap``."""

    tests: list[str]
    remark: list[str | None] | None


@dataclass(frozen=True, slots=True, eq=False, kw_only=True)
class Compared:
    """What was found of some items with one metric. All arrays are in the order of ``items``.

    Attributes:
        items: what names each item: the columns of the report before ``metric``, and others that are kept, such as
            ``slice``.
        metric: ``orders`` or ``amount``.
        customers: who are compared.
        mean_a, mean_b: per customer, in the unit of the metric.
        comparison: the adjusted difference, the headline.
        raw: the plain one.
        is_enough: whether both sides are large enough, see ``is_enough``.
        bootstrap: of which ``accept_ratio`` is shown. The interval is that of ``comparison``: of 8,000 promotions without
            effect and with some 60 customers, 5 % of the tests' intervals leave out 0, and 9 % of the BCa intervals.
        matched_customers: customers with controls; None where there is no matching.
        distribution: the best family, None or empty where there is none.
        tests: names of the tests where they differ between items; else that of ``comparison``.
        refusal: a note that leaves no verdict, None where there is none.
        remark: a note that leaves the verdict.
    """

    items: pl.DataFrame
    metric: str
    customers: ArrayLike
    mean_a: ArrayLike
    mean_b: ArrayLike
    comparison: Comparison
    raw: Comparison
    is_enough: ArrayLike
    bootstrap: Bootstrap | None = None
    matched_customers: ArrayLike | None = None
    distribution: Sequence[str | None] | None = None
    tests: Sequence[str] | None = None
    refusal: Sequence[str | None] | None = None
    remark: Sequence[str | None] | None = None


def told_of_cap(tests: list[str], most: float | None) -> CapTold:
    """Names of the tests of some items, and what is remarked on them, where an order counts up to a cap (``most``).

    >>> told_of_cap(["sign_flip"], 80.0)
    {'tests': ['sign_flip_capped'], 'remark': ['an order counts up to 80.00']}
    """
    if most is None:
        return {"tests": tests, "remark": None}
    return {"tests": [CAPPED[name] for name in tests], "remark": [capped_note(most)] * len(tests)}


def verdicts(
    compared: Sequence[Compared],
    *,
    alpha: float,
    offers: Offers,
    sides: Sides = BEFORE_AFTER,
    method: Literal["benjamini_hochberg", "benjamini_yekutieli"] = "benjamini_hochberg",
    within: Sequence[str] = (),
) -> pl.DataFrame:
    """The rows of a report: the columns of ``items``, then those of ``catalogue.ab_tests.comparison_columns``.

    An item below the minimum sample, or of which the test says nothing, keeps its means and differences, and has no
    figures of a test. One whose test is not offered has all figures. Neither has a verdict, nor is part of the family for
    which p-values are corrected. The order of the rows is that of ``compared``.

    Args:
        compared: one record for each metric, or for more; at least one.
        alpha: largest corrected p-value of a significant difference.
        offers: see ``Offers``; those of the calibration last made on or before the report day.
        sides: how the means of A and B are called.
        method: of the correction.
        within: columns of ``items`` whose every value is a report of its own, such as ``slice`` or ``experiment``.
    """
    rows = pl.concat([_figures(one, alpha, offers, sides) for one in compared])
    rows = _judged(rows, alpha, method, within)
    names = [column.name for column in comparison_columns(sides=sides)]
    return rows.select(*compared[0].items.columns, *names)


def together(rows: pl.DataFrame, *, alpha: float, within: Sequence[str] = ()) -> pl.DataFrame:
    """Rows of several reports as one family: those that have a verdict have it corrected for all of them.

    Args:
        rows: of ``verdicts``.
        within: columns whose every value is a report of its own.
    """
    tested = rows.drop("p_adjusted").with_columns(has_verdict=pl.col("significant").is_not_null())
    return _judged(tested, alpha, "benjamini_hochberg", within).select(rows.columns)


def _judged(
    rows: pl.DataFrame,
    alpha: float,
    method: Literal["benjamini_hochberg", "benjamini_yekutieli"],
    within: Sequence[str],
) -> pl.DataFrame:
    rows = rows.with_columns(p_adjusted=_corrected(rows, method, within))
    rows = rows.with_columns(significant=pl.col("p_adjusted") <= alpha)
    direction = pl.when(pl.col("difference") > 0).then(pl.lit("increase")).otherwise(pl.lit("decrease"))
    return rows.with_columns(direction=pl.when("significant").then(direction))


def _figures(one: Compared, alpha: float, offers: Offers, sides: Sides) -> pl.DataFrame:
    """Everything but the correction and what follows from it."""
    found, size = one.comparison, one.items.height
    tests = list(one.tests or [found.test] * size)
    offer = [offers.get((test, one.metric)) for test in tests]
    enough = np.asarray(one.is_enough, bool) & found.is_sufficient
    withheld = np.array([known is not None and not known[3] for known in offer], bool)
    given = one.refusal or [None] * size
    refusal = [
        note or (INSUFFICIENT if not has_enough else WITHHELD if is_withheld else None)
        for note, has_enough, is_withheld in zip(given, enough, withheld, strict=True)
    ]
    mean_a = np.asarray(one.mean_a, np.float64)
    error = np.full(size, np.inf) if found.standard_error is None else found.standard_error
    figures = {
        f"mean_{sides[0]}": mean_a,
        f"mean_{sides[1]}": one.mean_b,
        "difference": found.estimate,
        "ci_low": found.low,
        "ci_high": found.high,
        "relative_difference": np.divide(found.estimate, mean_a, out=np.full(size, np.nan), where=mean_a != 0),
        "raw_difference": one.raw.estimate,
        "raw_p_value": one.raw.p_value,
        "statistic": found.statistic,
        "p_value": found.p_value,
        "accept_ratio": np.full(size, np.nan) if one.bootstrap is None else one.bootstrap.accept_ratio,
        "power": power(_CHANGE * mean_a, error, alpha),
        "false_positive_rate": [known[0] if known else None for known in offer],
        "false_positive_low": [known[1] if known else None for known in offer],
        "false_positive_high": [known[2] if known else None for known in offer],
    }
    distribution = one.distribution or [None] * size
    texts: dict[str, Sequence[Any]] = {
        "distribution": [name or None for name in distribution],
        "test": tests,
        "note": [own or remark for own, remark in zip(refusal, one.remark or [None] * size, strict=True)],
    }
    counts = {"customers": one.customers, "matched_customers": one.matched_customers}
    columns = (
        pl.repeat(one.metric, size, dtype=pl.String, eager=True).alias("metric"),
        *(_numbers(name, values, size, pl.Int64()) for name, values in counts.items()),
        *(_numbers(name, values, size, pl.Float64()) for name, values in figures.items()),
        *(pl.Series(name, values, dtype=pl.String) for name, values in texts.items()),
        pl.Series("has_verdict", [note is None for note in refusal], dtype=pl.Boolean),
        pl.Series("is_enough", enough, dtype=pl.Boolean),
    )
    shown = pl.when("is_enough").then(pl.col(_OF_TEST))
    return one.items.with_columns(columns).with_columns(shown)


def _numbers(name: str, values: ArrayLike | None, size: int, dtype: pl.DataType) -> pl.Series:
    """A column in which what is no number, or has no end, is null."""
    if values is None:
        return pl.Series(name, [None] * size, dtype=dtype)
    column = pl.Series(
        name, np.asarray(values, np.float64) if not isinstance(values, list) else values, dtype=pl.Float64
    )
    return column.to_frame().select(pl.when(pl.col(name).is_finite()).then(name).cast(dtype)).to_series()


def _corrected(
    rows: pl.DataFrame, method: Literal["benjamini_hochberg", "benjamini_yekutieli"], within: Sequence[str]
) -> pl.Series:
    """Corrected p-values of the rows that have a verdict, family by family; null for the others."""
    tested = rows.with_row_index("place").filter("has_verdict")
    families = tested.partition_by(*within) if within and tested.height else [tested]
    found = pl.concat(
        family.select("place", p_adjusted=pl.Series(adjusted(family["p_value"].to_numpy(), method), dtype=pl.Float64))
        for family in families
    )
    return rows.with_row_index("place").join(found, on="place", how="left", maintain_order="left")["p_adjusted"]


def accepted(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Items with a significant increase: a report ``_accept``."""
    return rows.filter(pl.col("direction") == "increase")


def rejected(rows: pl.LazyFrame) -> pl.LazyFrame:
    """Items with a significant decrease: a report ``_reject``."""
    return rows.filter(pl.col("direction") == "decrease")

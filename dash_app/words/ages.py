"""Rows of cohorts by their age: which cells are over, and what all cohorts together say.

What belongs here: sums over cohorts that sentences and charts share. A cell counts once its period is over: one that
is still running would pull every mean down.
"""

from __future__ import annotations

import polars as pl

FEWEST = 30
"""Below this many customers a rate is chance."""
NEWEST: dict[str, int] = {"day": 28, "week": 13, "month": 3}
"""How many cohorts are the newest ones."""


def over(frame: pl.DataFrame) -> pl.DataFrame:
    """Cells whose period is over, in the order of cohort and offset.

    The first cell of the shop's first cohort is partial because the shop began within it: nothing is missing there.
    """
    rows = frame.sort("cohort", "offset")
    is_past = pl.col("is_partial").shift(-1).over("cohort").is_not_null()
    return rows.filter(pl.col("is_partial").is_not_null() & (~pl.col("is_partial") | is_past))


def mean_rates(frame: pl.DataFrame, measure: str = "customers") -> pl.DataFrame:
    """By offset: ``cohort_size`` of the cohorts whose cell is over, their ``measure``, and ``rate``, one by the other."""
    sums = over(frame).group_by("offset").agg(pl.col("cohort_size", measure).sum()).sort("offset")
    return sums.filter(pl.col("cohort_size") > 0).with_columns(rate=pl.col(measure) / pl.col("cohort_size"))


def mean_counts(frame: pl.DataFrame) -> pl.DataFrame:
    """By offset: ``rate``, the mean number of customers over the cohorts whose cell is over."""
    cells = over(frame).filter(pl.col("cohort_size") > 0).group_by("offset")
    return cells.agg(pl.col("cohort_size").sum(), rate=pl.col("customers").mean()).sort("offset")


def come(frame: pl.DataFrame) -> pl.DataFrame:
    """By offset: ``rate``, the part of the customers who have come by then, from cohorts of every age (life table).

    Of those who have not come before, a part comes at each offset; it is taken from all cohorts that are old enough.
    So the curve never falls, though each of its points rests on other cohorts. Where all cohorts are old enough it is
    the plain share. ``cohort_size`` is that of the cohorts behind each point.
    """
    customers = pl.col("customers").cast(pl.Float64)
    waiting = pl.col("cohort_size") - customers.fill_null(0).cum_sum().over("cohort") + customers
    cells = over(frame.sort("cohort", "offset").with_columns(waiting=waiting))
    sums = cells.group_by("offset").agg(customers.sum(), pl.col("waiting", "cohort_size").sum()).sort("offset")
    part = pl.when(pl.col("waiting") > 0).then(pl.col("customers") / pl.col("waiting")).otherwise(0.0)
    rows = sums.filter(pl.col("cohort_size") > 0)
    return rows.select("offset", "cohort_size", rate=1 - (1 - part).cum_prod())


def revenue_per_customer(frame: pl.DataFrame) -> pl.DataFrame:
    """By offset: ``rate``, what a customer has brought by then, as the running sum of each month's mean."""
    return mean_rates(frame, "revenue").with_columns(pl.col("rate").cum_sum())


def newest(frame: pl.DataFrame, offset: int, count: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The newest cohorts whose cell at the offset is over, and those before them."""
    cohorts = _old_enough(frame, offset)["cohort"].unique().sort().to_list()
    late, early = cohorts[-count:], cohorts[:-count]
    return frame.filter(pl.col("cohort").is_in(late)), frame.filter(pl.col("cohort").is_in(early))


def newest_one(frame: pl.DataFrame, offset: int) -> tuple[pl.DataFrame, pl.DataFrame]:
    """The newest cohort whose cell at the offset is over and whose rate says something, and all such cells before it.

    A rate says something of ``FEWEST`` customers or more; where no cohort has so many, the newest of all is taken.
    """
    cells = _old_enough(frame, offset).sort("cohort")
    enough = cells.filter(pl.col("cohort_size") >= FEWEST)
    chosen = (cells if enough.is_empty() else enough)["cohort"][-1]
    before = cells["cohort"].filter(cells["cohort"] < chosen)
    return frame.filter(pl.col("cohort") == chosen), frame.filter(pl.col("cohort").is_in(before.implode()))


def _old_enough(frame: pl.DataFrame, offset: int) -> pl.DataFrame:
    """Cells at the offset that are over, of cohorts with customers."""
    return over(frame).filter((pl.col("offset") == offset) & (pl.col("cohort_size") > 0))


def last_offset(frame: pl.DataFrame, wanted: int, first: int = 0) -> int | None:
    """The offset nearest to the wanted one, not above it, that some cohort has behind it; None without any."""
    known = over(frame).filter((pl.col("cohort_size") > 0) & pl.col("offset").is_between(first, wanted))["offset"]
    return int(str(known.max())) if known.len() else None


def pooled(frame: pl.DataFrame, offset: int, column: str = "rate") -> tuple[int, float]:
    """Customers of the cohorts whose cell at the offset is over, and the mean of ``column`` there, by size."""
    cells = _old_enough(frame, offset)
    size = int(cells["cohort_size"].sum())
    return size, float((cells["cohort_size"] * cells[column]).sum()) / size if size else 0.0

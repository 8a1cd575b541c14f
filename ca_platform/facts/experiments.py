"""Facts of experiments that are columns of the sessions: when each customer saw each variant first.

Pure functions. A session without a value in the column is no part of the experiment.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

_KEY = ["experiment", "customer", "variant"]


def experiment_variants(
    sessions: pl.LazyFrame, experiments: Sequence[str], clients: pl.LazyFrame, known: pl.LazyFrame
) -> pl.LazyFrame:
    """First sessions with a variant of those who had none with it before: ``day``, key, ``at``.

    Args:
        sessions: of some days, with ``experiments.NAME``.
        clients: ``client`` and ``customer``, at least of all of these sessions.
        known: the same of all days before.
    """
    if not experiments:
        return known.limit(0).select("day", *_KEY, "at")
    found = pl.concat(
        sessions.filter(pl.col(f"experiments.{name}").is_not_null())
        .group_by("client", variant=f"experiments.{name}")
        .agg(pl.col("day").min(), at=pl.col("session_start_date").min())
        .with_columns(experiment=pl.lit(name))
        for name in experiments
    ).join(clients.select("client", "customer"), on="client")
    old = known.join(found.select(_KEY), on=_KEY, how="semi").select(_KEY)
    return found.join(old, on=_KEY, how="anti").select("day", *_KEY, "at")

"""Facts of experiments that are columns of the sessions: when each customer saw each variant first.

Pure functions. A session without a value in the column is no part of the experiment.
"""

from __future__ import annotations

from collections.abc import Sequence

import polars as pl

from ca_platform.facts.customers import PAIR

_KEY = [*PAIR, "experiment", "variant"]


def experiment_variants(
    visits: pl.LazyFrame, sessions: pl.LazyFrame, experiments: Sequence[str], known: pl.LazyFrame
) -> pl.LazyFrame:
    """First sessions with a variant of those who had none with it before: ``day``, key, ``at``.

    Args:
        visits: the sessions by ``slice`` and ``customer``, with their ``place``.
        sessions: ``experiments.NAME`` by ``place``.
        known: the same of all days before.
    """
    if not experiments:
        return known.limit(0).select("day", *_KEY, "at")
    found = pl.concat(
        sessions.filter(pl.col(f"experiments.{name}").is_not_null())
        .select("place", variant=f"experiments.{name}")
        .join(visits.select("day", *PAIR, "place", at="session_start_date"), on="place")
        .group_by(*PAIR, "variant")
        .agg(pl.col("day", "at").min())
        .with_columns(experiment=pl.lit(name))
        for name in experiments
    )
    old = known.join(found.select(_KEY), on=_KEY, how="semi").select(_KEY)
    return found.join(old, on=_KEY, how="anti").select("day", *_KEY, "at")

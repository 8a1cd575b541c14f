"""What is known of each customer from the snapshot and the sessions, and who reached which milestone when.

As in ``tables``: each has a ``day`` from which on a row counts. Reads the lake; what the rows mean is in ``milestones``.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.errors import HistoryError
from ca_platform.reports import milestones
from ca_platform.reports.reading import FactReader
from ca_platform.settings import SourceSettings


@dataclass(frozen=True, slots=True)
class Reached:
    """Milestones of customers, counted."""

    dates: pl.DataFrame
    moments: pl.DataFrame
    sizes: pl.DataFrame
    cohorts: pl.DataFrame


class MilestoneTables:
    """Milestones of the customers up to some report days.

    Args:
        source: how the customers' snapshot is connected; None where it is not.
    """

    def __init__(self, facts: FactReader, source: SourceSettings | None) -> None:
        self._facts = facts
        self._source = source

    @property
    def names(self) -> tuple[str, ...]:
        """Milestones of the customers' snapshot after the download: sign-up where it is mapped, declared actions."""
        return tuple(self._snapshot_columns)

    @property
    def downloads(self) -> pl.LazyFrame:
        """``client`` and ``download`` of the snapshot; no rows where it is not connected."""
        return self._snapshot().select("client", "download")

    @cached_property
    def spells(self) -> pl.DataFrame:
        """What is known of each customer, see ``milestones.spells``."""

        def build() -> pl.LazyFrame:
            main = self._facts.scan("first_sessions").filter(pl.col("slice") == 0)
            rows = self._snapshot().rename({column: f"at.{name}" for name, column in self._snapshot_columns.items()})
            return milestones.spells(self._facts.scan("client_numbers"), main, rows, self.names, self._facts.days)

        return self._facts.lake.collect(build)

    @cached_property
    def reached(self) -> Reached:
        """Milestones of customers, counted by slice."""
        return self._facts.lake.retry(self._reach)

    def _reach(self) -> Reached:
        days, start = self._facts.days, self._facts.shape.start_date
        profiles = milestones.profiles(self.spells.lazy(), self.names, days).collect(engine="streaming").lazy()
        members = milestones.members(profiles, self._facts.scan("first_sessions"))
        own = ("download", *self.names)
        firsts = {"first_session": "first_sessions", "first_purchase": "first_purchases"}
        queries = [
            *(milestones.occurrences(members, name, unit, days, start) for unit in ("day", "hour") for name in own),
            milestones.cohort_sizes(members, days, start),
            *(milestones.cohort_milestones(members, name, days, start) for name in self.names),
            *(
                milestones.cohort_firsts(profiles, self._facts.scan(fact), name, days, start)
                for name, fact in firsts.items()
            ),
        ]
        frames = pl.collect_all(queries, engine="streaming")
        new = self._facts.lake.collect(lambda: self._facts.scan("new_customers"))
        new = new.with_columns(self._facts.counts_from(), date="day")
        count, names = len(own), (*own, *firsts)

        def wide(counted: list[pl.DataFrame], unit: str) -> pl.DataFrame:
            came = new.lazy().group_by("day", "slice", "step", unit).agg(pl.col("customers").sum())
            rows = pl.concat([*(frame.lazy() for frame in counted), came.select(counted[0].columns)])
            return milestones.by_name(rows, ["slice", "day", unit], names).collect(engine="streaming")

        return Reached(
            dates=wide(frames[:count], "date"),
            moments=wide(frames[count : 2 * count], "hour"),
            sizes=frames[2 * count],
            cohorts=pl.concat(frames[2 * count + 1 :]),
        )

    @cached_property
    def _snapshot_columns(self) -> dict[str, str]:
        """Column of the snapshot by name of the milestone."""
        source = self._source
        if source is None:
            return {}
        columns = {name: f"action_times.{name}" for name in source.actions}
        is_mapped = "signup_date" in {*source.columns, *source.constants} or self._has_signups()
        return {"signup": "signup_date", **columns} if is_mapped else columns

    def _has_signups(self) -> bool:
        # A column of that name is mapped without being mentioned; where none was, the lake's is null throughout.
        found = self._facts.lake.collect(
            lambda: self._snapshot_scan(["signup_date"]).select(pl.col("signup_date").is_not_null().any())
        )
        return bool(found.item())

    def _snapshot(self) -> pl.LazyFrame:
        columns = list(self._snapshot_columns.values())
        return self._snapshot_scan(["download_date", *columns]).rename({"download_date": "download"})

    def _snapshot_scan(self, instants: list[str]) -> pl.LazyFrame:
        types = {"client": pl.String(), **dict.fromkeys(instants, INSTANT)}
        if self._source is None:
            return pl.LazyFrame(schema=types)
        if not self._facts.lake.parts("customers"):
            raise HistoryError("The snapshot of the customers has not been loaded. Load it: ca-platform load.")
        return self._facts.lake.scan("customers", schema=types)

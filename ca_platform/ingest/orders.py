"""Lines and deliveries meet their orders. Knows the lake's sessions; not how rows are read or written."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cached_property

import polars as pl

from ca_platform.calendar import INSTANT
from ca_platform.ingest.job import LINE_SLACK, Job
from ca_platform.ingest.reasons import Reason

KEY = "order_id"
_SESSION = {"day": pl.Date(), KEY: pl.String(), "session_start_date": INSTANT}
_NO_REASON = pl.lit(None, pl.String)


@dataclass(frozen=True)
class Orders:
    """The orders that the lake knows."""

    job: Job

    def judge(self, rows: pl.DataFrame) -> pl.DataFrame:
        """The rows, in order, with ``day`` as the lake has it, ``reason`` and ``column`` (null for good ones)."""
        found = self._find(rows)
        joined = rows.rename({"day": "own_day"}).join(found, on=KEY, how="left", maintain_order="left")
        is_known = pl.col("order_day").is_not_null()
        without = (
            pl.when(pl.col(KEY).is_in(self._quarantined(joined)))
            .then(pl.lit(Reason.SESSION_QUARANTINED.value))
            .otherwise(pl.lit(Reason.NO_SESSION.value))
        )
        rule = self._line_rule() if self.job.name == "lines" else self._delivery_rule()
        day = pl.col("order_day") if self.job.name == "lines" else pl.col("own_day")
        judged = joined.with_columns(reason=pl.when(~is_known).then(without).otherwise(rule))
        column = (
            pl.when(pl.col("reason") == Reason.FAR_FROM_ORDER.value)
            .then(pl.lit("date"))
            .when(pl.col("reason") == Reason.DATES_OUT_OF_ORDER.value)
            .then(pl.lit("delivery_date"))
            .otherwise(pl.lit(KEY))
        )
        is_bad = pl.col("reason").is_not_null()
        return judged.with_columns(
            day=pl.when(is_bad).then("own_day").otherwise(day), column=pl.when(is_bad).then(column)
        ).drop("own_day", "order_day", "session_start_date")

    def _find(self, rows: pl.DataFrame) -> pl.DataFrame:
        wanted = rows.select(pl.col(KEY).unique()).lazy()
        start, end = self._days(rows["day"])
        return self.job.lake.collect(
            lambda: (
                self.job.lake.scan("sessions", start, end, schema=_SESSION)
                .join(wanted, on=KEY, how="semi")
                .rename({"day": "order_day"})
            )
        )

    def _days(self, own: pl.Series) -> tuple[date | None, date | None]:
        """Days among which the orders lie, where the rows say so."""
        first, last = own.min(), own.max()
        if self.job.name != "lines" or own.null_count() or not isinstance(first, date) or not isinstance(last, date):
            return None, None
        # One day more, so that an order that is just too far is told from one that is not there.
        slack = timedelta(days=LINE_SLACK + 1)
        return first - slack, last + slack

    def _line_rule(self) -> pl.Expr:
        distance = (pl.col("own_day") - pl.col("order_day")).dt.total_days().abs()
        return pl.when(distance > LINE_SLACK).then(pl.lit(Reason.FAR_FROM_ORDER.value)).otherwise(_NO_REASON)

    def _delivery_rule(self) -> pl.Expr:
        ordered = pl.col("session_start_date")
        early = (pl.col("prepare_date") < ordered).fill_null(value=False) | (pl.col("delivery_date") < ordered)
        return pl.when(early).then(pl.lit(Reason.DATES_OUT_OF_ORDER.value)).otherwise(_NO_REASON)

    def _quarantined(self, joined: pl.DataFrame) -> list[str]:
        """Which order ids without a session have a quarantined one."""
        missing = set(joined.filter(pl.col("order_day").is_null())[KEY].to_list())
        return sorted(missing & self._bad_sessions) if missing else []

    @cached_property
    def _bad_sessions(self) -> frozenset[str]:
        source = self.job.settings.sources.sessions
        column = source.columns.get(KEY, KEY) if source is not None else KEY
        rows = self.job.lake.quarantined("sessions")["row"].to_list()
        return frozenset(str(values[column]) for row in rows if (values := json.loads(row)).get(column) is not None)

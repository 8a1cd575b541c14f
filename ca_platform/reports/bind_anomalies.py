"""Name of a report of anomalies → the function that makes it."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from ca_platform.catalogue.anomalies import DAY_REPORTS
from ca_platform.reports.cut import Cut


def _by_day(report: str) -> Callable[[Cut], pl.LazyFrame]:
    return lambda cut: cut.tables.anomalies.rows(report, cut.calendar)


ANOMALIES: dict[str, Callable[[Cut], pl.LazyFrame]] = {
    **{report: _by_day(report) for report in DAY_REPORTS},
    "dimension_anomaly": lambda cut: cut.tables.anomalies.values(cut.calendar),
    "anomaly_backtest": lambda cut: cut.tables.anomalies.backtest(cut.calendar.day),
    "clvrfm_anomaly": lambda cut: cut.tables.customer_anomalies.customers(cut.calendar.day),
    "clvrfm_anomaly_flagged": lambda cut: cut.tables.customer_anomalies.flagged(cut.calendar.day),
}

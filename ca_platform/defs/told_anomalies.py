"""What the choice of the detectors of anomalies says of itself in Dagster: what serves each report, and how it did."""

from collections.abc import Iterator, Mapping
from typing import Any

import dagster as dg
import polars as pl

from ca_platform.catalogue.anomalies import DETECTORS
from ca_platform.defs.scored import table
from ca_platform.training.anomalies import DETECTOR_SCORES, Choice
from ca_platform.training.anomalies import DETECTORS as TABLE

_METRICS = ("recall", "false_alarms_per_30_days", "delay_days", "cause_right")


def detectors_told(choice: Choice) -> Mapping[str, Mapping[str, Any]]:
    """Metadata by table of the detectors of anomalies."""
    served = table(("report", "detector"), [(report, DETECTORS[name]) for report, name in choice.served.items()])
    shared: dict[str, Any] = {"served": dg.MetadataValue.md(served)}
    if choice.note:
        shared["note"] = choice.note
    recall = choice.scores.filter(pl.col("is_served") & (pl.col("metric") == "recall"))
    means = {"recall": float(recall["value"].mean())} if recall["value"].count() else {}  # type: ignore[arg-type]
    figures = dg.MetadataValue.md(table(("report", "detector", *_METRICS), list(_rows(choice))))
    return {TABLE: shared, DETECTOR_SCORES: {**shared, **means, "backtest": figures}}


def _rows(choice: Choice) -> Iterator[tuple[str, ...]]:
    for (report, detector), own in choice.scores.group_by(["report", "detector"], maintain_order=True):
        found = dict(own.select("metric", "value").iter_rows())
        cells = ("–" if found.get(metric) is None else f"{found[metric]:.3f}" for metric in _METRICS)
        yield str(report), f"{detector}{' (serves)' if own['is_served'].any() else ''}", *cells

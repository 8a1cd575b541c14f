"""Calibration of the A/B tests: how often each of them finds something between customers of whom nothing differs."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, flag, text
from ca_platform.catalogue.spec import Column, Kind, TableSpec

_KEY = ("test", "metric")
_FACTS = ("customer_orders", "customer_days", "first_sessions")
_COLUMNS = (
    text("test", "The test, as the reports of A/B tests name it."),
    text("metric", "What it compares, as these reports name it."),
    count("customers", "Customers of a group, or orders with an item."),
    count(
        "splits", "Random splits of the shop's own customers, or items put on its orders at random: nothing differs."
    ),
    Column("rejection_rate", Kind.FLOAT, "Share of them that the test calls significant.", "share"),
    Column("ci_low", Kind.FLOAT, "Low end of its 95 % interval (Wilson).", "share"),
    Column("ci_high", Kind.FLOAT, "High end of its interval.", "share"),
    flag("is_offered", "Some of the interval lies within a hundredth of alpha: with .05 between 4 and 6 %."),
)

CALIBRATED_BY = (*_FACTS, "ab_calibrations")
"""What a report whose tests are calibrated reads besides its own facts."""

CALIBRATION_TABLES = (
    TableSpec(
        name="ab_calibrations",
        layer="models",
        title="Calibrations of the A/B tests",
        description="What random splits of the customers said of each test at the end of a day.",
        columns=_COLUMNS,
        key=_KEY,
        sort=_KEY,
        inputs=_FACTS,
    ),
)

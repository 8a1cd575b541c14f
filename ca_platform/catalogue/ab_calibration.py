"""Calibration of the A/B tests: how often each of them finds something between customers of whom nothing differs."""

from __future__ import annotations

from ca_platform.catalogue.ab_tests import TESTS
from ca_platform.catalogue.columns import count, day, flag, text
from ca_platform.catalogue.spec import Column, Kind, ReportSpec, TableSpec

_KEY = ("test", "metric")
_FACTS = ("customer_orders", "customer_days", "first_sessions")
_COLUMNS = (
    text("test", "; ".join(f"{name}: {words}" for name, words in TESTS.items()) + "."),
    text("metric", "What it compares, as these reports name it."),
    count("customers", "Customers of a group, or orders with an item."),
    count(
        "splits", "Random splits of the shop's own customers, or items put on its orders at random: nothing differs."
    ),
    Column("rejection_rate", Kind.FLOAT, "Share of them that the test calls significant.", "share"),
    Column("ci_low", Kind.FLOAT, "Low end of its 95% interval (Wilson).", "share"),
    Column("ci_high", Kind.FLOAT, "High end of its interval.", "share"),
    flag(
        "is_offered",
        "Reports judge by it. Some of the interval lies within a hundredth of alpha: with .05 between 4 and 6%; and amounts "
        "are not judged by the test up to a cap in its place.",
    ),
    Column(
        "cap",
        Kind.FLOAT,
        "What an order counts up to in this test: the reports cap amounts; null: all of it.",
        "money",
        nullable=True,
    ),
)

SEGMENT_TEST = {word: f"beyond_shop_{word}" for word in ("daily", "weekly", "monthly")}
"""Names of the test of segments, which is as good as its windows are long."""

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

CALIBRATION_REPORTS = (
    ReportSpec(
        name="ab_calibration",
        family="ab_tests",
        title="Calibration of the A/B tests",
        grain="test × metric",
        description=(
            "Each test that a report of A/B tests uses, 20,000 times on the shop's own customers in the design of that "
            "report, where nothing differs: what it calls significant is a false positive. Experiments: random groups of "
            "500 customers, or a quarter of all, and what came of them in the last four weeks. Before and after: promotions "
            "and products that 300 orders, or one in 40, are said to carry at random, frequent products a tenth of all "
            "orders; pairs with a promotion that half as many carry. Segments: random 500 customers, or a quarter, against "
            "all others. A test whose interval lies wholly off alpha by more than a hundredth is withheld: its reports show "
            "figures and no verdict. Where one of the tests of amounts by order is off alpha by more than half a hundredth, orders "
            "count up to a cap in all of them, if that brings them closer: a quantile of all amounts from 90 to 99%, chosen "
            "blind to what is compared. Made weekly: by the last calibration on or before the day, not more than six days ago, "
            "else one of the Monday of its week. Of a test that no row names too few customers are known, with fewer than "
            "400 of any: it is offered."
        ),
        columns=(*_COLUMNS, day("trained_on", "The last day that the calibration knows of.")),
        key=_KEY,
        facts=CALIBRATED_BY,
        page="/ab-tests/experiments",
        by_dimension=False,
    ),
)

"""Reports that may have millions of rows for some days, and the pieces in which they are made.

All others are made for all days at once.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date

import polars as pl

from ca_platform.calendar import days_together
from ca_platform.catalogue.deliveries import DURATIONS
from ca_platform.models.recommend import PLACES
from ca_platform.reports.delivery_rows import SLOTS
from ca_platform.reports.tables import Tables

# Rows of a piece; a day is never split.
PIECE_ROWS = 3_000_000


def pieces(name: str, days: Sequence[date], tables: Tables) -> list[list[date]]:
    """The days, cut into runs for which the report has about ``PIECE_ROWS`` rows at most."""
    count = LARGE.get(name)
    if count is None or len(days) == 1:
        return [list(days)]
    return days_together(dict.fromkeys(days, count(tables, days[-1])), PIECE_ROWS)


def _places(duration: str) -> Callable[[Tables, date], int]:
    return lambda tables, _: tables.deliveries.cells(duration).select("slice", "cell").n_unique()


def _sold(sales: pl.DataFrame) -> int:
    return sales.select("slice", "code").n_unique()


# Rows of one day: those of the last day, as a rule the most, or all that it could have.
LARGE: dict[str, Callable[[Tables, date], int]] = {
    "most_ordered_products": lambda tables, _: _sold(tables.products.sales),
    "product_kpis": lambda tables, _: _sold(tables.products.sales),
    "daily_products_of_sales": lambda tables, _: _sold(tables.products.days),
    "client_kpis": lambda tables, _: tables.milestones.spells.height,
    "churn_risk": lambda tables, _: tables.risk.largest,
    "client_feature_predicted": lambda tables, _: tables.value.largest,
    "clv_segments": lambda tables, _: tables.value_classes.largest,
    "clvrfm_anomaly": lambda tables, _: tables.customer_anomalies.largest,
    "daily_clv": lambda tables, _: tables.slices.height * tables.course_days,
    "rfm": lambda tables, _: tables.rfm.largest,
    "most_combined_products": lambda tables, last: tables.baskets.pairs([last]).height,
    "association_rules": lambda tables, last: tables.baskets.rules([last]).height,
    "similar_products": lambda tables, last: tables.baskets.similar([last]).height,
    "promotion_comparison": lambda tables, _: tables.ab.pairs.largest,
    **{f"{name}_weekday_hour": lambda tables, _: tables.slices.height * SLOTS for name in DURATIONS},
    **{f"{name}_location": _places(name) for name in DURATIONS},
    "product_recommendations": lambda tables, _: PLACES * tables.milestones.spells.height,
}

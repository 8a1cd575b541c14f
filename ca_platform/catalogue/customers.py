"""The merged picture of customers: what the index ``customers`` and the list of customers show of each.

Its rows are those of ``client_kpis``; other tables with a row per customer add columns, which are null for customers
that they do not have. One more such table is one more line of ``ADDED``.
"""

from __future__ import annotations

from dataclasses import replace

from ca_platform.catalogue.registry import report_spec
from ca_platform.catalogue.spec import Column


def _takes(*names: str, **renamed: str) -> dict[str, str]:
    """Columns of a report by the name that they have in the picture: their own, or the one given."""
    return {name: name for name in names} | renamed


BASE = "client_kpis"
ADDED: dict[str, dict[str, str]] = {
    "rfm": _takes("recency_score", "frequency_score", "monetary_score", "segment"),
    "churn_risk": _takes("churn_probability", churn_horizon_days="horizon_days"),
    "client_feature_predicted": _takes(
        "expected_orders",
        "expected_amount",
        "expected_revenue",
        "revenue_low",
        "revenue_high",
        "probability_alive",
        "next_expected_purchase",
        value_horizon_days="horizon_days",
    ),
    "clv_segments": _takes(
        "value_class", value_class_probability="probability", value_class_horizon_days="horizon_days"
    ),
}
"""By report: the name in the picture and the column of the report."""


def _column(report: str, name: str, source: str) -> Column:
    (found,) = (column for column in report_spec(report).columns if column.name == source)
    return replace(found, name=name, nullable=True)


COLUMNS = tuple(_column(report, name, source) for report, taken in ADDED.items() for name, source in taken.items())
CUSTOMERS = replace(report_spec(BASE), columns=(*report_spec(BASE).columns, *COLUMNS))
"""The columns of the index."""

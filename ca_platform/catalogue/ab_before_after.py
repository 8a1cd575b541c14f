"""A/B tests of the same customers before and after the first use of a promotion or a product."""

from __future__ import annotations

from ca_platform.catalogue.ab_calibration import CALIBRATED_BY
from ca_platform.catalogue.ab_opened import opened_reports
from ca_platform.catalogue.ab_tests import METRICS, comparison_columns
from ca_platform.catalogue.columns import text
from ca_platform.catalogue.spec import ReportSpec

KINDS = ("promotion", "product")
SUFFIXES = {"": "", "_accept": "increase", "_reject": "decrease"}
"""Ends of the names of the reports, and the direction of the rows that they hold."""

_KEY = ("item",)
_FACTS = ("client_numbers", "dimension_values", "customers")
_OWN_FACTS = {"promotion": ("promotion_firsts",), "product": ("order_products", "product_numbers")}
_NEEDS = {"promotion": ("sessions.promotion_id",), "product": ("lines",)}
_PAGES = {"promotion": "/ab-tests/promotions", "product": "/ab-tests/products"}
_KIND = text("item_kind", "promotion or product.")
_ITEM = text("item", "The promotion or product.")
_WINDOWS = (
    "[t − 168 h, t) is held against (t, t + 168 h], t being the customer's first order with it, which belongs to neither "
    "side. Customers count whose windows lie after their download and the start date and are over by the end of the day."
)
_TESTED = (
    "Intervals are those of the test, accept_ratio of 1,000 resamples of customers (of more than 20,000 customers what it "
    "tends to); p-values are corrected after Benjamini and Hochberg over the report. An observational comparison: who uses it "
    "chose to, and customers are looked at when they order much, so that they order less later whatever is done. Fewer than 30 customers, or 10 with an order on a side: insufficient."
)
_ADJUSTED = {
    "promotion": (
        "The difference is that beyond the change of customers with an order in the same calendar week and as many orders "
        "before (5 and more are alike) who had not used it by then; the test flips the signs of these changes. Controls who "
        "use it within their own week after have a part of the effect: the difference is divided by the part that they do "
        "not have, at least a half."
    ),
    "product": (
        "Orders with the product are dropped on both sides: before the first one there is none. The difference is that "
        "beyond the mean over all ways to put the product into the customer's orders, as often as it was bought; of every "
        "change that of other customers with an order in the same calendar week and as many orders before (5 and more are "
        "alike) is taken off. The test is the permutation of the product over these orders. matched_customers are those of "
        "whom the ways say anything. Products in more than 5% of the orders are insufficient unless the calibration "
        "allows them."
    ),
}
_HELD = {
    "": "all of them",
    "_accept": "those with a significant increase",
    "_reject": "those with a significant decrease",
}


def name_of(kind: str, metric: str, suffix: str = "") -> str:
    """The name of a report.

    >>> name_of("product", "orders", "_accept")
    'product_usage_before_after_orders_accept'
    """
    return f"{kind}_usage_before_after_{metric}{suffix}"


def _report(kind: str, metric: str, suffix: str) -> ReportSpec:
    held = f", {SUFFIXES[suffix]}" if suffix else ""
    return ReportSpec(
        name=name_of(kind, metric, suffix),
        family="ab_tests",
        title=f"Before and after the first use of a {kind}: {metric}{held}",
        grain=kind,
        description=(
            f"{METRICS[metric].capitalize()} in the week before and in the week after the first order with a {kind}: "
            f"{_HELD[suffix]}. {_WINDOWS} {_ADJUSTED[kind]} {_TESTED}"
        ),
        columns=comparison_columns(_ITEM, _KIND),
        key=_KEY,
        facts=(*_FACTS, *_OWN_FACTS[kind], *CALIBRATED_BY),
        page=_PAGES[kind],
        requires=_NEEDS[kind],
    )


BEFORE_AFTER_REPORTS = (
    *(_report(kind, metric, suffix) for kind in KINDS for metric in METRICS for suffix in SUFFIXES),
    *opened_reports(
        "ab",
        "promotions and products",
        (_KIND, _ITEM),
        facts=(*_FACTS, *_OWN_FACTS["promotion"], *_OWN_FACTS["product"], *CALIBRATED_BY),
        page="/ab-tests/promotions",
        requires=("sessions.promotion_id or lines",),
    ),
)

"""A/B tests of the same customers before and after the first use of a promotion or a product."""

from __future__ import annotations

from ca_platform.catalogue.ab_calibration import CALIBRATED_BY
from ca_platform.catalogue.ab_tests import METRICS, comparison_columns, figure
from ca_platform.catalogue.columns import flag, text
from ca_platform.catalogue.spec import Column, Kind, ReportSpec

KINDS = ("promotion", "product")
SUFFIXES = {"": "", "_accept": "increase", "_reject": "decrease"}
"""Ends of the names of the reports, and the direction of the rows that they hold."""

MOST_OPENED = 300
"""Items of one report whose distributions are kept."""

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
    "tends to); p-values are corrected after Benjamini and Hochberg over the report. An observational comparison: who uses it chose to, and customers are looked at when they order much, so "
    "that they order less later whatever is done. Fewer than 30 customers, or 10 with an order on a side: insufficient."
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
        "whom the ways say anything. Products in more than 5 % of the orders are insufficient unless the calibration "
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


_OPENED_KEY = ("item_kind", "item", "metric")
_OPENED = (_KIND, _ITEM, text("metric", "orders or amount."))
_OPENED_FACTS = (*_FACTS, *_OWN_FACTS["promotion"], *_OWN_FACTS["product"], *CALIBRATED_BY)

BEFORE_AFTER_REPORTS = (
    *(_report(kind, metric, suffix) for kind in KINDS for metric in METRICS for suffix in SUFFIXES),
    ReportSpec(
        name="ab_families",
        family="ab_tests",
        title="Fitted distributions of compared items",
        grain="item × metric × family",
        description=(
            "Of every promotion and product with enough customers, the families of distributions whose support holds all "
            "outcomes, fitted by maximum likelihood to both sides together, blind to which is which. They describe and do "
            "not choose the test. An amount that is 0 for many customers is none of them: the Gaussian is then the only "
            "one left, and its goodness of fit says how bad it is."
        ),
        columns=(
            *_OPENED,
            text("family", "poisson, binomial, gaussian, gamma or beta."),
            text("parameters", "Names and values, in the unit of the outcome or without one."),
            Column(
                "aic", Kind.FLOAT, "Akaike's criterion: 2 parameters − 2 log likelihood; smaller is better.", "nats"
            ),
            Column(
                "goodness_of_fit",
                Kind.FLOAT,
                "Largest gap between the distribution function of the outcomes and the fitted one (Kolmogorov), 0 is best. "
                "It has no p-value, as the parameters are fitted to the same outcomes.",
                "share",
            ),
            flag("is_best", "The family with the smallest criterion."),
        ),
        key=(*_OPENED_KEY, "family"),
        facts=_OPENED_FACTS,
        page="/ab-tests/promotions",
        requires=("sessions.promotion_id or lines",),
    ),
    ReportSpec(
        name="ab_distributions",
        family="ab_tests",
        title="Distributions of compared items",
        grain="item × metric × series × bin",
        description=(
            "Of promotions and products with enough customers, of each kind and metric those "
            f"{MOST_OPENED} with the smallest p-values: how many customers ordered how much before and after, "
            "what the best family has of these bins, and how many of the 1,000 resamples have which difference. The last "
            "bin of before, after and fitted is up to the largest outcome."
        ),
        columns=(
            *_OPENED,
            text("series", "before, after, fitted or bootstrap."),
            Column("low", Kind.FLOAT, "Low end of the bin, included.", "by metric"),
            Column("high", Kind.FLOAT, "High end of the bin, not included but in the last one.", "by metric"),
            figure("share", "Share of the customers, or of the resamples, in the bin.", "share"),
        ),
        key=(*_OPENED_KEY, "series", "low"),
        facts=_OPENED_FACTS,
        page="/ab-tests/promotions",
        requires=("sessions.promotion_id or lines",),
    ),
)

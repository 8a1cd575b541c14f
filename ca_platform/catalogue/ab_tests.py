"""A/B tests: what every comparison says, in the same columns everywhere."""

from __future__ import annotations

from ca_platform.catalogue.columns import count, text
from ca_platform.catalogue.spec import Column, Kind

METRICS = {"orders": "orders per customer", "amount": "amount per customer"}
"""What is compared, in words."""

FREQUENT_ITEMS = "item_permutation_frequent"
"""The permutation test of products that are in many orders, which is calibrated by itself."""

TESTS = {
    "sign_flip": "sign flips of the matched changes of the same customers",
    "item_permutation": "permutation of the product over the orders of the same customers",
    FREQUENT_ITEMS: "the same, of products in more than 5% of the orders",
    "welch_skewed": "Welch's t test of two groups, without the skewness of the outcome",
    "beyond_shop_daily": "t test of changes from day to day in proportion to those of all other customers, without their skewness",
    "beyond_shop_weekly": "the same from week to week",
    "beyond_shop_monthly": "the same from month to month",
    "welch": "Welch's t test of two groups",
    "regression_adjusted": "t test of two groups, adjusted for what was known of customers before",
    "proportions": "exact or score test of two shares",
}
"""What is compared by which test, in words. A calibration names them with the metric."""

CAPPED = {name: f"{name}_capped" for name in ("sign_flip", "item_permutation", FREQUENT_ITEMS, "welch_skewed")}
"""By test of amounts, the same of amounts up to a cap: for shops whose few largest orders make the plain one wrong."""

TESTS |= {CAPPED[name]: f"{TESTS[name]}; an order counts up to a cap" for name in CAPPED}
TESTS[CAPPED[FREQUENT_ITEMS]] = f"{TESTS[CAPPED['item_permutation']]}, of products in more than 5% of the orders"

INSUFFICIENT, WITHHELD, NOT_OBSERVED = "insufficient", "withheld", "not observed"
"""Notes of rows without a verdict: too few customers, a test that the calibration does not offer, nobody whose time is over."""


def capped_note(most: float) -> str:
    """The note of a row whose amounts are counted up to a cap.

    >>> capped_note(1892.5)
    'an order counts up to 1,892.50'
    """
    return f"an order counts up to {most:,.2f}"


Sides = tuple[str, str]
BEFORE_AFTER: Sides = ("before", "after")
A_B: Sides = ("a", "b")
_BY_METRIC = "by metric"


def figure(name: str, description: str, unit: str = _BY_METRIC) -> Column:
    """A figure that a row may be without."""
    return Column(name, Kind.FLOAT, description, unit, nullable=True)


def comparison_columns(*item: Column, sides: Sides = BEFORE_AFTER) -> tuple[Column, ...]:
    """Columns of a comparison: what names the item, then what all comparisons say.

    Args:
        item: ``item`` and ``item_kind``, ``promotion_a`` and ``promotion_b`` …
        sides: how the means of A and B are called.
    """
    a, b = sides
    return (
        *item,
        text("metric", "orders: orders per customer; amount: amount per customer."),
        count("customers", "Customers who are compared, of both sides where they are not the same."),
        figure(f"mean_{a}", "Mean of side A per customer."),
        figure(f"mean_{b}", "Mean of side B per customer."),
        figure("difference", "B minus A, adjusted: the headline."),
        figure("ci_low", "Low end of the interval of the difference."),
        figure("ci_high", "High end of the interval of the difference."),
        figure("relative_difference", f"Difference over mean_{a}; null where that is 0.", "share"),
        figure("raw_difference", f"mean_{b} minus mean_{a}, without any adjustment."),
        figure("raw_p_value", "P-value of the raw difference.", "probability"),
        count("matched_customers", "Customers with matched controls; null where there is no matching.", nullable=True),
        text(
            "distribution",
            "The family that describes the outcome of both sides together best (AIC); it does not choose the test.",
            nullable=True,
        ),
        text("test", "The test of the difference.", nullable=True),
        figure("statistic", "What the test looks up.", "by test"),
        figure("p_value", "Two-sided p-value of the difference, of this item alone.", "probability"),
        figure("p_adjusted", "P-value corrected for all items of the report that are tested.", "probability"),
        figure("accept_ratio", "Share of resamples whose own interval covers 0; it decides nothing.", "share"),
        Column("significant", Kind.FLAG, "p_adjusted is at most alpha; null where there is no verdict.", nullable=True),
        text("direction", "increase or decrease where significant.", nullable=True),
        figure("power", f"Probability to find a change by a tenth of mean_{a}, of this item alone.", "probability"),
        text(
            "note",
            f"Why there is no verdict, such as {INSUFFICIENT} or {WITHHELD}, or what else should be known; null: nothing.",
            nullable=True,
        ),
        figure(
            "false_positive_rate",
            "Share of random splits of the shop's own customers in which the test found what is not there; null before "
            "the first calibration.",
            "share",
        ),
        figure("false_positive_low", "Low end of its interval.", "share"),
        figure("false_positive_high", "High end of its interval.", "share"),
    )

"""A/B tests of promotions against each other, and of all of them before and after in one table."""

from __future__ import annotations

from dataclasses import replace

from ca_platform.catalogue.ab_before_after import BEFORE_AFTER_REPORTS, name_of
from ca_platform.catalogue.ab_calibration import CALIBRATED_BY
from ca_platform.catalogue.ab_opened import MOST_CUSTOMERS, MOST_OPENED, opened_reports
from ca_platform.catalogue.ab_tests import A_B, comparison_columns
from ca_platform.catalogue.columns import count, share, text
from ca_platform.catalogue.spec import ReportSpec

_NEEDS = ("sessions.promotion_id",)
_FACTS = ("promotion_spending", "dimension_values", *CALIBRATED_BY)
_PAGE = "/ab-tests/promotions"
_PAIR = (text("promotion_a", "The promotion whose name comes first."), text("promotion_b", "The other one."))
_BEFORE_AFTER = next(spec for spec in BEFORE_AFTER_REPORTS if spec.name == name_of("promotion", "orders"))

PROMOTION_PAIRS = (
    ReportSpec(
        name="promotion_comparison",
        family="ab_tests",
        title="Promotions against each other",
        grain="pair of promotions",
        description=(
            "Every pair of promotions: the mean amount of a customer's orders that carry it, as a mean over customers (what "
            "they paid in all would tell which promotion is used more often). Customers who used both are left out of the "
            "pair. One test per pair, the same whichever side is A: Welch's, corrected for the skewness of amounts. Pairs "
            "share customers, so p-values are corrected after Benjamini and Yekutieli. Customers choose promotions: a "
            "difference is one of their customers, too. 1,000 resamples of customers; of more than 20,000 customers, or "
            "where more than 200 pairs are large enough, the share is told that these would tend to."
        ),
        columns=(
            *comparison_columns(*_PAIR, sides=A_B),
            count("customers_a", "Customers of promotion_a who did not use the other."),
            count("customers_b", "Customers of promotion_b who did not use the other."),
            count("customers_of_both", "Customers who used both, and are left out."),
        ),
        key=("promotion_a", "promotion_b"),
        facts=_FACTS,
        page=_PAGE,
        requires=_NEEDS,
    ),
    *opened_reports(
        "promotion_comparison",
        "pairs of promotions",
        _PAIR,
        sides=("a", "b"),
        limit=f" (the clearest {MOST_OPENED}, as long as they have fewer than {MOST_CUSTOMERS:,} customers together)",
        facts=_FACTS,
        page=_PAGE,
        requires=_NEEDS,
    ),
    ReportSpec(
        name="promotion_comparison_summary",
        family="ab_tests",
        title="Promotions that come out better",
        grain="promotion",
        description=(
            "In how many pairs of promotion_comparison the customers of a promotion paid significantly more, and less, "
            "than those of the other."
        ),
        columns=(
            text("promotion_id", "The promotion."),
            count("wins", "Pairs in which its customers paid significantly more."),
            count("losses", "Pairs in which they paid significantly less."),
            count("ties", "Pairs with a verdict that is not significant."),
            share("reject_ratio", "wins and losses over all pairs with a verdict; null without one."),
            count("without_verdict", "Pairs without a verdict."),
        ),
        key=("promotion_id",),
        facts=_FACTS,
        page=_PAGE,
        requires=_NEEDS,
    ),
    replace(
        _BEFORE_AFTER,
        name="order_and_payment_amount_differences",
        title="Orders and amounts before and after promotions",
        grain="promotion × metric",
        description=(
            "The rows of promotion_usage_before_after_orders and promotion_usage_before_after_amount in one table, and as "
            "one family: p-values are corrected over both metrics of all promotions, so that here, too, at most alpha of "
            "what is called significant is wrong on average."
        ),
        key=("item", "metric"),
    ),
)

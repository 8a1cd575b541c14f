"""What a list shows, in one sentence: for every number that can be opened there are words."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl
import pytest

from ca_platform.catalogue import Kind, report_spec
from ca_platform.drill import COUNTS, NAMES, Count
from ca_platform.store import MAIN, Dimension
from dash_app.opened import CustomerFilters, Opened
from dash_app.records import Look
from dash_app.words.opened import counted, whom

LOOK = Look(day=date(2026, 11, 21))
MONDAY = date(2026, 11, 2)


def opened(report: str, column: str, **key: Any) -> Opened:
    found = next(c for c in COUNTS if (c.report, c.column) == (report, column) and c.fits(key))
    return Opened(found, tuple((name, key[name]) for name in found.key))


@pytest.mark.parametrize(
    ("number", "words"),
    [
        (opened("weekly_cohort_from_1_to_2", "customers", cohort=MONDAY, offset=3),
         "with the first order in the week of 2 Nov 2026 who placed the next order 3 weeks later"),
        (opened("weekly_cohort_from_1_to_2", "cumulative_rate", cohort=MONDAY, offset=3),
         "with the first order in the week of 2 Nov 2026 who placed the next order up to 3 weeks later"),
        (opened("weekly_cohort_from_1_to_2", "cumulative_rate", cohort=MONDAY, offset=0),
         "with the first order in the week of 2 Nov 2026 who placed the next order in the same week"),
        (opened("purchase_amount_distribution", "orders", bin_index=2, bin_start=5.0, bin_end=7.25, is_overflow=False),
         "with an amount from €5.00 to €7.25"),
        (opened("purchase_amount_distribution", "customers", bin_index=0, bin_start=5.0, bin_end=5.0, is_overflow=True),
         "whose orders are worth €5.00 on average"),
        (opened("daily_cohort_downloads", "customers", cohort=MONDAY, offset=0),
         "with the download on Mon 2 Nov 2026 who placed the first order on the same day"),
        (opened("daily_cohort_downloads", "cohort_size", cohort=MONDAY), "with the download on Mon 2 Nov 2026"),
        (opened("monthly_retention", "customers", cohort=date(2026, 1, 1), offset=1),
         "with the first order in January 2026 who ordered 1 month later"),
        (opened("cohort_revenue", "orders", cohort=date(2026, 1, 1), offset=0),
         "that customers with the first order in January 2026 placed in the same month"),
        (opened("growth", "value", period="week", date=MONDAY, metric="churned_customers"),
         "who ordered in the week before the week of 2 Nov 2026, and not in that week"),
        (opened("customer_journey", "customers", stage="download_to_order_1"), "who went from the download to order 1"),
        (opened("churn_weekly", "newly_churned", week=date(2026, 11, 9)),
         "who were churned on 9 Nov 2026 and not yet on 2 Nov 2026"),
        (opened("churn_weekly", "churned", week=MONDAY),
         "whose last order was longer ago than the threshold of churn, on 2 Nov 2026"),
        (opened("weekly_orders", "orders", date=MONDAY), "placed in the week of 2 Nov 2026"),
        (opened("user_counts_per_order_seq", "customers", orders=1), "with exactly 1 order"),
        (opened("customer_funnel_conversion", "customers_7d", cohort=MONDAY, step="first_purchase"),
         "with the download in the week of 2 Nov 2026 who reached the first purchase within 7 days"),
        (opened("kpis", "value_last_7d", metric="visitors"), "with a session in the last 7 days"),
        (opened("dimension_kpis", "orders", dimension="region", value=None), "without a region"),
        (opened("most_ordered_categories", "orders", category=None), "with products without a category"),
        (opened("product_kpis", "customers", product="<b>tea</b>"), "who ordered the product “<b>tea</b>”"),
        (opened("most_combined_products", "orders", product_a="a", product_b="b"), "with both “a” and “b”"),
        (opened("association_rules", "orders", antecedent='["a", "b"]', consequent="c"), "with “a”, “b” and “c”"),
        (opened("segmentation", "customers", segment="lost"), "in the segment “lost”"),
        (opened("segment_transitions", "customers", segment_before=None, segment="promising"),
         "in the segment “promising” who had not ordered 30 days before"),
        (opened("segment_transitions", "customers", segment_before="at risk", segment="promising"),
         "in the segment “promising” who were in “at risk” 30 days before"),
        (opened("rfm_bins", "customers", segment="lost", recency_bin=3, frequency_bin=None, monetary_bin=0),
         "in the segment “lost” who have no time between orders, bin 4 of recency and bin 1 of amounts"),
        (opened("frequency_recency", "customers", frequency_hours=60.0, recency_hours=240.0, is_binned=False),
         "whose last order was 10.0 days ago and who order every 2.50 days"),
        (opened("monetary_frequency", "customers", monetary=4.5, frequency_hours=None, is_binned=False),
         "who have no time between orders and whose orders are worth €4.50 on average"),
        (opened("recency_monetary", "customers", recency_hours=240.0, monetary=4.5, is_binned=True),
         ("in the bin that begins with those whose last order was 10.0 days ago "
         "and whose orders are worth €4.50 on average")),
        (opened("recency_clusters", "customers", score=5), "with score 5 of recency"),
        (opened("frequency_clusters", "bin_customers", score=1, bin_index=None),
         "with score 1 of frequency who have no time between orders"),
        (opened("monetary_clusters", "bin_customers", score=2, bin_index=9),
         "with score 2 of amounts, in bar 10 of its histogram"),
        (opened("churn_risk_distribution", "customers", bin_start=0.7),
         "who are to 70–80% likely not to order again in time"),
        (opened("clv_segments_distribution", "customers", class_index=2), "whose revenue is likely to be high"),
        (opened("daily_inorganic_ratio", "promoted_orders", date=MONDAY, promotion_id=None),
         "with a promotion on Mon 2 Nov 2026"),
        (opened("hourly_inorganic_ratio", "orders", hour=23), "placed between 23:00 and 24:00"),
        (opened("promotion_kpis", "new_customers", promotion_id="X"),
         "whose first order of all carries the promotion “X”"),
        (opened("deliver_weekday_hour", "deliveries", weekday=1, hour=9),
         "of orders placed on a Monday between 09:00 and 10:00"),
        (opened("return_weekday_hour", "deliveries", weekday=7, hour=23),
         "made on a Sunday between 23:00 and 24:00 that came back"),
        (opened("ride_location", "deliveries", geohash="u33dc0c"), "to the map cell “u33dc0c” with a known ride"),
        (opened("product_usage_before_after_orders", "customers", item="tea"),
         "who are compared before and after their first order of the product “tea”"),
        (opened("promotion_comparison", "customers_b", promotion_a="A", promotion_b="B"),
         "with orders that carry “B” and none that carries “A”"),
        (opened("promotion_comparison", "customers", promotion_a="A", promotion_b="B"),
         "with orders that carry “A” or “B”, and not both of them"),
        (opened("segments_change_daily_before_after_amount", "moved_customers", item="lost"),
         "who were in the segment “lost” and are in another one now"),
        (opened("deliver_kpis", "deliveries", duration="deliver"), "so far"),
        (opened("daily_deliveries", "deliveries", date=MONDAY, duration="return"), "that came back on Mon 2 Nov 2026"),
        (opened("daily_deliveries", "deliveries", date=MONDAY, duration="prepare"),
         "made on Mon 2 Nov 2026 with a known time of preparation"),
        (opened("daily_deliveries", "late", date=MONDAY, duration="deliver"),
         "made on Mon 2 Nov 2026 after the promised time"),
        (opened("deliver_kpis", "promised", duration="deliver"), "with a promised time"),
    ],
)  # fmt: skip
def test_words_say_whom_a_number_counts(number: Opened, words: str) -> None:
    assert whom(number, LOOK) == words


def test_name_of_one_is_said_as_it_is() -> None:
    order, customer = (Opened(count, ((count.column, "<x>"),)) for count in NAMES if count.report == "ride_orders")
    assert whom(order, LOOK) == "with the number “<x>”"
    assert whom(customer, LOOK) == "called “<x>”"


def test_sentence_counts_and_names_value_and_day() -> None:
    filters = CustomerFilters(report=opened("churn", "churned"))
    look = Look(day=LOOK.day, filters=filters, total=1, dimension=Dimension("region", "EU"))
    rest = "whose last order is longer ago than the threshold of churn"
    assert counted(pl.DataFrame(), look) == f"The 1 customer {rest} (region “EU”), as of the end of 21 Nov 2026."
    nobody = Look(day=LOOK.day, filters=filters, total=0, dimension=MAIN)
    assert counted(pl.DataFrame(), nobody) == f"None of the customers {rest}, as of the end of 21 Nov 2026."


_EXAMPLES: dict[Kind, Any] = {
    Kind.DATE: MONDAY,
    Kind.INTEGER: 2,
    Kind.TEXT: "x",
    Kind.MONEY: 5.0,
    Kind.FLOAT: 0.5,
    Kind.FLAG: False,
    Kind.TEXTS: '["x", "y"]',
}


@pytest.mark.parametrize("count", COUNTS, ids=[f"{c.report}.{c.column}.{'-'.join(map(str, c.where))}" for c in COUNTS])
def test_every_number_that_can_be_opened_has_words_of_its_own(count: Count) -> None:
    kinds = {column.name: column.kind for column in report_spec(count.report).columns}
    for chosen in _wheres(count):
        key = {name: _EXAMPLES[kinds[name]] for name in count.key} | chosen
        key |= {"period": "week"} if "period" in key else {}
        said = whom(Opened(count, tuple(key.items())), LOOK)
        assert said
        assert f"of {count.report} counts" not in said


def _wheres(count: Count) -> list[dict[str, Any]]:
    if not count.where:
        return [{}]
    ((name, values),) = count.where.items()
    return [{name: value} for value in sorted(values)]

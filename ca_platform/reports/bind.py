"""Name of a report → the function that makes it, from the compact tables cut at the end of a day."""

from __future__ import annotations

from collections.abc import Callable

import polars as pl

from ca_platform.calendar import as_of
from ca_platform.catalogue import report_spec
from ca_platform.errors import ReportError
from ca_platform.reports import (
    amounts,
    baskets,
    churn,
    clients,
    cohorts,
    funnels,
    growth,
    journey,
    kpis,
    milestones,
    orders,
    products,
    promotions,
    recommendations,
    rfm,
)
from ca_platform.reports.bind_ab_tests import AB_TESTS
from ca_platform.reports.bind_anomalies import ANOMALIES
from ca_platform.reports.bind_deliveries import DELIVERIES
from ca_platform.reports.bind_delivery_orders import DELIVERY_ORDERS
from ca_platform.reports.cut import Cut
from ca_platform.reports.periods import Every
from ca_platform.reports.rfm_tables import COUNTED as RFM_COUNTED

PERIODS: dict[str, Every] = {"daily": "1d", "weekly": "1w", "monthly": "1mo"}


def _amounts(cut: Cut) -> pl.LazyFrame:
    counted = cut.of(cut.tables.order_amounts)
    # As values: a lazy frame would be computed for each of its three uses.
    bins = amounts.amount_bins(counted).collect()
    return amounts.purchase_amount_distribution(counted, cut.of(cut.tables.customers.means), bins)


def _clients(cut: Cut) -> pl.LazyFrame:
    day = cut.calendar.day
    members = (
        cut.tables.milestones.spells.lazy().filter(milestones.valid_on(day)).select("customer", "client", "download")
    )
    rows = clients.client_kpis(cut.of(cut.tables.customers.days), members, as_of(day, cut.calendar.time_zone))
    # As the spells are: they need not be sorted again for each day.
    return rows.with_columns(pl.col("client").set_sorted())


def _by_period(word: str, every: Every) -> dict[str, Callable[[Cut], pl.LazyFrame]]:
    return {
        f"{word}_funnel": lambda cut: funnels.sessions_by_period(
            cut.of(cut.tables.days), cut.slices, cut.calendar, cut.steps, every
        ),
        f"{word}_funnel_downloads": lambda cut: milestones.customers_by_period(
            cut.of(cut.tables.milestones.reached.dates), cut.slices, cut.calendar, cut.milestones, every
        ),
        f"{word}_orders": lambda cut: orders.orders_by_period(cut.of(cut.tables.days), cut.slices, cut.calendar, every),
    }


def _cohorts(word: str, number: int) -> Callable[[Cut], pl.LazyFrame]:
    """The cohort table from order ``number`` to the next; 0 is the download."""
    unit = "day" if word == "daily" else "week"

    def build(cut: Cut) -> pl.LazyFrame:
        tables = cut.tables.sequence
        if number == 0:
            events, starts = cut.of(tables.download_cohorts), cut.of(tables.download_dates)
        else:
            events = cut.of(tables.next_orders).filter(pl.col("number") == number)
            starts = cut.of(tables.order_dates).filter(pl.col("number") == number)
        of_unit = events.filter(pl.col("unit") == unit)
        return cohorts.next_order_cohorts(of_unit, starts, cut.slices, cut.calendar, PERIODS[word])

    return build


def _buyers(cut: Cut, unit: str) -> pl.LazyFrame:
    return cut.of(cut.tables.sequence.buyers).filter(pl.col("unit") == unit)


def _journey(cut: Cut) -> pl.LazyFrame:
    tables = cut.tables.sequence
    return journey.customer_journey(
        cut.of(tables.numbers),
        cut.valid(tables.first_orders),
        cut.of(tables.gaps),
        cut.valid(tables.last_orders),
        cut.slices,
        as_of(cut.calendar.day, cut.calendar.time_zone),
    )


def _churn(cut: Cut) -> pl.LazyFrame:
    end = as_of(cut.calendar.day, cut.calendar.time_zone)
    return churn.churn(cut.valid(cut.tables.sequence.last_orders), cut.slices, end, cut.tables.shape.churn)


def _by_product() -> dict[str, Callable[[Cut], pl.LazyFrame]]:
    def categories(cut: Cut) -> pl.LazyFrame:
        tables = cut.tables.products
        return products.most_ordered(cut.of(tables.category_sales), tables.category_names, "category")

    return {
        "most_ordered_products": lambda cut: products.most_ordered(
            cut.of(cut.tables.products.sales), cut.tables.products.names, "product"
        ),
        "most_ordered_categories": categories,
        "daily_products_of_sales": lambda cut: products.daily_sales(
            cut.on_day(cut.tables.products.days), cut.tables.products.names
        ),
        "product_kpis": lambda cut: products.product_kpis(
            cut.of(cut.tables.products.sales), cut.tables.products.names, cut.tables.products.categories
        ),
    }


def _of_baskets() -> dict[str, Callable[[Cut], pl.LazyFrame]]:
    def combined(cut: Cut) -> pl.LazyFrame:
        tables = cut.tables.baskets
        return baskets.most_combined(cut.on_day(tables.pairs(cut.days)), tables.names)

    def rules(cut: Cut) -> pl.LazyFrame:
        tables = cut.tables.baskets
        return baskets.rules(cut.on_day(tables.rules(cut.days)), tables.names, tables.longest)

    def similar(cut: Cut) -> pl.LazyFrame:
        tables = cut.tables.baskets
        return baskets.similar(cut.on_day(tables.similar(cut.days)), tables.names)

    return {"most_combined_products": combined, "association_rules": rules, "similar_products": similar}


def _recommended() -> dict[str, Callable[[Cut], pl.LazyFrame]]:
    def figures(cut: Cut) -> pl.LazyFrame:
        tables, day = cut.tables.recommendations, cut.calendar.day
        return recommendations.backtest_rows(tables.figures(day), tables.served(day))

    return {
        "product_recommendations": lambda cut: cut.tables.recommendations.lists(cut.calendar.day),
        "recommended_products": lambda cut: cut.tables.recommendations.summed(cut.calendar.day).lazy(),
        "recommendation_backtest": figures,
    }


def _by_promotion() -> dict[str, Callable[[Cut], pl.LazyFrame]]:
    def days(cut: Cut) -> pl.LazyFrame:
        return cut.of(cut.tables.promotions.days)

    def hours(cut: Cut) -> pl.LazyFrame:
        return cut.of(cut.tables.promotions.hours)

    def totals(cut: Cut) -> pl.LazyFrame:
        return cut.of(cut.tables.promotions.totals)

    def people(cut: Cut) -> pl.LazyFrame:
        return cut.of(cut.tables.promotions.people)

    by_day = ("inorganic_orders_per_promotion_per_day", "daily_promotion_revenue", "daily_promotion_discount")
    return {
        **dict.fromkeys(by_day, lambda cut: promotions.promoted_by_day(days(cut), cut.calendar)),
        "daily_organic_orders": lambda cut: promotions.organic_by_day(days(cut), cut.slices, cut.calendar),
        "hourly_organic_orders": lambda cut: promotions.organic_by_hour(hours(cut), cut.slices, cut.calendar),
        "daily_inorganic_ratio": lambda cut: promotions.ratio_by_day(days(cut), cut.slices, cut.calendar),
        "hourly_inorganic_ratio": lambda cut: promotions.ratio_by_hour(hours(cut), cut.slices),
        "avg_order_count_per_promo_per_cust": lambda cut: promotions.orders_per_customer(totals(cut), people(cut)),
        "promotion_number_of_customer": lambda cut: promotions.customers_of_promotions(people(cut)),
        "promotion_kpis": lambda cut: promotions.promotion_kpis(totals(cut), people(cut)),
    }


def _by_score() -> dict[str, Callable[[Cut], pl.LazyFrame]]:
    def counted(report: str) -> Callable[[Cut], pl.LazyFrame]:
        return lambda cut: cut.tables.rfm.counted(report, cut.calendar.day)

    return {
        **{name: counted(name) for name in RFM_COUNTED},
        "rfm": lambda cut: cut.tables.rfm.customers(cut.calendar.day),
        "segment_transitions": lambda cut: rfm.transitions(cut.tables.rfm.moves(cut.calendar.day)),
    }


_COHORTS = ("cohort_downloads", "cohort_from_1_to_2", "cohort_from_2_to_3", "cohort_from_3_to_4")

BINDINGS: dict[str, Callable[[Cut], pl.LazyFrame]] = {
    name: function for word, every in PERIODS.items() for name, function in _by_period(word, every).items()
} | {
    "hourly_funnel": lambda cut: funnels.sessions_by_hour(
        cut.of(cut.tables.hours), cut.slices, cut.calendar, cut.steps
    ),
    "hourly_funnel_downloads": lambda cut: milestones.customers_by_hour(
        cut.of(cut.tables.milestones.reached.moments), cut.slices, cut.calendar, cut.milestones
    ),
    "session_funnel_conversion": lambda cut: funnels.session_conversion(
        cut.of(cut.tables.days), cut.of(cut.tables.step_times), cut.slices, cut.steps
    ),
    "customer_funnel_conversion": lambda cut: milestones.customer_conversion(
        cut.of(cut.tables.milestones.reached.sizes),
        cut.of(cut.tables.milestones.reached.cohorts),
        cut.slices,
        cut.calendar,
        cut.milestones,
    ),
    "hourly_orders": lambda cut: orders.orders_by_hour(cut.of(cut.tables.hours), cut.slices, cut.calendar),
    "weekly_average_session_per_user": lambda cut: orders.weekly_per_customer(
        cut.of(cut.tables.days), cut.of(cut.tables.active), cut.slices, cut.calendar, "sessions"
    ),
    "weekly_average_order_per_user": lambda cut: orders.weekly_per_customer(
        cut.of(cut.tables.days), cut.of(cut.tables.active), cut.slices, cut.calendar, "orders"
    ),
    "weekly_average_payment_amount": lambda cut: orders.weekly_mean_amount(
        cut.of(cut.tables.days), cut.slices, cut.calendar
    ),
    "purchase_amount_distribution": _amounts,
    "user_counts_per_order_seq": lambda cut: orders.customers_by_orders(cut.of(cut.tables.customers.order_changes)),
    "kpis": lambda cut: kpis.kpis(
        cut.of(cut.tables.days), cut.of(cut.tables.active), cut.of(cut.tables.new), cut.slices, cut.calendar
    ),
    "client_kpis": _clients,
    "dimension_kpis": lambda cut: kpis.dimension_kpis(cut.of(cut.tables.days), cut.of(cut.tables.new), cut.values),
    "daily_dimension_values": lambda cut: kpis.daily_dimension_values(
        cut.of(cut.tables.days), cut.of(cut.tables.active), cut.values, cut.calendar
    ),
    **{f"{word}_{name}": _cohorts(word, n) for word in ("daily", "weekly") for n, name in enumerate(_COHORTS)},
    "weekly_retention": lambda cut: cohorts.retention(
        _buyers(cut, "week"), cut.slices, cut.calendar, "1w", cohorts.WEEKS
    ),
    "monthly_retention": lambda cut: cohorts.retention(
        _buyers(cut, "month"), cut.slices, cut.calendar, "1mo", cohorts.MONTHS
    ),
    "cohort_revenue": lambda cut: cohorts.cohort_revenue(_buyers(cut, "month"), cut.slices, cut.calendar),
    "growth": lambda cut: growth.growth(cut.of(cut.tables.sequence.buyers), cut.slices, cut.calendar),
    "customer_journey": _journey,
    "churn": _churn,
    "churn_weekly": lambda cut: churn.churn_weekly(
        cut.of(cut.tables.sequence.churn_weeks), cut.slices, cut.calendar, cut.tables.shape.churn
    ),
    "churn_risk": lambda cut: cut.tables.risk.probabilities(cut.calendar.day),
    "churn_risk_distribution": lambda cut: cut.tables.risk.distribution(cut.calendar.day),
    "churn_backtest": lambda cut: cut.tables.risk.backtest(cut.calendar.day),
    "client_feature_predicted": lambda cut: cut.tables.value.customers(cut.calendar.day),
    "clv_backtest": lambda cut: cut.tables.value.backtest(cut.calendar.day),
    "clv_segments": lambda cut: cut.tables.value_classes.customers(cut.calendar.day),
    "clv_segments_distribution": lambda cut: cut.tables.value_classes.distribution(cut.calendar.day),
    "clv_segments_backtest": lambda cut: cut.tables.value_classes.backtest(cut.calendar.day),
    "daily_clv": lambda cut: cut.tables.ahead.daily(cut.calendar),
    "clvsegments_amount": lambda cut: cut.tables.ahead.segments(cut.calendar),
    "clvsegments_weekly": lambda cut: cut.tables.ahead.weekly(cut.calendar),
    **_by_product(),
    **_of_baskets(),
    **_recommended(),
    **_by_promotion(),
    **_by_score(),
    **AB_TESTS,
    **ANOMALIES,
    **DELIVERIES,
    **DELIVERY_ORDERS,
}


def bind_report(name: str, make: Callable[[Cut], pl.LazyFrame]) -> None:
    """Bind a report that was added to the catalogue to its function.

    Raises:
        ReportError: the catalogue has no such report, or it has its function.
    """
    report_spec(name)
    if name in BINDINGS:
        raise ReportError(f"The report {name} has its function already: give yours another name.")
    BINDINGS[name] = make

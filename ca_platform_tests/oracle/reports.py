"""Name of a report → the function of this implementation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ca_platform_tests.oracle import (
    ab_comparisons,
    before_after,
    churn,
    cohorts,
    combined,
    deliveries,
    funnels,
    orders,
    products,
    promotions,
    recommended,
    rfm,
    slow,
)
from ca_platform_tests.oracle.funnels import Rows
from ca_platform_tests.oracle.world import World

ORACLE: dict[str, Callable[[World], Rows]] = {
    **{f"{grain}_funnel": partial(funnels.funnel, grain=grain) for grain in ("daily", "weekly", "monthly")},
    "hourly_funnel": funnels.hourly_funnel,
    **{
        f"{grain}_funnel_downloads": partial(funnels.funnel_downloads, grain=grain)
        for grain in ("daily", "weekly", "monthly")
    },
    "hourly_funnel_downloads": funnels.hourly_funnel_downloads,
    "session_funnel_conversion": funnels.session_funnel_conversion,
    "customer_funnel_conversion": funnels.customer_funnel_conversion,
    **{f"{grain}_orders": partial(orders.orders, grain=grain) for grain in ("daily", "weekly", "monthly")},
    "hourly_orders": orders.hourly_orders,
    "weekly_average_session_per_user": orders.weekly_average_session_per_user,
    "weekly_average_order_per_user": orders.weekly_average_order_per_user,
    "weekly_average_payment_amount": orders.weekly_average_payment_amount,
    "purchase_amount_distribution": orders.purchase_amount_distribution,
    "user_counts_per_order_seq": orders.user_counts_per_order_seq,
    "kpis": orders.kpis,
    "client_kpis": orders.client_kpis,
    "dimension_kpis": orders.dimension_kpis,
    "daily_dimension_values": orders.daily_dimension_values,
    **{
        f"{grain}_{name}": partial(cohorts.cohorts, grain=grain, number=number)
        for grain in ("daily", "weekly")
        for number, name in enumerate(
            ("cohort_downloads", "cohort_from_1_to_2", "cohort_from_2_to_3", "cohort_from_3_to_4")
        )
    },
    "weekly_retention": partial(cohorts.retention, grain="weekly", last=52),
    "monthly_retention": partial(cohorts.retention, grain="monthly", last=24),
    "cohort_revenue": cohorts.cohort_revenue,
    "growth": cohorts.growth,
    "customer_journey": cohorts.customer_journey,
    "churn": churn.churn,
    "churn_weekly": churn.churn_weekly,
    "most_ordered_products": products.most_ordered_products,
    "most_ordered_categories": products.most_ordered_categories,
    "daily_products_of_sales": products.daily_products,
    "product_kpis": products.product_kpis,
    "most_combined_products": combined.most_combined_products,
    "association_rules": combined.association_rules,
    "similar_products": combined.similar_products,
    "product_recommendations": recommended.product_recommendations,
    "recommended_products": recommended.recommended_products,
    "recommendation_backtest": recommended.recommendation_backtest,
    "inorganic_orders_per_promotion_per_day": promotions.inorganic_orders,
    "daily_organic_orders": promotions.daily_organic_orders,
    "hourly_organic_orders": promotions.hourly_organic_orders,
    "daily_inorganic_ratio": partial(promotions.inorganic_ratio, by="date"),
    "hourly_inorganic_ratio": partial(promotions.inorganic_ratio, by="hour"),
    "daily_promotion_revenue": partial(promotions.daily_money, what="revenue"),
    "daily_promotion_discount": partial(promotions.daily_money, what="discount"),
    "avg_order_count_per_promo_per_cust": promotions.mean_orders_per_customer,
    "promotion_number_of_customer": promotions.customers_of_promotions,
    "promotion_kpis": promotions.promotion_kpis,
    "rfm": rfm.rfm,
    "rfm_bins": rfm.bins,
    "frequency_recency": partial(rfm.view, first="frequency", second="recency"),
    "monetary_frequency": partial(rfm.view, first="monetary", second="frequency"),
    "recency_monetary": partial(rfm.view, first="recency", second="monetary"),
    **{f"{name}_clusters": partial(rfm.cluster_rows, measure=name) for name in rfm.MEASURES},
    "segmentation": rfm.segmentation,
    "segment_transitions": rfm.transitions,
    **before_after.REPORTS,
    **ab_comparisons.REPORTS,
    **deliveries.REPORTS,
    **slow.REPORTS,
}
MAIN_ONLY = frozenset(
    {
        "client_kpis",
        "rfm",
        "dimension_kpis",
        "daily_dimension_values",
        "similar_products",
        "product_recommendations",
        "recommended_products",
        "recommendation_backtest",
        *before_after.REPORTS,
        *ab_comparisons.REPORTS,
    }
)
IN_PARTS = frozenset(
    {
        "churn_risk",
        "churn_risk_distribution",
        "churn_backtest",
        "client_feature_predicted",
        "clv_backtest",
        "clv_segments",
        "clv_segments_distribution",
        "clv_segments_backtest",
        "daily_clv",
        "clvsegments_amount",
        "clvsegments_weekly",
        "ab_calibration",
        "experiments",
        "ab_families",
        "ab_distributions",
        "dfunnel_anomaly",
        "dcohort_anomaly",
        "dcohort_anomaly_2",
        "dorders_anomaly",
        "revenue_anomaly",
        "dimension_anomaly",
        "anomaly_backtest",
        "delivery_backtest",
        "clvrfm_anomaly",
        "clvrfm_anomaly_flagged",
        "segments_change_families",
        "segments_change_distributions",
        "promotion_comparison_families",
        "promotion_comparison_distributions",
    }
)
"""Reports of fitted models: what can be written twice of them is held against them in ``test_risk``, ``test_value``, ``test_revenue_ahead``,
``test_experiments``, ``test_anomalies``, ``test_customer_anomalies`` and ``test_ab_comparisons``."""

OF_SMALL_SHOPS = frozenset(before_after.REPORTS) | frozenset(ab_comparisons.REPORTS)
"""Reports that small shops are enough for: larger ones have verdicts, which ``test_before_after`` and
``test_ab_comparisons`` work out."""

LEARNT = frozenset({"product_recommendations", "recommended_products", "recommendation_backtest"})
"""Reports that are learnt: by loops they take minutes on public shops, so only small shops are compared."""

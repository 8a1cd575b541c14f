"""``/promotions``: what each promotion brings and costs, and to whom."""

from __future__ import annotations

from functools import partial

from dash_app.figures import promotions as figures
from dash_app.figures.blank import without
from dash_app.figures.opening import X, each
from dash_app.filters import Filters, PromotionFilters, PromotionMetric
from dash_app.records import LISTED, Card, Page
from dash_app.words import promotions as words

_UNUSED = "No order has carried a promotion in this time."
_NO_ORDERS = "There are no orders in this time."
_REPORTS: dict[PromotionMetric, str] = {
    "revenue": "daily_promotion_revenue",
    "discount": "daily_promotion_discount",
    "orders": "inorganic_orders_per_promotion_per_day",
}


def _is_chosen(filters: Filters, metric: PromotionMetric) -> bool:
    return PromotionFilters.of(filters).metric == metric


def _by_day(metric: PromotionMetric) -> Card:
    return Card(
        id=f"promotions-{metric}",
        report=_REPORTS[metric],
        title=f"{metric.capitalize()} by promotion, daily",
        reading=partial(words.by_day, measure=metric),
        figure=partial(figures.by_day, measure=metric),
        height=figures.HEIGHT_OF_PANELS,
        width="full",
        empty=_UNUSED,
        is_empty=without(metric),
        is_shown=partial(_is_chosen, metric=metric),
    )


PROMOTIONS = Page(
    "/promotions",
    (
        _by_day("revenue"),
        _by_day("discount"),
        _by_day("orders"),
        Card(
            id="promotions-kpis",
            report="promotion_kpis",
            title="Promotions and their customers",
            reading=words.kpis,
            listing=words.listed,
            kind="list",
            height=LISTED,
            width="full",
            empty=_UNUSED,
            is_empty=without("orders"),
        ),
        Card(
            id="promotions-share-daily",
            report="daily_inorganic_ratio",
            title="Share of promoted orders, daily",
            reading=words.share_by_day,
            figure=figures.share_by_day,
            drill=each("promoted_orders", date=X, promotion_id=None),
            empty=_NO_ORDERS,
            is_empty=without("orders"),
        ),
        Card(
            id="promotions-share-hourly",
            report="hourly_inorganic_ratio",
            title="Share of promoted orders by hour of day",
            reading=words.share_by_hour,
            figure=figures.share_by_hour,
            drill=each("promoted_orders", hour=X, promotion_id=None),
            empty=_NO_ORDERS,
            is_empty=without("orders"),
        ),
        Card(
            id="promotions-organic-daily",
            report="daily_organic_orders",
            title="Orders without a promotion, daily",
            reading=words.organic_by_day,
            figure=figures.organic_by_day,
            drill=each("orders", date=X),
            empty="No order without a promotion in this time.",
            is_empty=without("orders"),
        ),
        Card(
            id="promotions-organic-hourly",
            report="hourly_organic_orders",
            title="Orders without a promotion by hour of day",
            reading=words.organic_by_hour,
            figure=figures.organic_by_hour,
            empty="No order without a promotion in this time.",
            is_empty=without("mean_orders"),
        ),
        Card(
            id="promotions-customers",
            report="promotion_number_of_customer",
            title="Customers by promotion",
            reading=words.customers,
            figure=figures.customers,
            empty=_UNUSED,
            is_empty=without("customers"),
        ),
        Card(
            id="promotions-per-customer",
            report="avg_order_count_per_promo_per_cust",
            title="How often a promotion is used",
            reading=words.per_customer,
            figure=figures.per_customer,
            empty=_UNUSED,
            is_empty=without("mean_orders_per_customer"),
        ),
    ),
    PromotionFilters,
)

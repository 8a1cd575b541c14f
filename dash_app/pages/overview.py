"""``/``: how the shop is doing."""

from __future__ import annotations

from functools import partial

from dash_app.figures import curves
from dash_app.figures.blank import without
from dash_app.figures.churn import rate, without_threshold
from dash_app.figures.conversion import HEIGHT_OF_CONVERSION, conversion
from dash_app.figures.dimension_days import HEIGHT_OF_DIMENSIONS, daily_revenue_by_value
from dash_app.figures.dimensions import revenue_by_value
from dash_app.figures.opening import X, each
from dash_app.figures.orders import daily_orders
from dash_app.figures.promotions import share_by_day
from dash_app.records import LISTED, Card, Page
from dash_app.words import churn, dimensions, kpis, orders, products, promotions, retention, steps

OVERVIEW = Page(
    "/",
    (
        Card(
            id="overview-kpis",
            report="kpis",
            title="Key figures",
            reading=kpis.reading,
            tiles=kpis.tiles,
            kind="tiles",
            height=150,
            width="full",
            history=30,
        ),
        Card(
            id="overview-orders",
            report="daily_orders",
            title="Orders per day",
            reading=orders.daily_orders,
            figure=daily_orders,
            drill=each("orders", date=X),
            height=HEIGHT_OF_CONVERSION,
            is_empty=without("orders"),
        ),
        Card(
            id="overview-conversion",
            report="session_funnel_conversion",
            title="From session to purchase",
            reading=steps.conversion,
            figure=partial(conversion, with_open=False),
            height=HEIGHT_OF_CONVERSION,
            is_empty=without("sessions_closed"),
        ),
        Card(
            id="overview-products",
            report="most_ordered_products",
            title="Products with the most revenue",
            reading=partial(products.leader, name="product", noun="products"),
            listing=products.short,
            kind="list",
            height=LISTED,
            empty="No product has been ordered yet.",
            is_empty=without("orders"),
        ),
        Card(
            id="overview-promotions",
            report="daily_inorganic_ratio",
            title="Share of orders with a promotion",
            reading=promotions.share_by_day,
            figure=share_by_day,
            drill=each("promoted_orders", date=X, promotion_id=None),
            is_empty=without("orders"),
        ),
        Card(
            id="overview-retention",
            report="monthly_retention",
            title="Who orders again",
            reading=partial(retention.curves, grain="month"),
            figure=partial(curves.retention, grain="month"),
            empty="Too few customers can be followed after their first order yet.",
            is_empty=partial(curves.too_few, first=1),
        ),
        Card(
            id="overview-churn",
            report="churn_weekly",
            title="Churn rate",
            reading=churn.weekly_rate,
            figure=rate,
            drill=each("churned", week=X),
            empty="At no Monday is there a threshold and a customer with an order yet.",
            is_empty=without_threshold,
        ),
        Card(
            id="overview-revenue",
            report="dimension_kpis",
            title="Revenue by dimension",
            reading=dimensions.revenue_by_value,
            figure=revenue_by_value,
            height=HEIGHT_OF_DIMENSIONS,
            empty="No value of a dimension has revenue yet.",
            is_empty=without("revenue"),
        ),
        Card(
            id="overview-revenue-daily",
            report="daily_dimension_values",
            title="Revenue per day by dimension",
            reading=dimensions.daily_revenue_by_value,
            figure=daily_revenue_by_value,
            height=HEIGHT_OF_DIMENSIONS,
            empty="No value of a dimension has revenue in these days.",
            is_empty=without("revenue"),
        ),
    ),
)

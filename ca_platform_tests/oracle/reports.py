"""Name of a report → the function of this implementation."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from ca_platform_tests.oracle import funnels, orders
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
}
MAIN_ONLY = frozenset({"client_kpis", "dimension_kpis", "daily_dimension_values"})

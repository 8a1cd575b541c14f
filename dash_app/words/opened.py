"""What a list of customers, orders or deliveries shows, in one sentence."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from datetime import date, timedelta
from typing import Any

import polars as pl

from ca_platform.drill import What
from dash_app.opened import Opened, opened_in
from dash_app.records import Look
from dash_app.words import names
from dash_app.words.cohorts import start
from dash_app.words.dates import Grain, day, hours, period, within
from dash_app.words.formats import formats, plural
from dash_app.words.journey import NOW
from dash_app.words.opened_deliveries import DELIVERED
from dash_app.words.opened_scores import SCORES
from dash_app.words.opened_tests import COMPARED
from dash_app.words.orders import customers as best

Key = Mapping[str, Any]

_GRAINS: dict[str, Grain] = {"daily": "day", "weekly": "week", "monthly": "month"}
_LONGEST = 70
_ONE: dict[What, str] = {"customers": "customer", "orders": "order", "deliveries": "delivery"}


def counted(_: pl.DataFrame, look: Look) -> str:
    """The 37 customers with the first order in January 2026 who ordered again 3 months later, as of 31 Mar 2026."""
    opened, total, dimension = opened_in(look.filters), look.total, look.dimension
    if opened is None:
        return ""
    count = formats(look).count(total)
    noun = plural(total, _ONE[opened.what], opened.what)
    subject = f"The {count} {noun}" if total else f"None of the {opened.what}"
    scope = "" if dimension.is_main else f" ({names.of_dimension(dimension.value, dimension.name)})"
    known = f", as of the end of {day(look.day)}" if look.day else ""
    return f"{subject} {whom(opened, look)}{scope}{known}."


def everybody(frame: pl.DataFrame, look: Look) -> str:
    """How many customers there are, and the best of them."""
    known = f" up to the end of {day(look.day)}" if look.day else ""
    count = f"{formats(look).count(look.total)} {plural(look.total, 'customer')}"
    return f"{count} with a session or a download{known}. {best(frame, look)}"


def whom(opened: Opened, look: Look) -> str:
    """Whom a number counts: the words after customers, orders or deliveries."""
    report, key = opened.report, dict(opened.key)
    grain = _GRAINS.get(report.partition("_")[0], "month")
    if "_cohort_" in report:
        return _cohort(opened, key, grain)
    if report in ("weekly_retention", "monthly_retention", "cohort_revenue"):
        return _retention(opened, key, "month" if report == "cohort_revenue" else grain)
    said = _SAID.get(report)
    if said is not None:
        return said(opened.count.column, key, look)
    if report.endswith("_funnel_downloads"):
        return f"who reached {names.step_in_text(key['step'])} {within(key['date'], grain)}"
    if report.endswith("_orders") and report.partition("_")[0] in _GRAINS and "date" in key:
        return f"placed {within(key['date'], grain)}"
    return _plainly(opened, key)


def _cohort(opened: Opened, key: Key, grain: Grain) -> str:
    number: Any = 0 if opened.report.endswith("downloads") else int(opened.report.split("_")[-3])
    first = f"with {start(number)} {within(key['cohort'], grain)}"
    if "offset" not in key:
        return first
    what = "first" if number == 0 else "next"
    by_then = "up to " if opened.count.column == "cumulative_rate" and key["offset"] else ""
    return f"{first} who {_came(key['offset'], grain, what, by_then)}"


def _retention(opened: Opened, key: Key, grain: Grain) -> str:
    first = f"with the first order {within(key['cohort'], grain)}"
    if opened.what == "orders":
        return f"that customers {first} placed {_after(key['offset'], grain)}"
    return first if "offset" not in key else f"{first} who ordered {_after(key['offset'], grain)}"


def _came(offset: int, grain: Grain, what: str, by_then: str) -> str:
    if offset == 0:
        return f"placed the {what} order {'on' if grain == 'day' else 'in'} the same {grain}"
    return f"placed the {what} order {by_then}{offset} {plural(offset, grain)} later"


def _after(offset: int, grain: Grain) -> str:
    return f"in the same {grain}" if offset == 0 else f"{offset} {plural(offset, grain)} later"


def _growth(_: str, key: Key, __: Look) -> str:
    grain: Grain = key["period"]
    now = within(key["date"], grain)
    if key["metric"] == "orders":
        return f"placed {now}"
    return {
        "new_customers": f"who ordered for the first time {now}",
        "returning_customers": f"who ordered {now} and in the {grain} before",
        "reactivated_customers": f"who ordered {now}, earlier, and not in the {grain} before",
        "churned_customers": f"who ordered in the {grain} before {period(key['date'], grain)}, and not in that {grain}",
    }[key["metric"]]


def _journey(_: str, key: Key, __: Look) -> str:
    if key["stage"] == NOW:
        return "with an order"
    first, _, then = str(key["stage"]).replace("_", " ").partition(" to ")
    return f"who went from {'the ' if first == 'download' else ''}{first} to {then}"


def _churn(column: str, _: Key, __: Look) -> str:
    return {
        "customers": "with an order",
        "engaged": "whose last order is not longer ago than the threshold of churn",
        "churned": "whose last order is longer ago than the threshold of churn",
    }[column]


def _churn_weekly(column: str, key: Key, look: Look) -> str:
    monday: date = key["week"]
    before = day(monday - timedelta(days=7))
    if column == "newly_churned":
        return f"who were churned on {day(monday)} and not yet on {before}"
    if column == "reactivated":
        return f"who were churned on {before} and had ordered again by {day(monday)}"
    said = _churn(column, key, look).replace(" is ", " was ")
    return f"{said}, on {day(monday)}"


def _orders_so_far(column: str, key: Key, look: Look) -> str:
    count = f"{formats(look).count(key['orders'])} {plural(key['orders'], 'order')}"
    return f"with {'at least' if column == 'customers_at_least' else 'exactly'} {count}"


def _amounts(column: str, key: Key, look: Look) -> str:
    money = formats(look).exact_money
    low, high = money(key["bin_start"]), money(key["bin_end"])
    if column == "orders":
        return f"with an amount of {low}" if low == high else f"with an amount from {low} to {high}"
    return f"whose orders are worth {low if low == high else f'{low} to {high}'} on average"


def _funnel(column: str, key: Key, _: Look) -> str:
    first = f"with the download {within(key['cohort'], 'week')}"
    if column == "cohort_size":
        return first
    time = {"customers_7d": " within 7 days", "customers_30d": " within 30 days"}.get(column, "")
    return f"{first} who reached {names.step_in_text(key['step'])}{time}"


def _kpis(column: str, key: Key, _: Look) -> str:
    when = {"value_last_7d": " in the last 7 days", "value_previous_7d": " in the 7 days before the last 7"}.get(
        column, ""
    )
    if key["metric"] == "orders":
        return f"placed{when or ' so far'}"
    return f"with a session{when}" if key["metric"] == "visitors" else f"who ordered for the first time{when}"


def _of_value(key: Key) -> str:
    said = names.of_dimension(key["value"], key["dimension"])
    return said if key["value"] is None else f"with {said}"


def _with(name: str) -> Callable[[str, Key, Look], str]:
    """Products and categories: orders that contain them, customers who ordered them."""

    def said(column: str, key: Key, _: Look) -> str:
        what = f"products {names.without(name)}" if key[name] is None else f"the {name} {_short(key[name])}"
        contained = f"with {what}" if column == "orders" else f"who ordered {what}"
        return f"{contained} {within(key['date'], 'day')}" if "date" in key else contained

    return said


def _pair(_: str, key: Key, __: Look) -> str:
    return f"with both {_short(key['product_a'])} and {_short(key['product_b'])}"


def _rule(_: str, key: Key, __: Look) -> str:
    products = [_short(name) for name in (*json.loads(key["antecedent"]), key["consequent"])]
    return f"with {', '.join(products[:-1])} and {products[-1]}"


def _promoted(column: str, key: Key, _: Look) -> str:
    if column == "orders" and "promotion_id" not in key:
        return f"placed {_when(key)}"
    which = "a promotion" if key["promotion_id"] is None else f"the promotion {_short(key['promotion_id'])}"
    return {
        "customers": f"with an order that carries {which}",
        "new_customers": f"whose first order of all carries {which}",
        "repeat_customers_30d": f"who ordered again within 30 days after their first order with {which}",
    }.get(column, f"with {which}{f' {_when(key)}' if _when(key) else ''}")


def _when(key: Key) -> str:
    if "hour" in key:
        return f"between {hours(key['hour']).replace('to', 'and')}"
    return within(key["date"], "day") if "date" in key else ""


def _short(text: str | None) -> str:
    return names.quoted(text if text is None or len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…")


def _named(column: str, key: Key, _: Look) -> str:
    """One order or one customer, by name."""
    return f"with the number {_short(key[column])}" if column == "order_id" else f"called {_short(key[column])}"


def _week(said: str) -> Callable[[str, Key, Look], str]:
    return lambda _, key, __: f"{said} {within(key['week'], 'week')}"


_SAID: dict[str, Callable[[str, Key, Look], str]] = {
    "growth": _growth,
    "customer_journey": _journey,
    "churn": _churn,
    "churn_weekly": _churn_weekly,
    "user_counts_per_order_seq": _orders_so_far,
    "purchase_amount_distribution": _amounts,
    "customer_funnel_conversion": _funnel,
    "kpis": _kpis,
    "weekly_average_session_per_user": _week("with a session"),
    "weekly_average_order_per_user": _week("with an order"),
    "weekly_average_payment_amount": _week("placed"),
    "most_ordered_products": _with("product"),
    "most_ordered_categories": _with("category"),
    "product_kpis": _with("product"),
    "daily_products_of_sales": _with("product"),
    "most_combined_products": _pair,
    "association_rules": _rule,
    "inorganic_orders_per_promotion_per_day": _promoted,
    "daily_inorganic_ratio": _promoted,
    "hourly_inorganic_ratio": _promoted,
    "promotion_number_of_customer": _promoted,
    "promotion_kpis": _promoted,
    "daily_organic_orders": lambda _, key, __: f"without a promotion, {within(key['date'], 'day')}",
    "dimension_kpis": lambda _, key, __: _of_value(key),
    **SCORES,
    **dict.fromkeys(("deliver_orders", "prepare_orders", "ride_orders", "return_orders"), _named),
    "clvrfm_anomaly_flagged": _named,
    **DELIVERED,
    **COMPARED,
    "daily_dimension_values": lambda _, key, __: f"{_of_value(key)} {within(key['date'], 'day')}",
}


def _plainly(opened: Opened, key: Key) -> str:
    """For reports without words of their own: the column and the row as they stand in the table."""
    row = ", ".join(f"{name.replace('_', ' ')} {_plain(value)}" for name, value in key.items())
    said = f"that {opened.count.column.replace('_', ' ')} of {opened.report} counts"
    return f"{said} at {row}" if row else said


def _plain(value: Any) -> str:
    if isinstance(value, date):
        return day(value)
    return names.quoted(value) if value is None or isinstance(value, str) else str(value)

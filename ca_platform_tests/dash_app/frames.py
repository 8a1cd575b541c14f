"""Reports as the store gives them, in the catalogue's columns and edge types, of a small invented shop."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import cache
from typing import Any

import polars as pl

from ca_platform.catalogue import Kind, report_spec
from ca_platform_tests.dash_app.anomaly_frames import ANOMALY_REPORTS
from ca_platform_tests.dash_app.basket_frames import BASKET_REPORTS
from ca_platform_tests.dash_app.class_frames import CLASS_REPORTS
from ca_platform_tests.dash_app.cohort_frames import COHORTS
from ca_platform_tests.dash_app.days_of_shop import DAY, REACH, START, Row, of_period, periods, profile, sessions_on
from ca_platform_tests.dash_app.delivery_frames import DELIVERY_REPORTS
from ca_platform_tests.dash_app.effect_frames import EFFECT_REPORTS
from ca_platform_tests.dash_app.experiment_frames import EXPERIMENT_REPORTS
from ca_platform_tests.dash_app.order_frames import ORDER_REPORTS
from ca_platform_tests.dash_app.predicted_frames import PREDICTED_REPORTS
from ca_platform_tests.dash_app.product_frames import PRODUCT_REPORTS
from ca_platform_tests.dash_app.promotion_frames import PROMOTION_REPORTS
from ca_platform_tests.dash_app.recommended_frames import RECOMMENDED_REPORTS
from ca_platform_tests.dash_app.rfm_frames import RFM_REPORTS
from ca_platform_tests.dash_app.risk_frames import RISK_REPORTS
from ca_platform_tests.dash_app.value_frames import VALUE_REPORTS
from dash_app.words.dates import Grain

__all__ = ["DAY", "START"]

STEPS = ("session_start", "has_basket", "order_screen", "purchase")
MILESTONES = ("download", "signup", "first_login", "first_session", "first_purchase")
DIMENSIONS: dict[str, tuple[str | None, ...]] = {
    "region": ("EU", "North America", "APAC", "Latin America", "Middle East", "Africa", "Oceania", None),
    "channel": ("web", "app", "<b>partner</b> & co"),
}

_TYPES: dict[Kind, Any] = {
    Kind.DATE: pl.Date,
    Kind.INSTANT: pl.Datetime("us", "UTC"),
    Kind.TEXT: pl.String,
    Kind.TEXTS: pl.List(pl.String),
    Kind.INTEGER: pl.Int64,
    Kind.FLOAT: pl.Float64,
    Kind.MONEY: pl.Float64,
    Kind.FLAG: pl.Boolean,
}


def schema(name: str) -> dict[str, Any]:
    """The columns of a report in edge types."""
    return {column.name: _TYPES[column.kind] for column in report_spec(name).columns}


def table(name: str, rows: Sequence[Row]) -> pl.DataFrame:
    """Rows as the report's frame; columns that a row leaves out are null, ``is_partial`` and other flags false."""
    columns = schema(name)
    missing: Row = {column: False if dtype == pl.Boolean else None for column, dtype in columns.items()}
    return pl.DataFrame([missing | row for row in rows], schema=columns)


def report(name: str, day: date = DAY, start: date = START) -> pl.DataFrame:
    """The report of a day. Rows of finished periods are the same on every later day."""
    return _made(name, day, start).clone()


@cache
def _made(name: str, day: date, start: date) -> pl.DataFrame:
    """Made once in a process: thousands of tests ask for the same few hundred, and most of their time went there."""
    return table(name, _MAKERS[name](day, start))


def _funnel(grain: Grain) -> Callable[[date, date], list[Row]]:
    def make(day: date, start: date) -> list[Row]:
        rows: list[Row] = []
        for first in periods(grain, day, start):
            covered, partial = of_period(first, grain, day, start)
            counts = [int(sum(covered) * reach) for reach in REACH]
            for index, step in enumerate(STEPS):
                share = counts[index] / counts[0] if counts[0] else None
                before = counts[index] / counts[index - 1] if index and counts[index - 1] else None
                rows.append(
                    {
                        "date": first,
                        "step": step,
                        "step_index": index,
                        "sessions": counts[index],
                        "share_of_sessions": share,
                        "share_of_previous": before,
                        "is_partial": partial,
                    }
                )
        return rows

    return make


def _downloads(grain: Grain) -> Callable[[date, date], list[Row]]:
    def make(day: date, start: date) -> list[Row]:
        rows: list[Row] = []
        for first in periods(grain, day, start):
            covered, partial = of_period(first, grain, day, start)
            for index, (step, part) in enumerate(zip(MILESTONES, (0.06, 0.05, 0.045, 0.058, 0.021), strict=True)):
                rows.append(
                    {
                        "date": first,
                        "step": step,
                        "step_index": index,
                        "customers": int(sum(covered) * part),
                        "is_partial": partial,
                    }
                )
        return rows

    return make


def _hourly(steps: Sequence[str], measure: str, size: float) -> Callable[[date, date], list[Row]]:
    def make(day: date, start: date) -> list[Row]:
        days = (day - start).days + 1
        return [
            {
                "hour": hour,
                "step": step,
                "step_index": index,
                measure: size * (1 + days / 2000) * profile(hour) * 0.55**index,
                "days": days,
            }
            for hour in range(24)
            for index, step in enumerate(steps)
        ]

    return make


def _conversion(day: date, start: date) -> list[Row]:
    total = sum(sessions_on(start + timedelta(offset)) for offset in range((day - start).days + 1))
    closed = [int(total * reach) for reach in (1.0, 0.42, 0.17, 0.081)]
    opened = [int(total * reach) for reach in REACH]
    minutes = (None, 3.4, 6.1, None)
    return [
        {
            "step": step,
            "step_index": index,
            "sessions_open": opened[index],
            "sessions_closed": closed[index],
            "conversion_from_start": closed[index] / closed[0],
            "conversion_from_previous": closed[index] / closed[index - 1] if index else None,
            "median_minutes_from_previous": minutes[index],
        }
        for index, step in enumerate(STEPS)
    ]


def _cohort_rows(day: date, start: date) -> list[Row]:
    rows: list[Row] = []
    for week in periods("week", day, start):
        size = int(sessions_on(week) * 0.06 * 7 * (0.4 if week.day == 1 else 1))
        passed = {span: week + timedelta(days=7 + span) <= day + timedelta(days=1) for span in (7, 30)}
        for index, step in enumerate(MILESTONES[1:]):
            ever = 0.85 * 0.8**index + 0.002 * (week.day % 9)
            row: Row = {"cohort": week, "step": step, "step_index": index + 1, "cohort_size": size}
            row["customers_ever"] = int(size * ever)
            row["rate_ever"] = row["customers_ever"] / size if size else None
            for span, part in ((7, 0.7), (30, 0.9)):
                row[f"is_censored_{span}d"] = not passed[span]
                if passed[span]:
                    row[f"customers_{span}d"] = int(size * ever * part)
                    row[f"rate_{span}d"] = row[f"customers_{span}d"] / size if size else None
            rows.append(row)
    return rows


def _kpis(day: date, start: date) -> list[Row]:
    def sessions(last: date, count: int) -> float:
        return sum(sessions_on(last - timedelta(offset)) for offset in range(count))

    total, now, before = (
        sessions(day, (day - start).days + 1),
        sessions(day, 7),
        sessions(day - timedelta(days=7), 7),
    )
    factors = {
        "orders": 0.088,
        "revenue": 4.1,
        "visitors": 0.61,
        "discount": 0.21,
        "new_customers": 0.021,
    }
    rows: list[Row] = [_kpi(name, total * part, now * part, before * part) for name, part in factors.items()]
    rows.insert(4, _kpi("mean_order_value", 46.4, 46.9 + now / 9e4, 46.8))
    rows.insert(5, _kpi("conversion_rate", 0.088, 0.0893, 0.0871))
    return rows


def _kpi(name: str, value: float, now: float, before: float) -> Row:
    change = now - before
    return {
        "metric": name,
        "value": value,
        "value_last_7d": now,
        "value_previous_7d": before,
        "change_abs": change,
        "change_rel": change / before if before else None,
    }


def _measures(sessions: float) -> Row:
    return {
        "sessions": int(sessions),
        "orders": int(sessions * 0.088),
        "revenue": round(sessions * 4.1, 2),
        "discount": round(sessions * 0.2, 2),
        "customers": int(sessions * 0.6),
    }


def _parts(values: Sequence[str | None]) -> list[float]:
    weights = [0.5**index + 0.01 for index in range(len(values))]
    return [weight / sum(weights) for weight in weights]


def _dimension_kpis(day: date, start: date) -> list[Row]:
    total = sum(sessions_on(start + timedelta(offset)) for offset in range((day - start).days + 1))
    return [
        {"dimension": dimension, "value": value} | _measures(total * part)
        for dimension, values in DIMENSIONS.items()
        for value, part in zip(values, _parts(values), strict=True)
    ]


def _daily_dimension_values(day: date, start: date) -> list[Row]:
    return [
        {"dimension": dimension, "value": value, "date": one} | _measures(sessions_on(one) * part)
        for dimension, values in DIMENSIONS.items()
        for value, part in zip(values, _parts(values), strict=True)
        for one in periods("day", day, start)
    ]


def _client_kpis(day: date, start: date) -> list[Row]:
    at = datetime(2026, 1, 1, tzinfo=UTC)
    return [
        {
            "client": f"c{number}",
            "sessions": 40 - number,
            "orders": max(12 - number, 0),
            "revenue": max(12 - number, 0) * 51.5,
            "discount": 0.0,
            "recency_days": 3.5 if number < 12 else None,
            "mean_gap_hours": 120.0 if number < 11 else None,
            "mean_amount": 51.5 if number < 12 else None,
            "first_order": at if number < 12 else None,
            "last_order": at + timedelta(days=number) if number < 12 else None,
            "download_date": at,
        }
        for number in range(15)
    ]


_MAKERS: dict[str, Callable[[date, date], list[Row]]] = {
    "daily_funnel": _funnel("day"),
    "weekly_funnel": _funnel("week"),
    "monthly_funnel": _funnel("month"),
    "hourly_funnel": _hourly(STEPS, "mean_sessions", 60),
    "daily_funnel_downloads": _downloads("day"),
    "weekly_funnel_downloads": _downloads("week"),
    "monthly_funnel_downloads": _downloads("month"),
    "hourly_funnel_downloads": _hourly(MILESTONES, "mean_customers", 4),
    "session_funnel_conversion": _conversion,
    "customer_funnel_conversion": _cohort_rows,
    "kpis": _kpis,
    "client_kpis": _client_kpis,
    "dimension_kpis": _dimension_kpis,
    "daily_dimension_values": _daily_dimension_values,
    **ORDER_REPORTS,
    **COHORTS,
    **PRODUCT_REPORTS,
    **BASKET_REPORTS,
    **PROMOTION_REPORTS,
    **RISK_REPORTS,
    **CLASS_REPORTS,
    **RECOMMENDED_REPORTS,
    **RFM_REPORTS,
    **PREDICTED_REPORTS,
    **VALUE_REPORTS,
    **EFFECT_REPORTS,
    **EXPERIMENT_REPORTS,
    **ANOMALY_REPORTS,
    **DELIVERY_REPORTS,
}
NAMES = tuple(_MAKERS)

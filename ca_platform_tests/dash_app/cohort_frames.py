"""Rows of the reports about cohorts, growth, the journey and churn, of the small invented shop."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import numpy as np

from ca_platform_tests.dash_app.days_of_shop import Row, periods, sessions_on
from dash_app.words.dates import Grain, last_day, later

_OFFSETS = 16
_COHORT_DAYS = 100


def _days(first: date, grain: Grain, day: date, start: date) -> tuple[int, int]:
    """How many days of a period lie within the shop's time, and how many it has."""
    length = (last_day(first, grain) - first).days + 1
    return sum(start <= first + timedelta(one) <= day for one in range(length)), length


def _size(first: date, grain: Grain, day: date, start: date, part: float) -> int:
    covered, _ = _days(first, grain, day, start)
    begin = max(first, start)
    return int(sum(sessions_on(begin + timedelta(one)) for one in range(covered)) * part)


def _cells(
    cohort: date, grain: Grain, day: date, start: date, last: int, curve: Callable[[int], float]
) -> list[tuple[int, float | None, bool | None]]:
    """Offset, expected share (less while the period is running), whether partial; null where it has not begun."""
    cells: list[tuple[int, float | None, bool | None]] = []
    drift = 1 + 0.1 * np.sin(cohort.toordinal() / 9)
    for offset in range(last):
        covered, length = _days(later(cohort, offset, grain), grain, day, start)
        is_known = later(cohort, offset, grain) <= day
        part = 1.0 if offset == 0 else covered / length
        cells.append(
            (offset, float(curve(offset) * drift * part), covered < length) if is_known else (offset, None, None)
        )
    return cells


def _cohorts(number: int, grain: Grain) -> Callable[[date, date], list[Row]]:
    size_part = (0.06, 0.021, 0.009, 0.0045)[number]
    level = (0.17, 0.11, 0.15, 0.18)[number] / (1 if grain == "week" else 3)

    def make(day: date, start: date) -> list[Row]:
        rows: list[Row] = []
        for cohort in periods(grain, day, start)[-_COHORT_DAYS if grain == "day" else 0 :]:
            size = _size(cohort, grain, day, start, size_part * (9 if grain == "day" else 1))
            come = 0
            for offset, share, is_partial in _cells(cohort, grain, day, start, _OFFSETS, lambda at: level * 0.72**at):
                customers = None if share is None else int(size * share)
                come += customers or 0
                known = customers is not None and size > 0
                rows.append(
                    {
                        "cohort": cohort,
                        "offset": offset,
                        "customers": customers,
                        "cohort_size": size,
                        "rate": customers / size if known and customers is not None else None,
                        "cumulative_rate": come / size if known else None,
                        "is_partial": is_partial,
                    }
                )
        return rows

    return make


def _retained(offset: int) -> float:
    return 1.0 if offset == 0 else 0.16 + 0.2 / offset**0.6


def _retention(grain: Grain, last: int) -> Callable[[date, date], list[Row]]:
    def make(day: date, start: date) -> list[Row]:
        rows: list[Row] = []
        for cohort in periods(grain, day, start):
            size = _size(cohort, grain, day, start, 0.021)
            for offset, share, is_partial in _cells(cohort, grain, day, start, last + 1, _retained):
                customers = None if share is None else size if offset == 0 else int(size * share)
                rows.append(
                    {
                        "cohort": cohort,
                        "offset": offset,
                        "customers": customers,
                        "cohort_size": size,
                        "rate": customers / size if customers is not None and size else None,
                        "is_partial": is_partial,
                    }
                )
        return rows

    return make


def _revenue(day: date, start: date) -> list[Row]:
    rows: list[Row] = []
    for row in _retention("month", 24)(day, start):
        orders = None if row["customers"] is None else int(row["customers"] * 1.3)
        revenue = None if orders is None else round(orders * (44.0 + row["offset"]), 2)
        rows.append(
            {name: row[name] for name in ("cohort", "offset", "cohort_size", "is_partial")}
            | {
                "orders": orders,
                "revenue": revenue,
                "mean_order_value": revenue / orders if revenue is not None and orders else None,
            }
        )
    so_far: dict[date, float] = {}
    for row in rows:
        so_far[row["cohort"]] = so_far.get(row["cohort"], 0.0) + (row["revenue"] or 0.0)
        known = row["revenue"] is not None and row["cohort_size"]
        row["cumulative_revenue_per_customer"] = so_far[row["cohort"]] / row["cohort_size"] if known else None
    return rows


_PARTS = {
    "revenue": 4.1,
    "orders": 0.088,
    "new_customers": 0.021,
    "returning_customers": 0.03,
    "reactivated_customers": 0.017,
    "churned_customers": 0.029,
}


def _growth(day: date, start: date) -> list[Row]:
    rows: list[Row] = []
    units: tuple[tuple[Grain, int], ...] = (("week", 52), ("month", 12))
    for grain, year in units:
        firsts = periods(grain, day, start)
        counts = [_days(first, grain, day, start) for first in firsts]
        partial = [covered < length for covered, length in counts]
        for name, part in _PARTS.items():
            values = [float(_size(first, grain, day, start, part)) for first in firsts]
            rows += [
                {
                    "period": grain,
                    "date": first,
                    "metric": name,
                    "value": values[index],
                    "change_previous": _change(values, partial, index, 1),
                    "change_year": _change(values, partial, index, year),
                    "is_partial": partial[index],
                }
                for index, first in enumerate(firsts)
            ]
    return rows


def _change(values: list[float], partial: list[bool], index: int, back: int) -> float | None:
    before = index - back
    if before < 0 or partial[index] or partial[before] or not values[before]:
        return None
    return values[index] / values[before] - 1


def _journey(day: date, start: date) -> list[Row]:
    total = int(sum(sessions_on(start + timedelta(one)) for one in range((day - start).days + 1)) * 0.021)
    means, medians = (61.0, 740.0, 655.0, 610.0), (8.5, 480.0, 431.0, 402.0)
    rows: list[Row] = [
        {
            "stage": "download_to_order_1" if index == 0 else f"order_{index}_to_order_{index + 1}",
            "stage_index": index,
            "customers": int(total * 0.58**index),
            "mean_hours": means[index] * (1 + (day - start).days / 4000),
            "median_hours": medians[index],
            "mean_amount": 44.0 + 2.5 * index,
        }
        for index in range(4)
    ]
    now: Row = {"stage": "last_order_to_now", "stage_index": 4, "customers": total, "mean_hours": 1630.0}
    rows.append(now | {"median_hours": 1201.0})
    for index, row in enumerate(rows):
        row["cumulative_mean_hours"] = sum(before["mean_hours"] for before in rows[: index + 1])
    return rows


def _state(customers: int, part: float, threshold: float) -> Row:
    churned = int(customers * part)
    return {
        "customers": customers,
        "engaged": customers - churned,
        "churned": churned,
        "churn_rate": churned / customers if customers else None,
        "engaged_rate": 1 - churned / customers if customers else None,
        "threshold_days": threshold,
        "method": "global",
        "factor": None,
    }


def _churn(day: date, start: date) -> list[Row]:
    total = int(sum(sessions_on(start + timedelta(one)) for one in range((day - start).days + 1)) * 0.021)
    return [_state(total, 0.4 + (day - start).days / 5000, 41.7)]


def _churn_weekly(day: date, start: date) -> list[Row]:
    rows: list[Row] = []
    total = 0
    for index, week in enumerate(periods("week", day, start)[1:]):
        total += int(sessions_on(week) * 7 * 0.021)
        state = _state(total, 0.6 * (1 - 0.96**index), 18 + index / 2)
        if rows:
            back = total // 60
            state |= {"newly_churned": state["churned"] - rows[-1]["churned"] + back, "reactivated": back}
        rows.append({"week": week} | state)
    return rows


COHORTS: dict[str, Callable[[date, date], list[Row]]] = {
    "daily_cohort_downloads": _cohorts(0, "day"),
    "daily_cohort_from_1_to_2": _cohorts(1, "day"),
    "daily_cohort_from_2_to_3": _cohorts(2, "day"),
    "daily_cohort_from_3_to_4": _cohorts(3, "day"),
    "weekly_cohort_downloads": _cohorts(0, "week"),
    "weekly_cohort_from_1_to_2": _cohorts(1, "week"),
    "weekly_cohort_from_2_to_3": _cohorts(2, "week"),
    "weekly_cohort_from_3_to_4": _cohorts(3, "week"),
    "weekly_retention": _retention("week", 52),
    "monthly_retention": _retention("month", 24),
    "cohort_revenue": _revenue,
    "growth": _growth,
    "customer_journey": _journey,
    "churn": _churn,
    "churn_weekly": _churn_weekly,
}
"""Makers of the rows as of a day."""

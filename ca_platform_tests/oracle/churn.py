"""Churn at the end of a day and at each Monday, by loops over customers and their orders."""

from __future__ import annotations

from datetime import datetime, timedelta
from fractions import Fraction
from typing import Any

from ca_platform_tests.oracle.cohorts import orders_by_client
from ca_platform_tests.oracle.funnels import Rows, ratio
from ca_platform_tests.oracle.world import World, midnight

DAY = timedelta(days=1)


def exact(span: timedelta) -> Fraction:
    """A time in days, without rounding."""
    return Fraction(span // timedelta(microseconds=1), DAY // timedelta(microseconds=1))


def thresholds(world: World, instants: dict[str, list[datetime]]) -> dict[str, Fraction] | None:
    """Threshold of each customer in days; None where there is none."""
    shop = world.shop
    if shop.churn_method == "fixed":
        return dict.fromkeys(instants, Fraction(str(shop.churn_days)))
    # Sums of times are exact; fractions are made of them at the end, as their sums take long.
    spans = {client: (own[-1] - own[0], len(own) - 1) for client, own in instants.items()}
    gaps = sum(number for _, number in spans.values())
    if not gaps:
        return None
    overall = exact(sum((span for span, _ in spans.values()), timedelta())) / gaps
    if shop.churn_method == "global":
        return dict.fromkeys(instants, overall)
    factor = Fraction(str(shop.churn_factor))
    return {client: factor * exact(span) / number if number else overall for client, (span, number) in spans.items()}


def state(world: World, at: datetime) -> tuple[dict[str, Any], set[str] | None]:
    """The row as of an instant, and who is churned then; None where there is no threshold."""
    instants = {
        client: [order.start for order in own if order.start < at] for client, own in orders_by_client(world).items()
    }
    instants = {client: own for client, own in instants.items() if own}
    limits = thresholds(world, instants)
    count = len(instants)
    factor = float(world.shop.churn_factor) if world.shop.churn_method == "customer" else None
    row: dict[str, Any] = {"customers": count, "method": world.shop.churn_method, "factor": factor}
    if limits is None:
        names = ("engaged", "churned", "churn_rate", "engaged_rate", "threshold_days")
        return row | dict.fromkeys(names), None
    churned = {client for client, own in instants.items() if exact(at - own[-1]) > limits[client]}
    fixed = float(world.shop.churn_days) if world.shop.churn_method == "fixed" else None
    row |= {
        "engaged": count - len(churned),
        "churned": len(churned),
        "churn_rate": ratio(len(churned), count),
        "engaged_rate": ratio(count - len(churned), count),
        "threshold_days": float(sum(limits.values(), Fraction(0)) / count) if count else fixed,
    }
    return row, churned


def churn(world: World) -> Rows:
    return [state(world, world.as_of)[0]]


def churn_weekly(world: World) -> Rows:
    rows: Rows = []
    before: set[str] | None = None
    for day in world.days:
        if day.weekday() != 0 or day == world.shop.start_date:
            continue
        row, churned = state(world, midnight(day, world.shop.time_zone))
        has_both = churned is not None and before is not None
        row["week"] = day
        row["newly_churned"] = len(churned - before) if has_both else None  # type: ignore[operator]
        row["reactivated"] = len(before - churned) if has_both else None  # type: ignore[operator]
        rows.append(row)
        before = churned
    return rows

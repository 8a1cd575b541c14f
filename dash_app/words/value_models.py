"""Models of customer value in words: which one serves, how good each was at earlier days, and by how much it missed."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from statistics import mean
from typing import Any

import polars as pl

from ca_platform.catalogue.models import VALUE_BASELINE, VALUE_LEAST_CUSTOMERS, VALUE_LEAST_DAYS, VALUE_TITLES
from dash_app.records import Cell, Head, Listing, Look
from dash_app.words import backtests
from dash_app.words.dates import day
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.lists import NOTHING

TOO_SHORT = (
    f"The history is too short for a back-test: it takes {VALUE_LEAST_DAYS // 7} weeks of orders, and "
    f"{VALUE_LEAST_CUSTOMERS} customers who have ordered on a second day. Until then everybody is expected to go on at the "
    "same rate as before."
)
_NONE = "There is no back-test yet."
_NO_MONEY = "no revenue was forecast in any of them, as nothing had been paid for orders"

_FIGURES = {
    "ranks": ("revenue_gini", "Ranks by revenue"),
    "order_ranks": ("orders_gini", "Ranks by orders"),
    "total": ("revenue_total_error", "Total missed by"),
    "deciles": ("revenue_decile_error", "Tenths missed by"),
    "mae": ("revenue_mae", "Mean error"),
    "rmse": ("revenue_rmse", "Root mean square"),
    "spearman": ("revenue_spearman", "Spearman"),
    "coverage": ("coverage", "Within 80%"),
}
"""Name, metric and heading of what the table shows."""


def models(frame: pl.DataFrame, look: Look) -> str:
    """Which model serves, how well it ranks and by how much it missed, against the baseline."""
    form = formats(look)
    means = by_model(frame)
    if means.is_empty() or not means["is_served"].any():
        return _NONE
    served = means.filter("is_served").row(0, named=True)
    rival = next(means.filter(~pl.col("is_served"), model=VALUE_BASELINE).iter_rows(named=True), {})
    figures = [
        f"missed the total by {form.share(served['total'])}{_against(rival, 'total', form.share)}"
        if served["total"] is not None
        else "",
        f"ranked with a Gini coefficient of {form.number(served['ranks'], 3)}"
        f"{_against(rival, 'ranks', lambda value: form.number(value, 3))}"
        if served["ranks"] is not None
        else "",
    ]
    told = " and ".join(filter(None, figures)) or "has no figures of revenue"
    return f"{_named(served['model'])} serves: over {backtests.tests(frame, form)} it {told}."


def why_untested(frame: pl.DataFrame, measure: str = "revenue") -> str:
    """Why forecast and outcome cannot be laid side by side."""
    if frame.is_empty():
        return TOO_SHORT
    return (
        f"There are tests, but {_NO_MONEY}." if measure == "revenue" else "There are tests, but none forecast an order."
    )


def _against(rival: Mapping[str, Any], name: str, form: Callable[[float], str]) -> str:
    """The baseline's figure in brackets; nothing where there is none."""
    return "" if rival.get(name) is None else f" (the baseline: {form(rival[name])})"


def listed(frame: pl.DataFrame, look: Look) -> Listing:
    """Every model with the mean of its figures over all origins, the one that serves first."""
    form = formats(look)
    heads = (Head("Model", is_number=False), *(Head(head) for _, head in _FIGURES.values()))
    rows = tuple(
        (
            Cell(f"{VALUE_TITLES[row['model']]}{' (serves)' if row['is_served'] else ''}"),
            *(_cell(name, row[name], form) for name in _FIGURES),
        )
        for row in by_model(frame).iter_rows(named=True)
    )
    note = (
        f"Means over {backtests.tests(frame, form)}, all customers with an order by then. Ranks: normalised Gini coefficient, "
        "higher is better; within 80%: best is 80%; errors: lower is better."
    )
    return Listing(heads, rows, note)


def calibration(frame: pl.DataFrame, look: Look, measure: str = "revenue") -> str:
    """How far forecast and outcome of tenths of the customers were apart at the newest origin."""
    form = formats(look)
    newest = backtests.newest(frame)
    found = {row["metric"].removeprefix(f"{measure}_"): row for row in newest.iter_rows(named=True)}
    error = found.get("decile_error")
    if error is None or error["value"] is None:
        return _NONE
    level = found["level"]["value"] if "level" in found else None
    parts = _tenths(found, level or 1.0)
    share = error["value"] if level is None else mean(abs(said / came - 1) for said, came in parts if came)
    told = (
        f"At the newest test, on {day(error['origin'])}, tenths of {form.count(error['customers'])} customers were missed "
        f"by {form.share(share)} on average"
    )
    told += "" if level is None else f", all forecasts times {form.number(level, 2)}, the level learnt by then"
    if not parts:
        return f"{told}."
    write = form.money if measure == "revenue" else lambda value: f"{form.mean(value)} {plural(value, 'order')}"
    said, came = parts[-1]
    return f"{told}; of the best tenth {write(said)} each were expected, and {write(came)} came."


def _tenths(found: Mapping[str, Mapping[str, Any]], level: float) -> list[tuple[float, float]]:
    """Forecast and outcome of tenths of the customers, the best last, from metrics of one origin."""
    names = [(f"forecast_decile_{place}", f"observed_decile_{place}") for place in range(1, 11)]
    pairs = [(found[said]["value"], found[came]["value"]) for said, came in names if said in found and came in found]
    return [(level * said, came) for said, came in pairs if said is not None and came is not None]


def missed(frame: pl.DataFrame | None, look: Look) -> str:
    """By how much the served model has missed totals, for the caption of a forecast; empty without a back-test."""
    if frame is None or frame.is_empty():
        return ""
    served = by_model(frame).filter("is_served")
    total = served["total"][0] if served.height else None
    if total is None:
        return ""
    form = formats(look)
    whole = "" if look.dimension.is_main else " of the whole shop"
    return f"at {backtests.tests(frame, form)} {_named(served['model'][0])} missed the total{whole} by {form.share(total)} on average"


def by_model(frame: pl.DataFrame) -> pl.DataFrame:
    """``model``, ``is_served`` and the mean of each figure over the origins; of errors of totals without their sign.

    The one that serves comes first, then the best by how well they rank revenue.
    """
    unsigned = pl.col("value").abs()
    means = (
        backtests.mean(metric, unsigned if name == "total" else None).alias(name)
        for name, (metric, _) in _FIGURES.items()
    )
    rows = backtests.by_model(frame, means)
    return rows.sort("is_served", "ranks", "model", descending=[True, True, False], nulls_last=True)


def _named(model: str) -> str:
    """A model in a sentence; the name may have a comma in it."""
    return f"“{VALUE_TITLES[model]}”"


def _cell(name: str, value: Any, form: Formats) -> Cell:
    if value is None:
        return Cell(NOTHING)
    if name in ("mae", "rmse"):
        return Cell(form.money(value))
    return Cell(form.share(value) if name in ("total", "deciles", "coverage") else form.number(value, 3))

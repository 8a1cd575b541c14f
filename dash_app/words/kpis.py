"""The key figures: one tile each, and a sentence about the last seven days."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import polars as pl

from dash_app.records import Look, Tile, Trend
from dash_app.words import names
from dash_app.words.dates import day
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.rows import Row, earlier
from dash_app.words.versus import clause, more_or_less

Unit = Literal["count", "money", "share"]


@dataclass(frozen=True, slots=True)
class _Metric:
    """How a figure is written, and whether more of it is good (None: neither)."""

    unit: Unit
    more_is_good: bool | None


# In the order of the tiles. A discount is neither good nor bad: it costs, and it sells.
_METRICS = {
    "revenue": _Metric("money", more_is_good=True),
    "orders": _Metric("count", more_is_good=True),
    "mean_order_value": _Metric("money", more_is_good=True),
    "conversion_rate": _Metric("share", more_is_good=True),
    "visitors": _Metric("count", more_is_good=True),
    "new_customers": _Metric("count", more_is_good=True),
    "discount": _Metric("money", more_is_good=None),
}
_PLACES = {name: place for place, name in enumerate(_METRICS)}
_UNKNOWN = _Metric("count", more_is_good=None)
# Figures that count customers or orders: they lead to their list.
_OPENING = {"orders", "visitors", "new_customers"}


def tiles(frame: pl.DataFrame, look: Look) -> tuple[Tile, ...]:
    """A tile for each figure of ``kpis``: the last seven days, or all time where there are no seven days yet."""
    before = {} if (compare := earlier(look)) is None else {row["metric"]: row for row in compare.to_dicts()}
    rows = sorted(frame.iter_rows(named=True), key=lambda row: _PLACES.get(row["metric"], len(_PLACES)))
    return tuple(_tile(row, before.get(row["metric"]), look) for row in rows)


def reading(frame: pl.DataFrame, look: Look) -> str:
    """Orders and revenue of the last seven days, against the seven before."""
    form = formats(look)
    rows = {row["metric"]: row for row in frame.iter_rows(named=True)}
    orders, revenue = rows.get("orders"), rows.get("revenue")
    if orders is None or revenue is None:
        return f"{frame.height} key {plural(frame.height, 'figure')}."
    if orders["value_last_7d"] is None or revenue["value_last_7d"] is None:
        count, amount = orders["value"] or 0, revenue["value"] or 0
        return f"So far {form.count(count)} {plural(count, 'order')} brought {form.money(amount)}; there are no seven days yet."
    count, amount = orders["value_last_7d"], revenue["value_last_7d"]
    then = more_or_less(amount, revenue["value_previous_7d"], form, countable=False)
    said = f"In the last seven days {form.count(count)} {plural(count, 'order')} brought {form.money(amount)}"
    return f"{said}{clause(then, 'in the seven days before')}."


def _tile(row: Row, before: Row | None, look: Look) -> Tile:
    form, name = formats(look), row["metric"]
    metric = _METRICS.get(name, _UNKNOWN)
    write = _writer(metric.unit, form, short=True)
    now = row["value_last_7d"]
    label = names.capital(names.metric(name))
    if now is None:
        total = row["value"]
        shown = "–" if total is None else write(total)
        return Tile(
            label=f"{label}, in all", value=shown, change="no seven days yet", spark=_spark(name, look, "value")
        )
    then, against = row["value_previous_7d"], "on the 7 days before"
    if before is not None and look.compare_day is not None:
        then, against = before["value_last_7d"], f"on the 7 days to {day(look.compare_day)}"
    return Tile(
        label=f"{label}, 7 days",
        value=write(now),
        change=_change(now, then, metric, against, form),
        trend=_trend(now, then),
        is_good=_is_good(now, then, metric),
        spark=_spark(name, look, "value_last_7d"),
        title=_exact(row, metric, form),
        opens=("value_last_7d", {"metric": name}) if name in _OPENING and now else None,
    )


def _writer(unit: Unit, form: Formats, *, short: bool) -> Callable[[float], str]:
    if unit == "share":
        return form.share
    if unit == "money":
        return form.compact_money if short else form.exact_money
    return form.compact if short else form.count


def _change(now: float, then: float | None, metric: _Metric, against: str, form: Formats) -> str:
    if then is None:
        return "nothing to compare with yet"
    if metric.unit == "share":
        return f"{form.points(now - then)} {against}"
    if then == 0:
        return f"{_writer(metric.unit, form, short=True)(then)} {against}"
    return f"{form.change(now / then - 1)} {against}"


def _trend(now: float, then: float | None) -> Trend:
    if then is None:
        return ""
    return "up" if now > then else "down" if now < then else "flat"


def _is_good(now: float, then: float | None, metric: _Metric) -> bool | None:
    if then is None or now == then or metric.more_is_good is None:
        return None
    return (now > then) == metric.more_is_good


def _exact(row: Row, metric: _Metric, form: Formats) -> str:
    """The three figures in full, for who points at the tile."""
    write = _writer(metric.unit, form, short=False)
    spans = (("value_last_7d", "in the last 7 days"), ("value_previous_7d", "in the 7 before"), ("value", "in all"))
    return ", ".join(f"{write(row[column])} {words}" for column, words in spans if row[column] is not None)


def _spark(name: str, look: Look, column: str) -> tuple[float | None, ...]:
    """The figure on each computed report day, oldest first."""
    if look.history is None or look.history.is_empty() or column not in look.history.columns:
        return ()
    rows = look.history.filter(pl.col("metric") == name).sort("report_date")
    return tuple(rows[column].to_list())

"""Value classes in words: how many customers are in each, how often they were predicted correctly, and which model tells them."""

from __future__ import annotations

import polars as pl

from ca_platform.catalogue.models import LEAST_CUSTOMERS, LEAST_DAYS
from ca_platform.catalogue.value_classes import CLASS_BASELINES, CLASS_TITLES, VALUE_CLASSES
from dash_app.records import Cell, Head, Listing, Look
from dash_app.words import backtests
from dash_app.words.dates import day
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.lists import NOTHING
from dash_app.words.names import capital
from dash_app.words.rows import Row, earlier
from dash_app.words.versus import clause, points_more_or_less

TOO_SHORT = (
    f"The history is too short to learn classes: it takes {LEAST_DAYS // 7} weeks of orders, and revenue from customers "
    f"who came again. With fewer than {LEAST_CUSTOMERS} customers in a class, the class of what they spent before is told."
)
_NONE = "There is no back-test yet."
_ALIKE = "most_frequent"
_LOW, _MID, _HIGH = VALUE_CLASSES
_BASELINE = next(iter(CLASS_BASELINES))
_METRICS = {
    "accuracy": "Right",
    "macro_f1": "Macro F1",
    "log_loss": "Log loss",
    **{f"recall_{name}": f"Found of {name}" for name in VALUE_CLASSES},
}
"""Metric and heading of what the table shows."""
_PERCENT = ("accuracy", *(f"recall_{name}" for name in VALUE_CLASSES))


def classes(frame: pl.DataFrame, look: Look) -> str:
    """How many customers are told to be high and low, what that means, and by which model."""
    form = formats(look)
    if frame.is_empty():
        return TOO_SHORT
    row = frame.row(0, named=True)
    count = int(frame["customers"].sum())
    high, low = (_customers(frame, name) for name in (_HIGH, _LOW))
    then, before = "", earlier(look)
    if before is not None and look.compare_day is not None:
        share = _customers(before, _HIGH) / int(before["customers"].sum())
        then = clause(points_more_or_less(high / count, share, form), f"on {day(look.compare_day)}")
    return (
        f"Of {form.count(count)} {plural(count, 'customer')}, {form.count(high)} ({form.share(high / count)}{then}) are "
        f"likely to bring {meaning(_HIGH, row, form)} within {backtests.horizon(row, form)}, {form.count(low)} "
        f"({form.share(low / count)}) {meaning(_LOW, row, form)}; by {_by(row)}."
    )


def alike(frame: pl.DataFrame) -> bool:
    """Whether all customers are told the same, so that there is nothing to show of their classes."""
    return frame.filter((pl.col("customers") > 0) & (pl.col("model") != _ALIKE)).is_empty()


def why_empty(frame: pl.DataFrame) -> str:
    """Why no classes are shown: the history is too short, or nothing tells customers apart; then how many of each come."""
    count = 0 if frame.is_empty() else int(frame["customers"].sum())
    if not count:
        return TOO_SHORT
    form = Formats()
    expected = (f"{form.number(row['expected_customers'], 0)} in {row['value_class']}" for row in frame.to_dicts())
    return (
        "It cannot be told yet who will be in which class: at earlier days of this shop no model told it better than the "
        f"shares of the classes. By these shares, of {form.count(count)} {plural(count, 'customer')} some "
        f"{', '.join(expected)} are expected."
    )


def meaning(name: str, row: Row, form: Formats) -> str:
    """What a class is, as an amount of revenue within the horizon."""
    low, high = (form.money(row[f"{border}_border"]) for border in (_LOW, _HIGH))
    if name == _HIGH:
        return f"more than {high}"
    if name == _LOW:
        return f"at most {low}" if row["low_border"] > 0 else "nothing"
    return f"{low} to {high}" if row["low_border"] > 0 else f"up to {high}"


def confusion(frame: pl.DataFrame, look: Look) -> str:
    """How often the served model was right at the newest origin, class by class."""
    form = formats(look)
    found = {row["metric"]: row for row in backtests.newest(frame).iter_rows(named=True)}
    right = found.get("accuracy")
    if right is None or right["value"] is None:
        return _NONE
    recalls = ", ".join(
        f"{form.share(found[f'recall_{name}']['value'])} of {name}"
        for name in VALUE_CLASSES
        if found[f"recall_{name}"]["value"] is not None
    )
    return (
        f"At the newest test, on {day(right['origin'])}, the class of {form.share(right['value'])} of "
        f"{form.count(right['customers'])} {plural(right['customers'], 'customer')} was predicted correctly: {recalls}."
    )


def models(frame: pl.DataFrame, look: Look) -> str:
    """Which model serves, by what, and how it did against the class of the spend before."""
    form = formats(look)
    means = by_model(frame)
    if means.is_empty():
        return _NONE
    served = means.filter(pl.col("is_served")).row(0, named=True)
    rival = next(means.filter(~pl.col("is_served"), model=_BASELINE).iter_rows(named=True), None)
    against = "" if rival is None else f"; the class of the spend before: {_how_good(rival, form)}"
    if set(means["model"]) <= set(CLASS_BASELINES):
        return (
            f"{capital(CLASS_TITLES[served['model']])} serves: too few customers came to be in one of the classes to learn a "
            f"model. Over {backtests.tests(frame, form)}: {_how_good(served, form)}."
        )
    return (
        f"Of {means.height} {plural(means.height, 'model')}, {CLASS_TITLES[served['model']]} had the lowest log loss over "
        f"{backtests.tests(frame, form)}: {_how_good(served, form)}{against}."
    )


def listed(frame: pl.DataFrame, look: Look) -> Listing:
    """Every model with the mean of its figures over all origins, the best first."""
    form = formats(look)
    heads = (Head("Model", is_number=False), *(Head(head) for head in _METRICS.values()))
    rows = tuple(
        (
            Cell(f"{CLASS_TITLES[row['model']]}{' (serves)' if row['is_served'] else ''}"),
            *(Cell(_figure(metric, row[metric], form)) for metric in _METRICS),
        )
        for row in by_model(frame).iter_rows(named=True)
    )
    note = (
        f"Means over {backtests.tests(frame, form)}, all customers with an order by then. Macro F1: mean F-score of the three "
        "classes; log loss: lower is better, of the rest higher."
    )
    return Listing(heads, rows, note)


def by_model(frame: pl.DataFrame) -> pl.DataFrame:
    """``model``, ``is_served`` and the mean of each metric over the origins, the lowest log loss first."""
    means = (backtests.mean(metric).alias(metric) for metric in _METRICS)
    return backtests.by_model(frame, means).sort("log_loss", "model", nulls_last=True)


def _how_good(row: Row, form: Formats) -> str:
    return f"{_figure('accuracy', row['accuracy'], form)} right, macro F1 {_figure('', row['macro_f1'], form)}"


def _figure(metric: str, value: float | None, form: Formats) -> str:
    if value is None:
        return NOTHING
    return form.share(value) if metric in _PERCENT else form.number(value, 3)


def _customers(frame: pl.DataFrame, name: str) -> int:
    return int(frame.filter(value_class=name)["customers"].sum())


def _by(row: Row) -> str:
    return f"{CLASS_TITLES[row['model']]}, trained on {day(row['trained_on'])}"

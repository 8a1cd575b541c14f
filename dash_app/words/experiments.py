"""Declared experiments in words: what to do with each variant, and what it changed."""

from __future__ import annotations

from functools import partial

import polars as pl

from ca_platform.catalogue.ab_experiments import GOAL, GUARD
from dash_app.filters import ExperimentFilters
from dash_app.records import Cell, Head, Listing, Look
from dash_app.words import effect_opened
from dash_app.words.dates import day
from dash_app.words.effect_opened import verdict
from dash_app.words.effect_subjects import METRICS
from dash_app.words.effects import RELATIVE, Subject, coverage, level, p_value, signed
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.lists import NOTHING, name, told
from dash_app.words.names import quoted
from dash_app.words.rows import Row

SUBJECT = Subject(
    noun="figure",
    nouns="figures",
    names=("label",),
    unit="change against the control, in parts of its mean, adjusted for the time before the assignment",
    after="With",
    than="the control",
    raw="without that adjustment",
    base="the control's mean",
)
_KEY = ("experiment", "variant", "metric")
_ROLES = {GOAL: 0, GUARD: 2}


def chosen(frame: pl.DataFrame, look: Look) -> pl.DataFrame:
    """The rows of the experiment that is chosen, or of the last begun one that says anything: goals first, guards last."""
    wanted = ExperimentFilters.of(look.filters).experiment
    if wanted is None and frame.height:
        told = frame.filter(pl.col("ci_low_sequential").is_not_null())
        newest = (told if told.height else frame).sort("begun_on", "experiment", descending=[True, False])
        wanted = newest["experiment"][0]
    role = pl.col("role").replace_strict(_ROLES, default=1, return_dtype=pl.Int64)
    rows = frame.filter(pl.col("experiment") == wanted) if wanted is not None else frame
    return rows.sort("experiment", "variant", role, "metric")


def decisions(frame: pl.DataFrame, look: Look) -> str:
    """How many experiments there are, and what to do with the one that began last."""
    form = formats(look)
    count = frame["experiment"].n_unique()
    newest = frame.sort("begun_on", "experiment", descending=[True, False])["experiment"][0]
    row = _goal(frame.filter(experiment=newest).sort("variant"))
    told = "; ".join(f"{part[:1].lower()}{part[1:]}" for part in str(row["decision"]).rstrip(".").split(". "))
    return (
        f"{form.count(count)} {plural(count, 'experiment')}; the newest is {quoted(row['experiment'])}; for its variant "
        f"{quoted(row['variant'])}: {told}."
    )


def decided(frame: pl.DataFrame, look: Look) -> Listing:
    """A row for each variant: the decision, which is read first, what it rests on, and the sizes."""
    form = formats(look)
    heads = (
        Head("Experiment", is_number=False),
        Head("Variant against control", is_number=False),
        Head("Decision", is_number=False, is_long=True),
        Head("Goal", is_number=False),
        Head("Change"),
        Head("p, on every day"),
        Head("With variant"),
        Head("With control"),
        Head("Saw both"),
        Head("Sizes, p"),
        Head("Since"),
    )
    goals = frame.filter(pl.col("role") == GOAL)
    newest = goals.sort("begun_on", "experiment", "variant", descending=[True, False, False])
    note = "sizes, p: how likely chance makes the variants differ so from their planned sizes"
    return Listing(heads, tuple(_decision(row, form) for row in newest.iter_rows(named=True)), note)


def _decision(row: Row, form: Formats) -> tuple[Cell, ...]:
    called = name(str(row["experiment"]))
    return (
        Cell(called.text, title=called.title, chooses=("experiment", str(row["experiment"]))),
        name(f"{row['variant']} against {row['control']}"),
        Cell(str(row["decision"])),
        Cell(_metric(row)),
        told(row["relative_difference"], form.change),
        Cell(p_value(row["p_value_sequential"], form)),
        *(_counted(row, name, form) for name in ("customers_b", "customers_a", "switched_customers")),
        Cell(p_value(row["srm_p_value"], form)),
        Cell(day(row["begun_on"])),
    )


def _counted(row: Row, name: str, form: Formats) -> Cell:
    """A number of customers, which opens these."""
    key = {"experiment": row["experiment"], "variant": row["variant"]}
    return Cell(form.count(row[name]), opens=(name, key) if row[name] else None)


def found(frame: pl.DataFrame, look: Look) -> str:
    """What the goal of the chosen experiment did, and whether its interval on all days leaves zero out."""
    rows = chosen(frame, look)
    row = _goal(rows)
    form, metric = formats(look), row["metric"]
    said = f"{quoted(row['experiment'])}: with {quoted(row['variant'])}, {_metric(row)} per customer"
    if row["difference"] is None or row["ci_low_sequential"] is None:
        return f"{said} cannot be told from that with {quoted(row['control'])}: {effect_opened.reason(row['note'])}."
    low, high = (signed(row[end], metric, form) for end in ("ci_low_sequential", "ci_high_sequential"))
    return (
        f"{said} changed by {signed(row['difference'], metric, form)} ({coverage(look)} on every day: {low} to {high}) "
        f"against {quoted(row['control'])}; verdict: {verdict(row)}."
    )


def figures(frame: pl.DataFrame, look: Look) -> Listing:
    """Every metric of every variant of the chosen experiment."""
    heads = (
        Head("Variant", is_number=False),
        Head("Metric", is_number=False),
        Head("Control"),
        Head("Variant"),
        Head("Change"),
        Head(f"{coverage(look)} on every day"),
        Head("p, corrected"),
        Head("Raw change"),
        Head("Variance taken off"),
        Head("Verdict", is_number=False),
    )
    rows = chosen(frame, look)
    return Listing(heads, tuple(_figure(row, look) for row in rows.iter_rows(named=True)), _note(rows, look))


def _note(rows: pl.DataFrame, look: Look) -> str:
    """Sizes, plan, switched customers and cap of the experiment."""
    if rows.is_empty():
        return ""
    form, row = formats(look), rows.row(0, named=True)
    switched = int(row["switched_customers"] or 0)
    return (
        f"planned until {day(row['planned_until'])}; corrected for all figures of the experiment but guards; "
        f"{form.count(switched)} {plural(switched, 'customer')} saw another variant later and count with the first"
        f"{_up_to(rows, form)}"
    )


def _up_to(rows: pl.DataFrame, form: Formats) -> str:
    caps = rows["cap"].drop_nulls()
    return f"; up to a cap: no more than {form.money(caps[0])} of any customer" if caps.len() else ""


def _figure(row: Row, look: Look) -> tuple[Cell, ...]:
    form, metric = formats(look), row["metric"]
    change = partial(signed, metric=metric, form=form)
    mean = partial(level, metric=metric, form=form)
    low, high = row["ci_low_sequential"], row["ci_high_sequential"]
    return (
        name(str(row["variant"])),
        Cell(f"{_metric(row)}{_role(row)}"),
        told(row["mean_a"], mean),
        told(row["mean_b"], mean),
        told(row["difference"], change),
        Cell(NOTHING if low is None or high is None else f"{change(low)} to {change(high)}"),
        Cell(p_value(row["p_adjusted"], form)),
        told(row["raw_difference"], change),
        told(row["variance_reduction"], form.share),
        Cell(verdict(row)),
    )


def drawn(frame: pl.DataFrame, look: Look) -> pl.DataFrame:
    """The figures of the chosen experiment in parts of the control's mean, with a ``label`` each.

    ``low`` and ``high`` are the ends of the interval of somebody who looks once, ``ci_low`` and ``ci_high`` of the other.
    """
    rows = chosen(frame, look).filter(pl.col("mean_a") != 0)
    parts = {
        "difference": "difference",
        "ci_low": "ci_low_sequential",
        "ci_high": "ci_high_sequential",
        "low": "ci_low",
        "high": "ci_high",
        "raw_difference": "raw_difference",
    }
    several = rows["variant"].n_unique() > 1
    labels = [f"{row['variant']}, {_metric(row)}" if several else _metric(row) for row in rows.iter_rows(named=True)]
    scale = pl.col("mean_a").abs()
    return rows.with_columns(
        *((pl.col(column) / scale).alias(name) for name, column in parts.items()),
        label=pl.Series(labels, dtype=pl.String),
        own_metric=pl.col("metric"),
        metric=pl.lit(RELATIVE),
        customers=pl.col("customers_a") + pl.col("customers_b"),
    )


def goal(frame: pl.DataFrame, look: Look) -> pl.DataFrame:
    """The goal of the first variant of the chosen experiment, as an item of a comparison: what it is held against is A."""
    rows = chosen(frame, look)
    goals = rows.filter(pl.col("role") == GOAL).head(1)
    return goals.with_columns(
        item=pl.concat_str("experiment", "variant", separator=", "),
        customers=pl.col("customers_a") + pl.col("customers_b"),
    )


def required(frame: pl.DataFrame, look: Look) -> str:
    """What its size would show of the goal."""
    return effect_opened.required(goal(frame, look), look)


def requirements(frame: pl.DataFrame, look: Look) -> Listing:
    """Sizes of a true effect on the goal, and how many customers each would take."""
    return effect_opened.requirements(goal(frame, look), look, SUBJECT)


def _goal(rows: pl.DataFrame) -> Row:
    goals = rows.filter(pl.col("role") == GOAL)
    return (goals if goals.height else rows).row(0, named=True)


def _metric(row: Row) -> str:
    """The metric as it stands in a sentence."""
    return METRICS.get(row["metric"], str(row["metric"]).replace("_", " "))


def _role(row: Row) -> str:
    return f" ({row['role']})" if row["role"] in _ROLES else ""

"""One item of a comparison: what was found of it in a plain sentence, its figures, and what would have to be true."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import polars as pl

from ca_platform.catalogue.ab_experiments import MISMATCH
from ca_platform.catalogue.ab_tests import CAPPED, FREQUENT_ITEMS, INSUFFICIENT, NOT_OBSERVED, WITHHELD
from ca_platform.models.experiments.verdicts import LEAST_CUSTOMERS, LEAST_OUTCOMES
from dash_app.records import Cell, Head, Listing, Look, Tile
from dash_app.words.effect_pairs import PAIR
from dash_app.words.effect_pairs import opened as opened_pair
from dash_app.words.effects import (
    Subject,
    chosen_item,
    did_more,
    interval,
    leading,
    level,
    named,
    p_value,
    signed,
    size,
)
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.lists import NOTHING
from dash_app.words.names import capital
from dash_app.words.rows import Row

AIM = 0.8
"""How often a true effect has to be found, for what would have to be true."""

_REASONS = {
    WITHHELD: "the test is wrong too often, or too seldom, in this shop",
    INSUFFICIENT: "too few customers",
    NOT_OBSERVED: "not enough time yet",
    MISMATCH: "the variants have other sizes than planned",
}
_FEW_TOLD = f"it takes {LEAST_CUSTOMERS} customers, {LEAST_OUTCOMES} of them with an order, before and after"
_TESTS = {
    "sign_flip": "sign flips",
    "item_permutation": "permutation of the product",
    FREQUENT_ITEMS: "permutation, frequent products",
    "welch": "Welch's t",
    "welch_skewed": "Welch's t for skewed amounts",
    "cuped": "CUPED",
    "regression_adjusted": "regression adjustment",
    "proportions": "two proportions",
    **{f"beyond_shop_{word}": f"change beyond the shop's, {word}" for word in ("daily", "weekly", "monthly")},
    "block_permutation": "permutation of blocks of days",
    "newey_west": "Newey–West",
}
_TESTS |= {CAPPED[name]: f"{_TESTS[name]}, capped" for name in CAPPED}


def item(frame: pl.DataFrame, look: Look) -> pl.DataFrame:
    """The row of the item, or pair, that is opened: the chosen one, or the one that stands out most."""
    if PAIR[0] in frame.columns:
        return opened_pair(frame, look)
    chosen = chosen_item(look)
    if chosen is not None:
        return frame.filter(pl.col("item") == chosen)
    best = leading(frame)
    return frame.clear() if best is None else frame.filter(item=best["item"], metric=best["metric"])


def sentence(frame: pl.DataFrame, look: Look, subject: Subject) -> str:
    """What was found of the item, and whether it survives the correction."""
    rows = item(frame, look)
    if rows.is_empty():
        return f"No {subject.noun} is opened."
    row = rows.row(0, named=True)
    form, metric = formats(look), row["metric"]
    if row["difference"] is None or row["note"] == INSUFFICIENT:
        count = f"{form.count(row['customers'])} {plural(row['customers'], 'customer')}"
        return f"{capital(named(row, subject))} has too few {subject.few} for a verdict ({count}): {_FEW_TOLD}."
    said = (
        f"{subject.after} {named(row, subject)}, customers {did_more(row['difference'], metric, form)} each than "
        f"{subject.than} ({interval(row, metric, look)})"
    )
    return f"{said}; {concluded(row)}."


def concluded(row: Row) -> str:
    """What may be said of the difference, behind it."""
    if row["significant"] is None:
        return f"no verdict: {reason(row['note'])}"
    said = "this survives the correction" if row["significant"] else "chance alone may do that"
    return f"{said} ({row['note']})" if row["note"] else said


def reason(note: str | None) -> str:
    """Why there is no verdict."""
    return _REASONS.get(note or "", note or "not tested")


def verdict(row: Row) -> str:
    """Increase, decrease, none, or why there is no verdict: for a table."""
    if row["significant"] is None:
        return reason(row["note"])
    return str(row["direction"]) if row["significant"] else "none"


def tiles(frame: pl.DataFrame, look: Look, subject: Subject) -> tuple[Tile, ...]:
    """The adjusted difference first, the raw one beside it; then the means, sample sizes, p-values and the power."""
    rows = item(frame, look)
    if rows.is_empty():
        return ()
    row = rows.row(0, named=True)
    form, metric = formats(look), row["metric"]

    def change(value: float) -> str:
        return signed(value, metric, form)

    def mean(value: float) -> str:
        return level(value, metric, form)

    return (
        changed("Change, adjusted", row, look),
        Tile(
            "Change, raw",
            _told(row, "raw_difference", change),
            f"{subject.raw}, p {p_value(row['raw_p_value'], form)}",
        ),
        Tile("Before", _told(row, "mean_before", mean), f"{_told(row, 'mean_after', mean)} after"),
        Tile(
            "Customers",
            _told(row, "customers", form.count),
            "who are compared",
            opens=("customers", {"item": row["item"]}) if row["customers"] else None,
        ),
        *_matched(row, subject, form),
        *judged(row, look),
    )


def _told(row: Row, name: str, write: Callable[[Any], str]) -> str:
    return NOTHING if row[name] is None else write(row[name])


def changed(label: str, row: Row, look: Look) -> Tile:
    """The difference that the verdict is about, with its interval."""
    form, metric = formats(look), row["metric"]
    relative = _told(row, "relative_difference", form.change)
    value = _told(row, "difference", lambda found: signed(found, metric, form))
    return Tile(label, value, f"{relative}, {_interval(row, metric, look)}")


def judged(row: Row, look: Look) -> tuple[Tile, ...]:
    """How sure it is: p-values, the power, and how often the test is wrong in this shop."""
    form = formats(look)
    return (
        Tile(
            "p, corrected",
            p_value(row["p_adjusted"], form),
            f"by itself {p_value(row['p_value'], form)}, {test(row['test'])}",
        ),
        Tile("Power for 10%", _told(row, "power", form.share), "to find a change by a tenth"),
        Tile("False positives", _told(row, "false_positive_rate", form.share), _wrong(row, form)),
    )


def test(name: str | None) -> str:
    """The test as it is known."""
    return NOTHING if name is None else _TESTS.get(name, name.replace("_", " "))


def _interval(row: Row, metric: str, look: Look) -> str:
    return "no interval" if row["ci_low"] is None or row["ci_high"] is None else interval(row, metric, look)


def _matched(row: Row, subject: Subject, form: Formats) -> tuple[Tile, ...]:
    """Those whom the adjusted change is of, where some have nobody to be held against."""
    matched = row.get("matched_customers")
    if matched is None:
        return ()
    key = {"item": row["item"], "metric": row["metric"]}
    opens = ("matched_customers", key) if matched else None
    return (Tile("Matched", form.count(matched), subject.matched, opens=opens),)


def _wrong(row: Row, form: Formats) -> str:
    """The interval of the share of false positives that the test was measured to have in the shop."""
    low, high = row["false_positive_low"], row["false_positive_high"]
    return (
        "not measured yet" if low is None or high is None else f"{form.share(low)} to {form.share(high)} in this shop"
    )


def required(frame: pl.DataFrame, look: Look) -> str:
    """The smallest effect that these customers would show, and how many it would take for a tenth."""
    rows = item(frame, look)
    row = rows.row(0, named=True) if rows.height else None
    error = None if row is None else standard_error(row, look)
    if row is None or error is None:
        return "With too few customers nothing can be said of what would be found."
    form, metric = formats(look), row["metric"]
    from ca_platform.models.experiments import detectable

    least = float(detectable(error, AIM, look.alpha))
    return (
        f"With its {form.count(row['customers'])} {plural(row['customers'], 'customer')}, a true change of "
        f"{size(least, metric, form)}{_part(least, row, form)} would be found {form.share(AIM, 0)} of the time; a smaller "
        "one is missed more often."
    )


def requirements(frame: pl.DataFrame, look: Look, subject: Subject) -> Listing:
    """Sizes of a true effect, how surely each would be found, and how many customers it would take."""
    from ca_platform.models.experiments import customers_needed, detectable, power

    form = formats(look)
    heads = (
        Head("If the true change were", is_number=False),
        Head("It is found in"),
        Head(f"Customers for {form.share(AIM, 0)}"),
    )
    rows = item(frame, look)
    row = rows.row(0, named=True) if rows.height else None
    error = None if row is None else standard_error(row, look)
    if row is None or error is None:
        return Listing(heads, ((Cell("unknown"), Cell(NOTHING), Cell(NOTHING)),))
    metric, count, base = row["metric"], row["customers"], _base(row)
    sizes = {
        **{f"{form.share(part, 0)} of {subject.base}": part * base for part in (0.05, 0.1, 0.2, 0.5) if base},
        "what was seen": abs(row["difference"]),
        f"found in {form.share(AIM, 0)}": float(detectable(error, AIM, look.alpha)),
    }
    known = {told: effect for told, effect in sizes.items() if effect > 0}
    cells = tuple(
        (
            Cell(f"{size(effect, metric, form)}, {told}"),
            Cell(form.share(float(power(effect, error, look.alpha)), 0)),
            Cell(form.count(float(customers_needed(effect, error, count, AIM, look.alpha)))),
        )
        for told, effect in sorted(known.items(), key=lambda one: one[1])
    )
    note = f"{form.count(count)} {plural(count, 'customer')} now; one test by itself, without the correction"
    return Listing(heads, cells, note)


def standard_error(row: Row, look: Look) -> float | None:
    """What the interval says of the standard error of the difference; None without an interval."""
    from ca_platform.models.experiments.special import normal_quantile

    low, high = row["ci_low"], row["ci_high"]
    if low is None or high is None or not high > low:
        return None
    return float((high - low) / (2 * float(normal_quantile(1 - look.alpha / 2))))


def _base(row: Row) -> float:
    """The mean that a change is held against."""
    return float(row.get("mean_before") or row.get("mean_a") or 0.0)


def _part(value: float, row: Row, form: Formats) -> str:
    base = _base(row)
    return f" ({form.share(value / base, 0)})" if base else ""

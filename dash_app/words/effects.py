"""Comparisons of two sides in words: how large a difference is, how sure, and what may be concluded from it.

What belongs here: what all pages of A/B tests say alike. What does not: one item by itself (``effect_opened``).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

import polars as pl

from dash_app.filters import EffectFilters, EffectOrder, ItemFilters, OpenedFilters
from dash_app.records import Cell, Head, Listing, Look
from dash_app.words.formats import Formats, formats, plural
from dash_app.words.lists import NOTHING, name, told
from dash_app.words.names import capital, quoted, value
from dash_app.words.rows import Row

Frame = pl.DataFrame
RELATIVE = "relative"
"""The metric of differences in parts of the mean of A."""
_SHORTEST_P = 0.001
_ALMOST = 1e-9
_JOINER = "\u2060"
_MONEY = ("amount", "revenue_per_customer", "capped_revenue_per_customer", "discount_per_customer")
_SHARES = ("conversion", RELATIVE)
LISTED = 20
"""Rows of a list on a page where nothing else is chosen; the file has all."""


@dataclass(frozen=True, slots=True)
class Subject:
    """What is compared on a page.

    Attributes:
        noun, nouns: what an item is.
        names: the columns that name an item.
        unit: what a difference is, above the chart: against like customers, per customer in the week after first use.
        after: what stands before an item's name where customers did something: After a first order with.
        than: whom they are held against.
        raw: what the raw difference is without.
        few: what an item has too little of for a verdict.
        base: what a change is a part of.
        matched: what those of the customers are that the adjustment rests on.
    """

    noun: str
    nouns: str
    names: tuple[str, ...]
    unit: str
    after: str
    than: str
    raw: str
    few: str = "customers"
    base: str = "the mean before"
    matched: str = "with like customers"


def signed(value: float, metric: str, form: Formats) -> str:
    """A difference with its sign: +£3.20, −0.12. No line breaks behind the sign."""
    written = size(value, metric, form)
    return f"+{_JOINER}{written}" if value > 0 and any(digit in written for digit in "123456789") else written


def size(value: float, metric: str, form: Formats) -> str:
    """An amount, a number of orders, a share in percentage points, or a part of the mean."""
    if metric in _MONEY:
        return form.money(value)
    if metric == RELATIVE:
        return form.change(value).removeprefix("+")
    return form.points(value).removeprefix("+") if metric in _SHARES else form.mean(value)


def ticks(values: Sequence[float], metric: str, form: Formats) -> list[str]:
    """Differences beneath an axis: no minor unit, and no digit behind the point, where none of them has one.

    >>> ticks([-10.0, 0.0, 10.0], "amount", Formats("GBP")), ticks([0.0, 0.2], RELATIVE, Formats())
    (['−£10', '0', '+\u2060£10'], ['0', '+\u206020%'])
    >>> ticks([0.0, 2.5], "amount", Formats("GBP")), ticks([-0.5, 0.0], "orders", Formats())
    (['0', '+\u2060£2.50'], ['−0.5', '0'])
    """
    unit = 0.01 if metric in _SHARES else 1.0
    is_whole = all(abs(value / unit - round(value / unit)) < _ALMOST for value in values)
    digits = 0 if is_whole else max(len(f"{value / unit:.6f}".rstrip("0").partition(".")[2]) for value in values)
    return [_tick(value, metric, form, digits) if value else "0" for value in values]


def _tick(value: float, metric: str, form: Formats, digits: int) -> str:
    sign = f"+{_JOINER}" if value > 0 else ""
    if metric in _MONEY:
        return sign + (form.money(value) if digits else form.round_money(value))
    if metric in _SHARES:
        return f"{sign}{form.number(100 * value, digits)}{'%' if metric == RELATIVE else ' pp'}"
    return sign + form.number(value, digits)


def level(mean: float, metric: str, form: Formats) -> str:
    """The mean of a side."""
    return form.share(mean) if metric in _SHARES else size(mean, metric, form)


def interval(row: Row, metric: str, look: Look) -> str:
    """The interval with its coverage: 95%: −£1.10 to +£5.30."""
    form = formats(look)
    low, high = (signed(row[end], metric, form) for end in ("ci_low", "ci_high"))
    return f"{coverage(look)}: {low} to {high}"


def coverage(look: Look) -> str:
    """How often the intervals cover the truth, in percent.

    >>> coverage(Look(alpha=0.1))
    '90%'
    """
    return f"{100 * (1 - look.alpha):g}%"


def p_value(value: float | None, form: Formats) -> str:
    """A p-value in three digits; a very small one by its bound.

    >>> [p_value(value, Formats()) for value in (0.0004, 0.0312, 1.0, None)]
    ['<0.001', '0.031', '1.000', '–']
    """
    if value is None:
        return NOTHING
    return f"<{form.number(_SHORTEST_P, 3)}" if value < _SHORTEST_P else form.number(value, 3)


def did_more(value: float, metric: str, form: Formats) -> str:
    """The difference as what customers did: spent £3.20 more, placed 0.12 orders fewer."""
    amount = size(abs(value), metric, form)
    if metric in _MONEY:
        return f"spent {amount} {'more' if value >= 0 else 'less'}"
    return f"placed {amount} {'more' if value >= 0 else 'fewer'} orders"


def chosen_item(look: Look) -> str | None:
    """The item that the address opens; None: the one that stands out most is opened."""
    return look.filters.item if isinstance(look.filters, OpenedFilters) else None


def choice(row: Row, names: Sequence[str]) -> tuple[str, str]:
    """The choice of the page that opens an item, and its value: of a pair the text of both names.

    >>> choice({"promotion_a": "A", "promotion_b": "B"}, ("promotion_a", "promotion_b"))
    ('pair', '["A", "B"]')
    """
    own = [str(row[column]) for column in names]
    return ("item", own[0]) if len(own) == 1 else ("pair", json.dumps(own, ensure_ascii=False))


def top(look: Look, standard: int = LISTED) -> int:
    """How many items are shown."""
    return int(look.filters.top) if isinstance(look.filters, ItemFilters) else standard


def named(row: Row, subject: Subject) -> str:
    """The item as it stands in a sentence: “A”, or “A” against “B”."""
    return " against ".join(quoted(row[column]) for column in subject.names)


def known(frame: Frame) -> Frame:
    """The rows that have a difference with an interval."""
    ends = [pl.col(name).is_not_null() & pl.col(name).is_finite() for name in ("difference", "ci_low", "ci_high")]
    return frame.filter(pl.all_horizontal(ends))


def ranked(frame: Frame, order: EffectOrder, names: tuple[str, ...]) -> Frame:
    """The items that can be drawn in the order in which they are chosen: those that survive the correction come first.

    By effect the larger one comes first, whatever its sign.
    """
    rows = known(frame).with_columns(__sure=pl.col("significant").fill_null(value=False))
    keys: dict[EffectOrder, tuple[list[pl.Expr], list[bool]]] = {
        "effect": ([pl.col("__sure"), pl.col("difference").abs()], [True, True]),
        "certainty": ([pl.col("p_value").fill_null(1.0), pl.col("difference").abs()], [False, True]),
        "customers": ([pl.col("customers")], [True]),
    }
    by, descending = keys[order]
    tied = [pl.col(column) for column in names]
    return rows.sort(*by, *tied, descending=[*descending, *(False for _ in tied)]).drop("__sure")


def leading(frame: Frame, names: tuple[str, ...] = ("item",)) -> Row | None:
    """The item that stands out most: the largest that survives, else the surest one, else the one with most customers."""
    rows = ranked(frame, "effect", names)
    survives = rows.filter("significant")
    if survives.height:
        return survives.row(0, named=True)
    surest = ranked(frame, "certainty", names)
    if surest.height:
        return surest.row(0, named=True)
    most = frame.sort("customers", *names, descending=[True, *(False for _ in names)], nulls_last=True)
    return most.row(0, named=True) if most.height else None


def summary(frame: Frame, look: Look, subject: Subject) -> str:
    """How many items survive the correction in each direction, and the one that stands out most."""
    form = formats(look)
    able = known(frame).filter(pl.col("significant").is_not_null())
    count = f"{form.count(frame.height)} {plural(frame.height, subject.noun, subject.nouns)}"
    if able.is_empty():
        return f"Of {count}, none has enough {subject.few} for a verdict."
    up, down = (able.filter("significant", direction=way).height for way in ("increase", "decrease"))
    of = count if able.height == frame.height else f"{form.count(able.height)} with enough {subject.few} of {count}"
    best = leading(able, subject.names)
    if best is None or not best["significant"]:
        tests = f"{form.count(able.height)} {plural(able.height, 'test')}"
        return f"Of {of}, none shows a change that survives the correction for {tests}."
    metric = best["metric"]
    return (
        f"Of {of}, {form.count(up)} {plural(up, 'shows', 'show')} an increase and {form.count(down)} a decrease that "
        f"survives the correction; most {named(best, subject)}, {signed(best['difference'], metric, form)} "
        f"({interval(best, metric, look)})."
    )


def accepted(frame: Frame, look: Look, subject: Subject, *, more: bool) -> str:
    """How many items have a significant change in one direction, and the largest."""
    form = formats(look)
    way = "increase" if more else "decrease"
    if frame.is_empty():
        return f"No {subject.noun} has {'an' if more else 'a'} {way} that survives the correction."
    best = leading(frame, subject.names) or frame.row(0, named=True)
    count = f"{form.count(frame.height)} {plural(frame.height, subject.noun, subject.nouns)}"
    return (
        f"{count} {plural(frame.height, 'has', 'have')} {'an' if more else 'a'} {way} that survives the correction, most "
        f"{named(best, subject)}: {signed(best['difference'], best['metric'], form)} "
        f"({interval(best, best['metric'], look)})."
    )


def listed(frame: Frame, look: Look, subject: Subject, *, chooses: bool = True) -> Listing:
    """The first items by what is chosen: the adjusted change with its interval, the raw one beside it."""
    form = formats(look)
    rows = ranked(frame, EffectFilters.of(look.filters).sort, subject.names).head(top(look))
    heads = (
        Head(capital(subject.noun), is_number=False),
        Head("Change"),
        Head(f"{coverage(look)} interval"),
        Head("Raw"),
        Head("p, corrected"),
    )
    cells = tuple(_row(row, look, subject, chooses=chooses) for row in rows.iter_rows(named=True))
    shown = f"{form.count(rows.height)} of {form.count(frame.height)} {subject.nouns}"
    return Listing(heads, cells, shown if rows.height < frame.height else "")


def title(row: Row, names: Sequence[str]) -> str:
    """The item as it stands on an axis or in a list."""
    return " – ".join(value(row[column]) for column in names)


def _row(row: Row, look: Look, subject: Subject, *, chooses: bool) -> tuple[Cell, ...]:
    form, metric = formats(look), row["metric"]
    write = partial(signed, metric=metric, form=form)
    called = name(title(row, subject.names))
    chosen = choice(row, subject.names) if chooses else None
    return (
        Cell(called.text, title=called.title, chooses=chosen),
        Cell(write(row["difference"])),
        Cell(f"{write(row['ci_low'])} to {write(row['ci_high'])}"),
        told(row["raw_difference"], write),
        Cell(p_value(row["p_adjusted"], form)),
    )

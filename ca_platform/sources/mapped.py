"""Which column of a table is which of one source, from what its name means and what its values look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ca_platform.settings.currency import MINOR_DIGITS
from ca_platform.settings.sources import CANONICAL, REQUIRED
from ca_platform.sources.date_forms import ENOUGH
from ca_platform.sources.likeness import TRUE, Columns
from ca_platform.sources.number_forms import NumberForm
from ca_platform.sources.own_columns import add_own, is_usable
from ca_platform.sources.synonyms import (
    CURRENCIES,
    KINDS,
    LAST_NAMES,
    NO_ACTIONS,
    NUMBERED,
    OWN_NAMES,
    OWN_NUMBERS,
    means,
    plain_name,
    readings,
    words_for,
)

_SHOWN = 30
_RANKS = ("name", "synonym", "own number", "last name", "values")
_EACH_ROW = ("order_id", "session_start_date")
"""What nearly every row has."""


@dataclass(frozen=True)
class Guess:
    """A proposed source.

    Attributes:
        source: which of the platform's sources it looks like: sessions, customers, lines, deliveries or assignments.
        mapping: keys as in the settings file.
        confidence: by name of the platform how sure the mapping is, in words.
        missing: required names for which no column was found.
        unfit: by missing name the column that is called so, and what its values look like, in words.
        numbers: how the table writes them.
        currencies: codes in the table's column of currencies.
        doubts: sentences about what the rows do not say, or say otherwise than it seems.
        columns: all columns of the table, used or not.
        date: how the table writes the first date of its rows; "": not as text.
        no_sessions: of rows that are orders but for these names of the platform, for which no column was found.
        named: by name of the platform the column that was found by its name; "": the query makes it.
    """

    source: str
    mapping: dict[str, Any]
    confidence: dict[str, str]
    missing: tuple[str, ...] = ()
    unfit: Mapping[str, str] = field(default_factory=dict)
    numbers: NumberForm = field(default_factory=NumberForm)
    currencies: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()
    named: Mapping[str, str] = field(default_factory=dict)
    no_sessions: tuple[str, ...] = ()
    columns: tuple[str, ...] = ()
    date: str = ""

    @property
    def unnamed(self) -> int:
        """Required names for which no column has a name that means it: missing, or guessed from values alone."""
        given = {*self.named, *self.mapping.get("constants", {})}
        return sum(target not in given for target in REQUIRED[self.source])


def map_columns(base: Mapping[str, Any], columns: Columns, source: str) -> Guess:
    """The mapping of a table as one source.

    Args:
        base: where the rows are, as in the settings file.
        columns: their columns; those that are found become used.
    """
    mapped, confidence, ranks = _found(columns, source)
    missing = tuple(target for target in REQUIRED[source] if target not in mapped)
    mapping = dict(base)
    dates = (name for name in (*REQUIRED[source], *CANONICAL[source]) if name in mapped and _kind(name) == "date")
    form = columns.date_formats.get(mapped.get(next(dates, ""), ""))
    other = [name for name, own in columns.date_formats.items() if own != form]
    odd = [target for target, column in mapped.items() if column in other and target not in REQUIRED[source]]
    doubts = tuple(
        f"{mapped[target]} is left out, as its dates are written in another form: make them alike by `query`"
        for target in odd
    )
    for target in odd:
        del confidence[target]
    # A column that is called as we call it would be read otherwise.
    constants: dict[str, Any] = {target: None for target in odd if mapped.pop(target) == target}
    columns.used |= set(other)
    if form is not None:
        mapping["date_format"] = form
    mapping["columns"] = {target: column for target, column in mapped.items() if column != target}
    if source == "sessions":
        if "has_purchased" in missing:
            constants["has_purchased"] = True
            confidence["has_purchased"] = (
                "no column looks like it: every row is taken for an order; correct this if it is not so"
            )
            missing = tuple(target for target in missing if target != "has_purchased")
        add_own(mapping, columns, confidence)
    mapping["constants"] = constants
    if source == "customers":
        mapping["actions"] = [
            name
            for name, kind in columns.kinds.items()
            if kind == "date" and name not in columns.used and is_usable(name) and not means(name, NO_ACTIONS)
        ]
    given = {key: value for key, value in mapping.items() if value not in ({}, [])}
    unfit = {target: words for target in missing if (words := _unfit(target, columns)) is not None}
    named = {target: column for target, column in mapped.items() if ranks[target] != "values"}
    return Guess(
        source,
        given,
        confidence,
        missing,
        unfit,
        columns.numbers,
        currencies_in(columns),
        doubts,
        named,
        columns=tuple(columns.kinds),
        date=first_date(columns, named),
    )


def first_date(columns: Columns, named: Mapping[str, str]) -> str:
    """The first date of a table's rows as it is written; "": it is no text, or there is none."""
    found = next(
        (column for target, column in named.items() if _kind(target) == "date" and column in columns.kinds), None
    )
    if found is None or columns.rows[found].dtype != pl.String():
        return ""
    values = columns.rows[found].drop_nulls()
    return str(values[0]) if len(values) else ""


def currencies_in(columns: Columns) -> tuple[str, ...]:
    """The codes in the column that says in which currency an amount is; none without one."""
    found = next((name for name in columns.kinds if means(name, CURRENCIES)), None)
    if found is None:
        return ()
    codes = sorted({code.strip().upper() for code in columns.values(found)})
    return tuple(code for code in codes if code in MINOR_DIGITS)


def _found(columns: Columns, source: str) -> tuple[dict[str, str], dict[str, str], dict[str, str]]:
    """The column of each name of the platform, the surest first, how sure that is, and by what it was found."""
    mapped: dict[str, str] = {}
    confidence: dict[str, str] = {}
    ranks: dict[str, str] = {}
    targets = [*REQUIRED[source], *(name for name in CANONICAL[source] if name not in REQUIRED[source])]
    for rank in _RANKS:
        for target in targets:
            if target in mapped:
                continue
            candidates = _candidates(source, target, columns, rank)
            if rank == "values" and target == "has_purchased":
                candidates = (
                    name for name in candidates if _says_who_paid(columns, name, mapped.get("payment_amount"))
                )
            found = next(candidates, None)
            if found is not None:
                mapped[target] = found
                columns.used.add(found)
                confidence[target] = _words(found, columns.kinds[found], rank)
                ranks[target] = rank
    return mapped, confidence, ranks


def _says_who_paid(columns: Columns, flag: str, amount: str | None) -> bool:
    """Whether a flag is set where something was paid, and only there: a flag alone may say anything."""
    if amount is None:
        return False
    paid = columns.number(amount).fill_null(0) > 0
    is_set = columns.rows[flag].cast(pl.String()).str.to_lowercase().is_in(TRUE)
    return bool(paid.any()) and not paid.all() and (paid == is_set).sum() >= ENOUGH * len(paid)


def _candidates(source: str, target: str, columns: Columns, rank: str) -> Iterator[str]:
    kind = _kind(target)
    free = [name for name in columns.kinds if name not in columns.used and _is_filled(target, name, columns)]
    fitting = [name for name in free if _fits(target, kind, name, columns)]
    if rank == "name":
        named = (name for name in free if name == target)
        yield from (name for name in named if target != "discount_amount" or not columns.is_negative(name))
    elif rank == "synonym":
        yield from _named(fitting, words_for(target))
    elif rank == "own number" and OWN_NUMBERS.get(source) == target:
        yield from (name for name in _named(fitting, OWN_NAMES) if columns.is_unique(name))
    elif rank == "last name":
        found = _named(fitting, LAST_NAMES.get(target, ()))
        yield from (name for name in found if target != "order_id" or columns.looks_like(name, NUMBERED))
    elif rank == "values" and target in REQUIRED[source] and kind in ("date", "flag"):
        # Whole numbers that could be instants are as often numbers of something.
        yield from (name for name in fitting if kind == "flag" or columns.kinds[name] == "date")


def _kind(target: str) -> str:
    """What the values of a name look like."""
    return KINDS.get(target, "date" if target.endswith(("_date", "_at")) or target == "date" else "text")


def _is_filled(target: str, name: str, columns: Columns) -> bool:
    """Whether a column has values: one of exports has columns of what the shop does not use."""
    return columns.filled(name) >= ENOUGH if target in _EACH_ROW else columns.filled(name) > 0


def _fits(target: str, kind: str, name: str, columns: Columns) -> bool:
    have = columns.kinds[name]
    if target == "discount_amount" and have == kind and (columns.is_share(name) or columns.is_negative(name)):
        return False
    if kind == "date" and have == "number":
        return columns.is_epoch(name) or columns.is_day(name)
    return have == kind or (kind == "text" and have != "date") or (kind == "number" and have == "flag")


def _named(names: Sequence[str], meant: Sequence[str]) -> Iterator[str]:
    """The columns that are called so; of those for one word the ones that are only when read otherwise come last."""
    plain = {name: plain_name(name) for name in names}
    for word in meant:
        yield from (name for name in names if plain[name] == word)
        yield from (name for name in names if plain[name] != word and word in readings(name))


def _unfit(target: str, columns: Columns) -> str | None:
    """Which column is called like a name that was not found, and why it is not it; None: no column is called so."""
    left = [name for name in columns.kinds if name not in columns.used]
    found = next(_named(left, words_for(target)), None)
    if found is None:
        return None
    kind, values, filled = _kind(target), columns.rows[found].drop_nulls(), columns.filled(found)
    if not filled or values.is_empty():
        return f"{found!r} is called so, but has no values"
    if not _is_filled(target, found, columns):
        return f"{found!r} is called so, but {1 - filled:.0%} of the rows have no value in it: an order needs it in each of its rows"
    return f"{found!r} is called so, but {str(values[0])[:_SHOWN]!r} is no {kind}"


def _words(column: str, kind: str, rank: str) -> str:
    if rank == "name":
        return f"sure: the column has this very name (values: {kind})"
    if rank == "values":
        return f"a guess: the values of {column!r} fit ({kind}); check it"
    return f"likely: the name {column!r} means it and its values fit ({kind})"

"""Which column of a table is which of one source, from what its name means and what its values look like."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import polars as pl

from ca_platform.settings.currency import MINOR_DIGITS
from ca_platform.settings.sources import CANONICAL, REQUIRED, RESERVED_STEPS
from ca_platform.sources.date_forms import ENOUGH
from ca_platform.sources.likeness import TRUE, Columns
from ca_platform.sources.number_forms import NumberForm
from ca_platform.sources.synonyms import (
    CURRENCIES,
    GUESTS,
    KINDS,
    LAST_NAMES,
    NO_ACTIONS,
    NUMBERED,
    OWN_NAMES,
    OWN_NUMBERS,
    SYNONYMS,
    plain_name,
)

_MOST_VALUES = 100
"""More distinct texts than this are no dimension."""
_SHOWN = 30
_ADDRESS = r"[^@\s]+@[^@\s]+"
_RANKS = ("name", "synonym", "own number", "last name", "values")
_DELIVERY_DATES = ("delivery_date", "prepare_date", "return_date", "promised_date")


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
        doubts: sentences about the customers of the rows.
    """

    source: str
    mapping: dict[str, Any]
    confidence: dict[str, str]
    missing: tuple[str, ...] = ()
    unfit: Mapping[str, str] = field(default_factory=dict)
    numbers: NumberForm = field(default_factory=NumberForm)
    currencies: tuple[str, ...] = ()
    doubts: tuple[str, ...] = ()

    @property
    def unnamed(self) -> int:
        """Required names for which no column has a name that means it: missing, or guessed from values alone."""
        words = (self.confidence.get(target, "") for target in REQUIRED[self.source])
        return len(self.missing) + sum(said.startswith("a guess") for said in words)


def map_columns(base: Mapping[str, Any], columns: Columns, source: str) -> Guess:
    """The mapping of a table as one source.

    Args:
        base: where the rows are, as in the settings file.
        columns: their columns; those that are found become used.
    """
    mapped, confidence = _found(columns, source)
    missing = tuple(target for target in REQUIRED[source] if target not in mapped)
    mapping = dict(base)
    forms = [columns.date_formats[column] for column in mapped.values() if column in columns.date_formats]
    if forms:
        mapping["date_format"] = forms[0]
    mapping["columns"] = {target: column for target, column in mapped.items() if column != target}
    if source == "sessions":
        if "has_purchased" in missing:
            mapping["constants"] = {"has_purchased": True}
            confidence["has_purchased"] = (
                "no column looks like it: every row is taken for an order; correct this if it is not so"
            )
            missing = tuple(target for target in missing if target != "has_purchased")
        _add_own(mapping, columns, confidence)
    if source == "customers":
        mapping["actions"] = [
            name
            for name, kind in columns.kinds.items()
            if kind == "date" and name not in columns.used and _is_usable(name) and plain_name(name) not in NO_ACTIONS
        ]
    given = {key: value for key, value in mapping.items() if value not in ({}, [])}
    unfit = {target: words for target in missing if (words := _unfit(target, columns)) is not None}
    doubts = tuple(_doubts(mapped["client"], columns)) if source == "sessions" and "client" in mapped else ()
    return Guess(source, given, confidence, missing, unfit, columns.numbers, currencies_in(columns), doubts)


def currencies_in(columns: Columns) -> tuple[str, ...]:
    """The codes in the column that says in which currency an amount is; none without one."""
    found = next((name for name in columns.kinds if plain_name(name) in CURRENCIES), None)
    if found is None:
        return ()
    codes = columns.rows[found].drop_nulls().cast(pl.String()).str.strip_chars().str.to_uppercase().unique().sort()
    return tuple(code for code in codes if code in MINOR_DIGITS)


def _doubts(client: str, columns: Columns) -> Iterator[str]:
    """Rows without a customer, and those of guests, whom shops give one number in common."""
    named = columns.rows[client].cast(pl.String())
    guests = int(named.str.to_lowercase().is_in(GUESTS).sum())
    missing = named.null_count()
    mend = "take their e-mail address instead, as in coalesce(customer, email), by `query`"
    if missing:
        yield f"{missing:,} of the first {len(named):,} rows have no {client} and would be refused: {mend}."
    if guests > 1:
        value = named.filter(named.str.to_lowercase().is_in(GUESTS))[0]
        yield f"{guests:,} of the first {len(named):,} rows have the {client} {value!r}: if these are guests, they would be one customer: {mend}."


def _found(columns: Columns, source: str) -> tuple[dict[str, str], dict[str, str]]:
    """The column of each name of the platform, the surest first, and how sure that is."""
    mapped: dict[str, str] = {}
    confidence: dict[str, str] = {}
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
    return mapped, confidence


def _says_who_paid(columns: Columns, flag: str, amount: str | None) -> bool:
    """Whether a flag is set where something was paid, and only there: a flag alone may say anything."""
    if amount is None:
        return False
    paid = columns.number(amount).fill_null(0) > 0
    is_set = columns.rows[flag].cast(pl.String()).str.to_lowercase().is_in(TRUE)
    return bool(paid.any()) and not paid.all() and (paid == is_set).sum() >= ENOUGH * len(paid)


def _candidates(source: str, target: str, columns: Columns, rank: str) -> Iterator[str]:
    kind = _kind(target)
    fitting = [name for name in columns.kinds if name not in columns.used and _fits(target, kind, name, columns)]
    if rank == "name":
        named = (name for name in columns.kinds if name == target and name not in columns.used)
        yield from (name for name in named if target != "discount_amount" or not columns.is_negative(name))
    elif rank == "synonym":
        yield from _named(fitting, (plain_name(target), *SYNONYMS.get(target, ())))
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


def _fits(target: str, kind: str, name: str, columns: Columns) -> bool:
    have = columns.kinds[name]
    if target == "discount_amount" and have == kind and (columns.is_share(name) or columns.is_negative(name)):
        return False
    if kind == "date" and have == "number":
        return columns.is_epoch(name)
    return have == kind or (kind == "text" and have != "date") or (kind == "number" and have == "flag")


def _named(names: Sequence[str], meant: Sequence[str]) -> Iterator[str]:
    for plain in meant:
        yield from (name for name in names if plain_name(name) == plain)


def _unfit(target: str, columns: Columns) -> str | None:
    """Which column is called like a name that was not found, and why it is not it; None: no column is called so."""
    left = [name for name in columns.kinds if name not in columns.used]
    found = next(_named(left, (plain_name(target), *SYNONYMS.get(target, ()))), None)
    if found is None:
        return None
    kind, values = _kind(target), columns.rows[found].drop_nulls()
    if values.is_empty():
        return f"{found!r} is called so, but has no values"
    return f"{found!r} is called so, but {str(values[0])[:_SHOWN]!r} is no {kind}"


def _words(column: str, kind: str, rank: str) -> str:
    if rank == "name":
        return f"sure: the column has this very name (values: {kind})"
    if rank == "values":
        return f"a guess: the values of {column!r} fit ({kind}); check it"
    return f"likely: the name {column!r} means it and its values fit ({kind})"


def _add_own(mapping: dict[str, Any], columns: Columns, confidence: dict[str, str]) -> None:
    """Columns that are left over as dimensions (few texts) and actions (flags and times)."""
    left = [name for name in columns.kinds if name not in columns.used and _is_usable(name)]
    steps = [n for n in left if columns.kinds[n] in ("flag", "date") and not (_is_of_delivery(n) or _is_a_number(n))]
    for key, names, words in (
        ("dimensions", few_texts(columns), "few different texts"),
        ("actions", steps, "flags or times"),
    ):
        mapping[key] = list(names)
        confidence |= dict.fromkeys(names, f"a guess: {words}, so perhaps one of the {key}; check it")


def few_texts(columns: Columns) -> list[str]:
    """Columns that may be dimensions: several texts, but not who somebody is."""
    return [
        name
        for name, kind in columns.kinds.items()
        if kind == "text"
        and name not in columns.used
        and _is_usable(name)
        and columns.distinct[name] <= _MOST_VALUES
        and columns.rows[name].drop_nulls().n_unique() > 1
        and not columns.looks_like(name, _ADDRESS)
    ]


def _is_of_delivery(name: str) -> bool:
    """Whether the name says when an order was sent or came: no step on the way to it."""
    return any(plain_name(name) in (plain_name(each), *SYNONYMS[each]) for each in _DELIVERY_DATES)


def _is_a_number(name: str) -> bool:
    """Whether the name says that its ones and zeros number something, such as stores."""
    return plain_name(name).endswith("id")


def _is_usable(name: str) -> bool:
    reserved = {*CANONICAL["sessions"], *CANONICAL["customers"], "updated_at", "main", *RESERVED_STEPS}
    return bool(name) and name == name.strip() and name not in reserved and not any(mark in name for mark in '=."\n')

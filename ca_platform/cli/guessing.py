"""A proposed mapping for each input of ``init``, the first day of the data, and their currency."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote, urlsplit

import click
import polars as pl

from ca_platform.errors import CaPlatformError, SourceError
from ca_platform.settings.currency import currencies_of
from ca_platform.settings.sources import CANONICAL

if TYPE_CHECKING:
    from ca_platform.sources import Guess

_LONG_YEARS = 15
"""A longer past is likelier that of an order dated 1970."""
_SHOWN = 10
_QUERY = "the query"
_NAMES = ("sessions", "customers", "lines", "products", "deliveries", "assignments")


@dataclass
class Proposal:
    """What is proposed.

    Attributes:
        sources: keys of each source by its name, as in the settings file.
        explanations: by source our name, the column, and how sure that is.
    """

    sources: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    explanations: dict[str, list[tuple[str, str | None, str]]] = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)
    first_day: date | None = None
    currency: str | None = None


def propose(inputs: Sequence[str], folder: Path, time_zone: str | None, currency: str | None = None) -> Proposal:
    """Look at each input.

    Args:
        folder: of the settings file, from which relative paths will count.
        currency: of all amounts; None: that of the sign that amounts are written with.
    """
    from ca_platform.sources import NoFileError, guesses

    proposal = Proposal(currency=currency)
    nearly: dict[str, tuple[str, ...]] = {}
    known: list[Guess] = []
    for word in inputs:
        source, place = _named(word)
        try:
            found = guesses(place, source)
        except NoFileError as error:
            raise SourceError(
                f"There is nothing to read at {place}: name a file, a glob, a folder of CSV or Parquet files, or the "
                "address of a PostgreSQL database."
            ) from error
        for each in found:
            _add(proposal, each, place, folder, time_zone)
            known.append(each)
            nearly |= {each.mapping.get("path", place): each.no_sessions} if each.no_sessions else {}
    proposal.notes += _unused(known)
    if inputs and "sessions" not in proposal.sources:
        proposal.notes.append("No input looks like sessions, which are needed: name them as in sessions=visits.csv.")
        proposal.notes += [
            f"The rows of {place} would be orders, but no column was found for {', '.join(lacks)}."
            for place, lacks in nearly.items()
        ]
    return proposal


def _add(proposal: Proposal, found: Guess, place: str, folder: Path, time_zone: str | None) -> None:
    """One source of an input."""
    if found.source in proposal.sources:
        raise click.UsageError(
            f"{place} looks like {found.source}, which another input is already: say which it is, as in lines={place}."
        )
    proposal.sources[found.source] = _anchored(found.mapping, folder)
    proposal.explanations[found.source] = _explained(found)
    if found.source == "sessions":
        proposal.first_day = _first_day(found, place, time_zone, proposal.notes)
        proposal.notes += _dates(found, time_zone)
    _add_currency(proposal, found)
    proposal.notes += [f"{found.source}: {sentence}." for sentence in found.doubts]
    if found.missing:
        proposal.notes.append(
            f"{found.source}: no column was found for {', '.join(found.missing)}; name them in `columns`, or make "
            "them by `query`."
        )


def _dates(found: Guess, time_zone: str | None) -> Iterator[str]:
    """How dates are read, and in which days they lie."""
    form = found.mapping.get("date_format")
    if form is not None and found.date:
        read = pl.Series([found.date]).str.to_datetime(form, strict=False).dt.date()[0]
        if read is not None:
            yield f"{found.source}: dates such as {found.date!r} are read as {read}; where that is wrong, correct `date_format`."
    if time_zone is None:
        offset = re.search(r"[+-]\d{2}:?\d{2}$", found.date)
        written = f"; dates are written with an offset, as in {found.date}" if offset else ""
        yield f"business.time_zone is UTC, as none was named{written}: name that of the shop, whose days begin at its midnight."


def _unused(known: Sequence[Guess]) -> Iterator[str]:
    """By file or table the columns that nothing proposes to read."""
    tables: dict[str, list[Guess]] = {}
    for each in known:
        tables.setdefault(each.mapping.get("path") or each.mapping.get("table") or "the query", []).append(each)
    for place, guesses in tables.items():
        left = [name for name in guesses[0].columns if name and not any(_reads(each, name) for each in guesses)]
        if left:
            shown = ", ".join(left[:_SHOWN]) + (", …" if len(left) > _SHOWN else "")
            columns = "1 column is" if len(left) == 1 else f"{len(left):,} columns are"
            yield f"{place}: {columns} not used: {shown}."


def _reads(found: Guess, column: str) -> bool:
    mapping = found.mapping
    own = {*mapping.get("columns", {}).values(), *mapping.get("dimensions", ()), *mapping.get("actions", ())}
    return column in own or column in CANONICAL[found.source] or f'"{column}"' in mapping.get("query", "")


def _add_currency(proposal: Proposal, found: Guess) -> None:
    """How the numbers of a source are read, and what the sign of their currency says of the shop."""
    form = found.numbers
    if form.example:
        read = form.read(pl.Series([form.example]).str.strip_chars("()"))[0]
        proposal.notes.append(
            f"{found.source}: numbers such as {form.example!r} are read as {read:g}; where that is wrong, correct `decimal`, "
            "`thousands` and `currency_mark`."
        )
    if len(found.currencies) > 1:
        proposal.notes.append(
            f"{found.source}: the rows have several currencies: {', '.join(found.currencies)}. All amounts of a shop are in "
            "one: convert them, or leave rows out, by `query`."
        )
        return
    mark = form.mark or next(iter(found.currencies), None)
    if mark is None:
        return
    meant = currencies_of(mark)
    if proposal.currency is None:
        proposal.currency = meant[0]
        also = f"; {mark} is the sign of {', '.join(meant[1:])}, too" if len(meant) > 1 else ""
        proposal.notes.append(f"business.currency is {meant[0]}, as amounts are given in {mark}{also}.")
    elif proposal.currency not in meant:
        proposal.notes.append(
            f"{found.source}: amounts are given in {mark}, which does not mean {proposal.currency}: correct "
            "business.currency, or convert the amounts by `query`."
        )
    if form.others:
        proposal.notes.append(
            f"{found.source}: amounts are written with {', '.join(form.others)}, too, and cannot be read then: all amounts of "
            "a shop are in one currency; convert them by `query`."
        )


def _named(word: str) -> tuple[str | None, str]:
    """The source that an input is said to be, and its place."""
    name, equals, place = word.partition("=")
    if equals and name in _NAMES:
        return ("lines" if name == "products" else name), place
    return None, word


def _explained(found: Guess) -> list[tuple[str, str | None, str]]:
    columns, constants = {**found.mapping.get("columns", {}), **found.named}, found.mapping.get("constants", {})
    rows = [
        (ours, None if ours in constants else columns.get(ours, ours) or _QUERY, words)
        for ours, words in found.confidence.items()
    ]
    return [*rows, *((ours, None, found.unfit.get(ours, "no column was found")) for ours in found.missing)]


def _anchored(mapping: Mapping[str, Any], folder: Path) -> dict[str, Any]:
    """The mapping with its path counted from the settings file's folder."""
    path = mapping.get("path")
    if not isinstance(path, str) or "://" in path or Path(path).is_absolute() or folder == Path.cwd():
        return dict(mapping)
    return {**mapping, "path": os.path.relpath(Path.cwd() / path, folder)}


def _first_day(found: Guess, place: str, time_zone: str | None, notes: list[str]) -> date | None:
    """The first day of the data; a note where it cannot be seen."""
    from ca_platform.ingest import beginning, seen_days
    from ca_platform.settings import Settings

    source = dict(found.mapping)
    if "password" in source:
        source["password"] = unquote(urlsplit(place).password or "")
    try:
        settings = Settings.model_validate(
            {"business": {"time_zone": time_zone or "UTC"}, "sources": {"sessions": source}}
        )
        days = seen_days("sessions", settings.placed(None, Path.cwd()))
    except (CaPlatformError, ValueError):
        days = None
    if days is None or days.is_empty():
        notes.append("The first day of the data could not be seen: set business.start_date.")
        return None
    start, last = beginning(days), days["day"][-1]
    notes.append(f"The data begin on {start.first} and end on {last}.")
    if start.early:
        notes.append(
            f"{start.early:,} {'row lies' if start.early == 1 else 'rows lie'} more than a year before all others: "
            f"business.start_date is {start.day}, and nothing before it is loaded; set it to {start.first} if that is right."
        )
    elif last.year - start.day.year > _LONG_YEARS:
        notes.append(
            "Every day from the first one on is loaded: if it is that of a wrong date, set business.start_date to the first "
            "day of the shop."
        )
    return start.day

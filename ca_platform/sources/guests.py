"""Who the customer of an order is where not every row has a customer's number: guests.

Belongs here: how such rows are seen, the SQL that names their customers by e-mail addresses, and what is left out.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from ca_platform.sources.likeness import Columns
from ca_platform.sources.sql import literal
from ca_platform.sources.synonyms import GUESTS, LAST_NAMES, means

ADDRESS = r"[^@\s]+@[^@\s]+"


@dataclass(frozen=True)
class Customer:
    """Who ordered.

    Attributes:
        sql: the customer of a row; "": the column says it as it is.
        words: what that is.
        doubt: what has to be said of rows that have no customer; "": nothing.
    """

    sql: str = ""
    words: str = ""
    doubt: str = ""


def customer(columns: Columns, client: str, text: Callable[[str], str]) -> Customer:
    """The customers of a table's rows.

    A guest has an e-mail address alone; shops give guests no number, or one for all of them. Where there is no address,
    either, nobody knows who ordered: such a row is refused, and counted, and not taken for one customer who orders daily.

    Args:
        text: SQL of a column as text.
    """
    if columns.rows[client].null_count() == columns.rows.height:
        return Customer()
    named = columns.texts(client)
    marks = sorted({value for value in named.drop_nulls().unique() if value.lower() in GUESTS})
    if columns.looks_like(client, ADDRESS):
        return _by_address(columns, client, text)
    is_guest = named.is_null() | (named == "") | named.is_in(marks)
    guests, height = int(is_guest.sum()), len(named)
    if not guests:
        return Customer()
    known = text(client)
    for mark in marks:
        known = f"nullif({known}, {literal(mark)})"
    how = " or ".join([*(["empty"] if named.is_in(marks).sum() < guests else []), *map(repr, marks)])
    address = _address(columns, client)
    if address is None:
        return Customer(
            known if marks else "",
            f"{client}, where it is not {how}",
            f"{guests:,} of the first {height:,} rows have no customer: {client} is {how}, and no column has e-mail addresses; "
            f"they are refused, and counted. To keep them, each as a customer of its own, write coalesce({known}, 'guest ' || "
            "the order's number) as the client by `query`",
        )
    nobody = int((is_guest & columns.rows[address].is_null()).sum())
    refused = f"; {nobody:,} have none, either, and are refused" if nobody else ""
    return Customer(
        f"coalesce({known}, lower({text(address)}))",
        f"{client}, and where it is {how} {address}",
        f"{guests:,} of the first {height:,} rows are of guests: {client} is {how}. Their e-mail address in {address} stands "
        f"for them{refused}; who ordered as a guest and with an account counts as two customers",
    )


def _by_address(columns: Columns, client: str, text: Callable[[str], str]) -> Customer:
    """E-mail addresses are the same whatever their letter case."""
    values = columns.texts(client).drop_nulls()
    if values.str.to_lowercase().n_unique() == values.n_unique():
        return Customer()
    return Customer(f"lower({text(client)})", f"{client} in small letters, as some are written in several ways")


def _address(columns: Columns, client: str) -> str | None:
    """The column of e-mail addresses."""
    names = (name for name in columns.kinds if name != client and means(name, LAST_NAMES["client"]))
    return next((name for name in names if columns.looks_like(name, ADDRESS)), None)

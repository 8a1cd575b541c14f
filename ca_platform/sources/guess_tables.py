"""Which tables of a database are the sources, from their names and columns, then from the first rows of the likeliest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from ca_platform.errors import SourceError
from ca_platform.settings.sources import CANONICAL, REQUIRED
from ca_platform.sources.likeness import SAMPLE_ROWS, Columns, sample, whole
from ca_platform.sources.mapped import Guess, map_columns
from ca_platform.sources.shapes import shaped, whole_orders
from ca_platform.sources.states import telling
from ca_platform.sources.synonyms import LAST_NAMES, OWN_NAMES, OWN_NUMBERS, is_called, readings, words_for

if TYPE_CHECKING:
    from psycopg.sql import Composed, Identifier

    from ca_platform.sources.base import Source
    from ca_platform.sources.servers import Server

_LOOKED_AT = 5
"""Rows of so many tables are read for each source: those whose names fit best."""
_COLUMNS = (
    "SELECT table_schema, table_name, array_agg(column_name::text) FROM information_schema.columns "
    "WHERE table_schema NOT IN ('pg_catalog', 'information_schema') GROUP BY 1, 2 ORDER BY 1, 2"
)


@dataclass(frozen=True)
class _Table:
    schema: str
    name: str
    columns: tuple[str, ...]

    @property
    def label(self) -> str:
        return self.name if self.schema == "public" else f"{self.schema}.{self.name}"

    @property
    def identifier(self) -> Identifier:
        from psycopg import sql

        return sql.Identifier(self.schema, self.name)

    def likeness(self, source: str) -> tuple[int, bool, int]:
        """Required names that a column has, whether the table is called so, and other names that a column has."""
        plain = {reading for column in self.columns for reading in readings(column)}
        has = {target for target in CANONICAL[source] if plain & _names(source, target)}
        return len(has & set(REQUIRED[source])), is_called(self.name, source), len(has)


def of_database(dsn: str, source: str | None) -> tuple[Guess, ...]:
    """The table that fits best, of each source that has one; of sessions, or of the source that was named, in any case."""
    from ca_platform.sources.servers import Server, explained

    server = Server(dsn)
    password = urlsplit(dsn).password
    with explained("sessions", server, str), server.connect() as connection:
        tables = [_Table(schema, name, tuple(columns)) for schema, name, columns in connection.execute(_COLUMNS)]
    if not tables:
        raise SourceError(
            f"{server.place} has no table that this user can see. Grant SELECT, or name another database."
        )
    shown = dsn.replace(f":{password}@", "@", 1) if password else dsn
    base = {"kind": "postgresql", "dsn": shown} | ({"password": "${PG_PASSWORD}"} if password else {})
    known: dict[_Table, Columns] = {}
    found: list[Guess] = []
    for name in [source] if source is not None else CANONICAL:
        free = [table for table in tables if table.label not in {guess.mapping["table"] for guess in found}]
        best = _best(server, base, free, name, known)
        if best is not None and (not best.unnamed or name in ("sessions", source)):
            found.append(best)
    orders = {guess.mapping["table"] for guess in found if guess.source == "sessions"}
    columns = {
        table.label: _with_states(server, table, read) if table.label in orders else read
        for table, read in known.items()
    }
    return tuple(_as_orders(base, found, columns, source))


def _as_orders(
    base: Mapping[str, Any], found: Sequence[Guess], columns: Mapping[str, Columns], source: str | None
) -> Iterator[Guess]:
    """The same sources, the rows of the sessions' table made orders where they are none, with the lines that it holds."""
    has = {guess.source for guess in found}
    for guess in found:
        table = guess.mapping["table"]
        own = {"table": table, **columns[table].numbers.keys()}
        made = shaped({**base, **own}, columns[table], source) if guess.source == "sessions" else ()
        if not made:
            yield whole_orders(guess, columns[table])
        yield from (each for each in made if each.source == "sessions" or each.source not in has)


def _best(
    server: Server, base: Mapping[str, Any], tables: Sequence[_Table], source: str, known: dict[_Table, Columns]
) -> Guess | None:
    """The table that fits a source best; None: no table is left.

    Args:
        known: columns of the tables whose rows were read before; those that are read now are added.
    """
    best: tuple[tuple[int, bool, int], Guess] | None = None
    for table in sorted(tables, key=lambda each: each.likeness(source), reverse=True)[:_LOOKED_AT]:
        if table not in known:
            known[table] = _table_columns(server, table)
        own = {"table": table.label, **known[table].numbers.keys()}
        guess = map_columns({**base, **own}, known[table].fresh(), source)
        rank = -guess.unnamed, table.likeness(source)[1], len(guess.confidence)
        if best is None or rank > best[0]:
            best = rank, guess
    return best[1] if best is not None else None


def _names(source: str, target: str) -> set[str]:
    own = set(OWN_NAMES) if OWN_NUMBERS.get(source) == target else set()
    return {*words_for(target), *LAST_NAMES.get(target, ())} | own


def _table_columns(server: Server, table: _Table) -> Columns:
    from psycopg import sql

    query = sql.SQL("SELECT * FROM {} LIMIT {}").format(table.identifier, sql.Literal(SAMPLE_ROWS))
    return sample(_result(server, query))


def _with_states(server: Server, table: _Table, columns: Columns) -> Columns:
    """The columns of a table of orders with all states that it has: those of the first rows may lack the cancelled ones."""
    from psycopg import sql

    names = telling(columns)
    listed = sql.SQL(", ").join(map(sql.Identifier, names))
    return whole(
        columns, _result(server, sql.SQL("SELECT DISTINCT {} FROM {}").format(listed, table.identifier)), names
    )


def _result(server: Server, query: Composed) -> Source:
    from ca_platform.sources.postgresql import PostgresqlSource

    return PostgresqlSource("sessions", server, None, query.as_string(None))

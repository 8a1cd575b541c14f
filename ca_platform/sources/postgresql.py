"""PostgreSQL: a table or a query, read by ADBC in batches.

Belongs here: SQL, types and what can go wrong with a server. Not here: what the columns mean.

Every statement runs in a read-only transaction with a time limit. Columns whose type Arrow does not have, or has
otherwise, are cast in the database: numeric and money exactly to text, uuid and the rest to text, infinite dates to
years that no shop has.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

import polars as pl

from ca_platform.errors import ConfigurationError
from ca_platform.sources.base import FILE, FIRST_DATES, ROW, Batch, Bounds, nearest, require_columns
from ca_platform.sources.servers import Server, explained

if TYPE_CHECKING:
    from psycopg.sql import Composed

BATCH_BYTES = 16 << 20
FETCH_ROWS = 50_000
_TYPES: dict[str, pl.DataType] = {
    "bool": pl.Boolean(),
    "int2": pl.Int16(),
    "int4": pl.Int32(),
    "int8": pl.Int64(),
    "float4": pl.Float32(),
    "float8": pl.Float64(),
    "text": pl.String(),
    "varchar": pl.String(),
    "date": pl.Date(),
    "timestamp": pl.Datetime("us"),
    "timestamptz": pl.Datetime("us", "UTC"),
}
"""Types that arrive as they are; everything else arrives as text."""
EXACT = pl.Decimal(38, 9)
"""Numbers that arrive as text, of any scale, written with a decimal point whatever the texts of the table are like."""
_EXACT_KINDS = ("numeric", "money")
_DATES = ("date", "timestamp", "timestamptz")
_NUMBERS = ("int2", "int4", "int8", "float4", "float8", "numeric")
_EARLIEST, _LATEST = "1900-01-01", "2200-01-01"
_GAP = timedelta(hours=3)
"""More than any local time is moved forward in a skipped hour."""


class PostgresqlSource:
    """Rows of a table or of a query.

    Args:
        name: name of the source in the settings.
        server: how to reach it.
        table: ``table`` or ``schema.table``; None where ``query`` is given.
    """

    files: Sequence[str] = ()

    def __init__(self, name: str, server: Server, table: str | None, query: str | None) -> None:
        self.label = f"{f'table {table}' if table else f'the query of {name}'} at {server.place}"
        self._name = name
        self._server = server
        self._table = table
        self._query = query

    def schema(self) -> Mapping[str, pl.DataType]:
        """Columns of the table or of the result. Exact numbers are said to be what they are; they arrive as text."""
        known = {**_TYPES, **dict.fromkeys(_EXACT_KINDS, EXACT)}
        return {column: known.get(kind, pl.String()) for column, kind in self._kinds.items()}

    def batches(self, columns: Sequence[str], bounds: Bounds | None = None) -> Iterator[Batch]:
        """The rows in the server's order, numbered from 1."""
        require_columns(columns, list(self._kinds), self._name, self.label)
        read = 0
        for frame in self._frames(self._select(columns, bounds)):
            rows = pl.int_range(read + 1, read + 1 + pl.len(), dtype=pl.Int64).alias(ROW)
            yield Batch(frame.with_columns(pl.lit(None, pl.UInt32).alias(FILE), rows))
            read += frame.height

    def extremes(self, column: str, bounds: Bounds | None = None) -> Iterator[pl.Series]:
        """First dates and the last one, found by the server where it knows the column as dates."""
        kind = self._kinds.get(column)
        if kind not in _DATES:
            for batch in self.batches([column]):
                yield batch.frame[column]
            return
        from psycopg import sql

        name = sql.Identifier(column)
        end = _LATEST if bounds is None or bounds.end is None else _edges(kind, bounds)[0][1]
        asked = sql.SQL(
            "SELECT {column} FROM ((SELECT {column} FROM {table} WHERE {inside} ORDER BY {column} LIMIT {count}) UNION ALL "
            "SELECT max({column}) FROM {table} WHERE {inside}) AS source"
        ).format(
            column=name,
            table=self._from(),
            inside=sql.SQL("{0} >= {1} AND {0} < {2}").format(name, sql.Literal(_EARLIEST), sql.Literal(end)),
            count=sql.Literal(FIRST_DATES),
        )
        for frame in self._frames(asked):
            yield frame[column]

    # ---- SQL ------------------------------------------------------------------------------------------------------

    def _select(self, columns: Sequence[str], bounds: Bounds | None) -> Composed:
        from psycopg import sql

        select = sql.SQL(", ").join(self._column(column) for column in columns)
        where = self._where(bounds) if bounds is not None else None
        base = sql.SQL("SELECT {} FROM {}").format(select, self._from())
        return base if where is None else sql.SQL("{} WHERE {}").format(base, where)

    def _from(self) -> Composed:
        from psycopg import sql

        if self._table:
            return sql.SQL("{} AS source").format(sql.Identifier(*self._table.replace('"', "").split(".")))
        # A line of its own for the bracket: the query may end in a comment.
        query = (self._query or "").strip().rstrip(";")
        return sql.SQL("({}\n) AS source").format(sql.SQL(query))

    def _column(self, column: str) -> Composed:
        from psycopg import sql

        name, kind = sql.Identifier(column), self._kinds[column]
        if kind in _DATES:
            return sql.SQL(
                "CASE WHEN {0} >= '9999-12-31' THEN '9999-12-31' WHEN {0} < '0001-01-01' THEN '0001-01-01' "
                "ELSE {0} END::{1} AS {0}"
            ).format(name, sql.SQL(kind))
        if kind == "money":
            return sql.SQL("{0}::numeric::text AS {0}").format(name)
        return sql.SQL("{0}").format(name) if kind in _TYPES else sql.SQL("{0}::text AS {0}").format(name)

    def _where(self, bounds: Bounds) -> Composed | None:
        """Half-open bounds on the column itself, so that an index serves them, and rows that cannot be compared."""
        from psycopg import sql

        kind = self._kinds.get(bounds.column, "")
        if kind not in (*_DATES, *_NUMBERS):
            return None
        name = sql.Identifier(bounds.column)
        windows = [_window(name, low, high) for low, high in _edges(kind, bounds)]
        odd = sql.SQL("{0} IS NULL OR {0} < {1} OR {0} >= {2}").format(name, *_limits(kind))
        return sql.SQL(" OR ").join([*windows, odd])

    @cached_property
    def _kinds(self) -> dict[str, str]:
        """Type by column, in order."""
        from psycopg import sql

        with explained(self._name, self._server, self._near_tables), self._server.connect() as connection:
            description = connection.execute(sql.SQL("SELECT * FROM {} LIMIT 0").format(self._from())).description or []
            types = connection.adapters.types
            names = [column.name for column in description]
            doubled = sorted({name for name in names if names.count(name) > 1})
            if doubled:
                raise ConfigurationError(
                    f"sources.{self._name}.query gives the column {doubled[0]!r} twice. Rename one with `as`."
                )
            # An array has an id of its own, by which psycopg gives its element's type.
            infos = [(column.name, column.type_code, types.get(column.type_code)) for column in description]
            return {name: info.name if info is not None and info.oid == code else "" for name, code, info in infos}

    def _near_tables(self) -> str:
        """A hint for a table that is not there."""
        if not self._table:
            return ""
        with self._server.connect() as connection:
            rows = connection.execute(
                "SELECT schemaname || '.' || tablename, tablename FROM pg_tables WHERE schemaname NOT IN "
                "('pg_catalog', 'information_schema') UNION SELECT schemaname || '.' || viewname, viewname FROM pg_views "
                "WHERE schemaname NOT IN ('pg_catalog', 'information_schema')"
            ).fetchall()
        shown = {short: full.removeprefix("public.") for full, short in rows}
        near = nearest(self._table.rpartition(".")[2], shown)
        return f" Did you mean {' or '.join(repr(shown[name]) for name in near)}?" if near else ""

    def _frames(self, query: Composed) -> Iterator[pl.DataFrame]:
        with explained(self._name, self._server, self._near_tables):
            yield from self._read(query)

    def _read(self, query: Composed) -> Iterator[pl.DataFrame]:
        with _cursor(self._server) as cursor:
            cursor.execute(query.as_string(None))
            for batch in cursor.fetch_record_batch():
                frame = pl.from_arrow(batch)
                if isinstance(frame, pl.DataFrame) and frame.height:
                    yield frame


class RedshiftSource(PostgresqlSource):
    """Rows of a table or query in Redshift, which speaks PostgreSQL but for its COPY: fetched by a server-side cursor.

    A few hundred thousand rows at a time; export larger tables to Parquet (UNLOAD) and read those.
    """

    def _read(self, query: Composed) -> Iterator[pl.DataFrame]:
        with self._server.connect() as connection, connection.cursor("ca_platform") as cursor:
            cursor.execute(query)
            while rows := cursor.fetchmany(FETCH_ROWS):
                names = [column.name for column in cursor.description or []]
                schema = {name: _TYPES.get(self._kinds[name], pl.String()) for name in names}
                yield pl.DataFrame(rows, schema=schema, orient="row")


@contextmanager
def _cursor(server: Server) -> Iterator[Any]:
    try:
        from adbc_driver_postgresql import StatementOptions, dbapi
    except ImportError:
        raise ConfigurationError(
            "PostgreSQL needs drivers that are not installed: pip install 'ca-platform[postgres]'."
        ) from None
    with dbapi.connect(server.conninfo()) as connection, connection.cursor() as cursor:
        cursor.adbc_statement.set_options(**{StatementOptions.BATCH_SIZE_HINT_BYTES.value: str(BATCH_BYTES)})
        yield cursor


def _edges(kind: str, bounds: Bounds) -> list[tuple[Any, Any]]:
    """Lower and upper bound in the column's own type; numbers may be seconds or milliseconds."""
    zone = ZoneInfo(bounds.time_zone)
    start, end = bounds.start, bounds.end
    if kind == "timestamptz":
        return [(_text(start), _text(end))]
    if kind in _NUMBERS:
        return [(_seconds(start, 1), _seconds(end, 1)), (_seconds(start, 1000), _seconds(end, 1000))]
    local = [None if at is None else at.astimezone(zone).replace(tzinfo=None) for at in (start, end)]
    if kind == "date":
        return [tuple(None if at is None else at.date().isoformat() for at in local)]  # type: ignore[list-item]
    low = None if local[0] is None else local[0] - _GAP
    return [(None if low is None else low.isoformat(" "), None if local[1] is None else local[1].isoformat(" "))]


def _text(at: datetime | None) -> str | None:
    return None if at is None else at.astimezone(UTC).isoformat(" ")


def _seconds(at: datetime | None, factor: int) -> int | None:
    return None if at is None else int(at.timestamp()) * factor


def _limits(kind: str) -> tuple[Any, Any]:
    from psycopg import sql

    if kind in _NUMBERS:
        return sql.Literal(_epoch(_EARLIEST)), sql.Literal(_epoch(_LATEST) * 1000)
    return sql.Literal(_EARLIEST), sql.Literal(_LATEST)


def _epoch(day: str) -> int:
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp())


def _window(name: Any, low: Any, high: Any) -> Composed:
    from psycopg import sql

    sides = []
    if low is not None:
        sides.append(sql.SQL("{} >= {}").format(name, sql.Literal(low)))
    if high is not None:
        sides.append(sql.SQL("{} < {}").format(name, sql.Literal(high)))
    return sql.SQL("({})").format(sql.SQL(" AND ").join(sides)) if sides else sql.SQL("({})").format(sql.SQL("true"))

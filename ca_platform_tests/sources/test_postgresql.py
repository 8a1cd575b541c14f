"""PostgreSQL, against a real server."""

from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import polars as pl
import psycopg
import pytest

from ca_platform.calendar import start_of_day
from ca_platform.errors import CaPlatformError, ConfigurationError, SourceError
from ca_platform.ingest import day_range, ingest
from ca_platform.lake import Lake
from ca_platform.settings import Settings, SourceSettings
from ca_platform.sources import Bounds, UnreachableError, guess, open_source
from ca_platform.sources.postgresql import PostgresqlSource
from ca_platform.sources.servers import Server, explain
from ca_platform_tests.ingest.small import closes, snapshot
from ca_platform_tests.services import process
from ca_platform_tests.services.certificates import Certificates, make_certificates
from ca_platform_tests.services.postgresql import PostgresqlServer

D1, D2, D3 = date(2024, 3, 30), date(2024, 3, 31), date(2024, 4, 1)
KINDS = ("postgresql", "redshift")
"""Redshift speaks the same protocol; a PostgreSQL server stands in for it."""


@pytest.fixture(scope="module")
def database(postgresql_server: PostgresqlServer) -> Iterator[PostgresqlServer]:
    with psycopg.connect(postgresql_server.url, autocommit=True) as connection:
        connection.execute('CREATE SCHEMA IF NOT EXISTS "My Shop"')
        connection.execute('DROP TABLE IF EXISTS "My Shop"."Orders"')
        connection.execute(
            'CREATE TABLE "My Shop"."Orders" ("Order No" text, client int, started timestamptz, local timestamp, day date, '
            'epoch bigint, amount numeric(12, 2), bought bool, "sel""ect" text)'
        )
        for number in range(60):
            at = datetime.fromisoformat("2024-03-30T00:30:00+00:00") + timedelta(hours=number)
            connection.execute(
                'INSERT INTO "My Shop"."Orders" VALUES (%s, %s, %s, %s, %s, %s, %s, %s, %s)',
                (
                    f"o{number}",
                    number % 5,
                    at,
                    at.replace(tzinfo=None),
                    at.date(),
                    int(at.timestamp()),
                    number,
                    True,
                    "x",
                ),
            )
        connection.execute(
            """INSERT INTO "My Shop"."Orders" VALUES ('bad', 1, NULL, 'infinity', '-infinity', 0, 'NaN', true)"""
        )
    yield postgresql_server


def settings_of(server: PostgresqlServer, **keys: Any) -> SourceSettings:
    base = {"kind": "postgresql", "dsn": server.dsn, "password": server.password}
    return SourceSettings.model_validate(base | keys)


def rows_of(source: Any, *columns: str, bounds: Bounds | None = None) -> pl.DataFrame:
    frames = [batch.frame for batch in source.batches(list(columns), bounds)]
    return pl.concat(frames) if frames else pl.DataFrame()


TYPES = """
CREATE TABLE traps (n numeric, m money, u uuid, t timestamptz, f timestamp, d date, j jsonb, a text[], b bytea, c char(5),
  e float8, i interval, s smallint, k bool)
"""


@pytest.mark.parametrize("kind", KINDS)
def test_types_that_arrow_lacks_arrive_as_exact_text(database: PostgresqlServer, kind: str) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("DROP TABLE IF EXISTS traps")
        connection.execute(TYPES)
        connection.execute(
            "INSERT INTO traps VALUES (123456789012.3456, '$1,234.50', 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', 'infinity', "
            "'-infinity', 'infinity', '{\"a\": 1}', '{x}', 'x', 'ab', 'NaN', '1 day', 7, true)"
        )
        connection.execute("INSERT INTO traps (n) VALUES (NULL)")
    source = open_source("lines", settings_of(database, kind=kind, table="traps"), "UTC")
    first, second = rows_of(source, *source.schema()).to_dicts()
    assert first["n"] == "123456789012.3456"
    assert Decimal(first["m"]) == Decimal("1234.50")
    assert first["u"] == "a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"
    assert (first["t"].year, first["f"].year, first["d"].year) == (9999, 1, 9999)
    assert (first["j"], first["a"], first["c"], first["s"], first["k"]) == ('{"a": 1}', "{x}", "ab", 7, True)
    assert all(value is None for name, value in second.items() if not name.startswith("__"))


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize("column", ["started", "local", "day", "epoch"])
def test_day_is_pushed_down_and_odd_values_come_along(database: PostgresqlServer, column: str, kind: str) -> None:
    source = open_source("sessions", settings_of(database, kind=kind, table="My Shop.Orders"), "Europe/London")
    start, end = start_of_day(D2, "Europe/London"), start_of_day(D3, "Europe/London")
    found = rows_of(source, "Order No", bounds=Bounds(column, start, end, "Europe/London"))["Order No"].to_list()
    # 2024-03-31 has 23 hours: 00:30 to 22:30 UTC are o24 to o46.
    assert {f"o{number}" for number in range(24, 47)} <= set(found)
    assert len(found) <= 23 + 6
    assert column == "epoch" or "bad" in found


def test_bounds_are_half_open_on_the_column_itself(database: PostgresqlServer) -> None:
    source = open_source("sessions", settings_of(database, table="My Shop.Orders"), "Europe/London")
    assert isinstance(source, PostgresqlSource)
    bounds = Bounds("started", start_of_day(D2, "Europe/London"), start_of_day(D3, "Europe/London"), "Europe/London")
    text = source._select(["Order No"], bounds).as_string(None)
    assert 'FROM "My Shop"."Orders" AS source' in text
    assert "\"started\" >= '2024-03-31 00:00:00+00:00' AND \"started\" < '2024-03-31 23:00:00+00:00'" in text


def test_query_is_wrapped_and_names_are_quoted(database: PostgresqlServer) -> None:
    query = 'select o.*, 1 as "a;b" from "My Shop"."Orders" o where client > 2 -- a comment;'
    source = open_source("sessions", settings_of(database, query=query), "UTC")
    bounds = Bounds("started", start_of_day(D2, "UTC"), None, "UTC")
    found = rows_of(source, 'sel"ect', "a;b", "client", bounds=bounds)
    assert found["client"].min() == 3
    assert set(found["a;b"].to_list()) == {1}


def test_load_from_a_table_closes_and_equals_single_days(database: PostgresqlServer, tmp_path: Path) -> None:
    columns = {
        "order_id": "Order No",
        "session_start_date": "started",
        "payment_amount": "amount",
        "has_purchased": "bought",
    }
    source = settings_of(database, table="My Shop.Orders", columns=columns)
    lakes = []
    for name, loads in (("once", [[D1, D2, D3]]), ("single", [[D1], [D2], [D3]])):
        business = {"time_zone": "Europe/London", "start_date": D1}
        settings = Settings.model_validate({"business": business, "lake": {"path": str(tmp_path / name)}}).model_copy(
            update={"sources": Settings().sources.model_copy(update={"sessions": source})}
        )
        lakes.append(Lake.open(settings))
        for days in loads:
            summary = ingest("sessions", days, settings, lakes[-1])
            closes(summary)
        assert day_range("sessions", settings) == (D1, D3)
        assert day_range("sessions", settings, D2) == (D1, D2)
    assert summary.reasons == {"not_finite": 1}
    assert snapshot(lakes[0]) == snapshot(lakes[1])
    assert lakes[0].scan("sessions").collect().height == 60


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    "query",
    [
        'delete from "My Shop"."Orders" returning client',
        'with gone as (delete from "My Shop"."Orders" returning client) select * from gone',
        'select client from "My Shop"."Orders"); drop table traps; select (1',
        "select set_config('default_transaction_read_only', 'off', false) as client; delete from traps",
        "select nextval('counter') as client",
    ],
)
def test_query_that_writes_is_refused(database: PostgresqlServer, query: str, kind: str) -> None:
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("CREATE SEQUENCE IF NOT EXISTS counter")
    with pytest.raises(CaPlatformError) as caught:
        rows_of(open_source("sessions", settings_of(database, kind=kind, query=query), "UTC"), "client")
    assert caught.value.exit_code == 2
    with psycopg.connect(database.url) as connection:
        left = connection.execute('SELECT count(*) FROM "My Shop"."Orders"').fetchone()
        assert left == (61,)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"table": "My Shop.Ordres"}, "'My Shop.Orders'"),
        ({"table": "traps", "dsn": "postgresql://shop@127.0.0.1:1/shop"}, "cannot be reached"),
        ({"table": "traps", "dsn": "postgresql://shop@no-such-host.invalid/shop"}, "cannot be reached"),
        ({"table": "traps", "password": "geheim!"}, "refuses user or password"),
        ({"table": "traps", "password": None}, "refuses user or password"),
        ({"query": "selec client from traps"}, "does not understand the query"),
        ({"query": 'select client as x, client as x from "My Shop"."Orders"'}, "gives the column 'x' twice"),
        ({"query": "select 1 / 0 as x"}, "division by zero"),
        ({"table": "pg_authid"}, "Grant the user SELECT"),
        ({"table": "traps", "dsn": "nonsense"}, "no address of a database"),
    ],
)
def test_error_names_the_source_and_the_remedy_and_no_password(
    database: PostgresqlServer, change: dict[str, Any], words: str
) -> None:
    with pytest.raises(CaPlatformError) as caught:
        source = open_source("sessions", settings_of(database, **change), "UTC")
        rows_of(source, *source.schema())
    message = str(caught.value)
    assert words in message
    assert "geheim" not in message
    assert database.password not in message


@pytest.fixture
def tls_database(database: PostgresqlServer, tmp_path: Path) -> Iterator[tuple[PostgresqlServer, Certificates]]:
    """The server with TLS, for ``localhost``, until the test ends."""
    made = make_certificates(tmp_path)
    folder = database.folder / "data"
    for file, name in ((made.certificate, "server.crt"), (made.key, "server.key")):
        shutil.copy(file, folder / name)
        (folder / name).chmod(0o600)
    process.hand_over(database.folder)
    _set_tls(database, "on")
    yield database, made
    _set_tls(database, "off")


def _set_tls(server: PostgresqlServer, state: str) -> None:
    """The server takes it on a signal, some time after the statement has ended."""
    server.execute(f"ALTER SYSTEM SET ssl = {state}", "SELECT pg_reload_conf()")
    give_up_at = time.monotonic() + 30
    while server.execute("SHOW ssl").strip() != state:
        assert time.monotonic() < give_up_at, f"the server does not set ssl = {state}"
        time.sleep(0.05)


@pytest.mark.parametrize(
    ("host", "authority", "words"),
    [
        ("localhost", "authority", None),
        ("localhost", "certificate", "is not trusted (certificate verify failed). Add `sslrootcert=FILE`"),
        ("localhost", "missing", "is not trusted (root certificate file"),
        ("127.0.0.1", "authority", "is for another host"),
    ],
)
def test_certificate_that_is_not_trusted_is_told_from_a_server_that_is_away(
    tls_database: tuple[PostgresqlServer, Certificates], host: str, authority: str, words: str | None
) -> None:
    server, made = tls_database
    file = getattr(made, authority, made.authority.with_name("missing.crt"))
    dsn = f"{server.dsn.replace('127.0.0.1', host)}?sslmode=verify-full&sslrootcert={file}"
    source = open_source("sessions", settings_of(server, dsn=dsn, query="select 1 as n"), "UTC")
    if words is None:
        assert source.schema()
        return
    with pytest.raises(SourceError) as caught:
        source.schema()
    assert words in str(caught.value)
    assert not isinstance(caught.value, UnreachableError)


def test_server_without_tls_is_told_from_a_server_that_is_away(database: PostgresqlServer) -> None:
    settings = settings_of(database, dsn=f"{database.dsn}?sslmode=require", table="traps")
    with pytest.raises(SourceError, match=r"does not speak TLS.*sslmode") as caught:
        open_source("sessions", settings, "UTC").schema()
    assert not isinstance(caught.value, UnreachableError)


@pytest.mark.parametrize(
    ("text", "words", "may_pass"),
    [
        ('no pg_hba.conf entry for host "10.0.0.7", user "shop", database "shop", no encryption', "pg_hba.conf", False),
        ("sorry, too many clients already", "no free connection (sorry, too many clients already)", True),
        ("remaining connection slots are reserved for roles with the SUPERUSER attribute", "no free connection", True),
        ("canceling statement due to conflict with recovery", "a replica, ended the query", True),
    ],
)
def test_refusal_of_a_busy_or_closed_server_has_its_own_remedy(text: str, words: str, *, may_pass: bool) -> None:
    error = psycopg.OperationalError(
        f'connection failed: connection to server at "10.0.0.1", port 5432 failed: FATAL:  {text}'
    )
    found = explain("sessions", Server("postgresql://shop@10.0.0.1/shop"), error, lambda: "")
    assert words in str(found)
    assert isinstance(found, UnreachableError) is may_pass


@pytest.mark.parametrize("kind", KINDS)
def test_server_that_goes_away_while_rows_come_is_told_from_other_errors(database: PostgresqlServer, kind: str) -> None:
    query = "select n, repeat('x', 5000) as t from generate_series(1, 400000) n"
    batches = open_source("sessions", settings_of(database, kind=kind, query=query), "UTC").batches(["n", "t"])
    next(batches)
    database.execute(f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = '{database.user}'")
    with pytest.raises(UnreachableError, match="Run again when the server is back"):
        list(batches)
    away = settings_of(database, table="traps", dsn="postgresql://shop@127.0.0.1:1/shop")
    with pytest.raises(UnreachableError, match="cannot be reached"):
        open_source("sessions", away, "UTC").schema()


def test_unknown_database_is_named(database: PostgresqlServer) -> None:
    dsn = database.dsn.rpartition("/")[0] + "/elsewhere"
    with pytest.raises(SourceError, match=r"elsewhere.* Correct `sources\.sessions\.dsn`"):
        rows_of(open_source("sessions", settings_of(database, dsn=dsn, table="traps"), "UTC"), "n")


def test_missing_column_is_named_with_near_ones(database: PostgresqlServer) -> None:
    source = open_source("sessions", settings_of(database, table="My Shop.Orders"), "UTC")
    with pytest.raises(SourceError, match="Did you mean 'Order No'"):
        rows_of(source, "OrderNo")


def test_rows_arrive_in_batches(database: PostgresqlServer) -> None:
    source = open_source(
        "sessions",
        settings_of(database, query="select n, repeat('x', 900) as t from generate_series(1, 60000) n"),
        "UTC",
    )
    frames = [batch.frame for batch in source.batches(["n", "t"])]
    assert len(frames) > 1
    assert pl.concat(frames)["__row"].to_list() == list(range(1, 60_001))


def test_statement_that_takes_too_long_is_ended(database: PostgresqlServer, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        "ca_platform.sources.factory.READ_ONLY", "-c default_transaction_read_only=on -c statement_timeout=200ms"
    )
    source = open_source("sessions", settings_of(database, query="select pg_sleep(5)::text as x"), "UTC")
    with pytest.raises(SourceError, match="did not answer"):
        rows_of(source, "x")


def test_guess_finds_the_table_and_leaves_the_password_out(database: PostgresqlServer) -> None:
    # A database of its own: other tests leave tables in the shared one, and only so many are looked at.
    with psycopg.connect(database.url, autocommit=True) as connection:
        connection.execute("CREATE DATABASE guessed_alone")
    alone = f"{database.url.rpartition('/')[0]}/guessed_alone"
    with psycopg.connect(alone, autocommit=True) as connection:
        connection.execute('CREATE SCHEMA "My Shop"')
        columns = '"Order No" text, client int, started timestamptz, amount numeric(12, 2), bought bool'
        connection.execute(f'CREATE TABLE "My Shop"."Orders" ({columns})')
        connection.execute("CREATE TABLE colours (name text, hex text)")
    found = guess(alone, "sessions")
    assert found.mapping["table"] == "My Shop.Orders"
    assert found.mapping["columns"]["order_id"] == "Order No"
    assert database.password not in str(found)
    with pytest.raises(ConfigurationError, match="no address"):
        guess("postgresql:nonsense")


@pytest.mark.parametrize("dsn", ["postgresql://shop:pa/ss@db/shop", "postgresql://shop:ss/pa@db:5432/shop?sslmode=off"])
def test_password_with_a_slash_is_refused_and_no_part_of_it_is_said(dsn: str) -> None:
    source = SourceSettings.model_validate({"kind": "postgresql", "dsn": dsn, "table": "t"})
    with pytest.raises(ConfigurationError, match="Write %2F for it") as caught:
        open_source("sessions", source, "UTC").schema()
    assert "ss" not in str(caught.value).replace("password", "").replace("address", "")

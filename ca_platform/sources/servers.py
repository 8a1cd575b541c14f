"""A database server that speaks PostgreSQL: how to reach it, and what went wrong in words without the password."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ca_platform.errors import CaPlatformError, ConfigurationError, SourceError
from ca_platform.logging import Redactor

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 1800
_READ_ONLY = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout=30s"


@dataclass(frozen=True)
class Server:
    """Address and login.

    Attributes:
        dsn: as in the settings, a URL or ``key=value`` pairs.
        options: what the session starts with; "" where the server does not take options.
    """

    dsn: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    options: str = _READ_ONLY

    def parameters(self) -> dict[str, Any]:
        """Parameters of libpq, without password."""
        known = {name: value for name, value in self._given().items() if name != "password"}
        return {name: value for name, value in known.items() if value is not None}

    @property
    def place(self) -> str:
        """Database, host and port."""
        given = self.parameters()
        return f"{given.get('dbname', 'the database')} on {given.get('host', 'localhost')}:{given.get('port', 5432)}"

    def conninfo(self) -> str:
        """Everything, with the password."""
        from psycopg.conninfo import make_conninfo

        given = self._given()
        options = " ".join(part for part in (str(given.get("options") or ""), self.options) if part)
        limits: dict[str, Any] = {"connect_timeout": given.get("connect_timeout") or CONNECT_SECONDS}
        if options:
            limits["options"] = options
        if self.password:
            limits["password"] = self.password
        return make_conninfo("", **{**given, **limits, "client_encoding": "utf8"})

    def connect(self) -> psycopg.Connection[Any]:
        """A connection for a few rows."""
        import psycopg

        connection = psycopg.connect(self.conninfo())
        connection.read_only = True
        return connection

    def _given(self) -> dict[str, Any]:
        try:
            from psycopg import ProgrammingError
            from psycopg.conninfo import conninfo_to_dict
        except ImportError:
            raise ConfigurationError(
                "PostgreSQL needs drivers that are not installed: pip install 'ca-platform[postgres]'."
            ) from None
        scheme, mark, rest = self.dsn.partition("://")
        try:
            # SQLAlchemy's postgresql+psycopg:// is the same address.
            return conninfo_to_dict(f"{scheme.partition('+')[0]}://{rest}" if mark else self.dsn)
        except ProgrammingError as error:
            raise ConfigurationError(
                f"`dsn` is no address of a database ({self._clean(error)}). Write postgresql://user@host:5432/database."
            ) from None

    def _clean(self, error: Exception) -> str:
        line = (str(error).strip().splitlines() or [type(error).__name__])[0]
        return Redactor([self.password] if self.password else [])(line)


@contextmanager
def explained(name: str, server: Server, near_tables: Callable[[], str]) -> Iterator[None]:
    """Turn a driver's errors into ours."""
    try:
        yield
    except CaPlatformError:
        raise
    except Exception as error:
        found = explain(name, server, error, near_tables)
        if found is None:
            raise
        raise found from None


def explain(name: str, server: Server, error: Exception, near_tables: Callable[[], str]) -> CaPlatformError | None:
    """The error in one sentence with its remedy; None for what is no error of a database."""
    if type(error).__module__.partition(".")[0] not in ("psycopg", "adbc_driver_manager"):
        return None
    text, what = str(error).lower(), server._clean(error)  # noqa: SLF001 - a friend of the record
    place, key = server.place, f"sources.{name}"
    if "password authentication failed" in text or "no password supplied" in text:
        return SourceError(
            f"{key}: {place} refuses user or password. Correct the user in `{key}.dsn` and the variable behind "
            f"`{key}.password`."
        )
    if "does not exist" in text and ("database" in text or "role" in text) and "relation" not in text:
        return SourceError(f"{key}: {what}. Correct `{key}.dsn`.")
    if (
        "resolve host" in text
        or "translate host name" in text
        or "connection failed" in text
        or "failed to connect" in text
    ):
        return SourceError(
            f"{key}: {place} cannot be reached ({_cause(text)}). Check host, port and firewall, and that the server runs."
        )
    if "relation" in text and "does not exist" in text:
        return SourceError(f"{key}: {_cause(what)}.{near_tables() or ' Correct `table` or `query`.'}")
    if "permission denied" in text:
        return SourceError(f"{key}: {_cause(what)} at {place}. Grant the user SELECT on it.")
    if "statement timeout" in text or "lock timeout" in text:
        return SourceError(
            f"{key}: {place} did not answer within {STATEMENT_SECONDS // 60} minutes. Load fewer days at a time, or add an "
            "index on the column of the day."
        )
    if "read-only transaction" in text or "data-modifying" in text:
        return ConfigurationError(f"{key}.query changes data ({_cause(what)}). Only queries that read are allowed.")
    if "syntax error" in text or "column" in text or "function" in text or "operator" in text:
        return ConfigurationError(f"{key}: {place} does not understand the query ({_cause(what)}). Correct it.")
    return SourceError(
        f"{key}: reading from {place} failed ({_cause(what)}). Run again; if it stays, see the server's log."
    )


def _cause(text: str) -> str:
    """The driver's first line without its prefixes."""
    line = (text.strip().splitlines() or [""])[0]
    for mark in ("fatal: ", "FATAL:  ", "ERROR:  ", "error: "):
        line = line.rpartition(mark)[2] if mark in line else line
    return line.rstrip(".").strip()

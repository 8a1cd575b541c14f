"""A database server that speaks PostgreSQL: how to reach it, and what went wrong in words without the password."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from ca_platform.errors import CaPlatformError, ConfigurationError, SourceError
from ca_platform.logging import Redactor
from ca_platform.settings.secrets import passwords
from ca_platform.sources.base import UnreachableError

if TYPE_CHECKING:
    import psycopg

CONNECT_SECONDS = 10
STATEMENT_SECONDS = 1800
READ_ONLY = f"-c default_transaction_read_only=on -c statement_timeout={STATEMENT_SECONDS}s -c lock_timeout=30s"


_EXPLANATIONS: tuple[tuple[tuple[str, ...], type[CaPlatformError], str], ...] = (
    (
        ("password authentication failed|no password supplied",),
        SourceError,
        (
            "{key}: {place} refuses user or password. Correct the user in `{key}.dsn` and the variable behind "
            "`{key}.password`."
        ),
    ),
    (
        ("does not support ssl",),
        SourceError,
        "{key}: {place} does not speak TLS. Switch it on at the server, or take `sslmode` out of `{key}.dsn`.",
    ),
    (
        ("root certificate file|certificate verify failed",),
        SourceError,
        (
            "{key}: the certificate of {place} is not trusted ({cause}). Add `sslrootcert=FILE` to `{key}.dsn`: the "
            "certificate (PEM) of the authority that signed it."
        ),
    ),
    (
        ("certificate for .* does not match host",),
        SourceError,
        "{key}: the certificate of {place} is for another host ({cause}). Correct the host in `{key}.dsn`.",
    ),
    (
        ("pg_hba.conf",),
        SourceError,
        (
            "{key}: {place} lets nobody in this way ({cause}). Allow it in the server's pg_hba.conf, or choose another "
            "`sslmode` in `{key}.dsn`."
        ),
    ),
    (
        ("too many (clients|connections)|connection slots",),
        UnreachableError,
        "{key}: {place} has no free connection ({cause}). Run again later, or let the server take more.",
    ),
    (
        ("conflict with recovery",),
        UnreachableError,
        "{key}: {place}, a replica, ended the query to keep up with its primary ({cause}). Run again.",
    ),
    (("relation .* does not exist",), SourceError, "{key}: {cause}.{near}"),
    (("(database|role) .* does not exist",), SourceError, "{key}: {cause}. Correct `{key}.dsn`."),
    (
        ("resolve host|translate host name|connection failed|failed to connect|connection timeout",),
        UnreachableError,
        "{key}: {place} cannot be reached ({cause}). Check host, port and firewall, and that the server runs.",
    ),
    (
        ("server closed|terminating connection|connection (reset|not open|lost)|broken pipe|database system is",),
        UnreachableError,
        "{key}: {place} went away ({cause}). Run again when the server is back.",
    ),
    (("permission denied",), SourceError, "{key}: {cause} at {place}. Grant the user SELECT on it."),
    (
        ("statement timeout|lock timeout",),
        SourceError,
        (
            "{key}: {place} did not answer within {minutes} minutes. Load fewer days at a time, or add an index on the "
            "column of the day."
        ),
    ),
    (
        ("read-only transaction|data-modifying",),
        ConfigurationError,
        "{key}.query changes data ({cause}). Only queries that read are allowed.",
    ),
    (
        ("syntax error|column|function|operator|invalid input",),
        ConfigurationError,
        "{key}: {place} does not understand the query ({cause}). Correct it.",
    ),
)
"""What the text of an error shows, the kind of our error, and its message."""


@dataclass(frozen=True)
class Server:
    """Address and login.

    Attributes:
        dsn: as in the settings, a URL or ``key=value`` pairs.
        options: what the session starts with; "" where the server does not take options.
    """

    dsn: str = field(repr=False)
    password: str | None = field(default=None, repr=False)
    options: str = READ_ONLY

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
        if any("/" in found for found in passwords(self.dsn)):
            raise ConfigurationError(
                "`dsn`: the password in the address holds a /, at which its user's part ends. Write %2F for it, or give "
                "the password by itself: `password: ${NAME}`."
            )
        scheme, mark, rest = self.dsn.partition("://")
        try:
            # SQLAlchemy's postgresql+psycopg:// is the same address.
            return conninfo_to_dict(f"{scheme.partition('+')[0]}://{rest}" if mark else self.dsn)
        except ProgrammingError as error:
            raise ConfigurationError(
                f"`dsn` is no address of a database ({self.clean(error)}). Write postgresql://user@host:5432/database."
            ) from None

    def clean(self, error: Exception) -> str:
        """The first line of an error, without secrets."""
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
    # What fails while rows are on their way comes as an error of Arrow that quotes libpq.
    if type(error).__module__.partition(".")[0] not in ("psycopg", "adbc_driver_manager") and "[libpq]" not in str(
        error
    ):
        return None
    text, cause = str(error).lower(), _cause(server.clean(error))
    place, key = server.place, f"sources.{name}"
    for signs, kind, message in _EXPLANATIONS:
        if all(re.search(sign, text) for sign in signs):
            near = (near_tables() or " Correct `table` or `query`.") if "{near}" in message else ""
            shown = message.format(key=key, place=place, cause=cause, near=near, minutes=STATEMENT_SECONDS // 60)
            return kind(shown)
    return SourceError(f"{key}: reading from {place} failed ({cause}). Correct the query, or see the server's log.")


def _cause(text: str) -> str:
    """The driver's first line without its prefixes."""
    line = (text.strip().splitlines() or [""])[0]
    for mark in (" failed: ", "fatal: ", "FATAL:  ", "ERROR:  ", "error: "):
        line = line.rpartition(mark)[2] if mark in line else line
    return line.rstrip(".").strip()

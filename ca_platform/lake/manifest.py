"""The manifest's database: opening it, its transactions, and its failures in words. No SQL of the lake itself here.

One machine: SQLite in WAL mode, where a writer takes the write lock at once (BEGIN IMMEDIATE) and waits for others.
Several machines: PostgreSQL, where a writer locks the parts table against other writers. Readers never wait.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from ca_platform.errors import LakeError, ManifestAwayError
from ca_platform.lake.tables import METADATA, PARTS

if TYPE_CHECKING:
    import sqlalchemy as sa

BUSY_SECONDS = 60.0


class Manifest:
    """Transactions on the manifest's database.

    Connections are opened for each transaction and never kept (0.3 ms with SQLite): so a manifest may be used from
    any thread and after a fork.

    Args:
        url: SQLAlchemy URL, ``sqlite:///…`` or ``postgresql://…``.
    """

    def __init__(self, url: str) -> None:
        import sqlalchemy as sa

        try:
            self._url = sa.make_url(url)
        except sa.exc.ArgumentError as error:
            raise LakeError(
                "lake.manifest is no database address: write `sqlite` or postgresql://user:${PASSWORD}@host/database."
            ) from error
        self._engine = self._make_engine()
        self._is_ready = False

    @property
    def name(self) -> str:
        """Where the manifest lies, without its password."""
        return self._url.database or "" if self._is_sqlite else self._url.render_as_string(hide_password=True)

    def exists(self) -> bool:
        """Whether there can be anything to read: a SQLite file that nobody has made holds nothing."""
        return not self._is_sqlite or Path(self._url.database or "").exists()

    @contextmanager
    def reading(self) -> Iterator[sa.Connection]:
        """A consistent view of the manifest; other writers are not held up."""
        with self._explained():
            self._make_ready()
            with self._engine.connect() as connection, connection.begin():
                yield connection

    @contextmanager
    def writing(self) -> Iterator[sa.Connection]:
        """The one write transaction at a time: committed at the end, rolled back on any exception."""
        with self._explained():
            self._make_ready()
            with self._engine.connect().execution_options(ca_write=True) as connection, connection.begin():
                if not self._is_sqlite:
                    # Two writers of one day would otherwise both insert its row; readers are not held up.
                    connection.exec_driver_sql(f"LOCK TABLE {PARTS.name} IN SHARE ROW EXCLUSIVE MODE")
                yield connection

    @property
    def _is_sqlite(self) -> bool:
        return self._url.get_backend_name() == "sqlite"

    def _make_engine(self) -> sa.Engine:
        import sqlalchemy as sa

        backend = self._url.get_backend_name()
        if backend not in ("sqlite", "postgresql"):
            raise LakeError(f"lake.manifest: {backend} is not known; write `sqlite` or a postgresql:// address.")
        options: dict[str, Any] = {"connect_args": {"timeout": BUSY_SECONDS} if self._is_sqlite else {}}
        try:
            engine = sa.create_engine(self._url, poolclass=sa.NullPool, **options)
        except ImportError as error:
            raise LakeError(
                f"The manifest {self.name} needs a PostgreSQL driver that is not installed ({error.name}): "
                "pip install 'ca-platform[postgres]'."
            ) from error
        if self._is_sqlite:
            sa.event.listen(engine, "connect", _prepare_sqlite)
            sa.event.listen(engine, "begin", _begin_sqlite)
        return engine

    def _make_ready(self) -> None:
        """Make the tables, once per process. Where another process makes them at this moment ours fails: look again."""
        import sqlalchemy as sa

        if self._is_ready and self.exists():
            return
        if self._is_sqlite:
            self._make_folder()
        give_up_at = time.monotonic() + BUSY_SECONDS
        while True:
            try:
                with self._engine.connect().execution_options(ca_write=True) as connection, connection.begin():
                    METADATA.create_all(connection)
                break
            except (sa.exc.OperationalError, sa.exc.IntegrityError, sa.exc.ProgrammingError) as error:
                if not _is_race(error) or time.monotonic() > give_up_at:
                    raise
                time.sleep(0.02)
        self._is_ready = True

    def _make_folder(self) -> None:
        folder = Path(self._url.database or "").parent
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise LakeError(
                f"The lake's folder {folder} cannot be made: {error.strerror}. "
                "Correct lake.path in the settings, or give this user the right to write there."
            ) from error

    @contextmanager
    def _explained(self) -> Iterator[None]:
        import sqlalchemy as sa

        try:
            yield
        except sa.exc.SQLAlchemyError as error:
            raise self._in_words(error) from error

    def _in_words(self, error: Exception) -> LakeError:
        cause = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
        for sign, remedy in _REMEDIES:
            if sign in cause.lower():
                kind = ManifestAwayError if remedy in (_AWAY, _NOBODY) else LakeError
                return kind(f"The lake's manifest {self.name} cannot be used ({cause}): {remedy}")
        return LakeError(
            f"The lake's manifest {self.name} cannot be used: {cause}. Check lake.manifest in the settings."
        )


_DAMAGED = (
    "the file is damaged. Put it aside together with the lake's folder and load the sources again, "
    "or restore both from a backup."
)
_AWAY = (
    "PostgreSQL went away. What was being written is there as a whole or not at all. Run again when the server is back."
)
_NOBODY = "nobody answers there. Start PostgreSQL, or correct host and port in lake.manifest."
_REMEDIES = (
    ("not a database", _DAMAGED),
    ("malformed", _DAMAGED),
    ("readonly", "this user may not write it. Give the user of ca-platform the right to write file and folder."),
    ("unable to open", "this user may not open it. Check that the folder is there and may be written."),
    ("is locked", f"another process has held it for {BUSY_SECONDS:.0f} s. End that process, then run again."),
    ("full", "the disk is full. Free some space, then run again; nothing of this write is visible."),
    ("disk i/o", "the disk fails or is full. Check it, then run again; nothing of this write is visible."),
    ("password authentication", "user or password are refused. Check lake.manifest and the variable it names."),
    ("connection refused", _NOBODY),
    *((sign, _AWAY) for sign in ("closed the connection", "terminating connection", "closed unexpectedly")),
    *((sign, _AWAY) for sign in ("connection reset", "shutting down", "starting up", "recovery mode")),
    ("too many clients", "it has no connection free. End others, or raise max_connections there; then run again."),
    ("connection slots", "it has no connection free. End others, or raise max_connections there; then run again."),
    ("could not translate host", "the host is not known. Correct it in lake.manifest."),
    ("does not exist", "create the database or the user, or correct lake.manifest in the settings."),
    ("permission denied", "the user may not create tables there: grant CREATE on the schema."),
)


def _prepare_sqlite(connection: Any, _record: Any) -> None:
    # The driver's own BEGIN would be deferred: it must leave transactions to _begin_sqlite.
    connection.isolation_level = None
    connection.execute("PRAGMA journal_mode=WAL")
    connection.execute("PRAGMA synchronous=FULL")


def _begin_sqlite(connection: sa.Connection) -> None:
    is_write = connection.get_execution_options().get("ca_write", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if is_write else "BEGIN")


def _is_race(error: Exception) -> bool:
    cause = str(getattr(error, "orig", None) or error).lower()
    return any(sign in cause for sign in ("is locked", "already exists", "duplicate key"))

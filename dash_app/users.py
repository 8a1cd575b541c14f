"""Who may look: names, password hashes, open sessions and failed logins, in one SQLite file.

What belongs here: what must outlive a process and be the same for every worker. What does not: cookies and pages
(``security``). A password is kept as an argon2id hash, a session as the hash of its token.
"""

from __future__ import annotations

import contextlib
import hashlib
import math
import os
import secrets
import sqlite3
import threading
import time
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from ca_platform.errors import ConfigurationError

SESSION_SECONDS = 12 * 3600
FAILURES_ALLOWED = 5
WAIT_SECONDS = 30
PASSWORD_LENGTH = 10
NAME_LENGTH = 100

_FORGET_SECONDS = 900
_BUSY_SECONDS = 30.0
# Each verification takes 64 MB and four threads' work: more at once would only make all of them slow.
_AT_ONCE = threading.BoundedSemaphore(2)

_TABLES = """
CREATE TABLE IF NOT EXISTS users (name TEXT PRIMARY KEY, hash TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS sessions (token TEXT PRIMARY KEY, name TEXT NOT NULL, until REAL NOT NULL);
CREATE TABLE IF NOT EXISTS failures (key TEXT PRIMARY KEY, count INTEGER NOT NULL, at REAL NOT NULL);
"""


class UserStore:
    """The logins of the dashboards.

    Args:
        path: the SQLite file; made by the first write, readable by its owner alone.
    """

    def __init__(self, path: str | Path) -> None:
        self.path = Path(path)

    def add(self, name: str, password: str) -> None:
        """A new login.

        Raises:
            ConfigurationError: the name is taken or no name, or the password is too short.
        """
        _check_name(name)
        _check_password(password)
        with self._writing() as connection:
            try:
                connection.execute("INSERT INTO users (name, hash) VALUES (?, ?)", (name, _hash(password)))
            except sqlite3.IntegrityError:
                raise ConfigurationError(
                    f"There is a user {name!r} in {self.path} already. Remove it first, or take another name."
                ) from None

    def remove(self, name: str) -> None:
        """Take a login away, and log it out everywhere."""
        with self._writing() as connection:
            found = connection.execute("DELETE FROM users WHERE name = ?", (name,)).rowcount
            connection.execute("DELETE FROM sessions WHERE name = ?", (name,))
        if not found:
            raise self._unknown(name)

    def names(self) -> list[str]:
        """All users, in alphabetical order."""
        return [name for (name,) in self._read("SELECT name FROM users ORDER BY name")]

    def verify(self, name: str, password: str) -> bool:
        """Whether this is the user's password. An unknown user takes as long as a wrong password."""
        found = self._read("SELECT hash FROM users WHERE name = ?", (name,))
        with _AT_ONCE:
            return _matches(found[0][0] if found else _nobodys_hash(), password) and bool(found)

    def set_password(self, name: str, password: str) -> None:
        """Change a password; every session of the user ends."""
        _check_password(password)
        with self._writing() as connection:
            found = connection.execute("UPDATE users SET hash = ? WHERE name = ?", (_hash(password), name)).rowcount
            connection.execute("DELETE FROM sessions WHERE name = ?", (name,))
        if not found:
            raise self._unknown(name)

    def open_session(self, name: str) -> str:
        """A token that stands for the user until it is closed or ``SESSION_SECONDS`` have passed."""
        token, now = secrets.token_urlsafe(32), time.time()
        with self._writing() as connection:
            connection.execute("DELETE FROM sessions WHERE until < ?", (now,))
            connection.execute(
                "INSERT INTO sessions (token, name, until) VALUES (?, ?, ?)",
                (_digest(token), name, now + SESSION_SECONDS),
            )
        return token

    def user_of(self, token: str) -> str | None:
        """The user of an open session."""
        found = self._read("SELECT name FROM sessions WHERE token = ? AND until > ?", (_digest(token), time.time()))
        return str(found[0][0]) if found else None

    def close_session(self, token: str) -> None:
        """End a session; its token is worth nothing afterwards."""
        with self._writing() as connection:
            connection.execute("DELETE FROM sessions WHERE token = ?", (_digest(token),))

    def wait(self, name: str, address: str) -> int:
        """Seconds for which this name may not try again from this address; 0: it may."""
        found = self._read("SELECT count, at FROM failures WHERE key = ?", (_digest(f"{name}\n{address}"),))
        for count, at in found:
            if int(count) >= FAILURES_ALLOWED:
                return max(0, math.ceil(float(at) + WAIT_SECONDS - time.time()))
        return 0

    def note_failure(self, name: str, address: str) -> None:
        """Count a failed login."""
        now = time.time()
        with self._writing() as connection:
            connection.execute("DELETE FROM failures WHERE at < ?", (now - _FORGET_SECONDS,))
            connection.execute(
                "INSERT INTO failures (key, count, at) VALUES (?, 1, ?) "
                "ON CONFLICT (key) DO UPDATE SET count = count + 1, at = excluded.at",
                (_digest(f"{name}\n{address}"), now),
            )

    def forget_failures(self, name: str, address: str) -> None:
        """Begin to count anew, after a successful login."""
        with self._writing() as connection:
            connection.execute("DELETE FROM failures WHERE key = ?", (_digest(f"{name}\n{address}"),))

    def __repr__(self) -> str:
        return f"UserStore({str(self.path)!r})"

    def _read(self, sql: str, parameters: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        if not self.path.exists():
            return []
        # Opened for each question: 0.1 ms, and nothing to share between threads or to carry over a fork.
        with contextlib.closing(sqlite3.connect(self.path, timeout=_BUSY_SECONDS)) as connection:
            try:
                return connection.execute(sql, parameters).fetchall()
            except sqlite3.OperationalError as error:
                if "no such table" in str(error):
                    return []
                raise

    @contextlib.contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        self._make_file()
        with contextlib.closing(sqlite3.connect(self.path, timeout=_BUSY_SECONDS)) as connection:
            connection.executescript(_TABLES)
            with connection:
                yield connection

    def _make_file(self) -> None:
        if self.path.exists():
            return
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with contextlib.suppress(FileExistsError):
            os.close(os.open(self.path, os.O_CREAT | os.O_EXCL | os.O_RDWR, 0o600))

    def _unknown(self, name: str) -> ConfigurationError:
        known = ", ".join(self.names()) or "nobody yet"
        return ConfigurationError(f"There is no user {name!r} in {self.path}; there is {known}.")


def _check_name(name: str) -> None:
    if not name or name != name.strip() or len(name) > NAME_LENGTH or not name.isprintable():
        raise ConfigurationError(
            f"{name[:NAME_LENGTH]!r} is no user name: write 1 to {NAME_LENGTH} visible characters without blanks around."
        )


def _check_password(password: str) -> None:
    if len(password) < PASSWORD_LENGTH:
        raise ConfigurationError(
            f"The password is too short: {len(password)} of at least {PASSWORD_LENGTH} characters."
        )


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _nobodys_hash() -> str:
    return _hash(secrets.token_urlsafe(16))


def _hash(password: str) -> str:
    return _hasher().hash(password)


def _matches(hashed: str, password: str) -> bool:
    try:
        return _hasher().verify(hashed, password)
    except (VerificationError, InvalidHashError):
        return False


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()

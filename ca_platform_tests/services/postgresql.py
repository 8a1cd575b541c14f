"""A real PostgreSQL server: the distribution's programs in a temporary cluster, with a password over TCP."""

from __future__ import annotations

import re
import secrets
import shutil
import signal
import socket
import subprocess
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

from ca_platform_tests.services import process
from ca_platform_tests.services.components import ComponentMissing

_ADMIN = "administrator"
_CONFIGURATION = """
listen_addresses = '127.0.0.1'
port = {port}
# No socket file: every client shows its password.
unix_socket_directories = ''
password_encryption = 'scram-sha-256'
timezone = 'UTC'
# The cluster does not outlive the tests, so nothing has to survive a power cut.
fsync = off
synchronous_commit = off
full_page_writes = off
"""


def programs() -> Path:
    """Folder of the newest installed server's programs (Debian keeps them off the path)."""
    found = [folder for folder in Path("/usr/lib/postgresql").glob("*/bin") if (folder / "initdb").exists()]
    if found:
        return max(found, key=lambda folder: float(re.sub(r"[^\d.]", "", folder.parent.name) or 0))
    on_path = shutil.which("initdb")
    if on_path is None:
        raise ComponentMissing("PostgreSQL (Debian package postgresql) is not installed")
    return Path(on_path).resolve().parent


@dataclass
class PostgresqlServer:
    """One server with the database ``shop`` and its owner, who may make other databases and roles.

    ``url`` stays the same over ``stop``, ``kill`` and ``start``; the data stay, too.

    Attributes:
        user: the owner of the database; not a superuser, as nobody should give us one.
    """

    user: str = "shop"
    database: str = "shop"
    password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    port: int = field(default_factory=process.free_port)
    folder: Path = field(default_factory=lambda: process.scratch("postgresql"))
    _admin_password: str = field(default_factory=lambda: secrets.token_urlsafe(12), repr=False)
    _process: subprocess.Popen[bytes] | None = None

    @property
    def host(self) -> str:
        return "127.0.0.1"

    @property
    def url(self) -> str:
        """Address with the password, as SQLAlchemy and psycopg take it."""
        return f"postgresql://{self.user}:{quote(self.password, safe='')}@{self.host}:{self.port}/{self.database}"

    @property
    def dsn(self) -> str:
        """Address without the password, as a settings file has it; ``password`` goes beside it."""
        return f"postgresql://{self.user}@{self.host}:{self.port}/{self.database}"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def start(self, patience: float = 60.0) -> PostgresqlServer:
        """Start the server (again) and return when it takes logins. It ends with the thread that starts it."""
        is_new = not (self.folder / "data").exists()
        if is_new:
            self._initialize()
        command = [str(programs() / "postgres"), "-D", str(self.folder / "data")]
        self._process = process.start_group(command, self._environment(), self.folder, self.log)
        self._wait(self._process, patience)
        if is_new:
            self.execute(
                f"CREATE ROLE {self.user} LOGIN CREATEDB CREATEROLE PASSWORD '{self.password}'",
                f"CREATE DATABASE {self.database} OWNER {self.user}",
            )
        return self

    def stop(self) -> None:
        """End the server in good order without waiting for its clients."""
        self._end(signal.SIGINT)

    def kill(self) -> None:
        """End the server as a power cut does."""
        self._end(signal.SIGKILL)

    def remove(self) -> None:
        """Stop the server and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def execute(self, *statements: str, database: str = "postgres") -> str:
        """Run SQL as the superuser, for a test's arrangements; returns what psql prints."""
        commands = [word for statement in statements for word in ("-c", statement)]
        where = ["-h", self.host, "-p", str(self.port), "-U", _ADMIN, "-d", database]
        done = subprocess.run(
            [str(programs() / "psql"), "-X", "-q", "-A", "-t", "-v", "ON_ERROR_STOP=1", *where, *commands],
            env=self._environment() | {"PGPASSWORD": self._admin_password},
            capture_output=True,
            text=True,
            check=False,
        )
        if done.returncode:
            raise RuntimeError(f"psql: {done.stderr.strip()}")
        return done.stdout.strip()

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            process.end_group(self._process, how)
            self._process = None

    def _wait(self, server: subprocess.Popen[bytes], patience: float) -> None:
        deadline = time.monotonic() + patience
        ready = [str(programs() / "pg_isready"), "-q", "-h", self.host, "-p", str(self.port)]
        while not self._listens() or subprocess.run(ready, env=self._environment(), check=False).returncode:
            if server.poll() is not None:
                raise ComponentMissing(f"PostgreSQL ended at once: {process.tail(self.log)}")
            if time.monotonic() > deadline:
                self.kill()
                raise ComponentMissing(f"PostgreSQL is not up after {patience} s: {process.tail(self.log)}")
            time.sleep(0.05)

    def _listens(self) -> bool:
        try:
            socket.create_connection((self.host, self.port), timeout=1).close()
        except OSError:
            return False
        return True

    def _environment(self) -> dict[str, str]:
        return {"PATH": f"{programs()}:/usr/bin:/bin", "LC_ALL": "C.UTF-8", "HOME": str(self.folder)}

    def _initialize(self) -> None:
        secret = self.folder / "password"
        secret.write_text(self._admin_password)
        secret.chmod(0o600)
        process.hand_over(self.folder)
        data = str(self.folder / "data")
        options = ["--encoding=UTF8", "--no-sync", "--auth=scram-sha-256", f"--pwfile={secret}"]
        command = [str(programs() / "initdb"), "-D", data, "-U", _ADMIN, *options]
        process.run_as_account(command, self._environment(), self.folder)
        secret.unlink()
        with (self.folder / "data" / "postgresql.conf").open("a") as configuration:
            configuration.write(_CONFIGURATION.format(port=self.port))

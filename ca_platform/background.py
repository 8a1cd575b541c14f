"""The dashboards as a process in the background: started, found again and ended by later processes."""

from __future__ import annotations

import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.error import URLError
from urllib.request import ProxyHandler, build_opener

from ca_platform.errors import ConfigurationError, RunError

if TYPE_CHECKING:
    from ca_platform.settings import Settings

_PATIENCE_SECONDS = 60.0
_PAUSE_SECONDS = 0.1
_RECORD = "dashboards.json"
_LOG = "dashboards.log"


@dataclass(frozen=True, slots=True)
class Running:
    """A started process.

    Attributes:
        began: when it began, as the system words it: a number may be given to another process later.
    """

    pid: int
    began: str
    address: str


def start_dashboards(settings: Settings, host: str, port: int) -> str:
    """Start the dashboards, wait until they answer, and return their address; those that run already are kept."""
    running = _found(settings)
    if running is not None:
        return running.address
    require_free(host, port)
    folder = _folder(settings)
    folder.mkdir(parents=True, exist_ok=True)
    log = folder / _LOG
    process = _start(settings, host, port, log)
    running = Running(process.pid, _began(process.pid), address(host, port))
    (folder / _RECORD).write_text(json.dumps(asdict(running)), "utf-8")
    _wait(process, running.address, log, settings)
    return running.address


def address(host: str, port: int) -> str:
    """Where a browser on this machine finds the dashboards."""
    shown = {"0.0.0.0": "127.0.0.1", "::": "[::1]"}.get(host, f"[{host}]" if ":" in host else host)  # noqa: S104
    return f"http://{shown}:{port}"


def require_free(host: str, port: int) -> None:
    """Refuse an address that cannot be listened on, before anything is started."""
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, port))
    except OSError as error:
        reason = error.strerror or str(error)
        raise ConfigurationError(
            f"The dashboards cannot listen on {host}, port {port}: {reason}. Give another --port or --host."
        ) from error


def stop_dashboards(settings: Settings) -> bool:
    """End the dashboards that were started; False where none run."""
    running = _found(settings)
    _record(settings).unlink(missing_ok=True)
    if running is None:
        return False
    for number in (signal.SIGTERM, signal.SIGKILL):
        try:
            os.killpg(running.pid, number)
        except ProcessLookupError:
            break
        if _has_ended(running):
            break
    return True


def _start(settings: Settings, host: str, port: int, log: Path) -> subprocess.Popen[bytes]:
    command = [sys.executable, "-m", "ca_platform.cli", "dashboards", "--host", host, "--port", str(port)]
    environment = {**os.environ, **({"CA_SETTINGS": str(settings.file)} if settings.file is not None else {})}
    with log.open("wb") as output:
        return subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def _wait(process: subprocess.Popen[bytes], address: str, log: Path, settings: Settings) -> None:
    deadline = time.monotonic() + _PATIENCE_SECONDS
    while not _answers(address):
        if process.poll() is not None or time.monotonic() > deadline:
            stop_dashboards(settings)
            raise RunError(f"The dashboards did not start: {_tail(log)} The whole log is in {log}.")
        time.sleep(_PAUSE_SECONDS)


def _answers(address: str) -> bool:
    # An address of this machine must not go through a proxy.
    opener = build_opener(ProxyHandler({}))
    try:
        with opener.open(f"{address}/login", timeout=2) as answer:
            return bool(answer.status < 500)
    except (URLError, OSError):
        return False


def _found(settings: Settings) -> Running | None:
    """The process of an earlier start, where it is still the same one."""
    try:
        known: dict[str, Any] = json.loads(_record(settings).read_text("utf-8"))
        running = Running(**known)
    except (OSError, ValueError, TypeError):
        return None
    return running if running.began and _began(running.pid) == running.began else None


def _began(pid: int) -> str:
    """When a process began; nothing where there is none, or where it has ended and only waits to be noticed."""
    if Path("/proc/self/stat").exists():
        try:
            state, *fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            return ""
        return "" if state == "Z" else fields[18]  # the 22nd field of the line, see proc(5)
    command = ["ps", "-o", "stat=,lstart=", "-p", str(pid)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    state, _, began = done.stdout.strip().partition(" ")
    return "" if state.startswith("Z") else began.strip()


def _has_ended(running: Running) -> bool:
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if _began(running.pid) != running.began:
            return True
        time.sleep(_PAUSE_SECONDS)
    return False


def _tail(log: Path) -> str:
    lines = log.read_text("utf-8", "replace").strip().splitlines() if log.exists() else []
    return lines[-1] if lines else "it said nothing."


def _folder(settings: Settings) -> Path:
    return Path(settings.users.path).parent


def _record(settings: Settings) -> Path:
    return _folder(settings) / _RECORD

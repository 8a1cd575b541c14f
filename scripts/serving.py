"""Serving the dashboards and Dagster's UI side by side until Ctrl-C: free ports, logs in files, both ended together."""

from __future__ import annotations

import fcntl
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from ca_platform.settings import Settings

ROOT = Path(__file__).parents[1]
BIN = Path(sys.executable).parent
HOST = "127.0.0.1"
_PATIENCE = 120.0
_PORTS_TRIED = 100


@dataclass(frozen=True, slots=True)
class Site:
    """One of the two servers.

    Attributes:
        path: answers with 200 when the server is ready.
        preferred: the port that is taken when it is free.
        interrupt: how it is told to end in good order.
    """

    name: str
    title: str
    path: str
    preferred: int
    interrupt: signal.Signals

    def command(self, port: int) -> list[str]:
        if self.name == "dagster":
            return [str(BIN / "dagster"), "dev", "-w", str(ROOT / "workspace.yaml"), "-h", HOST, "-p", str(port)]
        return [str(BIN / "ca-platform"), "dashboards", "--host", HOST, "--port", str(port)]


DASHBOARDS = Site("dashboards", "The dashboards", "/health", 8050, signal.SIGTERM)
DAGSTER = Site("dagster", "Dagster's UI", "/server_info", 3000, signal.SIGINT)
SITES = {site.name: site for site in (DASHBOARDS, DAGSTER)}


class ServingError(Exception):
    """A server does not come up or has ended; the message says where its log is."""


def say(text: str = "") -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


def serve(settings: Settings, sites: Sequence[Site], greeting: str = "") -> None:
    """Serve until Ctrl-C or SIGTERM.

    Args:
        greeting: said after the addresses.

    Raises:
        ServingError: one of the servers does not come up or ends by itself.
    """
    from ca_platform.defs.instance import home, prepare

    folder = prepare(settings) if DAGSTER in sites else home(settings)
    ports = {site.name: _port(site) for site in sites}
    environment = _environment(settings, folder, ports)
    with ExitStack() as ending:
        _end_on_signals()
        held = ending.enter_context(_held(folder)) if DAGSTER in sites else None
        running = {}
        for site in sites:
            log = folder / f"{site.name}.log"
            process = _start(site, ports[site.name], environment, log, held)
            ending.callback(_end, site, process)
            running[site.name] = (process, log)
        for site in sites:
            _wait(site, ports[site.name], *running[site.name])
        try:
            _announce(sites, ports, greeting)
            _watch(sites, running)
        except KeyboardInterrupt:  # around the announcement, too: who reads it may end us before the next line
            say("\nEnding.")


def _announce(sites: Sequence[Site], ports: dict[str, int], greeting: str) -> None:
    say()
    for site in sites:
        taken = "" if ports[site.name] == site.preferred else f"   (port {site.preferred} is taken)"
        say(f"{site.title:<15} http://{HOST}:{ports[site.name]}{taken}")
    if greeting:
        say(greeting)
    say("Ctrl-C ends it.")


def free_port(preferred: int) -> int:
    """The preferred port, or the next one that nobody listens on."""
    for port in range(preferred, preferred + _PORTS_TRIED):
        with socket.socket() as probe:
            # As the servers do it: a port that was in use a moment ago is free.
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            try:
                probe.bind((HOST, port))
            except OSError:
                continue
            return port
    raise ServingError(f"no free port between {preferred} and {preferred + _PORTS_TRIED}")


def _port(site: Site) -> int:
    return free_port(site.preferred)


def _environment(settings: Settings, folder: Path, ports: dict[str, int]) -> dict[str, str]:
    environment = os.environ | {"DAGSTER_HOME": str(folder), "PYTHONUNBUFFERED": "1"}
    if settings.file is not None:
        environment["CA_SETTINGS"] = str(settings.file)
    if settings.dagster.url is None and "dagster" in ports:
        # The pages that start runs find the Dagster beside them.
        environment["CA_DAGSTER__URL"] = f"http://{HOST}:{ports['dagster']}"
    return environment


@contextmanager
def _held(folder: Path) -> Iterator[int]:
    """Hold the folder of the runs: of two Dagsters over one folder each would start what the schedules ask for.

    Gives a file that Dagster gets from us, so that the folder is held as long as either of us lives.
    """
    lock = os.open(folder / "dagster.lock", os.O_RDWR | os.O_CREAT)
    try:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise ServingError(
                f"another one runs over {folder} already: {os.read(lock, 100).decode() or 'it is starting'}. Use that one, or "
                "end it first, with Ctrl-C where it was started, or by its process."
            ) from None
        os.truncate(lock, 0)
        yield lock
    finally:
        os.close(lock)


def _start(site: Site, port: int, environment: dict[str, str], log: Path, held: int | None) -> subprocess.Popen[bytes]:
    kept = (held,) if held is not None and site is DAGSTER else ()
    with log.open("ab") as output:
        process = subprocess.Popen(
            site.command(port),
            cwd=ROOT,
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            pass_fds=kept,
            start_new_session=True,  # Ctrl-C reaches us alone, and we end both in good order
        )
    for lock in kept:
        os.write(lock, f"http://{HOST}:{port}, process {process.pid}".encode())
    return process


def _wait(site: Site, port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    """Return when the server answers; a dot for each second shows that something happens."""
    sys.stdout.write(
        f"Starting {site.title[:1].lower()}{site.title[1:]} " if site is DASHBOARDS else "Starting Dagster "
    )
    begun = time.monotonic()
    while not _answers(port, site.path):
        if process.poll() is not None:
            raise ServingError(f"\n{site.title} ended with {process.returncode}; its log: {log}\n{_tail(log)}")
        if time.monotonic() - begun > _PATIENCE:
            raise ServingError(f"\n{site.title} does not answer after {_PATIENCE:.0f} s; its log: {log}")
        sys.stdout.write(".")
        sys.stdout.flush()
        time.sleep(1)
    say(" ready")


def _answers(port: int, path: str) -> bool:
    try:
        with urllib.request.urlopen(f"http://{HOST}:{port}{path}", timeout=5) as answer:
            return bool(answer.status == 200)
    except (OSError, urllib.error.URLError):
        return False


def _watch(sites: Sequence[Site], running: dict[str, tuple[subprocess.Popen[bytes], Path]]) -> None:
    while True:
        for site in sites:
            process, log = running[site.name]
            if process.poll() is not None:
                raise ServingError(f"{site.title} ended with {process.returncode}; its log: {log}\n{_tail(log)}")
        time.sleep(0.5)


def _end_on_signals() -> None:
    def stop(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    signal.signal(signal.SIGTERM, stop)
    # A shell that starts us in the background has it ignored; so would Dagster have it, and could only be killed.
    signal.signal(signal.SIGINT, stop)


def _end(site: Site, process: subprocess.Popen[bytes]) -> None:
    """Ask the server to end, and end its whole group when it does not."""
    if process.poll() is None:
        process.send_signal(site.interrupt)
        with suppress(subprocess.TimeoutExpired):
            process.wait(15)
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except ProcessLookupError:
        return
    process.wait()


def _tail(log: Path) -> str:
    return log.read_text(errors="replace")[-2000:]

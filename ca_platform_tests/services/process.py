"""Server processes: free ports, the account that is not root, start and stop of a process group.

Elasticsearch and PostgreSQL refuse to run as root, so root makes a system account for them and steps down with setpriv.
"""

import os
import pwd
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Mapping, Sequence
from pathlib import Path

from ca_platform_tests.services.components import ComponentMissing

ACCOUNT = "ca_platform_test"


def free_port() -> int:
    """A port of the loopback interface that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
    return port


def is_root() -> bool:
    return os.geteuid() == 0


def account() -> pwd.struct_passwd:
    """The account that servers run as: a system account when we are root, else ourselves."""
    if not is_root():
        return pwd.getpwuid(os.geteuid())
    try:
        return pwd.getpwnam(ACCOUNT)
    except KeyError:
        command = ["useradd", "--system", "--user-group", "--no-create-home", "--home-dir", "/nonexistent", ACCOUNT]
        made = subprocess.run(command, capture_output=True, text=True, check=False)
        if made.returncode not in {0, 9}:  # 9: another process made it in the meantime
            raise ComponentMissing(f"the account {ACCOUNT} cannot be made: {made.stderr.strip()}") from None
    return pwd.getpwnam(ACCOUNT)


def step_down() -> list[str]:
    """The words before a command that make it run as that account and end when we are gone."""
    if shutil.which("setpriv") is None:
        if is_root():
            raise ComponentMissing("setpriv (Debian package util-linux) is not installed")
        return []
    if not is_root():
        return ["setpriv", "--pdeathsig", "TERM"]
    user = account()
    ids = [f"--reuid={user.pw_uid}", f"--regid={user.pw_gid}", "--clear-groups"]
    return ["setpriv", *ids, "--pdeathsig", "TERM"]


def scratch(prefix: str) -> Path:
    """A new folder under the system's temporary folder that belongs to the servers' account."""
    folder = Path(tempfile.mkdtemp(prefix=f"ca-platform-{prefix}-"))
    hand_over(folder)
    return folder


def hand_over(folder: Path) -> None:
    """Give a folder and all that is in it to the servers' account."""
    user = account()
    for path in (folder, *folder.rglob("*")):
        if is_root():
            os.chown(path, user.pw_uid, user.pw_gid)


def run_as_account(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> None:
    """Run a command to its end as the servers' account; its output is the message when it fails."""
    done = subprocess.run(
        [*step_down(), *command], env=dict(environment), cwd=folder, capture_output=True, text=True, check=False
    )
    if done.returncode:
        words = f"{done.stdout}\n{done.stderr}".strip()
        raise ComponentMissing(f"`{' '.join(command)}` ended with {done.returncode}: {words[-800:]}")


def start_group(
    command: Sequence[str], environment: Mapping[str, str], folder: Path, log: Path
) -> "subprocess.Popen[bytes]":
    """Start a server in a process group of its own, its output in ``log``."""
    with log.open("ab") as output:
        return subprocess.Popen(
            [*step_down(), *command],
            env=dict(environment),
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )


def end_group(process: "subprocess.Popen[bytes]", how: signal.Signals, patience: float = 30.0) -> None:
    """Send a signal to the whole group and wait; kill what has not ended by then."""
    for number in (how, signal.SIGKILL):
        try:
            os.killpg(process.pid, number)
        except ProcessLookupError:
            break
        try:
            process.wait(patience)
        except subprocess.TimeoutExpired:
            continue
        break
    process.wait()


def tail(log: Path, characters: int = 1500) -> str:
    """The end of a log, for messages."""
    return log.read_text(errors="replace")[-characters:] if log.exists() else "(no log)"


def pause_group(process: "subprocess.Popen[bytes]", *, resume: bool = False) -> None:
    """Freeze a server (it accepts connections and answers nothing), or let it go on."""
    os.killpg(process.pid, signal.SIGCONT if resume else signal.SIGSTOP)
    # On a busy machine a thread that has not been stopped yet would still answer.
    until = time.monotonic() + 10.0
    while not resume and _runs(process.pid) and time.monotonic() < until:
        time.sleep(0.01)


def _runs(group: int) -> bool:
    """Whether any thread of a group of processes has not been stopped."""
    for file in Path("/proc").glob("[0-9]*/task/[0-9]*/stat"):
        try:
            state, _, own, *_ = file.read_text(errors="replace").rpartition(")")[2].split()
        except OSError:
            continue  # it has ended
        if int(own) == group and state not in "TtZX":
            return True
    return False

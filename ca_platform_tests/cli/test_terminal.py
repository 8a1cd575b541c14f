"""What is different on a terminal: bars, the prompt for a password, widths. A real one, as the system makes them."""

from __future__ import annotations

import fcntl
import os
import pty
import re
import select
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Sequence
from pathlib import Path

from ca_platform_tests.api.shop import Shop
from dash_app.users import UserStore

PASSWORD = "correct horse battery"


def on_terminal(
    arguments: Sequence[str], answers: Sequence[tuple[str, str]] = (), columns: int = 80, **changed: str
) -> tuple[int, str]:
    """Run the command on a terminal of its own; type each answer when its question appears."""
    ours, theirs = pty.openpty()
    fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, columns, 0, 0))
    environment = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "LINES", "NO_COLOR")}
    running = subprocess.Popen(
        [sys.executable, "-m", "ca_platform.cli", *arguments],
        stdin=theirs,
        stdout=theirs,
        stderr=theirs,
        env={**environment, "TERM": "xterm-256color", **changed},
        start_new_session=True,
        preexec_fn=lambda: fcntl.ioctl(0, termios.TIOCSCTTY, 0),  # noqa: PLW1509 - makes it the controlling one
    )
    os.close(theirs)
    shown, waiting = "", list(answers)
    deadline = time.monotonic() + 120
    while time.monotonic() < deadline:
        if select.select([ours], [], [], 0.1)[0]:
            try:
                shown += os.read(ours, 65536).decode("utf-8", "replace")
            except OSError:  # the other end is closed
                break
        elif running.poll() is not None:
            break
        if waiting and waiting[0][0] in shown:
            os.write(ours, f"{waiting.pop(0)[1]}\n".encode())
    os.close(ours)
    return running.wait(60), shown


def test_progress_is_a_bar(tmp_path: Path) -> None:
    code, shown = on_terminal(["simulate", "--days", "3", "--customers", "5", "--out", str(tmp_path / "shop")])
    assert code == 0
    assert "Simulating days" in shown
    assert "━" in shown
    assert "3/3" in shown


def test_progress_has_no_colour_where_none_is_wanted(tmp_path: Path) -> None:
    simulate = ["simulate", "--days", "3", "--customers", "5", "--out"]
    coloured = re.compile(r"\x1b\[[\d;]*3[1-8]")
    assert coloured.search(on_terminal([*simulate, str(tmp_path / "colours")])[1])
    code, shown = on_terminal([*simulate, str(tmp_path / "none")], NO_COLOR="1")
    assert code == 0
    assert "━" in shown
    assert not coloured.search(shown)


def test_progress_is_lines_on_a_terminal_that_cannot_go_back(tmp_path: Path) -> None:
    simulate = ["simulate", "--days", "3", "--customers", "5", "--out", str(tmp_path / "shop")]
    code, shown = on_terminal(simulate, TERM="dumb")
    assert code == 0
    assert "Simulating days: 3 of 3" in shown
    assert "\x1b" not in shown


def test_the_password_is_asked_for_twice_and_not_shown(shop: Shop) -> None:
    code, shown = on_terminal(
        ["user", "add", "anna"], [("Password: ", PASSWORD), ("Repeat for confirmation: ", PASSWORD)]
    )
    assert code == 0, shown
    assert PASSWORD not in shown
    assert UserStore(shop.settings.users.path).verify("anna", PASSWORD)


def test_tables_fit_the_width_of_the_terminal(shop: Shop) -> None:
    code, shown = on_terminal(["reports", "--family", "orders"], columns=50)
    assert code == 0
    assert max(map(len, shown.splitlines())) <= 50


def test_parquet_is_nothing_for_a_terminal(shop: Shop) -> None:
    code, shown = on_terminal(["report", "kpis", "--format", "parquet"])
    assert code == 2
    assert "Parquet is nothing for a terminal" in shown.replace("\r\n", " ")

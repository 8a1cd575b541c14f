"""``make demo``: a simulated shop, or a shop of one's own, from files to dashboards, in one go.

Whatever is there already is kept: the data, the finished reports, the user.
"""

from __future__ import annotations

import argparse
import os
import secrets
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

from ca_platform.errors import CaPlatformError
from scripts.serving import BIN, DAGSTER, DASHBOARDS, ROOT, ServingError, say, serve

if TYPE_CHECKING:
    from ca_platform.settings import Settings

FOLDER = ROOT / "demo"
DAYS, CUSTOMERS, SEED = 365, 6_000, 1
REPORT_DAYS = 30
USER = "demo"
_MARK = "kpis"  # a report that every shop has: where it is stored for a day, that day is done


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="make demo", description=__doc__)
    parser.add_argument("--settings", type=Path, help="a settings file of your own in place of the simulated shop")
    parser.add_argument("--no-serve", action="store_true", help="end after the reports")
    asked = parser.parse_args(arguments)
    try:
        return _demo(asked.settings, serving=not asked.no_serve)
    except (CaPlatformError, ServingError) as error:
        sys.stderr.write(f"demo: {error}\n")
        return getattr(error, "exit_code", 1)
    except KeyboardInterrupt:
        sys.stderr.write("\ndemo: interrupted. What was finished by then is kept; `make demo` goes on from there.\n")
        return 130


def _demo(own: Path | None, *, serving: bool) -> int:
    from ca_platform.settings import load_settings

    begun = time.monotonic()
    file = own.absolute() if own is not None else _simulated_shop(FOLDER)
    settings = load_settings(file)
    os.environ["CA_SETTINGS"] = str(file)  # for every command below
    if own is None:
        os.environ.pop("DAGSTER_HOME", None)  # of another project: the demo stays in its folder
    code = _materialize(settings, None if own is not None else REPORT_DAYS)
    if code:
        return code
    login = _login(settings)
    say(f"Done in {time.monotonic() - begun:.0f} s. The settings are in {_shown(file)}.")
    if not serving:
        say(login)
        say(f"`make demo{'' if own is None else f' SETTINGS={own}'}` serves it.")
        return 0
    about = "\nAll data are simulated: invented customers, invented orders." if settings.business.simulated else ""
    serve(settings, (DASHBOARDS, DAGSTER), login + about)
    return 0


# ---- data --------------------------------------------------------------------------------------------------------


def _simulated_shop(folder: Path) -> Path:
    """The settings file of the simulated shop, whose last day is yesterday. A shop that is there is kept."""
    from ca_platform.simulate import simulate_shop

    file = folder / "ca_platform.yaml"
    if file.exists():
        say(f"The simulated shop in {_shown(folder)}/ is kept (`make clean` deletes it).")
        return file
    yesterday = datetime.now(UTC).date() - timedelta(days=1)
    start = yesterday - timedelta(days=DAYS - 1)
    say(f"Simulating a shop of {CUSTOMERS:,} customers from {start} to {yesterday} (all data are simulated) …")
    # In a folder aside, so that an interrupted simulation is never taken for a shop.
    aside = folder / ".new"
    shutil.rmtree(aside, ignore_errors=True)
    progress = _Months(start)
    simulate_shop(aside, DAYS, CUSTOMERS, SEED, start, on_day=progress)
    say(f"  {progress.sessions:,} sessions in {progress.days} days")
    for item in sorted(aside.iterdir(), key=lambda path: path.name == file.name):
        _replace(item, folder / item.name)
    aside.rmdir()
    return file


class _Months:
    """Says how far the simulation is, once for each month."""

    def __init__(self, start: date) -> None:
        self._month = (start.year, start.month)
        self.sessions = self.days = 0

    def __call__(self, day: date, sessions: int) -> None:
        self.sessions, self.days = self.sessions + sessions, self.days + 1
        if (day.year, day.month) != self._month:
            self._month = (day.year, day.month)
            say(f"  {day:%Y-%m-%d}: {self.sessions:,} sessions so far")


def _replace(source: Path, target: Path) -> None:
    if target.is_dir():
        shutil.rmtree(target)
    source.replace(target)


# ---- reports -----------------------------------------------------------------------------------------------------


def _materialize(settings: Settings, newest: int | None) -> int:
    """Load every day and make the reports of the newest days (None: of all); exit code of ``ca-platform run``."""
    from ca_platform.ingest import day_range

    found = day_range("sessions", settings)
    if found is None:
        sys.stderr.write("demo: the sessions source has no rows with a date; `ca-platform check` shows what it has.\n")
        return 2
    first, last = max(found[0], settings.business.start_date), found[1]
    if newest is not None:
        first = max(first, last - timedelta(days=newest - 1))
    wanted = {first + timedelta(days=offset) for offset in range((last - first).days + 1)}
    if wanted <= _reported(settings):
        say(f"The reports of {first} to {last} are kept.")
        return 0
    say(f"Loading, then the reports of {len(wanted)} days ({first} to {last}), through Dagster …")
    command = [str(BIN / "ca-platform"), "run", "--from", str(first), "--to", str(last)]
    return subprocess.run(command, check=False).returncode


def _reported(settings: Settings) -> set[date]:
    from ca_platform.store import open_store

    with open_store(settings) as store:
        return set(store.days(_MARK))


# ---- user --------------------------------------------------------------------------------------------------------


def _login(settings: Settings) -> str:
    """Make the first user, and what is to be said about it."""
    from dash_app.users import UserStore

    users = UserStore(settings.users.path)
    names = users.names()
    if names:
        who = f"user {names[0]} and the password are" if len(names) == 1 else f"users {', '.join(names)} are"
        return f"Login: {who} kept. {_forgotten(settings, names[0])}"
    password = secrets.token_urlsafe(9)
    users.add(USER, password)
    return f"Login: user {USER}, password {password}   (shown this once)\n{_forgotten(settings, USER)}"


def _forgotten(settings: Settings, name: str) -> str:
    where = f" --settings {_shown(settings.file)}" if settings.file else ""
    return f"Forgotten? `.venv/bin/ca-platform{where} user password {name}` sets another."


def _shown(path: Path) -> str:
    return str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else str(path)


if __name__ == "__main__":
    sys.exit(main())

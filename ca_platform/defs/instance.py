"""The Dagster instance of a shop: DAGSTER_HOME, or the folder ``.dagster`` beside the settings file."""

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from importlib.resources import files
from pathlib import Path

import dagster as dg

from ca_platform.defs.batchedlog import BATCH_SIZE, BATCH_VARIABLE
from ca_platform.defs.eventlog import keep_open
from ca_platform.defs.processes import close_killed
from ca_platform.errors import ConfigurationError
from ca_platform.settings import Settings

_CONFIG = "dagster.yaml"


def home(settings: Settings) -> Path:
    """The folder of the instance; made, with our ``dagster.yaml`` in it, where it is not there yet."""
    named = os.environ.get("DAGSTER_HOME")
    folder = Path(named).expanduser() if named else settings.folder / ".dagster"
    try:
        folder.mkdir(parents=True, exist_ok=True)
        config = folder / _CONFIG
        if not config.exists():
            config.write_text(template(), encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(
            f"Dagster's folder {folder} cannot be written ({error.strerror}): make it writable, or name another one in "
            "the environment variable DAGSTER_HOME."
        ) from error
    return folder.absolute()


def template() -> str:
    """Our ``dagster.yaml``, for one machine."""
    return files("ca_platform.defs").joinpath(_CONFIG).read_text(encoding="utf-8")


def prepare(settings: Settings) -> Path:
    """The folder of the instance, for a Dagster that is about to be started over it.

    Its databases are made here: two Dagsters that begin over a new folder at once would each make them, and one of both
    ends with an error of the database.
    """
    folder = home(settings)
    with _surroundings(folder), _instance(folder) as instance:
        close_killed(instance)
    return folder


@contextmanager
def opened(settings: Settings) -> Iterator[dg.DagsterInstance]:
    """The instance, for runs in this process. Runs that a killed process left behind are marked as failed first."""
    folder = home(settings)
    with _surroundings(folder), _instance(folder) as instance:
        keep_open(instance)
        close_killed(instance)
        yield instance


def _instance(folder: Path) -> dg.DagsterInstance:
    try:
        with _alone(folder):
            return dg.DagsterInstance.from_config(str(folder))
    except Exception as error:
        cause = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise ConfigurationError(
            f"Dagster cannot be started with {folder / _CONFIG}: {cause}. Correct that file; or move the folder "
            f"{folder} away: a new one is made, without the history of runs."
        ) from error


@contextmanager
def _surroundings(folder: Path) -> Iterator[None]:
    """What Dagster's own processes have in their environment: where the event log lies, and how much it writes at once.

    For as long as an instance is open: Dagster makes more of them of what it knows of the first one.
    """
    before = {name: os.environ.get(name) for name in ("DAGSTER_HOME", BATCH_VARIABLE)}
    os.environ["DAGSTER_HOME"] = str(folder)
    os.environ.setdefault(BATCH_VARIABLE, BATCH_SIZE)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                os.environ.pop(name, None)
            else:
                os.environ[name] = value


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Let one process at a time open the instance.

    The first one makes its databases. Two that do so at once write the version of their tables twice, and from then on
    Dagster refuses them for good.
    """
    opened_folder = os.open(folder, os.O_RDONLY)
    try:
        fcntl.flock(opened_folder, fcntl.LOCK_EX)
        yield
    finally:
        os.close(opened_folder)

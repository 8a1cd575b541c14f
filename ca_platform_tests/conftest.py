"""The components that tests share: servers, the browser, the public data. Each is started when a test first needs it.

A component that cannot be had is skipped loudly; with ``CI=true`` it is a failure.
"""

from __future__ import annotations

import gc
import os
import secrets
import signal
import sys
import tempfile
import warnings
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import settings

from ca_platform_tests.services import elasticsearch
from ca_platform_tests.services.certificates import make_certificates
from ca_platform_tests.services.components import ComponentMissing, give_up
from ca_platform_tests.services.elasticsearch import ElasticsearchServer, Security
from ca_platform_tests.services.postgresql import PostgresqlServer

if TYPE_CHECKING:
    from playwright.sync_api import Browser

ROOT = Path(__file__).parents[1]
DATA_VARIABLE = "CA_PUBLIC_DATA"

# Networks take seconds to load and to train: only the tests of their own do that.
os.environ["DEEP"] = "0"

_MEMORY, _WRITTEN, _FOR_PROCESSES = Path("/dev/shm"), 4 << 30, 8 << 30

# Files of tests that load torch.
_NETWORKS = "test_networks.py"
_SERVERS = {"elasticsearch_of", "elasticsearch_secured", "postgresql_server"}


def elasticsearch_versions() -> list[str]:
    """The versions that this machine can run; the default one always, so that its absence is noticed."""
    try:
        elasticsearch.java_home(elasticsearch.NEXT_VERSION)
    except ComponentMissing:
        return [elasticsearch.DEFAULT_VERSION]
    return [elasticsearch.DEFAULT_VERSION, elasticsearch.NEXT_VERSION]


def pytest_configure(config: pytest.Config) -> None:
    """Heed SIGINT also where CI starts us in the background: what a test starts would inherit that it is ignored."""
    _write_to_memory()
    _keep_bytecode(config)
    # How long an example takes says something of the machine, and nothing of the rule.
    settings.register_profile("timeless", settings.default, deadline=None)
    settings.load_profile("timeless")
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


def _write_to_memory() -> None:
    """Let the files of tests lie in memory where there is plenty, unless somebody says where they shall lie.

    Lakes, stores and servers wait for the disk after each write: half of the time of a run of a small shop. Tests kill
    processes and never machines, so that what they see of a file is the same on either.
    """
    if "TMPDIR" not in os.environ and _has_room(_MEMORY):
        os.environ["TMPDIR"] = str(_MEMORY)
        tempfile.tempdir = None  # asked for anew


def _keep_bytecode(config: pytest.Config) -> None:
    """Where the environment forbids bytecode beside the sources, let it lie with pytest's cache.

    Each process that a test starts would compile two thousand modules again: half of the time until it answers.
    """
    cache: pytest.Cache | None = getattr(config, "cache", None)  # none with -p no:cacheprovider
    if sys.dont_write_bytecode and cache is not None:
        sys.pycache_prefix = str(cache.mkdir("bytecode"))
        sys.dont_write_bytecode = False
        os.environ["PYTHONPYCACHEPREFIX"] = sys.pycache_prefix
        del os.environ["PYTHONDONTWRITEBYTECODE"]


def _has_room(folder: Path) -> bool:
    """Whether a folder in memory can take what a whole run writes, some of it programs of Elasticsearch."""
    if not folder.is_dir():
        return False
    found = os.statvfs(folder)
    lines = Path("/proc/meminfo").read_text().splitlines()
    (available,) = (int(line.split()[1]) * 1024 for line in lines if line.startswith("MemAvailable:"))
    is_large = min(found.f_bavail * found.f_frsize, available - _FOR_PROCESSES) >= _WRITTEN
    return is_large and not found.f_flag & os.ST_NOEXEC


def pytest_report_header() -> str:
    return (
        f"components: Elasticsearch {', '.join(elasticsearch_versions())}; public data {_public_folder() or 'absent'}; "
        f"files in {tempfile.gettempdir()}"
    )


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let Python look for garbage less often, and never among all modules and tests: it took a tenth of the time."""
    gc.disable()
    try:
        return (yield)
    finally:
        gc.freeze()
        gc.set_threshold(10_000, 10, 10)
        gc.enable()


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Fast tests first, then those with servers, and those with a browser at the end.

    While Playwright runs, its event loop is this thread's: nothing that calls ``asyncio.run`` may come after it. Of two
    processes one begins with the servers, and of the files with a browser those that may have to start a server come
    first, and longer ones before shorter ones, so that neither waits long for the other at the end.
    """
    order = (1, 0, 2) if "PYTEST_XDIST_WORKER" in os.environ else (0, 1, 2)
    sizes = Counter(item.path for item in items if _cost(item) == 2)

    def place(item: pytest.Item) -> tuple[int, ...]:
        cost = _cost(item)
        return (
            (order.index(cost), not _needs(item) & _SERVERS, -sizes[item.path]) if cost == 2 else (order.index(cost),)
        )

    items.sort(key=place)


def pytest_itemcollected(item: pytest.Item) -> None:
    """Which tests go to the same of two processes.

    Those of a file, all with servers, which one process starts, and all of networks: torch takes seconds to load.
    """
    cost, file = _cost(item), item.nodeid.partition("::")[0]
    group = "servers" if cost == 1 else _NETWORKS if file.endswith(_NETWORKS) else f"{file}-{cost}"
    item.add_marker(pytest.mark.xdist_group(group))


def _cost(item: pytest.Item) -> int:
    needs = _needs(item)
    return 2 if "browser" in needs else 1 if needs & _SERVERS else 0


def _needs(item: pytest.Item) -> set[str]:
    return set(getattr(item, "fixturenames", ()))


@pytest.fixture(scope="session")
def public_data() -> Path:
    """Folder of the public data sets: CA_PUBLIC_DATA, or ``shared/data`` beside the checkout."""
    folder = _public_folder()
    if folder is None:
        message = f"the public data sets are absent: {DATA_VARIABLE} names no folder with them"
        warnings.warn(f"SKIPPED COMPONENT: {message}", stacklevel=1)
        pytest.skip(message)
    return folder


def _public_folder() -> Path | None:
    named = os.environ.get(DATA_VARIABLE)
    folder = Path(named) if named else ROOT.parent / "shared" / "data"
    return folder if folder.is_dir() else None


@pytest.fixture(scope="session")
def elasticsearch_of() -> Iterator[Callable[[str], ElasticsearchServer]]:
    """The running server of a version, started at its first use."""
    servers: dict[str, ElasticsearchServer] = {}
    with ExitStack() as ending:

        def get(version: str) -> ElasticsearchServer:
            if version not in servers:
                servers[version] = _started(ElasticsearchServer(version, is_brief=True), ending)
            return servers[version]

        yield get


@pytest.fixture(scope="session")
def elasticsearch_server(elasticsearch_of: Callable[[str], ElasticsearchServer]) -> ElasticsearchServer:
    """A real Elasticsearch of the default version, without security. Tests share it: use an index prefix of your own."""
    return elasticsearch_of(elasticsearch.DEFAULT_VERSION)


@pytest.fixture(scope="session")
def elasticsearch_secured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ElasticsearchServer]:
    """A real Elasticsearch with TLS of our own authority and two users: a superuser and one who may do nothing."""
    files = make_certificates(tmp_path_factory.mktemp("certificates"))
    users = {
        "administrator": (secrets.token_urlsafe(12), ("superuser",)),
        "stranger": (secrets.token_urlsafe(12), ("nothing",)),
    }
    security = Security(files.certificate, files.key, files.authority, users, "nothing: {}\n")
    with ExitStack() as ending:
        yield _started(ElasticsearchServer(security=security, is_brief=True), ending)


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[PostgresqlServer]:
    """A real PostgreSQL. Tests share it: use a database, a schema or tables of your own."""
    try:
        server = PostgresqlServer().start()
    except ComponentMissing as reason:
        give_up("PostgreSQL", reason)
    yield server
    server.remove()


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """A real Chromium; a test opens a context of its own in it (``browser.new_context()``)."""
    from ca_platform_tests.services.browser import browser as running

    with ExitStack() as ending:
        try:
            started = ending.enter_context(running())
        except ComponentMissing as reason:
            give_up("Chromium", reason)
        yield started


def _started(server: ElasticsearchServer, ending: ExitStack) -> ElasticsearchServer:
    ending.callback(server.remove)
    try:
        return server.start()
    except ComponentMissing as reason:
        give_up(f"Elasticsearch {server.version}", reason)

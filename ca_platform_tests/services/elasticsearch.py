"""A real Elasticsearch server: the distribution for integration tests from Maven Central, which has core and security."""

import json
import os
import re
import shutil
import signal
import ssl
import subprocess
import time
import urllib.error
import urllib.request
import zipfile
from base64 import b64encode
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

from ca_platform_tests.services import process
from ca_platform_tests.services.components import ComponentMissing

DEFAULT_VERSION = "8.19.9"
NEXT_VERSION = "9.2.0"
_NEEDED_JDK = {8: 17, 9: 21}
_ROOT = Path(__file__).parents[2]
_COORDINATES = "org.elasticsearch.distribution.integ-test-zip:elasticsearch:{version}:zip"


# ---- distribution and JDK ---------------------------------------------------------------------------------------


def cache_folder() -> Path:
    """Where fetched servers lie: ``.services`` in the checkout, or a temporary folder that the account can enter."""
    inside = _ROOT / ".services"
    if process.is_root() and not all(parent.stat().st_mode & 0o001 for parent in inside.parents):
        return Path("/var/tmp/ca-platform-services")
    return inside


def java_home(version: str) -> Path:
    """A JDK that runs this version: JAVA_HOME, those in /usr/lib/jvm, the one on the path."""
    needed = _NEEDED_JDK[int(version.split(".", maxsplit=1)[0])]
    on_path = shutil.which("java")
    places = [Path(os.environ["JAVA_HOME"])] if "JAVA_HOME" in os.environ else []
    places += sorted(Path("/usr/lib/jvm").glob("*")) + ([Path(on_path).resolve().parents[1]] if on_path else [])
    found = {place: _java_version(place) for place in places}
    fitting = [place for place, number in found.items() if number >= needed]
    if not fitting:
        raise ComponentMissing(f"Elasticsearch {version} needs a JDK of version {needed} or newer")
    return min(fitting, key=lambda place: found[place])


def _java_version(home: Path) -> int:
    java = home / "bin" / "java"
    if not java.exists():
        return 0
    done = subprocess.run([java, "-version"], capture_output=True, text=True, check=False)
    number = re.search(r'version "(\d+)', done.stderr)
    return int(number[1]) if number else 0


def distribution(version: str) -> Path:
    """The unpacked server, fetched by Maven on first use."""
    home = cache_folder() / f"elasticsearch-{version}"
    if home.exists():
        return home
    archive = _fetch(version)
    unpacking = Path(f"{home}.{os.getpid()}")
    with zipfile.ZipFile(archive) as opened:
        opened.extractall(unpacking)
    inner = next(unpacking.glob("elasticsearch-*"))
    _make_readable(inner)
    try:
        inner.rename(home)
    except OSError:  # another test process was faster
        if not home.exists():
            raise
    shutil.rmtree(unpacking, ignore_errors=True)
    return home


def _make_readable(unpacked: Path) -> None:
    """For the servers' account, whatever the umask is; the archive does not say which files are programs."""
    for path in (*unpacked.rglob("*"), unpacked, cache_folder()):
        path.chmod(0o755 if path.is_dir() or path.parent.name == "bin" else 0o644)


def _fetch(version: str) -> Path:
    folder = cache_folder() / "download"
    archive = folder / f"elasticsearch-{version}.zip"
    if archive.exists():
        return archive
    if shutil.which("mvn") is None:
        raise ComponentMissing("Maven (Debian package maven), which fetches Elasticsearch, is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    artifact = _COORDINATES.format(version=version)
    command = ["mvn", "-q", "-B", "dependency:copy", f"-Dartifact={artifact}", f"-DoutputDirectory={folder}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=folder)
    if done.returncode or not archive.exists():
        raise ComponentMissing(f"Maven could not fetch {artifact}: {done.stdout[-500:]}")
    return archive


# ---- the server -------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Security:
    """TLS on HTTP with these files (PEM), users with their passwords and roles, and ``roles.yml`` as text."""

    certificate: Path
    key: Path
    ca_certs: Path
    users: Mapping[str, tuple[str, tuple[str, ...]]]
    roles: str = ""


@dataclass
class ElasticsearchServer:
    """One node. ``url`` stays the same over ``stop``, ``kill`` and ``start``; the data stay, too.

    ``is_brief``: Java compiles quickly instead of well, so that the node starts with half of the work: for tests, not
    for what is measured.
    """

    version: str = DEFAULT_VERSION
    security: Security | None = None
    settings: Mapping[str, object] = field(default_factory=dict)
    is_brief: bool = False
    port: int = field(default_factory=process.free_port)
    folder: Path = field(default_factory=lambda: process.scratch("elasticsearch"))
    _process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"{'https' if self.security else 'http'}://localhost:{self.port}"

    @property
    def host(self) -> str:
        return "localhost"

    @property
    def log(self) -> Path:
        return self.folder / "server.log"

    def start(self, patience: float = 180.0) -> "ElasticsearchServer":
        """Start the node (again) and return when it answers. It ends with the thread that starts it."""
        if not (self.folder / "config").exists():
            self._configure()
        home = distribution(self.version)
        self._process = process.start_group(
            [str(home / "bin" / "elasticsearch")], self._environment(), self.folder, self.log
        )
        deadline = time.monotonic() + patience
        while not self._answers():
            if self._process.poll() is not None:
                raise ComponentMissing(f"Elasticsearch {self.version} ended at once: {process.tail(self.log)}")
            if time.monotonic() > deadline:
                self.kill()
                raise ComponentMissing(
                    f"Elasticsearch {self.version} is not up after {patience} s: {process.tail(self.log)}"
                )
            time.sleep(0.25)
        return self

    def stop(self) -> None:
        """End the node in good order."""
        self._end(signal.SIGTERM)

    def kill(self) -> None:
        """End the node as a power cut does."""
        self._end(signal.SIGKILL)

    def pause(self) -> None:
        """Freeze the node: connections are taken and nothing is answered."""
        if self._process is not None:
            process.pause_group(self._process)

    def resume(self) -> None:
        """Let a frozen node go on."""
        if self._process is not None:
            process.pause_group(self._process, resume=True)

    @property
    def running(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def remove(self) -> None:
        """Stop the node and delete its data."""
        self.stop()
        shutil.rmtree(self.folder, ignore_errors=True)

    def request(self, method: str, path: str, body: object | None = None) -> dict[str, object]:
        """One call that goes round our own client, for a test's arrangements (as the first user where there are users)."""
        call = urllib.request.Request(self.url + path, method=method, headers={"content-type": "application/json"})
        if body is not None:
            call.data = json.dumps(body).encode()
        context = None
        if self.security:
            name, (password, _) = next(iter(self.security.users.items()))
            call.add_header("authorization", "Basic " + b64encode(f"{name}:{password}".encode()).decode())
            context = ssl.create_default_context(cafile=str(self.security.ca_certs))
        with urllib.request.urlopen(call, timeout=60, context=context) as answer:
            answered: dict[str, object] = json.loads(answer.read() or b"{}")
        return answered

    def wipe(self) -> None:
        """Delete every index and alias; a test's clean start."""
        self.request("DELETE", "/*?expand_wildcards=all&ignore_unavailable=true")

    def _end(self, how: signal.Signals) -> None:
        if self._process is not None:
            process.end_group(self._process, how)
            self._process = None

    def _answers(self) -> bool:
        try:
            self.request("GET", "/_cluster/health?wait_for_status=yellow&timeout=1s")
        except (OSError, urllib.error.URLError, ValueError):
            return False
        return True

    def _environment(self) -> dict[str, str]:
        home = java_home(self.version)
        compiler = "-XX:TieredStopAtLevel=1" if self.is_brief else ""
        return {
            "PATH": os.environ["PATH"],
            "ES_JAVA_HOME": str(home),
            "ES_PATH_CONF": str(self.folder / "config"),
            "ES_JAVA_OPTS": f"-Xms512m -Xmx512m {compiler}",
            "CLI_JAVA_OPTS": compiler,
            "ES_TMPDIR": str(self.folder / "tmp"),
            "HOME": str(self.folder),
        }

    def _configure(self) -> None:
        config = self.folder / "config"
        shutil.copytree(distribution(self.version) / "config", config)
        (self.folder / "tmp").mkdir()
        lines = {
            "cluster.name": f"ca-platform-{self.port}",
            "node.name": "node",
            "discovery.type": "single-node",
            "network.host": "127.0.0.1",
            "http.port": self.port,
            "transport.port": process.free_port(),
            "path.data": str(self.folder / "data"),
            "path.logs": str(self.folder / "logs"),
            # A developer's disk is often nearly full; the server must not turn its indices read-only for that.
            "cluster.routing.allocation.disk.threshold_enabled": False,
            # Tests clear away their indices by a pattern.
            "action.destructive_requires_name": False,
            **self._security_settings(config),
            **self.settings,
        }
        # JSON is YAML: no quoting to get wrong.
        (config / "elasticsearch.yml").write_text(
            "".join(f"{key}: {json.dumps(value)}\n" for key, value in lines.items())
        )
        process.hand_over(self.folder)
        self._add_users()

    def _security_settings(self, config: Path) -> dict[str, object]:
        if self.security is None:
            return {"xpack.security.enabled": False}
        shutil.copy(self.security.certificate, config / "http.crt")
        shutil.copy(self.security.key, config / "http.key")
        (config / "roles.yml").write_text(self.security.roles)
        return {
            "xpack.security.enabled": True,
            "xpack.security.enrollment.enabled": False,
            "xpack.security.http.ssl.enabled": True,
            "xpack.security.http.ssl.certificate": "http.crt",
            "xpack.security.http.ssl.key": "http.key",
        }

    def _add_users(self) -> None:
        if self.security is None:
            return
        program = distribution(self.version) / "bin" / "elasticsearch-users"
        for name, (password, roles) in self.security.users.items():
            command = [str(program), "useradd", name, "-p", password, "-r", ",".join(roles)]
            process.run_as_account(command, self._environment(), self.folder)

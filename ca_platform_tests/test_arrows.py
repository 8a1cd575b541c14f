"""Imports point downwards (ARCHITECTURE.md), slow libraries are loaded when they are needed, and files say nothing of
the machine on which they were written.
"""

from __future__ import annotations

import ast
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
FIXTURES = ROOT / "ca_platform_tests" / "fixtures"
PACKAGES = ("ca_platform", "dash_app")
BASE = {"errors", "calendar", "money", "catalogue", "settings", "logging", "sorting"}

# What each module or folder of ca_platform (and dash_app) may import of ours, at the top or inside a function. Imports
# for type annotations alone are no arrows.
ALLOWED: dict[str, set[str]] = {
    "errors": set(),
    "calendar": set(),
    "money": set(),
    "catalogue": {"errors"},
    "settings": {"errors"},
    "logging": set(),
    "sorting": set(),
    "simulate": {"errors"},
    "notify": BASE,
    "sources": BASE - {"catalogue"},
    "lake": BASE - {"catalogue"},
    "ingest": BASE | {"sources", "lake"},
    "facts": BASE | {"lake"},
    "models": BASE,
    "training": BASE | {"lake", "facts", "models"},
    "reports": BASE | {"lake", "facts", "models", "training"},
    "drill": BASE | {"lake", "facts", "reports", "store"},
    "store": BASE | {"lake"},
    "search": BASE | {"lake", "store"},
    "onrequest": BASE | {"lake", "reports", "store"},
    "collect": BASE | {"onrequest", "store"},
    "ranges": BASE | {"ingest", "lake"},
    "info": {"catalogue", "store"},
    "changes": {"errors", "settings"},
    "background": {"errors", "settings"},
    "docs": {"catalogue"},
    "defs": BASE | {"sources", "ingest", "lake", "facts", "training", "reports", "models", "search", "store", "notify"},
    "definitions": {"defs", "settings"},
    "api": BASE | {"collect", "ranges", "lake", "store", "search", "defs"},
    "predecessor": {"errors", "settings", "api", "changes", "background"},
    "cli": BASE
    | {"api", "changes", "background", "docs", "ranges", "simulate", "sources", "ingest", "lake", "store", "dash_app"},
    "dash_app": BASE | {"lake", "models", "drill", "collect", "store", "search", "api"},
}
# Libraries that take long to load, or that only one extra needs.
HEAVY = ("torch", "lightning", "pytorch_lightning", "sklearn", "scipy", "pandas", "boto3", "botocore")


@dataclass(frozen=True)
class Import:
    """One import of a file: the module, and whether it is made when the file is loaded."""

    file: Path
    line: int
    module: str
    at_top: bool

    def __str__(self) -> str:
        return f"{self.file.relative_to(ROOT)}:{self.line} imports {self.module}"


def files(*folders: str) -> list[Path]:
    return sorted(path for folder in folders for path in (ROOT / folder).rglob("*.py"))


def layer(file: Path) -> str:
    """The module or folder that a file belongs to; empty for ``ca_platform`` itself."""
    parts = file.relative_to(ROOT).with_suffix("").parts
    name = parts[1] if parts[0] == "ca_platform" else parts[0]
    return "" if name == "__init__" else name


def imports(file: Path) -> Iterator[Import]:
    yield from _imports(ast.parse(file.read_text("utf-8")), file, at_top=True)


def _imports(node: ast.AST, file: Path, *, at_top: bool) -> Iterator[Import]:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test):
            continue
        if isinstance(child, ast.Import):
            yield from (Import(file, child.lineno, name.name, at_top) for name in child.names)
        elif isinstance(child, ast.ImportFrom):
            assert child.level == 0, f"{file}:{child.lineno}: imports are absolute"
            module = child.module or ""
            # `from ca_platform import api` imports a module, `from ca_platform.api import run` does not.
            names = [f"{module}.{name.name}" for name in child.names] if module == "ca_platform" else [module]
            yield from (Import(file, child.lineno, name, at_top) for name in names)
        else:
            is_function = isinstance(child, (ast.FunctionDef, ast.AsyncFunctionDef, ast.Lambda))
            yield from _imports(child, file, at_top=at_top and not is_function)


def ours(found: Import) -> str | None:
    """The layer that an import reaches, None where it is not ours."""
    first, *rest = found.module.split(".")
    if first == "dash_app":
        return "dash_app"
    return rest[0] if first == "ca_platform" and rest else None


def test_every_module_and_folder_has_its_arrows() -> None:
    layers = {layer(file) for file in files(*PACKAGES)} - {""}
    assert layers <= set(ALLOWED), "name the new ones in ALLOWED"


def test_imports_point_downwards() -> None:
    wrong = [
        str(found)
        for file in files(*PACKAGES)
        for found in imports(file)
        if (reached := ours(found)) is not None and reached not in {layer(file), *ALLOWED.get(layer(file), set())}
    ]
    assert wrong == []


def test_arrows_have_no_cycle() -> None:
    done: set[str] = set()
    while len(done) < len(ALLOWED):
        ready = {name for name, below in ALLOWED.items() if name not in done and below <= done}
        assert ready, f"a cycle among {sorted(set(ALLOWED) - done)}"
        done |= ready


def test_the_package_itself_imports_nothing_of_ours() -> None:
    assert [str(found) for found in imports(ROOT / "ca_platform" / "__init__.py") if ours(found)] == []


def test_dagster_is_imported_in_its_shell_alone() -> None:
    wrong = [
        str(found)
        for file in files(*PACKAGES)
        for found in imports(file)
        if found.module.split(".")[0] == "dagster" and layer(file) not in ("defs", "definitions")
    ]
    assert wrong == []


def test_the_dagster_shell_is_reached_from_inside_functions_only() -> None:
    wrong = [
        str(found)
        for file in files(*PACKAGES)
        for found in imports(file)
        if ours(found) == "defs" and layer(file) not in ("defs", "definitions") and found.at_top
    ]
    assert wrong == []


def test_the_dagster_shell_keeps_its_annotations() -> None:
    wrong = [
        str(found) for file in files("ca_platform/defs") for found in imports(file) if found.module == "__future__"
    ]
    assert wrong == []


def test_slow_libraries_are_imported_inside_functions() -> None:
    slow = (*HEAVY, "google", "elasticsearch", "adbc_driver_postgresql", "psycopg", "rich")
    wrong = [
        str(found)
        for file in files(*PACKAGES)
        for found in imports(file)
        if found.at_top and found.module.split(".")[0] in slow
    ]
    assert wrong == []


SETTINGS = """\
sources:
  sessions: {kind: csv, path: sessions.csv, dimensions: [region], actions: [has_basket]}
  customers: {kind: csv, path: customers.csv}
  lines: {kind: parquet, path: lines.parquet}
  deliveries: {kind: postgresql, dsn: postgresql://shop@localhost/shop, table: deliveries}
"""


@pytest.mark.parametrize(
    "statement",
    [
        "import ca_platform",
        "from ca_platform.definitions import defs",
        "import dash_app; from ca_platform.settings import load_settings; dash_app.create_app(load_settings())",
    ],
)
def test_no_heavy_module_is_loaded_by(statement: str, tmp_path: Path) -> None:
    (tmp_path / "ca_platform.yaml").write_text(SETTINGS)
    code = f"import sys; {statement}; print(sorted(set({HEAVY!r}) & set(sys.modules)), 'google.cloud' in sys.modules)"
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=tmp_path,
        env={"PATH": "/usr/bin:/bin", "HOME": str(tmp_path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[] False"


def test_nothing_is_printed() -> None:
    wrong = [
        f"{file.relative_to(ROOT)}:{node.lineno}"
        for file in files(*PACKAGES)
        for node in ast.walk(ast.parse(file.read_text("utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("print", "pprint")
    ]
    assert wrong == []


def tracked() -> list[Path]:
    listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=False)
    if listed.returncode:  # not a clone, but an unpacked archive
        top = [path for path in ROOT.glob("*.*") if path.is_file()]
        return [*files(*PACKAGES, "ca_platform_tests", "benchmarks", "scripts"), *top]
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


def test_no_file_names_a_place_outside_the_checkout() -> None:
    # Put together here, so that this file does not name them.
    places = ["/".join(parts) for parts in (("..", "shared"), ("", "work", ""), ("", "root", ""), ("", "home", ""))]
    wrong = []
    for file in tracked():
        if file.parent == FIXTURES:  # settings for the public data sets, which lie beside the checkout
            continue
        text = file.read_bytes().decode("utf-8", "replace")
        wrong += [f"{file.relative_to(ROOT)}: {place}" for place in places if place in text]
    assert wrong == []

"""``import``: what importing the package and loading the code location cost, against a bare ``import dagster``."""

from __future__ import annotations

import json
import subprocess

from benchmarks.harness import PYTHON, ROOT, ChildError, Result, seconds

DEFAULT = LARGE = 5
GOAL = 2.0
IMPORT_GOAL_SECONDS = 0.5
HEAVY = ("torch", "lightning", "sklearn", "google", "boto3")

_SCRIPT = """
import json, sys, time
begun = time.perf_counter()
{statement}
taken = time.perf_counter() - begun
print(json.dumps([taken, [name for name in {heavy!r} if name in sys.modules], "dagster" in sys.modules]))
"""


def run(size: int) -> Result:
    """``size`` is the number of rounds; the fastest counts."""
    statements = {
        "package": "import ca_platform",
        "location": "import ca_platform.definitions as location; location.defs.get_repository_def()",
        "dagster": "import dagster",
    }
    rounds = [{name: _import(statement) for name, statement in statements.items()} for _ in range(size)]
    fastest = {name: min(taken[name][0] for taken in rounds) for name in statements}
    heavy = sorted({module for name in ("package", "location") for module in rounds[0][name][1]})
    extra = {
        "import_seconds": fastest["package"],
        "import_goal_seconds": IMPORT_GOAL_SECONDS,
        "import_goal_reached": fastest["package"] <= IMPORT_GOAL_SECONDS,
        "import_loads_dagster": rounds[0]["package"][2],
        "heavy_modules": heavy,
    }
    rows = (
        ("import ca_platform", f"{seconds(fastest['package'])} (goal {IMPORT_GOAL_SECONDS} s)"),
        ("code location", seconds(fastest["location"])),
        ("bare import dagster", seconds(fastest["dagster"])),
        (f"loaded of {', '.join(HEAVY)}", ", ".join(heavy) or "none"),
    )
    return Result("import", size, fastest["location"], fastest["dagster"], GOAL, extra=extra, rows=rows)


def _import(statement: str) -> tuple[float, list[str], bool]:
    script = _SCRIPT.format(statement=statement, heavy=HEAVY)
    done = subprocess.run([PYTHON, "-c", script], cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise ChildError(f"{statement} failed:\n{done.stderr[-2000:]}")
    taken, heavy, dagster = json.loads(done.stdout.splitlines()[-1])
    return float(taken), list(heavy), bool(dagster)

"""The shell command ``ca-platform``: one module per command, each imported when it is called.

What belongs here: arguments, texts for people, exit codes. What does not: any work; the commands call the same
functions as the Python API. Results go to standard output, progress and errors to standard error.
"""

from __future__ import annotations

from collections.abc import Sequence

PROGRAM = "ca-platform"


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command and return its exit code; what the entry point and ``python -m ca_platform.cli`` call."""
    from ca_platform.cli.shell import call

    return call(arguments)

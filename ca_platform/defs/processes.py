"""Which process a run belongs to, and what becomes of runs whose process was killed.

What belongs here: tags of runs, and marking runs as failed. What does not: starting runs or processes.
"""

import os
import socket
from collections.abc import Mapping
from pathlib import Path

import dagster as dg

HOST_TAG = "ca_platform/host"
PROCESS_TAG = "ca_platform/process"
RUN_TAG = "ca_platform/run"
BEGUN_TAG = "ca_platform/process_begun"

KILLED = "The process of this run was killed. What it had finished is kept. Run the same days again."
_UNFINISHED = (dg.DagsterRunStatus.STARTED, dg.DagsterRunStatus.STARTING, dg.DagsterRunStatus.NOT_STARTED)


def process_tags(run_id: str) -> dict[str, str]:
    """Marks a run as one of this process.

    The run is named, too: a run that somebody starts again in the UI is born with the tags of the former one.
    """
    process = os.getpid()
    return {HOST_TAG: socket.gethostname(), PROCESS_TAG: str(process), BEGUN_TAG: begun(process) or "", RUN_TAG: run_id}


def close_killed(instance: dg.DagsterInstance) -> list[str]:
    """Mark runs whose process on this machine is gone as failed: they would hold up the queue for ever.

    Returns their ids. Dagster itself sees such a run only where the server that started it is still there.
    """
    here = dg.RunsFilter(statuses=list(_UNFINISHED), tags={HOST_TAG: socket.gethostname()})
    killed = [run for run in instance.get_runs(here) if _is_killed(run.run_id, run.tags)]
    for run in killed:
        instance.report_run_failed(run, KILLED)
    return [run.run_id for run in killed]


def _is_killed(run_id: str, tags: Mapping[str, str]) -> bool:
    return tags.get(RUN_TAG) == run_id and not is_alive(int(tags[PROCESS_TAG]), tags[BEGUN_TAG])


def is_alive(process: int, begun_at: str = "") -> bool:
    """Whether the process is there.

    Args:
        begun_at: what :func:`begun` said of it; numbers are given again, above all after the start of a container.
    """
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    now = begun(process)
    return not begun_at or now is None or now == begun_at


def begun(process: int) -> str | None:
    """When a process began, in ticks of the machine's own clock, which nobody sets; None where that is not told."""
    try:
        told = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return None
    # Field 22. The second one, the name of the program, may hold blanks and brackets.
    return told.rpartition(")")[2].split()[19]

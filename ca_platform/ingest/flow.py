"""Batches of a source, checked beside each other and given in source order."""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterator
from concurrent.futures import Executor, Future, ThreadPoolExecutor

from ca_platform.ingest.check import Checked, check
from ca_platform.ingest.plan import Plan, needed_columns
from ca_platform.sources import Bounds, Source

WORKERS = min(8, os.cpu_count() or 1)
WAITING = 4 * WORKERS
"""Batches that may wait for each other: enough that the threads have work while the reader looks for repeats."""


def workers() -> ThreadPoolExecutor:
    """Threads for checking and writing. Polars works outside of Python's lock, so they do run beside each other."""
    return ThreadPoolExecutor(WORKERS, thread_name_prefix="ingest")


def checked_batches(source: Source, plan: Plan, bounds: Bounds | None, pool: Executor) -> Iterator[Checked]:
    """Every batch of the source, checked."""
    waiting: deque[Future[Checked]] = deque()
    for batch in source.batches(needed_columns(plan), bounds):
        waiting.append(pool.submit(check, batch, plan))
        if len(waiting) > WAITING:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()

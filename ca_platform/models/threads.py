"""One thread for numeric libraries, while what is multiplied is small."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

_limited: ContextVar[bool] = ContextVar("limited", default=False)


@contextmanager
def one_thread() -> Iterator[None]:
    """Let the libraries that are loaded by now compute in one thread.

    Threads that wait for each other cost more than they gain here, tenfold on a busy machine. Finding the libraries takes
    milliseconds, so a limit within a limit does nothing.
    """
    if _limited.get():
        yield
        return
    from threadpoolctl import threadpool_limits

    token = _limited.set(True)
    try:
        with threadpool_limits(limits=1):
            yield
    finally:
        _limited.reset(token)

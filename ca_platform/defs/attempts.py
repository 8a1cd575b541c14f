"""The reports of a step, one after the other, each stored while the next is computed. Nothing of Dagster here.

Storing waits for the disk or for a server, and half of its work is that of one core; computing meanwhile makes a range of
days a fifth shorter. One frame is stored at a time, and one waits at most.
"""

import time
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import date

import polars as pl

from ca_platform.catalogue import report_spec
from ca_platform.defs.publish import DayRows, publish
from ca_platform.defs.resources import Platform
from ca_platform.errors import StoreError
from ca_platform.reports import compute_pieces

_Piece = tuple[Sequence[date], pl.DataFrame]


@dataclass
class _Attempt:
    """One report on its way into the store.

    Attributes:
        made: what is stored of it so far.
        error: why it failed.
        waited: seconds that its last write took.
    """

    name: str
    made: list[DayRows] = field(default_factory=list)
    error: Exception | None = None
    waited: float = 0.0

    def store(self, piece: _Piece, last: date, platform: Platform) -> None:
        begun = time.monotonic()
        try:
            self.made += publish(report_spec(self.name), *piece, platform, last)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is raised with its name at the end of the step
            self.error = error
        self.waited = time.monotonic() - begun


def attempts(
    names: Sequence[str], days: Sequence[date], platform: Platform
) -> Iterator[tuple[str, list[DayRows] | Exception]]:
    """Compute and store each report; a report that fails leaves the others alone.

    Yields:
        Name, and what was stored of it or why it failed, when the next report is computed.
    """
    journal = platform.journal
    pending = list(names)
    for name in pending[:1]:
        journal.begin(name)
    down: StoreError | None = None
    for attempt in _stored(names, days, platform):
        pending.remove(attempt.name)
        if attempt.error is None:
            journal.finish(attempt.name)
            yield attempt.name, attempt.made
            continue
        journal.fail(attempt.name, attempt.error)
        yield attempt.name, attempt.error
        down = _unreachable(attempt.error, attempt.waited, platform)
        if down is not None:
            break
    for name in pending:
        missed = down or StoreError(f"The report {name} was not computed: nothing came back for it.")
        journal.fail(name, missed)
        yield name, missed


def _stored(names: Sequence[str], days: Sequence[date], platform: Platform) -> Iterator[_Attempt]:
    """Each report once all of it is stored, or it has failed."""
    current: _Attempt | None = None
    writing: Future[None] | None = None
    with ThreadPoolExecutor(1, thread_name_prefix="store") as storing:
        for attempt, piece in _computed(names, days, platform):
            if writing is not None:
                writing.result()
            if current is not None and attempt is not current:
                yield current
            current = attempt
            if piece is not None and attempt.error is None:
                writing = storing.submit(attempt.store, piece, max(days), platform)
    if current is not None:
        yield current


def _computed(
    names: Sequence[str], days: Sequence[date], platform: Platform
) -> Iterator[tuple[_Attempt, _Piece | None]]:
    """The frames of each report as they are computed; none where there is nothing to store."""
    for name, pieces in compute_pieces(names, days, platform.settings, platform.lake):
        attempt = _Attempt(name)
        try:
            for piece in pieces:
                yield attempt, piece
                if attempt.error is not None:
                    break
        except Exception as error:  # noqa: BLE001 - as above
            attempt.error = error
            yield attempt, None


def _unreachable(error: Exception, waited: float, platform: Platform) -> StoreError | None:
    """The store's own word on why nothing can be written now; waiting for it once per report would take hours.

    Args:
        waited: seconds that the refused write took.
    """
    if not isinstance(error, StoreError):
        return None
    if waited >= platform.settings.document_store.give_up_after.total_seconds():
        return error
    try:
        platform.store.check()
    except StoreError as found:
        return found
    return None

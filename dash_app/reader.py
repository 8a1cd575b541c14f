"""What the pages know of the store: days, values and reports, each asked for once and kept for a few seconds.

What belongs here: the questions and how long an answer counts. What does not: what a card makes of it (``answers``).
"""

from __future__ import annotations

import threading
import time
from collections import OrderedDict
from collections.abc import Callable, Hashable, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import date
from typing import Any, Generic, TypeVar

import polars as pl

from ca_platform.errors import StoreError
from ca_platform.store import CUSTOMER_REPORT, MAIN, CustomerPage, CustomerQuery, Dimension, DocumentStore
from dash_app.laketables import LakeTables, is_lake_table

FRESH_SECONDS = 5.0
AWAY_SECONDS = 3.0
_KEPT = 20_000
_FRAMES_KEPT = 64
_TABLES_KEPT = 2  # millions of rows each
_QUESTIONS_AT_ONCE = 8

T = TypeVar("T")


class Kept(Generic[T]):
    """The last answers, the least recently used ones dropped; safe between threads.

    Args:
        size: how many.
        seconds: how long one counts; None: for ever.
    """

    def __init__(self, size: int, seconds: float | None = None) -> None:
        self._size, self._seconds = size, seconds
        self._items: OrderedDict[Hashable, tuple[float, T]] = OrderedDict()
        self._lock = threading.Lock()

    def get(self, key: Hashable, make: Callable[[], T]) -> T:
        """The answer kept under the key, or a new one. What ``make`` raises is not kept."""
        with self._lock:
            found = self._items.get(key)
            if found is not None and (self._seconds is None or found[0] + self._seconds > time.monotonic()):
                self._items.move_to_end(key)
                return found[1]
        # Outside of the lock: two threads may ask the same at once, and nobody waits for somebody else's question.
        value = make()
        with self._lock:
            self._items[key] = (time.monotonic(), value)
            self._items.move_to_end(key)
            while len(self._items) > self._size:
                self._items.popitem(last=False)
        return value


@dataclass(frozen=True, slots=True)
class Stored:
    """A report as it lies in the store: its frame, and the version under which it was read."""

    frame: pl.DataFrame
    version: str


class Reader:
    """Asks the document store, sparingly, and the lake for the few reports that it keeps.

    Args:
        tables: the reports of the lake; None: there are none.
        fresh: seconds for which a version counts; which days and values exist counts for six times as long.
    """

    def __init__(self, store: DocumentStore, fresh: float = FRESH_SECONDS, tables: LakeTables | None = None) -> None:
        self._store = store
        self._tables = tables
        self._versions: Kept[str | None] = Kept(_KEPT, fresh)
        self._lists: Kept[Any] = Kept(_KEPT, 6 * fresh)
        self._frames: Kept[pl.DataFrame | None] = Kept(_FRAMES_KEPT)
        self._tables_kept: Kept[pl.DataFrame | None] = Kept(_TABLES_KEPT)
        self._pages: Kept[CustomerPage] = Kept(_FRAMES_KEPT, fresh)
        self._away: tuple[float, str] | None = None

    def days(self, names: Iterable[str]) -> tuple[date, ...]:
        """Days on which at least one of the reports is computed, ascending."""
        asked = tuple(dict.fromkeys(names))
        if len(asked) == 1:
            return tuple(self._days(asked[0]))
        with ThreadPoolExecutor(_QUESTIONS_AT_ONCE) as pool:
            found = pool.map(self._days, asked)
            return tuple(sorted({day for days in found for day in days}))

    def dimensions(self, names: Iterable[str], day: date) -> tuple[Dimension, ...]:
        """What the first of the reports that is computed on the day exists for, ``main`` left out."""
        for name in names:
            found: list[Dimension] = self._ask(("dimensions", name, day), self._place(name).dimensions, name, day)
            if found:
                return tuple(dimension for dimension in found if not dimension.is_main)
        return ()

    def version(self, name: str, day: date, dimension: Dimension) -> str | None:
        """Changes whenever the report changes; None where it is not computed."""
        key = (name, day, dimension)
        return self._versions.get(key, lambda: self._answer(self._place(name).version, name, day, dimension))

    def report(self, name: str, day: date, dimension: Dimension = MAIN) -> Stored | None:
        """The report of a day, None where it is not computed."""
        version = self.version(name, day, dimension)
        if version is None:
            return None
        key = (name, day, dimension, version)
        kept = self._tables_kept if is_lake_table(name) else self._frames
        frame = kept.get(key, lambda: self._answer(self._place(name).report, name, day, dimension))
        return None if frame is None else Stored(frame, version)

    def history(self, name: str, day: date, count: int, dimension: Dimension = MAIN) -> pl.DataFrame:
        """The report on the last ``count`` computed days up to ``day``."""
        days = [known for known in self._days(name) if known <= day][-count:]
        frame: pl.DataFrame = self._ask(
            ("history", name, tuple(days), dimension), self._place(name).history, name, days, dimension
        )
        return frame

    def customers(self, query: CustomerQuery) -> CustomerPage:
        """One page of the newest day's customers."""
        page: CustomerPage = self._pages.get(query, lambda: self._answer(self._store.customers, query))
        return page

    def _days(self, name: str) -> list[date]:
        if name == CUSTOMER_REPORT:
            newest = self.customers(CustomerQuery(limit=0)).day
            return [newest] if newest else []
        days: list[date] = self._ask(("days", name), self._place(name).days, name)
        return days

    def _place(self, name: str) -> DocumentStore | LakeTables:
        return self._tables if self._tables is not None and is_lake_table(name) else self._store

    def _ask(self, key: Hashable, question: Callable[..., Any], *arguments: Any) -> Any:
        return self._lists.get(key, lambda: self._answer(question, *arguments))

    def _answer(self, question: Callable[..., Any], *arguments: Any) -> Any:
        """The store's answer. While the server is known to be away nobody else waits for it in vain."""
        away = self._away
        if away is not None and time.monotonic() < away[0]:
            raise StoreError(away[1])
        try:
            return question(*arguments)
        except StoreError as error:
            if _is_away(error):
                self._away = (time.monotonic() + AWAY_SECONDS, str(error))
            raise


def _is_away(error: StoreError) -> bool:
    if type(error) is StoreError:
        return False
    from ca_platform.store.elasticsearch.errors import StoreGoneError

    return isinstance(error, StoreGoneError)

"""What the pages ask the store: each question once for a while, nobody waits for a server that is known to be away."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from ca_platform.errors import StoreError
from ca_platform.store import MAIN
from ca_platform.store.elasticsearch.errors import StoreGoneError
from dash_app.reader import Kept, Reader

DAY = date(2026, 11, 21)


class Store:
    """Counts the questions; answers, or fails as it is told."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.error: Exception | None = None

    def __getattr__(self, name: str) -> Any:
        def answer(*arguments: Any) -> Any:
            self.asked.append(name)
            if self.error:
                raise self.error
            return {"version": "v1", "days": [DAY]}.get(name)

        return answer


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    now = [1000.0]
    monkeypatch.setattr("dash_app.reader.time.monotonic", lambda: now[0])
    return now


def test_question_is_asked_once_while_its_answer_counts(clock: list[float]) -> None:
    store = Store()
    reader = Reader(store, fresh=5)
    for _ in range(3):
        assert reader.version("kpis", DAY, MAIN) == "v1"
        assert reader.days(["kpis"]) == (DAY,)
    assert sorted(store.asked) == ["days", "version"]
    clock[0] += 6
    reader.version("kpis", DAY, MAIN)
    reader.days(["kpis"])
    assert sorted(store.asked) == ["days", "version", "version"]
    clock[0] += 25
    reader.days(["kpis"])
    assert store.asked.count("days") == 2


def test_failure_is_not_kept(clock: list[float]) -> None:
    store = Store()
    reader = Reader(store)
    store.error = StoreError("broken")
    for _ in range(2):
        with pytest.raises(StoreError, match="broken"):
            reader.version("kpis", DAY, MAIN)
    store.error = None
    assert reader.version("kpis", DAY, MAIN) == "v1"
    assert len(store.asked) == 3


def test_server_that_is_away_is_left_alone_for_a_moment(clock: list[float]) -> None:
    store = Store()
    reader = Reader(store)
    store.error = StoreGoneError("no answer")
    for name in ("kpis", "daily_orders", "weekly_orders"):
        with pytest.raises(StoreError, match="no answer"):
            reader.version(name, DAY, MAIN)
    assert len(store.asked) == 1
    store.error = None
    clock[0] += 4
    assert reader.version("kpis", DAY, MAIN) == "v1"


def test_least_recently_used_answers_are_dropped() -> None:
    kept: Kept[int] = Kept(2)
    made: list[str] = []

    def make(key: str) -> int:
        made.append(key)
        return len(made)

    for key in ("a", "b", "a", "c", "a", "b"):
        kept.get(key, lambda key=key: make(key))  # type: ignore[misc]
    assert made == ["a", "b", "c", "b"]

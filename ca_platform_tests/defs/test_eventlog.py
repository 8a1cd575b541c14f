"""A signal whose handler raises, at any moment of our event log: the time limit of a test, say."""

from __future__ import annotations

import contextlib
import sys
from pathlib import Path
from types import FrameType
from typing import Any

import dagster as dg
import pytest
from dagster._core.storage.event_log.sqlite import sqlite_event_log

from ca_platform.defs import batchedlog, eventlog

_FILES = {module.__file__ for module in (contextlib, batchedlog, eventlog, sqlite_event_log)}


class Broken(BaseException):
    """What a handler raises, in place of KeyboardInterrupt."""


class Breaker:
    """Raises where a line begins or a function returns, once, after so many such moments in the files of the log."""

    def __init__(self, after: int) -> None:
        self.left = after

    def __call__(self, frame: FrameType, event: str, _: Any) -> Any:
        if frame.f_code.co_filename not in _FILES:
            return None
        if event in {"line", "return"}:
            self.left -= 1
            if self.left == 0:
                raise Broken
        return self


def broken_off(after: int, opened: dg.DagsterInstance, run: dg.DagsterRun) -> Broken | None:
    """The exception that broke into the writing of an event, with all that it holds; None: that was over before."""
    traced = sys.gettrace()
    sys.settrace(Breaker(after))
    try:
        opened.report_engine_event(f"broken off {after}", run)
    except Broken as raised:
        return raised
    finally:
        sys.settrace(traced)
    return None


@pytest.mark.timeout(60)
def test_event_is_written_after_a_signal_broke_into_another_at_any_moment(tmp_path: Path) -> None:
    (tmp_path / "dagster.yaml").touch()
    kept: list[Broken] = []
    with dg.DagsterInstance.from_config(str(tmp_path)) as opened:
        eventlog.keep_open(opened)
        run = opened.create_run_for_job(dg.GraphDefinition("nothing").to_job())
        while raised := broken_off(len(kept) + 1, opened, run):
            # Dagster writes the failure of a run while it holds the exception, and with it whatever was under way.
            kept.append(raised)
            opened.report_engine_event(f"after {len(kept)}", run)
        messages = [record.message for record in opened.all_logs(run.run_id)]
        assert len(kept) > 30
    assert [text for text in messages if text.startswith("after")] == [f"after {at + 1}" for at in range(len(kept))]
    assert len(messages) == len(set(messages))

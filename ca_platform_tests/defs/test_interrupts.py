"""A run that a shell has started in the background."""

from __future__ import annotations

import signal

import pytest

from ca_platform.defs.launch import _heed_interrupts


@pytest.mark.parametrize("before", [signal.SIG_IGN, signal.default_int_handler, signal.SIG_DFL])
def test_ignored_interrupt_is_heeded_and_any_other_handler_stays(before: signal.Handlers) -> None:
    kept = signal.signal(signal.SIGINT, before)
    try:
        _heed_interrupts()
        expected = signal.default_int_handler if before is signal.SIG_IGN else before
        assert signal.getsignal(signal.SIGINT) == expected
    finally:
        signal.signal(signal.SIGINT, kept)

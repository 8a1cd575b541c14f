"""Waiting for a server that says not now: longer each time, never all at the same instant, and not for ever."""

from __future__ import annotations

import random
import time

FIRST_WAIT, LONGEST_WAIT = 0.1, 10.0


class Patience:
    """How much longer something is tried again.

    Args:
        seconds: from now on.
    """

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self.renew()

    def renew(self) -> None:
        """Begin anew: there was progress."""
        self._over_at = time.monotonic() + self._seconds
        self._wait = FIRST_WAIT

    def wait(self) -> bool:
        """Wait a while before another attempt; False at once where the patience would run out meanwhile."""
        if time.monotonic() + self._wait > self._over_at:
            return False
        time.sleep(self._wait * random.uniform(0.5, 1.0))
        self._wait = min(2 * self._wait, LONGEST_WAIT)
        return True

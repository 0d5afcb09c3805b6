"""Taking things no faster than at some rate: who is too quick waits, and what is not read stays with its sender."""

from __future__ import annotations

import time


class Pace:
    """So many a second, and `at_once` that have been saved up (a token bucket). For one thread or greenlet."""

    __slots__ = ("_at", "_at_once", "_left", "_rate")

    def __init__(self, a_second: float, at_once: float) -> None:
        self._rate = a_second
        self._at_once = at_once
        self._left = float(at_once)
        self._at = time.monotonic()

    def wait(self) -> None:
        """Wait until the next one may be taken."""
        now = time.monotonic()
        self._left = min(self._at_once, self._left + (now - self._at) * self._rate) - 1
        self._at = now
        if self._left < 0:
            time.sleep(-self._left / self._rate)

"""How much one connection may ask at once: so many events under way and so many a second; the rest stays unread with who sends it.

Nothing is lost and nobody is cut for being quick: what has not been read fills the sender's own buffers (TCP pushes back).
"""

from __future__ import annotations

import time

import gevent
from gevent.lock import BoundedSemaphore

UNDER_WAY = 4
"""Events of one connection that are worked on side by side: a gateway's answers are stored together, a flood holds no more."""
BURST = 60
"""What a page asks when it begins, with room to spare."""


class Inlet:
    """The bounds of one connection. Used by the greenlet that reads it."""

    __slots__ = ("_at", "_left", "_rate", "room")

    def __init__(self, a_second: float) -> None:
        self._rate = a_second
        self._left = float(BURST)
        self._at = time.monotonic()
        self.room = BoundedSemaphore(UNDER_WAY)
        """Acquired for each event before it is worked on, released by who has worked on it."""

    def pace(self) -> None:
        """Wait until the next message may be read (a token bucket)."""
        now = time.monotonic()
        self._left = min(BURST, self._left + (now - self._at) * self._rate)
        self._at = now
        self._left -= 1
        if self._left < 0:
            gevent.sleep(-self._left / self._rate)

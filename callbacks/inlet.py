"""How much one connection may ask at once: so many events under way and so many a second; the rest stays unread with who sends it.

Nothing is lost and nobody is cut for being quick: what has not been read fills the sender's own buffers (TCP pushes back).
"""

from __future__ import annotations

from gevent.lock import BoundedSemaphore

from datasources.pacing import Pace

UNDER_WAY = 4
"""Events of one connection that are worked on side by side: a gateway's answers are stored together, a flood holds no more."""
BURST = 60
"""What a page asks when it begins, with room to spare."""


class Inlet:
    """The bounds of one connection. Used by the greenlet that reads it."""

    __slots__ = ("pace", "room")

    def __init__(self, a_second: float) -> None:
        self.pace = Pace(a_second, BURST)
        """Waited for before each message is read."""
        self.room = BoundedSemaphore(UNDER_WAY)
        """Acquired for each event before it is worked on, released by who has worked on it."""

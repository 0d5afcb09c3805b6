"""Who comes in when: connections on their way in wait as long as there is other work to do.

After a night without power ten thousand phones come at once. Served all together they would all be ready at the end, a minute later, and
those that are in would wait that long for each answer. So the door opens for a few at a time, whenever the loop has nothing else to do; and
for some even when it is never idle, or nobody would come in while a great order goes out.
"""

from __future__ import annotations

from collections import deque
from typing import Any

import gevent
from gevent.event import Event

AT_ONCE = 8
PATIENCE_S = 0.04
"""So long the door stays shut to whoever waits: at least `AT_ONCE` come in each time."""


class Doorman:
    """Lets greenlets through in the order in which they came."""

    def __init__(self) -> None:
        self._waiting: deque[Event] = deque()
        self._somebody = Event()
        self._greenlet: Any = None

    def pass_in(self) -> None:
        """Returns when it is this one's turn."""
        if self._greenlet is None:
            self._greenlet = gevent.spawn(self._open)
        turn = Event()
        self._waiting.append(turn)
        self._somebody.set()
        turn.wait()

    def _open(self) -> None:
        while True:
            self._somebody.wait()
            for _ in range(min(AT_ONCE, len(self._waiting))):
                self._waiting.popleft().set()
            if not self._waiting:
                self._somebody.clear()
            with gevent.Timeout(PATIENCE_S, False):
                gevent.idle()

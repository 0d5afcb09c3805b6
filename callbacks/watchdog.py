"""Who holds the event loop: nobody else is served meanwhile, so it is said, with the place in the code.

The loop marks that it comes round; a thread of the system looks whether it has. Only processor time of the loop's own thread counts: a
machine that is busy with something else holds up everybody, and is no fault of whoever was next.
"""

from __future__ import annotations

import logging
import sys
import time
import traceback
from collections.abc import Callable
from types import FrameType
from typing import Any

import gevent
from gevent.monkey import get_original

log = logging.getLogger(__name__)

ROUND_S = 0.02
HELD_S = 0.05
"""A person does not notice; a hall of screens that all wait for it does."""
LONG_S = 0.25
"""From here on it is a warning, which the terminal of `yiping run` shows too."""
SAID_EVERY_S = 1.0
FRAMES = 6


class Watchdog:
    """Counts and names what holds the loop for more than `HELD_S` of processor time. Start it in the loop's own thread."""

    def __init__(self, say: Callable[..., None] | None = None) -> None:
        self.held = 0
        """How many times."""
        self.longest_s = 0.0
        self._say = say
        self._said = -SAID_EVERY_S
        self._stopped = False
        self._begin_thread, identity = get_original("_thread", ["start_new_thread", "get_ident"])
        self._loops_thread: int = identity()
        self._cpu = time.pthread_getcpuclockid(self._loops_thread)
        self._sleep: Callable[[float], None] = get_original("time", "sleep")
        self._marked = self._now()
        self._timer: Any = None

    def start(self) -> None:
        """Watch from now on."""
        self._timer = gevent.get_hub().loop.timer(ROUND_S, ROUND_S)
        self._timer.start(self._mark)
        self._begin_thread(self._watch, ())

    def stop(self) -> None:
        """Watch no more."""
        self._stopped = True
        self._timer.stop()

    def _now(self) -> float:
        return time.clock_gettime(self._cpu)

    def _mark(self) -> None:
        self._marked = self._now()

    def _watch(self) -> None:
        where: list[str] = []
        began, held, whose = self._marked, 0.0, 0
        while not self._stopped:
            self._sleep(ROUND_S)
            marked, now = self._marked, self._now()
            frame = sys._current_frames().get(self._loops_thread)
            holder = _greenlet(frame)
            # fifty greenlets may have their turn before the loop comes round: who only takes its turn holds nobody up
            if marked > began or holder != whose:
                if held > HELD_S:
                    self._note(held, where)
                began, held, whose, where = max(marked, now if holder != whose else marked), 0.0, holder, []
                continue
            held = now - began
            if held > HELD_S and not where:
                where = _places(frame)

    def _note(self, held: float, where: list[str]) -> None:
        self.held += 1
        self.longest_s = max(self.longest_s, held)
        if time.monotonic() - self._said >= SAID_EVERY_S:
            self._said = time.monotonic()
            say = self._say or (log.warning if held > LONG_S else log.info)
            say("the loop was held for %.0f ms: %s", held * 1000, " < ".join(where))


def _greenlet(frame: FrameType | None) -> int:
    """What tells one greenlet from another: where its stack begins."""
    while frame is not None and frame.f_back is not None:
        frame = frame.f_back
    return id(frame)


def _places(frame: FrameType | None) -> list[str]:
    """The innermost places, the innermost first: file, line and function."""
    found = traceback.extract_stack(frame)[-FRAMES:] if frame is not None else []
    return [f"{'/'.join(one.filename.split('/')[-2:])}:{one.lineno} {one.name}" for one in reversed(found)]

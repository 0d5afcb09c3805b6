"""What the clock does: overdue tickets, expired warnings, late orders, storing positions, forgetting tracks."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable

log = logging.getLogger(__name__)


class Chores:
    """Runs each chore at its interval in one thread; one that fails is logged and tried again next time."""

    def __init__(self, chores: list[tuple[str, float, Callable[[], object]]], due: Callable[[], bool] = lambda: True) -> None:
        """`chores` are (name, interval in seconds, function); none is begun while `due` says no."""
        self._chores = chores
        self._due = due
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin. Each chore has a thread of its own: a slow one does not delay the others."""
        for name, interval, function in self._chores:
            thread = threading.Thread(target=self._loop, args=(name, interval, function), name=f"chore-{name}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def _loop(self, name: str, interval: float, function: Callable[[], object]) -> None:
        while not self._stopped.wait(interval):
            if not self._due():
                continue
            started = time.monotonic()
            try:
                function()
            except Exception:
                log.exception("the chore %r failed and will be tried again", name)
            if time.monotonic() - started > 1:
                log.warning("the chore %r took %.1f s", name, time.monotonic() - started)

    def stop(self) -> None:
        """End."""
        self._stopped.set()
        for thread in self._threads:
            thread.join(timeout=3)

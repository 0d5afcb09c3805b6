"""What is broken without stopping the rest: logged once, shown to administrators until it is over."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Any

from dashboard.catalogue import both
from dashboard.clock import Clock
from datasources.serialising import iso

log = logging.getLogger(__name__)
MOST = 50


class Troubles:
    """The present troubles, by kind and what they are about."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._present: dict[tuple[str, str], dict[str, Any]] = {}
        self._lock = threading.Lock()
        self._listeners: list[Callable[[], None]] = []

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` whenever a trouble begins or ends."""
        self._listeners.append(heard)

    def note(self, kind: str, about: str = "", **found: Any) -> None:
        """Something is wrong. Logged the first time; later times only count. `found` fills `trouble.<kind>` of the catalogue."""
        with self._lock:
            known = self._present.get((kind, about))
            if known is not None:
                known["times"] += 1
                return
            if len(self._present) >= MOST:
                return  # whoever can cause endless different troubles must not fill the memory
            zh, en = both(f"trouble.{kind}", about=about, **found)
            self._present[kind, about] = {"kind": kind, "about": about, "zh": zh, "en": en, "since": iso(self._clock()), "times": 1}
        log.warning("trouble %s: %s", kind, en)
        self._tell()

    def over(self, kind: str, about: str = "") -> None:
        """It works again."""
        with self._lock:
            known = self._present.pop((kind, about), None)
        if known is not None:
            log.info("trouble %s is over: %s", kind, known["en"])
            self._tell()

    def listed(self) -> list[dict[str, Any]]:
        """The present troubles: kind, about, zh, en, since, times; the oldest first."""
        with self._lock:
            return [dict(one) for one in self._present.values()]

    def _tell(self) -> None:
        for heard in self._listeners:
            heard()

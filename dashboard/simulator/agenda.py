"""What is to be done when: the clock of the simulated world, at the pace that it was given."""

from __future__ import annotations

import heapq
import time
from collections.abc import Callable
from datetime import UTC, datetime

Action = Callable[[], None]


class WallClock:
    """The real time."""

    def now(self) -> datetime:
        """The present, in UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds that never go back."""
        return time.monotonic()

    def sleep(self, seconds: float) -> None:
        """Wait."""
        time.sleep(seconds)


class Agenda:
    """Actions in the order of their time. Seconds are those of the story: `pace` of them pass in one of the clock."""

    def __init__(self, clock: WallClock, pace: float = 1.0) -> None:
        self.clock = clock
        self.pace = pace
        self._began = clock.monotonic()
        self._due: list[tuple[float, int, Action]] = []
        self._count = 0

    def elapsed(self) -> float:
        """Seconds of the story since it began."""
        return (self.clock.monotonic() - self._began) * self.pace

    def later(self, seconds: float, action: Action) -> None:
        """Do something once."""
        self._count += 1
        heapq.heappush(self._due, (self.elapsed() + seconds, self._count, action))

    def every(self, seconds: float, action: Action) -> None:
        """Do something again and again, for the first time after so many seconds."""

        def again() -> None:
            action()
            self.later(seconds, again)

        self.later(seconds, again)

    def run(self, until: float = float("inf")) -> None:
        """Live until so many seconds of the story have passed."""
        while self._due and self._due[0][0] <= until:
            due, _, action = heapq.heappop(self._due)
            wait = (due - self.elapsed()) / self.pace
            if wait > 0:
                self.clock.sleep(wait)
            action()

"""A step of the machine's clock: noticed, said, and survived by what waits for a moment.

A clock that is set while the city works goes on from another time. Calls that wait for a moment would wait an hour longer, or all be made
at once: their moments are moved by the step. Deadlines that people were told (orders, tickets, warnings) stay what they were told.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Callable
from datetime import timedelta

from dashboard.clock import Clock
from dashboard.troubles import Troubles
from datasources.database import Database
from datasources.queries import calling

log = logging.getLogger(__name__)

STEP_S = 5.0
"""More than what a time server corrects in one go while it runs."""
SAID_S = 600.0


class ClockWatch:
    """Compares the clock of the day with one that only runs. `leads`: whether this worker moves what all share."""

    def __init__(
        self,
        database: Database,
        troubles: Troubles,
        clock: Clock,
        leads: Callable[[], bool],
        running: Callable[[], float] = time.monotonic,
    ) -> None:
        self._database = database
        self._troubles = troubles
        self._clock = clock
        self._leads = leads
        self._running = running
        self._ahead = self._difference()
        self._said_until: float | None = None

    def _difference(self) -> float:
        return self._clock().timestamp() - self._running()

    def look(self) -> float:
        """Seconds by which the clock has been set since the last look; 0 when it has only run."""
        ahead = self._difference()
        step = ahead - self._ahead
        if abs(step) < STEP_S:
            self._ahead = ahead
            if self._said_until is not None and self._running() > self._said_until:
                self._said_until = None
                self._troubles.over("clock")
            return 0.0
        log.error("the clock was set by %+.0f s while we run", step)
        self._troubles.over("clock")  # of two steps the second is the one to know
        self._troubles.note("clock", seconds=f"{step:+.0f}")
        self._said_until = self._running() + SAID_S
        if self._leads():
            with self._database.write() as session:
                calling.shift(session, timedelta(seconds=step))
        self._ahead = ahead  # not before: what could not be moved is tried again
        return step

    def problem(self) -> str:
        """`stepped` for some minutes after a step, else nothing."""
        return "" if self._said_until is None else "stepped"

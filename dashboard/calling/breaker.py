"""When a channel rests: the other side asked for it, or has not answered for some calls in a row.

A gateway that hangs costs each call its whole patience; with tens of thousands to call, all of them would wait behind it.
"""

from __future__ import annotations

from datetime import datetime, timedelta

SILENCES = 5
"""So many calls in a row without any answer, and the channel rests."""
REST = timedelta(seconds=30)
LONGEST_REST = timedelta(minutes=10)


class Breaker:
    """The state of one channel. After a rest one call is a trial; when it stays silent, the next rest is twice as long."""

    def __init__(self) -> None:
        self._silent = 0
        self._rest = REST
        self._until: datetime | None = None
        self._on_trial = False

    def most(self, now: datetime, most: int) -> int:
        """How many calls may be made now, of at most so many."""
        if self._until is not None and now < self._until:
            return 0
        return 1 if self._on_trial else most

    def left(self, now: datetime) -> timedelta:
        """How long it still rests."""
        return max(timedelta(0), self._until - now) if self._until is not None else timedelta(0)

    def pause(self, until: datetime) -> None:
        """The other side wants to be left alone until then."""
        self._until = until if self._until is None else max(self._until, until)

    def answered(self) -> None:
        """It has said something, whatever it was."""
        self._silent, self._rest, self._on_trial = 0, REST, False

    def silent(self, now: datetime) -> bool:
        """A call was not answered; true when the channel begins to rest by it."""
        self._silent += 1
        if self.left(now) or (self._silent < SILENCES and not self._on_trial):
            return False
        self._until, self._on_trial = now + self._rest, True
        self._rest = min(LONGEST_REST, 2 * self._rest)
        return True

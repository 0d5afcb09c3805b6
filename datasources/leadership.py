"""Leadership: which of several workers does what must be done once, such as timers, calls and fences.

On PostgreSQL it is a session-level advisory lock: when the leader dies, its connection ends and the lock is free for another. SQLite has
one worker only, which always leads.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Protocol

from sqlalchemy import Connection, func, select
from sqlalchemy.exc import SQLAlchemyError

from datasources.database import Database

log = logging.getLogger(__name__)

LOCK = 0x59_50_4C_31
"""Any number that nobody else uses in this database: `YPL1`."""
LOOK_S = 1.0
GOOD_FOR_S = 5.0
"""A leader that has not reached the database for so long no longer acts. PostgreSQL gives the lock of a host that has vanished to
another after some eleven seconds (`KEEPALIVES` in `datasources/database.py`), so two never lead at once."""


class Leadership(Protocol):
    """Whether this worker leads."""

    def leads(self) -> bool:
        """Now. Costs nothing."""

    def start(self, began: Callable[[], None]) -> None:
        """Begin to try; `began` is called each time that this worker becomes the leader, before `leads` says so."""

    def close(self) -> None:
        """Let another lead."""


class Alone:
    """The only worker."""

    def leads(self) -> bool:
        """Always."""
        return True

    def start(self, began: Callable[[], None]) -> None:
        """Nothing to try."""

    def close(self) -> None:
        """Nothing to give up."""


class Elected:
    """One of several on PostgreSQL."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._connection: Connection | None = None
        self._seen = -GOOD_FOR_S
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None
        self._began: Callable[[], None] = lambda: None

    def leads(self) -> bool:
        """Whether the lock was ours a moment ago."""
        return time.monotonic() - self._seen < GOOD_FOR_S

    def start(self, began: Callable[[], None]) -> None:
        """Try now, and every second from now on."""
        self._began = began
        self._look()
        self._thread = threading.Thread(target=self._loop, name="leadership", daemon=True)
        self._thread.start()

    def _loop(self) -> None:
        while not self._stopped.wait(LOOK_S):
            self._look()

    def _look(self) -> None:
        asked = time.monotonic()
        try:
            if self._connection is not None:
                self._connection.scalar(select(1))
                self._seen = asked
            elif self._try():
                log.info("this worker leads now")
                self._began()
                self._seen = asked
        except SQLAlchemyError as error:
            if self._connection is not None:
                log.warning("the leader has lost the database: %s", error)
            self._let_go()

    def _try(self) -> bool:
        connection = self._database.engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        try:
            held = bool(connection.scalar(select(func.pg_try_advisory_lock(LOCK))))
            if held:
                self._connection = connection
            return held
        finally:
            if self._connection is not connection:
                connection.close()

    def _let_go(self) -> None:
        """The connection is closed, not returned: the lock ends with it, whatever state it is in."""
        connection, self._connection, self._seen = self._connection, None, -GOOD_FOR_S
        if connection is not None:
            connection.invalidate()
            connection.close()

    def close(self) -> None:
        """Stop trying, and let another lead at once."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=3)
        self._let_go()


def open_leadership(database: Database) -> Leadership:
    """What suits this database."""
    return Alone() if database.dialect == "sqlite" else Elected(database)

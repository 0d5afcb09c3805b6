"""Positions that one worker took, for all others: a Redis stream of packed batches (`datasources.hot.LOCATED`).

The database is the truth: what is in the stream has been stored before. Whoever may have missed something reads the latest positions
from the database again: after a cut, after Redis has lost its memory, when another worker says that it could not publish, and every half
a minute in any case.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from typing import Any, Protocol

import numpy as np
import redis

from datasources.bus import Names, connect
from datasources.hot import LOCATED, Batch

log = logging.getLogger(__name__)

KEPT = 5_000
"""Batches in the stream: several seconds of a whole city."""
WAIT_MS = 1000
AT_ONCE = 200
RELOAD_S = 30.0
CUT_RELOAD_S = 3.0
"""While Redis is away the database is asked so often: the picture is that much older, and still true."""


class SharedPositions(Protocol):
    """How positions reach the other workers."""

    def publish(self, batch: Batch) -> None:
        """Tell the others. Never raises: they find what is not told in the database."""

    def follow(self, place: Callable[[Batch], None], reload: Callable[[], None]) -> None:
        """Call `place` with what others took, and `reload` when something may have been missed."""

    def close(self) -> None:
        """Stop following."""


class Unshared:
    """One worker has no others."""

    def publish(self, batch: Batch) -> None:
        """Nobody to tell."""

    def follow(self, place: Callable[[Batch], None], reload: Callable[[], None]) -> None:
        """Nobody to follow."""

    def close(self) -> None:
        """Nothing to stop."""


class RedisPositions:
    """By a Redis stream."""

    def __init__(self, url: str, names: Names) -> None:
        self._redis = connect(url)
        self._key = names.key("positions")
        self._self = names.worker.encode()
        self._up = True
        self._untold = False
        """Whether others must be told to read the database, because something could not be published."""
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def publish(self, batch: Batch) -> None:
        """See `SharedPositions`."""
        if self._up:
            try:
                self._add({b"w": self._self, b"p": batch.tobytes()})
                return
            except redis.RedisError as error:
                log.warning("positions cannot be shared: %s", error)
                self._up = False  # the follower says when Redis is back: nobody waits for a timeout at each position
        self._untold = True

    def _add(self, fields: dict[Any, Any]) -> None:
        self._redis.xadd(self._key, fields, maxlen=KEPT, approximate=True)

    def follow(self, place: Callable[[Batch], None], reload: Callable[[], None]) -> None:
        """See `SharedPositions`."""
        self._thread = threading.Thread(target=self._follow, args=(place, reload), name="positions", daemon=True)
        self._thread.start()

    def _follow(self, place: Callable[[Batch], None], reload: Callable[[], None]) -> None:
        since: bytes | None = None
        due = time.monotonic() + RELOAD_S
        while not self._stopped.is_set():
            try:
                if since is None:
                    since = self._last()
                    self._up = True
                    self._reload(reload)
                    due = time.monotonic() + RELOAD_S
                if self._untold:
                    self._untold = False
                    self._add({b"w": self._self, b"r": b"1"})
                found: Any = self._redis.xread({self._key: since}, count=AT_ONCE, block=WAIT_MS)
                missed = False
                for entry, fields in found[0][1] if found else ():
                    since = entry
                    if fields[b"w"] != self._self:
                        missed = missed or b"r" in fields
                        if b"p" in fields:
                            place(np.frombuffer(fields[b"p"], LOCATED))
                if missed or time.monotonic() >= due:
                    due = time.monotonic() + RELOAD_S
                    if not found and self._last() < since:
                        since = None  # Redis has lost its memory and counts anew
                    else:
                        self._reload(reload)
            except redis.RedisError as error:
                if self._up or since is not None:
                    log.warning("positions of other workers come from the database until Redis is back: %s", error)
                self._up, since = False, None
                self._reload(reload)
                self._stopped.wait(CUT_RELOAD_S)
            except Exception:
                log.exception("positions of other workers could not be taken, trying again")
                since = None
                self._stopped.wait(CUT_RELOAD_S)

    def _last(self) -> bytes:
        """Id of the last entry; of an empty stream the one before any."""
        entries: Any = self._redis.xrevrange(self._key, count=1)
        return bytes(entries[0][0]) if entries else b"0-0"

    def _reload(self, reload: Callable[[], None]) -> None:
        try:
            reload()
        except Exception:
            # The database may be away as well; the next round tries again.
            log.exception("the latest positions could not be read")

    def close(self) -> None:
        """See `SharedPositions`."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=3)
        self._redis.close()


def open_shared_positions(redis_url: str | None, names: Names) -> SharedPositions:
    """What the settings ask for."""
    return RedisPositions(redis_url, names) if redis_url else Unshared()

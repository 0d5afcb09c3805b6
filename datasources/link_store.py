"""Where the live links are kept while they last: in this process, or in Redis for workers that share them.

A link is a plain JSON object; `workers` names the workers that hold its sides.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, Protocol

import redis

from datasources.bus import Names, connect
from datasources.serialising import dumps, loads

log = logging.getLogger(__name__)

ALIVE_S = 15
SAY_ALIVE_S = 5.0
HELD_MOST_S = 5.0
WAIT_MOST_S = 3.0

Stored = dict[str, dict[str, Any]]


class LinkStore(Protocol):
    """The links of an installation."""

    worker: str
    """Name of this worker."""

    def changing(self) -> Any:
        """A context with all links by id, nobody else's turn meanwhile; what was altered in it is kept. Raises `ConnectionError`."""

    def close(self) -> None:
        """Let go."""


class LocalLinks:
    """Of the only worker."""

    worker = ""

    def __init__(self) -> None:
        self._links: Stored = {}
        self._lock = threading.Lock()

    @contextmanager
    def changing(self) -> Iterator[Stored]:
        """See `LinkStore`."""
        with self._lock:
            yield self._links

    def close(self) -> None:
        """Nothing to let go of."""


class RedisLinks:
    """Of several workers: one hash, changed under a lock. Links of a worker that has died are dropped."""

    def __init__(self, url: str, names: Names) -> None:
        self._redis = connect(url)
        self._key, self._lock_key = names.key("links"), names.key("links.lock")
        self._names = names
        self.worker = names.worker
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def _alive(self, worker: str) -> str:
        return self._names.key(f"worker:{worker}")

    def _say_alive(self) -> None:
        while True:
            try:
                self._redis.set(self._alive(self.worker), b"1", ex=ALIVE_S)
            except redis.RedisError as error:
                log.warning("Redis does not know that this worker is alive: %s", error)
            if self._stopped.wait(SAY_ALIVE_S):
                return

    def _dead(self, workers: set[str]) -> set[str]:
        names = sorted(workers)
        alive: list[Any] = self._redis.mget([self._alive(name) for name in names]) if names else []
        return {name for name, said in zip(names, alive, strict=True) if said is None}

    @contextmanager
    def changing(self) -> Iterator[Stored]:
        """See `LinkStore`."""
        try:
            if self._thread is None:
                self._redis.set(self._alive(self.worker), b"1", ex=ALIVE_S)
                self._thread = threading.Thread(target=self._say_alive, name="links", daemon=True)
                self._thread.start()
            with self._redis.lock(self._lock_key, timeout=HELD_MOST_S, blocking_timeout=WAIT_MOST_S):
                before: dict[bytes, bytes] = self._redis.hgetall(self._key)  # type: ignore[assignment]
                links: Stored = {key.decode(): loads(text) for key, text in before.items()}
                dead = self._dead({worker for link in links.values() for worker in link["workers"]} - {self.worker})
                for link_id in [key for key, link in links.items() if dead.intersection(link["workers"])]:
                    del links[link_id]
                yield links
                after = {key.encode(): dumps(link).encode() for key, link in links.items()}
                changed = {key: text for key, text in after.items() if before.get(key) != text}
                dropped = [key for key in before if key not in after]
                if changed:
                    self._redis.hset(self._key, mapping=changed)  # type: ignore[arg-type]
                if dropped:
                    self._redis.hdel(self._key, *dropped)
        except redis.RedisError as error:
            raise ConnectionError(str(error)) from error

    def close(self) -> None:
        """Say nothing any more."""
        self._stopped.set()
        if self._thread is not None:
            self._thread.join(timeout=1)
        self._redis.close()


def open_links(redis_url: str | None, names: Names) -> LinkStore:
    """What the settings ask for."""
    return RedisLinks(redis_url, names) if redis_url else LocalLinks()

"""The bus: how one part says "there is something new in the change log" to whoever reads it.

It carries no content: readers fetch from the log. A lost wake-up only costs the reader's poll interval.
"""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable
from typing import Protocol

import redis

log = logging.getLogger(__name__)
CHANNEL = "yiping:changes"


class Bus(Protocol):
    """Wakes the readers of the change log."""

    def wake(self) -> None:
        """Say that something was committed."""

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` whenever someone said so."""

    def close(self) -> None:
        """Stop listening."""


class LocalBus:
    """Within one process."""

    def __init__(self) -> None:
        self._listeners: list[Callable[[], None]] = []

    def wake(self) -> None:
        for heard in self._listeners:
            heard()

    def listen(self, heard: Callable[[], None]) -> None:
        self._listeners.append(heard)

    def close(self) -> None:
        self._listeners.clear()


class RedisBus:
    """Across processes and machines, by Redis publish/subscribe; listeners of this process hear at once."""

    def __init__(self, url: str) -> None:
        self._redis = redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=5, health_check_interval=15)
        self._redis.ping()
        self._local = LocalBus()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        self._local.wake()
        try:
            self._redis.publish(CHANNEL, b"1")
        except redis.RedisError as error:
            # The change is committed; other workers find it at their next poll.
            log.warning("the bus could not be reached: %s", error)

    def listen(self, heard: Callable[[], None]) -> None:
        self._local.listen(heard)
        if self._thread is None:
            self._thread = threading.Thread(target=self._read, name="bus", daemon=True)
            self._thread.start()

    def _read(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._redis.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
                    channel.subscribe(CHANNEL)
                    while not self._stopped.is_set():
                        if channel.get_message(timeout=1.0) is not None:
                            self._local.wake()
            except redis.RedisError as error:
                log.warning("the bus is cut, trying again: %s", error)
                self._stopped.wait(1.0)

    def close(self) -> None:
        self._stopped.set()
        self._local.close()
        if self._thread is not None:
            self._thread.join(timeout=3)
        self._redis.close()


def open_bus(redis_url: str | None) -> Bus:
    """The bus that the settings ask for."""
    return RedisBus(redis_url) if redis_url else LocalBus()

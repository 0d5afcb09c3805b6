"""The bus: how one part says "there is something new in the change log" to whoever reads it.

It carries no content: readers fetch from the log. A lost wake-up only costs the reader's poll interval.
"""

from __future__ import annotations

import logging
import threading
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol

import redis

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Names:
    """What this installation's keys and channels in Redis begin with, and how this worker signs what it says there."""

    prefix: str = "yiping"
    worker: str = field(default_factory=lambda: uuid.uuid4().hex)

    def key(self, name: str) -> str:
        """A key or channel of this installation. Channels of Redis do not belong to a numbered database: the prefix keeps them apart."""
        return f"{self.prefix}:{name}"


def connect(url: str) -> redis.Redis:
    """A client that notices a cut within seconds and looks up the server's name anew each time."""
    return redis.Redis.from_url(url, socket_timeout=5, socket_connect_timeout=3, socket_keepalive=True, health_check_interval=15)


class Bus(Protocol):
    """Wakes the readers of the change log."""

    def wake(self) -> None:
        """Say that something was committed."""

    def listen(self, heard: Callable[[], None]) -> None:
        """Call `heard` whenever someone said so."""

    def problem(self) -> str:
        """What keeps it from waking others; empty when nothing does."""

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

    def problem(self) -> str:
        """Nothing can be wrong here."""
        return ""

    def close(self) -> None:
        self._listeners.clear()


class RedisBus:
    """Across processes and machines, by Redis publish/subscribe; listeners of this process hear at once."""

    def __init__(self, url: str, names: Names) -> None:
        self._redis = connect(url)
        self._redis.ping()
        self._channel = names.key("changes")
        self._up = True
        self._local = LocalBus()
        self._stopped = threading.Event()
        self._thread: threading.Thread | None = None

    def wake(self) -> None:
        self._local.wake()
        if not self._up:
            return  # the change is committed; other workers find it at their next poll
        try:
            self._redis.publish(self._channel, b"1")
        except redis.RedisError as error:
            log.warning("the bus could not be reached: %s", error)
            # Who listens notices when Redis is back: until then nobody waits for a timeout at each command.
            self._up = self._thread is None

    def listen(self, heard: Callable[[], None]) -> None:
        self._local.listen(heard)
        if self._thread is None:
            self._thread = threading.Thread(target=self._read, name="bus", daemon=True)
            self._thread.start()

    def _read(self) -> None:
        while not self._stopped.is_set():
            try:
                with self._redis.pubsub(ignore_subscribe_messages=True) as channel:  # type: ignore[no-untyped-call]
                    channel.subscribe(self._channel)
                    self._up = True
                    while not self._stopped.is_set():
                        if channel.get_message(timeout=1.0) is not None:
                            self._local.wake()
            except redis.RedisError as error:
                log.warning("the bus is cut, trying again: %s", error)
                self._up = False
                self._stopped.wait(1.0)

    def problem(self) -> str:
        """Whether Redis is away."""
        return "" if self._up else "away"

    def close(self) -> None:
        self._stopped.set()
        self._local.close()
        if self._thread is not None:
            self._thread.join(timeout=3)
        self._redis.close()


def open_bus(redis_url: str | None, names: Names) -> Bus:
    """The bus that the settings ask for."""
    return RedisBus(redis_url, names) if redis_url else LocalBus()

"""Who is in which room, found by connection as well.

Socket.IO's manager keeps the members of each room only: to let one connection go it looks into every room there is. Each connected
phone has two rooms, so ten thousand that lose their network together would look into twenty thousand rooms each, half a minute of
the processor at the very moment when all of them come back. This one remembers the rooms of each connection.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from typing import Any

from socketio import Manager, RedisManager
from socketio.base_manager import BaseManager


class _RoomsByConnection(BaseManager):  # type: ignore[misc]
    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._entered: dict[tuple[str, str], dict[str | None, None]] = defaultdict(dict)
        self.gone: Callable[[str], None] = lambda sid: None
        """Called for each connection that is no longer held here, however it ended."""

    def basic_enter_room(self, sid: str, namespace: str, room: str | None, eio_sid: str | None = None) -> None:
        super().basic_enter_room(sid, namespace, room, eio_sid=eio_sid)
        self._entered[namespace, sid][room] = None

    def basic_leave_room(self, sid: str, namespace: str, room: str | None) -> None:
        super().basic_leave_room(sid, namespace, room)
        rooms = self._entered.get((namespace, sid))
        if rooms is not None:
            rooms.pop(room, None)
            if not rooms:
                del self._entered[namespace, sid]

    def get_rooms(self, sid: str, namespace: str) -> list[str]:
        return [room for room in self._entered.get((namespace, sid), ()) if room is not None]

    def basic_disconnect(self, sid: str, namespace: str, **_more: Any) -> None:
        for room in tuple(self._entered.get((namespace, sid), ())):
            self.basic_leave_room(sid, namespace, room)
        self.gone(sid)
        self.callbacks.pop(sid, None)
        for pending in (self.pending_connect, self.pending_disconnect):
            waiting = pending.get(namespace, ())
            if sid in waiting:
                waiting.remove(sid)
                if not waiting:
                    del pending[namespace]


class Members(_RoomsByConnection, Manager):  # type: ignore[misc]
    """Of one worker alone."""


class SharedMembers(_RoomsByConnection, RedisManager):  # type: ignore[misc]
    """Of one of several workers, which hear of each other through Redis."""


def members(redis_url: str | None, channel: str) -> BaseManager:
    """The manager for these settings."""
    return SharedMembers(redis_url, channel=channel) if redis_url else Members()

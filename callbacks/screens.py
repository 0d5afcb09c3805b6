"""Who is connected, and how the hub's messages reach them: encoded once, framed once, written to every socket."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from engineio.packet import MESSAGE, Packet
from flask_socketio import SocketIO

from callbacks.wire import LINGER_S, Wire, framed
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.live.hub import Hub
from datasources.serialising import dumps

AT_ONCE = 256
"""After so many sockets the others get their turn: some three milliseconds."""
PLACE = "{_place_}"
MOST_OF_UNIT = 8
"""Connections of one token: a person's phone, its page in a second tab, what the network has not given up yet."""
MOST_OF_TOKEN = 50
"""The same for a desk, a wall of many screens or an API client."""
SAY_WHO_S = 10.0
"""So long may a connection take to say who it is."""
T = TypeVar("T")


class Message:
    """One Socket.IO event of the default namespace, finished for any number of sockets."""

    def __init__(self, event: str, values: Iterable[Any]) -> None:
        """`values` are JSON, or bytes, which travel as attachments."""
        attached = [value for value in values if isinstance(value, bytes)]
        numbers = iter(range(len(attached)))
        plain = [{"_placeholder": True, "num": next(numbers)} if isinstance(value, bytes) else value for value in values]
        head = f"45{len(attached)}-" if attached else "42"
        self.parts: list[str | bytes] = [head + dumps([event, *plain]), *attached]
        self.frames = b"".join(map(framed, self.parts))

    def packets(self) -> list[Packet]:
        """The same for Engine.IO's queue."""
        return [Packet(MESSAGE, part if isinstance(part, bytes) else part[1:]) for part in self.parts]


class Screens:
    """Who is connected, and the hub's outlet to them."""

    def __init__(self, socketio: SocketIO, hub: Hub) -> None:
        self._socketio = socketio
        self._hub = hub
        self._behind: set[str] = set()
        self._devices: dict[str, set[str]] = defaultdict(set)
        self._sockets_of: dict[str, set[str]] = defaultdict(set)
        self.principals: dict[str, Principal] = {}
        """Whom each connection stands for. That a connection is there is known by the manager alone: `connected`."""
        self.frames_skipped = 0
        self.cut = 0
        """How many connections were ended from here."""
        self.seconds: dict[str, float] = defaultdict(float)
        """Processor time spent on writing each kind of event."""
        self.written: dict[str, int] = defaultdict(int)
        """How many messages of each kind of event went to a socket."""

    def welcome(self, sid: str, principal: Principal) -> None:
        """A connection is up. Raises `too_many_connections` for a token that has as many as it may, `malformed` for one that is up."""
        if sid in self.principals:
            raise Refused("malformed", problem="connect")
        most = MOST_OF_UNIT if principal.unit_id is not None else MOST_OF_TOKEN
        if len(self._sockets_of.get(principal.token_id, ())) >= most:
            raise Refused("too_many_connections", limit=str(most))
        self._sockets_of[principal.token_id].add(sid)
        self.principals[sid] = principal
        if principal.unit_id is not None:
            self._devices[principal.unit_id].add(sid)

    def forget(self, sid: str) -> None:
        """A connection is gone: the manager says so of each that it lets go."""
        principal = self.principals.pop(sid, None)
        self._behind.discard(sid)
        if principal is None:
            return
        _discard(self._sockets_of, principal.token_id, sid)
        if principal.unit_id is not None:
            _discard(self._devices, principal.unit_id, sid)

    def connected(self) -> dict[str, str]:
        """Each connection of this worker with its Engine.IO connection, as the manager has them."""
        return dict(self._in_room(None))

    def is_over(self, sid: str) -> bool:
        """Whether the other side of a connection has gone, which may not have been noticed yet."""
        connection = self._socketio.server.eio.sockets.get(self._socketio.server.manager.eio_sid_from_sid(sid, "/"))
        wire: Wire | None = getattr(connection, "wire", None)
        return wire is None or wire.over

    # --- the outlet -----------------------------------------------------------------------------------

    def send(self, room: str, event: str, message: Any) -> None:
        """See `Outlet`."""
        to = self._in_room(room)
        if to:
            self._write(event, message if isinstance(message, tuple) else (message,), to)

    def send_to(self, sid: str, event: str, *values: Any) -> None:
        """One message to one connection of this worker."""
        self._write(event, values, [(sid, self._socketio.server.manager.eio_sid_from_sid(sid, "/"))])

    def send_frame(self, area_code: str, frame: bytes) -> None:
        """See `Outlet`. A screen that is still reading the last one skips this, and gets a full one when it has caught up."""
        ready, fresh = [], []
        for sid, eio_sid in self._in_room(f"frames:{area_code}"):
            connection = self._socketio.server.eio.sockets.get(eio_sid)
            wire: Wire | None = getattr(connection, "wire", None)
            if connection is None or wire is None or wire.busy or not connection.queue.empty():
                self._behind.add(sid)
                self.frames_skipped += 1
            elif sid in self._behind:
                self._behind.discard(sid)
                fresh.append((sid, eio_sid))
            else:
                ready.append((sid, eio_sid))
        if ready:
            self._write("frame", (area_code, frame), ready)
        if fresh:
            self._write("frame", (area_code, self._hub.full_frame(area_code)), fresh)

    def send_units(self, event: str, message: dict[str, Any], deliveries: Iterable[tuple[str, str]]) -> None:
        """See `Outlet`. Only the delivery's id differs from unit to unit, and all ids are equally long."""
        before, after = dumps([event, {**message, "id": PLACE}]).split(PLACE)

        def put(delivery: tuple[str, str]) -> None:
            text = f"42{before}{delivery[0]}{after}"
            for sid in tuple(self._devices.get(delivery[1], ())):
                eio_sid = self._socketio.server.manager.eio_sid_from_sid(sid, "/")
                self._put(eio_sid, framed(text), lambda: [Packet(MESSAGE, text[1:])])

        self._each(event, deliveries, put)

    def has_unit(self, unit_id: str) -> bool:
        """See `Outlet`."""
        return unit_id in self._devices

    def watched(self) -> set[str]:
        """See `Outlet`."""
        return {room for room in self._socketio.server.manager.rooms.get("/", {}) if room and ":" in room}

    def frame_areas(self) -> list[str]:
        """See `Outlet`."""
        return [room.partition(":")[2] for room in self.watched() if room.startswith("frames:")]

    def colour_rooms(self) -> list[tuple[str, str]]:
        """See `Outlet`."""
        return [(theme, area) for kind, theme, area in (room.split(":") for room in self.watched() if room.startswith("colours:"))]

    # --- writing --------------------------------------------------------------------------------------

    def _in_room(self, room: str | None) -> list[tuple[str, str]]:
        return list(self._socketio.server.manager.get_participants("/", room))

    def _write(self, event: str, values: tuple[Any, ...], to: Iterable[tuple[str, str]]) -> None:
        message = Message(event, values)
        self._each(event, to, lambda one: self._put(one[1], message.frames, message.packets))

    def _each(self, event: str, things: Iterable[T], put: Callable[[T], None]) -> None:
        """Put each, giving others their turn now and then; only our own processor time is counted."""
        began, turn = time.thread_time(), 0
        for turn, thing in enumerate(things, start=1):
            put(thing)
            if turn % AT_ONCE == 0:
                self.seconds[event] += time.thread_time() - began
                time.sleep(0)
                began = time.thread_time()
        self.seconds[event] += time.thread_time() - began
        self.written[event] += turn

    def _put(self, eio_sid: str | None, frames: bytes, packets: Callable[[], list[Packet]]) -> None:
        """Straight to the socket when nothing waits before it, by the queue otherwise: the order is kept either way."""
        connection = self._socketio.server.eio.sockets.get(eio_sid)
        if connection is None or connection.closed:
            return
        wire: Wire | None = getattr(connection, "wire", None)
        if wire is not None and connection.queue.empty() and wire.send_now(frames):
            return
        for packet in packets():
            connection.send(packet)

    def turn_out(self, still_valid: Callable[[list[str]], dict[str, tuple[str, str]]]) -> None:
        """Cut the connections whose token was revoked or has expired meanwhile, and those that never said who they are.

        Where the token stands for another role or area since (an import has moved it), the client may come back at once.
        """
        manager = self._socketio.server.manager
        # One whose token is being looked up just now stands for nobody yet, and is in no room.
        let_in = [(sid, eio_sid) for sid, eio_sid in self.connected().items() if manager.is_connected(sid, "/")]
        held = [(sid, eio_sid, self.principals.get(sid)) for sid, eio_sid in let_in]
        valid = still_valid(sorted({principal.token_id for _, _, principal in held if principal is not None}))
        for sid, eio_sid, principal in held:
            if principal is None or principal.token_id not in valid:
                self.send_to(sid, "refused", Refused("token_revoked").as_dict())
                self._cut(eio_sid, sid)
            elif valid[principal.token_id] != (principal.role, principal.area_code):
                self._cut(eio_sid)
        known = {eio_sid for _, eio_sid, _ in held}
        latest = time.monotonic() - SAY_WHO_S
        for eio_sid, connection in list(self._socketio.server.eio.sockets.items()):
            wire: Wire | None = getattr(connection, "wire", None)
            if eio_sid not in known and wire is not None and wire.since < latest:
                self._cut(eio_sid)

    def _cut(self, eio_sid: str, sid: str | None = None) -> None:
        """End a connection, its websocket too: the client is not asked to."""
        self.cut += 1
        connection = self._socketio.server.eio.sockets.get(eio_sid)
        wire: Wire | None = getattr(connection, "wire", None)
        if sid is not None:
            self._socketio.server.disconnect(sid)
        if connection is not None:
            connection.close(wait=False)
        if wire is not None:
            wire.cut(LINGER_S)


def _discard(sets: dict[str, set[str]], key: str, one: str) -> None:
    sets[key].discard(one)
    if not sets[key]:
        del sets[key]

"""One greenlet that pings all connections: the library has one for each, which outlives it and holds what it had."""

from __future__ import annotations

import time
from collections import deque
from functools import partial
from typing import Any
from weakref import ref

import gevent
from engineio.packet import PING, Packet
from flask_socketio import SocketIO
from gevent.event import Event


class Pinger:
    """Sends each connection a ping one interval after its last answer. All intervals are alike: who came first is due first."""

    def __init__(self, interval_s: float) -> None:
        self._interval_s = interval_s
        self._due: deque[tuple[float, ref[Any]]] = deque()
        self._somebody = Event()
        self._greenlet: Any = None

    def later(self, connection: ref[Any]) -> None:
        """The connection (Engine.IO's) has answered, or has just come."""
        alive = connection()
        if alive is None or not alive.last_ping:
            return  # its ping is planned already
        alive.last_ping = None
        self._due.append((time.monotonic() + self._interval_s, connection))
        if not self._greenlet:  # not begun, or ended by an error: nobody must be left without pings for that
            self._greenlet = gevent.spawn(self._run)
        self._somebody.set()

    def _run(self) -> None:
        while True:
            self._somebody.wait()
            at, connection = self._due[0]
            gevent.sleep(max(0.0, at - time.monotonic()))
            self._due.popleft()
            if not self._due:
                self._somebody.clear()
            self._ping(connection())

    def _ping(self, connection: Any) -> None:
        if connection is not None and not connection.closing and not connection.closed:
            connection.last_ping = time.time()
            connection.send(Packet(PING))


def install(socketio: SocketIO, interval_s: float) -> None:
    """Ping the connections of this server from now on."""
    engine, pinger = socketio.server.eio, Pinger(interval_s)
    connected = engine.handlers["connect"]

    def connect(sid: str, environ: dict[str, Any]) -> Any:
        connection = engine.sockets[sid]
        connection.schedule_ping = partial(pinger.later, ref(connection))
        return connected(sid, environ)

    engine.handlers["connect"] = connect

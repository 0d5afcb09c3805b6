"""Each message of a connection, before Socket.IO sees it: paced, and what no client of ours sends closes the connection with one line.

The libraries below let such a message end in an exception of their own, with a traceback in the log and a connection that lives on half.
"""

from __future__ import annotations

import logging
from typing import Any

from flask_socketio import SocketIO

from callbacks.inlet import Inlet
from callbacks.shares import Shares

MALFORMED = (ValueError, TypeError, LookupError, AttributeError, RecursionError)
"""What reading such a message ends with. Our own events answer for their errors themselves (callbacks/sockets.py)."""
BINARY = ("5", "6")
"""Packets with attachments: clients send us none, and waiting for them would take memory."""
EVENT = "2"
log = logging.getLogger(__name__)


def install(socketio: SocketIO, shares: Shares) -> None:
    """Look at each Engine.IO message before Socket.IO does. The server must have `async_handlers=False`: events are begun here."""
    engine = socketio.server.eio
    handle = engine.handlers["message"]

    def look(connection: str, data: Any) -> None:
        known = engine.sockets.get(connection)
        if known is None:
            return  # it is closed already, and this was still in its buffer
        inlet: Inlet = known.wire.inlet
        inlet.pace.wait()
        shares.hold_up()
        if isinstance(data, str) and data[:1] == EVENT:
            inlet.room.acquire()
            socketio.server.start_background_task(event, shares.served(), inlet, connection, data)
        else:
            take(connection, data)

    def event(served: Any, inlet: Inlet, connection: str, data: str) -> None:
        try:
            shares.serve(served)  # decoding is on their account too
            take(connection, data)
        finally:
            inlet.room.release()

    def take(connection: str, data: Any) -> None:
        try:
            if not isinstance(data, str) or data[:1] in BINARY:
                raise ValueError("binary")
            handle(connection, data)
        except MALFORMED as error:
            log.warning("a connection sent what is no Socket.IO of ours and was closed: %r", error)
            # Not `engine.disconnect`: it waits until everything is written, and for a connection that is gone that is for ever.
            known = engine.sockets.get(connection)
            if known is not None:
                known.close(wait=False, abort=True)
            # A handshake that was broken off in the middle has rooms already, and nobody who would leave them.
            manager = socketio.server.manager
            for namespace in tuple(manager.get_namespaces()):
                member = manager.sid_from_eio_sid(connection, namespace)
                if member is not None:
                    manager.basic_disconnect(member, namespace)

    engine.handlers["message"] = look

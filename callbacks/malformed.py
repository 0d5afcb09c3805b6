"""Frames that are no Socket.IO, or of a kind that no client of ours sends: the connection is closed, and one line says why.

The libraries below let such a frame end in an exception of their own, with a traceback in the log and a connection that lives on half.
"""

from __future__ import annotations

import logging
from typing import Any

from flask_socketio import SocketIO

MALFORMED = (ValueError, TypeError, LookupError, AttributeError)
"""What reading such a frame ends with. Our own events answer for their errors themselves (callbacks/sockets.py)."""
BINARY = ("5", "6")
"""Packets with attachments: clients send us none, and waiting for them would take memory."""
log = logging.getLogger(__name__)


def install(socketio: SocketIO) -> None:
    """Look at each Engine.IO message before Socket.IO does."""
    engine = socketio.server.eio
    handle = engine.handlers["message"]

    def look(connection: str, data: Any) -> None:
        try:
            if not isinstance(data, str) or data[:1] in BINARY:
                raise ValueError("binary")
            handle(connection, data)
        except MALFORMED as error:
            log.warning("a connection sent what is no Socket.IO and was closed: %r", error)
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

"""The websocket under Engine.IO: finished frames go straight to the socket.

Three reasons for one of our own. A message for a room is encoded and framed once, and written to every socket
without waking a greenlet for each. What a socket does not take at once goes on in a greenlet of its own, so a
slow tablet delays nobody. And a message is written whole: the library's own `send` ignores what was left over.
"""

from __future__ import annotations

import socket as sockets
import struct
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import gevent
import simple_websocket
from engineio.async_drivers.gevent import Thread
from gevent.event import Event
from gevent.lock import Semaphore

SEND_BUFFER = 256 * 1024
"""What the kernel keeps for a screen that reads slowly. More would only be older."""
READ_AT_ONCE = 64 * 1024
MOST_MESSAGE = 64 * 1024
"""Whoever sends more at once, in however many fragments, is cut off: anybody may open a websocket before they say who they are."""
KINDS = "0123456"
"""What a text message of Engine.IO begins with."""


def framed(data: bytes | str) -> bytes:
    """One message as one finished websocket frame of a server (RFC 6455: not masked)."""
    kind, body = (0x82, data) if isinstance(data, bytes) else (0x81, data.encode())
    size = len(body)
    if size < 126:
        return bytes((kind, size)) + body
    if size < 65536:
        return struct.pack("!BBH", kind, 126, size) + body
    return struct.pack("!BBQ", kind, 127, size) + body


class _WholeSocket:
    """A socket on which frames never mix: one writer at a time, everything or an error."""

    def __init__(self, plain: Any) -> None:
        self._plain = plain
        self._writing = Semaphore(1)
        self._waiting = 0
        plain.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
        plain.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, SEND_BUFFER)

    @property
    def busy(self) -> bool:
        """Whether something is still being written, or waits to be: whoever waits comes first, also in the moment of handing over."""
        return self._waiting > 0 or bool(self._writing.locked())

    def recv(self, _size: int) -> bytes:
        return bytes(self._plain.recv(READ_AT_ONCE))

    def send(self, data: bytes) -> int:
        self._waiting += 1
        try:
            with self._writing:
                self._plain.sendall(data)
        finally:
            self._waiting -= 1
        return len(data)

    def send_now(self, data: bytes) -> bool:
        """Write without waiting; what does not fit goes on in the background. False, and nothing written, when one is busy."""
        if self.busy:
            return False
        try:
            sent = self._plain._sock.send(data)  # gevent keeps its sockets non-blocking
        except BlockingIOError:
            sent = 0
        except OSError:
            return False
        if sent < len(data):
            self._writing.acquire(blocking=False)
            gevent.spawn(self._rest, data[sent:])
        return True

    def _rest(self, data: bytes) -> None:
        try:
            self._plain.sendall(data)
        except OSError:
            self._plain.close()  # half a frame cannot be followed by another
        finally:
            self._writing.release()

    def close(self) -> None:
        self._plain.close()


class _Server(simple_websocket.Server):  # type: ignore[misc]
    def send(self, data: bytes | str) -> None:
        if not self.connected:
            raise simple_websocket.ConnectionClosed(self.close_reason, self.close_message)
        self.sock.send(framed(data))


class Wire:
    """What Engine.IO calls a websocket; its Engine.IO socket finds it as `wire`."""

    def __init__(self, handler: Callable[[Wire], Any], _server: Any) -> None:
        self._handler = handler
        handler.__self__.wire = self  # type: ignore[attr-defined]

    def __call__(self, environ: dict[str, Any], _start_response: Any) -> Any:
        """WSGI: takes the socket over from gunicorn and gives it back when the connection is over."""
        self._socket = environ["gunicorn.socket"] = _WholeSocket(environ["gunicorn.socket"])
        # Deflating each message for each socket would undo encoding it once.
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        self._ws = _Server(environ, thread_class=Thread, event_class=Event, receive_bytes=READ_AT_ONCE, max_message_size=MOST_MESSAGE)
        self._handler(self)
        raise StopIteration  # how gunicorn is told that the socket was taken over

    @property
    def busy(self) -> bool:
        """Whether an earlier message is still being written."""
        return self._socket.busy

    def send_now(self, frames: bytes) -> bool:
        """Write finished frames without waiting; False when they must go by the queue."""
        return bool(self._ws.connected) and self._socket.send_now(frames)

    def send(self, message: bytes | str) -> None:
        """Engine.IO's writer: waits until the message is written."""
        try:
            self._ws.send(message)
        except simple_websocket.ConnectionClosed:
            raise OSError("the connection is closed") from None

    def wait(self) -> bytes | str | None:
        """The next message; None when the connection is over."""
        try:
            message: bytes | str | None = self._ws.receive()
        except simple_websocket.ConnectionClosed:
            return None
        # Engine.IO would fail on anything else (and has no use for bytes); for it the connection is simply over.
        return message if isinstance(message, str) and message[:1] in KINDS and message else None

    def close(self) -> None:
        """Say good-bye and close."""
        if self._ws.connected:
            with suppress(OSError):  # the other side was quicker
                self._ws.close()

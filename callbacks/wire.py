"""The websocket under Engine.IO: finished frames go straight to the socket, and both directions have bounds.

Four reasons for one of our own. A message for a room is encoded and framed once, and written to every socket
without waking a greenlet for each. What a socket does not take at once goes on in a greenlet of its own, so a
slow tablet delays nobody. And a message is written whole: the library's own `send` ignores what was left over.
And what a connection sends is not read on while much of it waits, nor kept for one that does not read.
"""

from __future__ import annotations

import logging
import socket as sockets
import struct
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from typing import Any

import gevent
import simple_websocket
from gevent.event import Event
from gevent.lock import Semaphore
from gevent.queue import JoinableQueue

from callbacks.inlet import Inlet
from callbacks.shares import Companion

SEND_BUFFER = 256 * 1024
"""What the kernel keeps for a screen that reads slowly. More would only be older."""
READ_AT_ONCE = 64 * 1024
MOST_MESSAGE = 64 * 1024
"""Whoever sends more at once, in however many fragments, is cut off: anybody may open a websocket before they say who they are."""
MOST_UNREAD = 32
"""Messages that were taken from the socket and wait for their turn: with more, nothing is taken and the sender's TCP has to wait."""
LOOK_AGAIN_S = 0.02
MOST_WAITING_BYTES = 4 * 1024 * 1024
"""What may wait for a client: several pictures of a whole city on a slow network. Whoever reads less is cut, and begins anew."""
MOST_WAITING = 500
LINGER_S = 3.0
"""So long may a connection that was told to go read its last words."""
KINDS = "0123456"
"""What a text message of Engine.IO begins with."""

log = logging.getLogger(__name__)


def framed(data: bytes | str) -> bytes:
    """One message as one finished websocket frame of a server (RFC 6455: not masked)."""
    kind, body = (0x82, data) if isinstance(data, bytes) else (0x81, data.encode())
    size = len(body)
    if size < 126:
        return bytes((kind, size)) + body
    if size < 65536:
        return struct.pack("!BBH", kind, 126, size) + body
    return struct.pack("!BBQ", kind, 127, size) + body


def _nothing() -> int:
    return 0


class Waiting(JoinableQueue):  # type: ignore[misc]
    """Engine.IO's packets for one client, with a bound: `overflow` is called instead of keeping what is too much."""

    def __init__(self) -> None:
        super().__init__()
        self._bytes = 0
        self.overflow: Callable[[], Any] = _nothing

    def put(self, item: Any, *args: Any, **more: Any) -> None:
        """A packet; None, which ends the writer, always goes in. One large packet does, when not much waits before it."""
        if item is not None and (self._bytes > MOST_WAITING_BYTES or self.qsize() >= MOST_WAITING):
            self.overflow()
            return
        self._bytes += _size(item)
        super().put(item, *args, **more)

    def get(self, *args: Any, **more: Any) -> Any:
        """The oldest packet."""
        item = super().get(*args, **more)
        self._bytes -= _size(item)
        return item


def _size(packet: Any) -> int:
    data = getattr(packet, "data", None)
    return len(data) if isinstance(data, str | bytes) else 0


class _WholeSocket:
    """A socket on which frames never mix: one writer at a time, everything or an error."""

    def __init__(self, plain: Any, unread: Callable[[], int] = _nothing) -> None:
        """`unread`: how many messages of this socket wait for their turn."""
        self._plain = plain
        self.unread = unread
        self._writing = Semaphore(1)
        self._waiting = 0
        plain.setsockopt(sockets.IPPROTO_TCP, sockets.TCP_NODELAY, 1)
        plain.setsockopt(sockets.SOL_SOCKET, sockets.SO_SNDBUF, SEND_BUFFER)

    @property
    def busy(self) -> bool:
        """Whether something is still being written, or waits to be: whoever waits comes first, also in the moment of handing over."""
        return self._waiting > 0 or bool(self._writing.locked())

    def recv(self, _size: int) -> bytes:
        while self.unread() > MOST_UNREAD:
            gevent.sleep(LOOK_AGAIN_S)
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

    def drop(self) -> None:
        """End it now, whoever is reading or writing."""
        with suppress(OSError):  # it has ended already
            self._plain.shutdown(sockets.SHUT_RDWR)


class _Server(simple_websocket.Server):  # type: ignore[misc]
    def send(self, data: bytes | str) -> None:
        if not self.connected:
            raise simple_websocket.ConnectionClosed(self.close_reason, self.close_message)
        self.sock.send(framed(data))


class Wire:
    """What Engine.IO calls a websocket; its Engine.IO socket finds it as `wire`."""

    def __init__(self, handler: Callable[[Wire], Any], _server: Any, a_second: float) -> None:
        """`a_second`: how many events of this connection are taken each second."""
        self._handler: Callable[[Wire], Any] | None = handler
        self._connection: Any = handler.__self__  # type: ignore[attr-defined]
        self._connection.wire = self
        self._connection.queue.overflow = self._overflow
        self._ws: Any = None
        self._cut = False
        self.inlet = Inlet(a_second)
        self.since = time.monotonic()

    def __call__(self, environ: dict[str, Any], _start_response: Any) -> Any:
        """WSGI: takes the socket over from gunicorn and gives it back when the connection is over."""
        handler, self._handler = self._handler, None
        assert handler is not None
        self._socket = environ["gunicorn.socket"] = _WholeSocket(environ["gunicorn.socket"], self._unread)
        # Deflating each message for each socket would undo encoding it once.
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        try:
            self._ws = _Server(
                environ, thread_class=Companion, event_class=Event, receive_bytes=READ_AT_ONCE, max_message_size=MOST_MESSAGE
            )
            handler(self)
        finally:
            # They hold each other, with twenty kilobytes between them, and the collector comes by rarely. Engine.IO forgets a connection
            # where we raise, or on its next round, which is long when many have come and gone.
            self._connection.server.sockets.pop(self._connection.sid, None)
            self._connection.queue.overflow = self._socket.unread = _nothing
            self._connection.wire = self._connection = None
        raise StopIteration  # how gunicorn is told that the socket was taken over

    def _unread(self) -> int:
        return 0 if self._ws is None or self._cut else len(self._ws.input_buffer)

    @property
    def over(self) -> bool:
        """Whether the other side has gone, though what it had sent before may still wait for its turn."""
        return self._cut or self._ws is None or not self._ws.connected

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
        if self._cut:
            return None
        # Engine.IO would fail on anything else (and has no use for bytes); for it the connection is simply over.
        return message if isinstance(message, str) and message[:1] in KINDS and message else None

    def close(self) -> None:
        """Say good-bye and close."""
        if self._ws.connected:
            with suppress(OSError):  # the other side was quicker
                self._ws.close()

    def cut(self, linger_s: float = 0.0) -> None:
        """End the connection; whoever does not read what is still to be written has `linger_s` for it."""
        if linger_s:
            gevent.spawn_later(linger_s, self.cut)
            return
        self._cut = True
        self._socket.drop()

    def _overflow(self) -> None:
        if not self._cut:
            log.warning("a connection does not read what it is sent and was closed")
            self.cut()


def parts(a_second: int) -> dict[str, Any]:
    """What Engine.IO is to use in place of its own."""
    return {"websocket": partial(Wire, a_second=a_second), "queue": Waiting}

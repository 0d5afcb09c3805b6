"""Our gunicorn worker: gevent's, with a shorter way for map tiles.

A wall that zooms asks for hundreds of tiles over a few kept connections. Parsing a request in general, a WSGI
environment and Flask cost ten times what a tile costs; so plain tile requests are read and answered here, by the same
`TileDoor` with the same checks. Anything out of the ordinary, from the first byte on, is handed to gunicorn unread.
"""

from __future__ import annotations

from typing import Any

import gevent
from gunicorn.workers.ggevent import GeventWorker

from callbacks.tiles import AREAS, TileDoor

BEGINNING = f"GET {AREAS}".encode()
MOST_HEAD = 8192
PATIENCE_S = 75.0
READ = {b"cookie": "HTTP_COOKIE", b"authorization": "HTTP_AUTHORIZATION", b"if-none-match": "HTTP_IF_NONE_MATCH"}
STRANGE = (b"content-length", b"transfer-encoding", b"upgrade", b"expect")
"""With one of these it is not the plain request that is meant here."""


class _Replayed:
    """A socket from which something has been read already: that comes first."""

    def __init__(self, plain: Any, read: bytes) -> None:
        self._plain = plain
        self._read = read

    def recv(self, size: int, *flags: int) -> bytes:
        if self._read and not flags:
            part, self._read = self._read[:size], self._read[size:]
            return part
        return bytes(self._plain.recv(size, *flags))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


class TileWorker(GeventWorker):  # type: ignore[misc]
    """One gevent worker."""

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """One connection: tiles while they come, gunicorn from the first other request on."""
        door: TileDoor | None = getattr(self.wsgi, "extensions", {}).get("tile_door")
        read = b""
        if door is not None:
            try:
                with gevent.Timeout(PATIENCE_S, False):
                    read = _serve_tiles(door, client)
            except OSError:
                read = b""
        if read:
            super().handle(listener, _Replayed(client, read), addr)
        else:
            client.close()


def _serve_tiles(door: TileDoor, client: Any) -> bytes:
    """Answer plain tile requests; returns what was read of the first other one, nothing when the connection is over."""
    read = b""
    while True:
        data: bytes = client.recv(MOST_HEAD)
        if not data:
            return b""
        read += data
        if read[: len(BEGINNING)] != BEGINNING[: len(read)]:
            return read
        end = read.find(b"\r\n\r\n")
        if end < 0:
            if len(read) >= MOST_HEAD:
                return read
            continue
        environ = _plain_request(read[:end])
        if environ is None or len(read) != end + 4:
            return read  # pipelined, or with something that only a full server understands
        client.sendall(door.reply(environ))
        read = b""


def _plain_request(head: bytes) -> dict[str, str] | None:
    """What `TileDoor` needs of a request; None when the request is not a plain one."""
    first, *lines = head.split(b"\r\n")
    parts = first.split(b" ")
    if len(parts) != 3 or parts[2] != b"HTTP/1.1" or b"%" in parts[1] or b"?" in parts[1]:
        return None
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": parts[1].decode("latin-1")}
    for line in lines:
        name, _, value = line.partition(b":")
        name = name.lower()
        if name in READ:
            environ[READ[name]] = value.strip().decode("latin-1")
        elif name in STRANGE or (name == b"connection" and b"close" in value.lower()):
            return None
    return environ

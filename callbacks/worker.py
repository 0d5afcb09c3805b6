"""Our gunicorn worker: gevent's, with a shorter way for what comes by the thousand: map tiles and single positions.

Parsing a request in general, a WSGI environment and Flask cost ten times what a tile or a position costs; so such plain requests are
read and answered here, by `TileDoor` and `PositionDoor` with the same checks as everywhere. Anything out of the ordinary, from the
first byte on, is handed to gunicorn unread.
"""

from __future__ import annotations

import contextlib
import errno
import re
import socket
import time
from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import Any
from urllib.parse import unquote

import gevent
from gunicorn.workers.ggevent import GeventWorker
from werkzeug.http import parse_cookie

from callbacks import position_door
from callbacks.doorman import Doorman
from callbacks.position_door import PositionDoor
from callbacks.shares import Shares
from callbacks.tiles import AREAS, TileDoor
from callbacks.web import known_to
from dashboard.accounts import Accounts
from dashboard.errors import Refused

TILE = f"GET {AREAS}".encode()
POSITION = f"POST {position_door.PATH} HTTP/1.1\r\n".encode()
WEBSOCKETS = "/socket.io"
MOST_HEAD = 8192
READ_AT_ONCE = 64 * 1024
REFUSED = b"HTTP/1.1 401"
REFUSED_S = 0.001
"""What looking for a token takes that there is not."""
MOST_HELD = 16
MOST_HELD_BYTES = 1024 * 1024
"""Answers that are made before the first of them is read."""
Tile = dict[str, str]
"""What `TileDoor` needs of a request."""
Single = tuple[str, bytes, str]
"""Secret and body of a request with one position, and what proxies say of where it is from."""
PATIENCE_S = 75.0
BODY_S = 20.0
BODY_A_SECOND = 1000.0
"""A body has twenty seconds, and one more for each thousand bytes: a phone with one bar sends more than that."""
READ = {
    b"cookie": "HTTP_COOKIE",
    b"authorization": "HTTP_AUTHORIZATION",
    b"if-none-match": "HTTP_IF_NONE_MATCH",
    b"x-forwarded-for": "HTTP_X_FORWARDED_FOR",
}
STRANGE = (b"transfer-encoding", b"upgrade", b"expect", b"content-encoding")
"""With one of these it is not the plain request that is meant here."""
LENGTH = b"content-length"
HOST = b"host"
NAME = re.compile(rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
"""RFC 9110, 5.1: no blank before the colon, no line that goes on in the next."""
FORBIDDEN = re.compile(rb"[\r\n\0]")


class _Replayed:
    """A socket from which something has been read already: that comes first. A body that comes too slowly ends it."""

    def __init__(self, plain: Any, read: bytes) -> None:
        self._plain = plain
        self._read = read
        self._since: float | None = None
        self._got = 0

    def hurry(self, wanted: bool) -> None:
        """From now on count what comes: a request's body has so long; a websocket may be silent."""
        self._since, self._got = (time.monotonic() if wanted else None), 0

    def recv(self, size: int, *flags: int) -> bytes:
        if self._read and not flags:
            part, self._read = self._read[:size], self._read[size:]
            return part
        if self._since is None:
            return bytes(self._plain.recv(size, *flags))
        left = BODY_S + self._got / BODY_A_SECOND - (time.monotonic() - self._since)
        with gevent.Timeout(max(0.001, left), False):
            data = bytes(self._plain.recv(size, *flags))
            self._got += len(data)
            return data
        raise ConnectionResetError(errno.ECONNRESET, "the body of a request came too slowly")

    def __getattr__(self, name: str) -> Any:
        return getattr(self._plain, name)


class Worker(GeventWorker):  # type: ignore[misc]
    """One gevent worker."""

    def __init__(self, *args: Any, **more: Any) -> None:
        super().__init__(*args, **more)
        self._doorman = Doorman()
        self._heard: dict[Any, float] = {}
        """Connections that are served here, and when each last asked for something."""

    def run(self) -> None:
        """Serve until told to stop."""
        gevent.spawn(self._hang_up)
        super().run()

    def _hang_up(self) -> None:
        """Close connections that have been silent for long: one look at all costs less than a timer for each request."""
        while True:
            gevent.sleep(PATIENCE_S / 5)
            before = time.monotonic() - PATIENCE_S
            for client, heard in list(self._heard.items()):
                if heard < before:
                    with contextlib.suppress(OSError):
                        client.shutdown(socket.SHUT_RDWR)

    def handle(self, listener: Any, client: Any, addr: Any) -> None:
        """One connection: tiles and positions while they come, gunicorn from the first other request on."""
        extensions = getattr(self.wsgi, "extensions", {})
        tiles: TileDoor | None = extensions.get("tile_door")
        positions: PositionDoor | None = extensions.get("position_door")
        shares: Shares | None = extensions.get("shares")
        address = _address(addr)
        read = b""
        if tiles is not None and positions is not None:
            try:
                read = self._serve(tiles, positions, client, address)
            except OSError:
                read = b""
            finally:
                self._heard.pop(client, None)
        if shares is not None:
            shares.begin(address)
        if read:
            super().handle(listener, _Replayed(client, read), addr)
        else:
            client.close()
        if shares is not None:
            shares.leave()

    def handle_request(self, listener_name: Any, req: Any, sock: Any, addr: Any) -> Any:
        """One request of gunicorn's: its body may not take for ever, and a connection waits at the door."""
        is_websocket = unquote(req.path).startswith(WEBSOCKETS)
        if isinstance(sock, _Replayed):
            sock.hurry(not is_websocket)
        extensions = getattr(self.wsgi, "extensions", {})
        shares: Shares | None = extensions.get("shares")
        if shares is None:
            return super().handle_request(listener_name, req, sock, addr)
        said = ",".join(value for name, value in req.headers if name == "X-FORWARDED-FOR")
        peer = _peer(_address(addr), said, extensions["position_door"].trusted_proxies)
        shares.begin(peer)
        try:
            if is_websocket and not self._let_in(req, sock, peer, shares, extensions["accounts"]):
                raise StopIteration  # how gunicorn is told that the connection is over
            return super().handle_request(listener_name, req, sock, addr)
        finally:
            shares.leave()
            shares.begin(_address(addr))  # reading the next one is on the account of whose it turns out to be

    def _let_in(self, req: Any, sock: Any, peer: str, shares: Shares, accounts: Accounts) -> bool:
        """Whether a connection may come in, when its turn has come. Who has a token with them does not wait among strangers."""
        headers = {name.title(): value for name, value in req.headers if name in ("AUTHORIZATION", "COOKIE")}
        try:
            if known_to(accounts, headers, parse_cookie(headers.get("Cookie", "")), peer) is None:
                shares.enter_unknown(peer, lasting=True)
        except Refused:
            return False
        self._doorman.pass_in()
        return not _has_gone(sock)  # who did not wait needs nothing done for them

    def _is_too_much(self, answers: bytes, address: str) -> bool:
        """Strangers at the short way: on the account of their address, and others have their turn."""
        shares: Shares | None = getattr(self.wsgi, "extensions", {}).get("shares")
        gevent.sleep(0)
        return shares is not None and shares.blame(address, answers.count(REFUSED) * REFUSED_S)

    def _serve(self, tiles: TileDoor, positions: PositionDoor, client: Any, address: str) -> bytes:
        """Answer plain requests; returns what was read of the first other one, nothing when the connection is over."""
        read = b""
        while True:
            if not read:
                self._heard[client] = time.monotonic()  # half a request renews nothing, or a byte a minute would hold this for ever
            client._wait(client._read_event)  # there is nothing yet: trying first would only be refused
            data: bytes = client.recv(READ_AT_ONCE)
            if not data:
                return b""
            requests, read, foreign = _requests(read + data)
            if requests:
                for some in _portions(_answers(tiles, positions, requests, address)):
                    if REFUSED in some and self._is_too_much(some, address):
                        return b""
                    _write(client, some)  # waits until it is read: who asks for a thousand tiles and reads none gets one portion
            if foreign:
                return read


def _address(addr: Any) -> str:
    return str(addr[0]) if isinstance(addr, tuple) else ""


def _write(client: Any, message: bytes) -> None:
    """Most answers fit into the kernel's buffer: written at once, without what gevent does for those that do not."""
    try:
        sent = client._sock.send(message)  # gevent keeps its sockets non-blocking
    except BlockingIOError:
        sent = 0
    if sent < len(message):
        client.sendall(message[sent:])


def _has_gone(client: Any) -> bool:
    """Whether the other side has closed the connection."""
    try:
        return not client._sock.recv(1, socket.MSG_PEEK)
    except BlockingIOError:
        return False
    except OSError:
        return True


def _requests(read: bytes) -> tuple[list[Tile | Single], bytes, bool]:
    """The whole plain requests at the beginning of what was read, the rest, and whether the rest begins another kind of request."""
    found: list[Tile | Single] = []
    while read:
        one, size = _request(read)
        if one is None:
            return found, read, size < 0
        found.append(one)
        read = read[size:]
    return found, read, False


def _request(read: bytes) -> tuple[Tile | Single | None, int]:
    """The first plain request and its length in bytes; (None, 0) when more must be read first, (None, -1) when it is not plain."""
    is_tile = read[: len(TILE)] == TILE[: len(read)]
    if not is_tile and read[: len(POSITION)] != POSITION[: len(read)]:
        return None, -1
    end = read.find(b"\r\n\r\n", 0, MOST_HEAD)
    if end < 0:
        return None, 0 if len(read) < MOST_HEAD else -1
    found = _plain_request(read[:end])
    if found is None:
        return None, -1
    environ, length = found
    if is_tile:
        return (environ, end + 4) if length is None else (None, -1)
    scheme, _, secret = environ.get("HTTP_AUTHORIZATION", "").partition(" ")
    if scheme.lower() != "bearer" or "HTTP_COOKIE" in environ or length is None or length > position_door.MOST_BYTES:
        return None, -1
    body = read[end + 4 : end + 4 + length]
    if body[:1] not in (b"{", b""):
        return None, -1  # a list
    return ((secret.strip(), body, environ.get("HTTP_X_FORWARDED_FOR", "")), end + 4 + length) if len(body) == length else (None, 0)


def _portions(answers: Iterator[bytes]) -> Iterator[bytes]:
    """Finished messages put together, not many at a time."""
    held: list[bytes] = []
    for answer in answers:
        held.append(answer)
        if len(held) >= MOST_HELD or sum(map(len, held)) >= MOST_HELD_BYTES:
            yield b"".join(held)
            held.clear()
    if held:
        yield b"".join(held)


def _answers(tiles: TileDoor, positions: PositionDoor, requests: Sequence[Tile | Single], address: str) -> Iterator[bytes]:
    """Finished messages in the order of the requests; positions that follow one another are stored together."""
    trusted = positions.trusted_proxies
    for kind, some in groupby(requests, type):
        if kind is dict:
            for one in some:
                if isinstance(one, dict):
                    peer = _peer(address, one.get("HTTP_X_FORWARDED_FOR", ""), trusted)
                    yield tiles.reply({**one, "REMOTE_ADDR": peer})
        else:
            singles = (one for one in some if isinstance(one, tuple))
            yield from positions.reply([(secret, body, _peer(address, said, trusted)) for secret, body, said in singles])


def _peer(address: str, forwarded: str, trusted: int) -> str:
    """Where a request is from: what the outermost of our `trusted` proxies says, as werkzeug's ProxyFix has it."""
    said = [one.strip() for one in forwarded.split(",")] if trusted and forwarded else []
    return said[-trusted] if len(said) >= trusted > 0 else address


def _plain_request(head: bytes) -> tuple[dict[str, str], int | None] | None:
    """What the doors need of a request, and the length of its body; None when the request is not a plain one."""
    first, *lines = head.split(b"\r\n")
    parts = first.split(b" ")
    if len(parts) != 3 or parts[2] != b"HTTP/1.1" or b"%" in parts[1] or b"?" in parts[1]:
        return None
    environ = {"REQUEST_METHOD": "GET", "PATH_INFO": parts[1].decode("latin-1")}
    length, hosts = None, 0
    for line in lines:
        name, colon, value = line.partition(b":")
        if not colon or NAME.fullmatch(name) is None or FORBIDDEN.search(line) is not None:
            return None
        name = name.lower()
        if name in READ:
            if READ[name] in environ:
                return None  # said twice: which of them holds is for gunicorn to say
            environ[READ[name]] = value.strip().decode("latin-1")
        elif name == HOST:
            hosts += 1
        elif name == LENGTH:
            if length is not None or not value.strip().isdigit():
                return None
            length = int(value)
        elif name in STRANGE or (name == b"connection" and b"close" in value.lower()):
            return None
    return (environ, length) if hosts == 1 else None

"""Thousands of Socket.IO clients in one process: plain sockets and epoll, no library, so that the server is what is measured.

Run as a program: `python -m bench.clients ADDRESS EVENT < tokens`. It connects one client for each line (an empty line: no
token), opens an area when `OPEN` is set, says `ready`, and then prints on request (a line on standard input) how many messages
of EVENT have come and when, as JSON.
"""

from __future__ import annotations

import base64
import json
import os
import select
import socket
import struct
import sys
import time
from urllib.parse import urlsplit

AT_ONCE = 200


class Client:
    """One connection. Counts the messages of one event; frames are scanned, not decoded."""

    __slots__ = ("arrived", "buffer", "opened", "ready", "sock", "token", "upgraded")

    def __init__(self, host: str, port: int, token: str) -> None:
        self.token = token
        self.sock = socket.create_connection((host, port))
        self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        key = base64.b64encode(os.urandom(16)).decode()
        self.sock.sendall(
            f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {host}:{port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
        )
        self.sock.setblocking(False)
        self.buffer = b""
        self.upgraded = self.ready = self.opened = False
        self.arrived: list[float] = []

    def say(self, text: str) -> None:
        """A text message, masked as clients must."""
        body, mask = text.encode(), b"\0\0\0\0"  # a mask of zeros leaves the text as it is
        head = bytes((0x81, 0x80 | len(body))) if len(body) < 126 else bytes((0x81, 0xFE)) + struct.pack("!H", len(body))
        self.sock.setblocking(True)
        self.sock.sendall(head + mask + body)
        self.sock.setblocking(False)

    def read(self, event: bytes, area: str) -> int:
        """Take what has come; returns the bytes."""
        try:
            data = self.sock.recv(1 << 20)
        except BlockingIOError:
            return 0
        if not data:
            raise ConnectionError("the server hung up")
        self.buffer += data
        if not self.upgraded:
            head, found, rest = self.buffer.partition(b"\r\n\r\n")
            if not found:
                return len(data)
            if b"101" not in head[:20]:
                raise ConnectionError(head[:200])
            self.upgraded, self.buffer = True, rest
        while (message := self._message()) is not None:
            self._take(message, event, area)
        return len(data)

    def _message(self) -> bytes | None:
        buffer = self.buffer
        if len(buffer) < 2:
            return None
        size, at = buffer[1], 2
        if size == 126:
            if len(buffer) < 4:
                return None
            size, at = struct.unpack_from("!H", buffer, 2)[0], 4
        elif size == 127:
            if len(buffer) < 10:
                return None
            size, at = struct.unpack_from("!Q", buffer, 2)[0], 10
        if len(buffer) < at + size:
            return None
        self.buffer = buffer[at + size :]
        return buffer[at : at + size]

    def _take(self, message: bytes, event: bytes, area: str) -> None:
        if message[:1] == b"0":
            self.say("40" + (json.dumps({"token": self.token}) if self.token else ""))
        elif message[:2] == b"40":
            self.ready = True
            if area:
                self.say(f'420["open",{{"area":"{area}"}}]')
        elif message[:2] == b"44":
            raise ConnectionError(message[:300])
        elif message[:1] == b"2":
            self.say("3")
        elif event in message[:40]:
            self.arrived.append(time.time())


def main() -> None:
    """See the module."""
    parts, event, area = urlsplit(sys.argv[1]), f'["{sys.argv[2]}"'.encode(), os.environ.get("OPEN", "")
    tokens = []
    for line in sys.stdin:
        if line == ".\n":
            break
        tokens.append(line.strip())
    poll = select.epoll()
    clients: dict[int, Client] = {}
    started = ready = received = 0
    poll.register(sys.stdin.fileno(), select.EPOLLIN)
    while True:
        while started < len(tokens) and started - ready < AT_ONCE:
            client = Client(parts.hostname or "", parts.port or 80, tokens[started])
            clients[client.sock.fileno()] = client
            poll.register(client.sock.fileno(), select.EPOLLIN)
            started += 1
        for number, _ in poll.poll(0.05):
            if number == sys.stdin.fileno():
                if not sys.stdin.readline():
                    return
                print(json.dumps({"bytes": received, "arrived": [c.arrived for c in clients.values()]}), flush=True)
                received = 0
                for one in clients.values():
                    one.arrived = []
                continue
            client = clients[number]
            before = client.ready
            received += client.read(event, area)
            if client.ready and not before:
                ready += 1
                if ready == len(tokens):
                    print("ready", flush=True)


if __name__ == "__main__":
    main()

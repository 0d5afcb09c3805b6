"""A unit's phone as a small asyncio client: it keeps a journal, queues answers while it is offline, and repeats what was not confirmed.

Frames are written by hand: two thousand phones in one process must leave the processor to the server.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import random
import ssl
import struct
import threading
from collections import Counter, deque
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

WAY = ("acknowledged", "en_route", "arrived", "done")
PATIENCE_S = 12.0
CONNECT_PATIENCE_S = 60.0
FIRST_WAIT_S = 0.4
LONGEST_WAIT_S = 8.0
"""The three as in the field page: each failed try doubles the wait."""


@dataclass
class Journal:
    """What one phone has seen and was told. The auditor compares it with the database."""

    unit_id: str
    seen: dict[str, str] = field(default_factory=dict)
    """Delivery → order, in the order of arrival."""
    confirmed: dict[str, tuple[str, str]] = field(default_factory=dict)
    """Key → (delivery, state) of answers that the server has confirmed."""
    refused: dict[str, str] = field(default_factory=dict)
    """Key → code of answers that the server has refused for good."""
    foreign: list[str] = field(default_factory=list)
    """What named another unit."""
    errors: list[str] = field(default_factory=list)
    """What went wrong on the way, for who looks into a failure."""
    ends: Counter[str] = field(default_factory=Counter)
    """Why its connections ended, and how far they had come."""
    online: bool = False


class Phone:
    """One device of a unit. Two of them may share a journal's unit: the same person on two phones."""

    def __init__(
        self,
        port: int,
        token: str,
        unit_id: str,
        chance: random.Random,
        zeal: float,
        skew: timedelta | None = None,
        host: str = "127.0.0.1",
        tls: ssl.SSLContext | None = None,
    ) -> None:
        """`zeal`: how likely the person goes on to the next step. The clock of every fifth phone is off by minutes."""
        self.journal = Journal(unit_id)
        self._host, self._tls = host, tls
        self._port, self._token, self._chance, self._zeal = port, token, chance, zeal
        self._skew = skew if skew is not None else timedelta(minutes=chance.choice((0, 0, 0, 0, chance.uniform(-9, 9))))
        self._outbox: deque[dict[str, Any]] = deque()
        self._caught_up = False
        self._tapped = asyncio.Event()
        self._waiting: dict[int, asyncio.Future[Any]] = {}
        self._number = 0
        self._writer: asyncio.StreamWriter | None = None
        self._lock = asyncio.Lock()
        self.asleep = threading.Event()
        """Set: the phone is without a network on purpose."""
        self.silent = threading.Event()
        """Set: what is tapped is not sent."""

    # --- the wire -------------------------------------------------------------------------------------

    async def live(self, stop: asyncio.Event) -> None:
        """Connect, work, and connect again, until told to stop."""
        tries = 0
        while not stop.is_set():
            if self.asleep.is_set():
                await asyncio.sleep(0.2)
                continue
            try:
                await self._session(stop)
            except (TimeoutError, OSError, asyncio.IncompleteReadError, ConnectionError, ValueError) as error:
                self.journal.ends[f"{type(error).__name__} {'online' if self.journal.online else 'on the way in'}"] += 1
            except Exception as error:
                self.journal.errors.append(repr(error))
                raise
            finally:
                tries = 0 if self.journal.online else tries + 1
                self._hang_up()
            await asyncio.sleep(min(FIRST_WAIT_S * 2**tries, LONGEST_WAIT_S) * self._chance.uniform(0.5, 1.5))

    def _hang_up(self) -> None:
        self.journal.online = self._caught_up = False
        if self._writer is not None:
            self._writer.close()
            self._writer = None
        for future in self._waiting.values():
            future.cancel()
        self._waiting.clear()

    async def _session(self, stop: asyncio.Event) -> None:
        async with asyncio.timeout(CONNECT_PATIENCE_S):
            reader, writer = await asyncio.open_connection(self._host, self._port, ssl=self._tls)
            self._writer = writer
            key = base64.b64encode(os.urandom(16)).decode()
            writer.write(
                f"GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: {self._host}:{self._port}\r\nUpgrade: websocket\r\n"
                f"Connection: Upgrade\r\nSec-WebSocket-Key: {key}\r\nSec-WebSocket-Version: 13\r\n\r\n".encode()
            )
            if b" 101 " not in await reader.readuntil(b"\r\n\r\n"):
                raise ConnectionError
            while not (message := await self._frame(reader)).startswith(b"40"):
                if message.startswith(b"0"):
                    self._write("40" + json.dumps({"token": self._token}))
                if message.startswith(b"44"):
                    raise ConnectionError(message[:200])
        self.journal.online = True
        tasks = [asyncio.create_task(one) for one in (self._catch_up(), self._send_out())]
        try:
            while not stop.is_set() and not self.asleep.is_set():
                async with asyncio.timeout(25):
                    message = await self._frame(reader)
                await self._take(message)
        finally:
            writer.close()
            for task in tasks:
                task.cancel()
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(ended, Exception) and not isinstance(ended, ConnectionError):
                    self.journal.errors.append(repr(ended))

    async def _frame(self, reader: asyncio.StreamReader) -> bytes:
        head = await reader.readexactly(2)
        size = head[1] & 0x7F
        if size == 126:
            size = struct.unpack("!H", await reader.readexactly(2))[0]
        elif size == 127:
            size = struct.unpack("!Q", await reader.readexactly(8))[0]
        body = await reader.readexactly(size)
        if head[0] & 0x0F == 8:
            raise ConnectionError
        return body

    def _write(self, text: str) -> None:
        if self._writer is None or self._writer.is_closing():
            raise ConnectionError
        body = text.encode()
        head = bytes((0x81, 0x80 | len(body))) if len(body) < 126 else bytes((0x81, 0xFE)) + struct.pack("!H", len(body))
        self._writer.write(head + b"\0\0\0\0" + body)

    async def _ask(self, event: str, message: Any) -> Any:
        self._number += 1
        number = self._number
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._waiting[number] = future
        self._write(f"42{number}{json.dumps([event, message])}")
        try:
            async with asyncio.timeout(PATIENCE_S):
                return await future
        finally:
            self._waiting.pop(number, None)

    async def _take(self, message: bytes) -> None:
        if message == b"2":
            self._write("3")
        elif message.startswith(b"43"):
            digits = 2
            while message[digits : digits + 1].isdigit():
                digits += 1
            future = self._waiting.get(int(message[2:digits]))
            if future is not None and not future.done():
                future.set_result(json.loads(message[digits:])[0])
        elif message.startswith(b'42["delivery"'):
            told = json.loads(message[2:])[1]
            if told.get("order") is not None:
                await self._got([{"id": told["id"], "order_id": told["order_id"], "state": "queued"}])

    # --- the person -----------------------------------------------------------------------------------

    async def _catch_up(self) -> None:
        while True:
            try:
                answer = await self._ask("work", {})
            except TimeoutError:
                continue
            if "deliveries" in answer:
                break
            self.journal.errors.append(str(answer)[:200])
            await asyncio.sleep(0.5)
        for row in answer["deliveries"]:
            if row["unit_id"] != self.journal.unit_id:
                self.journal.foreign.append(row["id"])
        await self._got(answer["deliveries"])
        self._caught_up = True

    async def _got(self, rows: list[dict[str, Any]]) -> None:
        fresh = [row for row in rows if row["id"] not in self.journal.seen]
        for row in fresh:
            self.journal.seen[row["id"]] = row["order_id"]
            self._plan(row["id"])
        held = [row["id"] for row in rows if row["state"] == "queued"]
        if held:
            self._number += 1
            self._write(f"42{json.dumps(['received', {'deliveries': held[:200]}])}")

    def _plan(self, delivery: str) -> None:
        """The person taps the steps, one after the other, whether there is a network or not."""
        for state in WAY:
            if self._chance.random() > self._zeal:
                return
            tapped = datetime.now(UTC) + self._skew
            self._outbox.append(
                {"delivery": delivery, "state": state, "at": tapped.isoformat(), "key": f"{delivery}:{state}:{os.urandom(3).hex()}"}
            )
            self._tapped.set()

    async def _send_out(self) -> None:
        while True:
            if self.silent.is_set():
                await asyncio.sleep(0.2)
                continue
            if not self._outbox:
                self._tapped.clear()
                await self._tapped.wait()  # ten thousand that look again and again would keep the processor from the server
                continue
            answer = self._outbox[0]
            try:
                said = await self._ask("answer", answer)
            except TimeoutError:
                continue
            code = said.get("error", {}).get("code")
            if code in ("unavailable", "token_revoked"):
                await asyncio.sleep(0.5)
                continue
            if code is None:
                self.journal.confirmed[answer["key"]] = (answer["delivery"], answer["state"])
                if self._chance.random() < 0.05:
                    continue  # a second tap on the same button: the same key again
            else:
                self.journal.refused[answer["key"]] = code
            if self._outbox and self._outbox[0] is answer:
                self._outbox.popleft()

    @property
    def kept(self) -> int:
        """Answers that wait to be sent."""
        return len(self._outbox)

    @property
    def idle(self) -> bool:
        """Online, and nothing left to say."""
        return self.journal.online and self._caught_up and not self._outbox

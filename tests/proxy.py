"""A network of ours between devices and the server: it can be cut, and made slow. One thread, ten thousand connections."""

from __future__ import annotations

import asyncio
import socket
import threading
from collections import deque


class Proxy:
    """A TCP proxy; everything that touches connections happens in its own event loop."""

    def __init__(self, target_port: int) -> None:
        self.delay_s = 0.0
        """How long each packet is under way; their order is kept."""
        self.is_cut = False
        self.target = target_port
        self.ends: set[asyncio.Transport] = set()
        listener = socket.create_server(("127.0.0.1", 0), backlog=4096)
        self.port = int(listener.getsockname()[1])
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._run, args=(listener,), name="proxy", daemon=True)
        self._thread.start()

    def _run(self, listener: socket.socket) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(self._loop.create_server(lambda: _Near(self, self._loop), sock=listener, backlog=4096))
        self._loop.run_forever()
        server.close()
        self._drop_all()
        self._loop.run_until_complete(asyncio.sleep(0.05))
        self._loop.close()

    def _drop_all(self) -> None:
        for end in list(self.ends):
            end.abort()

    def cut(self) -> None:
        """Break every connection and let no new one through."""
        self.is_cut = True
        self._loop.call_soon_threadsafe(self._drop_all)

    def restore(self) -> None:
        """Let connections through again."""
        self.is_cut = False

    def close(self) -> None:
        """End."""
        self.is_cut = True
        if self._thread.is_alive():
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(timeout=10)


class _End(asyncio.Protocol):
    """One end of a connection: what comes in goes out at the other, perhaps later."""

    def __init__(self, proxy: Proxy, loop: asyncio.AbstractEventLoop) -> None:
        self.proxy, self.loop = proxy, loop
        self.transport: asyncio.Transport | None = None
        self.other: _End | None = None
        self._under_way: deque[tuple[float, bytes | None]] = deque()
        """(when it will be there, bytes; None: the end). In the order of sending: nothing overtakes."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        self.proxy.ends.add(transport)

    def data_received(self, data: bytes) -> None:
        self._send(self.loop.time() + self.proxy.delay_s, data)

    def _send(self, at: float, data: bytes | None) -> None:
        self._under_way.append((at, data))
        if len(self._under_way) == 1:
            self._deliver()

    def _deliver(self) -> None:
        """What is due goes out at the other end."""
        while self._under_way:
            at, data = self._under_way[0]
            if at > self.loop.time():
                self.loop.call_at(at, self._deliver)
                return
            self._under_way.popleft()
            out = self.other.transport if self.other is not None else None
            if out is None or out.is_closing():
                continue
            if data is None:
                out.close()
            else:
                out.write(data)

    def connection_lost(self, _error: Exception | None) -> None:
        if self.transport is not None:
            self.proxy.ends.discard(self.transport)
        self._send(self.loop.time(), None)  # behind what was read before the end

    def pause_writing(self) -> None:
        """The other side sends faster than this one reads."""
        if self.other is not None and self.other.transport is not None:
            self.other.transport.pause_reading()

    def resume_writing(self) -> None:
        if self.other is not None and self.other.transport is not None and not self.other.transport.is_closing():
            self.other.transport.resume_reading()


class _Near(_End):
    """The device's end: opens the way to the server."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)
        assert self.transport is not None
        if self.proxy.is_cut:
            self.transport.abort()
            return
        self.transport.pause_reading()
        self.loop.create_task(self._open())

    async def _open(self) -> None:
        far = _End(self.proxy, self.loop)
        far.other = self
        assert self.transport is not None
        try:
            await self.loop.create_connection(lambda: far, "127.0.0.1", self.proxy.target)
        except OSError:
            self.transport.abort()
            return
        assert far.transport is not None
        if self.transport.is_closing() or self.proxy.is_cut:
            far.transport.abort()
            self.transport.abort()
            return
        self.other = far
        self.transport.resume_reading()

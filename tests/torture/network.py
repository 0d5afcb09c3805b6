"""The network of all phones: as many proxies, each a process of its own, as one process may hold connections."""

from __future__ import annotations

import multiprocessing
from multiprocessing.connection import Connection

from tests.proxy import Proxy

PHONES_EACH = 4000
"""A connection takes two file descriptors of its proxy, and 20,000 is a usual limit of a process."""


def _serve(target_port: int, orders: Connection) -> None:
    proxy = Proxy(target_port)
    orders.send(proxy.port)
    while (order := orders.recv()) is not None:
        name, value = order
        if name == "cut":
            (proxy.cut if value else proxy.restore)()
        else:
            proxy.delay_s = value
        orders.send("so it is")
    proxy.close()


class Network:
    """Cut and slowed like one `Proxy`."""

    def __init__(self, target_port: int, phones: int) -> None:
        fresh = multiprocessing.get_context("spawn")  # nothing of ours, threads and locks least of all, goes along
        self._lines: list[Connection] = []
        self._processes = []
        self._delay_s = 0.0
        for _ in range(-(-phones // PHONES_EACH)):
            ours, theirs = fresh.Pipe()
            process = fresh.Process(target=_serve, args=(target_port, theirs), daemon=True)
            process.start()
            theirs.close()
            self._lines.append(ours)
            self._processes.append(process)
        self.ports: list[int] = [line.recv() for line in self._lines]

    def _tell(self, name: str, value: float) -> None:
        for line in self._lines:
            line.send((name, value))
        for line in self._lines:
            line.recv()

    def cut(self) -> None:
        """Break every connection and let no new one through."""
        self._tell("cut", True)

    def restore(self) -> None:
        """Let connections through again."""
        self._tell("cut", False)

    @property
    def delay_s(self) -> float:
        """How long each packet is under way."""
        return self._delay_s

    @delay_s.setter
    def delay_s(self, value: float) -> None:
        self._delay_s = value
        self._tell("delay", value)

    def close(self) -> None:
        """End."""
        for line, process in zip(self._lines, self._processes, strict=True):
            line.send(None)
            process.join(timeout=15)
            line.close()

"""The network of ours does what a bad network does, and nothing else."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Iterator

import pytest

from tests.proxy import Proxy


@pytest.fixture
def echo() -> Iterator[int]:
    """The port of a server that sends back what comes."""
    listener = socket.create_server(("127.0.0.1", 0))

    def answer(one: socket.socket) -> None:
        try:
            while data := one.recv(65536):
                one.sendall(data)
        except OSError:
            pass
        one.close()

    def serve() -> None:
        while True:
            try:
                one, _ = listener.accept()
            except OSError:
                return
            threading.Thread(target=answer, args=(one,), daemon=True).start()

    threading.Thread(target=serve, daemon=True).start()
    yield int(listener.getsockname()[1])
    listener.close()


@pytest.fixture
def proxy(echo: int) -> Iterator[Proxy]:
    made = Proxy(echo)
    yield made
    made.close()


def call(proxy: Proxy) -> socket.socket:
    return socket.create_connection(("127.0.0.1", proxy.port), timeout=60)


def read(one: socket.socket, size: int) -> bytes:
    got = b""
    while len(got) < size and (data := one.recv(65536)):
        got += data
    return got


def test_bytes_come_as_they_were_sent_though_the_delay_changes_on_the_way(proxy: Proxy) -> None:
    with call(proxy) as one:
        sent = b""
        for number, delay in enumerate((0.2, 0.0, 0.1, 0.0)):
            proxy.delay_s = delay
            part = bytes([number]) * 20_000
            one.sendall(part)
            sent += part
            time.sleep(0.02)
        assert read(one, len(sent)) == sent


def test_a_packet_is_under_way_as_long_as_it_was_told(proxy: Proxy) -> None:
    proxy.delay_s = 0.15
    with call(proxy) as one:
        began = time.monotonic()
        one.sendall(b"x")
        assert one.recv(1) == b"x"
        assert time.monotonic() - began >= 0.3  # there and back


def test_a_cut_breaks_what_is_open_and_lets_nothing_through_until_it_is_restored(proxy: Proxy) -> None:
    with call(proxy) as one:
        one.sendall(b"x")
        assert one.recv(1) == b"x"
        proxy.cut()
        assert ended(one)
    with call(proxy) as two:
        assert ended(two)
    proxy.restore()
    with call(proxy) as three:
        three.sendall(b"y")
        assert three.recv(1) == b"y"


def ended(one: socket.socket) -> bool:
    try:
        return one.recv(1) == b""
    except ConnectionError:
        return True


def test_who_reads_slowly_holds_the_sender_back_and_loses_nothing(proxy: Proxy) -> None:
    size = 8_000_000
    with call(proxy) as one:
        threading.Thread(target=one.sendall, args=(b"z" * size,), daemon=True).start()
        time.sleep(0.3)
        assert len(read(one, size)) == size


def test_a_server_that_is_away_ends_the_connection() -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        proxy = Proxy(int(nobody.getsockname()[1]))
        with call(proxy) as one:
            assert ended(one)
        proxy.close()

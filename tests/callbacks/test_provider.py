"""A provider that is hostile, or ill, ends in a sentence on the sign-in page and never in a worker that waits."""

from __future__ import annotations

import gzip
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator

import pytest
import requests

from callbacks import provider
from callbacks.provider import Bounded
from tests.servers import ROOT

Answer = Callable[[socket.socket], None]


def whole(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")


def too_long(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\n\r\n" + b"x" * (provider.MOST_BYTES + 1))


def drip(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
    for _ in range(100):
        client.sendall(b"x")
        time.sleep(0.1)


def bomb(client: socket.socket) -> None:
    packed = gzip.compress(b"0" * 50_000_000)
    client.sendall(b"HTTP/1.1 200 OK\r\nContent-Encoding: gzip\r\nContent-Length: %d\r\n\r\n" % len(packed) + packed)


def elsewhere(client: socket.socket) -> None:
    client.sendall(b"HTTP/1.1 302 Found\r\nLocation: http://127.0.0.1:1/inside\r\nContent-Length: 0\r\n\r\n")


@pytest.fixture
def serve() -> Iterator[Callable[[Answer], str]]:
    held = []

    def start(answer: Answer) -> str:
        server = socket.create_server(("127.0.0.1", 0))
        held.append(server)

        def once() -> None:
            client, _ = server.accept()
            with client:
                client.recv(4096)
                try:
                    answer(client)
                except OSError:
                    return  # the other side has had enough

        threading.Thread(target=once, daemon=True).start()
        return f"http://127.0.0.1:{server.getsockname()[1]}/"

    yield start
    for server in held:
        server.close()


def asked(address: str) -> requests.Response:
    with provider._Session() as session:
        assert isinstance(session.get_adapter(address), Bounded)
        return session.request("GET", address, withhold_token=True)


def test_what_is_whole_and_small_is_read(serve: Callable[[Answer], str]) -> None:
    assert asked(serve(whole)).json() == {}


@pytest.mark.parametrize("answer", [too_long, elsewhere])
def test_what_is_too_long_or_leads_elsewhere_is_refused(serve: Callable[[Answer], str], answer: Answer) -> None:
    with pytest.raises(requests.RequestException):
        asked(serve(answer))


def test_nothing_is_unpacked(serve: Callable[[Answer], str]) -> None:
    with pytest.raises(ValueError):
        asked(serve(bomb)).json()


DRIP = """
from gevent import monkey; monkey.patch_all()
import sys, time, requests
from callbacks import provider
provider.TOTAL_S = 1.0
began = time.monotonic()
try:
    provider._Session().request("GET", sys.argv[1], withhold_token=True)
except requests.Timeout:
    print("ended", time.monotonic() - began < 3)
"""


def test_a_drip_ends_with_the_deadline(serve: Callable[[Answer], str]) -> None:
    told = subprocess.run([sys.executable, "-c", DRIP, serve(drip)], cwd=ROOT, capture_output=True, text=True, timeout=60, check=True)
    assert told.stdout.split() == ["ended", "True"]

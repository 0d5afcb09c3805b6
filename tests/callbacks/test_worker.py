"""Tiles and everything else over the same kept connections, however the bytes arrive."""

from __future__ import annotations

import http.client
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from dashboard.city import build_city
from tests.callbacks.test_tiles import vector_url
from tests.conftest import Running


@pytest.fixture(scope="module")
def tile(running: Running) -> str:
    build_city(running.settings).tiling.build()
    return vector_url(running, running.token("officer"))


@pytest.fixture
def headers(running: Running) -> dict[str, str]:
    return {"Authorization": f"Bearer {running.token('officer')}"}


@pytest.fixture
def plain(running: Running) -> Iterator[socket.socket]:
    parts = urlsplit(running.server.address)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as one:
        yield one


def status_of(plain: socket.socket) -> int:
    answer = http.client.HTTPResponse(plain)
    answer.begin()
    answer.read()
    return answer.status


def test_a_connection_may_mix_tiles_and_other_requests(running: Running, tile: str, headers: dict[str, str]) -> None:
    connection = http.client.HTTPConnection(urlsplit(running.server.address).netloc)
    seen = []
    for path in (tile, tile, "/api/v1/areas/5101", tile, "/healthz", tile):
        connection.request("GET", path, headers=headers)
        answer = connection.getresponse()
        answer.read()
        seen.append((answer.status, answer.headers.get("Content-Encoding")))
    assert seen == [(200, "gzip"), (200, "gzip"), (200, None), (200, "gzip"), (200, None), (200, "gzip")]


@pytest.mark.parametrize("cut", [3, 10, 40, -2])
def test_a_request_that_comes_in_pieces_is_answered(plain: socket.socket, tile: str, headers: dict[str, str], cut: int) -> None:
    message = f"GET {tile} HTTP/1.1\r\nHost: x\r\nAuthorization: {headers['Authorization']}\r\n\r\n".encode()
    plain.sendall(message[:cut])
    time.sleep(0.1)
    plain.sendall(message[cut:])
    assert status_of(plain) == 200


def test_requests_that_come_together_are_all_answered(plain: socket.socket, tile: str, headers: dict[str, str]) -> None:
    one = f"GET {tile} HTTP/1.1\r\nHost: x\r\nAuthorization: {headers['Authorization']}\r\n\r\n".encode()
    plain.sendall(one + one)
    with plain.makefile("rb") as answers:
        assert answers.readline().startswith(b"HTTP/1.1 200")


@pytest.mark.parametrize(
    ("extra", "status"),
    [("Connection: close", 200), ("Content-Length: 0", 200), (f"X: {'y' * 9000}", 431), ("Authorization: Bearer guess", 401)],
)
def test_what_is_out_of_the_ordinary_is_left_to_gunicorn(
    plain: socket.socket, tile: str, headers: dict[str, str], extra: str, status: int
) -> None:
    said = extra if extra.startswith("Authorization") else f"Authorization: {headers['Authorization']}\r\n{extra}"
    plain.sendall(f"GET {tile} HTTP/1.1\r\nHost: x\r\n{said}\r\n\r\n".encode())
    assert status_of(plain) == status


def test_a_connection_that_says_nothing_or_noise_harms_nobody(
    running: Running, plain: socket.socket, tile: str, headers: dict[str, str]
) -> None:
    plain.sendall(b"\x16\x03\x01\x02\x00noise\r\n\r\n")
    with socket.create_connection(plain.getpeername()[:2]):
        connection = http.client.HTTPConnection(urlsplit(running.server.address).netloc)
        connection.request("GET", tile, headers=headers)
        assert connection.getresponse().status == 200

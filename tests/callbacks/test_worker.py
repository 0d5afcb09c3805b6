"""Tiles and everything else over the same kept connections, however the bytes arrive."""

from __future__ import annotations

import contextlib
import http.client
import socket
import time
from collections.abc import Iterator
from urllib.parse import urlsplit

import gevent.socket
import pytest

from callbacks import worker
from callbacks.worker import _peer, _plain_request, _Replayed
from dashboard.city import build_city
from tests.callbacks.test_tiles import vector_url
from tests.conftest import Running
from tests.fuzz.report import resident_mb


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


@pytest.mark.parametrize(
    "head",
    [
        "Host: x\r\nContent-Length : 5",
        "Host: x\r\nTransfer-Encoding : chunked",
        "Host: x\r\nX: a\r\n folded",
        "Host: x\r\nX: a\nY: b",
        "Host: x\r\nX: a\0b",
        "X: no host",
        "Host: x\r\nHost: y",
        "Host: x\r\nAuthorization: Bearer a\r\nAuthorization: Bearer b",
    ],
)
def test_only_what_is_plain_is_taken_for_plain(head: str) -> None:
    assert _plain_request(f"GET /tiles/areas/x HTTP/1.1\r\n{head}".encode()) is None
    assert _plain_request(b"GET /tiles/areas/x HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer a") is not None


@pytest.mark.parametrize(
    ("forwarded", "trusted", "peer"),
    [("", 0, "10.0.0.9"), ("1.1.1.1", 0, "10.0.0.9"), ("1.1.1.1", 1, "1.1.1.1"), ("9.9.9.9, 1.1.1.1", 1, "1.1.1.1"), ("", 1, "10.0.0.9")],
)
def test_proxies_that_are_trusted_say_where_a_request_is_from(forwarded: str, trusted: int, peer: str) -> None:
    assert _peer("10.0.0.9", forwarded, trusted) == peer


def test_a_body_that_comes_too_slowly_ends_its_connection(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(worker, "BODY_S", 0.3)
    ours, theirs = gevent.socket.socketpair()
    replayed = _Replayed(ours, b"read before")
    replayed.hurry(True)
    assert replayed.recv(100) == b"read before"
    theirs.sendall(b"x" * 300)
    assert len(replayed.recv(1000)) == 300, "and three tenths of a second more"
    gevent.spawn_later(0.4, theirs.sendall, b"y")
    assert replayed.recv(10) == b"y"
    with pytest.raises(ConnectionResetError):
        replayed.recv(10)
    replayed.hurry(False)
    gevent.spawn_later(0.5, theirs.sendall, b"z")
    assert replayed.recv(10) == b"z", "a websocket may be silent"


def test_a_thousand_tiles_that_nobody_reads_are_not_made(running: Running, tile: str, headers: dict[str, str]) -> None:
    one = f"GET {tile} HTTP/1.1\r\nHost: x\r\nAuthorization: {headers['Authorization']}\r\n\r\n".encode()
    parts = urlsplit(running.server.address)
    before = resident_mb(running.server)
    held = []
    for _ in range(4):
        plain = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60)
        plain.setblocking(False)
        with contextlib.suppress(BlockingIOError):
            for _ in range(256 * 1024 // len(one)):
                plain.send(one)
        held.append(plain)
    time.sleep(1)
    assert resident_mb(running.server) - before < 30
    for plain in held:
        plain.close()

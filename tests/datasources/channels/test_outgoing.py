"""What the other side does with a request of ours: it costs the agreed time and bytes, and never more."""

from __future__ import annotations

import gzip
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from datasources.channels.outgoing import MOST_READ, MOST_SAID, NotReached, post
from tests.datasources.channels import hostile

HEAD = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n"


def said(answer: bytes) -> Callable[[socket.socket, threading.Event], None]:
    return lambda one, _over: one.sendall(answer)


def drip(before: bytes) -> Callable[[socket.socket, threading.Event], None]:
    """A byte now and then, for ever."""

    def send(one: socket.socket, over: threading.Event) -> None:
        one.sendall(before)
        while not over.wait(0.05):
            one.sendall(b"x")

    return send


@pytest.mark.parametrize("before", [b"", b"HTTP/1.1 ", HEAD + b"X-Header: ", HEAD + b"Content-Length: 1000000\r\n\r\n"])
def test_a_drip_ends_with_the_deadline(before: bytes) -> None:
    with hostile.server(drip(before)) as address:
        began = time.monotonic()
        with pytest.raises(NotReached) as caught:
            post(address, b"{}", {}, 0.5)
        assert caught.value.silent
        assert time.monotonic() - began < 5, "not as long as it likes"


@pytest.fixture
def tls(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> ssl.SSLContext:
    """A certificate for localhost that is believed here."""
    make = (
        "openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=x -addext subjectAltName=DNS:localhost"
    )
    files = tmp_path / "certificate.pem", tmp_path / "key.pem"
    subprocess.run([*make.split(), "-keyout", files[1], "-out", files[0]], check=True, capture_output=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(files[0]))
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(*files)
    return context


def test_a_drip_under_tls_ends_too(tls: ssl.SSLContext) -> None:
    with hostile.server(drip(HEAD + b"Content-Length: 1000000\r\n\r\n"), tls) as address:
        began = time.monotonic()
        with pytest.raises(NotReached):
            post(address, b"{}", {}, 0.5)
        assert time.monotonic() - began < 5
    with hostile.server(said(HEAD + b"Content-Length: 2\r\n\r\nOK"), tls) as address:
        assert post(address, b"{}", {}, 5).said == "OK"


def test_a_handshake_that_never_ends_does(tls: ssl.SSLContext) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        began = time.monotonic()
        with pytest.raises(NotReached):
            post(f"https://localhost:{listener.getsockname()[1]}", b"{}", {}, 0.5)
        assert time.monotonic() - began < 5


def test_endless_interim_answers_end_with_the_deadline() -> None:
    def interim(one: socket.socket, over: threading.Event) -> None:
        while not over.wait(0.01):
            one.sendall(b"HTTP/1.1 100 Continue\r\n\r\n")

    with hostile.server(interim) as address, pytest.raises(NotReached):
        post(address, b"{}", {}, 0.5)


def test_a_packed_answer_is_not_unpacked_and_only_its_beginning_read() -> None:
    bomb = gzip.compress(b"0" * 20_000_000)
    head = HEAD + f"Content-Encoding: gzip\r\nContent-Length: {len(bomb)}\r\n\r\n".encode()
    with hostile.server(said(head + bomb)) as address:
        answer = post(address, b"{}", {}, 5)
    assert answer.status == 200
    assert len(answer.body) <= MOST_READ
    assert len(answer.said) <= MOST_SAID


@pytest.mark.parametrize("body", [b"a\0b\nc\x1b[2J", b"\\ud800 \xed\xa0\x80", "字\u202e字".encode(), b"\xff" * 4000])
@pytest.mark.parametrize("kind", [b"text/plain", b"text/plain; charset=unicode_escape", b"text/plain; charset=utf-7"])
def test_what_is_said_can_be_stored_and_shown(body: bytes, kind: bytes) -> None:
    head = b"HTTP/1.1 400 Bad\r\nContent-Type: " + kind + f"\r\nContent-Length: {len(body)}\r\n\r\n".encode()
    with hostile.server(said(head + body)) as address:
        answer = post(address, b"{}", {}, 5)
    assert answer.status == 400
    assert answer.said.isprintable()
    assert len(answer.said.encode()) <= 4 * MOST_SAID


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"no HTTP at all\r\n\r\n",
        b"HTTP/1.1 abc\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n" + b"a: b\r\n" * 200 + b"\r\n",
        b"HTTP/1.1 200 OK\r\nX: " + b"y" * 100_000,
    ],
    ids=["nothing", "words", "no status", "too many headers", "a long header"],
)
def test_what_is_no_answer_is_none(answer: bytes) -> None:
    with hostile.server(said(answer)) as address, pytest.raises(NotReached):
        post(address, b"{}", {}, 2)


def test_a_redirect_is_an_answer() -> None:
    with hostile.server(said(b"HTTP/1.1 307 Go\r\nLocation: http://127.0.0.1:1/\r\nContent-Length: 0\r\n\r\n")) as address:
        assert post(address, b"{}", {}, 5).status == 307


@pytest.mark.parametrize(
    "host", ["127.0.0.1", "127.1", "0177.0.0.1", "0x7f.0.0.1", "2130706433", "localhost", "[::1]", "10.1", "169.254.43518"]
)
def test_nothing_inside_is_connected_to_whatever_it_is_called(host: str) -> None:
    asked: list[int] = []
    with hostile.server(lambda one, over: asked.append(1)) as address:
        port = address.rpartition(":")[2]
        with pytest.raises(NotReached):
            post(f"http://{host}:{port}/", b"{}", {}, 1, public_only=True)
    assert asked == []


def test_nobody_there_and_no_such_name() -> None:
    for address in ("http://127.0.0.1:1/", "http://nobody.invalid/", "http://" + "a" * 80 + ".example/"):
        with pytest.raises(NotReached):
            post(address, b"{}", {}, 3)

"""Frames on one socket: whole, in order, and a reader that is slow delays nobody."""

from __future__ import annotations

import random
import struct
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import gevent
import pytest
from gevent import socket as sockets

from callbacks.wire import _WholeSocket, framed


def apart(work: Callable[[], Any]) -> Any:
    """Run in a thread of its own: gevent's hub must not meet the one of the browser tests."""
    with ThreadPoolExecutor(1) as thread:
        return thread.submit(work).result(timeout=60)


def pair() -> tuple[_WholeSocket, Any]:
    listener = sockets.socket()
    listener.bind(("127.0.0.1", 0))
    listener.listen(1)
    far = sockets.create_connection(listener.getsockname())
    near, _ = listener.accept()
    listener.close()
    return _WholeSocket(near), far


def read_frames(data: bytes) -> list[bytes]:
    found, at = [], 0
    while at < len(data):
        size, at = data[at + 1], at + 2
        if size == 126:
            (size,), at = struct.unpack_from("!H", data, at), at + 2
        elif size == 127:
            (size,), at = struct.unpack_from("!Q", data, at), at + 8
        found.append(data[at : at + size])
        at += size
    return found


@pytest.mark.parametrize("size", [0, 125, 126, 65535, 65536, 3_000_000])
def test_a_frame_says_its_size(size: int) -> None:
    assert read_frames(framed(b"x" * size)) == [b"x" * size]
    assert framed("字")[:2] == bytes((0x81, 3))


@pytest.mark.parametrize("seed", range(4))
def test_frames_stay_whole_and_in_order_whoever_writes(seed: int) -> None:
    def work() -> tuple[list[int], list[int]]:
        near, far = pair()
        chance = random.Random(seed)
        sent: list[int] = []
        queue: list[int] = []

        def frame(number: int) -> bytes:
            return framed(struct.pack("!I", number) + b"." * chance.choice((0, 200, 40_000, 900_000)))

        def writer() -> None:
            while queue:
                near.send(frame(queue[0]))
                queue.pop(0)

        def read() -> bytes:
            got = b""
            while chunk := far.recv(65536):
                got += chunk
                gevent.sleep(chance.choice((0, 0, 0, 0.002)))
            return got

        reader = gevent.spawn(read)
        writing = None
        for number in range(120):
            sent.append(number)
            if queue or not near.send_now(frame(number)):
                queue.append(number)
                if writing is None or writing.dead:
                    writing = gevent.spawn(writer)
            gevent.sleep(chance.choice((0, 0, 0.001)))
        while queue or near.busy:
            gevent.sleep(0.005)
        near.close()
        return sent, [struct.unpack("!I", one[:4])[0] for one in read_frames(reader.get(timeout=60))]

    sent, got = apart(work)
    assert got == sent


def test_a_reader_that_stands_still_stops_nobody() -> None:
    def work() -> tuple[bool, bool, float]:
        near, _far = pair()
        loop = gevent.get_hub().loop
        began = loop.now()
        first = near.send_now(framed(b"." * 5_000_000))
        second = near.send_now(framed(b"."))
        loop.update_now()
        return first, second, loop.now() - began

    first, second, took = apart(work)
    assert first
    assert not second
    assert took < 1


def test_a_connection_that_is_gone_takes_nothing() -> None:
    def work() -> bool:
        near, far = pair()
        far.close()
        return any([near.send_now(framed(b"." * 100_000)) or gevent.sleep(0.01) for _ in range(30)][-5:])

    assert apart(work) is False

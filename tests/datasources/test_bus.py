"""The bus wakes readers in this process, and through Redis in others; a cut does not stop the writer."""

from __future__ import annotations

import threading
import time
from pathlib import Path

import pytest
import redis

from datasources.bus import LocalBus, Names, RedisBus
from tests.servers import free_port, redis_server


def test_the_local_bus_wakes_its_listeners() -> None:
    heard = threading.Event()
    bus = LocalBus()
    bus.listen(heard.set)
    bus.wake()
    assert heard.is_set()


@pytest.mark.redis
def test_redis_wakes_another_process(redis_address: str) -> None:
    heard = threading.Event()
    reader, writer = RedisBus(redis_address, Names("city-1")), RedisBus(redis_address, Names("city-1"))
    reader.listen(heard.set)
    for _ in range(50):
        writer.wake()
        if heard.wait(0.1):
            break
    assert heard.is_set()
    reader.close()
    writer.close()


@pytest.mark.redis
def test_two_cities_on_one_redis_do_not_hear_each_other(redis_address: str) -> None:
    heard, foreign = threading.Event(), threading.Event()
    here, there, writer = (RedisBus(redis_address, Names(name)) for name in ("city-2", "city-3", "city-2"))
    here.listen(heard.set)
    there.listen(foreign.set)
    for _ in range(50):
        writer.wake()
        if heard.wait(0.1):
            break
    assert heard.is_set()
    assert not foreign.wait(0.3)
    for bus in (here, there, writer):
        bus.close()


@pytest.mark.redis
def test_a_writer_that_listens_does_not_wait_for_a_dead_redis_twice_and_goes_on_when_it_is_back(tmp_path: Path) -> None:
    port = free_port()
    with redis_server(tmp_path, port) as address:
        bus, other = RedisBus(address, Names("city")), RedisBus(address, Names("city"))
        bus.listen(lambda: None)
        heard = threading.Event()
        other.listen(heard.set)
    bus.wake()
    began = time.monotonic()
    for _ in range(100):
        bus.wake()
    assert time.monotonic() - began < 1
    with redis_server(tmp_path, port):
        for _ in range(100):
            bus.wake()
            if heard.wait(0.1):
                break
        assert heard.is_set()
    bus.close()
    other.close()


@pytest.mark.redis
def test_a_dead_redis_does_not_stop_the_writer(tmp_path: Path) -> None:
    with redis_server(tmp_path) as address:
        bus = RedisBus(address, Names())
    heard = threading.Event()
    bus._local.listen(heard.set)
    bus.wake()
    assert heard.is_set()
    bus.close()


def test_a_wrong_address_is_an_error_at_the_start() -> None:
    with pytest.raises(redis.RedisError):
        RedisBus("redis://127.0.0.1:1/0", Names())

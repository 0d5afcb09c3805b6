"""The bus wakes readers in this process, and through Redis in others; a cut does not stop the writer."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest
import redis

from datasources.bus import LocalBus, RedisBus
from tests.servers import redis_server


def test_the_local_bus_wakes_its_listeners() -> None:
    heard = threading.Event()
    bus = LocalBus()
    bus.listen(heard.set)
    bus.wake()
    assert heard.is_set()


@pytest.mark.redis
def test_redis_wakes_another_process(redis_address: str) -> None:
    heard = threading.Event()
    reader, writer = RedisBus(redis_address), RedisBus(redis_address)
    reader.listen(heard.set)
    for _ in range(50):
        writer.wake()
        if heard.wait(0.1):
            break
    assert heard.is_set()
    reader.close()
    writer.close()


@pytest.mark.redis
def test_a_dead_redis_does_not_stop_the_writer(tmp_path: Path) -> None:
    with redis_server(tmp_path) as address:
        bus = RedisBus(address)
    heard = threading.Event()
    bus._local.listen(heard.set)
    bus.wake()
    assert heard.is_set()
    bus.close()


def test_a_wrong_address_is_an_error_at_the_start() -> None:
    with pytest.raises(redis.RedisError):
        RedisBus("redis://127.0.0.1:1/0")

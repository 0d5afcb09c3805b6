"""Links that several workers share: one at a time changes them, and those of a dead worker are dropped."""

from __future__ import annotations

import threading
from pathlib import Path

import pytest

from datasources.bus import Names
from datasources.link_store import RedisLinks
from tests.servers import redis_server

pytestmark = pytest.mark.redis


def link(*workers: str) -> dict[str, object]:
    return {"workers": list(workers)}


def test_what_one_worker_changes_the_other_finds(redis_address: str) -> None:
    first, second = (RedisLinks(redis_address, Names("links-1")) for _ in range(2))
    with first.changing() as links:
        links["a"] = link(first.worker)
    with second.changing() as links:
        assert links == {"a": link(first.worker)}
        links["a"] = link(first.worker, second.worker)
        links["b"] = link(second.worker)
    with first.changing() as links:
        assert sorted(links) == ["a", "b"]
        del links["a"]
    with second.changing() as links:
        assert links == {"b": link(second.worker)}
    first.close()
    second.close()


def test_a_link_of_a_worker_that_has_died_is_dropped(redis_address: str) -> None:
    names = Names("links-2")
    dead, alive = RedisLinks(redis_address, names), RedisLinks(redis_address, Names("links-2"))
    with dead.changing() as links:
        links["a"] = link(dead.worker, alive.worker)
    dead.close()
    alive._redis.delete(dead._alive(dead.worker))  # what Redis does by itself after a quarter of a minute
    with alive.changing() as links:
        assert links == {}
    alive.close()


def test_a_refused_change_keeps_nothing(redis_address: str) -> None:
    store = RedisLinks(redis_address, Names("links-3"))

    def refused() -> None:
        with store.changing() as links:
            links["a"] = link(store.worker)
            raise LookupError

    with pytest.raises(LookupError):
        refused()
    with store.changing() as links:
        assert links == {}
    store.close()


def test_two_at_once_take_turns(redis_address: str) -> None:
    stores = [RedisLinks(redis_address, Names("links-4")) for _ in range(2)]

    def count(store: RedisLinks) -> None:
        for _ in range(20):
            with store.changing() as links:
                links["n"] = {"workers": [], "count": int(links.get("n", {"count": 0})["count"]) + 1}

    threads = [threading.Thread(target=count, args=(store,)) for store in stores]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with stores[0].changing() as links:
        assert links["n"]["count"] == 40
    for store in stores:
        store.close()


def test_redis_that_is_away_is_said(tmp_path: Path) -> None:
    with redis_server(tmp_path) as address:
        store = RedisLinks(address, Names())
    with pytest.raises(ConnectionError), store.changing():
        pass
    store.close()

"""Group commit: everybody gets their own result, and nobody before it is stored."""

from __future__ import annotations

import threading
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor

import pytest

from dashboard.gathering import Gatherer


def test_what_comes_while_one_batch_is_stored_is_stored_together() -> None:
    batches: list[list[int]] = []
    stored: set[int] = set()

    def store(items: list[int]) -> Sequence[int]:
        time.sleep(0.01)
        batches.append(items)
        stored.update(items)
        return [item * 10 for item in items]

    gatherer: Gatherer[int, int] = Gatherer(store)

    def submit(number: int) -> bool:
        result = gatherer.submit(number)
        return result == number * 10 and number in stored

    with ThreadPoolExecutor(40) as threads:
        assert all(threads.map(submit, range(400)))
    assert sorted(item for batch in batches for item in batch) == list(range(400))
    assert len(batches) < 100


def test_one_that_is_refused_does_not_harm_the_others() -> None:
    gatherer: Gatherer[int, int] = Gatherer(lambda items: [ValueError(str(i)) if i % 2 else i for i in items])

    def submit(number: int) -> int:
        try:
            return gatherer.submit(number)
        except ValueError as error:
            return -int(str(error))

    with ThreadPoolExecutor(16) as threads:
        assert list(threads.map(submit, range(50))) == [-n if n % 2 else n for n in range(50)]


def test_a_store_that_fails_tells_all_and_the_next_batch_goes_on() -> None:
    broken = threading.Event()
    broken.set()

    def store(items: list[int]) -> Sequence[int]:
        if broken.is_set():
            raise ConnectionError("no disk")
        return items

    gatherer: Gatherer[int, int] = Gatherer(store)
    with pytest.raises(ConnectionError):
        gatherer.submit(1)
    broken.clear()
    assert gatherer.submit(2) == 2

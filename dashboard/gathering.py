"""Group commit: what many callers bring at the same moment is stored in one transaction, and each waits for it.

A transaction for each caller would spend its time on commits. Here the first to come stores what all have
brought meanwhile; nobody is told "accepted" before it is on the disk.
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Generic, TypeVar

from sqlalchemy.exc import DataError, IntegrityError

T = TypeVar("T")
R = TypeVar("R")
SPOILED = (IntegrityError, DataError, ArithmeticError, ValueError)
"""What a single item can do to a transaction. A database that is away is another matter: it is away for all."""


def all_or_each(store: Callable[[Sequence[T]], Sequence[R]], items: Sequence[T]) -> list[R | Exception]:
    """Store together or, when one of them cannot be stored, one by one: nobody is to suffer for what another has sent.

    The result of each, in order, or the exception that is its result. A single item's is raised.
    """
    try:
        return list(store(items))
    except SPOILED:
        if len(items) == 1:
            raise
    results: list[R | Exception] = []
    for one in items:
        try:
            results += store([one])
        except SPOILED as error:
            results.append(error)
    return results


@dataclass
class _Batch(Generic[T, R]):
    items: list[T] = field(default_factory=list)
    done: threading.Event = field(default_factory=threading.Event)
    results: Sequence[R | Exception] = ()
    error: BaseException | None = None


class Gatherer(Generic[T, R]):
    """Hands what callers submit to `store` in batches, one batch at a time."""

    def __init__(self, store: Callable[[list[T]], Sequence[R | Exception]], most: int = 1000, pause_s: float = 0.002) -> None:
        """`store` returns one result for each item, in order; an exception among them is raised for its caller alone.

        Who leads waits `pause_s` for others. When `store` itself raises, nothing of the batch was stored, and all
        its callers get the exception.
        """
        self._store = store
        self._most = most
        self._pause_s = pause_s
        self._lock = threading.Lock()
        self._turn = threading.Lock()
        self._open: _Batch[T, R] | None = None

    def submit(self, item: T) -> R:
        """Returns when `item` is stored, with its result."""
        result = self.submit_all([item])[0]
        if isinstance(result, Exception):
            raise result
        return result

    def submit_all(self, items: Sequence[T]) -> Sequence[R | Exception]:
        """Returns when all are stored, with the result of each, or the exception that is its result."""
        if not items:
            return []
        with self._lock:
            batch = self._open
            leads = batch is None or len(batch.items) >= self._most
            if batch is None or leads:
                batch = self._open = _Batch()
            place = len(batch.items)
            batch.items += items
        if leads:
            self._lead(batch)
        else:
            batch.done.wait()
        if batch.error is not None:
            raise batch.error
        return batch.results[place : place + len(items)]

    def _lead(self, batch: _Batch[T, R]) -> None:
        with self._turn:
            time.sleep(self._pause_s)  # whoever is about to bring something may join
            with self._lock:
                if self._open is batch:
                    self._open = None
            try:
                batch.results = self._store(batch.items)
            except BaseException as error:  # noqa: BLE001 -- raised again by each caller
                batch.error = error
            finally:
                batch.done.set()

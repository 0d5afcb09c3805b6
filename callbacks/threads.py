"""Real threads beside the event loop, for what would hold it up: what they use is on the account of who is served (callbacks/shares.py)."""

from __future__ import annotations

import time
from collections.abc import Callable
from typing import Any

from gevent.threadpool import ThreadPool

from callbacks.shares import Shares
from dashboard.offload import Offload

COMMON = 10
"""Commits wait for the disk, and must not wait for a search."""
ASIDE = 2
"""Searches through a whole city at once: more would take the processor from the loop itself."""


def offload(threads: int, shares: Shares) -> Offload:
    """Runs a function in one of so many threads while the loop goes on."""
    pool = ThreadPool(threads)

    def run(function: Callable[[], Any]) -> Any:
        # An error must not end the thread's task: gevent would print it, and on a full disk fail at that and never come back.
        done, error, seconds = pool.apply(_outcome, (function,))
        shares.spend(seconds)
        if error is not None:
            raise error
        return done

    return run


def _outcome(function: Callable[[], Any]) -> tuple[Any, BaseException | None, float]:
    """What a function gives, or what it raises, and the processor time that it took."""
    began = time.thread_time()
    try:
        return function(), None, time.thread_time() - began
    except BaseException as error:  # noqa: BLE001 - carried over to whoever waits for it
        return None, error, time.thread_time() - began

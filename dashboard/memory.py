"""Memory that is free goes back to the machine.

A snapshot of the whole city or an order to everybody needs tens of megabytes for a moment. The allocator keeps what was freed
in its arenas for later, each arena its own: resident memory climbs by steps though nothing is held.
"""

from __future__ import annotations

import ctypes
import gc
from collections.abc import Iterator
from contextlib import contextmanager


def give_back() -> bool:
    """Hand the allocator's free pages back; False where the C library has no way to (musl, macOS). Takes some milliseconds."""
    trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    return trim is not None and bool(trim(0))


@contextmanager
def collector_paused() -> Iterator[None]:
    """For work that makes millions of objects and no circles: the collector would walk through all of them again and again, a fifth of the
    time of an import. Also a decorator.
    """
    was = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was:
            gc.enable()

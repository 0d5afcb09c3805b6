"""What was needed for a moment does not stay resident."""

from __future__ import annotations

import ctypes
import gc
import os

import pytest

from bench.common import resident_mb
from dashboard.memory import collector_paused, give_back


@pytest.mark.skipif(not hasattr(ctypes.CDLL(None), "malloc_trim"), reason="the C library keeps its free pages")
def test_free_pages_go_back_to_the_machine() -> None:
    rows = [bytes(4000) for _ in range(20_000)]
    pins = [bytes(4000) for _ in range(10)]  # above the rows: without the call nothing below goes back
    full = resident_mb(os.getpid())
    rows.clear()
    give_back()
    assert resident_mb(os.getpid()) < full - 50
    assert len(pins) == 10


def test_the_collector_comes_back_also_from_within_and_after_an_error() -> None:
    @collector_paused()
    def inner() -> bool:
        return gc.isenabled()

    @collector_paused()
    def failing() -> None:
        assert not inner()
        assert not gc.isenabled()
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        failing()
    assert gc.isenabled()

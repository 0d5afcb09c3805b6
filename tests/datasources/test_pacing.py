"""A pace: what was saved up is free, and then one after the other; on a clock that only sleeping moves."""

from __future__ import annotations

import pytest

from datasources import pacing
from datasources.pacing import Pace


@pytest.fixture
def slept(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """How long was slept each time."""
    slept: list[float] = []
    monkeypatch.setattr(pacing.time, "sleep", slept.append)
    monkeypatch.setattr(pacing.time, "monotonic", lambda: 100.0 + sum(slept))
    return slept


def test_the_first_are_free_and_the_others_come_at_the_rate(slept: list[float]) -> None:
    pace = Pace(10, 3)
    for _ in range(3):
        pace.wait()
    assert slept == []
    for _ in range(20):
        pace.wait()
    assert sum(slept) == pytest.approx(2.0)


def test_no_more_is_saved_up_than_may_come_at_once(slept: list[float]) -> None:
    pace = Pace(10, 3)
    slept.append(3600.0)  # an hour passes
    for _ in range(4):
        pace.wait()
    assert slept[1:] == [pytest.approx(0.1)]

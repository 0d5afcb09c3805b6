"""The demo is a story, and stays alive: every count goes up and down, nothing piles up, nothing is refused."""

from __future__ import annotations

from dashboard.city import City
from tests.conftest import TurnedClock
from tests.dashboard.simulator.story import Seen, live

HOURS = 2
"""More than one storm and the calm after it. A week: `python -m tests.dashboard.simulator`."""


def assert_alive(seen: Seen) -> None:
    """What holds for an evening holds for a week."""
    refused = {key: n for key, n in seen.refused.items() if key[1] not in ("order_ended", "not_allowed_now", "already_so")}
    assert refused == {}
    assert min(seen.open_tickets[30:]) >= 3
    assert max(seen.open_tickets) <= 150
    assert min(seen.red_tickets) == 0 < max(seen.red_tickets) <= 15, "red appears and goes"
    assert min(seen.overdue) == 0 < max(seen.overdue) <= 15, "tickets go overdue now and then"
    assert max(seen.running_orders) <= 14
    assert min(seen.unanswered[5:]) <= 10
    assert max(seen.unanswered) <= 250
    assert min(seen.warnings[5:]) >= 1
    assert max(seen.warnings) <= 12
    assert min(seen.red_warnings) == 0 < max(seen.red_warnings) <= 2
    assert max(seen.waiting) <= 30
    for state in ("done", "declined", "expired"):
        assert seen.states[state] > 0, state


def test_an_evening_of_the_demo(sqlite_city: City, clock: TurnedClock) -> None:
    seen = live(sqlite_city, clock, HOURS * 3600)
    assert_alive(seen)
    half = len(seen.open_tickets) // 2
    for counts in (seen.open_tickets, seen.running_orders, seen.unanswered):
        early, late = sum(counts[30:half]) / (half - 30), sum(counts[half:]) / (len(counts) - half)
        assert late <= early * 2 + 5, "it grows"

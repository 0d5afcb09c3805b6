"""The states of a delivery and the only moves between them."""

from __future__ import annotations

import itertools

from dashboard.dispatch.states import FINAL, STATES, UNANSWERED, allowed, reached, unanswered_difference

LEGAL = {
    ("queued", "delivered"), ("queued", "acknowledged"), ("delivered", "acknowledged"), ("acknowledged", "en_route"),
    ("en_route", "arrived"), ("arrived", "done"),
    *((state, end) for state in ("queued", "delivered", "acknowledged", "en_route", "arrived") for end in ("declined", "expired", "help")),
    ("help", "done"),
}  # fmt: skip


def test_exactly_these_moves_are_legal() -> None:
    assert {(a, b) for a, b in itertools.product(STATES, STATES) if allowed(a, b)} == LEGAL


def test_nothing_leaves_a_final_state() -> None:
    assert not any(allowed(a, b) for a in FINAL for b in STATES)


def test_no_end_of_an_order_takes_a_call_for_help_back() -> None:
    assert not allowed("help", "expired")


def test_a_repeated_answer_is_told_from_a_wrong_one() -> None:
    assert reached("arrived", "acknowledged")
    assert reached("declined", "declined")
    assert not reached("delivered", "done")
    assert not reached("declined", "acknowledged")


def test_what_counts_as_unanswered() -> None:
    assert UNANSWERED == ("queued", "delivered")
    assert [unanswered_difference(*move) for move in ((None, "queued"), ("queued", "delivered"), ("delivered", "declined"))] == [1, 0, -1]

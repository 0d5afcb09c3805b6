"""A channel on which nobody answers rests, longer each time, and is tried with one call."""

from __future__ import annotations

from datetime import timedelta

from dashboard.calling.breaker import LONGEST_REST, REST, SILENCES, Breaker
from tests.conftest import START


def test_silences_in_a_row_begin_a_rest_and_one_call_ends_it() -> None:
    breaker, now = Breaker(), START
    assert [breaker.silent(now) for _ in range(SILENCES)] == [False] * (SILENCES - 1) + [True]
    assert breaker.most(now, 64) == 0
    now += REST
    assert breaker.most(now, 64) == 1
    breaker.answered()
    assert breaker.most(now, 64) == 64


def test_an_answer_in_between_begins_the_count_anew() -> None:
    breaker = Breaker()
    for _ in range(SILENCES - 1):
        breaker.silent(START)
    breaker.answered()
    assert not any(breaker.silent(START) for _ in range(SILENCES - 1))


def test_each_rest_is_twice_as_long_up_to_a_limit() -> None:
    breaker, now, rests = Breaker(), START, []
    for _ in range(SILENCES - 1):
        breaker.silent(now)
    for _ in range(8):
        assert breaker.silent(now)
        rests.append(breaker.left(now))
        now += breaker.left(now)
    assert rests[:3] == [REST, 2 * REST, 4 * REST]
    assert max(rests) == rests[-1] == LONGEST_REST


def test_a_pause_that_the_other_side_asks_for_is_no_trial() -> None:
    breaker = Breaker()
    breaker.pause(START + timedelta(seconds=40))
    assert breaker.most(START, 64) == 0
    assert breaker.most(START + timedelta(seconds=40), 64) == 64

"""Who comes in when many come at once: in order, a few at a time, the work of those who are in first, and everybody in the end."""

from __future__ import annotations

import gevent

from callbacks.doorman import AT_ONCE, Doorman


def test_all_come_in_in_the_order_in_which_they_came() -> None:
    doorman, came = Doorman(), list[int]()

    def one(number: int) -> None:
        doorman.pass_in()
        came.append(number)

    gevent.joinall([gevent.spawn(one, number) for number in range(100)], timeout=60)
    assert came == list(range(100))


def test_what_those_who_are_in_have_to_do_is_done_before_more_come_in() -> None:
    doorman, seen = Doorman(), list[int]()
    within = 0

    def one() -> None:
        nonlocal within
        doorman.pass_in()
        within += 1
        for _ in range(20):  # work in twenty pieces
            gevent.sleep(0)
        seen.append(within)
        within -= 1

    gevent.joinall([gevent.spawn(one) for _ in range(100)], timeout=60)
    assert len(seen) == 100
    assert max(seen) <= AT_ONCE


def test_a_loop_that_is_never_idle_lets_people_in_too() -> None:
    doorman, came, busy = Doorman(), list[int](), True

    def work() -> None:
        while busy:
            gevent.sleep(0)

    worker = gevent.spawn(work)

    def one(number: int) -> None:
        doorman.pass_in()
        came.append(number)

    gevent.joinall([gevent.spawn(one, number) for number in range(3 * AT_ONCE)], timeout=60)
    busy = False
    worker.join(timeout=60)
    assert len(came) == 3 * AT_ONCE

"""Processor time by who is served: who has had their share waits for the others, and nobody for them."""

from __future__ import annotations

import socket
import threading
import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any
from urllib.parse import urlsplit

import gevent
import gevent.event
import greenlet
import pytest
import requests
import socketio.exceptions

from callbacks import shares, threads
from callbacks.shares import CLIENT, DEBT_S, LATE_LEAST, LATE_MOST, PERSON, STRANGERS, UNIT, Shares
from dashboard.errors import Refused
from dashboard.identity import Principal
from tests.conftest import Running
from tests.sockets import Client

pytestmark = pytest.mark.xdist_group("shares")


class Machine:
    """A clock and a processor that only the test moves."""

    def __init__(self) -> None:
        self.now = self.used = 0.0
        self.shares = Shares(lambda: self.now, lambda: self.used)

    def work(self, seconds: float) -> None:
        """The present greenlet computes for so long."""
        self.now += seconds
        self.used += seconds

    def somebody_was_late(self) -> None:
        """So that it takes a while until the next turn."""
        self.shares._late.settled()
        self.shares._late.left = -shares.LATE_DEBT_S

    def left(self, principal: Principal) -> float:
        return self.shares._accounts[principal.actor].settled()


def person(name: str = "a", role: str = "officer") -> Principal:
    return Principal(name, "session", name, role, "5101", account_id=name)


def phone(name: str = "u") -> Principal:
    return Principal(name, "api", name, "unit", "510104017", unit_id=name)


def client(name: str = "c", role: str = "officer") -> Principal:
    return Principal(name, "api", name, role, "5101")


@pytest.fixture
def machine() -> Iterator[Machine]:
    machine = Machine()
    machine.shares.watch()
    try:
        yield machine
    finally:
        greenlet.settrace(None)


def served(machine: Machine, principal: Principal, *parts: float, patience_s: float | None = None) -> Any:
    """A greenlet that serves somebody, with a switch to others after each part."""

    def serve() -> None:
        machine.shares.enter(principal, patience_s)
        for part in parts:
            machine.work(part)
            gevent.sleep(0)
        machine.shares.leave()

    return gevent.spawn(serve)


def asked_in(machine: Machine, order: list[str], principal: Principal) -> None:
    """Asks once, and notes when it was let in."""
    machine.shares.enter(principal)
    order.append(principal.name)
    machine.shares.leave()


def used_up(machine: Machine, principal: Principal, seconds: float) -> None:
    served(machine, principal, seconds).join(5)


def test_each_pays_for_what_is_done_for_them_while_they_take_turns(machine: Machine) -> None:
    one, two = person("one"), phone("two")
    gevent.joinall([served(machine, one, 0.1, 0.2), served(machine, two, 0.05, 0.05)], timeout=5)
    # of each hundredth that passes, a small part comes back
    assert machine.left(one) == pytest.approx(PERSON.burst_s - 0.3, abs=0.01)
    assert machine.left(two) == pytest.approx(UNIT.burst_s - 0.1, abs=0.01)


def test_what_is_done_for_nobody_in_particular_is_on_nobodys_account(machine: Machine) -> None:
    def chore() -> None:
        for _ in range(3):
            machine.work(1)
            gevent.sleep(0)

    gevent.joinall([gevent.spawn(chore), served(machine, person(), 0.1, 0.1)], timeout=5)
    assert machine.left(person()) == pytest.approx(PERSON.burst_s - 0.2, abs=0.05)


def test_finding_out_who_asks_is_on_their_account_and_not_on_that_of_the_address(machine: Machine) -> None:
    def serve() -> None:
        machine.shares.begin("10.0.0.1")
        machine.work(0.1)
        machine.shares.enter(person())
        machine.shares.leave()

    gevent.spawn(serve).join(5)
    assert machine.left(person()) == pytest.approx(PERSON.burst_s - 0.1, abs=0.01)
    assert "10.0.0.1" not in machine.shares._accounts


def test_strangers_pay_by_their_address(machine: Machine) -> None:
    def serve() -> None:
        machine.shares.begin("10.0.0.1")
        machine.shares.enter_unknown("10.0.0.1")
        machine.work(STRANGERS.burst_s + 0.5)
        machine.shares.leave()

    def again(address: str) -> None:
        machine.shares.enter_unknown(address, 0.01)
        machine.shares.leave()

    gevent.spawn(serve).join(5)
    machine.somebody_was_late()
    late = gevent.spawn(again, "10.0.0.1")
    late.join(5)
    assert isinstance(late.exception, Refused)
    other = gevent.spawn(again, "10.0.0.2")
    other.join(5)
    assert other.successful()


def test_who_has_had_their_share_waits_and_the_others_do_not(machine: Machine) -> None:
    used_up(machine, person("greedy"), PERSON.burst_s + 0.2)
    machine.somebody_was_late()
    order: list[str] = []
    ask = partial(asked_in, machine, order)
    waiting = gevent.spawn(ask, person("greedy"))
    gevent.sleep(0)
    others = [gevent.spawn(ask, person(name)) for name in ("one", "two", "three")]
    gevent.joinall(others, timeout=5)
    assert order == ["one", "two", "three"]
    assert not waiting.ready()
    machine.now += 60
    waiting.join(5)
    assert order[-1] == "greedy"
    assert machine.shares.made_to_wait == 1


def test_each_who_is_late_comes_in_turn_however_much_one_asks(machine: Machine) -> None:
    for name in ("flood", "once"):
        used_up(machine, person(name), PERSON.burst_s + 0.2)
    machine.somebody_was_late()
    order: list[str] = []
    ask = partial(asked_in, machine, order)
    waiting = [gevent.spawn(ask, person(name)) for name in (*["flood"] * 20, "once")]
    gevent.sleep(0)
    machine.now += 10
    gevent.joinall(waiting, timeout=10)
    assert order.index("once") <= 1


def test_a_request_does_not_wait_for_ever_and_few_wait_at_once(machine: Machine) -> None:
    used_up(machine, person(), PERSON.burst_s + 0.2)
    machine.somebody_was_late()
    waiting = [served(machine, person(), 0.0, patience_s=0.2) for _ in range(PERSON.waiting)]
    gevent.sleep(0)
    beyond = served(machine, person(), 0.0, patience_s=60)
    beyond.join(5)
    assert isinstance(beyond.exception, Refused)
    assert beyond.exception.status == 429
    assert beyond.exception.retry_after is not None
    gevent.joinall(waiting, timeout=5)
    assert all(isinstance(one.exception, Refused) for one in waiting)


def test_nobody_owes_more_than_a_second(machine: Machine) -> None:
    used_up(machine, client(), 500)
    assert machine.shares._accounts[client().actor].due_in() <= DEBT_S / CLIENT.part


def test_who_is_late_gets_more_when_nobody_else_is_there(machine: Machine) -> None:
    machine.shares._look()
    machine.now += 10
    machine.shares._look()
    assert machine.shares._late.share.part == pytest.approx(LATE_MOST)
    machine.work(5)
    machine.now += 5
    machine.shares._look()
    assert machine.shares._late.share.part == pytest.approx(LATE_LEAST)


@pytest.mark.parametrize("principal", [client(role="gateway"), client(role="admin")])
def test_who_speaks_for_all_phones_or_administers_is_not_counted(machine: Machine, principal: Principal) -> None:
    used_up(machine, principal, 100)
    assert machine.shares._accounts == {}


def test_a_wall_and_a_person_who_administers_are_counted() -> None:
    assert shares.share_of(Principal("t", "device", "wall", "admin", "5101")) == PERSON
    assert shares.share_of(person(role="admin")) == PERSON


def test_threads_work_on_the_account_of_whom_they_work_for() -> None:
    fair = Shares()
    offload = threads.offload(1, fair)

    def burn() -> str:
        until = time.thread_time() + 0.1
        while time.thread_time() < until:
            pass
        return "done"

    def serve(what: Callable[[], Any]) -> Any:
        fair.enter(person())
        try:
            return offload(what)
        finally:
            fair.leave()

    working = gevent.spawn(serve, burn)
    working.join(20)
    assert working.value == "done"
    assert fair._accounts[person().actor].left < PERSON.burst_s - 0.09

    failing = gevent.spawn(serve, lambda: 1 / 0)
    failing.join(20)
    assert isinstance(failing.exception, ZeroDivisionError)


def test_one_person_who_asks_without_end_is_made_to_wait_by_a_real_server(running: Running) -> None:
    greedy, other = requests.Session(), requests.Session()
    for session, kind in ((greedy, "device"), (other, "api")):
        session.trust_env = False
        session.headers["Authorization"] = f"Bearer {running.token('officer', kind=kind)}"
    figures = {"Authorization": f"Bearer {running.token('metrics')}"}

    def waited() -> float:
        lines = requests.get(f"{running.server.address}/metrics", headers=figures, timeout=30).text.splitlines()
        return next(float(line.split()[1]) for line in lines if line.startswith("yiping_made_to_wait "))

    until = time.monotonic() + 60
    while waited() == 0 and time.monotonic() < until:
        for _ in range(50):
            assert greedy.get(f"{running.server.address}/api/v1/areas/5101", timeout=60).status_code in (200, 429)
    assert waited() > 0
    before = waited()
    assert other.get(f"{running.server.address}/api/v1/areas/5101", timeout=60).ok
    assert waited() == before


def test_few_of_one_are_worked_on_side_by_side_and_the_next_waits_for_one_of_them(machine: Machine) -> None:
    leave = gevent.event.Event()
    in_work: list[int] = []

    def ask(number: int) -> None:
        machine.shares.enter(person(), 30)
        in_work.append(number)
        leave.wait(30)
        machine.shares.leave()

    asking = [gevent.spawn(ask, number) for number in range(PERSON.at_once + 3)]
    gevent.sleep(0.05)
    assert len(in_work) == PERSON.at_once
    served(machine, person("another"), 0.0).join(5)
    leave.set()
    gevent.joinall(asking, timeout=30)
    assert len(in_work) == PERSON.at_once + 3


def test_who_gives_up_waiting_leaves_nothing_behind(machine: Machine) -> None:
    used_up(machine, person(), PERSON.burst_s + 0.2)
    for _ in range(6):
        machine.somebody_was_late()
        late = served(machine, person(), 0.0, patience_s=0.02)
        late.join(5)
        assert isinstance(late.exception, Refused)
    account = machine.shares._accounts[person().actor]
    assert (account.asking, len(account.waiting), account.room.counter) == (0, 0, PERSON.at_once)
    assert machine.shares._line.count(account) <= 1


def test_a_failure_of_counting_is_counted_and_ends_nothing(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(_stay: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(machine.shares, "_charge", broken)
    gevent.spawn(lambda: (machine.shares.enter(person()), gevent.sleep(0), gevent.sleep(0))).join(5)
    assert machine.shares.failed > 0
    assert greenlet.gettrace() is not None


def test_who_has_nothing_to_say_on_a_socket_does_not_get_one(running: Running) -> None:
    client = Client(reconnection=False)
    with pytest.raises(socketio.exceptions.ConnectionError):
        client.connect(running.server.address, auth={"token": running.token("metrics")}, transports=["websocket"])


def test_strangers_at_the_short_way_for_positions_are_cut_off(running: Running) -> None:
    parts = urlsplit(running.server.address)
    body = b'{"unit": "x", "lon": 104.0, "lat": 30.6}'
    asked = 12_000
    with socket.create_connection((parts.hostname, parts.port), timeout=60) as plain:

        def ask() -> None:
            for number in range(asked):
                head = (
                    f"POST /api/v1/positions HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer no{number}\r\nContent-Length: {len(body)}\r\n\r\n"
                )
                try:
                    plain.sendall(head.encode() + body)
                except OSError:
                    return

        threading.Thread(target=ask, daemon=True).start()
        got = b""
        refused = 0
        while True:
            try:
                got = plain.recv(65536)
            except OSError:
                break
            if not got:
                break
            refused += got.count(b"HTTP/1.1 401")
    assert 0 < refused < asked

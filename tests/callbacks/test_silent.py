"""Who may no longer see hears nothing, whatever the connection has said before; and nobody takes the room of others."""

from __future__ import annotations

import json
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import requests
import websocket
from hypothesis import settings as how
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, precondition, rule, run_state_machine_as_test

from dashboard.accounts import Issued
from dashboard.city import City, build_city
from dashboard.tickets import TicketReport
from datasources.models import Token
from tests.conftest import ADMIN, Running, on_duty
from tests.fuzz.report import resident_mb
from tests.waiting import wait_for

PASSWORD = "a long enough password"
REVOKED_S = 3.0
HEARD = ("patch", "frame", "message", "delivery")


class Plain:
    """A websocket that says what it likes, and remembers what it was told."""

    def __init__(self, address: str, token: str | None) -> None:
        self.heard: list[str] = []
        self.open = True
        self.socket = websocket.create_connection(f"{address.replace('http', 'ws')}/socket.io/?EIO=4&transport=websocket", timeout=60)
        self.socket.recv()
        if token is not None:
            self.say("40" + json.dumps({"token": token}))
            assert self.socket.recv().startswith("40{"), "it is let in"

    def say(self, text: str) -> None:
        try:
            self.socket.send(text)
        except (OSError, websocket.WebSocketException):
            self.open = False

    def read(self, for_s: float) -> None:
        """Take what comes within this time, until it is closed."""
        until = time.monotonic() + for_s
        while self.open and (left := until - time.monotonic()) > 0:
            self.socket.settimeout(left)
            try:
                data = self.socket.recv()
            except websocket.WebSocketTimeoutException:
                return
            except (OSError, websocket.WebSocketException):
                data = ""
            if not data:
                self.open = False
            elif data == "2":
                self.say("3")
            elif isinstance(data, str) and data[:2] in ("42", "45"):
                self.heard.append(json.loads(data[data.index("[") :])[0])


@pytest.fixture(scope="module")
def city(running: Running) -> Iterator[City]:
    built = build_city(running.settings)
    yield built
    built.close()


@pytest.fixture(scope="module")
def unit(city: City) -> dict[str, Any]:
    return on_duty(city)[0]


def happen(city: City) -> None:
    """Something that everybody who looks at the city, and the unit, would hear of."""
    place = city.areas.place(ADMIN, "510104017001001001").area
    key = uuid.uuid4().hex
    city.tickets.report(ADMIN, TicketReport(key=key, kind="fire", level="red", text="有烟", lon=place["lon"], lat=place["lat"]))


def device(city: City, unit: dict[str, Any]) -> Issued:
    return city.accounts.create_token("device", "大屏", "officer", "5101")


def integrator(city: City, unit: dict[str, Any]) -> Issued:
    return city.accounts.create_token("api", "接口", "officer", "5101")


def phone(city: City, unit: dict[str, Any]) -> Issued:
    return city.accounts.create_token("api", "终端", "unit", unit["area_code"], unit_id=unit["id"])


STEPPING_OUT = [
    '42["disconnect"]',
    '42["connect",{"token":"%s"}]',
    '42["connect","x",{"token":"%s"}]',
    '40{"token":"%s"}',
    "41",
    '42["leave"]',
]
"""What somebody says who hopes to be forgotten; `%s` is another token of theirs."""


def hear(sockets: Sequence[Plain], for_s: float) -> None:
    """Let all of them read at once."""
    with ThreadPoolExecutor(len(sockets)) as hands:
        list(hands.map(lambda one: one.read(for_s), sockets))


def told(sockets: Sequence[Plain], city: City) -> list[list[str]]:
    """What each is told of something that happens now."""
    for one in sockets:
        one.heard.clear()
    happen(city)
    hear(sockets, 1.5)
    return [[event for event in one.heard if event in HEARD] for one in sockets]


def test_revoked_means_silent(running: Running, city: City, unit: dict[str, Any]) -> None:
    tried = [(kind, words) for kind in (device, integrator, phone) for words in STEPPING_OUT]
    issued = [kind(city, unit) for kind, _ in tried]
    sockets = [Plain(running.server.address, one.secret) for one in issued]
    for one, (kind, words) in zip(sockets, tried, strict=True):
        one.say('42["open",{"area":"5101"}]')
        one.say(words % kind(city, unit).secret if "%s" in words else words)
    hear(sockets, 0.5)
    for token in issued:
        city.accounts.revoke(token.id)
    hear(sockets, REVOKED_S)
    heard = told(sockets, city)
    assert {str(one): events for one, events in zip(tried, heard, strict=True) if events} == {}
    hear(sockets, 30)
    assert not [one for one in sockets if one.open], "the websocket itself is closed, whether the client agrees or not"


def person(city: City) -> tuple[str, str, Issued]:
    """Login and id of a new account, and its session."""
    login = f"person-{uuid.uuid4().hex[:8]}"
    account_id = city.accounts.create(login, "值班员", "officer", "5101", PASSWORD, known_to_all=True)
    return login, account_id, city.accounts.sign_in(login, PASSWORD, "127.0.0.1")


def expires(city: City) -> tuple[Issued, Callable[[], Any]]:
    issued = city.accounts.create_token("api", "短", "officer", "5101")

    def now() -> None:
        with city.database.write() as session:
            session.get_one(Token, issued.id).expires_at = city.commands.clock()

    return issued, now


def is_closed(city: City) -> tuple[Issued, Callable[[], Any]]:
    _, account_id, issued = person(city)
    return issued, lambda: city.accounts.set_active(ADMIN, account_id, False)


def gets_another_role(city: City) -> tuple[Issued, Callable[[], Any]]:
    _, account_id, issued = person(city)
    return issued, lambda: city.accounts.change(ADMIN, account_id, "leader", "510104")


def gets_another_password(city: City) -> tuple[Issued, Callable[[], Any]]:
    login, _, issued = person(city)
    return issued, lambda: city.accounts.set_password(ADMIN, login, f"{PASSWORD} too")


def signs_out_elsewhere(city: City) -> tuple[Issued, Callable[[], Any]]:
    _, _, issued = person(city)
    return issued, lambda: city.accounts.revoke_session(city.accounts.principal(issued.secret), issued.id)


ENDINGS = (expires, is_closed, gets_another_role, gets_another_password, signs_out_elsewhere)


def test_however_a_token_ends_its_sockets_are_silent(running: Running, city: City) -> None:
    ended = [way(city) for way in ENDINGS]
    sockets = [Plain(running.server.address, issued.secret) for issued, _ in ended]
    for one in sockets:
        one.say('42["open",{"area":"5101"}]')
    hear(sockets, 0.3)
    for _, end in ended:
        end()
    hear(sockets, REVOKED_S)
    assert told(sockets, city) == [[] for _ in ENDINGS]


def test_an_area_that_an_import_has_moved_is_no_longer_heard_of(running: Running, city: City) -> None:
    issued = city.accounts.create_token("api", "x", "officer", "5101")
    socket = Plain(running.server.address, issued.secret)
    socket.say('42["open",{"area":"5101"}]')
    hear([socket], 0.3)
    with city.database.write() as session:
        session.get_one(Token, issued.id).area_code = "510182"
    hear([socket], 30)
    assert not socket.open
    time.sleep(REVOKED_S)  # who comes back at once may still be taken for what it was: so long, and no longer
    again = Plain(running.server.address, issued.secret)
    again.say('42["open",{"area":"5101"}]')
    hear([again], 1)
    assert told([again], city) == [[]]


def test_who_never_says_who_it_is_is_closed(running: Running) -> None:
    nobody = Plain(running.server.address, None)
    nobody.read(60)
    assert not nobody.open


def test_a_phone_has_a_phones_connections_and_no_more(running: Running, city: City, unit: dict[str, Any]) -> None:
    issued = phone(city, unit)
    held = [Plain(running.server.address, issued.secret) for _ in range(8)]
    ninth = Plain(running.server.address, None)
    ninth.say("40" + json.dumps({"token": issued.secret}))
    assert "too_many_connections" in ninth.socket.recv()
    held[0].socket.close()

    def let_in() -> bool:
        again = Plain(running.server.address, None)
        again.say("40" + json.dumps({"token": issued.secret}))
        return str(again.socket.recv()).startswith("40{")

    wait_for(let_in)


def test_who_asks_without_reading_takes_no_memory_and_no_time_of_others(running: Running, city: City) -> None:
    flood = Plain(running.server.address, integrator(city, {}).secret)
    before = resident_mb(running.server)
    flood.socket.settimeout(2)
    asked = 0
    try:
        for asked in range(22_000):
            flood.say(f'42{asked}["open",{{"area":"510104017"}}]')
            if not flood.open:
                break
    except websocket.WebSocketTimeoutException:
        flood.open = False
    began = time.monotonic()
    assert requests.get(f"{running.server.address}/healthz", timeout=30).ok
    assert time.monotonic() - began < 5
    assert resident_mb(running.server) - before < 60


def test_whoever_connects_leaves_swaps_and_is_revoked_is_silent_in_the_end(running: Running, city: City, unit: dict[str, Any]) -> None:
    kinds = (device, integrator, phone)

    class Doors(RuleBasedStateMachine):
        """Tokens and their sockets, in any order."""

        @initialize()
        def begin(self) -> None:
            self.tokens: list[Issued] = []
            self.revoked: set[str] = set()
            self.sockets: list[tuple[Plain, Issued]] = []

        @rule(kind=st.sampled_from(kinds))
        def connect(self, kind: Callable[[City, dict[str, Any]], Issued]) -> None:
            issued = kind(city, unit)
            self.tokens.append(issued)
            self._connected(issued)

        def _connected(self, issued: Issued) -> None:
            one = Plain(running.server.address, issued.secret)
            one.say('42["open",{"area":"5101"}]')
            self.sockets.append((one, issued))

        @precondition(lambda self: self.sockets)
        @rule(data=st.data(), words=st.sampled_from(STEPPING_OUT))
        def step_out(self, data: st.DataObject, words: str) -> None:
            one, _ = data.draw(st.sampled_from(self.sockets))
            another = data.draw(st.sampled_from(self.tokens))
            one.say(words % another.secret if "%s" in words else words)

        @precondition(lambda self: self.sockets)
        @rule(data=st.data())
        def reconnect(self, data: st.DataObject) -> None:
            one, issued = data.draw(st.sampled_from(self.sockets))
            one.socket.close()
            one.open = False
            if issued.id not in self.revoked:
                self._connected(issued)

        @precondition(lambda self: self.tokens)
        @rule(data=st.data())
        def revoke(self, data: st.DataObject) -> None:
            issued = data.draw(st.sampled_from(self.tokens))
            city.accounts.revoke(issued.id)
            self.revoked.add(issued.id)

        def teardown(self) -> None:
            over = [one for one, issued in getattr(self, "sockets", ()) if issued.id in self.revoked and one.open]
            if over:
                until = time.monotonic() + REVOKED_S
                for one in over:
                    one.read(max(0.05, until - time.monotonic()))
                    one.heard.clear()
                happen(city)
                until = time.monotonic() + 1.0
                for one in over:
                    one.read(max(0.05, until - time.monotonic()))
                assert [one.heard for one in over if set(one.heard) & set(HEARD)] == []
            for one, _ in getattr(self, "sockets", ()):
                one.socket.close()

    run_state_machine_as_test(Doors, settings=how(max_examples=8, stateful_step_count=12, deadline=None))

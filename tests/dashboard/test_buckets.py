"""What one asks too often is refused with the time to wait, and costs nobody else anything."""

from __future__ import annotations

import uuid

import pytest
import requests
from hypothesis import given
from hypothesis import strategies as st

from callbacks.api import accounts, areas, calling, desk, fences, messages, orders, tickets, units, warnings
from dashboard import buckets
from dashboard.buckets import RATES, Buckets
from dashboard.city import City
from dashboard.errors import Refused
from dashboard.identity import SYSTEM, Principal
from datasources.queries import changes
from tests.conftest import ADMIN, OFFICER, Running, principal

PHONE = principal("unit", "510104017", "u-1", kind="api")
DESK = principal("officer")
HOTLINE = principal("officer", kind="api")


class Hands:
    """A clock that a test turns."""

    def __init__(self) -> None:
        self.at = 0.0

    def __call__(self) -> float:
        return self.at


def until_refused(held: Buckets, who: Principal, kind: str) -> int:
    for taken in range(10_000_000):
        try:
            held.take(who, kind)
        except Refused:
            return taken
    return 10_000_000


@pytest.mark.parametrize("kind", sorted(RATES))
def test_each_kind_has_its_number_for_each_who(kind: str) -> None:
    rate = RATES[kind]
    assert until_refused(Buckets(Hands()), DESK, kind) == rate.person
    assert until_refused(Buckets(Hands()), HOTLINE, kind) == rate.client
    if rate.unit:
        assert until_refused(Buckets(Hands()), PHONE, kind) == rate.unit


def test_after_the_time_that_is_named_one_more_is_let_through() -> None:
    hands = Hands()
    held = Buckets(hands)
    until_refused(held, PHONE, "duty")
    with pytest.raises(Refused) as caught:
        held.take(PHONE, "duty")
    hands.at += caught.value.retry_after or 0
    held.take(PHONE, "duty")
    with pytest.raises(Refused):
        held.take(PHONE, "duty")


def test_another_person_and_another_kind_are_untouched() -> None:
    held = Buckets(Hands())
    until_refused(held, PHONE, "ticket")
    held.take(PHONE, "message")
    held.take(principal("unit", "510104017001", "u-2", kind="session"), "ticket")
    for _ in range(10_000):
        held.take(SYSTEM, "ticket")


@given(st.lists(st.floats(0, 900), max_size=200))
def test_in_no_window_more_than_twice_the_number(pauses: list[float]) -> None:
    hands = Hands()
    held, rate, taken = Buckets(hands), RATES["ticket"], list[float]()
    for pause in pauses:
        hands.at += pause / 10
        try:
            held.take(PHONE, "ticket")
        except Refused:
            continue
        taken.append(hands.at)
    for at in taken:
        assert sum(at <= other < at + rate.seconds for other in taken) <= 2 * rate.unit


def test_strangers_names_take_no_memory(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(buckets, "MOST_KEPT", 100)
    held = Buckets(Hands())
    for i in range(300):
        held.take(principal("unit", f"5101{i:05}", str(i)), "ticket")
    assert len(held._left) == 100


def test_every_route_has_a_bucket_and_those_that_make_rows_one_of_their_own(sqlite_city: City) -> None:
    parts = (accounts, areas, units, tickets, warnings, orders, calling, messages, fences, desk)
    every = [route for part in parts for route in part.routes(sqlite_city)]
    assert {route.rate for route in every} <= set(RATES)
    named = {f"{route.method} {route.path}": route.bucket for route in every}
    for path in ("/tickets", "/photos", "/clips", "/fences", "/deliveries/{id}/messages", "/units/{id}/duty", "/units/{id}/phone"):
        assert named[f"POST {path}"] in RATES, path
    assert all(RATES[route.rate].unit for route in every if "answer" in route.permissions), "0 is for what a unit may not do"


def test_a_phone_that_reports_without_end_is_told_when_to_come_again(running: Running) -> None:
    headers = unit_headers(running)
    answers = [
        requests.post(
            f"{running.server.address}/api/v1/tickets",
            json={"key": uuid.uuid4().hex, "kind": "fire", "level": "red", "text": "x", "lon": 104.083, "lat": 30.644},
            headers=headers,
            timeout=60,
        )
        for _ in range(25)
    ]
    refused = [answer for answer in answers if answer.status_code == 429]
    assert len(refused) >= 4
    assert int(refused[0].headers["Retry-After"]) >= 1
    assert refused[0].json()["error"]["code"] == "too_many"


def unit_headers(running: Running) -> dict[str, str]:
    headers = {"Authorization": f"Bearer {running.token('officer')}"}
    found = requests.get(f"{running.server.address}/api/v1/units?area=5101&limit=1", headers=headers, timeout=60).json()["units"][0]
    return {"Authorization": f"Bearer {running.token('unit', found['area_code'], found['id'])}"}


def test_a_number_is_searched_by_those_who_may_read_it_and_each_hit_is_recorded(sqlite_city: City) -> None:
    city = sqlite_city
    unit = city.units.covering(ADMIN, "5101", 1)[0]
    phone = city.units.phone(OFFICER, unit["id"])
    wall = principal("officer", kind="device")
    assert city.units.search(wall, phone) == [], "a wall reads no numbers"

    def looks() -> int:
        with city.database.read() as session:
            return sum(change.kind == "look.phone" for change in changes.after(session, 0, 10_000))

    before = looks()
    assert [found["id"] for found in city.units.search(OFFICER, phone)] == [unit["id"]]
    assert looks() == before + 1
    for last in range(RATES["number_search"].person - 1):
        city.units.search(OFFICER, f"138000000{last:02}")
    with pytest.raises(Refused, match="again in"):
        city.units.search(OFFICER, "13800000099")

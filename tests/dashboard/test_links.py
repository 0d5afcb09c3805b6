"""Live links: who may ring whom, who may say what, and that a link ends with either side."""

from __future__ import annotations

import base64
import hashlib
import hmac
from dataclasses import replace
from typing import Any

import pytest

from dashboard.city import City
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.links import MOST_DATA, MOST_OF_TOKEN, Links, Signal, Told
from datasources.link_store import LocalLinks
from datasources.queries import changes
from tests.conftest import LEADER, OFFICER, TurnedClock, principal

STREET = "510104017"


@pytest.fixture
def unit(people: list[dict[str, Any]]) -> dict[str, Any]:
    return next(one for one in people if one["area_code"].startswith(STREET))


@pytest.fixture
def person(unit: dict[str, Any]) -> Principal:
    return principal("unit", unit["area_code"], unit["id"])


def say(city: City, who: Principal, side: str, kind: str, link: str | None = None, **more: Any) -> tuple[str, list[Told]]:
    return city.links.take(who, side, Signal(kind=kind, link=link, **more))  # type: ignore[arg-type]


def code(action: Any) -> str:
    with pytest.raises(Refused) as caught:
        action()
    return caught.value.code


def test_a_link_from_ringing_to_hanging_up(city: City, unit: dict[str, Any], person: Principal) -> None:
    link, told = say(city, OFFICER, "desk", "ring", unit=unit["id"])
    assert told == [Told({"kind": "ring", "link": link, "name": OFFICER.name}, unit_id=unit["id"])]
    _, told = say(city, person, "phone", "accept", link)
    assert [(one.side, one.unit_id, one.not_side, one.signal["kind"]) for one in told] == [
        ("desk", "", "", "accept"),
        ("", unit["id"], "phone", "taken"),
    ]
    way = [(OFFICER, "desk", "offer", "phone"), (person, "phone", "answer", "desk"), (person, "phone", "candidate", "desk")]
    for who, side, kind, to in way:
        _, (one,) = say(city, who, side, kind, link, data={"sdp": "…"})
        assert (one.side, one.signal) == (to, {"kind": kind, "link": link, "data": {"sdp": "…"}})
    say(city, OFFICER, "desk", "hang_up", link)
    assert code(lambda: say(city, person, "phone", "candidate", link)) == "not_found"
    with city.database.read() as session:
        kinds = [change.kind for change in changes.after(session, 0, 10_000) if change.topic == "link"]
    assert kinds == ["link.open", "link.close"]


def test_nobody_rings_beyond_their_scope_or_speaks_in_a_link_of_others(
    city: City, unit: dict[str, Any], person: Principal, people: list[dict[str, Any]]
) -> None:
    other = next(one for one in people if one["id"] != unit["id"])
    stranger = principal("unit", other["area_code"], other["id"])
    assert code(lambda: say(city, person, "phone", "ring", unit=other["id"])) == "forbidden"
    assert code(lambda: say(city, principal("leader", "510182"), "x", "ring", unit=unit["id"])) == "not_found"
    assert code(lambda: say(city, principal("officer", kind="device"), "x", "ring", unit=unit["id"])) == "forbidden"
    link, _ = say(city, LEADER, "desk", "ring", unit=unit["id"])
    assert code(lambda: say(city, replace(LEADER, token_id="another"), "desk2", "ring", unit=unit["id"])) == "already_so"
    for who, side in ((stranger, "other"), (OFFICER, "desk2")):
        assert code(lambda who=who, side=side: say(city, who, side, "accept", link)) == "not_found"
        assert code(lambda who=who, side=side: say(city, who, side, "hang_up", link)) == "not_found"
    assert code(lambda: say(city, person, "phone", "offer", link)) == "not_allowed_now"
    assert code(lambda: say(city, person, "phone", "answer", link)) == "not_allowed_now"
    say(city, person, "phone", "accept", link)
    assert code(lambda: say(city, person, "phone2", "hang_up", link)) == "not_found"  # the other phone has no say any more
    assert code(lambda: say(city, LEADER, "desk", "offer", link, data="x" * (MOST_DATA + 1))) == "too_large"


@pytest.mark.parametrize("gone", ["desk", "phone"])
def test_a_connection_that_is_lost_hangs_up(city: City, unit: dict[str, Any], person: Principal, gone: str) -> None:
    link, _ = say(city, OFFICER, "desk", "ring", unit=unit["id"])
    say(city, person, "phone", "accept", link)
    (told,) = city.links.gone(gone)
    assert (told.side, told.signal["kind"]) == ({"desk": "phone", "phone": "desk"}[gone], "hang_up")
    assert city.links.gone(gone) == []
    assert say(city, OFFICER, "desk", "ring", unit=unit["id"])[0] != link


def test_who_rang_and_went_away_is_not_waited_for(city: City, unit: dict[str, Any]) -> None:
    link, _ = say(city, OFFICER, "desk", "ring", unit=unit["id"])
    assert city.links.gone("desk") == [Told({"kind": "hang_up", "link": link, "data": None}, unit_id=unit["id"])]


def test_a_ring_that_nobody_ended_blocks_nobody_for_long(city: City, clock: TurnedClock, unit: dict[str, Any]) -> None:
    colleague = replace(LEADER, token_id="another")
    say(city, LEADER, "desk", "ring", unit=unit["id"])
    clock.turn(seconds=59)
    assert code(lambda: say(city, colleague, "desk2", "ring", unit=unit["id"])) == "already_so"
    clock.turn(seconds=1)
    assert say(city, colleague, "desk2", "ring", unit=unit["id"])[0]


def test_declining_on_one_phone_ends_the_ringing_on_the_other(city: City, unit: dict[str, Any], person: Principal) -> None:
    link, _ = say(city, OFFICER, "desk", "ring", unit=unit["id"])
    _, told = say(city, person, "phone", "decline", link)
    assert [(one.side, one.unit_id, one.not_side, one.signal["kind"]) for one in told] == [
        ("desk", "", "", "decline"),
        ("", unit["id"], "phone", "taken"),
    ]


def test_a_turn_pass_is_what_the_server_computes(city: City, person: Principal) -> None:
    assert city.links.ice_servers(person) == []
    settings = replace(city.settings, turn_url="turn:relay.example:3478", turn_secret="s" * 24)
    (server,) = Links(city.commands, settings, LocalLinks()).ice_servers(OFFICER)
    wanted = hmac.new(b"s" * 24, server["username"].encode(), hashlib.sha1).digest()
    assert base64.b64decode(server["credential"]) == wanted
    assert server["urls"] == ["turn:relay.example:3478"]


def test_a_desk_from_above_takes_a_unit_over(city: City, unit: dict[str, Any], person: Principal) -> None:
    link, _ = say(city, LEADER, "street", "ring", unit=unit["id"])
    say(city, person, "phone", "accept", link)
    over, told = say(city, OFFICER, "city", "ring", unit=unit["id"])
    assert [(one.side, one.unit_id, one.signal["kind"]) for one in told] == [
        ("street", "", "taken_over"),
        ("phone", "", "hang_up"),
        ("", unit["id"], "ring"),
    ]
    assert told[0].signal["by"] == OFFICER.name
    assert code(lambda: say(city, LEADER, "street", "offer", link)) == "not_found"
    say(city, person, "phone", "accept", over)
    assert code(lambda: say(city, LEADER, "street", "ring", unit=unit["id"])) == "already_so", "and is not taken back from below"


def test_one_token_does_not_take_all_links_that_there_are(city: City, people: list[dict[str, Any]]) -> None:
    for i in range(MOST_OF_TOKEN):
        say(city, OFFICER, f"desk-{i}", "ring", unit=people[i]["id"])
    assert code(lambda: say(city, OFFICER, "desk-9", "ring", unit=people[9]["id"])) == "already_so"
    assert say(city, replace(OFFICER, token_id="another"), "desk-9", "ring", unit=people[9]["id"])

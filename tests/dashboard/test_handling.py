"""派单 reaches somebody: the ticket is an order on the handler's device, and what is answered there moves the ticket."""

from __future__ import annotations

import io
from typing import Any

import pytest
from PIL import Image

from dashboard.city import City
from dashboard.dispatch.answers import Answer
from dashboard.dispatch.handing import HandOver
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.tickets import TicketMove
from tests.conftest import OFFICER, TurnedClock, principal
from tests.dashboard.test_tickets import report


def device(person: dict[str, Any]) -> Principal:
    return principal("unit", person["area_code"], person["id"])


def assign(city: City, ticket: dict[str, Any], person: dict[str, Any], **more: Any) -> dict[str, Any]:
    city.tickets.move(OFFICER, ticket["id"], TicketMove(action="assign", unit=person["id"], **more))
    return held(city, person)[0]


def held(city: City, person: dict[str, Any]) -> list[dict[str, Any]]:
    return [work for work in city.answers.work_of(device(person)) if work["order"]["kind"] == "ticket"]


def answer(city: City, person: dict[str, Any], work: dict[str, Any], state: Any, **more: Any) -> None:
    city.answers.answer(device(person), work["id"], Answer(key=f"{work['id']}:{state}", state=state, **more))


def state(city: City, ticket: dict[str, Any]) -> tuple[str, str | None]:
    found = city.tickets.get(OFFICER, ticket["id"])
    return found["state"], found["handler"]


def photo(city: City, who: Principal) -> str:
    out = io.BytesIO()
    Image.new("RGB", (60, 40), "red").save(out, "JPEG")
    return city.photos.store(who, "photo-0001", out.getvalue())


def test_all_steps_of_the_handler_stand_in_the_ticket(city: City, people: list[dict[str, Any]], clock: TurnedClock) -> None:
    person, ticket = people[0], report(city, text="有烟，二楼")
    work = assign(city, ticket, person)
    assert work["order"]["priority"] == "critical"
    assert "有烟，二楼" in work["order"]["text"]
    assert work["order"]["ticket_id"] == ticket["id"]
    assert state(city, ticket) == ("assigned", person["name"])
    for step, after in (("acknowledged", "handling"), ("en_route", "handling"), ("arrived", "handling")):
        answer(city, person, work, step)
        assert state(city, ticket) == (after, person["name"])
    picture = photo(city, device(person))
    answer(city, person, work, "done", note="已扑灭，无人受伤", photo_id=picture)
    found = city.tickets.get(OFFICER, ticket["id"])
    assert found["state"] == "handled"
    last = found["steps"][-1]
    assert (last["action"], last["note"], last["photo_id"], last["actor"]) == ("finish", "已扑灭，无人受伤", picture, person["name"])
    assert city.photos.path(OFFICER, picture).exists()
    assert [step["action"] for step in found["steps"]] == ["report", "assign", "start", "en_route", "arrive", "finish"]
    assert held(city, person) == [], "nothing is left on the device"


def test_who_cannot_gives_the_ticket_back(city: City, people: list[dict[str, Any]]) -> None:
    person, ticket = people[0], report(city)
    answer(city, person, assign(city, ticket, person), "declined", note="道路不通")
    assert state(city, ticket) == ("reported", None)
    assert city.tickets.get(OFFICER, ticket["id"])["steps"][-1]["note"] == "道路不通"
    assert [item["kind"] for item in city.desk.listed(OFFICER)["waiting"]] == ["ticket"], "a red one is called out again"


def test_a_change_of_hands_takes_it_from_the_first(city: City, people: list[dict[str, Any]]) -> None:
    first, second, ticket = people[0], people[1], report(city)
    assign(city, ticket, first)
    with pytest.raises(Refused) as caught:
        assign(city, ticket, second)
    assert caught.value.code == "assigned"
    assert first["name"] in caught.value.zh
    assign(city, ticket, second, was=first["id"])
    assert held(city, first) == []
    assert len(held(city, second)) == 1
    assert state(city, ticket) == ("assigned", second["name"])
    assert [s["note"] for s in city.tickets.get(OFFICER, ticket["id"])["steps"] if s["action"] == "assign"] == [
        first["name"],
        second["name"],
    ]


def test_a_colleague_who_takes_it_over_is_the_handler(city: City, people: list[dict[str, Any]]) -> None:
    ticket = report(city)
    person = people[0]
    work = assign(city, ticket, person)
    answer(city, person, work, "acknowledged")
    other = next(one for one in people[1:] if one["area_code"][:4] == person["area_code"][:4])
    city.handing.hand_over(OFFICER, work["id"], HandOver(key="handing-01", to=other["id"]))
    assert state(city, ticket) == ("assigned", other["name"])
    answer(city, other, held(city, other)[0], "acknowledged")
    assert state(city, ticket) == ("handling", other["name"])


def test_what_was_not_good_enough_comes_back_to_the_device(city: City, people: list[dict[str, Any]]) -> None:
    person, ticket = people[0], report(city)
    work = assign(city, ticket, person)
    for step in ("acknowledged", "en_route", "arrived", "done"):
        answer(city, person, work, step)
    city.tickets.move(OFFICER, ticket["id"], TicketMove(action="reject", note="还有积水"))
    assert len(held(city, person)) == 1
    city.tickets.move(OFFICER, ticket["id"], TicketMove(action="finish"))
    assert held(city, person) == []


def test_closing_ends_the_order_and_the_pictures_have_none_of_it(city: City, people: list[dict[str, Any]]) -> None:
    ticket = report(city)
    assign(city, ticket, people[0])
    assert city.orders.listed(OFFICER, 10, "") == [], "it is shown with its ticket"
    for action in ("finish", "close"):
        city.tickets.move(OFFICER, ticket["id"], TicketMove(action=action, rating=4 if action == "close" else None))
    assert held(city, people[0]) == []

"""The desk's queue: nothing that must be taken by somebody is only shown."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from dashboard.calling.caller import Caller
from dashboard.city import City
from dashboard.dispatch.answers import Answer
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.policies import NewPolicy, Step
from dashboard.dispatch.recipients import Criteria
from dashboard.errors import Refused
from dashboard.messages import NewMessage
from dashboard.positions import PositionReport
from dashboard.tickets import TicketMove
from datasources.channels.channel import Channel, Message, Outcome
from tests.conftest import ADMIN, OFFICER, TurnedClock, on_duty, principal
from tests.dashboard.test_tickets import report

OTHER = principal("commander")


def send(city: City, units: list[dict[str, Any]], key: str = "order-0001", **more: Any) -> list[dict[str, Any]]:
    to = Criteria(area="5101", units=[unit["id"] for unit in units])
    sent = city.orders.send(OFFICER, NewOrder(key=key, title="巡查", text="请巡查", to=to, **more))
    return city.orders.deliveries(OFFICER, sent["id"])


def waiting(city: City, who: Any = OFFICER) -> list[tuple[str, int]]:
    return [(item["kind"], item["count"]) for item in city.desk.listed(who)["waiting"]]


def test_a_red_ticket_waits_until_somebody_takes_it(city: City) -> None:
    report(city)
    [item] = city.desk.listed(OFFICER)["waiting"]
    assert (item["kind"], item["level"], item["taken_by"]) == ("ticket", "red", "")
    assert city.desk.take(OFFICER, item["id"])["taken_by"] == OFFICER.name
    assert waiting(city) == []
    [taken] = city.desk.listed(OFFICER)["taken"]
    assert taken["taken_by"] == OFFICER.name
    with pytest.raises(Refused) as caught:
        city.desk.take(OTHER, item["id"])
    assert caught.value.code == "taken"
    assert OFFICER.name in caught.value.zh


def test_other_tickets_do_not(sqlite_city: City) -> None:
    report(sqlite_city, level="orange")
    assert waiting(sqlite_city) == []


def test_who_closes_a_red_ticket_clears_it(city: City) -> None:
    ticket = report(city)
    city.tickets.move(OFFICER, ticket["id"], TicketMove(action="close", rating=3))
    assert waiting(city) == []


def test_who_does_not_answer_is_one_item_of_the_order(city: City, people: list[dict[str, Any]], clock: TurnedClock) -> None:
    send(city, people[:3], deadline=clock() + timedelta(minutes=5))
    clock.turn(minutes=6)
    assert city.orders.mark_late() == 3
    assert waiting(city) == [("escalation", 3)]
    assert city.orders.mark_late() == 0
    assert waiting(city) == [("escalation", 3)], "nobody is reported twice"
    order = city.desk.listed(OFFICER)["waiting"][0]["about"]["order"]
    city.orders.close(OFFICER, order)
    assert waiting(city) == []


def test_messages_of_one_unit_add_up_and_an_answer_takes_them(city: City, people: list[dict[str, Any]]) -> None:
    [delivery] = send(city, people[:1])
    unit = principal("unit", people[0]["area_code"], people[0]["id"])
    for n in range(2):
        city.messages.send(unit, delivery["id"], NewMessage(key=f"message-{n}", text=f"水深齐腰 {n}"))
    assert waiting(city) == [("message", 2)]
    assert "水深齐腰 1" in city.desk.listed(OFFICER)["waiting"][0]["text"]
    city.messages.send(OFFICER, delivery["id"], NewMessage(key="answer-01", text="马上到"))
    assert waiting(city) == []
    city.messages.send(unit, delivery["id"], NewMessage(key="message-3", text="还有两户"))
    assert waiting(city) == [("message", 1)], "what comes after it was taken is new"


class Broken(Channel):
    def send(self, message: Message) -> Outcome:
        return Outcome("failed", "the gateway refuses")


def test_a_channel_that_fails_is_said_once_for_all(sqlite_city: City, clock: TurnedClock) -> None:
    city, people = sqlite_city, on_duty(sqlite_city)
    city.policies.available |= {"sms"}
    city.policies.set(ADMIN, NewPolicy(area="5101", priority="normal", steps=[Step(channel="sms", after_s=1)]))
    caller: Caller = city.caller
    caller.use({"sms": Broken()})
    send(city, people[:4])
    clock.turn(seconds=2)
    caller.look()
    assert waiting(city) == [("channel", 4)]
    assert city.desk.listed(OFFICER)["waiting"][0]["area_code"] == "5101"


def test_a_scope_sees_and_takes_only_its_own(city: City) -> None:
    report(city)
    [item] = city.desk.listed(OFFICER)["waiting"]
    inside, outside = principal("leader", "510104017"), principal("leader", "510185001")
    assert waiting(city, inside) == [("ticket", 1)]
    assert waiting(city, outside) == []
    for who, code in ((outside, "not_found"), (principal("unit", "510104", "x"), "forbidden")):
        with pytest.raises(Refused) as caught:
            city.desk.take(who, item["id"])
        assert caught.value.code in (code, "not_found")
    assert city.desk.take(inside, item["id"])["taken_by"] == inside.name


def test_a_call_for_help_is_first_and_has_a_ticket_a_place_and_a_name(city: City, people: list[dict[str, Any]]) -> None:
    person = people[0]
    [delivery] = send(city, [person], kind="check_in")
    unit = principal("unit", person["area_code"], person["id"])
    middle = city.areas.middle(person["area_code"])
    moved = city.answers.answer(unit, delivery["id"], Answer(key="help-0001", state="help", lon=middle[0], lat=middle[1]))
    assert moved["state"] == "help"
    [item] = city.desk.listed(OFFICER)["waiting"]
    assert (item["kind"], item["level"]) == ("help", "red")
    assert person["name"] in item["text"]
    ticket = city.tickets.get(OFFICER, item["about"]["ticket"])
    assert (ticket["kind"], ticket["level"], ticket["state"]) == ("person_in_need", "red", "reported")
    assert (ticket["lon"], ticket["lat"]) == middle
    assert [step["action"] for step in ticket["steps"]] == ["help"]
    # the same tap once more opens nothing new
    city.answers.answer(unit, delivery["id"], Answer(key="help-0001", state="help", lon=middle[0], lat=middle[1]))
    assert waiting(city) == [("help", 1)]
    # the end of the order does not take it back, and the phone goes on showing it
    city.orders.call_off(OFFICER, delivery["order_id"])
    assert [work["state"] for work in city.answers.work_of(unit)] == ["help"]
    city.desk.take(OFFICER, item["id"])
    assert city.answers.work_of(unit)[0]["taken_by"] == OFFICER.name
    assert city.answers.answer(unit, delivery["id"], Answer(key="safe-0001", state="done"))["state"] == "done"


@pytest.mark.parametrize("known", [True, False])
def test_help_without_a_place_is_where_the_unit_was_or_belongs(
    city: City, people: list[dict[str, Any]], clock: TurnedClock, known: bool
) -> None:
    person = people[0]
    [delivery] = send(city, [person])
    unit = principal("unit", person["area_code"], person["id"])
    middle = city.areas.middle(people[-1]["area_code"] if known else person["area_code"])
    if known:
        city.positions.report(unit, [PositionReport(unit=person["id"], lon=middle[0], lat=middle[1], at=clock())])
    city.answers.answer(unit, delivery["id"], Answer(key="help-0001", state="help"))
    about = city.desk.listed(OFFICER)["waiting"][0]["about"]
    assert (about["lon"], about["lat"]) == pytest.approx(middle, abs=1e-5)


def test_who_is_safe_again_clears_the_call(city: City, people: list[dict[str, Any]]) -> None:
    [delivery] = send(city, people[:1])
    unit = principal("unit", people[0]["area_code"], people[0]["id"])
    city.answers.answer(unit, delivery["id"], Answer(key="help-0001", state="help"))
    city.answers.answer(unit, delivery["id"], Answer(key="safe-0001", state="done"))
    assert waiting(city) == []

"""Sending and steering orders."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest

from dashboard.city import City
from dashboard.dispatch.answers import Answer
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria, Near
from dashboard.errors import Refused
from dashboard.positions import PositionReport
from tests.conftest import ADMIN, LEADER, OFFICER, TurnedClock, principal

STREET = "510104017"


def order(key: str = "order-0001", area: str = STREET, **more: Any) -> NewOrder:
    to = {name: more.pop(name) for name in ("roles", "skills", "off_duty_too", "near", "lasso", "units") if name in more}
    return NewOrder(key=key, title="巡查", text="请立即巡查", to=Criteria(area=area, **to), **more)


def test_off_duty_people_are_left_out_unless_asked_for(city: City) -> None:
    everybody = city.units.covering(ADMIN, STREET, 500)
    for unit in everybody[:3]:
        city.units.set_duty(OFFICER, unit["id"], "off_duty")
    on_duty = sum(unit["duty"] == "on_duty" for unit in city.units.covering(ADMIN, STREET, 500))
    preview = city.orders.preview(OFFICER, Criteria(area=STREET))
    assert (preview["count"], preview["off_duty_left_out"]) == (on_duty, len(everybody) - on_duty)
    assert city.orders.preview(OFFICER, Criteria(area=STREET, off_duty_too=True))["count"] == len(everybody)


def test_recipients_by_role_skill_and_name(city: City) -> None:
    everybody = city.units.covering(ADMIN, "5101", 500)
    officers = [u for u in everybody if "grid_officer" in u["roles"] and u["duty"] == "on_duty"]
    assert city.orders.preview(OFFICER, Criteria(area="5101", roles=["grid_officer"]))["count"] == len(officers)
    skilled = [u for u in everybody if {"boat", "pump"} & set(u["skills"])]
    assert city.orders.preview(OFFICER, Criteria(area="5101", skills=["boat", "pump"], off_duty_too=True))["count"] == len(skilled)
    assert city.orders.preview(OFFICER, Criteria(area="5101", units=[officers[0]["id"]]))["count"] == 1
    with pytest.raises(Refused, match="wizard"):
        city.orders.preview(OFFICER, Criteria(area="5101", roles=["wizard"]))


def test_recipients_by_distance_and_by_a_ring_on_the_map(city: City, clock: TurnedClock, people: list[dict[str, Any]]) -> None:
    place = city.areas.place(ADMIN, people[0]["area_code"]).area
    here, there = people[0], people[-1]
    far = city.areas.place(ADMIN, there["area_code"]).area
    reports = [PositionReport(unit=u["id"], lon=p["lon"], lat=p["lat"], at=clock()) for u, p in ((here, place), (there, far))]
    city.positions.report(ADMIN, reports)
    near = Near(lon=place["lon"], lat=place["lat"], radius_m=500)
    assert city.orders.preview(OFFICER, Criteria(area="5101", near=near))["names"] == [here["name"]]
    d = 0.003
    ring = [(far["lon"] - d, far["lat"] - d), (far["lon"] + d, far["lat"] - d), (far["lon"], far["lat"] + d)]
    assert city.orders.preview(OFFICER, Criteria(area="5101", lasso=ring))["names"] == [there["name"]]
    with pytest.raises(Refused, match="3 points"):
        city.orders.preview(OFFICER, Criteria(area="5101", lasso=ring[:2]))


def test_a_micro_grids_people_include_those_of_its_grid(city: City, people: list[dict[str, Any]]) -> None:
    officer = next(u for u in people if "grid_officer" in u["roles"])
    micro_grid = city.areas.place(ADMIN, officer["area_code"]).children[0]["code"]
    assert officer["name"] in city.orders.preview(OFFICER, Criteria(area=micro_grid))["names"]


def test_an_order_reaches_each_recipient_once(city: City) -> None:
    sent = city.orders.send(OFFICER, order())
    deliveries = city.orders.deliveries(OFFICER, sent["id"])
    assert len({d["unit_id"] for d in deliveries}) == len(deliveries) == city.orders.preview(OFFICER, Criteria(area=STREET))["count"]
    assert {d["state"] for d in deliveries} == {"queued"}


def test_the_same_key_sends_once_also_at_the_same_moment(city: City) -> None:
    found: list[str] = []
    threads = [threading.Thread(target=lambda: found.append(city.orders.send(OFFICER, order())["id"])) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    assert len(set(found)) == 1
    assert len(city.orders.listed(OFFICER, 10, "")) == 1


def test_nobody_to_send_to(city: City) -> None:
    with pytest.raises(Refused) as caught:
        city.orders.send(OFFICER, order(roles=["police"]))
    assert caught.value.code == "no_recipients"
    assert city.orders.listed(OFFICER, 10, "") == []


def test_the_number_that_was_confirmed_must_still_be_true(city: City) -> None:
    with pytest.raises(Refused) as caught:
        city.orders.send(OFFICER, order(expect=1))
    assert caught.value.code == "recipients_changed"


def test_a_deadline_lies_ahead(city: City, clock: TurnedClock) -> None:
    with pytest.raises(Refused, match="future"):
        city.orders.send(OFFICER, order(deadline=clock() - timedelta(seconds=1)))


def test_adding_resending_and_calling_off(city: City, people: list[dict[str, Any]]) -> None:
    first = next(u for u in people if u["area_code"].startswith(STREET))
    sent = city.orders.send(OFFICER, order(units=[first["id"]]))
    added = city.orders.add_recipients(OFFICER, sent["id"], Criteria(area=STREET))
    deliveries = city.orders.deliveries(OFFICER, sent["id"])
    assert len(deliveries) == added + 1
    with pytest.raises(Refused, match="receive"):
        city.orders.add_recipients(OFFICER, sent["id"], Criteria(area=STREET))
    city.answers.answer(ADMIN, deliveries[0]["id"], Answer(key="answer-01", state="acknowledged"))
    assert city.orders.resend(OFFICER, sent["id"]) == added
    city.orders.call_off(OFFICER, sent["id"])
    assert city.orders.get(OFFICER, sent["id"])["counts"] == {"expired": added + 1}
    for delivery in city.orders.deliveries(OFFICER, sent["id"]):
        assert set(delivery["times"]) >= {"queued", "expired"}  # when it ended stands beside what was before
    for again in (city.orders.call_off, city.orders.resend):
        with pytest.raises(Refused) as caught:
            again(OFFICER, sent["id"])
        assert caught.value.code == "order_ended"


def test_late_deliveries_are_marked_once(city: City, clock: TurnedClock) -> None:
    sent = city.orders.send(OFFICER, order(deadline=clock() + timedelta(minutes=5)))
    assert city.orders.mark_late() == 0
    clock.turn(minutes=6)
    count = len(city.orders.deliveries(OFFICER, sent["id"]))
    assert city.orders.mark_late() == count
    assert city.orders.mark_late() == 0
    assert all(d["escalated"] and d["state"] == "queued" for d in city.orders.deliveries(OFFICER, sent["id"]))


def test_a_finished_order_closes_after_a_while(city: City, clock: TurnedClock, people: list[dict[str, Any]]) -> None:
    sent = city.orders.send(OFFICER, order(area="5101", units=[people[0]["id"]]))
    delivery = city.orders.deliveries(OFFICER, sent["id"])[0]
    city.answers.answer(ADMIN, delivery["id"], Answer(key="answer-01", state="declined"))
    clock.turn(minutes=9)
    assert city.orders.close_finished() == 0
    clock.turn(minutes=2)
    assert city.orders.close_finished() == 1
    assert city.orders.get(OFFICER, sent["id"])["state"] == "closed"


def test_a_leader_orders_and_sees_only_the_own_street(city: City) -> None:
    for area in ("5101", "510104", "510182"):
        with pytest.raises(Refused) as caught:
            city.orders.send(LEADER, order(area=area))
        assert caught.value.code == "outside_scope"
    whole = city.orders.send(OFFICER, order(area="5101"))
    mine = city.orders.get(LEADER, whole["id"])
    assert sum(mine["counts"].values()) == len(city.orders.deliveries(LEADER, whole["id"]))
    assert all(d["area_code"].startswith(STREET) for d in city.orders.deliveries(LEADER, whole["id"]))
    with pytest.raises(Refused) as caught:
        city.orders.call_off(LEADER, whole["id"])
    assert caught.value.code == "not_found"
    elsewhere = city.orders.send(OFFICER, order("order-0002", area="510182"))
    with pytest.raises(Refused):
        city.orders.get(LEADER, elsewhere["id"])


@pytest.mark.parametrize("who", [principal("unit", unit="nobody"), principal("officer", kind="device")], ids=["unit", "device"])
def test_units_and_wall_screens_send_nothing(sqlite_city: City, who: Any) -> None:
    with pytest.raises(Refused) as caught:
        sqlite_city.orders.send(who, order())
    assert caught.value.code == "forbidden"


def test_command_goes_down_and_not_up(city: City) -> None:
    from_city = city.orders.send(OFFICER, order("from-city", area="510104017"))
    own = city.orders.send(LEADER, order("from-street", area="510104017"))
    for end in (city.orders.call_off, city.orders.close):
        with pytest.raises(Refused) as caught:
            end(LEADER, from_city["id"])
        assert caught.value.code == "sent_from_above"
    assert city.orders.get(LEADER, from_city["id"])["state"] == "running"
    assert city.orders.resend(LEADER, from_city["id"]), "reminding one's own people is no steering"
    assert city.orders.call_off(LEADER, own["id"])["state"] == "called_off"
    assert city.orders.call_off(OFFICER, from_city["id"])["state"] == "called_off"

"""Answers: at least once on the wire, exactly once in effect."""

from __future__ import annotations

import threading
from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError
from sqlalchemy.exc import IntegrityError

from callbacks.api.calling import PhoneMark
from dashboard.city import City
from dashboard.dispatch.answers import Answer
from dashboard.dispatch.handing import HandOver
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.errors import Refused
from dashboard.idempotency import own_key
from dashboard.identity import Principal
from tests.conftest import ADMIN, LEADER, OFFICER, TurnedClock, principal


@pytest.fixture
def unit(people: list[dict[str, Any]]) -> Principal:
    return principal("unit", people[0]["area_code"], people[0]["id"])


@pytest.fixture
def delivery(city: City, unit: Principal) -> str:
    new = NewOrder(key="order-0001", title="巡查", text="请巡查", to=Criteria(area="5101", units=[str(unit.unit_id)]))
    sent = city.orders.send(OFFICER, new)
    return str(city.orders.deliveries(OFFICER, sent["id"])[0]["id"])


def answer(state: Any, key: str = "", **more: Any) -> Answer:
    return Answer(key=key or f"key-of-{state}", state=state, **more)


def test_the_way_of_an_order(city: City, unit: Principal, delivery: str, clock: TurnedClock) -> None:
    assert [work["id"] for work in city.answers.work_of(unit)] == [delivery]
    assert city.answers.received(unit, [delivery]) == 1
    for state in ("acknowledged", "en_route", "arrived", "done"):
        clock.turn(minutes=1)
        assert city.answers.answer(unit, delivery, answer(state))["state"] == state
    assert city.answers.work_of(unit) == []
    steps = city.answers.steps(OFFICER, delivery)
    assert [step["state"] for step in steps] == ["delivered", "acknowledged", "en_route", "arrived", "done"]


def test_done_before_received_is_refused_and_changes_nothing(city: City, unit: Principal, delivery: str) -> None:
    for state in ("done", "arrived", "en_route"):
        with pytest.raises(Refused) as caught:
            city.answers.answer(unit, delivery, answer(state))
        assert caught.value.code == "not_allowed_now"
    assert city.answers.work_of(unit)[0]["state"] == "queued"
    assert city.answers.steps(unit, delivery) == []


def test_an_answer_proves_the_delivery(city: City, unit: Principal, delivery: str) -> None:
    city.answers.answer(unit, delivery, answer("acknowledged"))
    assert {step["state"] for step in city.answers.steps(unit, delivery)} == {"delivered", "acknowledged"}


def test_the_same_answer_again_is_stored_once(city: City, unit: Principal, delivery: str) -> None:
    first = city.answers.answer(unit, delivery, answer("acknowledged"))
    assert city.answers.answer(unit, delivery, answer("acknowledged")) == first
    assert len(city.answers.steps(unit, delivery)) == 2
    with pytest.raises(Refused) as caught:
        city.answers.answer(unit, delivery, answer("acknowledged", key="another-key"))
    assert caught.value.code == "already_so"
    with pytest.raises(Refused) as caught:
        city.answers.answer(unit, delivery, answer("en_route", key="key-of-acknowledged"))
    assert caught.value.code == "already_so"


def test_two_phones_at_the_same_moment(city: City, unit: Principal, delivery: str) -> None:
    told: list[str] = []

    def tap(phone: int) -> None:
        try:
            told.append(city.answers.answer(unit, delivery, answer("acknowledged", key=f"phone-{phone}-key"))["state"])
        except Refused as refused:
            told.append(refused.code)

    threads = [threading.Thread(target=tap, args=(phone,)) for phone in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(told) == ["acknowledged", "already_so", "already_so", "already_so"]


def test_the_time_of_the_tap_and_of_arrival_are_both_kept(city: City, unit: Principal, delivery: str, clock: TurnedClock) -> None:
    tapped = clock()
    clock.turn(minutes=55)
    found = city.answers.answer(unit, delivery, answer("acknowledged", at=tapped, lon=104.1, lat=30.6))
    step = city.answers.steps(OFFICER, delivery)[-1]
    assert (step["tapped_at"], step["arrived_at"]) == ("2026-07-26T05:00:00.000Z", "2026-07-26T05:55:00.000Z")
    assert found["times"]["acknowledged"] == step["tapped_at"]
    assert (step["lon"], step["lat"]) == (104.1, 30.6)


def test_a_clock_that_runs_ahead_does_not_date_answers_into_the_future(
    city: City, unit: Principal, delivery: str, clock: TurnedClock
) -> None:
    found = city.answers.answer(unit, delivery, answer("acknowledged", at=clock() + timedelta(minutes=7)))
    assert found["times"]["acknowledged"] == "2026-07-26T05:00:00.000Z"


def test_answers_to_an_order_that_was_called_off(city: City, unit: Principal, delivery: str) -> None:
    city.orders.call_off(OFFICER, city.answers.work_of(unit)[0]["order_id"])
    with pytest.raises(Refused) as caught:
        city.answers.answer(unit, delivery, answer("acknowledged"))
    assert caught.value.code == "order_ended"


def test_foreign_deliveries_are_not_told_of(city: City, people: list[dict[str, Any]], delivery: str) -> None:
    stranger = principal("unit", people[1]["area_code"], people[1]["id"])
    foreign_officer = principal("officer", "510182")
    for who in (stranger, foreign_officer, LEADER):
        with pytest.raises(Refused) as caught:
            city.answers.answer(who, delivery, answer("acknowledged"))
        assert caught.value.code == "not_found"
    with pytest.raises(Refused):
        city.answers.received(stranger, [delivery])
    with pytest.raises(Refused):
        city.answers.steps(stranger, delivery)


def test_the_desk_may_answer_for_a_unit_by_telephone(city: City, delivery: str) -> None:
    city.answers.answer(ADMIN, delivery, answer("acknowledged"))
    assert city.answers.steps(OFFICER, delivery)[-1]["actor"] == ADMIN.actor


def test_an_answer_that_cannot_be_stored_spoils_no_other(city: City, unit: Principal, delivery: str, people: list[dict[str, Any]]) -> None:
    other = principal("unit", people[1]["area_code"], people[1]["id"])
    sent = city.orders.send(
        OFFICER, NewOrder(key="order-0002", title="巡查", text="请巡查", to=Criteria(area="5101", units=[people[1]["id"]]))
    )
    theirs = str(city.orders.deliveries(OFFICER, sent["id"])[0]["id"])
    spoiled = (
        unit,
        delivery,
        Answer.model_construct(key=own_key(delivery, "delivered"), state="acknowledged"),
    )  # the key of the step that is stored with it
    results = city.answers._take_all([spoiled, (other, theirs, answer("acknowledged"))])
    assert isinstance(results[0], IntegrityError)
    assert results[1]["state"] == "acknowledged"  # type: ignore[index]
    assert city.answers.answer(unit, delivery, answer("acknowledged", "another-key"))["state"] == "acknowledged"


def test_a_clock_of_another_age_is_refused() -> None:
    with pytest.raises(ValidationError):
        answer("acknowledged", at="0001-01-01T00:00:00+08:00")


@pytest.mark.parametrize("key", ["{delivery}:delivered", "{delivery}:done", "{delivery}:acknowledged", "any-key-that-somebody-likes"])
def test_any_key_but_those_that_are_reserved_is_theirs_to_choose(city: City, unit: Principal, delivery: str, key: str) -> None:
    key = key.format(delivery=delivery)
    assert city.answers.answer(unit, delivery, answer("acknowledged", key))["state"] == "acknowledged"
    assert city.answers.answer(unit, delivery, answer("acknowledged", key))["state"] == "acknowledged", "the same once more"


def test_a_reserved_key_is_refused_on_every_way_in(delivery: str) -> None:
    for model, more in ((Answer, {"state": "acknowledged"}), (HandOver, {"to": "somebody"}), (PhoneMark, {})):
        with pytest.raises(ValidationError, match="由系统保留"):
            model.model_validate({"key": own_key(delivery, "delivered"), **more})

"""Reaching people who do not answer: the next channel at its time, each call kept with its result, nothing lost by a crash."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import suppress
from typing import Any

import pytest
from sqlalchemy import select
from sqlalchemy.exc import OperationalError

from dashboard.calling.breaker import SILENCES
from dashboard.calling.caller import MOST_TRIES, Caller, Report
from dashboard.city import City
from dashboard.dispatch.answers import BY_PHONE, Answer
from dashboard.dispatch.ending import UPDATE, end
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.policies import NewPolicy, Policies, PolicyPlace, Step
from dashboard.dispatch.recipients import Criteria
from dashboard.errors import Refused
from dashboard.identity import Principal
from datasources.channels.channel import Message, Outcome
from datasources.channels.gateway import Gateway
from datasources.models import Call, Delivery, Order
from datasources.queries import changes
from tests import gateways
from tests.conftest import ADMIN, LEADER, OFFICER, TurnedClock, principal

SMS, VOICE, DESK = Step(channel="sms", after_s=20), Step(channel="voice", after_s=30), Step(channel="duty_desk", after_s=60)
DEPUTY, SPEAKER = Step(channel="deputy", after_s=10), Step(channel="loudspeaker", after_s=10)


@pytest.fixture
def far() -> Iterator[gateways.Gateway]:
    with gateways.gateway() as one:
        yield one


@pytest.fixture
def unit(people: list[dict[str, Any]]) -> Principal:
    return principal("unit", people[0]["area_code"], people[0]["id"])


class Speaker:
    """Keeps what it was given."""

    def __init__(self) -> None:
        self.messages: list[Message] = []

    def send(self, message: Message) -> Outcome:
        self.messages.append(message)
        return Outcome("sent")


@pytest.fixture
def speaker() -> Speaker:
    return Speaker()


@pytest.fixture
def caller(city: City, far: gateways.Gateway, speaker: Speaker) -> Iterator[Caller]:
    """With gateways for messages and calls, and loudspeakers."""
    city.policies.available |= {"sms", "voice", "loudspeaker"}
    made = Caller(city.commands, city.areas, city.policies, city.answers, city.desk)
    made.use({"sms": Gateway(far.address + "/sms", "", 30), "voice": Gateway(far.address + "/voice", "", 30), "loudspeaker": speaker})
    yield made
    made.close()


def order(city: City, steps: list[Step], *units: str, key: str = "order-0001") -> list[str]:
    """A critical order under this policy; ids of its deliveries."""
    city.policies.set(ADMIN, NewPolicy(area="5101", priority="critical", steps=steps))
    to = Criteria(area="5101", units=list(units))
    sent = city.orders.send(OFFICER, NewOrder(key=key, title="全员转移", text="立即转移", priority="critical", to=to))
    return [str(d["id"]) for d in city.orders.deliveries(OFFICER, sent["id"])]


def told(city: City, caller: Caller, delivery: str) -> list[tuple[str, str]]:
    return [(call["channel"], call["state"]) for call in caller.calls(OFFICER, delivery)]


def test_silence_is_called_over_one_channel_after_the_other(
    city: City, caller: Caller, unit: Principal, far: gateways.Gateway, clock: TurnedClock
) -> None:
    (delivery,) = order(city, [SMS, VOICE, DESK], str(unit.unit_id))
    clock.turn(seconds=19)
    assert caller.look() == 0
    clock.turn(seconds=1)
    assert caller.look() == 1
    assert told(city, caller, delivery) == [("sms", "sent")]
    assert far.bodies[0]["text"] == "【全员转移】立即转移"
    clock.turn(seconds=30)
    caller.look()
    clock.turn(seconds=60)
    caller.look()
    assert told(city, caller, delivery) == [("sms", "sent"), ("voice", "sent"), ("duty_desk", "sent")]
    assert city.orders.deliveries(OFFICER, city.orders.listed(OFFICER, 1, "")[0]["id"])[0]["escalated"]
    clock.turn(hours=1)
    assert caller.look() == 0


def test_an_answer_ends_the_calling(city: City, caller: Caller, unit: Principal, clock: TurnedClock) -> None:
    (delivery,) = order(city, [SMS, VOICE], str(unit.unit_id))
    clock.turn(seconds=20)
    caller.look()
    city.answers.answer(unit, delivery, Answer(key="tap-00001", state="acknowledged"))
    clock.turn(hours=1)
    assert caller.look() == 0
    assert told(city, caller, delivery) == [("sms", "sent")]


def test_a_step_until_delivered_is_passed_over_when_the_phone_has_it(
    city: City, caller: Caller, unit: Principal, far: gateways.Gateway, clock: TurnedClock
) -> None:
    (delivery,) = order(city, [Step(channel="sms", after_s=5, until="delivered"), VOICE], str(unit.unit_id))
    city.answers.received(unit, [delivery])
    clock.turn(seconds=5)
    caller.look()
    assert far.requests == []
    clock.turn(seconds=30)
    caller.look()
    assert told(city, caller, delivery) == [("voice", "sent")]


def test_an_order_that_is_called_off_calls_nobody(
    city: City, caller: Caller, unit: Principal, far: gateways.Gateway, clock: TurnedClock
) -> None:
    order(city, [SMS], str(unit.unit_id))
    city.orders.call_off(OFFICER, city.orders.listed(OFFICER, 1, "")[0]["id"])
    clock.turn(hours=1)
    caller.look()
    assert far.requests == []


def test_a_gateway_in_trouble_is_tried_again_with_the_same_key(
    city: City, caller: Caller, unit: Principal, far: gateways.Gateway, clock: TurnedClock
) -> None:
    far.answers.extend([(500, {}, b""), (503, {}, b"")])
    (delivery,) = order(city, [SMS], str(unit.unit_id))
    for seconds in (20, 2, 4):
        clock.turn(seconds=seconds)
        caller.look()
    assert told(city, caller, delivery) == [("sms", "sent")]
    assert len({headers["Idempotency-Key"] for headers, _ in far.requests}) == 1
    assert len(far.requests) == 3


def test_a_gateway_that_stays_dead_gives_way_to_the_next_channel(
    city: City, caller: Caller, unit: Principal, far: gateways.Gateway, clock: TurnedClock
) -> None:
    far.answers.extend([(500, {}, b"")] * 5)
    (delivery,) = order(city, [SMS, Step(channel="voice", after_s=3600)], str(unit.unit_id))
    clock.turn(seconds=20)
    for _ in range(8):
        caller.look()
        clock.turn(seconds=33)
    assert told(city, caller, delivery) == [("sms", "failed"), ("voice", "sent")]


def test_nonsense_is_kept_and_the_next_channel_comes_at_once(
    city: City, caller: Caller, unit: Principal, far: gateways.Gateway, clock: TurnedClock
) -> None:
    far.answers.append((200, {}, b"<html>welcome</html>"))
    (delivery,) = order(city, [SMS, Step(channel="voice", after_s=3600)], str(unit.unit_id))
    clock.turn(seconds=20)
    caller.look()
    caller.look()
    calls = caller.calls(OFFICER, delivery)
    assert [(call["channel"], call["state"]) for call in calls] == [("sms", "failed"), ("voice", "sent")]
    assert "welcome" in calls[0]["result"]


def test_a_rate_limit_holds_the_whole_channel_and_loses_nobody(
    city: City, caller: Caller, people: list[dict[str, Any]], far: gateways.Gateway, clock: TurnedClock
) -> None:
    far.answers.append((429, {"Retry-After": "40"}, b""))
    deliveries = order(city, [SMS], *(person["id"] for person in people[:3]))
    clock.turn(seconds=20)
    caller.look()
    before = len(far.requests)
    clock.turn(seconds=20)
    assert caller.look() == 0
    assert len(far.requests) == before
    clock.turn(seconds=21)
    caller.look()
    assert [told(city, caller, delivery) for delivery in deliveries] == [[("sms", "sent")]] * 3


def test_a_crash_in_the_middle_of_a_call_repeats_it_under_the_same_key(
    city: City, caller: Caller, unit: Principal, far: gateways.Gateway, clock: TurnedClock
) -> None:
    class Killed(BaseException):
        pass

    class Dying:
        def send(self, message: Message) -> Outcome:
            Gateway(far.address, "").send(message)
            raise Killed

    (delivery,) = order(city, [SMS], str(unit.unit_id))
    clock.turn(seconds=20)
    caller.use({"sms": Dying()})
    with pytest.raises(Killed):
        caller.look()
    reborn = Caller(city.commands, city.areas, city.policies, city.answers, city.desk)
    reborn.use({"sms": Gateway(far.address, "")})
    assert reborn.look() == 0
    clock.turn(seconds=60)
    assert reborn.look() == 1
    assert told(city, reborn, delivery) == [("sms", "sent")]
    assert len({headers["Idempotency-Key"] for headers, _ in far.requests}) == 1
    reborn.close()


def test_somebody_near_stands_in(city: City, caller: Caller, people: list[dict[str, Any]], clock: TurnedClock) -> None:
    silent = next(person for person in people if len(person["area_code"]) == 18)
    (delivery,) = order(city, [DEPUTY], silent["id"])
    clock.turn(seconds=10)
    caller.look()
    listed = city.orders.deliveries(OFFICER, city.orders.listed(OFFICER, 1, "")[0]["id"])
    deputy = next(d for d in listed if d["id"] != delivery)
    assert told(city, caller, delivery) == [("deputy", "sent")]
    assert caller.calls(OFFICER, delivery)[0]["result"] == deputy["unit"]
    assert deputy["area_code"][:12] == silent["area_code"][:12]
    assert deputy["state"] == "queued"
    assert deputy["note"] == f"代 {silent['name']}"


def test_a_team_of_a_whole_street_has_nobody_to_stand_in(city: City, caller: Caller, unit: Principal, clock: TurnedClock) -> None:
    assert len(unit.area_code) == 9
    (delivery,) = order(city, [DEPUTY], str(unit.unit_id))
    clock.turn(seconds=10)
    caller.look()
    assert told(city, caller, delivery) == [("deputy", "failed")]


def test_a_loudspeaker_speaks_once_for_all_of_its_community(
    city: City, caller: Caller, people: list[dict[str, Any]], speaker: Speaker, clock: TurnedClock
) -> None:
    community = next(person["area_code"][:12] for person in people if len(person["area_code"]) == 18)
    near = [person["id"] for person in people if person["area_code"].startswith(community)]
    assert len(near) > 1
    deliveries = order(city, [SPEAKER], *near)
    clock.turn(seconds=10)
    caller.look()
    assert [message.area_code for message in speaker.messages] == [community]
    caller.played(speaker.messages[0].id)
    assert [state for delivery in deliveries for _, state in told(city, caller, delivery)] == ["confirmed"]


def test_what_a_gateway_reports_later(city: City, caller: Caller, unit: Principal, clock: TurnedClock) -> None:
    (delivery,) = order(city, [SMS, VOICE], str(unit.unit_id))
    for seconds in (20, 30):
        clock.turn(seconds=seconds)
        caller.look()
    sms, voice = caller.calls(OFFICER, delivery)
    gateway = principal("officer", "5101", kind="api")
    assert caller.report(gateway, sms["id"], Report(state="delivered"))["state"] == "confirmed"
    for _ in range(2):  # repeated reports
        assert caller.report(gateway, voice["id"], Report(state="answered", detail="1"))["state"] == "confirmed"
    steps = city.answers.steps(OFFICER, delivery)
    assert [(step["state"], step["note"]) for step in steps][-1] == ("acknowledged", "语音叫应")
    assert len(steps) == 2


def test_who_may_report_and_look(city: City, caller: Caller, unit: Principal, clock: TurnedClock) -> None:
    (delivery,) = order(city, [SMS], str(unit.unit_id))
    clock.turn(seconds=20)
    caller.look()
    (call,) = caller.calls(OFFICER, delivery)
    far_away = principal("officer", "510185")
    failed = Report(state="failed")
    for refused in (
        lambda: caller.report(far_away, call["id"], failed),
        lambda: caller.report(LEADER, call["id"], failed),
        lambda: caller.report(OFFICER, "nothing", failed),
        lambda: caller.calls(far_away, delivery),
    ):
        with pytest.raises(Refused) as caught:
            refused()
        assert caught.value.code == "not_found"


def test_the_desk_marks_somebody_as_reached_by_telephone(city: City, caller: Caller, unit: Principal, clock: TurnedClock) -> None:
    (delivery,) = order(city, [SMS], str(unit.unit_id))
    for _ in range(2):
        assert city.answers.by_phone(OFFICER, delivery, "mark-0001")["state"] == "acknowledged"
    last = city.answers.steps(OFFICER, delivery)[-1]
    assert (last["note"], last["actor"]) == (BY_PHONE, OFFICER.actor)
    with pytest.raises(Refused, match="acknowledged"):
        city.answers.by_phone(OFFICER, delivery, "mark-0002")
    with pytest.raises(Refused) as caught:
        city.answers.by_phone(principal("leader", "510185"), delivery, "mark-0003")
    assert caught.value.code == "not_found"
    clock.turn(hours=1)
    assert caller.look() == 0


def test_the_nearest_policy_holds_and_what_is_not_set_up_is_left_out(city: City) -> None:
    policies = Policies(city.commands, city.areas, frozenset({"sms"}))
    policies.set(ADMIN, NewPolicy(area="5101", priority="urgent", steps=[VOICE, SMS, DESK]))
    policies.set(ADMIN, NewPolicy(area="510104017", priority="urgent", steps=[]))
    with city.database.read() as session:
        book = policies.book(session, "urgent")
    assert [(step.channel, step.after_s) for step in book("510185001001001001")] == [("sms", 50), ("duty_desk", 60)]
    assert book("510104017001001001") == ()
    held = policies.listed(OFFICER, "510104017")[1]
    assert (held["priority"], held["from_area"], held["set_by"], held["steps"]) == ("urgent", "510104017", ADMIN.name, [])


def test_only_administrators_set_and_remove_policies_and_what_is_above_holds_again(city: City) -> None:
    place = PolicyPlace(area="510104017", priority="urgent")
    city.policies.set(ADMIN, NewPolicy(area="5101", priority="urgent", steps=[DESK]))
    city.policies.set(ADMIN, NewPolicy(area="510104017", priority="urgent", steps=[]))
    for who in (OFFICER, LEADER, principal("admin", "510185")):
        for action in (
            lambda who=who: city.policies.remove(who, place),
            lambda who=who: city.policies.set(who, NewPolicy(**place.model_dump(), steps=[])),
        ):
            with pytest.raises(Refused) as caught:
                action()
            assert caught.value.code in ("forbidden", "not_found", "outside_scope")
    city.policies.remove(ADMIN, place)
    assert city.policies.listed(OFFICER, "510104017")[1]["from_area"] == "5101"
    with pytest.raises(Refused) as caught:
        city.policies.remove(ADMIN, place)
    assert caught.value.code == "not_found"


def test_many_silent_people_are_planned_in_parts(
    city: City,
    caller: Caller,
    people: list[dict[str, Any]],
    far: gateways.Gateway,
    clock: TurnedClock,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("dashboard.calling.caller.AT_ONCE", 40)
    deliveries = order(city, [SMS])
    assert len(deliveries) > 80
    clock.turn(seconds=20)
    assert caller.look() == len(deliveries)
    phones = sorted(filter(None, (city.units.phone(OFFICER, person["id"]) for person in people)))
    assert sorted(body["phone"] for body in far.bodies) == phones
    with city.database.read() as session:
        rest = session.query(Call).filter(Call.state != "sent").all()
    assert [call.result for call in rest] == ["no telephone number"] * (len(deliveries) - len(phones))


def test_an_order_that_is_called_off_while_a_deputy_is_sought_leaves_nobody_behind(
    city: City, caller: Caller, people: list[dict[str, Any]], clock: TurnedClock
) -> None:
    """Who ends an order holds it: nobody is added to it meanwhile, and what the log says of each delivery is what is stored."""
    deliveries = order(city, [DEPUTY], *[unit["id"] for unit in people[:10]])
    clock.turn(seconds=11)
    with city.commands.transaction(OFFICER) as work:
        order_id = work.session.get_one(Delivery, deliveries[0]).order_id
        held = work.session.get_one(Order, order_id, with_for_update=UPDATE)
        planner = threading.Thread(target=caller.plan)
        planner.start()
        planner.join(timeout=1)
        assert planner.is_alive(), "the caller waits until it is known whether the order goes on"
        end(work, city.areas, held, "called_off")
    planner.join(timeout=60)
    assert not planner.is_alive()
    with city.database.read() as session:
        stored = {d.id: d.state for d in session.scalars(select(Delivery).where(Delivery.order_id == order_id))}
        log = [c.payload for c in changes.of_entity(session, order_id) if c.kind == "delivery.move"]
    assert {line[0]: move["to"] for move in log for line in move["deliveries"]} == stored
    assert set(stored.values()) == {"expired"}


class Silent:
    """A gateway that takes each message and never answers."""

    def __init__(self) -> None:
        self.asked = 0

    def send(self, message: Message) -> Outcome:
        self.asked += 1
        return Outcome("later", "no whole answer within 8 s", silent=True)


def test_a_channel_that_hangs_keeps_no_other_from_calling(
    city: City, caller: Caller, people: list[dict[str, Any]], far: gateways.Gateway, clock: TurnedClock
) -> None:
    silent = Silent()
    caller.use({"sms": silent, "voice": Gateway(far.address, "")})
    deliveries = order(city, [SMS, Step(channel="voice", after_s=3600)], *(person["id"] for person in people[:40]))
    clock.turn(seconds=20)
    caller.look()
    caller.look()
    assert silent.asked <= SILENCES + 16, "the rest of the batch is not tried: at most what its threads had begun"
    assert all(("voice", "sent") in told(city, caller, delivery) for delivery in deliveries), "at once, not in an hour"
    items = city.desk.listed(OFFICER)["waiting"]
    told_of = [item["about"] for item in items if item["kind"] == "channel"]
    assert [(about["channel"], about["rests"]) for about in told_of] == [("sms", True)], "the desk is told"
    clock.turn(seconds=31)
    caller.look()
    assert silent.asked <= SILENCES + 17, "one call tries whether it is back"


def test_what_comes_due_while_a_channel_rests_takes_the_next_step_at_once(
    city: City, caller: Caller, people: list[dict[str, Any]], far: gateways.Gateway, clock: TurnedClock
) -> None:
    caller.use({"sms": Silent(), "voice": Gateway(far.address, "")})
    order(city, [SMS], *(person["id"] for person in people[:20]))
    clock.turn(seconds=20)
    caller.look()
    (late,) = order(city, [Step(channel="sms", after_s=5), Step(channel="voice", after_s=3600)], people[25]["id"], key="order-0002")
    clock.turn(seconds=5)
    caller.look()
    caller.look()
    assert ("voice", "sent") in told(city, caller, late)


@pytest.mark.parametrize("poison", ["a\0b", "\ud800", "x" * 100_000])
def test_what_one_gateway_says_does_not_keep_the_ends_of_others(
    city: City, caller: Caller, people: list[dict[str, Any]], clock: TurnedClock, poison: str
) -> None:
    said = iter([poison])

    class Poisoned:
        def send(self, message: Message) -> Outcome:
            return Outcome("failed", next(said, "refused"))

    caller.use({"sms": Poisoned()})
    deliveries = order(city, [SMS], *(person["id"] for person in people[:12]))
    clock.turn(seconds=20)
    caller.look()
    assert {told(city, caller, delivery)[0] for delivery in deliveries} == {("sms", "failed")}


def test_a_call_whose_end_is_never_known_is_not_made_for_ever(
    city: City, caller: Caller, unit: Principal, far: gateways.Gateway, clock: TurnedClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    (delivery,) = order(city, [SMS], str(unit.unit_id))

    def full(*_: Any) -> None:
        raise OperationalError("commit", None, Exception("the disk is full"))

    monkeypatch.setattr(caller, "_end_all", full)
    clock.turn(seconds=20)
    for _ in range(12):
        with suppress(OperationalError):
            caller.look()
        clock.turn(seconds=61)
    assert len(far.requests) == MOST_TRIES
    assert told(city, caller, delivery) == [("sms", "failed")]

"""Orders to a team, handing over, checking in."""

from __future__ import annotations

import threading
import uuid
from collections import defaultdict
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from dashboard.city import City
from dashboard.dispatch.answers import Answer
from dashboard.dispatch.handing import HandOver
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.errors import Refused
from dashboard.identity import Principal
from tests.conftest import OFFICER, TurnedClock, principal


@pytest.fixture
def team(people: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Everybody on duty in the community that has the most."""
    by_community: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for one in people:
        by_community[one["area_code"][:12]].append(one)
    found = max((some for code, some in by_community.items() if len(code) == 12), key=len)
    assert len(found) >= 4
    return found


def send(city: City, team: list[dict[str, Any]], key: str, **more: Any) -> list[dict[str, Any]]:
    to = Criteria(area=team[0]["area_code"][:12], units=[one["id"] for one in team])
    order = city.orders.send(OFFICER, NewOrder(key=key, title="排涝", text="请排涝", to=to, **more))
    return city.orders.deliveries(OFFICER, order["id"])


def as_unit(delivery: dict[str, Any]) -> Principal:
    return principal("unit", delivery["area_code"], delivery["unit_id"])


def finish(city: City, delivery: dict[str, Any]) -> None:
    for state in ("acknowledged", "en_route", "arrived", "done"):
        city.answers.answer(as_unit(delivery), delivery["id"], Answer(key=f"{delivery['id'][-12:]}:{state}", state=state))  # type: ignore[arg-type]


def state_of(city: City, delivery: dict[str, Any]) -> str:
    return str(city.orders.get(OFFICER, delivery["order_id"])["state"])


@pytest.mark.parametrize(
    ("rule", "needed", "enough"), [("each", None, 99), ("any", None, 1), ("n", 2, 2), ("all", None, 3)], ids=["each", "any", "n", "all"]
)
def test_an_order_is_done_when_its_rule_says_so(city: City, team: list[dict[str, Any]], rule: str, needed: int | None, enough: int) -> None:
    deliveries = send(city, team[:3], f"team-rule-{rule}", done_when=rule, needed=needed)
    for done, delivery in enumerate(deliveries, start=1):
        assert state_of(city, delivery) == "running"
        finish(city, delivery)
        if done == enough:
            break
    assert state_of(city, deliveries[0]) == ("running" if rule == "each" else "closed")
    states = [one["state"] for one in city.orders.deliveries(OFFICER, deliveries[0]["order_id"])]
    assert sorted(states) == sorted(["done"] * min(enough, 3) + ["expired"] * (3 - min(enough, 3)))


def test_who_declines_is_not_waited_for(city: City, team: list[dict[str, Any]]) -> None:
    first, second, third = send(city, team[:3], "team-declined", done_when="all")
    finish(city, first)
    finish(city, second)
    city.answers.answer(as_unit(third), third["id"], Answer(key="third-no", state="declined", note="受伤"))
    assert state_of(city, first) == "closed"


def test_two_who_finish_at_the_same_moment_end_the_order_once(city: City, team: list[dict[str, Any]]) -> None:
    deliveries = send(city, team[:4], "team-race", done_when="all")
    for delivery in deliveries:
        for state in ("acknowledged", "en_route", "arrived"):
            city.answers.answer(as_unit(delivery), delivery["id"], Answer(key=f"{delivery['id'][-12:]}:{state}", state=state))  # type: ignore[arg-type]
    failed: list[Refused] = []

    def done(delivery: dict[str, Any]) -> None:
        try:
            city.answers.answer(as_unit(delivery), delivery["id"], Answer(key=f"{delivery['id'][-12:]}:done", state="done"))
        except Refused as error:
            failed.append(error)

    threads = [threading.Thread(target=done, args=(delivery,)) for delivery in deliveries]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failed == []
    assert state_of(city, deliveries[0]) == "closed"
    assert {one["state"] for one in city.orders.deliveries(OFFICER, deliveries[0]["order_id"])} == {"done"}


@pytest.mark.parametrize("wrong", [{"done_when": "n"}, {"needed": 2}, {"done_when": "any", "needed": 1}, {"done_when": "n", "needed": 0}])
def test_rules_that_do_not_fit_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NewOrder(key="wrong-rule", title="x", text="x", to=Criteria(area="510104017001"), **wrong)


def test_more_than_there_are_cannot_be_needed(city: City, team: list[dict[str, Any]]) -> None:
    with pytest.raises(Refused) as caught:
        send(city, team[:2], "too-many-needed", done_when="n", needed=3)
    assert caught.value.field == "needed"


def test_a_colleague_takes_over_once(city: City, team: list[dict[str, Any]]) -> None:
    (delivery,) = send(city, team[:1], "hand-over-1", done_when="all")
    free = city.handing.colleagues(as_unit(delivery), delivery["id"])
    assert team[0]["id"] not in [one["id"] for one in free]
    assert set(free[0]) == {"id", "name", "roles"}  # no telephone number
    taker = next(one for one in team if one["id"] == free[0]["id"])
    for _ in range(2):
        taken = city.handing.hand_over(as_unit(delivery), delivery["id"], HandOver(key="hand-key-1", to=taker["id"]))
    rows = {one["unit_id"]: one for one in city.orders.deliveries(OFFICER, delivery["order_id"])}
    assert (rows[team[0]["id"]]["state"], rows[team[0]["id"]]["note"]) == ("declined", f"转交 {taker['name']}")
    assert (rows[taker["id"]]["state"], rows[taker["id"]]["note"]) == ("queued", f"{team[0]['name']} 转交")
    assert state_of(city, delivery) == "running"  # the order waits for who took over
    finish(city, taken)
    assert state_of(city, delivery) == "closed"


def test_nobody_hands_over_what_is_not_theirs_or_to_whom_they_cannot(
    city: City, team: list[dict[str, Any]], people: list[dict[str, Any]]
) -> None:
    first, second = send(city, team[:2], "hand-over-2")
    elsewhere = next(one for one in people if not one["area_code"].startswith(team[0]["area_code"][:12]))

    def code(who: Principal, delivery: dict[str, Any], to: str, key: str) -> str:
        with pytest.raises(Refused) as caught:
            city.handing.hand_over(who, delivery["id"], HandOver(key=key, to=to))
        return caught.value.code

    assert code(as_unit(second), first, team[2]["id"], "hand-bad-1") == "not_found"
    assert (
        code(
            principal("leader", "510182100" if not first["area_code"].startswith("510182100") else "510104017"),
            first,
            team[2]["id"],
            "hand-bad-2",
        )
        == "not_found"
    )
    assert code(as_unit(first), first, elsewhere["id"], "hand-bad-3") == "unknown_unit"
    assert code(as_unit(first), first, second["unit_id"], "hand-bad-4") == "already_so"
    finish(city, first)
    assert code(as_unit(first), first, team[2]["id"], "hand-bad-5") == "order_ended"
    # the desk may choose anybody of its area
    assert city.handing.hand_over(OFFICER, second["id"], HandOver(key="hand-desk", to=elsewhere["id"]))["unit_id"] == elsewhere["id"]
    with pytest.raises(Refused):
        city.handing.colleagues(as_unit(second), first["id"])


def test_one_tap_checks_in_and_the_silent_are_escalated(city: City, team: list[dict[str, Any]], clock: TurnedClock) -> None:
    deadline = clock() + timedelta(minutes=5)
    safe, silent, *_ = send(city, team[:3], "check-in-1", kind="check_in", priority="urgent", deadline=deadline)
    city.answers.answer(as_unit(safe), safe["id"], Answer(key="i-am-safe", state="acknowledged"))
    city.answers.answer(as_unit(safe), safe["id"], Answer(key="i-am-safe", state="acknowledged"))
    steps = [step["state"] for step in city.answers.steps(OFFICER, safe["id"])]
    assert sorted(steps) == ["acknowledged", "delivered", "done"]
    clock.turn(minutes=6)
    assert city.orders.mark_late() == 2
    rows = {one["id"]: one for one in city.orders.deliveries(OFFICER, safe["order_id"])}
    assert (rows[safe["id"]]["state"], rows[safe["id"]]["escalated"]) == ("done", False)
    assert (rows[silent["id"]]["state"], rows[silent["id"]]["escalated"]) == ("queued", True)
    city.answers.by_phone(OFFICER, silent["id"], "phoned-safe")
    assert next(one for one in city.orders.deliveries(OFFICER, safe["order_id"]) if one["id"] == silent["id"])["state"] == "done"


TAPS = ("acknowledged", "en_route", "arrived", "done", "declined")
TAP = st.tuples(st.integers(0, 2), st.sampled_from(TAPS), st.integers(0, 4), st.booleans())
"""Whose phone, what it says, under which of its keys, and whether it names the delivery of somebody else."""


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(rule=st.sampled_from(["each", "any", "all"]), taps=st.lists(TAP, min_size=1, max_size=14), number=st.integers(0, 2**60))
def test_answers_that_come_together_end_as_if_one_after_the_other(
    city: City, team: list[dict[str, Any]], rule: str, taps: list[tuple[int, Any, int, bool]], number: int
) -> None:
    one_by_one, together = (send(city, team[:3], f"order-{number}-{which}-{uuid.uuid4()}", done_when=rule) for which in "ab")

    def given_by(deliveries: list[dict[str, Any]]) -> list[tuple[Principal, str, Answer]]:
        by_unit = {delivery["unit_id"]: delivery for delivery in deliveries}
        mine = [by_unit[one["id"]] for one in team[:3]]
        return [
            (as_unit(mine[who]), mine[(who + foreign) % 3]["id"], Answer(key=f"{mine[who]['id']}:{key}", state=state))
            for who, state, key, foreign in taps
        ]

    def seen(result: Any) -> Any:
        return result.code if isinstance(result, Refused) else (result["state"], sorted(result["times"]))

    def singly(principal: Principal, delivery_id: str, answer: Answer) -> Any:
        try:
            return city.answers.answer(principal, delivery_id, answer)
        except Refused as refused:
            return refused

    assert [seen(singly(*one)) for one in given_by(one_by_one)] == [seen(one) for one in city.answers._take(given_by(together))]
    for first, second in zip(one_by_one, together, strict=True):
        ends = [{d["unit_id"]: seen(d) for d in city.orders.deliveries(OFFICER, one["order_id"])} for one in (first, second)]
        assert ends[0] == ends[1]
        steps = [[step["state"] for step in city.answers.steps(OFFICER, one["id"])] for one in (first, second)]
        assert steps[0] == steps[1]
    assert state_of(city, one_by_one[0]) == state_of(city, together[0])

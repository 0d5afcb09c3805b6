"""The reach board is right to the unit: whatever was answered, it says what counting by hand says."""

from __future__ import annotations

import random
from typing import Any

import pytest

from dashboard.city import City
from dashboard.dispatch.answers import Answer
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.reach import Reach
from dashboard.dispatch.recipients import Criteria
from dashboard.errors import Refused
from tests.conftest import LEADER, OFFICER, TurnedClock, principal

WAY = ("delivered", "acknowledged", "en_route", "arrived", "done")


@pytest.fixture
def order(city: City) -> str:
    return str(city.orders.send(OFFICER, NewOrder(key="order-0001", title="巡查", text="请巡查", to=Criteria(area="5101")))["id"])


def fresh(city: City) -> Reach:
    """Without what was counted a moment ago."""
    return Reach(city.commands, city.areas, city.orders)


def live(city: City, order: str, clock: TurnedClock, seed: int) -> dict[str, list[float]]:
    """Everybody goes some part of the way; seconds at which each step was reached."""
    chance = random.Random(seed)
    moments: dict[str, list[float]] = {step: [] for step in WAY}
    seconds = 0.0
    for delivery in city.orders.deliveries(OFFICER, order):
        unit = principal("unit", delivery["area_code"], delivery["unit_id"])
        for step in WAY[: chance.randrange(len(WAY) + 1)]:
            pause = chance.choice((0, 1, 7))
            clock.turn(seconds=pause)
            seconds += pause
            city.answers.answer(unit, delivery["id"], Answer(key=f"{delivery['id']}-{step}", state=step))  # type: ignore[arg-type]
            moments[step].append(seconds)
    return moments


@pytest.mark.parametrize("seed", [1, 2])
def test_every_share_is_what_counting_by_hand_says(city: City, order: str, clock: TurnedClock, seed: int) -> None:
    moments = live(city, order, clock, seed)
    board = fresh(city).board(OFFICER, order, "")
    rows = city.orders.deliveries(OFFICER, order)
    for line in [board["total"], *board["areas"]]:
        own = [row for row in rows if row["area_code"].startswith(line["code"])]
        assert line["total"] == len(own)
        assert line["silent"] == sum(row["state"] in ("queued", "delivered") for row in own)
        for name, step in (("received", "delivered"), ("acknowledged", "acknowledged"), ("arrived", "arrived"), ("done", "done")):
            assert line[name] == sum(WAY.index(row["state"]) >= WAY.index(step) for row in own if row["state"] in WAY)
    assert sum(line["total"] for line in board["areas"]) == len(rows)
    for step in ("delivered", "acknowledged", "done"):
        for share in (50, 90, 99, 100):
            needed = -(-len(rows) * share // 100)
            wanted = moments[step][needed - 1] if len(moments[step]) >= needed else None
            assert board["times"][step][str(share)] == wanted
    assert {one["delivery"] for one in board["silent"]} == {row["id"] for row in rows if row["state"] in ("queued", "delivered")}


def test_everybody_means_everybody(city: City, order: str) -> None:
    rows = city.orders.deliveries(OFFICER, order)
    for row in rows[:-1]:
        city.answers.received(principal("unit", row["area_code"], row["unit_id"]), [row["id"]])
    assert fresh(city).board(OFFICER, order, "")["times"]["delivered"]["100"] is None
    last = rows[-1]
    city.answers.received(principal("unit", last["area_code"], last["unit_id"]), [last["id"]])
    assert fresh(city).board(OFFICER, order, "")["times"]["delivered"]["100"] == 0


def test_a_leader_sees_the_own_street_and_nobody_elses(city: City, order: str) -> None:
    board = city.reach.board(LEADER, order, "")
    assert board["total"]["code"] == LEADER.area_code
    assert all(one["area_code"].startswith(LEADER.area_code) for one in board["silent"])
    with pytest.raises(Refused) as caught:
        city.reach.board(LEADER, order, "510182")
    assert caught.value.code == "outside_scope"


def test_an_order_that_did_not_come_here_is_not_told_of(city: City) -> None:
    there: Any = city.orders.send(OFFICER, NewOrder(key="order-0002", title="巡查", text="请巡查", to=Criteria(area="510182")))
    with pytest.raises(Refused) as caught:
        city.reach.board(LEADER, there["id"], "")
    assert caught.value.code == "not_found"

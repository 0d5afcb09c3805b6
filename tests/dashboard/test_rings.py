"""Rings drawn by hand or by somebody who means harm: an answer at once."""

from __future__ import annotations

import random
import time
import uuid

import pytest
from pydantic import ValidationError

from dashboard.city import City
from dashboard.dispatch.recipients import Criteria
from dashboard.errors import Refused
from dashboard.fences import fences
from dashboard.fences.fences import NewFence
from dashboard.rings import MOST_POINTS, polygon
from tests.conftest import ADMIN, LEADER, OFFICER

SQUARE = [(104.06, 30.66), (104.07, 30.66), (104.07, 30.67), (104.06, 30.67)]


def at_random(points: int) -> list[tuple[float, float]]:
    chance = random.Random(1)
    return [(104 + chance.random() / 10, 30.6 + chance.random() / 10) for _ in range(points)]


def test_a_ring_is_taken_as_it_is() -> None:
    assert polygon(SQUARE, "ring").area == pytest.approx(1e-4)


@pytest.mark.parametrize("ring", [SQUARE[:2], [SQUARE[0]] * 4, [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]], at_random(MOST_POINTS)])
def test_what_crosses_itself_or_encloses_nothing_is_refused_at_once(ring: list[tuple[float, float]]) -> None:
    began = time.process_time()
    with pytest.raises(Refused) as caught:
        polygon(ring, "ring")
    assert caught.value.code == "invalid"
    assert time.process_time() - began < 1, "never repaired: 300 points at random took a minute"


def test_orders_and_fences_refuse_it(sqlite_city: City) -> None:
    crossed = [SQUARE[0], SQUARE[2], SQUARE[1], SQUARE[3]]
    with pytest.raises(Refused, match="crosses itself"):
        sqlite_city.orders.preview(OFFICER, Criteria(area="5101", lasso=crossed))
    with pytest.raises(Refused, match="crosses itself"):
        sqlite_city.fences.make(ADMIN, fence(ring=crossed))


def test_no_more_points_than_a_hand_draws() -> None:
    with pytest.raises(ValidationError):
        Criteria(area="5101", lasso=at_random(MOST_POINTS + 1))
    with pytest.raises(ValidationError):
        fence(ring=at_random(MOST_POINTS + 1))


def test_one_person_cannot_use_up_the_fences_of_all(sqlite_city: City, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(fences, "MOST_OF_MAKER", 3)
    monkeypatch.setattr(fences, "LISTED", 4)
    for _ in range(3):
        sqlite_city.fences.make(OFFICER, fence())
    with pytest.raises(Refused, match="of one person"):
        sqlite_city.fences.make(OFFICER, fence())
    for _ in range(3):
        sqlite_city.fences.make(ADMIN, fence())
    assert len(sqlite_city.fences.listed(ADMIN, "5101")) == 4, "the newest of a bounded list"


def fence(ring: list[tuple[float, float]] | None = None) -> NewFence:
    return NewFence(key=uuid.uuid4().hex, name="河道", area="510104017", ring=ring, rule="enter")


def test_a_fence_of_the_city_is_not_a_streets_to_remove(sqlite_city: City) -> None:
    drawn, own = sqlite_city.fences.make(OFFICER, fence()), sqlite_city.fences.make(LEADER, fence())
    with pytest.raises(Refused, match="from an area above"):
        sqlite_city.fences.remove(LEADER, drawn["id"])
    sqlite_city.fences.remove(LEADER, own["id"])
    sqlite_city.fences.remove(OFFICER, drawn["id"])

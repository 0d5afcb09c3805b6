"""Geofences: who enters, leaves, stays too long, or that nobody is there; each raised once, and a restart changes nothing."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from dashboard.city import City, build_city
from dashboard.dispatch.orders import Orders
from dashboard.errors import Refused
from dashboard.fences.fences import NewFence
from dashboard.fences.membership import Membership, keys_of, places_and_numbers
from dashboard.live.events import as_mapping, event_of
from dashboard.positions import PositionReport
from datasources.queries import changes
from tests.conftest import ADMIN, LEADER, OFFICER, TurnedClock, principal

STREET = "510104017"
HALF = 0.001


@pytest.fixture
def place(city: City) -> dict[str, Any]:
    return city.areas.place(ADMIN, f"{STREET}001").area


@pytest.fixture
def unit(people: list[dict[str, Any]]) -> dict[str, Any]:
    return next(one for one in people if one["area_code"].startswith(STREET))


def ring(place: dict[str, Any]) -> list[tuple[float, float]]:
    lon, lat = place["lon"], place["lat"]
    return [(lon - HALF, lat - HALF), (lon + HALF, lat - HALF), (lon + HALF, lat + HALF), (lon - HALF, lat + HALF)]


def fence(city: City, place: dict[str, Any], rule: str, **more: Any) -> dict[str, Any]:
    new = {"key": f"fence-{rule}-{len(more)}", "name": "水库库区", "area": STREET, "ring": ring(place), "rule": rule, **more}
    return city.fences.make(OFFICER, NewFence(**new))


def go(city: City, clock: TurnedClock, unit: dict[str, Any], lon: float, lat: float) -> None:
    clock.turn(seconds=10)
    city.positions.report(ADMIN, [PositionReport(unit=unit["id"], lon=lon, lat=lat, at=clock())])
    city.watcher.look()


def raised(city: City) -> list[str]:
    with city.database.read() as session:
        return [change.kind.partition(".")[2] for change in changes.after(session, 0, 10_000) if change.topic == "fence"][1:]


def test_entering_is_raised_once_and_leaving_is_not_asked_for(
    city: City, clock: TurnedClock, unit: dict[str, Any], place: dict[str, Any]
) -> None:
    made = fence(city, place, "enter")
    go(city, clock, unit, place["lon"] + 0.01, place["lat"])
    assert raised(city) == []
    go(city, clock, unit, place["lon"], place["lat"])
    go(city, clock, unit, place["lon"] + 0.0001, place["lat"])
    assert raised(city) == ["enter"]
    assert city.fences.listed(OFFICER, STREET)[0]["inside"] == 1
    go(city, clock, unit, place["lon"] + 0.01, place["lat"])
    assert raised(city) == ["enter"]
    assert city.fences.listed(LEADER, STREET)[0] | {"outline": 0} == made | {"inside": 0, "outline": 0}
    with city.database.read() as session:
        told = [event_of(as_mapping(change)) for change in changes.after(session, 0, 10_000) if change.kind == "fence.enter"]
    assert told[0] is not None
    assert (told[0]["unit"], told[0]["text"], told[0]["count"]) == (unit["name"], "水库库区", 1)


def test_who_walks_along_the_fence_is_not_raised_at_every_step(
    city: City, clock: TurnedClock, unit: dict[str, Any], place: dict[str, Any]
) -> None:
    fence(city, place, "leave")
    for _ in range(3):
        go(city, clock, unit, place["lon"], place["lat"])
        go(city, clock, unit, place["lon"] + 0.01, place["lat"])
    assert raised(city) == ["leave"]
    clock.turn(seconds=60)
    go(city, clock, unit, place["lon"], place["lat"])
    go(city, clock, unit, place["lon"] + 0.01, place["lat"])
    assert raised(city) == ["leave", "leave"]


def test_staying_too_long_survives_a_restart_and_is_raised_once(
    city: City, clock: TurnedClock, unit: dict[str, Any], place: dict[str, Any]
) -> None:
    fence(city, place, "stay", minutes=15)
    go(city, clock, unit, place["lon"], place["lat"])
    clock.turn(minutes=10)
    again = build_city(city.settings, clock, database=city.database)
    again.watcher.look()
    assert raised(city) == []
    clock.turn(minutes=6)
    again.watcher.look()
    again.watcher.look()
    assert raised(city) == ["stay"]
    third = build_city(city.settings, clock, database=city.database)
    third.watcher.look()
    assert raised(city) == ["stay"]


def test_who_has_just_gone_has_not_stayed_too_long(city: City, clock: TurnedClock, unit: dict[str, Any], place: dict[str, Any]) -> None:
    fence(city, place, "stay", minutes=15)
    go(city, clock, unit, place["lon"], place["lat"])
    clock.turn(minutes=20)
    go(city, clock, unit, place["lon"] + 0.01, place["lat"])
    assert raised(city) == []
    assert city.fences.listed(OFFICER, STREET)[0]["inside"] == 0


def test_nobody_inside_for_too_long_opens_a_ticket(city: City, clock: TurnedClock, unit: dict[str, Any], place: dict[str, Any]) -> None:
    fence(city, place, "empty", minutes=5, effect="ticket", level="orange")
    city.watcher.look()
    for _ in range(3):
        go(city, clock, unit, place["lon"], place["lat"])
        clock.turn(minutes=7)
        city.watcher.look()
    assert raised(city) == []
    go(city, clock, unit, place["lon"] + 0.01, place["lat"])
    clock.turn(minutes=6)
    city.watcher.look()
    city.watcher.look()
    assert raised(city) == ["empty"]
    (ticket,) = [one for one in city.tickets.listed(OFFICER, STREET, [], 100, "") if "水库库区" in one["text"]]
    assert (ticket["level"], ticket["text"]) == ("orange", "电子围栏「水库库区」无人在岗")


def test_who_is_not_heard_of_holds_no_post(city: City, clock: TurnedClock, unit: dict[str, Any], place: dict[str, Any]) -> None:
    """A phone whose battery is dead stands where it stood for ever: that is nobody at the post."""
    fence(city, place, "empty", minutes=5)
    go(city, clock, unit, place["lon"], place["lat"])
    clock.turn(minutes=11)
    city.watcher.look()
    assert raised(city) == []
    clock.turn(minutes=6)
    city.watcher.look()
    assert raised(city) == ["empty"]


def test_a_message_reaches_the_person(city: City, clock: TurnedClock, unit: dict[str, Any], place: dict[str, Any]) -> None:
    fence(city, place, "enter", effect="message", text="此处危险，请立即离开")
    go(city, clock, unit, place["lon"], place["lat"])
    work = city.answers.work_of(principal("unit", unit["area_code"], unit["id"]))
    assert [(one["order"]["title"], one["order"]["text"]) for one in work] == [("水库库区", "此处危险，请立即离开")]
    assert work[0]["order"]["sender"] == "电子围栏"


@pytest.mark.parametrize("effect", [{"effect": "ticket"}, {"effect": "message", "text": "请立即离开"}])
def test_a_crash_between_the_event_and_what_follows_loses_nothing(
    city: City, clock: TurnedClock, unit: dict[str, Any], place: dict[str, Any], effect: dict[str, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    fence(city, place, "enter", **effect)
    with monkeypatch.context() as patched:
        patched.setattr(city.watcher, "_act", lambda *_: None)  # the process ends here
        go(city, clock, unit, place["lon"], place["lat"])
    person = principal("unit", unit["area_code"], unit["id"])

    def made() -> int:
        tickets = [one for one in city.tickets.listed(OFFICER, STREET, [], 100, "") if "水库库区" in one["text"]]
        return len(tickets) + len(city.answers.work_of(person))

    assert made() == 0
    for _ in range(2):  # and a second restart makes it no second time
        build_city(city.settings, clock, database=city.database).watcher.look()
        assert made() == 1
    assert raised(city) == ["enter"]


def test_what_was_refused_is_told_once_and_not_tried_again_at_every_start(
    city: City, clock: TurnedClock, unit: dict[str, Any], place: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: Any) -> None:
        raise Refused("no_recipients")

    monkeypatch.setattr(Orders, "send", refuse)
    fence(city, place, "enter", effect="message", text="请立即离开")
    go(city, clock, unit, place["lon"], place["lat"])
    build_city(city.settings, clock, database=city.database).watcher.look()
    assert raised(city) == ["enter", "fail"]


def test_who_goes_off_duty_is_nowhere(city: City, clock: TurnedClock, unit: dict[str, Any], place: dict[str, Any]) -> None:
    fence(city, place, "leave")
    go(city, clock, unit, place["lon"], place["lat"])
    city.positions.hot.set_duty(unit["number"], False)
    city.watcher.look()
    assert raised(city) == ["leave"]


def test_units_from_beyond_the_makers_area_are_neither_named_nor_written_to(
    city: City, clock: TurnedClock, people: list[dict[str, Any]], place: dict[str, Any]
) -> None:
    other = next(one for one in people if not one["area_code"].startswith(STREET))
    new = {"name": "库区", "area": STREET, "ring": ring(place), "rule": "enter", "effect": "message", "text": "请离开"}
    city.fences.make(LEADER, NewFence(key="fence-of-leader", **new))
    go(city, clock, other, place["lon"], place["lat"])
    assert raised(city) == []
    assert city.answers.work_of(principal("unit", other["area_code"], other["id"])) == []


def test_a_fence_that_is_removed_watches_no_more(city: City, clock: TurnedClock, unit: dict[str, Any], place: dict[str, Any]) -> None:
    made = fence(city, place, "enter")
    assert city.fences.make(OFFICER, NewFence(key="fence-enter-0", name="x", area=STREET, rule="enter")) == made  # the same key
    city.fences.remove(OFFICER, made["id"])
    go(city, clock, unit, place["lon"], place["lat"])
    assert raised(city) == ["remove"]
    assert city.fences.listed(OFFICER, STREET) == []


def test_nobody_makes_or_removes_fences_beyond_their_scope(city: City, place: dict[str, Any]) -> None:
    made = fence(city, place, "enter")
    elsewhere = principal("leader", "510182")

    def code(action: Any) -> str:
        with pytest.raises(Refused) as caught:
            action()
        return caught.value.code

    new = {"key": "fence-foreign", "name": "x", "rule": "enter"}
    assert code(lambda: city.fences.remove(elsewhere, made["id"])) == "not_found"
    assert code(lambda: city.fences.listed(elsewhere, STREET)) == "outside_scope"
    assert code(lambda: city.fences.make(elsewhere, NewFence(area=STREET, **new))) == "outside_scope"
    assert code(lambda: city.fences.make(elsewhere, NewFence(area="510182", ring=ring(place), **new))) == "outside_scope"
    assert code(lambda: city.fences.make(principal("unit", STREET, "u"), NewFence(area=STREET, **new))) == "forbidden"
    assert code(lambda: city.fences.make(OFFICER, NewFence(area=STREET, ring=[(104, 30), (104.1, 30), (104.2, 30)], **new))) == "invalid"
    assert code(lambda: city.fences.make(OFFICER, NewFence(area="510199", **new))) == "unknown_area"


@pytest.mark.parametrize(
    "wrong",
    [
        {"rule": "stay"},
        {"rule": "enter", "minutes": 5},
        {"rule": "enter", "effect": "message"},
        {"rule": "empty", "minutes": 5, "effect": "message", "text": "x"},
        {"rule": "enter", "ring": [(104, 30), (104.1, 30)]},
    ],
)
def test_rules_that_make_no_sense_are_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        NewFence(key="fence-wrong", name="x", area=STREET, **wrong)


@given(
    boxes=st.lists(st.tuples(st.integers(0, 9), st.integers(0, 9), st.integers(1, 6), st.integers(1, 6)), min_size=1, max_size=8),
    walks=st.lists(st.lists(st.tuples(st.integers(0, 5), st.integers(0, 12), st.integers(0, 12)), max_size=6), max_size=8),
)
def test_membership_is_what_a_look_at_every_pair_would_find(
    boxes: list[tuple[int, int, int, int]], walks: list[list[tuple[int, int, int]]]
) -> None:
    outlines = [shapely.box(x + 0.5, y + 0.5, x + 0.5 + w, y + 0.5 + h) for x, y, w, h in boxes]
    membership, where, inside = Membership(outlines, np.empty(0, np.int64)), {}, set()
    for walk in walks:
        last = {number: (x, y) for number, x, y in walk}
        where |= last
        numbers = np.array(list(last), np.int64)
        at = np.array(list(last.values()), np.float64).reshape(-1, 2)
        entered, left = membership.move(numbers, at[:, 0], at[:, 1])
        now = {(f, n) for f, box in enumerate(outlines) for n, (x, y) in where.items() if shapely.intersects_xy(box, x, y)}

        def pairs(keys: Any) -> set[tuple[int, int]]:
            return set(zip(*(part.tolist() for part in places_and_numbers(keys)), strict=True))

        assert pairs(entered) == now - inside
        assert pairs(left) == inside - now
        assert pairs(membership.inside) == now
        inside = now
    assert keys_of(np.array([3]), np.array([44_000])).tolist() == [(3 << 32) | 44_000]

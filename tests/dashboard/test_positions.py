"""Positions: checked at the edge, all of a list or none, stored in batches."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from pydantic import ValidationError

from dashboard.city import City, build_city
from dashboard.errors import Refused
from dashboard.geo import wgs84_to_gcj02
from dashboard.live import frames
from dashboard.positions import PositionReport
from datasources.hot import GONE
from datasources.queries import positions as queries
from tests.conftest import ADMIN, TurnedClock, on_duty, principal


@pytest.fixture
def place(city: City) -> dict[str, Any]:
    return city.areas.place(ADMIN, "510104017001").area


def at(whose: dict[str, Any], place: dict[str, Any], clock: TurnedClock, **more: Any) -> PositionReport:
    return PositionReport(**{"unit": whose["id"], "lon": place["lon"], "lat": place["lat"], "at": clock(), **more})


def test_what_was_accepted_survives_a_restart(city: City, clock: TurnedClock, people: list[dict[str, Any]], place: dict[str, Any]) -> None:
    assert city.positions.report(ADMIN, [at(unit, place, clock) for unit in people[:3]]) == 3
    for folded in (0, 3):
        again = build_city(city.settings, clock, database=city.database)
        found = again.positions.of_unit(people[2]["number"])
        assert found is not None
        assert found["lon"] == pytest.approx(place["lon"], abs=1e-6)
        assert city.positions.fold() == 3 - folded


@pytest.mark.parametrize("step", ["fold", "drop_journal"])
def test_a_fold_that_is_cut_short_loses_and_doubles_nothing(
    city: City, clock: TurnedClock, people: list[dict[str, Any]], place: dict[str, Any], step: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    def cut(*_: Any) -> None:
        raise ConnectionError("cut")

    started = clock()
    for _ in range(3):
        city.positions.report(ADMIN, [at(unit, place, clock) for unit in people[:4]])
        clock.turn(seconds=10)
    monkeypatch.setattr("dashboard.positions.FOLD_UNITS", 2)
    with monkeypatch.context() as during:
        during.setattr(queries, step, cut)
        with pytest.raises(ConnectionError):
            city.positions.fold()
    city.positions.report(ADMIN, [at(people[0], place, clock)])
    city.positions.fold()
    city.positions.report(ADMIN, [at(people[1], place, clock, at=clock() - timedelta(seconds=25))])
    assert [len(city.positions.trail(unit["number"], started)) for unit in people[:4]] == [4, 4, 3, 3]
    assert city.positions.fold() == 1
    assert [len(city.positions.trail(unit["number"], started)) for unit in people[:4]] == [4, 4, 3, 3]
    assert city.positions.fold() == 0
    clock.turn(hours=25)
    city.positions.forget_old()
    assert city.positions.trail(people[0]["number"], started) == []


def test_an_older_position_does_not_replace_a_newer_one(
    city: City, clock: TurnedClock, people: list[dict[str, Any]], place: dict[str, Any]
) -> None:
    city.positions.report(ADMIN, [at(people[0], place, clock)])
    late = at(people[0], {"lon": place["lon"] + 0.0005, "lat": place["lat"]}, clock, at=clock() - timedelta(minutes=5))
    city.positions.report(ADMIN, [late])
    city.positions.fold()
    found = city.positions.of_unit(people[0]["number"])
    assert found is not None
    assert found["lon"] == pytest.approx(place["lon"], abs=1e-6)
    assert len(city.positions.trail(people[0]["number"], clock() - timedelta(hours=1))) == 2


def test_gcj02_is_converted_at_the_edge(city: City, clock: TurnedClock, people: list[dict[str, Any]], place: dict[str, Any]) -> None:
    lon, lat = wgs84_to_gcj02(place["lon"], place["lat"])
    city.positions.report(ADMIN, [at(people[0], place, clock, lon=float(lon), lat=float(lat), crs="gcj02")])
    found = city.positions.of_unit(people[0]["number"])
    assert found is not None
    assert found["lon"] == pytest.approx(place["lon"], abs=2e-6)


@pytest.mark.parametrize(
    ("wrong", "code"),
    [
        (lambda clock, people: {"unit": "nobody"}, "unknown_unit"),
        (lambda clock, people: {"lon": 116.4, "lat": 39.9}, "outside_city"),
        (lambda clock, people: {"at": clock() + timedelta(minutes=2)}, "future"),
        (lambda clock, people: {"at": clock() - timedelta(hours=25)}, "too_old"),
    ],
)
def test_one_bad_position_refuses_the_whole_list(
    city: City, clock: TurnedClock, people: list[dict[str, Any]], place: dict[str, Any], wrong: Any, code: str
) -> None:
    with pytest.raises(Refused) as caught:
        city.positions.report(ADMIN, [at(people[0], place, clock), at(people[1], place, clock, **wrong(clock, people))])
    assert (caught.value.code, caught.value.field) == (code, "positions[1]")
    assert city.positions.of_unit(people[0]["number"]) is None
    assert city.positions.fold() == 0


@pytest.mark.parametrize("field", ["lon", "lat", "heading", "accuracy_m"])
def test_what_is_no_number_is_no_position(clock: TurnedClock, field: str) -> None:
    for value in (float("nan"), float("inf")):
        with pytest.raises(ValidationError, match=field):
            PositionReport.model_validate({"unit": "u", "lon": 104.0, "lat": 30.6, "at": clock()} | {field: value})


def test_nobody_reports_for_others_without_the_right(
    city: City, clock: TurnedClock, people: list[dict[str, Any]], place: dict[str, Any]
) -> None:
    unit = principal("unit", people[0]["area_code"], people[0]["id"])
    assert city.positions.report(unit, [at(people[0], place, clock)]) == 1
    for who, code in ((unit, "outside_scope"), (principal("officer", "510182"), "outside_scope"), (principal("leader"), "forbidden")):
        with pytest.raises(Refused) as caught:
            city.positions.report(who, [at(people[1], place, clock)])
        assert caught.value.code == code


def test_frames_hold_who_moved_in_an_area_and_hide_who_is_off_duty(
    city: City, clock: TurnedClock, people: list[dict[str, Any]], place: dict[str, Any]
) -> None:
    here, there = people[0], people[-1]
    assert not there["area_code"].startswith("510104")
    city.positions.report(ADMIN, [at(here, place, clock), at(there, place, clock)])
    sent = frames.moved_frames(city.positions.hot, ["510104", "5101", "510105"], 1)
    assert {code: frames.HEADER.unpack(frame[:16])[3] for code, frame in sent.items()} == {"510104": 1, "5101": 2}
    assert frames.moved_frames(city.positions.hot, ["5101"], 2) == {}
    city.positions.hot.set_duty(here["number"], False)
    gone = frames.moved_frames(city.positions.hot, ["5101"], 3)["5101"]
    assert int.from_bytes(gone[20:24], "little") == GONE
    assert frames.HEADER.unpack(frames.full_frame(city.positions.hot, "5101", 4)[:16])[3] == 1


@pytest.mark.parametrize(("ahead", "taken"), [(30, True), (300, True), (86_000, True), (90_000, False)])
def test_a_phone_whose_clock_runs_ahead_is_on_the_map(
    city: City, people: list[dict[str, Any]], clock: TurnedClock, ahead: int, taken: bool
) -> None:
    person = people[0]
    lon, lat = city.areas.middle(person["area_code"])
    report = PositionReport(unit=person["id"], lon=lon, lat=lat, at=clock() + timedelta(seconds=ahead))
    own = principal("unit", person["area_code"], person["id"])
    if not taken:
        with pytest.raises(Refused):
            city.positions.report(own, [report])
        return
    assert city.positions.report(own, [report]) == 1
    known = city.positions.of_unit(person["number"])
    assert known is not None
    assert known["at"] == clock().isoformat(timespec="milliseconds"), "it counts as now"


@pytest.mark.parametrize("n", [1, 5, 2000, 3400])
def test_a_trail_ends_where_the_unit_is(sqlite_city: City, clock: TurnedClock, n: int) -> None:
    person = on_duty(sqlite_city)[0]
    lon, lat = sqlite_city.areas.middle(person["area_code"])
    reports = [PositionReport(unit=person["id"], lon=lon + i / 1e6, lat=lat, at=clock() - timedelta(seconds=n - 1 - i)) for i in range(n)]
    sqlite_city.positions.report(ADMIN, reports)
    trail = sqlite_city.positions.trail(person["number"], clock() - timedelta(hours=1))
    assert len(trail) <= 2000
    assert len(trail) >= min(n, 1000)
    assert trail[-1] == pytest.approx([lon + (n - 1) / 1e6, lat], abs=1e-6)

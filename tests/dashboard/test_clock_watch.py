"""A clock that is set while the city works: said, and what waits goes on waiting as long as it would have."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyotp
import pytest

from dashboard import second_factor
from dashboard.city import City
from dashboard.clock_watch import SAID_S, ClockWatch
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.positions import PositionReport
from datasources.models import Delivery
from tests.conftest import ADMIN, OFFICER, TurnedClock


class Running:
    """The clock that only runs."""

    def __init__(self) -> None:
        self.seconds = 100.0

    def __call__(self) -> float:
        return self.seconds


@pytest.fixture
def running() -> Running:
    return Running()


@pytest.fixture
def watch(city: City, clock: TurnedClock, running: Running) -> ClockWatch:
    return ClockWatch(city.database, city.troubles, clock, lambda: True, running)


def passed(clock: TurnedClock, running: Running, seconds: float, step: float = 0.0) -> None:
    running.seconds += seconds
    clock.turn(seconds=seconds + step)


def kinds(city: City) -> list[str]:
    return [trouble["kind"] for trouble in city.troubles.listed()]


def test_a_clock_that_only_runs_is_no_trouble(city: City, clock: TurnedClock, running: Running, watch: ClockWatch) -> None:
    for step in (0.0, 0.4, -0.4, 3.0):
        passed(clock, running, 1.0, step)
        assert watch.look() == 0
    assert (kinds(city), watch.problem()) == ([], "")


@pytest.mark.parametrize("step", [-3600.0, 3600.0])
def test_what_waits_for_a_moment_waits_no_longer_and_no_shorter(
    city: City, clock: TurnedClock, running: Running, watch: ClockWatch, people: list[dict[str, Any]], step: float
) -> None:
    to = Criteria(area="5101", units=[people[0]["id"]])
    order = city.orders.send(OFFICER, NewOrder(key="clock-order", title="x", text="x", to=to))
    with city.database.read() as session:
        (before,) = [one.call_at for one in session.query(Delivery).filter_by(order_id=order["id"])]
    assert before is not None
    wait = before - clock()
    passed(clock, running, 1.0, step)
    assert watch.look() == pytest.approx(step)
    with city.database.read() as session:
        (after,) = [one.call_at for one in session.query(Delivery).filter_by(order_id=order["id"])]
    assert after is not None
    assert after - clock() == wait - timedelta(seconds=1)
    assert kinds(city) == ["clock"]
    assert watch.problem() == "stepped"
    passed(clock, running, SAID_S + 1)
    assert watch.look() == 0
    assert (kinds(city), watch.problem()) == ([], "")


def test_only_the_worker_that_leads_moves_what_all_share(city: City, clock: TurnedClock, running: Running) -> None:
    follower = ClockWatch(city.database, city.troubles, clock, lambda: False, running)
    passed(clock, running, 1.0, 60.0)
    assert follower.look() == pytest.approx(60.0)
    assert kinds(city) == ["clock"]


def test_after_a_clock_was_set_back_people_are_seen_where_they_are(city: City, clock: TurnedClock, people: list[dict[str, Any]]) -> None:
    unit = people[0]
    lon, lat = city.areas.middle(unit["area_code"])

    def seen_at(shift: float) -> dict[str, object] | None:
        report = PositionReport(unit=unit["id"], lon=lon + shift, lat=lat, at=clock())
        assert city.positions.report(ADMIN, [report]) == 1
        return city.positions.of_unit(unit["number"])

    first = seen_at(0.0)
    clock.turn(hours=-1)
    second = seen_at(0.00001)
    assert first is not None
    assert second is not None
    assert second["at"] < first["at"]  # type: ignore[operator]
    city.positions.fold()
    clock.turn(seconds=5)
    seen_at(0.00002)
    city.positions.fold()
    city.positions.refresh()
    shown = city.positions.of_unit(unit["number"])
    assert shown is not None
    assert shown["at"] == clock().isoformat(timespec="milliseconds")


def test_codes_are_taken_again_after_a_clock_was_set_back(clock: TurnedClock) -> None:
    secret = second_factor.new_secret()
    used = second_factor.used_step(secret, pyotp.TOTP(secret).at(clock()), 0, clock())
    assert used is not None
    clock.turn(hours=-1)
    again = second_factor.used_step(secret, pyotp.TOTP(secret).at(clock()), used, clock())
    assert again is not None
    assert second_factor.used_step(secret, pyotp.TOTP(secret).at(clock()), again, clock()) is None, "and none twice"

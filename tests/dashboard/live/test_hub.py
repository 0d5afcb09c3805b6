"""The hub's loop: people in the field are told at once, screens at their interval, and nothing waits for ever."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import pytest

from dashboard.city import City
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.live import hub as hubs
from dashboard.live.hub import Hub
from tests.conftest import ADMIN, OFFICER, TurnedClock
from tests.waiting import wait_for


class Recorder:
    """An outlet: every unit is connected, and one screen looks at the city."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str, Any]] = []
        self.told: list[str] = []

    def send(self, room: str, event: str, message: Any) -> None:
        self.sent.append((room, event, message))

    def send_frame(self, area_code: str, frame: bytes) -> None:
        """Nobody looks at positions here."""

    def watched(self) -> set[str]:
        return {"area:5101"}

    def frame_areas(self) -> list[str]:
        return []

    def colour_rooms(self) -> list[tuple[str, str]]:
        return []

    def has_unit(self, _unit_id: str) -> bool:
        return True

    def send_units(self, _event: str, message: dict[str, Any], deliveries: Iterable[tuple[str, str]]) -> None:
        self.told += [message["order_id"]] * len(list(deliveries))

    def patches(self) -> int:
        return sum(event == "patch" for _, event, _ in self.sent)


class Wall:
    """A hub, a screen that looks at the city, and a desk that sends orders to one person."""

    def __init__(self, city: City, clock: TurnedClock) -> None:
        self._city = city
        self._unit = next(one["id"] for one in city.units.covering(ADMIN, "5101", 500) if one["duty"] == "on_duty")
        self.outlet = Recorder()
        self.hub = Hub(city.database, city.bus, city.positions.hot, city.positions.number_of, clock)
        self.hub.open_area("5101", None)

    def send(self, number: int) -> str:
        to = Criteria(area="5101", units=[self._unit])
        return str(self._city.orders.send(OFFICER, NewOrder(key=f"hub-test-{number}", title="巡查", text="请巡查", to=to))["id"])


@pytest.fixture
def wall(sqlite_city: City, clock: TurnedClock) -> Iterator[Wall]:
    wall = Wall(sqlite_city, clock)
    yield wall
    wall.hub.stop()


def test_an_order_does_not_wait_until_screens_are_told_again(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    hub, outlet = wall.hub, wall.outlet
    monkeypatch.setattr(hubs, "PATCH_INTERVAL_S", 600.0)
    monkeypatch.setattr(hubs, "LEAST_PAUSE_S", 0.01)
    monkeypatch.setattr(hubs, "PAUSE_FOR_WORK", 0)
    hub.start(outlet)
    first = wall.send(1)
    wait_for(lambda: first in outlet.told and outlet.patches() == 1, 30)
    second = wall.send(2)
    wait_for(lambda: second in outlet.told, 30)
    assert outlet.patches() == 1  # the screens' turn has not come
    monkeypatch.setattr(hubs, "PATCH_INTERVAL_S", 0.1)
    wall.send(3)
    wait_for(lambda: outlet.patches() == 2, 30)
    assert hub.alive()


def test_the_screens_get_their_patch_without_a_further_change(wall: Wall, monkeypatch: pytest.MonkeyPatch) -> None:
    hub, outlet = wall.hub, wall.outlet
    monkeypatch.setattr(hubs, "PATCH_INTERVAL_S", 1.0)
    monkeypatch.setattr(hubs, "POLL_S", 600.0)  # nothing but the patch that is due may wake it
    hub.start(outlet)
    for number in range(2):
        order = wall.send(number)
        wait_for(lambda order=order: order in outlet.told, 30)
    wait_for(lambda: outlet.patches() == 2, 30)
    assert outlet.sent[-1][2]["seq"] == hub.seq

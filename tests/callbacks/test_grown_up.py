"""The grown-up form: several workers on PostgreSQL and Redis serve one city, settings only."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from dashboard.city import City, build_city
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.live import frames
from tests.callbacks.conftest import Pair
from tests.callbacks.test_sockets import Screen
from tests.conftest import ADMIN, OFFICER
from tests.servers import redis_server

pytestmark = [pytest.mark.postgres, pytest.mark.redis]

POINT = (104.066, 30.657)


@pytest.fixture
def city(pair: Pair) -> Iterator[City]:
    built = build_city(pair.first.settings)
    yield built
    built.close()


def on_duty(city: City) -> list[dict[str, Any]]:
    return [u for u in city.units.covering(ADMIN, "5101", 500) if u["duty"] == "on_duty"]


def position(unit: dict[str, Any]) -> dict[str, Any]:
    return {"unit": unit["id"], "lon": POINT[0], "lat": POINT[1], "at": datetime.now(UTC).isoformat()}


def shows(number: int) -> Callable[[Any], bool]:
    """Whether a frame has this unit at our point."""

    def fits(message: Any) -> bool:
        frame = message[1]
        count = frames.HEADER.unpack_from(frame)[3]
        numbers = np.frombuffer(frame, "<u4", count, frames.HEADER.size)
        lons = np.frombuffer(frame, "<i4", count, frames.HEADER.size + 4 * count)
        return bool(((numbers == number) & (lons == round(POINT[0] * 1e6))).any())

    return fits


def test_a_change_of_one_worker_is_on_the_screens_of_the_other(pair: Pair, city: City) -> None:
    screen = Screen(pair.second, pair.first.token("officer"))
    before: Any = screen.call("open", {"area": "5101"})
    unit = on_duty(city)[0]
    began = time.monotonic()
    assert pair.post(pair.first, f"/units/{unit['id']}/duty", {"duty": "off_duty"}).ok
    patch = screen.waits_for("patch", lambda p: "5101" in p.get("figures", {}))
    assert patch["figures"]["5101"]["on_duty"] == before["figures"]["5101"]["on_duty"] - 1
    assert time.monotonic() - began < 3
    screen.socket.disconnect()


def test_a_position_of_one_worker_is_in_the_frames_of_the_other_also_after_redis_has_lost_its_memory(
    pair: Pair, city: City, own_redis: tuple[Any, int]
) -> None:
    screen = Screen(pair.second, pair.first.token("officer"))
    screen.call("open", {"area": "5101"})
    first, second, third = on_duty(city)[:3]
    assert pair.post(pair.first, "/positions", position(first)).status_code == 202
    screen.waits_for("frame", shows(first["number"]))
    own_redis[0].__exit__(None, None, None)
    assert pair.post(pair.first, "/positions", position(second)).status_code == 202
    screen.waits_for("frame", shows(second["number"]))
    with redis_server(pair.folder, pair.redis_port):
        time.sleep(4)
        assert pair.post(pair.first, "/positions", position(third)).status_code == 202
        began = time.monotonic()
        screen.waits_for("frame", shows(third["number"]))
        assert time.monotonic() - began < 2.5
        screen.socket.disconnect()


def test_an_order_reaches_the_unit_that_hangs_on_the_other_worker(pair: Pair, city: City) -> None:
    unit = on_duty(city)[0]
    phone = Screen(pair.second, pair.first.token("unit", unit["area_code"], unit["id"]))
    body = {"key": str(uuid.uuid4()), "title": "巡查", "text": "请巡查。", "to": {"area": "5101", "units": [unit["id"]]}}
    order = pair.post(pair.first, "/orders", body).json()
    told = phone.waits_for("delivery", lambda d: d["order_id"] == order["id"])
    assert phone.call("answer", {"delivery": told["id"], "key": str(uuid.uuid4()), "state": "acknowledged"})["state"] == "acknowledged"
    phone.socket.disconnect()


def test_desk_and_unit_are_linked_over_two_workers(pair: Pair, city: City) -> None:
    unit = on_duty(city)[0]
    desk = Screen(pair.first, pair.first.token("officer"))
    phone = Screen(pair.second, pair.first.token("unit", unit["area_code"], unit["id"]))
    link = desk.call("link", {"kind": "ring", "unit": unit["id"]})["link"]
    assert phone.waits_for("link", lambda m: m["kind"] == "ring")["link"] == link
    assert phone.call("link", {"kind": "accept", "link": link}) == {"link": link}
    desk.waits_for("link", lambda m: m["kind"] == "accept")
    desk.call("link", {"kind": "offer", "link": link, "data": {"sdp": "…"}})
    assert phone.waits_for("link", lambda m: m["kind"] == "offer")["data"] == {"sdp": "…"}
    phone.socket.disconnect()
    desk.waits_for("link", lambda m: m["kind"] == "hang_up")
    assert desk.call("link", {"kind": "ring", "unit": unit["id"]})["link"]  # the unit is free again
    desk.socket.disconnect()


def test_what_is_done_once_goes_on_when_its_worker_dies(pair: Pair, city: City) -> None:
    unit = on_duty(city)[0]
    pair.first.server.kill()  # it was there first: it leads
    deadline = datetime.now(UTC) + timedelta(seconds=1.5)
    order = city.orders.send(
        OFFICER, NewOrder(key=str(uuid.uuid4()), title="t", text="t", deadline=deadline, to=Criteria(area="5101", units=[unit["id"]]))
    )
    until = time.monotonic() + 12
    while not (late := [d for d in city.orders.deliveries(OFFICER, order["id"]) if d["escalated"]]) and time.monotonic() < until:
        time.sleep(0.2)
    assert [d["unit_id"] for d in late] == [unit["id"]]


def test_a_city_in_the_process_of_a_tool_is_heard_too(pair: Pair) -> None:
    tool = build_city(replace(pair.first.settings, redis_url=None))
    screen = Screen(pair.second, pair.first.token("officer"))
    before: Any = screen.call("open", {"area": "5101"})
    tool.units.set_duty(OFFICER, on_duty(tool)[0]["id"], "off_duty")  # without Redis: found by looking
    patch = screen.waits_for("patch", lambda p: "5101" in p.get("figures", {}))
    assert patch["figures"]["5101"]["on_duty"] == before["figures"]["5101"]["on_duty"] - 1
    screen.socket.disconnect()
    tool.close()

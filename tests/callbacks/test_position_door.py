"""Single positions by the shorter way: the same checks and answers as everywhere, in the order in which they were sent."""

from __future__ import annotations

import http.client
import json
import socket
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest
import requests

from dashboard.city import City, build_city
from tests.conftest import ADMIN, Running

STREET = "510104017"


@pytest.fixture(scope="module")
def live(running: Running) -> Iterator[City]:
    city = build_city(running.settings)
    yield city
    city.close()


@pytest.fixture(scope="module")
def unit(live: City) -> dict[str, Any]:
    return next(one for one in live.units.covering(ADMIN, STREET, 500) if one["duty"] == "on_duty")


@pytest.fixture(scope="module")
def place(live: City) -> dict[str, Any]:
    return live.areas.place(ADMIN, f"{STREET}001").area


@pytest.fixture
def plain(running: Running) -> Iterator[socket.socket]:
    parts = urlsplit(running.server.address)
    with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=60) as one:
        yield one


def body(unit: dict[str, Any], place: dict[str, Any], **more: Any) -> bytes:
    return json.dumps({"unit": unit["id"], "lon": place["lon"], "lat": place["lat"], "at": datetime.now(UTC).isoformat(), **more}).encode()


def message(token: str, content: bytes, *headers: str) -> bytes:
    head = ["POST /api/v1/positions HTTP/1.1", "Host: x", f"Authorization: Bearer {token}", f"Content-Length: {len(content)}", *headers]
    return "\r\n".join([*head, "", ""]).encode() + content


def answers(plain: socket.socket, count: int) -> list[tuple[int, Any]]:
    found = []
    with plain.makefile("rb") as stream:
        for _ in range(count):
            status = int(stream.readline().split()[1])
            length = 0
            while (line := stream.readline().strip()) != b"":
                name, _, value = line.partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
            found.append((status, json.loads(stream.read(length))))
    return found


def test_a_position_is_accepted_and_shown(running: Running, plain: socket.socket, unit: dict[str, Any], place: dict[str, Any]) -> None:
    token = running.token("admin")
    plain.sendall(message(token, body(unit, place)))
    assert answers(plain, 1) == [(202, {"accepted": 1})]
    found = requests.get(
        f"{running.server.address}/api/v1/units/{unit['id']}", headers={"Authorization": f"Bearer {token}"}, timeout=60
    ).json()
    assert found["position"]["lon"] == pytest.approx(place["lon"], abs=1e-6)


def test_what_is_sent_together_is_answered_in_its_order_each_by_itself(
    running: Running, plain: socket.socket, unit: dict[str, Any], place: dict[str, Any]
) -> None:
    admin, leader = running.token("admin"), running.token("leader", STREET)
    sent = [
        message(admin, body(unit, place)),
        message("yp_api_guess", body(unit, place)),
        message(admin, body(unit, place, lon=120.0)),
        message(leader, body(unit, place)),
        message(admin, b'{"unit": '),
        message(admin, body({"id": "nobody"}, place)),
        message(admin, body(unit, place, at="2030-01-01T00:00:00Z")),
        message(admin, body(unit, place, lat="north")),
        message(admin, body(unit, place)),
    ]
    plain.sendall(b"".join(sent))
    found = answers(plain, len(sent))
    said = [answer.get("error", {}).get("code", status) for status, answer in found]
    assert said == [202, "unauthenticated", "outside_city", "forbidden", "malformed", "unknown_unit", "future", "invalid", 202]
    assert found[2][1]["error"]["field"] == "positions[0]"


def test_nobody_reports_for_another_or_beyond_the_scope(
    running: Running, live: City, plain: socket.socket, unit: dict[str, Any], place: dict[str, Any]
) -> None:
    other = next(one for one in live.units.covering(ADMIN, STREET, 500) if one["id"] != unit["id"])
    own, elsewhere = running.token("unit", unit["area_code"], unit["id"]), running.token("admin", "510182")
    screen = running.token("officer", kind="device")
    plain.sendall(b"".join([message(own, body(unit, place)), message(own, body(other, place)), message(elsewhere, body(unit, place))]))
    plain.sendall(message(screen, body(unit, place)))
    said = [answer.get("error", {}).get("code", status) for status, answer in answers(plain, 4)]
    assert said == [202, "outside_scope", "outside_scope", "forbidden"]


@pytest.mark.parametrize("cut", [5, 40, 150, -4])
def test_a_request_in_pieces_is_answered(
    running: Running, plain: socket.socket, unit: dict[str, Any], place: dict[str, Any], cut: int
) -> None:
    whole = message(running.token("admin"), body(unit, place))
    plain.sendall(whole[:cut])
    time.sleep(0.1)
    plain.sendall(whole[cut:])
    assert answers(plain, 1) == [(202, {"accepted": 1})]


def test_the_longer_way_is_taken_on_the_same_connection(running: Running, unit: dict[str, Any], place: dict[str, Any]) -> None:
    """A list, a browser's cookie, an odd header: gunicorn and Flask answer the same."""
    headers = {"Authorization": f"Bearer {running.token('admin')}"}
    connection = http.client.HTTPConnection(urlsplit(running.server.address).netloc, timeout=60)
    one = body(unit, place)
    for content, more in ((one, {}), (b"[" + one + b"]", {}), (one, {"Cookie": "a=b"}), (one, {"Content-Encoding": "identity"}), (one, {})):
        connection.request("POST", "/api/v1/positions", content, {**headers, **more})
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())) == (202, {"accepted": 1})
    connection.request("POST", "/api/v1/positions", b" " * 5000, headers)
    assert connection.getresponse().status == 400

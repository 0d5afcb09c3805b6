"""Requests that nobody of ours would make: a refusal, never a failure, and nothing kept of them."""

from __future__ import annotations

import http.client
import uuid
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest
import requests

from tests.conftest import Running


@pytest.fixture
def officer(running: Running) -> dict[str, str]:
    return {"Authorization": f"Bearer {running.token('officer')}"}


@pytest.mark.parametrize("area", ["5101%F4%8F%BF%BF", "5101%ED%9F%BF", "%D9%A5%D9%A1", "51-1", "5" * 19])
@pytest.mark.parametrize("path", ["tickets", "units", "fences", "warnings"])
def test_an_area_that_is_no_code_is_refused(running: Running, officer: dict[str, str], path: str, area: str) -> None:
    answer = requests.get(f"{running.server.address}/api/v1/{path}?area={area}", headers=officer, timeout=60)
    assert answer.status_code == 422


@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 1000 + r'"\\u0000"' + "}" * 1000, '{"a":' * 900 + "1" + "}" * 900])
@pytest.mark.parametrize("path", ["/api/v1/tickets", "/_dash-update-component"])
def test_json_without_end_is_malformed(running: Running, officer: dict[str, str], path: str, body: str) -> None:
    answer = requests.post(running.server.address + path, body, headers={**officer, "Content-Type": "application/json"}, timeout=60)
    assert answer.status_code in (400, 422), answer.text[:200]


def test_a_body_in_chunks_is_measured_by_its_route(running: Running, officer: dict[str, str]) -> None:
    def chunks() -> Iterator[bytes]:
        yield b'{"key": "'
        for _ in range(400):
            yield b"x" * 1024
        yield b'"}'

    answer = requests.post(f"{running.server.address}/api/v1/tickets", data=chunks(), headers=officer, timeout=60)
    assert answer.status_code == 413, answer.text


def test_only_a_bearer_is_no_browser(running: Running) -> None:
    cookie = {"Cookie": f"yiping_session={running.token('officer')}"}
    ticket = {"key": uuid.uuid4().hex, "kind": "fire", "level": "red", "text": "x", "lon": 104.083, "lat": 30.644}
    for more in ({}, {"Authorization": "Basic x"}, {"Authorization": "Digest y", "Origin": "https://evil.example"}):
        answer = requests.post(f"{running.server.address}/api/v1/tickets", json=ticket, headers={**cookie, **more}, timeout=60)
        assert answer.json()["error"]["code"] == "foreign_origin", more


def test_invented_methods_make_one_label(running: Running) -> None:
    connection = http.client.HTTPConnection(urlsplit(running.server.address).netloc)
    for i in range(50):
        connection.request(f"M{i}", "/healthz")
        connection.getresponse().read()
    admin = {"Authorization": f"Bearer {running.token('admin')}"}
    lines = [
        line for line in requests.get(f"{running.server.address}/metrics", headers=admin, timeout=60).text.splitlines() if "OTHER" in line
    ]
    assert lines
    assert 'method="M1"' not in "".join(lines)


def test_a_file_is_compressed_once_whatever_stands_behind_it(running: Running) -> None:
    paths = [f"/assets/css/wall.css?{i}" for i in range(3)]
    found = [requests.get(running.server.address + path, timeout=60) for path in paths]
    assert len({answer.content for answer in found}) == 1


def test_devices_are_told_of_in_the_own_area_only(running: Running) -> None:
    everywhere = {"Authorization": f"Bearer {running.token('officer')}"}
    units = requests.get(f"{running.server.address}/api/v1/units?area=5101&limit=500", headers=everywhere, timeout=60).json()["units"]
    unit = next(unit for unit in units if unit["area_code"].startswith("510104"))
    running.token("unit", unit["area_code"], unit["id"])
    for area, there in (("5101", True), ("510104", True), ("510182", False)):
        headers = {"Authorization": f"Bearer {running.token('officer', area)}"}
        answer = requests.get(f"{running.server.address}/api/v1/units/with-device", headers=headers, timeout=60)
        assert (unit["id"] in answer.text) == there

"""Alive, ready, and the page for administrators: they mean what they say, and become well again by themselves."""

from __future__ import annotations

import time
from typing import Any

import pytest
import requests

from tests.callbacks.test_grown_up import Pair, own_redis, pair  # noqa: F401 - fixtures
from tests.callbacks.test_pages import sign_in
from tests.conftest import Running
from tests.servers import redis_server


def test_a_server_that_works_is_alive_and_ready(running: Running) -> None:
    alive = requests.get(running.server.address + "/healthz", timeout=5)
    assert (alive.status_code, alive.json()["ok"]) == (200, True)
    ready = requests.get(running.server.address + "/readyz", timeout=5)
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert ready.json()["checks"] == dict.fromkeys(("database", "redis", "picture", "chores"), "ok")


@pytest.mark.postgres
@pytest.mark.redis
def test_without_redis_the_server_says_so_and_stays_ready(pair: Pair, own_redis: tuple[Any, int]) -> None:  # noqa: F811
    redis, port = own_redis
    address = pair.first.server.address + "/readyz"
    assert requests.get(address, timeout=5).json()["checks"]["redis"] == "ok"
    redis.__exit__(None, None, None)
    state = _wait(lambda: requests.get(address, timeout=5).json(), lambda state: state["checks"]["redis"] != "ok")
    assert state["ready"]
    with redis_server(pair.folder, port):
        _wait(lambda: requests.get(address, timeout=5).json(), lambda state: state["checks"]["redis"] == "ok")


def _wait(read: Any, good: Any) -> Any:
    deadline = time.monotonic() + 15
    while True:
        state = read()
        if good(state):
            return state
        assert time.monotonic() < deadline, state
        time.sleep(0.2)


@pytest.mark.parametrize("login", ["officer", "leader", "unit", "commander"])
def test_the_status_page_is_for_administrators(running: Running, login: str) -> None:
    session = requests.Session()
    session.headers["Origin"] = running.server.address
    assert session.get(running.server.address + "/status", timeout=5).status_code == 401
    sign_in(running, session, login)
    assert session.get(running.server.address + "/status", timeout=5).status_code == 403


def test_the_status_page_says_how_each_part_is(running: Running) -> None:
    session = requests.Session()
    session.headers["Origin"] = running.server.address
    sign_in(running, session, "admin")
    page = session.get(running.server.address + "/status", timeout=5).text
    assert "数据库" in page
    assert "⟦" not in page
    assert page.count('class="bad"') == 0


def test_a_request_id_is_in_the_answer_and_in_the_log(running: Running) -> None:
    asked = "from-the-proxy-42"
    answer = requests.post(running.server.address + "/api/v1/orders", headers={"X-Request-ID": asked}, timeout=5)
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (401, asked)
    assert f"[{asked}] POST /api/v1/orders 401" in running.server.log()
    own = requests.get(running.server.address + "/healthz", headers={"X-Request-ID": "<script>"}, timeout=5).headers["X-Request-ID"]
    assert len(own) == 32


def test_secrets_and_questions_are_not_in_the_log(running: Running) -> None:
    token = running.token("officer")
    requests.post(running.server.address + "/api/v1/nothing?phone=13800138000", headers={"Authorization": f"Bearer {token}"}, timeout=5)
    requests.post(running.server.address + "/signin", data={"login": "officer", "password": "a wrong one"}, timeout=5)
    log = running.server.log()
    assert "/api/v1/nothing" in log
    for secret in (token, "13800138000", "a wrong one"):
        assert secret not in log

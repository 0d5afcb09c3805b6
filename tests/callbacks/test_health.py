"""Alive, ready, and the page for administrators: they mean what they say, and become well again by themselves."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.callbacks.conftest import Pair, sign_in
from tests.conftest import Running, _serve
from tests.servers import redis_server
from tests.waiting import wait_for


def test_a_server_that_works_is_alive_and_ready(running: Running) -> None:
    alive = requests.get(running.server.address + "/healthz", timeout=60)
    assert (alive.status_code, alive.json()) == (200, {"ok": True})  # how much goes on in the city is nobody's business
    ready = requests.get(running.server.address + "/readyz", timeout=60)
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert ready.json()["checks"] == dict.fromkeys(("database", "writing", "disk", "clock", "redis", "picture", "chores"), "ok")


@pytest.mark.postgres
@pytest.mark.redis
def test_without_redis_the_server_says_so_and_stays_ready(pair: Pair, own_redis: tuple[Any, int]) -> None:
    redis, port = own_redis
    session = requests.Session()
    session.headers["Authorization"] = f"Bearer {pair.first.token('admin')}"

    def state(path: str = "/readyz") -> Any:
        return session.get(pair.first.server.address + path, timeout=60)

    assert state().json()["checks"]["redis"] == "ok"
    redis.__exit__(None, None, None)
    wait_for(lambda: state().json()["checks"]["redis"] == "away")
    assert state().json()["ready"]
    assert "连不上" in state("/status").text
    with redis_server(pair.folder, port):
        wait_for(lambda: state().json()["checks"]["redis"] == "ok")


@pytest.mark.parametrize("login", ["officer", "leader", "unit", "commander"])
def test_the_status_page_is_for_administrators(running: Running, browser: requests.Session, login: str) -> None:
    assert browser.get(running.server.address + "/status", timeout=60).status_code == 401
    sign_in(running, browser, login)
    assert browser.get(running.server.address + "/status", timeout=60).status_code == 403


def test_the_status_page_says_how_each_part_is(running: Running, browser: requests.Session) -> None:
    sign_in(running, browser, "admin")
    page = browser.get(running.server.address + "/status", timeout=60).text
    assert "数据库" in page
    assert "⟦" not in page
    assert page.count('class="bad"') == 0


def test_a_request_id_is_in_the_answer_and_in_the_log(running: Running) -> None:
    asked = "from-the-proxy-42"
    answer = requests.post(running.server.address + "/api/v1/orders", headers={"X-Request-ID": asked}, timeout=60)
    assert (answer.status_code, answer.headers["X-Request-ID"]) == (401, asked)
    assert f"[{asked}] POST /api/v1/orders 401" in running.server.log()
    own = requests.get(running.server.address + "/healthz", headers={"X-Request-ID": "<script>"}, timeout=60).headers["X-Request-ID"]
    assert len(own) == 32


def test_secrets_and_questions_are_not_in_the_log(running: Running) -> None:
    token = running.token("officer")
    requests.post(running.server.address + "/api/v1/nothing?phone=13800138000", headers={"Authorization": f"Bearer {token}"}, timeout=60)
    requests.post(running.server.address + "/signin", data={"login": "officer", "password": "a wrong one"}, timeout=60)
    log = running.server.log()
    assert "/api/v1/nothing" in log
    for secret in (token, "13800138000", "a wrong one"):
        assert secret not in log


def test_a_log_of_json_lines_holds_nothing_else_also_when_a_password_is_wrong(tmp_path: Path, sqlite_template: Path) -> None:
    shutil.copy(sqlite_template, tmp_path / "yiping.db")
    shutil.copytree(sqlite_template.parent / "tiles", tmp_path / "tiles")
    for running in _serve(tmp_path, {"YIPING_LOG": "json"}):
        for password in ("wrong", "wrong too"):
            form = {"login": "officer", "password": password}
            requests.post(running.server.address + "/signin", data=form, headers={"Origin": running.server.address}, timeout=60)
        lines = [line for line in running.server.log().splitlines() if line.strip()]
        assert any("/signin" in line for line in lines)
        for line in lines:
            assert isinstance(json.loads(line), dict), line


@pytest.mark.parametrize(("asked", "kept"), [("/?area=510104&unit=abc", "%2F%3Farea%3D510104%26unit%3Dabc"), ("/unit", "%2Funit")])
def test_where_one_wanted_to_go_survives_signing_in(running: Running, asked: str, kept: str) -> None:
    answer = requests.get(running.server.address + asked, allow_redirects=False, timeout=60)
    assert answer.headers["Location"].endswith(f"/signin?next={kept}")

"""The same server on PostgreSQL and Redis: settings only."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.city import build_city
from tests.callbacks.test_sockets import Screen
from tests.conftest import ADMIN, OFFICER, Running, _serve

pytestmark = [pytest.mark.postgres, pytest.mark.redis]


@pytest.fixture
def running(tmp_path: Path, postgres_url: str, redis_address: str) -> Iterator[Running]:
    yield from _serve(tmp_path, {"YIPING_DATABASE_URL": postgres_url, "YIPING_REDIS_URL": redis_address})


def test_a_change_of_another_process_is_on_the_screen_at_once(running: Running) -> None:
    screen = Screen(running, running.token("officer"))
    before: Any = screen.call("open", {"area": "5101"})
    city = build_city(running.settings)
    unit = next(u for u in city.units.covering(ADMIN, "5101", 500) if u["duty"] == "on_duty")
    began = time.monotonic()
    city.units.set_duty(OFFICER, unit["id"], "off_duty")
    patch = screen.waits_for("patch", lambda p: "5101" in p.get("figures", {}))
    assert patch["figures"]["5101"]["on_duty"] == before["figures"]["5101"]["on_duty"] - 1
    assert time.monotonic() - began < 5
    screen.socket.disconnect()
    city.close()

"""Server and simulator as the demo runs them: orders are received, acknowledged, arrived at and done, and nothing is refused."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.callbacks.test_api import Caller
from tests.conftest import Running
from tests.servers import ROOT
from tests.waiting import wait_for

PACE = 60
WAY = ("delivered", "acknowledged", "en_route", "arrived", "done")


@pytest.fixture
def living(running: Running, tmp_path: Path) -> Iterator[Path]:
    """The simulator's log, while it lives."""
    log = tmp_path / "simulator.log"
    environment = {**os.environ, "YIPING_SIMULATOR_TOKEN": running.token("admin")}
    command = [sys.executable, "-m", "dashboard.simulator", running.server.address, str(PACE)]
    with log.open("wb") as out, subprocess.Popen(command, cwd=ROOT, env=environment, stdout=out, stderr=out) as program:
        try:
            yield log
        finally:
            program.terminate()


def ask(api: Caller, path: str) -> Any:
    """What the officer reads."""
    answer = api("GET", path)
    assert answer.ok, answer.text
    return answer.json()


def test_orders_and_tickets_come_to_their_end(running: Running, living: Path) -> None:
    api = Caller(running, running.token("officer"))

    def reached() -> set[str]:
        orders = ask(api, "/orders")["orders"]
        held = [ask(api, f"/orders/{order['id']}/deliveries")["deliveries"] for order in orders]
        return {state for deliveries in held for delivery in deliveries for state in delivery["times"]}

    wait_for(lambda: set(WAY) <= reached(), 120)
    wait_for(lambda: any(order["state"] == "closed" for order in ask(api, "/orders")["orders"]), 120)

    def closed() -> bool:
        tickets = ask(api, "/tickets?open=false&limit=2000")["tickets"]
        done = next((ticket for ticket in tickets if ticket["state"] == "closed"), None)
        return done is not None and "finish" in {step["action"] for step in ask(api, f"/tickets/{done['id']}")["steps"]}

    wait_for(closed, 120)
    assert living.read_text("utf-8") == "", "what is refused to the simulator is refused to everybody"

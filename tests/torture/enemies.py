"""Starts and ends the process of the hostile ones (`hostile.py`)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from dashboard.accounts import Accounts
from dashboard.clock import new_id
from tests.servers import ROOT


def enlisted(accounts: Accounts, units: list[dict[str, Any]], count: int) -> dict[str, Any]:
    """So many hostile ones: phones of these units, walls and leaders, each with what such a one has: a token, a device's, a session."""

    def phone(unit: dict[str, Any]) -> list[str]:
        return [accounts.create_token("api", "hostile", "unit", unit["area_code"], timedelta(days=1), unit["id"]).secret, unit["id"]]

    def wall() -> str:
        return accounts.create_token("device", "hostile", "officer", "5101", timedelta(days=1)).secret

    def leader() -> str:
        login, password = new_id(), new_id()
        accounts.create(login, "hostile", "leader", "5101", password)
        return accounts.sign_in(login, password, "127.0.0.1").secret

    walls = max(1, count // 5)
    return {
        "phones": [phone(unit) for unit in units[: count - 2 * walls]],
        "walls": [wall() for _ in range(walls)],
        "leaders": [leader() for _ in range(walls)],
    }


@contextmanager
def hostile(address: str, enemies: dict[str, Any]) -> Iterator[None]:
    """They do their worst as long as this lasts."""
    command = [sys.executable, "-m", "tests.torture.hostile", address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, text=True) as program:
        assert program.stdin is not None
        program.stdin.write(json.dumps(enemies) + "\n")
        program.stdin.flush()
        try:
            yield
        finally:
            program.stdin.close()
            program.wait(timeout=60)

"""Starts and ends the process of the hostile ones (`hostile.py`)."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from tests.servers import ROOT


@contextmanager
def hostile(address: str, token: Callable[..., str], units: list[dict[str, Any]], count: int) -> Iterator[None]:
    """So many hostile ones: phones of these units, walls and leaders."""
    walls = max(1, count // 5)
    given = {
        "phones": [[token("unit", unit["area_code"], unit["id"]), unit["id"]] for unit in units[: count - 2 * walls]],
        "walls": [token("officer") for _ in range(walls)],
        "leaders": [token("leader") for _ in range(walls)],
    }
    command = [sys.executable, "-m", "tests.torture.hostile", address]
    with subprocess.Popen(command, stdin=subprocess.PIPE, cwd=ROOT, text=True) as program:
        assert program.stdin is not None
        program.stdin.write(json.dumps(given) + "\n")
        program.stdin.flush()
        try:
            yield
        finally:
            program.stdin.close()
            program.wait(timeout=60)

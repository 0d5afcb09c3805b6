"""Keeps the vector tiles up to date while the server runs: builds them in a process of its own, tells the screens."""

from __future__ import annotations

import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from dashboard.tiling import Tiling
from dashboard.troubles import Troubles

ROOT = Path(__file__).parent.parent
AGAIN_AFTER_S = 300.0
"""A build that failed, for want of space say, is tried again after this long."""


class TileKeeper:
    """A chore: `look` costs a few milliseconds unless there is something to build."""

    def __init__(self, tiling: Tiling, troubles: Troubles, tell: Callable[[], None]) -> None:
        self._tiling = tiling
        self._troubles = troubles
        self._tell = tell
        self._told = tiling.present()
        self._not_before = 0.0

    def look(self) -> None:
        """Build what is stale; tell the screens of new tiles, whoever built them."""
        if time.monotonic() >= self._not_before and self._tiling.is_stale():
            self._build()
        present = self._tiling.present()
        if present != self._told:
            self._told = present
            self._tell()

    def _build(self) -> None:
        command = [sys.executable, str(ROOT / "app.py"), "tiles", "build"]
        done = subprocess.run(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, check=False)
        if done.returncode == 0:
            self._troubles.over("tiles_not_built")
            self._told = None  # it may be the version of before, now complete: told all the same
            return
        self._not_before = time.monotonic() + AGAIN_AFTER_S
        self._troubles.note("tiles_not_built", problem=done.stderr.decode("utf-8", "replace").strip()[-300:])

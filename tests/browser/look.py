"""What a person would stumble over on a page: words that are cut, covered, outside the screen, too small or too faint."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SMALLEST_PX = {"wall": 28, "desk": 14, "touch": 14}
"""The smallest words that tell something: on a wall that is read from eight metres, and at arm's length."""

LOOK = Path(__file__).with_suffix(".js").read_text("utf-8")


def look(page: Page, kind: str = "desk") -> list[str]:
    """What is wrong with the page as it stands on the screen at this moment; `kind`: see `SMALLEST_PX`."""
    options: dict[str, Any] = {"smallest": SMALLEST_PX[kind], "touch": kind == "touch"}
    found: list[str] = page.evaluate(LOOK, options)
    return found


def stays_wrong(page: Page, kind: str = "desk", seconds: float = 15) -> list[str]:
    """What is still wrong with the page when it has had time to settle: panels unfold, and words give way a frame after they have come."""
    deadline = time.monotonic() + seconds
    while (found := look(page, kind)) and time.monotonic() < deadline:
        page.wait_for_timeout(250)
    return found

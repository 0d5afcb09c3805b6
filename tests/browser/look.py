"""What a person would stumble over on a page: words that are cut, covered, outside the screen, too small or too faint."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SMALLEST_PX = {"wall": 28, "desk": 14, "touch": 14}
"""The smallest words that tell something: on a wall that is read from eight metres, and at arm's length."""

LOOK = Path(__file__).with_suffix(".js").read_text("utf-8")


def look(page: Page, kind: str = "desk") -> list[str]:
    """What is wrong with the page as it stands on the screen; `kind`: see `SMALLEST_PX`."""
    options: dict[str, Any] = {"smallest": SMALLEST_PX[kind], "touch": kind == "touch"}
    found: list[str] = page.evaluate(LOOK, options)
    return found

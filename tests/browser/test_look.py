"""What `look` sees: each fault of a page made for it, and nothing on a page without one."""

from __future__ import annotations

import pytest
from playwright.sync_api import Browser

from tests.browser.look import look

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-roles")]

GROUND = "<body style='background:#0a1420;color:#fff;font:20px sans-serif;margin:40px'>"


@pytest.mark.parametrize(
    ("content", "kind", "found"),
    [
        ("<p>通知</p>", "desk", []),
        ("<p style='font-size:9px'>通知</p>", "desk", ["small 9px 「通知」"]),
        ("<p>通知</p>", "wall", ["small 20px 「通知」"]),
        ("<p style='color:#223'>通知</p>", "desk", ["faint 1.2:1 「通知」"]),
        ("<p style='position:fixed;right:-20px'>通知</p>", "desk", ["outside 「通知」"]),
        ("<p style='width:30px;overflow:hidden;white-space:nowrap'>通知通知</p>", "desk", ["cut 「通知通知」"]),
        ("<p style='width:60px;overflow:hidden;white-space:nowrap;text-overflow:ellipsis'>通知通知</p>", "desk", []),
        (
            "<p style='position:fixed;top:9px'>甲乙</p><p style='position:fixed;top:19px'>丙丁</p>",
            "desk",
            ["over each other 「甲乙」 「丙丁」"],
        ),
        ("<p style='position:fixed'>甲乙</p><p style='position:fixed;background:#000'>丙丁</p>", "desk", []),
        ("<button style='width:20px;height:20px'></button>", "touch", ["small target 20×20 「」"]),
        ("<div style='width:3000px'>通知</div>", "desk", ["the page is"]),
    ],
)
def test_what_is_seen(chromium: Browser, content: str, kind: str, found: list[str]) -> None:
    page = chromium.new_page(viewport={"width": 800, "height": 600})
    page.set_content(GROUND + content)
    seen = look(page, kind)
    page.close()
    assert len(seen) == len(found)
    assert all(one.startswith(wanted) for one, wanted in zip(seen, found, strict=True)), seen

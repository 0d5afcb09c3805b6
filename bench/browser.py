"""A real Chromium on a city, as the measurements use it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from tests.browser.conftest import FLAGS, sign_in

WEBGL = ["--use-gl=angle", "--use-angle=swiftshader", "--enable-unsafe-swiftshader"]
NO_GPU = ["--disable-gpu-compositing"]
"""As Chromium does by itself where there is no GPU: pages are drawn by the processor, only WebGL by SwiftShader. With the flags above
alone every page, the peers' as well, would be drawn by SwiftShader."""
LAYERS = ("areas", "people", "video", "tickets", "micro_grids")
DRAWN = "(names) => names.every((name) => performance.getEntriesByName(`drawn:${name}`).length > 0)"


@contextmanager
def chromium() -> Iterator[Browser]:
    """With software WebGL."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path="/usr/bin/chromium", args=[*FLAGS, *WEBGL, "--enable-precise-memory-info", *NO_GPU]
        )
        yield browser
        browser.close()


def signed_in(browser: Browser, address: str, login: str = "officer", width: int = 1920, height: int = 1080) -> Page:
    """A page whose cookie is set, on a small page: nothing of the wall is loaded yet."""
    page = browser.new_context(viewport={"width": width, "height": height}).new_page()
    sign_in(page, address, login, "/healthz")
    page.wait_for_url("**/healthz")
    return page


def wait_drawn(page: Page, layers: tuple[str, ...] = LAYERS, patience_s: float = 90) -> None:
    """Until these layers have been painted once."""
    page.wait_for_function(DRAWN, arg=list(layers), timeout=patience_s * 1000)


def marks(page: Page) -> dict[str, float]:
    """When each layer was first painted, milliseconds since the navigation."""
    script = "() => Object.fromEntries(performance.getEntriesByType('mark').reverse().map((m) => [m.name, m.startTime]))"
    found: dict[str, Any] = page.evaluate(script)
    return {name.removeprefix("drawn:"): float(at) for name, at in found.items() if name.startswith("drawn:")}

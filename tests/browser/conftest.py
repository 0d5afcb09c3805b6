"""A real Chromium against a real server. Pictures of each screen are kept in `artefacts/`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeVar

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from dashboard.city import City, build_city
from dashboard.demo.accounts import PASSWORD
from tests.conftest import Running
from tests.proxy import Proxy

FLAGS = [
    "--no-sandbox",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
]
T = TypeVar("T")
expect.set_options(timeout=60_000)  # Playwright's five seconds are none on a busy machine
ARTEFACTS = Path(__file__).parents[2] / "artefacts"


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=FLAGS, env=environment)
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def live_city(running: Running) -> Iterator[City]:
    """The running server's own database, for what a test wants to happen or to check behind the screen."""
    city = build_city(running.settings)
    yield city
    city.close()


@pytest.fixture
def network(running: Running) -> Iterator[Proxy]:
    """The network between a browser and the server."""
    proxy = Proxy(int(running.server.address.rpartition(":")[2]))
    yield proxy
    proxy.close()


@pytest.fixture
def open_page(chromium: Browser, running: Running) -> Iterator[Callable[..., Page]]:
    """Sign somebody in and open a page; an error in a script, or something that our own content policy refuses, fails the test."""
    contexts: list[BrowserContext] = []
    problems: list[str] = []

    def opened(login: str, path: str = "/", width: int = 1920, height: int = 1080, port: int | None = None, **options: Any) -> Page:
        address = running.server.address if port is None else f"http://127.0.0.1:{port}"
        context = chromium.new_context(viewport={"width": width, "height": height}, locale="zh-CN", timezone_id="Asia/Shanghai", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(60_000)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda line: problems.append(line.text) if "Content Security Policy" in line.text else None)
        sign_in(page, address, login, path)
        return page

    yield opened
    for context in contexts:
        context.close()
    assert problems == []


def sign_in(page: Page, address: str, login: str, path: str) -> None:
    """By the form, then on to `path`."""
    page.goto(f"{address}/signin?next={path}")
    page.fill("input[name=login]", login)
    page.fill("input[name=password]", PASSWORD)
    page.click("form:first-of-type button[type=submit]")


SLOW_MEDIA = """() => {
  const { mediaDevices } = navigator, ask = mediaDevices.getUserMedia.bind(mediaDevices);
  window.taken = [];
  mediaDevices.getUserMedia = async (wanted) => {
    await new Promise((go) => setTimeout(go, 800));
    const media = await ask(wanted);
    window.taken.push(media);
    return media;
  };
}"""
"""A browser whose question for camera and microphone takes a while to be answered; what was taken lies in `window.taken`."""
ALL_OFF = "() => window.taken.length > 0 && window.taken.every((one) => one.getTracks().every((track) => track.readyState === 'ended'))"


def until(page: Page, what: Callable[[], T], seconds: float = 60) -> T:
    """The first answer of `what` that is true. `wait_for_function` takes a promise for true, and an error for the end."""
    deadline = time.monotonic() + seconds
    while not (found := what()):
        assert time.monotonic() < deadline, f"not within {seconds:g} s"
        page.wait_for_timeout(100)  # events are heard here too, in time.sleep they are not
    return found


def keep(page: Page, name: str) -> None:
    """Keep a picture of the page as a test artefact."""
    ARTEFACTS.mkdir(exist_ok=True)
    page.screenshot(path=str(ARTEFACTS / f"{name}.png"))


def wait_for_area(page: Page, code: str) -> None:
    """Wait until the wall shows an area: its shapes drawn and its picture open."""
    page.wait_for_function("code => document.getElementById('wall')?.dataset.shown === code", arg=code)

"""`make run` as a user meets it: the demo city at its real size, alive, on a wall. The README's picture is made here."""

from __future__ import annotations

import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, expect

from dashboard.demo.accounts import PASSWORD
from tests.browser.conftest import keep, wait_for_area
from tests.servers import ROOT, free_port

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-demo")]


@pytest.fixture(scope="module")
def living_city(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder, port = tmp_path_factory.mktemp("demo"), free_port()
    environment = {k: v for k, v in os.environ.items() if not k.startswith("YIPING_")}
    environment |= {"YIPING_DATA": str(folder / "data"), "YIPING_PORT": str(port), "SCALE": "demo"}
    log = folder / "run.log"
    with log.open("wb") as out:
        program = subprocess.Popen([ROOT / ".venv/bin/yiping", "run"], env=environment, stdout=out, stderr=out, start_new_session=True)
    try:
        _wait_for(log, program)
        yield f"http://127.0.0.1:{port}"
    finally:
        program.terminate()
        program.wait(timeout=30)


def _wait_for(log: Path, program: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 600
    while "Yiping is up" not in log.read_text("utf-8"):
        assert program.poll() is None, log.read_text("utf-8")
        assert time.monotonic() < deadline, log.read_text("utf-8")
        time.sleep(0.2)


def test_a_living_city_on_the_wall(chromium: Browser, living_city: str) -> None:
    page = chromium.new_context(viewport={"width": 3840, "height": 2160}, locale="zh-CN", timezone_id="Asia/Shanghai").new_page()
    page.set_default_timeout(60_000)
    page.goto(f"{living_city}/signin?next=/")
    page.fill("input[name=login]", "commander")
    page.fill("input[name=password]", PASSWORD)
    page.click("form:first-of-type button[type=submit]")
    wait_for_area(page, "5101")
    expect(page.locator("#figures")).to_contain_text("应到 4,400")
    expect(page.locator("#figures")).to_contain_text("共 2,900 路")
    expect(page.locator("[data-layer=people]")).to_have_text(re.compile(r"有定位 4,\d{3}"))
    expect(page.locator("#orders .alert")).to_be_visible(timeout=60_000)
    expect(page.locator("#events li").nth(8)).to_be_visible(timeout=60_000)
    page.wait_for_timeout(1000)
    keep(page, "demo-3840x2160")
    page.context.close()

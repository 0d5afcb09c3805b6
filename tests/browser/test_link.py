"""A live link between the desk and a phone: two real Chromium instances, fake cameras, real WebRTC."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboard.city import City
from dashboard.demo.accounts import demo_accounts
from tests.browser.conftest import ALL_OFF, FLAGS, SLOW_MEDIA, keep, sign_in, wait_for_area
from tests.browser.test_dispatch import PHONE
from tests.conftest import ADMIN, Running
from tests.sockets import Client

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-talk")]
MEDIA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]
KINDS = "() => document.querySelector('.link-theirs').srcObject.getTracks().map((track) => track.kind).sort().join()"
MOVING = "() => { const v = document.querySelector('.link-theirs'); return v && v.videoWidth > 0 && v.currentTime > 0.5 && !v.paused; }"


@pytest.fixture(scope="module")
def browsers() -> Iterator[list[Browser]]:
    """Two instances, as on two machines."""
    environment = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    with sync_playwright() as playwright:
        both = [playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, *MEDIA], env=environment) for _ in range(2)]
        yield both
        for one in both:
            one.close()


def signed_in(browser: Browser, running: Running, login: str, path: str, **options: object) -> Page:
    page = browser.new_context(permissions=["camera", "microphone"], locale="zh-CN", **options).new_page()  # type: ignore[arg-type]
    page.set_default_timeout(60_000)
    sign_in(page, running.server.address, login, path)
    return page


def test_desk_and_phone_see_and_hear_each_other(browsers: list[Browser], running: Running, live_city: City) -> None:
    with live_city.database.read() as session:
        account = next(account for account in demo_accounts(session) if account.role == "unit")
    phone = signed_in(browsers[1], running, "unit", "/unit", viewport={"width": PHONE["width"], "height": PHONE["height"]}, has_touch=True)
    expect(phone.locator(".unit-empty")).to_be_visible()
    desk = signed_in(browsers[0], running, "officer", f"/%3Farea={account.area_code}", viewport={"width": 1920, "height": 1080})
    wait_for_area(desk, account.area_code)
    desk.locator(f"#people tr[data-unit='{account.unit_id}'] .name button").click()
    desk.click("#card [data-link]")
    expect(phone.locator("#link h2")).to_contain_text("请求视频连线")
    keep(phone, "link-rung-390x844")
    phone.locator("[data-accept]").tap()
    for page in (desk, phone):
        page.wait_for_function("() => document.getElementById('link').dataset.connection === 'connected'")
        page.wait_for_function(MOVING)
        assert page.evaluate(KINDS) == "audio,video"
    keep(desk, "link-1920x1080")
    keep(phone, "link-390x844")

    desk.locator("#link button", has_text="静音").click()
    expect(desk.locator("#link button", has_text="取消静音")).to_be_visible()
    phone.locator("[data-hang-up]").tap()
    expect(desk.locator("#link")).to_be_hidden()
    expect(desk.locator("#notice")).to_contain_text("连线已结束")
    expect(phone.locator("#link")).to_be_hidden()

    # rung again, and declined
    desk.click("#card [data-link]")
    expect(phone.locator("[data-accept]")).to_be_visible()
    phone.locator("[data-hang-up]").tap()
    expect(desk.locator("#notice")).to_contain_text("拒绝了连线")

    # who hangs up while the browser still asks is neither heard nor seen, and nobody is rung
    desk.evaluate(SLOW_MEDIA)
    desk.click("#card [data-link]")
    desk.click("#link [data-hang-up]")
    desk.wait_for_function(ALL_OFF)
    expect(desk.locator("#link")).to_be_hidden()
    expect(phone.locator("#link")).to_be_hidden()
    for page in (desk, phone):
        page.context.close()


def test_a_desk_whose_link_is_taken_over_reads_by_whom(browsers: list[Browser], running: Running, live_city: City) -> None:
    with live_city.database.read() as session:
        accounts = {account.role: account for account in demo_accounts(session)}
    account = accounts["unit"]
    assert account.area_code.startswith(accounts["leader"].area_code)
    name = live_city.units.get(ADMIN, str(account.unit_id))["name"]
    desk = signed_in(browsers[0], running, "leader", f"/%3Farea={account.area_code}", viewport={"width": 1366, "height": 768})
    above = Client(reconnection=False)
    above.connect(running.server.address, auth={"token": running.token("officer")}, transports=["websocket"])
    phone, rung = Client(reconnection=False), threading.Event()
    phone.on("link", lambda signal: rung.set() if signal["kind"] == "ring" else None)
    own = running.token("unit", account.area_code, str(account.unit_id))
    phone.connect(running.server.address, auth={"token": own}, transports=["websocket"])
    try:
        wait_for_area(desk, account.area_code)
        desk.locator(f"#people tr[data-unit='{account.unit_id}'] .name button").click()
        desk.click("#card [data-link]")
        expect(desk.locator("#link h2")).to_contain_text("正在呼叫")
        assert rung.wait(60)  # the page says so before the server has heard of it
        assert "link" in above.call("link", {"kind": "ring", "unit": account.unit_id}, timeout=60)
        expect(desk.locator("#notice")).to_contain_text(f"已接管与 {name} 的连线")
        expect(desk.locator("#link")).to_be_hidden()
    finally:
        above.disconnect()
        phone.disconnect()
        desk.context.close()

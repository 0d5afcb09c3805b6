"""Inside an order: talk with photos and voice, handing over, checking in; and fences, in real browsers."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta

import pytest
import requests
from playwright.sync_api import Browser, Page, expect, sync_playwright

from dashboard.city import City
from dashboard.clock import now
from dashboard.demo.accounts import demo_accounts
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.positions import PositionReport
from tests.browser.conftest import ALL_OFF, FLAGS, SLOW_MEDIA, keep, until, wait_for_area
from tests.browser.test_dispatch import PHONE, red_square, write_order
from tests.conftest import ADMIN, OFFICER
from tests.proxy import Proxy

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-talk")]
FAKE_MEDIA = ["--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream"]


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    """With a microphone that hums."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=[*FLAGS, *FAKE_MEDIA])
        yield browser
        browser.close()


@pytest.fixture
def unit_area(live_city: City) -> str:
    with live_city.database.read() as session:
        return next(account.area_code for account in demo_accounts(session) if account.role == "unit")


@pytest.fixture(autouse=True)
def nothing_under_way(live_city: City) -> Iterator[None]:
    yield
    for order in live_city.orders.listed(OFFICER, 50, ""):
        if order["state"] == "running":
            live_city.orders.call_off(OFFICER, order["id"])


def sent(open_page: Callable[..., Page], area: str, template: str = "") -> Page:
    """A desk that has just sent an order to the people of a place."""
    desk = open_page("officer", f"/?area={area}")
    wait_for_area(desk, area)
    write_order(desk)
    if template:
        desk.click("#dispatch-confirm-cancel")
        desk.locator("#dispatch-templates button", has_text=template).click()
        expect(desk.locator("#dispatch-title")).to_have_value(template)
        desk.click("#dispatch-send")
    desk.click("#dispatch-confirm-send")
    expect(desk.locator("#order .deliveries tbody tr").first).to_be_visible()
    return desk


def test_desk_and_unit_talk_with_a_photo_and_a_voice_clip(
    open_page: Callable[..., Page], live_city: City, unit_area: str, network: Proxy
) -> None:
    phone = open_page("unit", "/unit", port=network.port, permissions=["microphone"], **PHONE)
    expect(phone.locator(".unit-empty")).to_be_visible()
    name = phone.locator(".unit-head b").inner_text()
    desk = sent(open_page, unit_area)
    desk.locator("#order [data-talk]", has_text=name).click()
    desk.fill("#order input[name=message]", "现场水深多少？")
    desk.click("#order .talk-line .primary")
    expect(desk.locator("#order .talk .mine p")).to_have_text("现场水深多少？")

    expect(phone.locator("[data-talk] .said")).to_have_text("1")
    phone.locator("[data-talk]").tap()
    expect(phone.locator(".talk .theirs p")).to_have_text("现场水深多少？")
    network.cut()  # what is written now waits in the phone
    phone.fill("input[name=message]", "约三十厘米，仍在上涨")
    phone.set_input_files(".talk-line input[type=file]", {"name": "a.jpg", "mimeType": "image/png", "buffer": red_square()})
    phone.locator(".talk-line .primary").tap()
    expect(phone.locator(".talk .mine")).to_contain_text("待发送")
    network.restore()
    expect(desk.locator("#order .talk .theirs p")).to_have_text("约三十厘米，仍在上涨")
    expect(desk.locator("#order .talk .theirs img")).to_be_visible()

    phone.locator("[data-record]").tap()
    expect(phone.locator("[data-record]")).to_have_attribute("aria-pressed", "true")
    phone.wait_for_timeout(700)
    phone.locator("[data-record]").tap()
    expect(phone.locator("[data-record]")).to_have_text("已录音")
    phone.locator(".talk-line .primary").tap()
    clip = desk.locator("#order .talk .theirs audio")
    expect(clip).to_be_visible(timeout=15_000)
    fetched = "async (url) => { const a = await fetch(url); return [a.status, a.headers.get('Content-Type'), (await a.blob()).size]; }"
    heard = desk.evaluate(fetched, clip.get_attribute("src"))
    assert heard[:2] == [200, "audio/webm"]
    assert heard[2] > 500
    keep(desk, "talk-1920x1080")
    keep(phone, "talk-390x844")
    desk.click("#order [data-side=list]")
    expect(desk.locator("#order .said")).to_contain_text("2")
    expect(desk.locator("#events")).to_contain_text("约三十厘米")

    # the talk is closed while the browser still asks for the microphone: it does not stay on
    phone.evaluate(SLOW_MEDIA)
    phone.locator("[data-record]").tap()
    phone.get_by_role("button", name="返回").tap()
    phone.wait_for_function(ALL_OFF)

    # written while the phone has no network: marked when it is back
    expect(phone.locator("[data-talk] .said")).to_have_count(0)
    network.cut()
    desk.locator("#order [data-talk]", has_text=name).click()
    desk.fill("#order input[name=message]", "请撤到二楼")
    desk.click("#order .talk-line .primary")
    expect(desk.locator("#order .talk .mine p").last).to_have_text("请撤到二楼")
    network.restore()
    expect(phone.locator("[data-talk] .said")).to_have_text("1")


def test_a_colleague_takes_over_by_two_taps(open_page: Callable[..., Page], live_city: City, unit_area: str) -> None:
    phone = open_page("unit", "/unit", **PHONE)
    expect(phone.locator(".unit-empty")).to_be_visible()
    with live_city.database.read() as session:
        unit = next(account.unit_id for account in demo_accounts(session) if account.role == "unit")
    order = live_city.orders.send(
        OFFICER, NewOrder(key="hand-over-browser", title="巡查", text="请巡查", to=Criteria(area=unit_area, units=[str(unit)]))
    )
    phone.locator("[data-hand-over]").tap()
    first = phone.locator("[data-to]").first
    taker = first.get_attribute("data-to")
    keep(phone, "hand-over-390x844")
    first.tap()
    expect(phone.locator(".unit-empty")).to_be_visible()
    wanted = {unit: "declined", taker: "queued"}
    until(phone, lambda: {row["unit_id"]: row["state"] for row in live_city.orders.deliveries(OFFICER, order["id"])} == wanted)


def test_one_tap_says_i_am_safe(open_page: Callable[..., Page], live_city: City, unit_area: str) -> None:
    phone = open_page("unit", "/unit", **PHONE)
    expect(phone.locator(".unit-empty")).to_be_visible()
    desk = sent(open_page, unit_area, "安全签到")
    button = phone.locator(".unit-main")
    expect(button).to_have_text("我平安")
    expect(phone.locator("[data-help]")).to_have_text("需要帮助")
    keep(phone, "check-in-390x844")
    button.tap()
    expect(phone.locator(".unit-empty")).to_be_visible()
    expect(desk.locator("#order .state-legend .state.done b")).to_have_text("1")


def test_a_fence_is_made_watched_and_removed(open_page: Callable[..., Page], live_city: City, unit_area: str) -> None:
    community = unit_area[:12]
    desk = open_page("officer", f"/?area={community}")
    wait_for_area(desk, community)
    desk.click("[data-layer=fences]")
    expect(desk.locator("#fences")).to_contain_text("本区域没有围栏")
    desk.click("[data-new-fence]")
    desk.fill("#fences input[name=name]", "河道警戒区")
    desk.click("#fences [data-choice=leave]")
    desk.click("#fences .primary")
    item = desk.locator("#fences [data-fence]")
    expect(item).to_contain_text("离开")
    expect(desk.locator(".fence-name")).to_have_text("河道警戒区")

    inside, outside = live_city.areas.place(ADMIN, community).area, live_city.areas.place(ADMIN, "510182").area
    unit = next(one for one in live_city.units.covering(ADMIN, community, 500) if one["duty"] == "on_duty")

    def go(place: dict[str, float], ago: float) -> None:
        token = live_city.accounts.create_token("api", "walker", "admin", "5101").secret
        address = desk.url.partition("/?")[0]
        report = PositionReport(unit=unit["id"], lon=place["lon"], lat=place["lat"], at=now() - timedelta(seconds=ago))
        headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
        assert requests.post(f"{address}/api/v1/positions", report.model_dump_json(), headers=headers).ok

    go(inside, 5)
    expect(item.locator(".number")).to_have_text("内有 1 人")
    keep(desk, "fences-1920x1080")
    go(outside, 0)
    expect(desk.locator("#events")).to_contain_text("离开围栏“河道警戒区”")
    item.get_by_role("button", name="删除").click()
    desk.click("dialog button.danger")
    expect(desk.locator("#fences")).to_contain_text("本区域没有围栏")

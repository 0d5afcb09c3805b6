"""An order from the desk to the field and its answer back, in two real browsers."""

from __future__ import annotations

import io
from collections.abc import Callable

import pytest
from PIL import Image
from playwright.sync_api import Page, expect

from dashboard.city import City
from dashboard.demo.accounts import demo_accounts
from tests.browser.conftest import keep, until, wait_for_area
from tests.conftest import OFFICER, Running
from tests.proxy import Proxy

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-dispatch")]
KEPT = """async () => { const used = performance.getEntriesByType('resource').map((one) => new URL(one.name))
    .filter((url) => url.origin === location.origin && url.pathname.endsWith('.mjs')).map((url) => url.pathname);
  return (await Promise.all(['/unit', ...used].map((path) => caches.match(path, { ignoreSearch: true })))).every(Boolean); }"""
"""Whether the service worker has all that the page is made of."""
PHONE = {"width": 390, "height": 844, "has_touch": True, "is_mobile": True}


@pytest.fixture
def unit_area(live_city: City) -> str:
    with live_city.database.read() as session:
        return next(account.area_code for account in demo_accounts(session) if account.role == "unit")


def write_order(desk: Page) -> None:
    """From the panel of a small place to the question before sending."""
    desk.click("#order-people")
    expect(desk.locator("#dispatch-count b")).to_be_visible()
    desk.locator("#dispatch-templates button", has_text="转移群众").click()
    expect(desk.locator("#dispatch-title")).to_have_value("转移群众")
    desk.locator("#dispatch-priority label", has_text="特急").click()
    desk.click("#dispatch-send")
    expect(desk.locator("#dispatch-confirm")).to_be_visible()


def test_an_order_is_seen_in_the_field_and_its_answer_on_the_wall(open_page: Callable[..., Page], live_city: City, unit_area: str) -> None:
    phone = open_page("unit", "/unit", **PHONE)
    expect(phone.locator(".unit-empty")).to_contain_text("没有待执行的指令")
    desk = open_page("officer", f"/?area={unit_area}")
    wait_for_area(desk, unit_area)
    write_order(desk)
    expect(desk.locator("#dispatch-confirm-text")).to_contain_text("特急")
    expect(desk.locator("#dispatch-confirm-text")).to_contain_text("确认下达给")
    keep(desk, "dispatch-1920x1080")
    desk.click("#dispatch-confirm-send")

    expect(phone.locator(".unit-order h1")).to_have_text("转移群众")
    keep(phone, "unit-390x844")
    row = desk.locator("#order .deliveries tbody tr").first
    expect(row).to_contain_text("未回应")  # the phone has it, nobody has answered
    assert "order=" in desk.url
    for step, words in (("acknowledged", "收到"), ("en_route", "出发"), ("arrived", "到达"), ("done", "完成")):
        phone.locator(f".unit-main[data-step={step}]").tap()
        if step == "done":
            phone.fill("textarea[name=finish]", "已转移 12 人")
            phone.locator("[data-finish]").tap()
        expect(row.locator(f".state.{step}")).to_have_text(words)
        if step == "acknowledged":
            # the same answer in the panel of the place, for who asks: has she acknowledged?
            expect(desk.locator("#people .answer .state").first).to_have_text("收到")
            keep(desk, "order-1920x1080")
    expect(phone.locator(".unit-empty")).to_be_visible()
    expect(desk.locator("#order .state-legend")).to_contain_text("完成")
    desk.reload()
    expect(desk.locator("#order h2")).to_have_text("转移群众")


def test_an_answer_without_network_is_kept_and_sent_in_order(
    open_page: Callable[..., Page], live_city: City, unit_area: str, network: Proxy
) -> None:
    phone = open_page("unit", "/unit", port=network.port, **PHONE)
    expect(phone.locator(".unit-empty")).to_be_visible()
    until(phone, lambda: phone.evaluate(KEPT))
    desk = open_page("officer", f"/?area={unit_area}")
    wait_for_area(desk, unit_area)
    write_order(desk)
    desk.click("#dispatch-confirm-send")
    expect(phone.locator(".unit-order")).to_be_visible()

    network.cut()
    expect(phone.locator(".unit-net")).to_contain_text("无网络")
    for step in ("acknowledged", "en_route", "arrived"):
        phone.locator(f".unit-main[data-step={step}]").tap()
    expect(phone.locator(".unit-net")).to_contain_text("3 条回报已存")
    keep(phone, "unit-offline-390x844")
    row = desk.locator("#order .deliveries tbody tr").first
    expect(row).to_contain_text("未回应")
    phone.reload()  # even closing the page loses nothing
    expect(phone.locator(".unit-net")).to_contain_text("3 条回报已存")
    expect(phone.locator(".unit-main")).to_have_text("完成")

    network.restore()
    expect(row.locator(".state.arrived")).to_have_text("到达")
    expect(phone.locator(".unit-net")).to_have_count(0)
    order_id = desk.evaluate(
        "() => document.querySelector('#order') && fetch('/api/v1/orders').then(r => r.json()).then(o => o.orders[0].id)"
    )
    delivery = live_city.orders.deliveries(OFFICER, order_id)[0]
    steps = live_city.answers.steps(OFFICER, delivery["id"])
    assert [s["state"] for s in steps] == ["delivered", "acknowledged", "en_route", "arrived"]
    assert [s["tapped_at"] for s in steps[1:]] == sorted(s["tapped_at"] for s in steps[1:])
    assert all(s["tapped_at"] < s["arrived_at"] for s in steps[1:])
    phone.locator(".unit-main[data-step=done]").tap()
    phone.locator("[data-finish]").tap()
    expect(row.locator(".state.done")).to_be_visible()


def test_declining_asks_why_and_calling_off_reaches_the_phone(open_page: Callable[..., Page], unit_area: str) -> None:
    phone = open_page("unit", "/unit", **PHONE)
    desk = open_page("officer", f"/?area={unit_area}")
    wait_for_area(desk, unit_area)
    write_order(desk)
    desk.click("#dispatch-confirm-send")
    phone.locator(".unit-side button", has_text="无法执行").tap()
    phone.locator(".unit-reasons button", has_text="道路不通").tap()
    phone.locator(".unit-main").tap()
    row = desk.locator("#order .deliveries tbody tr").first
    expect(row.locator(".state.declined")).to_have_attribute("title", "道路不通")

    desk.locator("#order .close").click()
    write_order(desk)
    desk.click("#dispatch-confirm-send")
    expect(phone.locator(".unit-order")).to_be_visible()
    desk.locator("#order .danger").click()
    expect(desk.locator("dialog.ask")).to_contain_text("确定撤销")
    desk.locator("dialog.ask .danger").click()
    expect(phone.locator(".unit-banner.ended")).to_contain_text("“转移群众”已撤销或结束")
    phone.locator("[data-read]").tap()
    expect(phone.locator(".unit-empty")).to_be_visible()
    expect(desk.locator("#order")).to_contain_text("已撤销 周敏")


def test_choosing_by_role_and_by_a_ring_on_the_map(open_page: Callable[..., Page]) -> None:
    desk = open_page("officer", "/?area=510104")
    wait_for_area(desk, "510104")
    desk.click("#dispatch-open")
    expect(desk.locator("#dispatch-send")).to_be_enabled()
    everybody = int(desk.inner_text("#dispatch-count b"))
    desk.locator("#dispatch-roles label", has_text="消防").click()
    expect(desk.locator("#dispatch-count b")).not_to_have_text(str(everybody))
    desk.wait_for_function(
        """(all) => { const n = document.querySelector('#dispatch-count b')?.textContent;
        return n && n !== all && document.querySelector('#dispatch-send').textContent.includes(` ${n} `); }""",
        arg=str(everybody),
    )
    desk.locator("#dispatch-roles label", has_text="消防").click()
    expect(desk.locator("#dispatch-count b")).to_have_text(str(everybody))
    desk.click("#dispatch-lasso")
    box = desk.locator("#map").bounding_box()
    assert box is not None
    x, y = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
    desk.mouse.move(x, y)
    desk.mouse.down()
    for dx, dy in ((40, 0), (40, 40), (0, 40)):
        desk.mouse.move(x + dx, y + dy, steps=4)
    desk.mouse.up()
    # nobody has reported a position from there: the button must not send
    expect(desk.locator("#dispatch-send")).to_be_disabled()
    desk.click("#dispatch-clear")
    expect(desk.locator("#dispatch-count b")).to_have_text(str(everybody))
    desk.locator("#dispatch-templates button").first.click()
    desk.fill("#dispatch-title", "")
    desk.click("#dispatch-send")
    expect(desk.locator("#dispatch-problem")).to_contain_text("请填写标题和内容")


def test_a_hazard_is_reported_with_a_photo(open_page: Callable[..., Page], live_city: City, unit_area: str, running: Running) -> None:
    place = live_city.areas.place(OFFICER, unit_area).area
    here = {"longitude": place["lon"], "latitude": place["lat"], "accuracy": 8}
    phone = open_page(
        "unit",
        "/unit",
        **PHONE,
        permissions=["geolocation"],
        geolocation=here,
    )
    desk = open_page("officer", f"/?area={unit_area}")
    wait_for_area(desk, unit_area)
    phone.locator("[data-tab=report]").tap()
    phone.locator("[data-send]").tap()
    expect(phone.locator(".problem")).to_contain_text("请选择类型")
    phone.locator("[data-kind=landslide]").tap()
    phone.fill("textarea", "坡面有新裂缝，下方有三户")
    phone.locator("[data-locate]").tap()
    expect(phone.locator("[data-locate]")).to_contain_text("已定位")
    phone.set_input_files("input[type=file]", files=[{"name": "p.png", "mimeType": "image/png", "buffer": red_square()}])
    expect(phone.locator(".file")).to_contain_text("已附照片")
    keep(phone, "report-390x844")
    phone.locator("[data-send]").tap()
    row = desk.locator("#people .row", has_text="坡面有新裂缝")
    expect(row).to_be_visible()
    row.click()
    expect(desk.locator("#card img.photo")).to_be_visible()
    assert desk.evaluate("() => document.querySelector('#card img.photo').decode().then(() => true)")
    keep(desk, "ticket-1920x1080")


def red_square() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (64, 64), "red").save(out, "PNG")
    return out.getvalue()

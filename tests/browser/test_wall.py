"""The wall in a real browser: first paint, drill-down and back, the cut connection, who sees what."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from dashboard.city import City
from dashboard.demo.accounts import demo_accounts
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from dashboard.identity import SYSTEM
from dashboard.tickets import TicketReport
from datasources.models import Area
from tests.browser.conftest import keep, until, wait_for_area
from tests.conftest import ADMIN, OFFICER, Running
from tests.proxy import Proxy

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-wall")]

STREET = "510104017"
MICRO_GRID = f"{STREET}001001001"


def report_ticket(city: City, area: str = MICRO_GRID) -> dict[str, Any]:
    place = city.areas.place(ADMIN, area).area
    report = TicketReport(
        key=str(uuid.uuid4()), kind="drain_blocked", level="orange", text="排水沟堵塞，水漫过路面", lon=place["lon"], lat=place["lat"]
    )
    return city.tickets.report(OFFICER, report)


def tickets_on(page: Page) -> int:
    return int(page.inner_text("[data-figure='figure.tickets']").replace(",", ""))


def test_the_first_paint_is_a_whole_city(open_page: Callable[..., Page]) -> None:
    page = open_page("officer", width=3840, height=2160)
    wait_for_area(page, "5101")
    expect(page.locator("#breadcrumb .here")).to_have_text("成都市")
    expect(page.locator("#attention tbody tr")).to_have_count(20)
    expect(page.locator(".leaflet-areas-pane path")).to_have_count(21)
    expect(page.locator("#age")).to_contain_text("实时")
    assert page.inner_text("[data-figure='figure.on_duty']").replace(",", "").isdigit()
    assert "⟦" not in page.inner_text("body"), "a sentence is missing in the catalogue"
    keep(page, "wall-3840x2160")


def test_drill_down_to_a_micro_grid_and_back(open_page: Callable[..., Page]) -> None:
    page = open_page("officer")
    wait_for_area(page, "5101")
    for code in (MICRO_GRID[:6], MICRO_GRID[:9], MICRO_GRID[:12], MICRO_GRID[:15], MICRO_GRID):
        page.locator("#attention tbody tr", has_text=name_of(page, code)).first.click()
        wait_for_area(page, code)
        assert f"area={code}" in page.url
    expect(page.locator("#people .people tr").first).to_be_visible()
    expect(page.locator("#place")).to_contain_text("户")
    expect(page.locator("#place")).to_contain_text("示意边界")
    expect(page.locator("#nearest-video")).to_contain_text("附近视频")
    number = page.locator("#people .phone button").first
    expect(number).to_have_text(re.compile(r"^\d{3}\*{6}\d{2}$"))  # the whole one is asked for, and that is recorded
    expect(page.locator("#breadcrumb a")).to_have_count(5)
    keep(page, "micro-grid-1920x1080")
    page.go_back()
    wait_for_area(page, MICRO_GRID[:15])
    page.locator("#breadcrumb a").nth(1).click()
    wait_for_area(page, MICRO_GRID[:6])
    page.reload()
    wait_for_area(page, MICRO_GRID[:6])


def test_a_number_is_asked_for_to_be_called(open_page: Callable[..., Page]) -> None:
    page = open_page("officer", f"/%3Farea={MICRO_GRID}")
    wait_for_area(page, MICRO_GRID)
    number = page.locator("#people .phone button").first
    expect(number).to_have_text(re.compile(r"^\d{3}\*{6}\d{2}$"))
    number.click()
    dialog = page.locator("dialog.number-dialog")
    expect(dialog.locator("output")).to_have_text(re.compile(r"^\d{11}$"))
    assert dialog.locator("a").get_attribute("href") == f"tel:{dialog.locator('output').inner_text()}"
    dialog.locator("[data-copy]").click()
    expect(dialog.locator("[data-copy]")).to_have_text(re.compile("已"))
    page.keyboard.press("Escape")
    expect(dialog).to_have_count(0)
    expect(number).to_have_text(re.compile(r"^\d{11}$"))


def test_a_camera_nearby_is_opened_with_one_tap(open_page: Callable[..., Page]) -> None:
    page = open_page("officer", f"/%3Farea={MICRO_GRID}")
    wait_for_area(page, MICRO_GRID)
    page.locator("#nearest-video button.camera").first.click()
    expect(page.locator("#card h2")).to_have_text(page.locator("#nearest-video .camera-name").first.inner_text())
    assert page.evaluate("() => document.activeElement.id") == "card", "the keyboard goes on in what was opened"


def name_of(page: Page, code: str) -> str:
    found: str = page.evaluate("code => fetch(`/api/v1/areas/${code}`).then(r => r.json()).then(a => a.area.name)", code)
    return found


def test_a_tap_on_the_map_enters_the_area(open_page: Callable[..., Page]) -> None:
    page = open_page("officer")
    wait_for_area(page, "5101")
    page.wait_for_selector("#wall[data-micro-grids]")  # labels are set anew when the micro-grids take over the colours
    label = page.locator(".area-label", has_text="彭州市")
    box = until(page, label.bounding_box)  # none in the moment in which it is set anew
    assert box is not None
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] + 12)
    wait_for_area(page, "510182")


@pytest.mark.parametrize(("typed", "code"), [("水井坊", f"{STREET}001"), ("510182", "510182"), ("pzs", "510182"), ("pengzhou", "510182")])
def test_search_by_name_code_and_initials(open_page: Callable[..., Page], typed: str, code: str) -> None:
    page = open_page("officer")
    wait_for_area(page, "5101")
    page.keyboard.press("/")
    page.keyboard.type(typed)
    page.locator(f"#search-results a[href='/?area={code}']").click()
    wait_for_area(page, code)
    expect(page.locator("#search-results")).to_be_hidden()


def test_an_order_that_this_person_cannot_open_leaves_the_list_of_orders(open_page: Callable[..., Page], live_city: City) -> None:
    elsewhere = NewOrder(key="elsewhere", title="巡查", text="巡查河堤", to=Criteria(area="510182"))
    order = live_city.orders.send(OFFICER, elsewhere)["id"]
    page = open_page("leader", f"/%3Forder={order}")
    expect(page.locator("#notice.bad")).to_be_visible()
    expect(page.locator("#orders")).to_be_visible()
    expect(page.locator("#order")).to_be_hidden()
    assert "order=" not in page.url
    live_city.orders.close(OFFICER, order)


def test_an_import_gives_an_open_wall_the_new_names(open_page: Callable[..., Page], live_city: City) -> None:
    page = open_page("officer", f"/%3Farea={STREET}")
    wait_for_area(page, STREET)
    known = name_of(page, f"{STREET}001")
    expect(page.locator("#attention")).to_contain_text(known)
    for name in ("新设社区", known):
        with live_city.commands.transaction(SYSTEM) as work:
            work.session.get_one(Area, f"{STREET}001").name = name
            work.record("area.import", "5101", "5101", {"count": 1, "gone": 0, "moves": {}, "moved": {}})
        expect(page.locator("#attention")).to_contain_text(name)
        expect(page.locator(".area-label", has_text=name)).to_have_count(1)


def test_a_ticket_is_found_by_its_words(open_page: Callable[..., Page], live_city: City) -> None:
    ticket = report_ticket(live_city)
    page = open_page("officer")
    wait_for_area(page, "5101")
    page.keyboard.press("/")
    page.keyboard.type("水漫过")
    page.locator(f"#search-results a[href$='ticket={ticket['id']}']").click()
    expect(page.locator("#card")).to_contain_text("排水沟堵塞，水漫过路面")


def test_a_new_ticket_appears_without_asking(open_page: Callable[..., Page], live_city: City) -> None:
    page = open_page("officer")
    wait_for_area(page, "5101")
    before = tickets_on(page)
    report_ticket(live_city)
    expect(page.locator("[data-figure='figure.tickets']")).to_have_text(str(before + 1))
    expect(page.locator("#events li").first).to_contain_text("排水沟堵塞")
    row = page.locator("#attention tbody tr", has_text="锦江区")
    expect(row.locator("td").nth(3)).not_to_have_text("0")


def test_people_move_on_the_map(open_page: Callable[..., Page], live_city: City, running: Running) -> None:
    page = open_page("officer", f"/?area={STREET}001")
    wait_for_area(page, f"{STREET}001")
    units = [u for u in live_city.units.covering(ADMIN, f"{STREET}001", 50) if u["duty"] == "on_duty" and len(u["area_code"]) >= 12]
    place = live_city.areas.place(ADMIN, f"{STREET}001").area
    token = running.token("admin")
    at = live_city.commands.clock().isoformat()
    body = [{"unit": u["id"], "lon": place["lon"], "lat": place["lat"], "at": at} for u in units]
    answer = page.request.post(f"{running.server.address}/api/v1/positions", data=body, headers={"Authorization": f"Bearer {token}"})
    assert answer.ok, answer.text()
    expect(page.locator("[data-layer=people]")).to_contain_text(str(len(units)))
    page.wait_for_function(
        """() => {
          const canvas = document.querySelector('canvas.dots-people');
          const data = canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data;
          return data.filter((value, i) => i % 4 === 3 && value > 0).length > 20;
        }"""
    )


def test_a_cut_network_is_shown_and_nothing_is_missed(open_page: Callable[..., Page], live_city: City, network: Proxy) -> None:
    page = open_page("officer", port=network.port)
    wait_for_area(page, "5101")
    before = tickets_on(page)
    network.cut()
    expect(page.locator("#wall")).to_have_class(re.compile("cut"))
    expect(page.locator("#age")).to_contain_text("连接中断")
    for _ in range(3):
        report_ticket(live_city)
    page.wait_for_timeout(1500)
    assert tickets_on(page) == before
    assert float(page.get_attribute("#wall", "data-age") or 0) > 1000
    keep(page, "wall-cut-1920x1080")
    network.restore()
    expect(page.locator("[data-figure='figure.tickets']")).to_have_text(str(before + 3))
    expect(page.locator("#wall")).not_to_have_class(re.compile("cut"))


def test_a_killed_server_is_shown_and_survived(open_page: Callable[..., Page], live_city: City, running: Running) -> None:
    page = open_page("officer", "/?area=510104")
    wait_for_area(page, "510104")
    before = tickets_on(page)
    running.server.kill()
    expect(page.locator("#age")).to_contain_text("连接中断")
    report_ticket(live_city)
    running.server.start()
    expect(page.locator("[data-figure='figure.tickets']")).to_have_text(str(before + 1))
    expect(page.locator("#age")).to_contain_text("实时")


def test_a_leader_sees_only_the_own_street(open_page: Callable[..., Page], live_city: City) -> None:
    with live_city.database.read() as session:
        street = next(account.area_code for account in demo_accounts(session) if account.role == "leader")
    other = "510104017" if street != "510104017" else "510182003"
    page = open_page("leader")
    wait_for_area(page, street)
    expect(page.locator("#breadcrumb a")).to_have_count(0)
    before = tickets_on(page)
    report_ticket(live_city, other)
    mine = report_ticket(live_city, street)
    expect(page.locator("[data-figure='figure.tickets']")).to_have_text(str(before + 1))
    assert mine["area_code"].startswith(street)
    for foreign in ("5101", other):
        assert page.evaluate("code => fetch(`/api/v1/areas/${code}`).then(r => r.status)", foreign) == 403
    page.goto(page.url.split("?")[0] + f"?area={other}")
    expect(page.locator("#breadcrumb")).to_contain_text("不在您的管辖范围内")
    assert page.locator(".leaflet-areas-pane path").count() == 0


def test_a_touch_tablet_has_one_pane_and_large_targets(open_page: Callable[..., Page], live_city: City) -> None:
    with live_city.database.read() as session:
        street = next(account.area_code for account in demo_accounts(session) if account.role == "leader")
    report_ticket(live_city, street)
    page = open_page("leader", width=1024, height=768, has_touch=True)
    wait_for_area(page, street)
    expect(page.locator("#todo .todo").first).to_be_visible()
    keep(page, "tablet-1024x768")
    small = page.evaluate(
        "() => [...document.querySelectorAll('button, a[href], select, input')].filter(e => { const r = e.getBoundingClientRect();"
        " return r.width && r.bottom > 0 && r.top < innerHeight && !e.closest('.leaflet-control-attribution')"
        " && (r.width < 44 || r.height < 44); })"
        ".map(e => e.outerHTML.slice(0, 90))"
    )
    assert small == []
    page.locator("#todo .todo button").first.tap()
    expect(page.locator("#card .hands .row").first).to_contain_text("派单")
    page.locator("#card .hands .row").first.tap()
    expect(page.locator("#card")).to_contain_text("已派单")
    for tab in ("地图", "指令", "人员", "统计"):
        page.locator("#tabs button", has_text=tab).tap()
        assert page.evaluate("() => document.documentElement.scrollWidth <= innerWidth")


def test_layers_and_colours_can_be_switched(open_page: Callable[..., Page]) -> None:
    page = open_page("officer", "/?area=510104")
    wait_for_area(page, "510104")
    paths = page.locator(".leaflet-areas-pane path")
    assert paths.count() > 1
    page.click("[data-layer=areas]")
    expect(paths).to_have_count(0)
    page.click("[data-layer=areas]")
    page.select_option("#layers select", "on_duty")
    page.click("[data-layer=video]")
    expect(page.locator("[data-layer=video]")).to_have_attribute("aria-pressed", "true")


def test_english_is_the_second_language(open_page: Callable[..., Page]) -> None:
    page = open_page("officer")
    wait_for_area(page, "5101")
    page.click(".person summary")
    page.click(".person-menu form[action^='/language'] button")
    wait_for_area(page, "5101")
    expect(page.locator("#attention h2")).to_have_text("Needs attention")
    expect(page.locator("#age")).to_contain_text("Live")

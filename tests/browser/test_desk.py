"""What a duty officer does, followed to the person at its end: each on the screen of their own."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dashboard.city import City
from dashboard.demo.accounts import demo_accounts
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from tests.browser.conftest import keep, until, wait_for_area
from tests.browser.test_dispatch import PHONE
from tests.conftest import OFFICER
from tests.proxy import Proxy

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-desk")]


class Somebody:
    """The unit of the demo that has a phone."""

    def __init__(self, city: City) -> None:
        with city.database.read() as session:
            account = next(account for account in demo_accounts(session) if account.role == "unit")
        self.id, self.name, self.area = str(account.unit_id), account.name, account.area_code
        self.city = city

    def order(self, key: str, title: str = "巡查", **more: object) -> str:
        """An order to this unit alone; its id."""
        to = Criteria(area=self.area, units=[self.id])
        return str(self.city.orders.send(OFFICER, NewOrder(key=key, title=title, text=f"{title}，请立即", to=to, **more))["id"])  # type: ignore[arg-type]

    def state(self, order: str) -> str:
        """How far it has come."""
        return str(self.city.orders.deliveries(OFFICER, order)[0]["state"])

    def end_orders(self) -> None:
        """What runs is ended."""
        for order in self.city.orders.listed(OFFICER, 100, ""):
            if order["state"] == "running":
                self.city.orders.close(OFFICER, order["id"])


@pytest.fixture
def unit(live_city: City) -> Somebody:
    return Somebody(live_city)


@pytest.fixture(autouse=True)
def nothing_left(unit: Somebody) -> None:
    """What an earlier test has left open is ended."""
    unit.end_orders()


def test_a_call_for_help_is_heard_taken_and_answered(open_page: Callable[..., Page], unit: Somebody) -> None:
    phone = open_page("unit", "/unit", **PHONE)
    desk = open_page("officer", "/?area=510182")  # somewhere else: the queue is of the whole scope
    wall = open_page("commander", "/", width=3840, height=2160)
    wait_for_area(desk, "510182")
    order = unit.order("help-browser", "安全签到", kind="check_in", priority="urgent")
    phone.locator("[data-help]").tap()
    expect(phone.locator(".unit-order.help")).to_contain_text("求助已发出")
    item = desk.locator("#desk li.help")
    expect(item).to_contain_text(f"{unit.name} 求助")
    expect(wall.locator("#waiting.help")).to_contain_text("待接处置")
    until(desk, lambda: "项待接" in desk.title())
    keep(desk, "desk-help-1920x1080")
    item.locator("[data-take]").click()
    expect(desk.locator("#desk li.help")).to_have_count(0)
    expect(desk.locator("#card")).to_contain_text("人员求助")
    expect(phone.locator(".unit-order.help")).to_contain_text("周敏 已接手")
    keep(phone, "unit-help-390x844")
    assert unit.state(order) == "help"
    phone.locator("[data-safe]").tap()
    until(phone, lambda: unit.state(order) == "done")


def test_a_report_by_telephone_becomes_a_ticket_an_order_and_is_closed(open_page: Callable[..., Page], unit: Somebody) -> None:
    phone = open_page("unit", "/unit", **PHONE)
    expect(phone.locator(".unit-empty")).to_be_visible()
    desk = open_page("officer", f"/?area={unit.area[:12]}", width=1366, height=768)
    wait_for_area(desk, unit.area[:12])
    desk.keyboard.press("F2")
    desk.locator("#intake [data-send]").click()
    expect(desk.locator("#intake .problem")).to_contain_text("请选择类型")
    desk.select_option("#intake select[name=kind]", "waterlogging")
    desk.locator("#intake label", has=desk.locator(".badge.orange")).click()
    desk.fill("#intake textarea", "地下室进水，有老人")
    desk.fill("#intake input[name=caller]", "028-8624 1234")
    place = unit.city.areas.full_name(unit.area[:12])[-4:]
    desk.fill("#intake input[name=address]", place)
    desk.locator(".intake-found button").first.click()
    expect(desk.locator("#intake [role=status]")).to_contain_text("位置：")
    keep(desk, "intake-1366x768")
    desk.locator("#intake [data-send]").click()
    card = desk.locator("#card")
    expect(card).to_contain_text("地下室进水，有老人")
    expect(card.locator("[data-caller]")).to_contain_text("028******34")
    card.locator("[data-caller]").click()
    expect(desk.locator("dialog.number-dialog output")).to_have_text("02886241234")
    desk.keyboard.press("Escape")
    expect(card.locator("[data-caller]")).to_contain_text("02886241234")
    card.locator("input[name=hands]").fill(unit.name)
    card.locator(f"[data-assign='{unit.id}']").click()
    expect(card).to_contain_text(f"派单：{unit.name}")

    expect(phone.locator(".unit-order h1")).to_have_text("积水内涝")
    for step in ("acknowledged", "en_route", "arrived", "done"):
        phone.locator(f".unit-main[data-step={step}]").tap()
    phone.fill("textarea[name=finish]", "已抽干，老人已安置")
    phone.locator("[data-finish]").tap()
    expect(card).to_contain_text("待核查")
    expect(card.locator(".steps")).to_contain_text("已抽干，老人已安置")
    expect(card.locator("button", has_text="通过办结")).to_be_disabled()
    card.locator("label", has_text="4 分").click()
    card.locator("button", has_text="通过办结").click()
    expect(card).to_contain_text("已办结")
    phone.locator("[data-tab=me]").tap()
    expect(phone.locator(".unit-past").first).to_contain_text("积水内涝")


def test_the_list_of_tickets_is_filtered_by_state_and_level(open_page: Callable[..., Page], unit: Somebody) -> None:
    desk = open_page("officer", "/")
    wait_for_area(desk, "5101")
    desk.keyboard.press("F4")
    for state in ("", "reported"):
        desk.locator(f"#tickets [data-state='{state}']").click()
        # rows and number of one moment: tickets come and go
        desk.wait_for_function(
            """(state) => { const chosen = document.querySelector(`#tickets [data-state='${state}'][aria-current=true]`);
            const said = chosen?.textContent.trim().split(/\\s+/).pop();
            return said !== undefined && Number(said) === document.querySelectorAll('#tickets [data-ticket]').length; }""",
            arg=state,
        )
    desk.locator("#tickets [data-level=blue]").click()
    for badge in desk.locator("#tickets .row .badge").all():
        assert badge.inner_text() == "蓝"
    desk.keyboard.press("Escape")
    expect(desk.locator("#tickets")).to_be_hidden()


def test_a_warning_is_issued_seen_and_lifted(open_page: Callable[..., Page], unit: Somebody) -> None:
    desk, wall = open_page("officer", "/?area=510182"), open_page("commander", "/")
    wait_for_area(desk, "510182")
    wait_for_area(wall, "5101")
    before = len(unit.city.warnings.in_force(OFFICER, "5101"))
    desk.keyboard.press("F8")
    desk.locator("#warnings [data-new]").click()
    desk.select_option("#warnings select[name=event]", "flood")
    desk.locator("#warnings label", has=desk.locator(".badge.red")).click()
    desk.locator("#warnings [data-issue]").click()
    expect(desk.locator("dialog.ask")).to_contain_text("洪水红色预警")
    desk.locator("dialog.ask .danger").click()
    expect(wall.locator("#events")).to_contain_text("洪水红色预警")
    expect(wall.locator(".tile.red b")).not_to_have_text("0")
    desk.locator("#warnings [data-lift]").first.click()
    desk.locator("dialog.ask .danger").click()
    until(desk, lambda: len(unit.city.warnings.in_force(OFFICER, "5101")) == before)


def test_a_new_order_is_over_every_page_and_each_can_be_answered(open_page: Callable[..., Page], unit: Somebody) -> None:
    phone = open_page("unit", "/unit", **PHONE)
    first = unit.order("phone-first", "增援处置", priority="critical")
    phone.locator(".unit-main[data-step=acknowledged]").tap()
    phone.locator("[data-tab=report]").tap()
    second = unit.order("phone-second", "特急撤离命令", priority="critical")
    expect(phone.locator(".unit-banner.critical")).to_contain_text("特急撤离命令")
    expect(phone.locator("[data-tab=order] .dot")).to_have_text("2")
    keep(phone, "unit-banner-390x844")
    phone.locator("[data-acknowledge]").tap()
    until(phone, lambda: unit.state(second) == "acknowledged")
    phone.locator("[data-tab=order]").tap()
    expect(phone.locator("[data-listed]")).to_have_count(2)
    third = unit.order("phone-third", "核查", priority="normal")
    phone.locator("[data-listed]", has_text="核查").locator("button.grow").tap()
    expect(phone.locator(".unit-order h1")).to_have_text("核查")
    assert unit.state(third) == "delivered"
    assert unit.state(first) == "acknowledged"


def test_two_taps_of_the_same_thumb_are_one_step(open_page: Callable[..., Page], unit: Somebody) -> None:
    phone = open_page("unit", "/unit", **PHONE)
    order = unit.order("double-tap", "巡查")
    expect(phone.locator(".unit-main")).to_be_visible()
    phone.dblclick(".unit-main")
    until(phone, lambda: unit.state(order) not in ("queued", "delivered"))
    assert unit.state(order) == "acknowledged"


def test_an_order_stays_with_its_place_says_it_and_is_not_sent_in_a_cut(
    open_page: Callable[..., Page], unit: Somebody, network: Proxy
) -> None:
    desk = open_page("officer", f"/?area={unit.area}", width=1366, height=768, port=network.port)
    wait_for_area(desk, unit.area)
    desk.click("#order-people")
    desk.locator("#dispatch-templates button", has_text="转移群众").click()
    place = desk.locator("#dispatch-area").inner_text()
    desk.evaluate("() => history.pushState({}, '', '/?area=5101')")
    desk.evaluate("() => window.dispatchEvent(new CustomEvent('_dashprivate_pushstate'))")
    wait_for_area(desk, "5101")
    expect(desk.locator("#dispatch-here")).to_be_visible()
    assert desk.locator("#dispatch-area").inner_text() == place
    desk.click("#dispatch-send")
    question = desk.locator("#dispatch-confirm")
    expect(question).to_contain_text(unit.city.areas.full_name(unit.area))
    box = desk.locator("#dispatch-confirm-send").bounding_box()
    assert box is not None
    assert box["y"] + box["height"] <= 768
    assert desk.evaluate("() => document.activeElement.id") == "dispatch-confirm-cancel"
    network.cut()
    expect(desk.locator("#wall.cut")).to_have_count(1)
    desk.click("#dispatch-confirm-send")
    expect(desk.locator("#dispatch-offline")).to_contain_text("未下达：网络中断")
    assert [order for order in unit.city.orders.listed(OFFICER, 10, "") if order["state"] == "running"] == []
    network.restore()
    expect(desk.locator("#dispatch-offline")).to_be_hidden()


def test_enter_opens_what_stands_in_the_box(open_page: Callable[..., Page], unit: Somebody) -> None:
    desk = open_page("officer", "/")
    wait_for_area(desk, "5101")
    desk.keyboard.press("/")
    desk.keyboard.type(unit.name, delay=40)
    desk.keyboard.press("Enter")
    expect(desk.locator("#card h2")).to_have_text(unit.name)
    assert desk.evaluate("() => document.activeElement.id") != "search-text"

"""Each role's own walk on its own screen: what each must see and be able to do, and that it can be read."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from dashboard.city import City
from dashboard.dispatch.orders import NewOrder
from dashboard.dispatch.recipients import Criteria
from tests.browser.conftest import keep, until, wait_for_area
from tests.browser.look import stays_wrong
from tests.browser.test_desk import Somebody
from tests.browser.test_dispatch import PHONE
from tests.browser.test_wall import report_ticket
from tests.conftest import OFFICER, Running

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-roles")]


@pytest.fixture
def unit(live_city: City) -> Iterator[Somebody]:
    somebody = Somebody(live_city)
    yield somebody
    somebody.end_orders()


def reads_well(page: Page, name: str, kind: str = "desk") -> None:
    """Keep a picture, and hold that nothing on it is cut, covered, too small or too faint."""
    page.wait_for_timeout(500)  # what was asked for comes
    wrong = stays_wrong(page, kind)
    keep(page, name)
    assert wrong == [], name


def test_an_officer_reads_each_panel_of_the_desk(open_page: Callable[..., Page], unit: Somebody) -> None:
    page = open_page("officer", width=1920, height=1080)
    wait_for_area(page, "5101")
    reads_well(page, "role-officer-city")
    for key, panel in (("F2", "intake"), ("F4", "tickets"), ("F7", "dispatch"), ("F8", "warnings")):
        page.keyboard.press(key)
        expect(page.locator(f"#{panel}")).to_be_visible()
        reads_well(page, f"role-officer-{panel}")
        page.keyboard.press("Escape")
        expect(page.locator(f"#{panel}")).to_be_hidden()
    page.set_viewport_size({"width": 1366, "height": 768})
    page.goto(page.url.split("?")[0] + f"?area={unit.area[:12]}")
    wait_for_area(page, unit.area[:12])
    reads_well(page, "role-officer-community-1366x768")


def test_a_leader_hands_a_ticket_out_and_checks_what_was_done(open_page: Callable[..., Page], unit: Somebody) -> None:
    street = unit.area[:9]
    ticket = report_ticket(unit.city, unit.area[:12])
    leader = open_page("leader", width=1024, height=768, has_touch=True)
    phone = open_page("unit", "/unit", **PHONE)
    wait_for_area(leader, street)
    todo = leader.locator(f"#todo [data-ticket='{ticket['id']}']")
    expect(todo).to_contain_text(unit.city.areas.name(unit.area[:12]))
    expect(todo).to_contain_text("剩")
    expect(leader.locator("#tabs .dot").first).to_have_text(str(leader.locator("#todo .todo").count()))
    reads_well(leader, "role-leader-todo", "touch")
    todo.locator("button").tap()
    card = leader.locator("#card")
    card.locator("input[name=hands]").fill(unit.name)
    card.locator(f"[data-assign='{unit.id}']").tap()
    expect(card).to_contain_text("已派单")
    expect(phone.locator(".unit-order h1")).to_have_text("排水沟堵塞")
    for step in ("acknowledged", "en_route", "arrived", "done"):
        phone.locator(f".unit-main[data-step={step}]").tap()
        if step == "acknowledged":
            reads_well(phone, "role-unit-order", "touch")
    phone.fill("textarea[name=finish]", "已疏通")
    phone.locator("[data-finish]").tap()
    expect(card).to_contain_text("待核查")
    expect(card.locator(".steps")).to_contain_text("已疏通")
    card.locator("label", has_text="5 分").tap()
    card.locator("button", has_text="通过办结").tap()
    expect(card).to_contain_text("已办结")
    expect(todo).to_have_count(0)
    for tab in ("地图", "指令", "人员", "统计"):
        leader.locator("#tabs button", has_text=tab).tap()
        reads_well(leader, f"role-leader-{tab}", "touch")


def test_a_leader_who_asks_for_another_street_is_shown_the_way_home(open_page: Callable[..., Page], unit: Somebody) -> None:
    leader = open_page("leader", "/%3Farea=5101", width=1024, height=768, has_touch=True)
    leader.locator("#breadcrumb [data-home]").tap()
    wait_for_area(leader, unit.area[:9])


def test_a_commander_sees_what_burns_and_where_orders_went(open_page: Callable[..., Page], unit: Somebody) -> None:
    wall = open_page("commander", width=3840, height=2160)
    wait_for_area(wall, "5101")
    order = NewOrder(key="role-commander", title="转移群众", text="立即转移", priority="critical", to=Criteria(area=unit.area[:9]))
    sent = unit.city.orders.send(OFFICER, order)
    place = unit.city.areas.name(unit.area[:9])
    expect(wall.locator("#orders")).to_contain_text("转移群众")
    expect(wall.locator("#orders")).to_contain_text(place)
    silent = [one for one in unit.city.orders.deliveries(OFFICER, sent["id"]) if one["state"] in ("queued", "delivered")]
    expect(wall.locator("[data-figure='figure.unanswered']")).to_have_text(str(len(silent)))
    until(wall, lambda: wall.locator("#attention tbody tr").first.inner_text())
    reads_well(wall, "role-commander-city", "wall")
    wall.locator("#orders .order header button", has_text="转移群众").click()
    wall.locator("[data-side=reach]").click()
    expect(wall.locator("#order .reach-silent li").first).to_be_visible()
    reads_well(wall, "role-commander-reach", "wall")
    wall.locator("#order [data-close]").click()
    wall.locator("dialog.ask .danger").click()
    expect(wall.locator("#order")).to_contain_text("陈建国")


def test_an_administrator_sees_what_is_connected_and_ends_a_session(
    open_page: Callable[..., Page], running: Running, unit: Somebody
) -> None:
    phone = open_page("unit", "/unit", **PHONE)
    expect(phone.locator("[data-tab=me]")).to_be_visible()
    admin = open_page("admin", "/status", width=1366, height=768)
    expect(admin.locator("body")).to_contain_text("正常")
    reads_well(admin, "role-admin-status")
    admin.goto(f"{running.server.address}/accounts")
    reads_well(admin, "role-admin-accounts")
    admin.locator("a", has_text=unit.name).click()
    reads_well(admin, "role-admin-account")
    admin.on("dialog", lambda dialog: dialog.accept())
    admin.locator("form[action$='/revoke'] button").first.click()
    expect(phone.locator("[role=alert] a[href^='/signin']")).to_be_visible()

"""Call policies as an administrator sets them and everybody else reads them."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from dashboard.city import City
from tests.browser.conftest import keep, wait_for_area
from tests.conftest import ADMIN

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-dispatch")]
STREET = "510104017"


def _open(page: Page, area: str) -> None:
    wait_for_area(page, area)
    page.click(".person summary")
    page.click("#policies-open")
    expect(page.locator("#policies .policy")).to_have_count(3)


def _held(city: City, area: str, priority: str) -> dict[str, object]:
    return next(one for one in city.policies.listed(ADMIN, area) if one["priority"] == priority)


def test_a_policy_is_changed_and_given_back(open_page: Callable[..., Page], live_city: City) -> None:
    page = open_page("admin", f"/?area={STREET}")
    _open(page, STREET)
    urgent = page.locator("#policies .policy[data-priority=urgent]")
    expect(urgent.locator("h3 .hint")).to_have_text("系统默认")
    expect(urgent.locator("li").first).to_contain_text("锁屏提醒")
    keep(page, "policies-1920x1080")

    urgent.locator("[data-change]").click()
    while urgent.locator("fieldset").count():
        urgent.get_by_role("button", name="删除第 1 步").click()
    urgent.locator("[data-add]").click()
    step = urgent.locator("fieldset").first
    step.locator("input").fill("45")
    step.get_by_label("叫应渠道").select_option("duty_desk")
    keep(page, "policies-edit-1920x1080")
    urgent.get_by_role("button", name="保存").click()
    expect(urgent.locator("h3 .hint")).to_contain_text("本区域设置")
    expect(urgent.locator("li")).to_have_count(1)
    expect(urgent.locator("li")).to_contain_text("街道值班室")
    assert _held(live_city, f"{STREET}001", "urgent")["steps"] == [
        {"channel": "duty_desk", "after_s": 45, "until": "acknowledged", "available": True}
    ]

    urgent.locator("[data-restore]").click()
    page.locator("dialog").get_by_role("button", name="确定").click()
    expect(urgent.locator("h3 .hint")).to_have_text("系统默认")
    assert _held(live_city, STREET, "urgent")["from_area"] is None


def test_who_is_no_administrator_reads_them_only(open_page: Callable[..., Page]) -> None:
    page = open_page("officer", f"/?area={STREET}", width=1024, height=768)
    _open(page, STREET)
    expect(page.locator("#policies [data-change]")).to_have_count(0)
    keep(page, "policies-1024x768")

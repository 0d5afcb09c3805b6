"""An order, silence, the duty desk, a telephone call, and the end: as the desk sees it."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest
from playwright.sync_api import Page, expect

from dashboard.city import City
from dashboard.demo.accounts import demo_accounts
from dashboard.dispatch.answers import BY_PHONE, Answer
from dashboard.dispatch.policies import NewPolicy, Step
from tests.browser.conftest import keep, wait_for_area
from tests.browser.test_dispatch import PHONE, write_order
from tests.conftest import ADMIN, OFFICER, principal

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-dispatch")]


@pytest.fixture
def community(live_city: City) -> Iterator[str]:
    """Where the duty desk hears of silence after two seconds."""
    with live_city.database.read() as session:
        area = next(account.area_code for account in demo_accounts(session) if account.role == "unit")[:12]
    live_city.policies.set(ADMIN, NewPolicy(area=area, priority="critical", steps=[Step(channel="duty_desk", after_s=2)]))
    yield area
    live_city.policies.set(ADMIN, NewPolicy(area=area, priority="critical", steps=[]))


def test_from_silence_to_done(open_page: Callable[..., Page], live_city: City, community: str) -> None:
    phone = open_page("unit", "/unit", **PHONE)
    expect(phone.locator(".unit-empty")).to_be_visible()
    desk = open_page("officer", f"/?area={community}")
    wait_for_area(desk, community)
    write_order(desk)
    desk.click("#dispatch-confirm-send")
    desk.click("#order [data-side=reach]")
    board = desk.locator("#order")
    listed = board.locator(".reach-silent li")
    expect(listed.first).to_contain_text("已报值班室")
    order = live_city.orders.listed(OFFICER, 1, "")[0]["id"]
    rows = {row["id"]: row for row in live_city.orders.deliveries(OFFICER, order)}
    expect(listed).to_have_count(len(rows))
    expect(board.locator(".reach-areas .whole td").last).to_have_text(str(len(rows)))
    keep(desk, "reach-1920x1080")

    # one tap on the phone, the rest by telephone
    phone.locator(".unit-main[data-step=acknowledged]").tap()
    expect(listed).to_have_count(len(rows) - 1)
    while listed.count():
        left = listed.count()
        listed.first.get_by_role("button", name="已电话叫应").click()
        expect(listed).to_have_count(left - 1)
    expect(board.get_by_text("全部应答")).to_be_visible()
    notes = [step["note"] for row in rows for step in live_city.answers.steps(OFFICER, row) if step["state"] == "acknowledged"]
    assert sorted(notes) == sorted(["", *[BY_PHONE] * (len(rows) - 1)])

    for row in rows.values():
        unit = principal("unit", row["area_code"], row["unit_id"])
        for state in ("en_route", "arrived", "done"):
            live_city.answers.answer(unit, row["id"], Answer(key=f"{row['id']}-{state}", state=state))  # type: ignore[arg-type]
    expect(board.locator(".reach-areas .whole td").nth(4)).to_have_text("100%")
    expect(board.locator(".reach-times tr", has_text="完成").locator("td").last).not_to_have_text("—")
    keep(desk, "reach-done-1920x1080")

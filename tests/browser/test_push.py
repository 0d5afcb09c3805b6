"""A push message on a phone whose page is closed: the real service worker, its message delivered through Chromium's own door."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.test_dispatch import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-dispatch")]
SHOWN = """async () => {
  const registration = await navigator.serviceWorker.ready;
  return (await registration.getNotifications()).map(({ title, body, tag }) => [title, body, tag]);
}"""


@pytest.fixture
def phone(open_page: Callable[..., Page]) -> Page:
    page = open_page("unit", "/unit", permissions=["notifications"], **PHONE)
    expect(page.locator(".unit-empty")).to_be_visible()
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    return page


def deliver(phone: Page, data: str) -> None:
    session = phone.context.new_cdp_session(phone)
    found: list[str] = []
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(r["registrationId"] for r in event["registrations"]))
    session.send("ServiceWorker.enable")
    phone.wait_for_function("() => true")
    for _ in range(50):
        if found:
            break
        phone.wait_for_timeout(100)
    origin = phone.evaluate("() => location.origin")
    session.send("ServiceWorker.deliverPushMessage", {"origin": origin, "registrationId": found[-1], "data": data})


def test_an_order_is_shown_though_no_page_asks(phone: Page) -> None:
    deliver(
        phone, json.dumps({"title": "转移群众", "text": "请立即组织转移", "priority": "critical", "order": "order-1", "delivery": "d-1"})
    )
    phone.wait_for_function(f"async () => (await ({SHOWN})()).length === 1")
    assert phone.evaluate(SHOWN) == [["转移群众", "请立即组织转移", "order-1"]]


def test_words_that_cannot_be_read_still_make_themselves_known(phone: Page) -> None:
    deliver(phone, "not json")
    phone.wait_for_function(f"async () => (await ({SHOWN})()).length === 1")
    assert phone.evaluate(SHOWN)[0][0] == "新指令"


def test_the_field_page_says_whether_push_is_on(phone: Page) -> None:
    phone.locator("[data-tab=me]").tap()
    button = phone.locator("[data-push]")
    expect(button).to_have_text("开启锁屏提醒")
    button.tap()  # no push service is in reach of this machine: it says so, and nothing breaks
    expect(button).to_have_text("锁屏提醒未能开启，点此重试", timeout=20_000)

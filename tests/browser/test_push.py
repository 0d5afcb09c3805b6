"""Push messages in the field page: turned on by choice, and honest when they cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import until
from tests.browser.test_dispatch import PHONE

pytestmark = [pytest.mark.browser, pytest.mark.xdist_group("browser-dispatch")]


@pytest.fixture
def phone(open_page: Callable[..., Page]) -> Page:
    page = open_page("unit", "/unit", permissions=["notifications"], **PHONE)
    expect(page.locator(".unit-empty")).to_be_visible()
    page.evaluate("() => navigator.serviceWorker.ready.then(() => true)")
    return page


def test_the_field_page_says_whether_push_is_on(phone: Page) -> None:
    phone.locator("[data-tab=me]").tap()
    button = phone.locator("[data-push]")
    expect(button).to_have_text("开启锁屏提醒")
    # however the network of this machine fails, the browser says it like this
    phone.evaluate("() => { PushManager.prototype.subscribe = () => Promise.reject(new DOMException('x', 'AbortError')); }")
    button.tap()  # no push service is in reach of this machine: it says so, and nothing breaks
    expect(button).to_have_text("锁屏提醒未能开启，点此重试")


def test_a_push_message_is_shown_while_no_page_listens(phone: Page) -> None:
    found: list[dict[str, object]] = []
    session = phone.context.new_cdp_session(phone)
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    origin = phone.evaluate("() => location.origin")
    registration = until(phone, lambda: next((one for one in reversed(found) if not one["isDeleted"]), None))
    said = {"title": "转移群众", "text": "请立即转移", "order": "order-1", "priority": "critical"}
    told = {"origin": origin, "registrationId": registration["registrationId"], "data": json.dumps(said)}
    session.send("ServiceWorker.deliverPushMessage", told)
    shown = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
        .map((one) => [one.title, one.body, one.tag, one.requireInteraction])"""
    assert until(phone, lambda: phone.evaluate(shown)) == [["转移群众", "请立即转移", "order-1", True]]

"""Push messages in the field page: turned on by choice, and honest when they cannot be."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from playwright.sync_api import Page, expect

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
    button.tap()  # no push service is in reach of this machine: it says so, and nothing breaks
    expect(button).to_have_text("锁屏提醒未能开启，点此重试", timeout=20_000)


def test_a_push_message_is_shown_while_no_page_listens(phone: Page) -> None:
    found: list[dict[str, object]] = []
    session = phone.context.new_cdp_session(phone)
    session.on("ServiceWorker.workerRegistrationUpdated", lambda event: found.extend(event["registrations"]))
    session.send("ServiceWorker.enable")
    phone.wait_for_timeout(500)
    origin = phone.evaluate("() => location.origin")
    registration = next(one for one in found if not one["isDeleted"])
    said = {"title": "转移群众", "text": "请立即转移", "order": "order-1", "priority": "critical"}
    told = {"origin": origin, "registrationId": registration["registrationId"], "data": json.dumps(said)}
    session.send("ServiceWorker.deliverPushMessage", told)
    shown = """async () => (await (await navigator.serviceWorker.ready).getNotifications())
        .map((one) => [one.title, one.body, one.tag, one.requireInteraction])"""
    phone.wait_for_function(f"async () => (await ({shown})()).length > 0")
    assert phone.evaluate(shown) == [["转移群众", "请立即转移", "order-1", True]]

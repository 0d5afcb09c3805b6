"""Pages, sign-in, Dash's own endpoint: who is let in, and what other sites cannot do with one's cookie."""

from __future__ import annotations

import pytest
import requests

from tests.callbacks.conftest import sign_in
from tests.conftest import Running

CALLBACK = {
    "output": "..search-results.children...search-results.hidden..",
    "outputs": [{"id": "search-results", "property": "children"}, {"id": "search-results", "property": "hidden"}],
    "inputs": [{"id": "search-text", "property": "value", "value": "锦江"}],
    "changedPropIds": ["search-text.value"],
}


def test_everything_asks_for_a_sign_in(running: Running, browser: requests.Session) -> None:
    for path in ("/", "/unit", "/?area=510104"):
        answer = browser.get(running.server.address + path, allow_redirects=False, timeout=60)
        assert (answer.status_code, answer.headers["Location"].split("?")[0]) == (302, "/signin")
    for path in ("/_dash-layout", "/_dash-dependencies", "/metrics", "/tiles/basemap/1/1/1", "/nothing"):
        assert browser.get(running.server.address + path, timeout=60).status_code == 401, path
    assert browser.post(running.server.address + "/_dash-update-component", json=CALLBACK, timeout=60).status_code == 401


def test_signing_in_and_out(running: Running, browser: requests.Session) -> None:
    answer = sign_in(running, browser, target="/?area=510104")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/?area=510104")
    cookie = answer.headers["Set-Cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=Lax" in cookie
    assert browser.get(running.server.address, timeout=60).status_code == 200
    assert "锦江区" in browser.post(running.server.address + "/_dash-update-component", json=CALLBACK, timeout=60).text
    secret = browser.cookies["yiping_session"]
    browser.post(running.server.address + "/signout", timeout=60)
    again = requests.get(running.server.address + "/_dash-layout", cookies={"yiping_session": secret}, timeout=60)
    assert again.json()["error"]["code"] == "token_revoked"


def test_a_search_through_dash_stays_in_the_scope(running: Running, browser: requests.Session) -> None:
    sign_in(running, browser, "leader")
    answer = browser.post(running.server.address + "/_dash-update-component", json=CALLBACK, timeout=60)
    assert answer.status_code == 200
    assert "/?area=510104017" in answer.text or "没有找到" in answer.text
    assert '"/?area=510104"' not in answer.text


def test_a_wrong_password_says_so_in_chinese(running: Running, browser: requests.Session) -> None:
    answer = browser.post(f"{running.server.address}/signin", data={"login": "officer", "password": "x"}, timeout=60)
    assert answer.status_code == 401
    assert "账号或密码不正确" in answer.text


@pytest.mark.parametrize("target", ["https://evil.example/", "//evil.example", "/\\evil.example", "javascript:alert(1)"])
def test_the_way_back_never_leaves_the_site(running: Running, browser: requests.Session, target: str) -> None:
    assert sign_in(running, browser, target=target).headers["Location"] == "/"


def test_other_sites_cannot_use_the_cookie(running: Running, browser: requests.Session) -> None:
    sign_in(running, browser)
    for origin in ("https://evil.example", "null", ""):
        answer = browser.post(running.server.address + "/_dash-update-component", json=CALLBACK, headers={"Origin": origin}, timeout=60)
        assert (answer.status_code, answer.json()["error"]["code"]) == (403, "foreign_origin")


def test_units_have_a_page_of_their_own(running: Running, browser: requests.Session) -> None:
    assert sign_in(running, browser, "unit").headers["Location"] == "/unit"
    assert browser.get(running.server.address, allow_redirects=False, timeout=60).headers["Location"] == "/unit"
    assert "data-boot" in browser.get(running.server.address + "/unit", timeout=60).text


def test_a_wall_screen_enters_with_its_device_token(running: Running, browser: requests.Session) -> None:
    device, api = running.token("officer", kind="device"), running.token("officer")
    assert browser.post(running.server.address + "/signin", data={"device": api}, timeout=60).status_code == 401
    assert browser.post(running.server.address + "/signin", data={"device": device}, allow_redirects=False, timeout=60).status_code == 302
    assert browser.get(running.server.address, timeout=60).status_code == 200


def test_what_anybody_may_have(running: Running) -> None:
    for path, kind in (("/healthz", "json"), ("/sw.js", "javascript"), ("/manifest.webmanifest", "json"), ("/catalogue/en.json", "json"),
                       ("/assets/js/wall.mjs", "javascript")):  # fmt: skip
        answer = requests.get(running.server.address + path, timeout=60)
        assert answer.status_code == 200
        assert kind in answer.headers["Content-Type"], path
        assert answer.headers["X-Content-Type-Options"] == "nosniff"

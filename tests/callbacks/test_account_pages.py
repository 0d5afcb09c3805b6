"""The account pages: sessions, second factor, and for administrators the people of their area."""

from __future__ import annotations

import re

import pyotp
import pytest
import requests
from sqlalchemy import delete

from dashboard.city import build_city
from dashboard.demo.accounts import PASSWORD
from datasources.models import SignInFailure
from tests.callbacks.conftest import sign_in
from tests.conftest import Running


def shown(running: Running, browser: requests.Session, path: str, status: int = 200) -> str:
    answer = browser.get(running.server.address + path, timeout=60)
    assert answer.status_code == status, answer.text[:300]
    assert "⟦" not in answer.text  # a key that the catalogue has not
    return answer.text


def send(running: Running, browser: requests.Session, path: str, **form: str) -> requests.Response:
    return browser.post(running.server.address + path, data=form, timeout=60)


@pytest.mark.parametrize("login", ["officer", "unit", "admin"])
def test_everybody_sees_who_they_are_and_what_they_may(running: Running, browser: requests.Session, login: str) -> None:
    sign_in(running, browser, login)
    page = shown(running, browser, "/account")
    assert page.count("✓") >= 2
    assert "本机" in page
    assert ("账户管理" in page) == (login == "admin")


def test_a_wall_with_a_device_token_has_no_account_to_change(running: Running, browser: requests.Session) -> None:
    browser.headers["Authorization"] = f"Bearer {running.token('officer', kind='device')}"
    page = shown(running, browser, "/account")
    assert "<form" not in page
    assert send(running, browser, "/account/factor", secret="A" * 32, code="000000").status_code == 403


def test_a_session_elsewhere_is_ended_from_here(running: Running, browser: requests.Session) -> None:
    elsewhere = requests.Session()
    elsewhere.trust_env = False
    elsewhere.headers["Origin"] = running.server.address
    sign_in(running, elsewhere, "leader")
    browser.headers["User-Agent"] = (
        "Mozilla/5.0 (Linux; Android 14) AppleWebKit/537.36 Chrome/126.0 Mobile Safari/537.36 MicroMessenger/8.0"
    )
    sign_in(running, browser, "leader")
    assert ">微信 · Android</td>" in shown(running, browser, "/account")
    (action,) = set(re.findall(r'action="(/account/sessions/[^"]+)"', shown(running, browser, "/account")))
    assert send(running, browser, action).status_code == 200
    assert "/account/sessions/" not in shown(running, browser, "/account")
    shown(running, elsewhere, "/account", 401)
    shown(running, browser, "/account")


def test_the_second_factor_is_turned_on_and_off_by_the_codes_of_an_app(running: Running, browser: requests.Session) -> None:
    sign_in(running, browser, "commander")
    page = shown(running, browser, "/account")
    (secret,) = re.findall(r'name="secret" value="([^"]+)"', page)
    assert "data:image/svg+xml" in page
    wrong = send(running, browser, "/account/factor", secret=secret, code="000000")
    assert wrong.status_code == 401
    assert secret in wrong.text  # the code of the app that has scanned it is still good
    assert 'role="alert"' in wrong.text
    assert send(running, browser, "/account/factor", secret=secret, code=pyotp.TOTP(secret).now()).ok
    page = shown(running, browser, "/account")
    assert secret not in page
    assert "已启用" in page
    assert send(running, browser, "/account/factor/remove", code="000000").status_code == 401
    fresh = requests.Session()
    fresh.trust_env = False
    fresh.headers["Origin"] = running.server.address
    assert sign_in(running, fresh, "commander").status_code == 401  # the code is asked for


def test_an_administrator_closes_an_account_and_opens_it_again(running: Running, browser: requests.Session) -> None:
    sign_in(running, browser, "admin")
    listed = shown(running, browser, "/accounts")
    (path,) = re.findall(r'<td><a href="(/accounts/[^"]+)">[^<]+</a></td><td>leader</td>', listed)
    page = shown(running, browser, path)
    assert "停用账户" in page
    assert send(running, browser, f"{path}/state", active="0").ok
    assert "恢复账户" in shown(running, browser, path)
    person = requests.Session()
    person.trust_env = False
    person.headers["Origin"] = running.server.address
    assert sign_in(running, person, "leader").status_code == 401
    assert send(running, browser, f"{path}/state", active="1").ok
    assert sign_in(running, person, "leader").status_code == 302
    sessions = re.findall(rf'action="({path}/sessions/[^"]+)"', shown(running, browser, path))
    assert sessions
    assert send(running, browser, sessions[0]).ok


def test_nobody_closes_their_own_account(running: Running, browser: requests.Session) -> None:
    sign_in(running, browser, "admin")
    (path,) = re.findall(r'<td><a href="(/accounts/[^"]+)">[^<]+</a></td><td>admin</td>', shown(running, browser, "/accounts"))
    refused = send(running, browser, f"{path}/state", active="0")
    assert refused.status_code == 409
    assert 'role="alert"' in refused.text
    shown(running, browser, "/account")


@pytest.mark.parametrize("login", ["officer", "leader", "unit"])
def test_others_accounts_are_for_administrators(running: Running, browser: requests.Session, login: str) -> None:
    sign_in(running, browser, login)
    shown(running, browser, "/accounts", 403)


def test_another_site_cannot_send_the_forms(running: Running, browser: requests.Session) -> None:
    sign_in(running, browser, "admin")
    browser.headers["Origin"] = "https://elsewhere.example"
    assert send(running, browser, "/account/factor/remove", code="000000").status_code == 403


def session_of(running: Running) -> requests.Session:
    one = requests.Session()
    one.trust_env = False
    one.headers["Origin"] = running.server.address
    return one


def test_the_own_password_is_changed_on_a_page(running: Running, browser: requests.Session) -> None:
    sign_in(running, browser, "unit")
    form = {"present": PASSWORD, "new": "correct horse battery", "again": "correct horse battery"}
    differs = send(running, browser, "/account/password", **{**form, "again": "another"})
    assert (differs.status_code, "不一致" in differs.text) == (422, True)
    assert send(running, browser, "/account/password", **{**form, "present": "wrong"}).status_code == 401
    assert send(running, browser, "/account/password", **{**form, "new": "short", "again": "short"}).status_code == 422
    assert "密码已修改" in send(running, browser, "/account/password", **form).text
    back = {"present": form["new"], "new": "yet another long one", "again": "yet another long one"}
    assert send(running, browser, "/account/password", **back).ok


def test_an_administrator_changes_a_role_and_makes_a_password(running: Running, browser: requests.Session) -> None:
    sign_in(running, browser, "admin")
    (path,) = re.findall(r'<td><a href="(/accounts/[^"]+)">[^<]+</a></td><td>officer</td>', shown(running, browser, "/accounts"))
    person = session_of(running)
    assert sign_in(running, person, "officer").status_code == 302
    assert send(running, browser, f"{path}/change", role="leader", area="999999").status_code == 404
    assert send(running, browser, f"{path}/change", role="leader", area="510104").ok
    shown(running, person, "/account", 401)
    assert sign_in(running, person, "officer").status_code == 302
    assert "街道领导" in shown(running, person, "/account")
    made = send(running, browser, f"{path}/password")
    (password,) = re.findall(r'<p class="secret">([^<]+)</p>', made.text)
    shown(running, person, "/account", 401)
    assert send(running, session_of(running), "/signin", login="officer", password=password).ok
    assert password not in shown(running, browser, path), "it is shown once"


@pytest.mark.parametrize("what", ["change", "password", "state"])
def test_nobody_else_changes_an_account(running: Running, browser: requests.Session, what: str) -> None:
    city = build_city(running.settings)
    account_id = city.accounts.id_of("leader")
    city.close()
    sign_in(running, browser, "leader")
    assert send(running, browser, f"/accounts/{account_id}/{what}", role="admin", area="5101", active="0").status_code == 403


def test_who_has_the_password_and_tries_codes_is_told_to_its_owner(running: Running, browser: requests.Session) -> None:
    city = build_city(running.settings)
    login = "guessed"
    city.accounts.create(login, "王芳", "officer", "5101", "a long password")
    secret, _ = city.accounts.give_factor(login)
    thief = session_of(running)
    half = re.search(r'name="half" value="([^"]+)"', send(running, thief, "/signin", login=login, password="a long password").text)
    assert half is not None
    for _ in range(10):
        assert send(running, thief, "/signin", half=half[1], code="000000").status_code == 401
    again = send(running, thief, "/signin", half=half[1], code="000000")
    assert 'name="half"' not in again.text, "the password is asked for again"
    with city.database.write() as session:
        session.execute(delete(SignInFailure))  # the minute that has to be waited for
    half = re.search(r'name="half" value="([^"]+)"', send(running, browser, "/signin", login=login, password="a long password").text)
    assert half is not None
    entered = send(running, browser, "/signin", half=half[1], code=pyotp.TOTP(secret).now())
    city.close()
    assert entered.url.endswith("/account")
    assert "动态验证码多次错误" in entered.text

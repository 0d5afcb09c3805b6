"""Signing in over HTTP: the second step, and at a real OpenID Connect provider."""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pyotp
import pytest
import requests

from dashboard.city import build_city
from dashboard.demo.accounts import PASSWORD
from dashboard.invitations import Invitations
from tests.conftest import Running, _serve
from tests.servers import _wait_for_port, free_port

USER = '{"sub": "7f3a", "preferred_username": "wang"}'
INVITED: list[str] = []
"""The invitation to the account of 王芳."""
STRANGER = '{"sub": "9999", "preferred_username": "officer"}'


@pytest.fixture(scope="module")
def provider() -> Iterator[str]:
    port = free_port()
    command = [
        str(Path(sys.executable).parent / "oidc-provider-mock"),
        "--port",
        str(port),
        "--user-claims",
        USER,
        "--user-claims",
        STRANGER,
    ]
    with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as program:
        try:
            _wait_for_port(port, 20)
            yield f"http://127.0.0.1:{port}"
        finally:
            program.terminate()


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory, sqlite_template: Path, provider: str) -> Iterator[Running]:
    folder = tmp_path_factory.mktemp("elsewhere")
    shutil.copy(sqlite_template, folder / "yiping.db")
    shutil.copytree(sqlite_template.parent / "tiles", folder / "tiles")
    oidc = {"YIPING_OIDC_ISSUER": provider, "YIPING_OIDC_CLIENT_ID": "yiping", "YIPING_OIDC_CLIENT_SECRET": "a secret of ours"}
    for one in _serve(folder, oidc):
        city = build_city(one.settings)
        account_id = city.accounts.create("wang", "王芳", "officer", "5101", "")
        INVITED.append(Invitations(city.secret_for("invitation")).path(account_id))
        city.close()
        yield one


@pytest.fixture
def browser(running: Running) -> requests.Session:
    session = requests.Session()
    session.trust_env = False
    session.headers["Origin"] = running.server.address
    return session


def consented(browser: requests.Session, running: Running, subject: str, path: str = "/signin/elsewhere") -> requests.Response:
    """Go to the provider, say who one is, come back."""
    page = browser.get(running.server.address + path, timeout=60)
    assert "127.0.0.1" in page.url
    assert running.server.address not in page.url
    assert "code_challenge=" in page.url
    return browser.post(page.url, data={"sub": subject, "action": "authorize"}, timeout=60)


def test_a_person_whom_the_provider_knows_gets_in(running: Running, browser: requests.Session) -> None:
    assert "统一身份认证" in browser.get(running.server.address + "/signin", timeout=60).text
    assert consented(browser, running, "7f3a").status_code == 403, "whatever name the provider knows them by: nobody has bound it yet"
    answer = consented(browser, running, "7f3a", INVITED[0])
    assert answer.url == running.server.address + "/"
    access = browser.get(running.server.address + "/api/v1/my/access", timeout=60).json()
    assert (access["name"], access["role"]) == ("王芳", "officer")


def test_who_is_known_there_and_not_here_stays_outside(running: Running, browser: requests.Session) -> None:
    answer = consented(browser, running, "9999")  # another person's name: the account has a password and is not meant for it
    assert answer.status_code == 403
    assert "没有权限" in answer.text
    assert browser.get(running.server.address + "/api/v1/my/access", timeout=60).status_code == 401


@pytest.mark.parametrize("query", ["", "?code=guess&state=guess", "?error=access_denied", "?code=guess"])
def test_a_return_that_nobody_has_asked_for(running: Running, browser: requests.Session, query: str) -> None:
    answer = browser.get(running.server.address + "/signin/returned" + query, timeout=60)
    assert answer.status_code == 401
    assert "没有成功" in answer.text


def test_the_second_step_asks_for_the_code_only(running: Running, browser: requests.Session) -> None:
    city = build_city(running.settings)
    secret, _ = city.accounts.give_factor("admin")
    city.close()
    address = running.server.address + "/signin"
    asked = browser.post(address, data={"login": "admin", "password": PASSWORD}, timeout=60)
    assert asked.status_code == 401
    assert 'name="password"' not in asked.text
    half = re.search(r'name="half" value="([^"]+)"', asked.text)
    assert half is not None
    wrong = browser.post(address, data={"half": half[1], "code": "123"}, timeout=60)
    assert wrong.status_code == 401
    assert 'name="half"' in wrong.text
    forged = browser.post(address, data={"half": half[1][:-2] + "xx", "code": pyotp.TOTP(secret).now()}, timeout=60)
    assert forged.status_code == 401
    entered = browser.post(address, data={"half": half[1], "code": pyotp.TOTP(secret).now()}, allow_redirects=False, timeout=60)
    assert (entered.status_code, entered.headers["Location"]) == (302, "/")


def test_a_browser_that_got_in_before_is_not_kept_out_by_strangers(running: Running, browser: requests.Session) -> None:
    address = running.server.address + "/signin"

    def tried(one: requests.Session, password: str) -> int:
        return one.post(address, data={"login": "leader", "password": password}, allow_redirects=False, timeout=60).status_code

    assert tried(browser, PASSWORD) == 302
    stranger = requests.Session()
    stranger.trust_env = False
    stranger.headers["Origin"] = running.server.address
    assert {tried(stranger, "guess") for _ in range(12)} == {401, 429}
    assert tried(stranger, PASSWORD) == 429
    assert tried(browser, PASSWORD) == 302

"""What every answer says of itself: where scripts may come from, who may frame it, whom it may be shared with."""

from __future__ import annotations

import base64
import hashlib
import re

import pytest
import requests

from callbacks.security import content_policy
from dashboard.settings import from_environment
from tests.callbacks.conftest import sign_in
from tests.conftest import Running


@pytest.mark.parametrize("path", ["/signin", "/", "/unit", "/nothing", "/api/v1/areas/5101", "/assets/css/tokens.css", "/healthz"])
def test_every_answer_has_the_headers(running: Running, path: str) -> None:
    answer = requests.get(running.server.address + path, allow_redirects=False, timeout=60)
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert answer.headers["Referrer-Policy"] == "same-origin"
    assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
    assert "Access-Control-Allow-Origin" not in answer.headers
    assert "Server" not in answer.headers or "gunicorn/" not in answer.headers["Server"]


def test_no_script_runs_that_we_did_not_write(running: Running, browser: requests.Session) -> None:
    sign_in(running, browser)
    answer = browser.get(running.server.address, timeout=60)
    rules = dict(rule.split(" ", 1) for rule in answer.headers["Content-Security-Policy"].split("; "))
    assert "unsafe" not in rules["script-src"]
    assert "*" not in rules["script-src"]
    inline = re.findall(r"<script(?![^>]*(?:src=|/json))[^>]*>(.*?)</script>", answer.text, re.DOTALL)
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'" for text in inline}
    assert set(rules["script-src"].split()) == {"'self'", *hashes}


@pytest.mark.parametrize(
    ("given", "wanted"),
    [
        ("none", "'self' data: blob:"),
        ("amap", "'self' data: blob: https://*.is.autonavi.com"),
        ("xyz:https://{s}.maps.example.cn/{z}/{x}/{y}.png", "'self' data: blob: https://*.maps.example.cn"),
    ],
)
def test_pictures_come_from_us_and_from_the_chosen_map(given: str, wanted: str) -> None:
    policy = content_policy(from_environment({"YIPING_BASEMAP": given}).basemap, [])
    assert f"img-src {wanted};" in policy
    assert "connect-src 'self';" in policy


def test_https_is_remembered_only_where_there_is_https(running: Running) -> None:
    assert "Strict-Transport-Security" not in requests.get(running.server.address + "/signin", timeout=60).headers

"""Web Push against a local RFC 8030 endpoint that decrypts as a browser would."""

from __future__ import annotations

import base64
import json
import os
from collections.abc import Iterator
from pathlib import Path

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from datasources.channels.channel import Message
from datasources.channels.push_services import PushServices
from datasources.channels.web_push import WebPush, key_in, public_key
from tests import gateways

HERE = PushServices(("127.0.0.1",))


class Browser:
    """The keys that a browser makes when it subscribes."""

    def __init__(self, endpoint: str) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._auth = os.urandom(16)
        point = self._key.public_key().public_bytes(serialization.Encoding.X962, serialization.PublicFormat.UncompressedPoint)
        self.subscription = {"endpoint": endpoint, "p256dh": _text(point), "auth": _text(self._auth)}

    def read(self, sealed: bytes) -> dict[str, str]:
        return dict(json.loads(http_ece.decrypt(sealed, private_key=self._key, auth_secret=self._auth, version="aes128gcm")))


def _text(value: bytes) -> str:
    return base64.urlsafe_b64encode(value).rstrip(b"=").decode()


@pytest.fixture
def service() -> Iterator[gateways.Gateway]:
    with gateways.gateway() as one:
        yield one


def message(*browsers: Browser, text: str = "立即转移") -> Message:
    return Message(
        "0192f0c4-0000-7000-8000-000000000001",
        "全员转移",
        text,
        "critical",
        "510104017001",
        subscriptions=[browser.subscription for browser in browsers],
        data={"delivery": "d1"},
    )


def test_a_browser_can_read_it_and_the_service_knows_who_sends(service: gateways.Gateway, tmp_path: Path) -> None:
    browser, key = Browser(service.address + "/push/1"), key_in(tmp_path / "vapid.pem")
    outcome = WebPush(key, "mailto:desk@example.org", HERE).send(message(browser))
    headers, sealed = service.requests[0]
    assert outcome.state == "sent"
    assert browser.read(sealed) == {"title": "全员转移", "text": "立即转移", "priority": "critical", "delivery": "d1"}
    assert headers["Content-Encoding"] == "aes128gcm"
    assert headers["Urgency"] == "high"
    assert public_key(key) in headers["Authorization"]


def test_a_long_text_is_cut_to_what_push_services_take(service: gateways.Gateway, tmp_path: Path) -> None:
    browser = Browser(service.address)
    WebPush(key_in(tmp_path / "vapid.pem"), services=HERE).send(message(browser, text="转移" * 1000))
    sealed = service.requests[0][1]
    assert len(sealed) < 4096
    assert browser.read(sealed)["text"].startswith("转移转移")


def test_one_browser_of_several_is_enough_and_those_that_are_gone_are_named(service: gateways.Gateway, tmp_path: Path) -> None:
    service.answers.extend([(410, {}, b""), (201, {}, b"")])
    gone, there = Browser(service.address + "/gone"), Browser(service.address + "/there")
    broken = {"endpoint": service.address + "/broken", "p256dh": "AAAA", "auth": "AAAA"}
    push = message(gone, there)
    outcome = WebPush(key_in(tmp_path / "vapid.pem"), services=HERE).send(
        Message(**{**vars(push), "subscriptions": [*push.subscriptions, broken]})
    )
    assert outcome.state == "sent"
    assert list(outcome.gone) == [service.address + "/gone", service.address + "/broken"]


def test_a_service_that_is_busy_or_away_is_tried_later(service: gateways.Gateway, tmp_path: Path) -> None:
    push = WebPush(key_in(tmp_path / "vapid.pem"), services=HERE)
    service.answers.append((503, {}, b""))
    assert push.send(message(Browser(service.address))).state == "later"
    assert push.send(message(Browser("http://127.0.0.1:1/x"))).state == "later"


def test_the_key_is_kept_and_only_its_owner_reads_it(tmp_path: Path) -> None:
    file = tmp_path / "keys" / "vapid.pem"
    assert public_key(key_in(file)) == public_key(key_in(file))
    assert file.stat().st_mode & 0o077 == 0


def test_what_is_no_push_service_is_not_asked_and_forgotten(service: gateways.Gateway, tmp_path: Path) -> None:
    outcome = WebPush(key_in(tmp_path / "vapid.pem")).send(message(Browser(service.address)))
    assert (outcome.state, list(outcome.gone)) == ("failed", [service.address])
    assert service.requests == []

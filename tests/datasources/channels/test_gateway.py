"""Short messages and calls through a real HTTP gateway that fails in every way that gateways fail."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from datasources.channels.channel import Message
from datasources.channels.gateway import Gateway
from tests import gateways

MESSAGE = Message("0192-1", "全员转移", "立即转移到安置点", "critical", "510104017001", phone="13800000001")


@pytest.fixture
def far() -> Iterator[gateways.Gateway]:
    with gateways.gateway() as one:
        yield one


def test_a_message_is_handed_over_with_its_key_and_the_token(far: gateways.Gateway) -> None:
    outcome = Gateway(far.address, "secret").send(MESSAGE)
    headers, _ = far.requests[0]
    assert (outcome.state, outcome.detail) == ("sent", "gw-1")
    assert headers["Authorization"] == "Bearer secret"
    assert headers["Idempotency-Key"] == MESSAGE.id
    assert far.bodies == [{"id": MESSAGE.id, "phone": "13800000001", "text": "【全员转移】立即转移到安置点"}]


@pytest.mark.parametrize(
    ("answer", "state", "said"),
    [
        ((503, {}, b""), "later", "503"),
        ((400, {}, b"unknown number"), "failed", "unknown number"),
        ((200, {}, b"<html>OK</html>"), "failed", "<html>OK"),
        ((200, {}, b'{"status": "rejected"}'), "failed", "rejected"),
        ((200, {}, b"[1]"), "failed", "[1]"),
        ((200, {}, b"\xff\xfe\x00"), "failed", "not JSON"),
        ((302, {"Location": "http://127.0.0.1:1/"}, b""), "failed", "302"),
    ],
)
def test_what_the_gateway_says_instead(far: gateways.Gateway, answer: Any, state: str, said: str) -> None:
    far.answers.append(answer)
    outcome = Gateway(far.address, "").send(MESSAGE)
    assert outcome.state == state
    assert said in outcome.detail


def test_too_many_names_the_time_to_wait(far: gateways.Gateway) -> None:
    far.answers.extend(
        [(429, {"Retry-After": "17"}, b""), (429, {"Retry-After": "Tue, 1 Jan"}, b""), (429, {"Retry-After": "9999999"}, b"")]
    )
    sms = Gateway(far.address, "")
    assert [sms.send(MESSAGE).wait_s for _ in range(3)] == [17, 5, 300]


def test_silence_and_a_dead_gateway_are_tried_later(far: gateways.Gateway) -> None:
    far.answers.append(0.5)
    assert Gateway(far.address, "", patience_s=0.1).send(MESSAGE).state == "later"
    assert Gateway("http://127.0.0.1:1/", "").send(MESSAGE).state == "later"


def test_without_a_number_nothing_is_sent(far: gateways.Gateway) -> None:
    outcome = Gateway(far.address, "").send(Message("id", "t", "x", "urgent", "5101"))
    assert outcome.state == "failed"
    assert far.requests == []

"""Only push services are sent to, whatever a phone names."""

from __future__ import annotations

import pytest

from datasources.channels.push_services import PushServices


@pytest.mark.parametrize(
    "endpoint",
    [
        "https://fcm.googleapis.com/fcm/send/x", "https://updates.push.services.mozilla.com/wpush/v2/x", "https://web.push.apple.com/Q",
        "https://db5p.notify.windows.com/w/?token=x", "https://fcm.googleapis.com:443/x",
    ],
)  # fmt: skip
def test_known_services_are_taken(endpoint: str) -> None:
    assert PushServices().takes(endpoint)
    assert PushServices().public_only(endpoint)


@pytest.mark.parametrize(
    "endpoint",
    [
        "http://fcm.googleapis.com/x", "https://fcm.googleapis.com:22/x", "https://fcm.googleapis.com.evil.cn/x",
        "https://evilfcm.googleapis.com/x", "https://u@fcm.googleapis.com/x", "https://127.1/x",
        "https://a.localhost./x", "https://10.1/x", "ftp://fcm.googleapis.com/", "https://[::1/x", "",
        "https://push.inside/x",
    ],
)  # fmt: skip
def test_anything_else_is_not(endpoint: str) -> None:
    assert not PushServices().takes(endpoint)


def test_an_own_service_is_the_operators_business() -> None:
    own = PushServices(("push.inside",))
    assert own.takes("http://push.inside:8080/x")
    assert not own.public_only("http://push.inside:8080/x")

"""Settings: documented, checked, and a wrong one is named."""

from __future__ import annotations

from pathlib import Path

import pytest

from dashboard.settings import DOCUMENTED, BadSetting, from_environment

ROOT = Path(__file__).parents[2]


def test_the_defaults() -> None:
    found = from_environment({})
    assert (found.host, found.port, found.simulate, found.scale, found.redis_url) == ("127.0.0.1", 8050, True, "demo", None)
    assert found.database_url == f"sqlite:///{found.data / 'yiping.db'}"


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("YIPING_HOST", "not a host"), ("YIPING_PORT", "http"), ("YIPING_PORT", "70000"), ("YIPING_DATA", __file__),
        ("YIPING_DATABASE_URL", "mysql://x/y"), ("YIPING_DATABASE_URL", "nonsense"), ("YIPING_REDIS_URL", "localhost:6379"),
        ("YIPING_SIMULATE", "yes"), ("YIPING_BASEMAP", "google"), ("YIPING_BASEMAP", "mbtiles:/no/such/file"),
        ("YIPING_BASEMAP", "xyz:https://tiles.example"), ("YIPING_SECURE_COOKIES", "true"), ("SCALE", "huge"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named_with_what_was_found(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as caught:
        from_environment({name: value})
    assert name in str(caught.value)
    assert value in str(caught.value)


def test_a_misspelt_setting_is_named() -> None:
    with pytest.raises(BadSetting, match="YIPING_PROT"):
        from_environment({"YIPING_PROT": "8050"})


@pytest.mark.parametrize("readme", ["README.md", "README.zh.md"])
def test_every_setting_is_in_the_readme(readme: str) -> None:
    words = (ROOT / readme).read_text("utf-8")
    assert [name for name in DOCUMENTED if f"`{name}`" not in words] == []


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("YIPING_DATA_KEY", "c2VjcmV0LXNlY3JldA=="),
        ("YIPING_DATABASE_URL", "postgres://yiping:TopSecret@db/yiping"),
        ("YIPING_REDIS_URL", "http://:TopSecret@redis"),
        ("YIPING_SMS_URL", "sms.example/?key=TopSecret"),
        ("YIPING_BASEMAP", "tianditu:TopSecret!"),
        ("YIPING_MQTT_URL", "amqp://user:TopSecret@broker"),
    ],
)
def test_a_secret_is_not_told_with_what_is_wrong_with_it(name: str, value: str) -> None:
    with pytest.raises(BadSetting) as caught:
        from_environment({name: value})
    assert name in str(caught.value)
    assert "c2VjcmV0" not in str(caught.value)
    assert "TopSecret" not in str(caught.value)

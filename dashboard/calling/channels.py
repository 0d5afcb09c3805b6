"""Which channels an installation has, from its settings."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from dashboard.settings import Settings
from datasources.channels.channel import Channel
from datasources.channels.gateway import Gateway
from datasources.channels.loudspeaker import Loudspeakers
from datasources.channels.push_services import PushServices
from datasources.channels.speech import Voice
from datasources.channels.web_push import WebPush, key_in, public_key

Offload = Callable[[Callable[[], Any]], Any]


def set_up(settings: Settings) -> frozenset[str]:
    """Names of the channels that these settings give."""
    given = {"sms": settings.sms_url, "voice": settings.voice_url, "loudspeaker": settings.mqtt_url}
    return frozenset({"web_push"} | {name for name, value in given.items() if value})


def open_channels(settings: Settings, played: Callable[[str], None], offload: Offload) -> dict[str, Channel]:
    """The adapters. Opening the loudspeakers connects to their broker in the background."""
    services = PushServices(settings.push_services)
    channels: dict[str, Channel] = {"web_push": WebPush(key_in(settings.data / "vapid.pem"), settings.push_contact, services)}
    if settings.sms_url:
        channels["sms"] = Gateway(settings.sms_url, settings.sms_token)
    if settings.voice_url:
        channels["voice"] = Gateway(settings.voice_url, settings.voice_token)
    if settings.mqtt_url:
        channels["loudspeaker"] = Loudspeakers(settings.mqtt_url, played, offload, Voice(settings.recordings, settings.voice_model))
    return channels


def push_key(settings: Settings) -> str:
    """What browsers subscribe with."""
    return public_key(key_in(settings.data / "vapid.pem"))

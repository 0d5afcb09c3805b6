"""Village loudspeakers by MQTT, with speech made here: a typed text can be heard without any service outside.

Topic `yiping/loudspeakers/<area code>`, QoS 1, JSON `{"id", "title", "text", "priority", "audio"}`; `audio` is a WAV file in base64.
A loudspeaker that has played a message publishes `{"id": …}` to `yiping/loudspeakers/<area code>/played`.
"""

from __future__ import annotations

import base64
import json
import logging
import re
import subprocess
import threading
from collections.abc import Callable
from typing import Any
from urllib.parse import unquote, urlsplit

import paho.mqtt.client as mqtt
from paho.mqtt.enums import CallbackAPIVersion

from datasources.channels.channel import Message, Outcome
from datasources.channels.speech import NoSpeech, Voice
from datasources.pacing import Pace

log = logging.getLogger(__name__)

TOPIC = "yiping/loudspeakers"
PATIENCE_S = 8.0
MOST_MESSAGE = 4 * 1024
"""Bytes that are kept of a message: a confirmation has some sixty, the protocol would allow 256 MB."""
A_SECOND = 50.0
AT_ONCE = 2000
"""Confirmations taken at once, of a city whose loudspeakers have all played the same; then so many a second, the rest waits."""


class _Client(mqtt.Client):
    """Paho's, which would keep a message of any length: of a long one only the beginning stays. Hanging up would be a weapon for whoever
    may speak at the broker.
    """

    def _sock_recv(self, bufsize: int) -> bytes:
        del self._in_packet["packet"][MOST_MESSAGE:]
        return super()._sock_recv(min(bufsize, MOST_MESSAGE))


class Loudspeakers:
    """Publishes to the loudspeakers of an area through an MQTT broker."""

    def __init__(
        self,
        url: str,
        played: Callable[[str], None] = lambda message_id: None,
        offload: Callable[[Callable[[], bytes]], bytes] = lambda function: function(),
        voice: Voice | None = None,
    ) -> None:
        """`url`: `mqtt://user:password@host:1883` or `mqtts://…`. `played` hears the ids that a loudspeaker has played."""
        parts = urlsplit(url)
        self._played = played
        self._offload = offload
        self._voice = voice or Voice()
        self._up = threading.Event()
        self._pace = Pace(A_SECOND, AT_ONCE)
        self._client = _Client(CallbackAPIVersion.VERSION2, clean_session=True)
        if parts.username:
            self._client.username_pw_set(unquote(parts.username), unquote(parts.password or ""))
        if parts.scheme == "mqtts":
            self._client.tls_set()
        self._client.on_connect = self._connected
        self._client.on_disconnect = self._disconnected
        self._client.on_message = self._heard
        self._client.reconnect_delay_set(1, 30)
        self._client.connect_async(parts.hostname or "127.0.0.1", parts.port or (8883 if parts.scheme == "mqtts" else 1883), keepalive=30)
        self._client.loop_start()

    def close(self) -> None:
        """Hang up."""
        self._client.disconnect()
        self._client.loop_stop()

    def send(self, message: Message) -> Outcome:
        """See `Channel`. Sent means that the broker has it."""
        if not self._up.wait(PATIENCE_S):
            return Outcome("later", "the broker is not reachable", silent=True)
        try:
            audio = self._offload(lambda: self._voice.speech(message.title, message.text))
        except (NoSpeech, subprocess.TimeoutExpired) as problem:
            return Outcome("failed", str(problem))
        body = {"id": message.id, "title": message.title, "text": message.text, "priority": message.priority}
        payload = json.dumps({**body, "audio": base64.b64encode(audio).decode()}, ensure_ascii=False)
        published = self._client.publish(f"{TOPIC}/{message.area_code}", payload, qos=1)
        try:
            published.wait_for_publish(PATIENCE_S)
        except (RuntimeError, ValueError) as error:
            return Outcome("later", str(error))
        return Outcome("sent") if published.is_published() else Outcome("later", "the broker did not confirm", silent=True)

    def _connected(self, client: Any, _data: Any, _flags: Any, reason: Any, _properties: Any) -> None:
        if reason.is_failure:
            log.warning("the loudspeakers' broker refuses: %s", reason)
            return
        client.subscribe(f"{TOPIC}/+/played", qos=1)
        self._up.set()

    def _disconnected(self, _client: Any, _data: Any, _flags: Any, _reason: Any, _properties: Any) -> None:
        self._up.clear()

    def _heard(self, _client: Any, _data: Any, message: Any) -> None:
        found = re.search(rb'"id"\s*:\s*"([0-9a-f-]{36})"', message.payload[:400])
        if found is None:
            log.warning("a loudspeaker said something that is no confirmation: %r", message.payload[:80])
            return
        self._pace.wait()
        try:
            self._played(found[1].decode())
        except Exception:
            log.exception("a confirmation of a loudspeaker could not be noted")

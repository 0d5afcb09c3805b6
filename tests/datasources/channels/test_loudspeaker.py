"""Loudspeakers through a real Mosquitto, with speech that can be heard."""

from __future__ import annotations

import base64
import io
import json
import socket
import threading
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np
import paho.mqtt.client as mqtt
import pytest
from paho.mqtt.enums import CallbackAPIVersion

from datasources.channels import loudspeaker
from datasources.channels.channel import Message
from datasources.channels.loudspeaker import Loudspeakers
from datasources.channels.speech import NoSpeech, espeak
from tests.servers import mqtt_broker
from tests.waiting import wait_for

MESSAGE = Message("0192f0c4-0000-7000-8000-000000000001", "紧急通知", "山洪即将到来，请立即转移", "critical", "510104017001")


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[str]:
    with mqtt_broker(tmp_path) as address:
        yield address


class Speaker:
    """A loudspeaker of one village: it plays what it hears and says so."""

    def __init__(self, broker: str, area_code: str) -> None:
        self.heard: list[dict[str, Any]] = []
        self.spoke = threading.Event()
        ready = threading.Event()
        parts = urlsplit(broker)
        self.client = mqtt.Client(CallbackAPIVersion.VERSION2)
        self.client.on_connect = lambda client, *_: client.subscribe(f"yiping/loudspeakers/{area_code}", qos=1)
        self.client.on_subscribe = lambda *_: ready.set()
        self.client.on_message = self._play
        self.client.connect(parts.hostname or "", parts.port or 0)
        self.client.loop_start()
        assert ready.wait(60)

    def _play(self, client: Any, _data: Any, message: Any) -> None:
        self.heard.append(json.loads(message.payload))
        client.publish(f"{message.topic}/played", json.dumps({"id": self.heard[-1]["id"]}), qos=1)
        self.spoke.set()

    def close(self) -> None:
        self.client.disconnect()
        self.client.loop_stop()


def test_a_typed_text_is_heard_in_its_village_and_confirmed(broker: str) -> None:
    played: list[str] = []
    confirmed = threading.Event()
    here, elsewhere = Speaker(broker, "510104017001"), Speaker(broker, "510104017002")
    loudspeakers = Loudspeakers(broker, lambda call: (played.append(call), confirmed.set())[0])
    try:
        assert loudspeakers.send(MESSAGE).state == "sent"
        assert here.spoke.wait(60)
        assert confirmed.wait(60)
    finally:
        for one in (loudspeakers, here, elsewhere):
            one.close()
    assert elsewhere.heard == []
    assert played == [MESSAGE.id]
    assert here.heard[0]["text"] == MESSAGE.text
    with wave.open(io.BytesIO(base64.b64decode(here.heard[0]["audio"]))) as sound:
        samples = np.frombuffer(sound.readframes(10**7), np.int16)
        seconds = samples.size / sound.getframerate()
    assert 2 < seconds < 15
    assert np.abs(samples.astype(float)).mean() > 200  # not silence


def test_another_text_sounds_otherwise() -> None:
    assert espeak("请立即转移") != espeak("请立刻回家")


def test_without_espeak_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    with pytest.raises(NoSpeech, match="not installed"):
        espeak("请转移")


def test_a_broker_that_is_away_is_tried_later(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("datasources.channels.loudspeaker.PATIENCE_S", 0.2)
    loudspeakers = Loudspeakers("mqtt://127.0.0.1:1")
    assert loudspeakers.send(MESSAGE).state == "later"
    loudspeakers.close()


def test_nonsense_from_a_loudspeaker_changes_nothing(broker: str) -> None:
    played: list[str] = []
    loudspeakers = Loudspeakers(broker, played.append)
    assert loudspeakers.send(MESSAGE).state == "sent"
    speaker = Speaker(broker, "510104017009")
    for payload in (b"", b"\xff", b'{"id": 5}', b"x" * 100_000):
        speaker.client.publish("yiping/loudspeakers/510104017009/played", payload, qos=1).wait_for_publish(60)
    good = json.dumps({"id": MESSAGE.id})
    speaker.client.publish("yiping/loudspeakers/510104017009/played", good, qos=1).wait_for_publish(60)
    wait_for(lambda: played)
    assert played == [MESSAGE.id]
    speaker.close()
    loudspeakers.close()


def test_of_a_message_without_end_only_the_beginning_is_kept_and_the_next_is_heard() -> None:
    played: list[str] = []
    size, most = 60_000_000, 0
    with socket.create_server(("127.0.0.1", 0)) as listening:
        speakers = Loudspeakers(f"mqtt://127.0.0.1:{listening.getsockname()[1]}", played.append)
        taken, _ = listening.accept()
        with taken:
            taken.settimeout(60)
            taken.recv(4096)
            taken.sendall(b"\x20\x02\x00\x00")  # CONNACK
            taken.recv(4096)  # SUBSCRIBE
            topic = b"yiping/loudspeakers/5101/played"
            start = len(topic).to_bytes(2, "big") + topic
            length = bytes([(size >> 7 * place) & 127 | (128 if place < 3 else 0) for place in range(4)])
            taken.sendall(b"\x30" + length + start)
            for _ in range((size - len(start)) // 1000):
                taken.sendall(b"x" * 1000)
                most = max(most, len(speakers._client._in_packet["packet"]))
            taken.sendall(b"x" * ((size - len(start)) % 1000))
            body = json.dumps({"id": MESSAGE.id}).encode()
            taken.sendall(b"\x30" + bytes([len(start) + len(body)]) + start + body)
            wait_for(lambda: played == [MESSAGE.id], 60)
            speakers.close()
    assert 0 < most <= 2 * loudspeaker.MOST_MESSAGE


def test_confirmations_beyond_measure_are_taken_slowly_and_none_is_lost(broker: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(loudspeaker, "AT_ONCE", 5)
    monkeypatch.setattr(loudspeaker, "A_SECOND", 40.0)
    played: list[str] = []
    speakers = Loudspeakers(broker, played.append)
    flooding = mqtt.Client(CallbackAPIVersion.VERSION2)
    parts = urlsplit(broker)
    flooding.connect(parts.hostname or "", parts.port or 0)
    flooding.loop_start()
    try:
        assert speakers._up.wait(60)
        first = [f"0192f0c4-0000-7000-8000-{number:012d}" for number in range(60)]
        began = time.monotonic()
        wait_for(
            lambda: bool(flooding.publish("yiping/loudspeakers/5101/played", json.dumps({"id": first[0]}), qos=1)) and bool(played), 60
        )
        for one in first[1:]:
            flooding.publish("yiping/loudspeakers/5101/played", json.dumps({"id": one}), qos=1)
        wait_for(lambda: set(first) <= set(played), 60)
        assert time.monotonic() - began > 1.0  # sixty, of which five are free
    finally:
        flooding.disconnect()
        flooding.loop_stop()
        speakers.close()

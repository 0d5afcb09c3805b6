"""The hostile tenth: phones, walls and clients that do, all the while, what intruders have found (FOUND.md E and F). A process of its own.

`python -m tests.torture.hostile ADDRESS` reads `{"phones": [[token, unit], …], "walls": […], "leaders": […]}` from its input, begins, and
goes on until its input ends. What it is answered does not matter: that the others do not notice does.
"""

from __future__ import annotations

import io
import json
import os
import random
import socket
import sys
import threading
import time
import uuid
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any
from urllib.parse import urlsplit

import requests
import websocket
from PIL import Image

PAUSE_S = 0.5
"""Between two acts of one of them: nobody attacks with all the processor of the machine that is to be measured."""
STEP_OUT = ('42["disconnect"]', '42["connect",{"token":"x"}]', "41", '42["message",1]', '42["nobody",{}]')


@cache
def _many_scans() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (4000, 4000)).save(out, "JPEG", progressive=True)
    return out.getvalue().replace(b"\xff\xd9", b"\xff\xda\x00\x08\x01\x01\x00\x00\x3f\x00" * 90 + b"\xff\xd9")


class Attacker:
    """One of them, with its token."""

    def __init__(self, address: str, token: str, unit: str, chance: random.Random) -> None:
        self.address, self.unit, self.chance = address, unit, chance
        self.token = token
        self.session = requests.Session()
        self.session.trust_env = False
        self.session.headers["Authorization"] = f"Bearer {token}"

    def post(self, path: str, **options: Any) -> None:
        """Ask, and do not care."""
        self.session.post(f"{self.address}/api/v1{path}", timeout=10, **options)

    def _opened(self) -> websocket.WebSocket:
        return websocket.create_connection(self.address.replace("http", "ws") + "/socket.io/?EIO=4&transport=websocket", timeout=5)

    def connected(self) -> websocket.WebSocket:
        """A socket that has said who it is."""
        plain = self._opened()
        plain.send("40" + json.dumps({"token": self.token}))
        return plain

    # --- what they do ---------------------------------------------------------------------------------

    def step_out(self) -> None:
        """SC1: hope to be forgotten."""
        plain = self.connected()
        plain.send(self.chance.choice(STEP_OUT))
        time.sleep(0.2)
        plain.close(timeout=0)

    def ask_without_reading(self) -> None:
        """SH2."""
        plain = self.connected()
        for number in range(400):
            plain.send(f'42{number}["open",{{"area":"510104017"}}]')
        plain.close(timeout=0)

    def come_and_go(self) -> None:
        """SH3: without a token."""
        for _ in range(10):
            self._opened().close(timeout=0)

    def draw_rings(self) -> None:
        """SH1."""
        ring = [[104 + self.chance.random() / 10, 30.6 + self.chance.random() / 10] for _ in range(300)]
        self.post("/orders/preview", json={"area": "5101", "lasso": ring})

    def send_pictures(self) -> None:
        """SC2: many points, many scans."""
        self.post("/photos", data=_many_scans(), params={"key": uuid.uuid4().hex}, headers={"Content-Type": "image/jpeg"})

    def report_without_end(self) -> None:
        """SH7."""
        for _ in range(20):
            place = {"lon": 104.083 + self.chance.random() / 50, "lat": 30.644}
            self.post("/tickets", json={"key": uuid.uuid4().hex, "kind": "fire", "level": "red", "text": "x" * 2000, **place})

    def turn_duty(self) -> None:
        """SH7."""
        for duty in ("off_duty", "on_duty") * 10:
            self.post(f"/units/{self.unit}/duty", json={"duty": duty})

    def push_inside(self) -> None:
        """SC3."""
        host = self.chance.choice(("127.1", "0x7f.0.0.1", "169.254.43518", "a.localhost."))
        self.post("/my/push-subscription", json={"endpoint": f"https://{host}/x", "p256dh": "B" * 87, "auth": "a" * 22})

    def take_keys(self) -> None:
        """SH5: the keys of others' steps."""
        self.post(f"/deliveries/{uuid.uuid4()}/answers", json={"key": f"{uuid.uuid4()}:delivered", "state": "acknowledged"})

    def compress_again(self) -> None:
        """SH6."""
        path = f"/_dash-component-suites/plotly/package_data/plotly.min.js?{uuid.uuid4().hex}"
        requests.get(self.address + path, headers={"Accept-Encoding": "gzip"}, timeout=10)

    def never_end(self) -> None:
        """SM2: a body and a head of which the rest does not come."""
        parts = urlsplit(self.address)
        held = []
        for head in (b"POST /signin HTTP/1.1\r\nHost: x\r\nContent-Length: 1000\r\n\r\na", b"GET /healthz HTTP/1.1\r\nHo"):
            plain = socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5)
            plain.sendall(head)
            held.append(plain)
        time.sleep(3)
        for plain in held:
            plain.close()

    def guess_numbers(self) -> None:
        """SH8."""
        for _ in range(20):
            self.session.get(f"{self.address}/api/v1/search", params={"q": f"138{self.chance.randrange(10**8):08d}"}, timeout=10)

    def guess_passwords(self) -> None:
        """SM3."""
        form = {"login": "commander", "password": "guess"}
        requests.post(self.address + "/signin", data=form, headers={"Origin": self.address}, timeout=10)


OF_PHONES = ("step_out", "send_pictures", "report_without_end", "turn_duty", "push_inside", "take_keys", "never_end", "come_and_go")
OF_WALLS = ("step_out", "ask_without_reading", "compress_again", "guess_numbers", "come_and_go", "guess_passwords")
OF_LEADERS = ("draw_rings", "step_out", "ask_without_reading", "guess_numbers")


def attack(attacker: Attacker, acts: tuple[str, ...], ended: threading.Event) -> None:
    """One act after the other; the server may be down, or have closed the door."""
    while not ended.wait(PAUSE_S * attacker.chance.uniform(0.5, 1.5)):
        act: Callable[[], None] = getattr(attacker, attacker.chance.choice(acts))
        with suppress(OSError, requests.RequestException, websocket.WebSocketException):
            act()


def main() -> int:
    """See above."""
    address = sys.argv[1]
    os.nice(19)  # they stand for other machines: what they compute themselves is not to be taken from the server
    given = json.loads(sys.stdin.readline())
    ended = threading.Event()
    chance = random.Random(1)
    attackers = [(token, unit, OF_PHONES) for token, unit in given["phones"]]
    attackers += [(token, "", OF_WALLS) for token in given["walls"]] + [(token, "", OF_LEADERS) for token in given["leaders"]]
    hands = [
        threading.Thread(target=attack, args=(Attacker(address, token, unit, random.Random(chance.random())), acts, ended))
        for token, unit, acts in attackers
    ]
    for hand in hands:
        hand.start()
    sys.stdin.read()
    ended.set()
    for hand in hands:
        hand.join(timeout=30)
    return 0


if __name__ == "__main__":
    sys.exit(main())

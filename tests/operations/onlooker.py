"""A screen and a browser that look at the city through nginx all the time, and remember what they saw."""

from __future__ import annotations

import threading
import time
from typing import Any

import requests
import socketio
import urllib3

ADDRESS = "https://127.0.0.1"
EVERY_S = 0.1


def session(token: str) -> requests.Session:
    """Who asks through nginx. The certificate of the page is one that nobody has signed."""
    urllib3.disable_warnings(urllib3.exceptions.InsecureRequestWarning)
    made = requests.Session()
    made.trust_env = False
    made.verify = False
    made.headers["Authorization"] = f"Bearer {token}"
    return made


class Onlooker:
    """Opens the picture of an area and asks for the area again and again, through whatever happens."""

    def __init__(self, token: str, area: str) -> None:
        self.asked = 0
        self.failed: list[str] = []
        self.patches: list[dict[str, Any]] = []
        self.dark_s = 0.0
        """The longest time without a connection."""
        self._http, self._token, self._area = session(token), token, area
        self._left: float | None = None
        self._end = threading.Event()
        self.socket = socketio.Client(http_session=self._http, ssl_verify=False, reconnection_delay=0.2, reconnection_delay_max=1)
        self.socket.on("connect", self._came)
        self.socket.on("disconnect", self._went)
        self.socket.on("patch", self.patches.append)
        self.socket.connect(ADDRESS, auth={"token": token}, transports=["websocket"], wait_timeout=10, retry=True)
        self._asking = threading.Thread(target=self._ask, daemon=True)
        self._asking.start()

    def open(self) -> dict[str, Any]:
        """The picture as it is now."""
        picture: dict[str, Any] = self.socket.call("open", {"area": self._area}, timeout=20)
        return picture

    def end(self) -> None:
        """Look away."""
        self._end.set()
        self._asking.join(timeout=15)
        self.socket.disconnect()

    def report(self, unit: dict[str, Any], duty: str) -> float:
        """Change the duty of somebody by the interface; seconds until the screen was told."""
        self.open()
        before, began = len(self.patches), time.monotonic()
        answer = self._http.post(f"{ADDRESS}/api/v1/units/{unit['id']}/duty", json={"duty": duty}, timeout=10)
        answer.raise_for_status()
        while not any(self._area in patch.get("figures", {}) for patch in self.patches[before:]):
            if time.monotonic() - began > 10:
                raise AssertionError("the screen was not told of a change within 10 s")
            time.sleep(0.02)
        return time.monotonic() - began

    def units(self) -> list[dict[str, Any]]:
        """Who is on duty in the area."""
        answer = self._http.get(f"{ADDRESS}/api/v1/units", params={"area": self._area}, timeout=10)
        answer.raise_for_status()
        return [unit for unit in answer.json()["units"] if unit["duty"] == "on_duty"]

    def _ask(self) -> None:
        while not self._end.wait(EVERY_S):
            self.asked += 1
            try:
                status = self._http.get(f"{ADDRESS}/api/v1/areas/{self._area}", timeout=10).status_code
            except requests.RequestException as error:
                self.failed.append(type(error).__name__)
            else:
                if status != 200:
                    self.failed.append(str(status))

    def _came(self) -> None:
        if self._left is not None:
            self.dark_s = max(self.dark_s, time.monotonic() - self._left)
            self._left = None

    def _went(self, *_reason: object) -> None:
        self._left = time.monotonic()

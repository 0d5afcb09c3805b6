"""A wall's screen as far as its picture goes: what it was told, since when it has been told nothing, and how long it took to come back."""

from __future__ import annotations

import json
import threading
import time
import zlib
from typing import Any

import requests
import socketio

from tests.sockets import Client

STALE_S = 4.0
"""A screen that has heard no beat for so long says how old its picture is (docs/protocol.md)."""


class Screen:
    """Follows one area through nginx, and comes back by itself."""

    def __init__(self, address: str, token: str, area: str) -> None:
        self.area = area
        self.snapshot: dict[str, Any] = {}
        self.patches: list[dict[str, Any]] = []
        """Since that snapshot, in the order in which they came."""
        self.seq = -1
        self.heard = time.monotonic()
        self.stale: list[float] = []
        """Each time that the picture was older than `STALE_S`, how old it became."""
        self._token = token
        self._early: list[dict[str, Any]] | None = None
        self._lock = threading.RLock()
        self._visit = 0
        """Which connection this is: what an older one still says is no news."""
        session = requests.Session()
        session.trust_env = False
        session.verify = False
        self.socket = Client(
            ssl_verify=False, http_session=session, reconnection=True, reconnection_delay=0.3, reconnection_delay_max=2, request_timeout=5
        )
        self.socket.on("connect", self._came)
        self.socket.on("patch", self._patch)
        self.socket.on("beat", self._beat)
        self._address = address
        self.socket.connect(address, headers={"Authorization": f"Bearer {token}"}, transports=["websocket"], wait_timeout=60, retry=True)
        deadline = time.monotonic() + 60
        while not self.snapshot and time.monotonic() < deadline:
            time.sleep(0.05)

    @property
    def age_s(self) -> float:
        """How old the picture is."""
        return time.monotonic() - self.heard

    def told_until(self, seq: int) -> tuple[dict[str, Any], list[dict[str, Any]]] | None:
        """Snapshot and patches of its picture at this change; None while it has not come so far, or when one patch leads across it."""
        with self._lock:
            ahead = any(patch["from"] < seq < patch["seq"] for patch in self.patches)
            if self.seq < seq or not self.snapshot or self.snapshot["seq"] > seq or ahead:
                return None
            return self.snapshot, [patch for patch in self.patches if patch["seq"] <= seq]

    def close(self) -> None:
        """Switch it off."""
        self.socket.disconnect()

    def _came(self) -> None:
        with self._lock:
            self._visit += 1
            self._early = []
            visit = self._visit
        threading.Thread(target=self._open, args=(visit,), daemon=True).start()

    def _open(self, visit: int) -> None:
        """Ask for the picture, again and again while there is no answer. What comes before the answer is newer and waits."""
        while visit == self._visit and "/" in self.socket.namespaces:
            with self._lock:
                since = {"since": self.seq} if self.snapshot else {}
            try:
                answer = self.socket.call("open", {"area": self.area, **since}, timeout=6)
            except socketio.exceptions.SocketIOError:
                time.sleep(0.3)
                continue
            if "error" in answer:
                time.sleep(0.5)
                continue
            if "packed" in answer:
                answer = json.loads(zlib.decompress(answer["packed"]))
            with self._lock:
                if visit != self._visit:
                    return  # an answer over a connection that is gone
                if answer["kind"] == "snapshot":
                    self.snapshot, self.patches = answer, []
                    self.seq = answer["seq"]
                else:
                    self._take(answer)
                early, self._early = self._early or [], None
                for patch in early:
                    self._take(patch)
            return

    def _patch(self, patch: dict[str, Any]) -> None:
        with self._lock:
            if self._early is not None:
                self._early.append(patch)
            else:
                self._take(patch)

    def _take(self, patch: dict[str, Any]) -> None:
        if patch["area"] == self.area and patch["seq"] >= self.seq:
            self.patches.append(patch)
            self.seq = patch["seq"]

    def _beat(self, beat: dict[str, Any]) -> None:
        with self._lock:
            if self.age_s > STALE_S:
                self.stale.append(self.age_s)
            self.heard = time.monotonic()
            if self._early is None:
                self.seq = max(self.seq, beat["seq"])

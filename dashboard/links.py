"""Live links 连线: a voice and video call between a desk and one unit. Media go from browser to browser (WebRTC); we carry the signals.

A link lives in memory, as long as both sides are connected; that it was opened and closed stands in the change log.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import threading
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from dashboard.clock import new_id
from dashboard.command import Commands
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.settings import Settings
from datasources.models import Unit

MOST = 200
"""Links at once: a hall has a few."""
MOST_DATA = 32_000
"""Characters of one signal."""
RING_LIFE = timedelta(seconds=60)
"""Who has not answered by then does not: browsers stop ringing after 45 s, and one that could not say so must not block the unit."""
TURN_LIFE_S = 3600
Kind = Literal["ring", "accept", "decline", "offer", "answer", "candidate", "hang_up"]
FROM_DESK = ("offer", "candidate", "hang_up")
FROM_UNIT = ("accept", "decline", "answer", "candidate", "hang_up")


class Signal(BaseModel):
    """One signal. `ring` names the unit, every other the link; `data` is WebRTC's own and goes to the other side as it is."""

    model_config = ConfigDict(extra="forbid")

    kind: Kind
    unit: str | None = Field(default=None, max_length=36)
    link: str | None = Field(default=None, max_length=36)
    data: JsonValue = None


@dataclass
class Link:
    """One link. Sides are connections (sid); `unit_side` is empty until one of the unit's devices accepts."""

    id: str
    unit_id: str
    unit: str
    area_code: str
    by: Principal
    desk_side: str
    rung: datetime
    unit_side: str = ""
    opened: float = 0.0


@dataclass(frozen=True)
class Told:
    """A signal for one connection, or for all devices of a unit but one."""

    signal: dict[str, Any]
    side: str = ""
    unit_id: str = ""
    not_side: str = ""


class Links:
    """Who is linked with whom, and who may say what to whom."""

    def __init__(self, commands: Commands, settings: Settings) -> None:
        self._commands = commands
        self._settings = settings
        self._links: dict[str, Link] = {}
        self._lock = threading.Lock()

    def ice_servers(self, principal: Principal) -> list[dict[str, Any]]:
        """What browsers find each other by: nothing in one network, a TURN server across networks, with a pass for an hour (RFC 8656)."""
        if not (principal.may("order") or principal.may("answer")):
            raise Refused("forbidden", permission="order | answer")
        if not self._settings.turn_url:
            return []
        name = f"{int(time.time()) + TURN_LIFE_S}:{principal.token_id}"
        digest = hmac.new(self._settings.turn_secret.encode(), name.encode(), hashlib.sha1).digest()
        return [{"urls": self._settings.turn_url.split(","), "username": name, "credential": base64.b64encode(digest).decode()}]

    def take(self, principal: Principal, side: str, signal: Signal) -> tuple[str, list[Told]]:
        """A signal from one connection: the link's id, and what to tell whom.

        Raises `forbidden`, `not_found` (also for a link of others), `already_so`, `too_large`, `not_allowed_now`.
        """
        if len(str(signal.data or "")) > MOST_DATA:
            raise Refused("too_large", field="data", limit=f"{MOST_DATA // 1000} kB")
        if signal.kind == "ring":
            return self._ring(principal, side, signal.unit or "")
        with self._lock:
            link = self._links.get(signal.link or "")
            desk = link is not None and link.desk_side == side
            unit = link is not None and principal.unit_id == link.unit_id and link.unit_side in ("", side)
            if link is None or not (desk or unit):
                raise Refused("not_found", what=signal.link or "link")
            if signal.kind not in (FROM_DESK if desk else FROM_UNIT):
                raise Refused("not_allowed_now", field="kind", action=signal.kind, state="desk" if desk else "unit")
            if unit and not link.unit_side:
                if signal.kind not in ("accept", "decline", "hang_up"):
                    raise Refused("not_allowed_now", field="kind", action=signal.kind, state="ring")
                link.unit_side = side
        told = self._forward(link, side, signal)
        if signal.kind == "accept":
            link.opened = time.monotonic()
            self._record(link, "link.open", {})
            told.append(Told({"kind": "taken", "link": link.id}, unit_id=link.unit_id, not_side=side))
        if signal.kind == "decline":
            told.append(Told({"kind": "taken", "link": link.id}, unit_id=link.unit_id, not_side=side))  # its other devices stop ringing
        if signal.kind in ("decline", "hang_up"):
            self._end(link)
        return link.id, told

    def _ring(self, principal: Principal, side: str, unit_id: str) -> tuple[str, list[Told]]:
        principal.require("order")
        with self._commands.database.read() as session:
            unit = session.get(Unit, unit_id)
        if unit is None or not unit.area_code.startswith(principal.area_code):
            raise Refused("not_found", what=unit_id)
        now = self._commands.clock()
        with self._lock:
            self._links = {key: link for key, link in self._links.items() if link.opened or link.rung + RING_LIFE > now}
            if len(self._links) >= MOST or any(link.desk_side == side or link.unit_id == unit_id for link in self._links.values()):
                raise Refused("already_so", field="unit", state="link")
            link = Link(new_id(), unit.id, unit.name, unit.area_code, principal, side, now)
            self._links[link.id] = link
        return link.id, [Told({"kind": "ring", "link": link.id, "name": principal.name}, unit_id=unit_id)]

    def _forward(self, link: Link, side: str, signal: Signal) -> list[Told]:
        message = {"kind": signal.kind, "link": link.id, "data": signal.data}
        if side != link.desk_side:
            return [Told(message, side=link.desk_side)]
        if link.unit_side:
            return [Told(message, side=link.unit_side)]
        return [Told(message, unit_id=link.unit_id)] if signal.kind == "hang_up" else []

    def gone(self, side: str) -> list[Told]:
        """A connection is gone: its links end, and the other sides are told."""
        with self._lock:
            ended = [link for link in self._links.values() if side in (link.desk_side, link.unit_side)]
        told = []
        for link in ended:
            message = {"kind": "hang_up", "link": link.id, "data": None}
            other = link.unit_side if side == link.desk_side else link.desk_side
            told.append(Told(message, side=other) if other else Told(message, unit_id=link.unit_id))
            self._end(link)
        return told

    def _end(self, link: Link) -> None:
        with self._lock:
            known = self._links.pop(link.id, None)
        if known is not None and known.opened:
            self._record(known, "link.close", {"seconds": round(time.monotonic() - known.opened)})

    def _record(self, link: Link, kind: str, more: dict[str, Any]) -> None:
        with self._commands.transaction(link.by) as work:
            work.record(kind, link.area_code, link.id, {"unit_id": link.unit_id, "unit": link.unit, "by": link.by.name, **more})

"""Live links 连线: a voice and video call between a desk and one unit. Media go from browser to browser (WebRTC); we carry the signals.

A link lives as long as both sides are connected, in memory that all workers share: desk and unit may hang on different ones. That it
was opened and closed stands in the change log.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, JsonValue

from dashboard.clock import new_id
from dashboard.command import Commands
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.settings import Settings
from datasources.link_store import LinkStore
from datasources.models import Unit

log = logging.getLogger(__name__)

MOST = 200
"""Links at once: a hall has a few."""
MOST_OF_TOKEN = 2
"""Of one desk: one goes on while the next is rung."""
MOST_DATA = 32_000
"""Characters of one signal."""
RING_LIFE_S = 60.0
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
    """One link. Sides are connections (sid); `unit_side` is empty until one of the unit's devices accepts.

    `workers` are the servers that hold the sides, `opened` and `rung` seconds since 1970.
    """

    id: str
    unit_id: str
    unit: str
    area_code: str
    by: dict[str, Any]
    desk_side: str
    rung: float
    workers: list[str]
    unit_side: str = ""
    opened: float = 0.0


@dataclass(frozen=True)
class Told:
    """A signal for one connection, or for all devices of a unit but one."""

    signal: dict[str, Any]
    side: str = ""
    unit_id: str = ""
    not_side: str = ""


def _stands_above(principal: Principal, link: Link) -> bool:
    """Whether this desk commands the one that holds the link: its area holds the other's, and is larger."""
    theirs = str(link.by["area_code"])
    return theirs != principal.area_code and theirs.startswith(principal.area_code)


class Links:
    """Who is linked with whom, and who may say what to whom."""

    def __init__(self, commands: Commands, settings: Settings, store: LinkStore) -> None:
        self._commands = commands
        self._settings = settings
        self._store = store
        self._mine: set[str] = set()
        """Connections of this worker that are, or were, a side of a link: of all others nothing need be looked up when they go."""

    @contextmanager
    def _changing(self) -> Iterator[dict[str, Link]]:
        """All links, nobody else's turn meanwhile. Raises `unavailable` when the memory that is shared cannot be reached."""
        try:
            with self._store.changing() as stored:
                links = {link_id: Link(**link) for link_id, link in stored.items()}
                yield links
                stored.clear()
                stored.update({link_id: asdict(link) for link_id, link in links.items()})
        except ConnectionError as error:
            log.warning("the links cannot be reached: %s", error)
            raise Refused("unavailable") from error

    def close(self) -> None:
        """Let go of the shared memory."""
        self._store.close()

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
        ended = opened = False
        with self._changing() as links:
            link = links.get(signal.link or "")
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
                link.workers = [*link.workers, self._store.worker]
                self._mine.add(side)
            if signal.kind == "accept":
                link.opened, opened = self._now(), True
            if signal.kind in ("decline", "hang_up"):
                del links[link.id]
                ended = True
        told = self._forward(link, side, signal)
        if opened:
            self._record(link, "link.open", {})
            told.append(Told({"kind": "taken", "link": link.id}, unit_id=link.unit_id, not_side=side))
        if signal.kind == "decline":
            told.append(Told({"kind": "taken", "link": link.id}, unit_id=link.unit_id, not_side=side))  # its other devices stop ringing
        if ended:
            self._closed(link)
        return link.id, told

    def _ring(self, principal: Principal, side: str, unit_id: str) -> tuple[str, list[Told]]:
        principal.require("order")
        with self._commands.database.read() as session:
            unit = session.get(Unit, unit_id)
        if unit is None or not unit.area_code.startswith(principal.area_code):
            raise Refused("not_found", what=unit_id)
        now = self._now()
        with self._changing() as links:
            for stale in [key for key, link in links.items() if not link.opened and link.rung + RING_LIFE_S <= now]:
                del links[stale]
            mine = [link for link in links.values() if link.by["token_id"] == principal.token_id]
            if len(links) >= MOST or len(mine) >= MOST_OF_TOKEN or any(link.desk_side == side for link in links.values()):
                raise Refused("already_so", field="unit", state="link")
            taken = next((link for link in links.values() if link.unit_id == unit_id), None)
            if taken is not None:
                if not _stands_above(principal, taken):
                    raise Refused("already_so", field="unit", state="link")
                del links[taken.id]
            link = Link(new_id(), unit.id, unit.name, unit.area_code, asdict(principal), side, now, [self._store.worker])
            links[link.id] = link
            self._mine.add(side)
        ring = Told({"kind": "ring", "link": link.id, "name": principal.name}, unit_id=unit_id)
        return link.id, ([] if taken is None else self._given_up(taken, principal.name)) + [ring]

    def _given_up(self, link: Link, by: str) -> list[Told]:
        """A desk from above takes the unit over: the desk of before is told by whom, and the unit that it is over."""
        self._closed(link)
        message = {"kind": "hang_up", "link": link.id, "data": None}
        unit = Told(message, side=link.unit_side) if link.unit_side else Told(message, unit_id=link.unit_id)
        return [Told({"kind": "taken_over", "link": link.id, "by": by}, side=link.desk_side), unit]

    def _forward(self, link: Link, side: str, signal: Signal) -> list[Told]:
        message = {"kind": signal.kind, "link": link.id, "data": signal.data}
        if side != link.desk_side:
            return [Told(message, side=link.desk_side)]
        if link.unit_side:
            return [Told(message, side=link.unit_side)]
        return [Told(message, unit_id=link.unit_id)] if signal.kind == "hang_up" else []

    def gone(self, side: str) -> list[Told]:
        """A connection is gone: its links end, and the other sides are told."""
        if side not in self._mine:
            return []
        self._mine.discard(side)
        with self._changing() as links:
            ended = [link for link in links.values() if side in (link.desk_side, link.unit_side)]
            for link in ended:
                del links[link.id]
        told = []
        for link in ended:
            message = {"kind": "hang_up", "link": link.id, "data": None}
            other = link.unit_side if side == link.desk_side else link.desk_side
            told.append(Told(message, side=other) if other else Told(message, unit_id=link.unit_id))
            self._closed(link)
        return told

    def _now(self) -> float:
        return self._commands.clock().timestamp()

    def _closed(self, link: Link) -> None:
        if link.opened:
            self._record(link, "link.close", {"seconds": round(self._now() - link.opened)})

    def _record(self, link: Link, kind: str, more: dict[str, Any]) -> None:
        by = Principal(**link.by)
        with self._commands.transaction(by) as work:
            work.record(kind, link.area_code, link.id, {"unit_id": link.unit_id, "unit": link.unit, "by": by.name, **more})

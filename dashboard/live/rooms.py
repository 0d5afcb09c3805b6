"""Rooms: one for each area, and one for each order, that somebody looks at."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterable, Mapping
from typing import Any

from sqlalchemy.orm import Session

from dashboard.codes import ancestors, end_of
from dashboard.live.events import KEPT, KINDS, Event, as_mapping, concerns, event_of
from dashboard.live.picture import Picture, moved, new_delivery, touched
from dashboard.live.snapshot import take
from dashboard.rows import delivery_row, order_row
from datasources.models import Order
from datasources.queries import changes as change_queries
from datasources.queries import dispatch

LISTED = 300
"""How many deliveries of an order a screen lists: those that wait the longest come first."""
_URGENCY = {
    state: i
    for i, state in enumerate(("help", "declined", "queued", "delivered", "acknowledged", "en_route", "arrived", "done", "expired"))
}


class AreaRoom:
    """The live picture of one area, with its event stream."""

    def __init__(self, session: Session, area_code: str) -> None:
        self.area = area_code
        self.name = f"area:{area_code}"
        self.picture: Picture = take(session, area_code)
        self.events: deque[Event] = deque(maxlen=KEPT)
        self._new_events: list[Event] = []
        self._sent = self.picture.seq
        # Answers are many and few of them are told: they must not crowd out the rest.
        place = (area_code, end_of(area_code), ancestors(area_code), KEPT * 6)
        recent = [
            *change_queries.latest_of(session, [kind for kind in KINDS if kind != "delivery.move"], *place),
            *change_queries.latest_of(session, ["delivery.move"], *place),
        ]
        recent.sort(key=lambda change: change.seq, reverse=True)
        told = [event for event in (event_of(as_mapping(change)) for change in recent) if event and concerns(event, area_code)]
        self.events.extend(reversed(told[:KEPT]))

    def apply(self, change: Mapping[str, Any]) -> None:
        """Take one change that may concern this area."""
        if change["seq"] <= self.picture.seq:
            return
        self.picture.apply(change)
        event = event_of(change)
        if event is not None and concerns(event, self.area):
            self.events.append(event)
            self._new_events.append(event)

    def pass_by(self, seq: int) -> None:
        """Note a change that does not concern this area: the picture is true up to it as well."""
        self.picture.seq = max(self.picture.seq, seq)

    def snapshot(self) -> dict[str, Any]:
        """Everything, as a screen gets it when it opens the area."""
        layers = {layer: list(rows.values()) if layer != "figures" else rows for layer, rows in self.picture.layers().items()}
        return {"area": self.area, "seq": self.picture.seq, **layers, "events": list(self.events)}

    def take_patch(self, seq: int) -> dict[str, Any] | None:
        """What to tell the screens that are up to date, true up to `seq`; None when nothing was altered."""
        layers = self.picture.take_patch()
        events, self._new_events = self._new_events[-KEPT:], []
        if not layers and not events:
            self._sent = seq
            return None
        patch = {"area": self.area, "from": self._sent, "seq": seq, **layers, "events": events}
        self._sent = seq
        return patch

    def catch_up(self, missed: Iterable[Mapping[str, Any]], since: int) -> dict[str, Any]:
        """What to tell one screen that saw everything up to `since`; `missed` are the changes behind it."""
        keys: dict[str, set[str]] = {}
        events = []
        for change in missed:
            if change["seq"] > self.picture.seq:
                break
            for layer, key in touched(self.area, change):
                keys.setdefault(layer, set()).add(key)
            event = event_of(change)
            if event is not None and concerns(event, self.area):
                events.append(event)
        layers = self.picture.values_of(keys)
        return {"area": self.area, "from": since, "seq": self.picture.seq, **layers, "events": events[-KEPT:]}


class OrderRoom:
    """The deliveries of one order as one area sees them."""

    def __init__(self, session: Session, order_id: str, area_code: str) -> None:
        self.order_id = order_id
        self.area = area_code
        self.name = f"order:{order_id}:{area_code}"
        self.seq = change_queries.last_seq(session)
        self.order = order_row(session.get_one(Order, order_id))
        found = dispatch.deliveries(session, [order_id], area_code, end_of(area_code))
        self.rows = {d.id: delivery_row(d) for d in found}
        self.dirty = False

    def apply(self, change: Mapping[str, Any]) -> None:
        """Take one change that may concern this order."""
        if change["seq"] <= self.seq:
            return
        self.seq = change["seq"]
        if change["entity_id"] != self.order_id:
            return
        payload = change["payload"]
        if change["kind"].startswith("order."):
            self.order = payload["row"]
        elif change["kind"] == "delivery.move":
            for delivery_id, unit_id, unit, area_code, _ in payload["deliveries"]:
                if area_code.startswith(self.area):
                    row = self.rows.get(delivery_id) or new_delivery(delivery_id, self.order_id, unit_id, unit, area_code)
                    self.rows[delivery_id] = moved(row, payload)
        elif change["kind"] == "delivery.escalate":
            for delivery_id, *_ in payload["deliveries"]:
                if delivery_id in self.rows:
                    self.rows[delivery_id] = {**self.rows[delivery_id], "escalated": True}
        elif change["kind"] == "message.send" and payload["delivery_id"] in self.rows:
            self.rows[payload["delivery_id"]] = {**self.rows[payload["delivery_id"]], "said": payload["said"]}
        self.dirty = True

    def snapshot(self) -> dict[str, Any]:
        """The order, its counts, and the deliveries that want attention first; `had`: how far those had come whom its end stopped."""
        counts: dict[str, int] = {}
        for row in self.rows.values():
            counts[row["state"]] = counts.get(row["state"], 0) + 1
        first = heapq.nsmallest(LISTED, self.rows.values(), key=lambda row: (_URGENCY[row["state"]], row["area_code"], row["id"]))
        had: dict[str, int] = {}
        for row in self.rows.values():
            furthest = next((state for state in ("arrived", "en_route", "acknowledged") if state in row["times"]), None)
            if row["state"] == "expired" and furthest is not None:
                had[furthest] = had.get(furthest, 0) + 1
        return {
            "had": had,
            "seq": self.seq,
            "order": self.order,
            "area": self.area,
            "counts": counts,
            "deliveries": first,
            "total": len(self.rows),
        }

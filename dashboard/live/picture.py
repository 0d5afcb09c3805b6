"""What a screen holds of one area, and how a change alters it. Pure: no database, no sockets, no clock.

This is the reference implementation of the rule that keeps the wall honest: **snapshot before + changes
= snapshot after** (`tests/dashboard/live/test_picture.py`). `assets/js/live/picture.mjs` is its browser side.

Far up (city, district, street) a picture holds counts by child area and the rows that are drawn on the
map: open tickets, warnings, running orders. From the community down it also lists people and deliveries.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from dashboard.codes import LEVELS, child_towards, contains, is_detail, looks_after, related

FIGURES = ("units", "on_duty", "tickets", "overdue", "unanswered", "video", "video_online")
LAYERS = ("figures", "tickets", "warnings", "orders", "units", "deliveries")

BRIEF = ("id", "kind", "level", "state", "overdue", "area_code", "lon", "lat", "due_at")
"""What the picture of a city or district has of a ticket: there may be tens of thousands. The rest is asked for when it is opened."""

Rows = dict[str, dict[str, Any]]


@dataclass
class Picture:
    """The rows of one area, each layer keyed by id (figures: by area code), true up to change `seq`."""

    area: str
    seq: int
    figures: Rows
    tickets: Rows
    warnings: Rows
    orders: Rows
    units: Rows
    deliveries: Rows
    running: Rows = field(default_factory=dict)
    """Every running order, with or without deliveries here: recipients may be added later."""
    _dirty: dict[str, set[str]] = field(default_factory=lambda: {layer: set() for layer in LAYERS})

    def layers(self) -> dict[str, Rows]:
        """All layers by name."""
        return {layer: getattr(self, layer) for layer in LAYERS}

    def apply(self, change: Mapping[str, Any]) -> None:
        """Bring the picture forward by one change; one that it has already seen does nothing."""
        if change["seq"] <= self.seq:
            return
        self.seq = change["seq"]
        payload = change["payload"]
        self._count(payload.get("deltas", ()))
        topic, _, verb = change["kind"].partition(".")
        if verb == "import":
            return  # the hub builds its rooms anew
        if topic == "ticket":
            row = payload["row"]
            self._put(
                "tickets",
                row["id"],
                shown_ticket(self.area, row) if row["state"] != "closed" and contains(self.area, row["area_code"]) else None,
            )
        elif topic == "warning":
            row = payload["row"]
            self._put("warnings", row["id"], row if row["state"] == "in_force" and related(self.area, row["area_code"]) else None)
        elif topic == "unit":
            row = payload["row"]
            if is_detail(self.area) and looks_after(row["area_code"], self.area):
                self._put("units", row["id"], None if verb == "retire" else row)
        elif topic == "order":
            self._order(payload["row"])
        elif change["kind"] == "delivery.move":
            self._move(payload)
        elif verb == "escalate":
            self._escalate(payload)
        elif topic == "message" and payload["delivery_id"] in self.deliveries:
            self._put("deliveries", payload["delivery_id"], {**self.deliveries[payload["delivery_id"]], "said": payload["said"]})

    def _mine(self, area_code: str) -> bool:
        """Whether people of that area belong to this picture."""
        return looks_after(area_code, self.area) if is_detail(self.area) else contains(self.area, area_code)

    def _put(self, layer: str, key: str, row: dict[str, Any] | None) -> None:
        rows: Rows = getattr(self, layer)
        if row is None:
            if key not in rows:
                return
            del rows[key]
        else:
            rows[key] = row
        self._dirty[layer].add(key)

    def _count(self, deltas: Iterable[tuple[str, Mapping[str, int]]]) -> None:
        """Summed for each area that the picture counts before anything is put: an order moves dozens in one community at a time."""
        sums: dict[str, dict[str, int]] = {}
        for area_code, differences in deltas:
            if not contains(self.area, area_code):
                continue
            for code in (self.area, child_towards(self.area, area_code)):
                if code is not None:
                    into = sums.setdefault(code, {})
                    for name, difference in differences.items():
                        into[name] = into.get(name, 0) + difference
        for code, sum_ in sums.items():
            before = self.figures.get(code) or dict.fromkeys(FIGURES, 0)
            self._put("figures", code, {name: before[name] + sum_.get(name, 0) for name in FIGURES})

    def _order(self, row: dict[str, Any]) -> None:
        order_id = row["id"]
        if row.get("ticket_id") is not None:
            return  # it is shown with its ticket: a city has thousands
        if row["state"] == "running":
            self.running[order_id] = row
            if order_id in self.orders:
                self._put("orders", order_id, {**row, "counts": self.orders[order_id]["counts"]})
            return
        self.running.pop(order_id, None)
        self._put("orders", order_id, None)
        for delivery_id in [key for key, d in self.deliveries.items() if d["order_id"] == order_id]:
            self._put("deliveries", delivery_id, None)

    def _move(self, payload: Mapping[str, Any]) -> None:
        order_id, to = payload["order_id"], payload["to"]
        running = self.running.get(order_id)
        if running is None:
            return
        counts = dict(self.orders[order_id]["counts"]) if order_id in self.orders else {}
        touched = False
        for delivery_id, unit_id, unit, area_code, was in payload["deliveries"]:
            if not self._mine(area_code):
                continue
            touched = True
            if was is not None:
                counts[was] -= 1
                if not counts[was]:
                    del counts[was]
            counts[to] = counts.get(to, 0) + 1
            if is_detail(self.area):
                row = self.deliveries.get(delivery_id) or new_delivery(delivery_id, order_id, unit_id, unit, area_code)
                self._put("deliveries", delivery_id, moved(row, payload))
        if touched:
            self._put("orders", order_id, {**running, "counts": counts})

    def _escalate(self, payload: Mapping[str, Any]) -> None:
        for delivery_id, *_ in payload["deliveries"]:
            if delivery_id in self.deliveries:
                self._put("deliveries", delivery_id, {**self.deliveries[delivery_id], "escalated": True})

    def take_patch(self) -> dict[str, dict[str, Any]]:
        """What was altered since the last call: layer → key → row, or None for a row that is gone."""
        patch = self.values_of(self._dirty)
        for keys in self._dirty.values():
            keys.clear()
        return patch

    def values_of(self, dirty: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Any]]:
        """The present rows behind these keys: layer → key → row or None."""
        return {layer: {key: getattr(self, layer).get(key) for key in keys} for layer, keys in dirty.items() if keys}


def shown_ticket(area: str, row: dict[str, Any]) -> dict[str, Any]:
    """A ticket as the picture of `area` has it."""
    return row if len(area) >= LEVELS["street"] else {name: row[name] for name in BRIEF}


def new_delivery(delivery_id: str, order_id: str, unit_id: str, unit: str, area_code: str) -> dict[str, Any]:
    """The row of a delivery before its first move."""
    return {
        "id": delivery_id,
        "order_id": order_id,
        "unit_id": unit_id,
        "unit": unit,
        "area_code": area_code,
        "state": "",
        "escalated": False,
        "times": {},
        "note": "",
        "said": 0,
    }


def moved(row: Mapping[str, Any], payload: Mapping[str, Any]) -> dict[str, Any]:
    """The row of a delivery after a move."""
    times = {**row["times"], payload["to"]: payload["at"]}
    return {**row, "state": payload["to"], "times": times, "note": payload.get("note") or row["note"]}


def touched(area: str, change: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """(layer, key) of every row of the picture of `area` that a change may have altered.

    With the present rows behind these keys a screen that missed the change is up to date again. Deliveries
    of an order that ended are not named: whoever drops an order drops its deliveries.
    """
    payload = change["payload"]
    for area_code, _ in payload.get("deltas", ()):
        for code in (area, child_towards(area, area_code)):
            if code is not None and contains(area, area_code):
                yield "figures", code
    topic, _, verb = change["kind"].partition(".")
    if verb == "import":
        return
    if topic in ("ticket", "warning", "unit", "order"):
        yield f"{topic}s", payload["row"]["id"]
    elif topic == "delivery":
        yield "orders", payload["order_id"]
        for delivery_id, *_ in payload["deliveries"]:
            yield "deliveries", delivery_id
    elif topic == "message":
        yield "deliveries", payload["delivery_id"]

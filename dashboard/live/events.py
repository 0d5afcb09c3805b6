"""The event stream: which changes a person wants to read as a sentence, and what that sentence needs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from dashboard.codes import related
from datasources.models import Change
from datasources.serialising import iso

KINDS = (
    "ticket.report",
    "ticket.help",
    "ticket.assign",
    "ticket.finish",
    "ticket.decline",
    "ticket.close",
    "ticket.overdue",
    "warning.issue",
    "warning.cancel",
    "warning.expire",
    "order.send",
    "order.call_off",
    "order.close",
    "delivery.move",
    "delivery.escalate",
    "desk.take",
    "message.send",
    "fence.enter",
    "fence.leave",
    "fence.stay",
    "fence.empty",
)
TOLD_STATES = ("arrived", "done", "declined")
KEPT = 40

Event = dict[str, Any]


def as_mapping(change: Change) -> dict[str, Any]:
    """A row of the change log as the pictures take it."""
    return {
        "seq": change.seq,
        "at": iso(change.at),
        "kind": change.kind,
        "area_code": change.area_code,
        "entity_id": change.entity_id,
        "payload": change.payload,
    }


def event_of(change: Mapping[str, Any]) -> Event | None:
    """The event behind a change; None when nobody needs a sentence about it."""
    kind, payload = change["kind"], change["payload"]
    if kind not in KINDS:
        return None
    event: Event = {
        "seq": change["seq"],
        "at": change["at"],
        "kind": kind,
        "area_code": change["area_code"],
        "level": None,
        "place": payload.get("place", ""),
    }
    if kind == "delivery.move":
        if payload["to"] not in TOLD_STATES or len(payload["deliveries"]) != 1:
            return None
        # the change is the community's; what is told happens where the unit belongs
        _, _, unit, place, *_ = payload["deliveries"][0]
        return {**event, "area_code": place, "kind": f"delivery.{payload['to']}", "unit": unit, "text": payload.get("note", "")}
    if kind == "delivery.escalate":
        return {**event, "level": "orange", "text": payload.get("title", ""), "count": len(payload["deliveries"])}
    row = payload["row"]
    if kind.startswith("order.") and row.get("ticket_id") is not None:
        return None  # the ticket says it
    if kind == "desk.take":
        return {**event, "level": None, "text": row["text"], "unit": row["taken_by"], "matter": row["kind"]}
    if kind == "message.send":
        # what the desk itself wrote is no news to it
        told = {**event, "unit": payload["unit"], "text": row["text"], "title": payload["title"], "order_id": row["order_id"]}
        if not row["text"]:
            told["matter"] = "clip" if row["clip_id"] else "photo"
        return told if row["from_unit"] else None
    if kind.startswith("fence."):
        units = payload["units"]
        return {**event, "level": row["level"], "text": row["name"], "unit": units[0][2] if units else "", "count": len(units)}
    if kind.startswith("ticket."):
        return {**event, "level": row["level"], "matter": row["kind"], "text": row["text"], "unit": row["handler"] or ""}
    if kind.startswith("warning."):
        return {**event, "level": row["level"], "matter": row["event"], "text": row["headline"]}
    return {**event, "text": row["title"], "count": payload.get("count", 0)}


def concerns(event: Event, area_code: str) -> bool:
    """Whether an event belongs into the stream of an area: it is inside, or a warning from above."""
    if event["kind"].startswith("warning."):
        return related(event["area_code"], area_code)
    return bool(event["area_code"].startswith(area_code))

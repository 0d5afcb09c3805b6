"""Rows as they travel: what snapshots, patches, the API and the change log show of each thing."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from typing import Any

from datasources.keyring import WrongKey
from datasources.models import Area, Delivery, DeskItem, Fence, Message, Order, Ticket, Unit, VideoPoint, Warning
from datasources.serialising import iso, iso_or_none
from datasources.types import Sealed, Secret

log = logging.getLogger(__name__)

Row = dict[str, Any]


def area_row(area: Area) -> Row:
    """An area without its geometry; degrees are WGS-84."""
    return {
        "code": area.code,
        "level": area.level,
        "name": area.name,
        "parent_code": area.parent_code,
        "dedicated": area.dedicated,
        "households": area.households,
        "population": area.population,
        "vulnerable": area.vulnerable,
        "boundary_source": area.boundary_source,
        "lon": area.lon,
        "lat": area.lat,
        "bounds": [area.west, area.south, area.east, area.north],
    }


def masked(phone: str) -> str:
    """A telephone number that one knows again and cannot call: `138******78`. The whole one is given out singly (`Units.phone`)."""
    shown = 3 if len(phone) >= 9 else 0
    return f"{phone[:shown]}******{phone[-2:]}" if len(phone) >= 7 else "*" * len(phone)


def _readable(number: Secret | Sealed, row: str) -> str:
    """A number for a list: one that cannot be read is none, and the log says which, or nobody of its area could be listed."""
    try:
        return number.of(row)
    except WrongKey as error:
        log.error("%s", error)
        return ""


def unit_row(unit: Unit, roles: Sequence[str], skills: Sequence[str]) -> Row:
    """A field unit with its roles and skills; its telephone number is masked."""
    return {
        "id": unit.id,
        "number": unit.number,
        "code": unit.code,
        "name": unit.name,
        "kind": unit.kind,
        "phone": masked(_readable(unit.phone, unit.id)),
        "area_code": unit.area_code,
        "duty": unit.duty,
        "roles": list(roles),
        "skills": list(skills),
    }


def ticket_row(ticket: Ticket) -> Row:
    """A ticket as it stands."""
    return {
        "id": ticket.id,
        "kind": ticket.kind,
        "level": ticket.level,
        "text": ticket.text,
        "area_code": ticket.area_code,
        "lon": ticket.lon,
        "lat": ticket.lat,
        "state": ticket.state,
        "overdue": ticket.overdue,
        "reporter": ticket.reporter,
        "reporter_unit_id": ticket.reporter_unit_id,
        "handler": ticket.handler,
        "handler_unit_id": ticket.handler_unit_id,
        "photo_id": ticket.photo_id,
        "rating": ticket.rating,
        "address": ticket.address,
        "caller": masked(_readable(ticket.caller, ticket.id)),
        "seen_at": iso_or_none(ticket.seen_at),
        "reported_at": iso(ticket.reported_at),
        "due_at": iso(ticket.due_at),
        "closed_at": iso_or_none(ticket.closed_at),
    }


def warning_row(warning: Warning) -> Row:
    """A warning, in the words of CAP 1.2."""
    return {
        "id": warning.id,
        "sender": warning.sender,
        "event": warning.event,
        "level": warning.level,
        "urgency": warning.urgency,
        "severity": warning.severity,
        "certainty": warning.certainty,
        "headline": warning.headline,
        "description": warning.description,
        "instruction": warning.instruction,
        "area_code": warning.area_code,
        "state": warning.state,
        "sent": iso(warning.sent),
        "effective": iso(warning.effective),
        "expires": iso(warning.expires),
    }


def order_row(order: Order) -> Row:
    """An order without its counts: those depend on the area that looks."""
    return {
        "id": order.id,
        "title": order.title,
        "text": order.text,
        "priority": order.priority,
        "kind": order.kind,
        "done_when": order.done_when,
        "needed": order.needed,
        "area_code": order.area_code,
        "state": order.state,
        "sender": order.sender,
        "sent_at": iso(order.sent_at),
        "deadline": iso_or_none(order.deadline),
        "ended_at": iso_or_none(order.ended_at),
        "ended_by": order.ended_by,
        "ticket_id": order.ticket_id,
    }


def delivery_row(delivery: Delivery) -> Row:
    """The order as one unit has it; `times` maps each state reached to the time of its tap."""
    return {
        "id": delivery.id,
        "order_id": delivery.order_id,
        "unit_id": delivery.unit_id,
        "unit": delivery.unit_name,
        "area_code": delivery.area_code,
        "state": delivery.state,
        "escalated": delivery.escalated,
        "times": dict(delivery.times),
        "note": delivery.note,
        "said": delivery.said,
    }


def desk_row(item: DeskItem) -> Row:
    """What waits at the desk. `about` holds ids: of the ticket, the order, the delivery, the unit, as far as there are such."""
    return {
        "id": item.id,
        "kind": item.kind,
        "level": item.level,
        "area_code": item.area_code,
        "text": item.text,
        "count": item.count,
        "about": dict(item.about),
        "state": item.state,
        "raised_at": iso(item.raised_at),
        "last_at": iso(item.last_at),
        "taken_at": iso_or_none(item.taken_at),
        "taken_by": item.taken_by,
    }


def fence_row(fence: Fence) -> Row:
    """A geofence without its outline."""
    return {
        "id": fence.id,
        "name": fence.name,
        "area_code": fence.area_code,
        "rule": fence.rule,
        "minutes": fence.minutes,
        "effect": fence.effect,
        "level": fence.level,
        "text": fence.text,
        "made_by": fence.made_by,
        "made_at": iso(fence.made_at),
    }


def message_row(message: Message) -> Row:
    """One message inside an order."""
    return {
        "id": message.id,
        "key": message.key,
        "delivery_id": message.delivery_id,
        "order_id": message.order_id,
        "area_code": message.area_code,
        "from_unit": message.from_unit,
        "name": message.name,
        "text": message.text,
        "photo_id": message.photo_id,
        "clip_id": message.clip_id,
        "written_at": iso(message.written_at),
        "arrived_at": iso(message.arrived_at),
    }


def video_row(point: VideoPoint) -> Row:
    """A video point; degrees are WGS-84."""
    return {
        "code": point.code,
        "name": point.name,
        "area_code": point.area_code,
        "kind": point.kind,
        "online": point.online,
        "lon": point.lon,
        "lat": point.lat,
    }

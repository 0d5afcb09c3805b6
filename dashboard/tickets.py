"""Tickets 工单: found, assigned, handled, checked and rated."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field

from dashboard.areas import Areas, scope_range
from dashboard.clock import new_id
from dashboard.codes import same_city
from dashboard.command import Commands, Deltas, Work
from dashboard.errors import Refused
from dashboard.identity import SYSTEM, Principal
from dashboard.photos import Photos
from dashboard.rows import Row, ticket_row
from dashboard.words import Text
from datasources.models import Ticket, TicketStep, Unit
from datasources.queries import tickets as queries
from datasources.serialising import iso

Kind = Literal[
    "waterlogging",
    "landslide",
    "fire",
    "gas_leak",
    "road_damage",
    "fallen_tree",
    "power_failure",
    "dangerous_building",
    "drain_blocked",
    "person_in_need",
    "other",
]
KINDS: tuple[str, ...] = get_args(Kind)
LEVELS = ("red", "orange", "yellow", "blue")
TIME_LIMIT = {"red": timedelta(minutes=30), "orange": timedelta(hours=2), "yellow": timedelta(hours=8), "blue": timedelta(hours=24)}

MOVES: dict[str, tuple[tuple[str, ...], str]] = {
    # action: (states in which it is allowed, state after it)
    "assign": (("reported", "assigned", "handling"), "assigned"),
    "start": (("assigned",), "handling"),
    "finish": (("assigned", "handling"), "handled"),
    "reject": (("handled",), "handling"),
    "close": (("handled", "reported"), "closed"),
}


class TicketReport(BaseModel):
    """A new ticket. Its place is a WGS-84 point; the area is found from it."""

    model_config = ConfigDict(extra="forbid")

    key: str = Field(min_length=8, max_length=80, description="idempotency key made by the reporter")
    kind: Kind
    level: Literal["red", "orange", "yellow", "blue"] = "blue"
    text: Text
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    photo_id: str | None = Field(default=None, max_length=36)


class TicketMove(BaseModel):
    """What is done with a ticket: assign (to a unit), start, finish, reject, close (with a rating from 1 to 5)."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["assign", "start", "finish", "reject", "close"]
    unit: str | None = Field(default=None, max_length=36)
    note: str = Field(default="", max_length=2000)
    rating: int | None = Field(default=None, ge=1, le=5)


class Tickets:
    """Opens tickets and moves them on."""

    def __init__(self, commands: Commands, areas: Areas, photos: Photos) -> None:
        self._commands = commands
        self._database = commands.database
        self._areas = areas
        self._photos = photos

    def report(self, principal: Principal, report: TicketReport) -> Row:
        """Open a ticket; the same key again returns the ticket that it opened.

        Raises `no_place`, `outside_city`, `outside_scope` (staff report within their area; a unit
        anywhere in its city, as it may pass a hazard on its way) or `not_found` for a foreign photo.
        """
        principal.require("report")
        if report.lon is None or report.lat is None:
            raise Refused("no_place", field="lon" if report.lon is None else "lat")
        area_code = self._areas.locate(report.lon, report.lat)
        if principal.unit_id is None:
            principal.require("report", area_code)
        elif not same_city(principal.area_code, area_code):
            raise Refused("outside_scope", area=area_code)
        if report.photo_id is not None and not self._photos.owned_by(principal, report.photo_id):
            raise Refused("not_found", field="photo_id", what=report.photo_id)
        with self._commands.transaction(principal) as work:
            work.claim(report.key)
            known = queries.by_key(work.session, report.key)
            if known is not None:
                if known.reporter != principal.name or known.area_code != area_code:
                    raise Refused("already_so", field="key", state=report.key)
                return ticket_row(known)
            ticket = Ticket(
                id=new_id(),
                key=report.key,
                kind=report.kind,
                level=report.level,
                text=report.text.strip(),
                area_code=area_code,
                lon=report.lon,
                lat=report.lat,
                state="reported",
                overdue=False,
                reporter=principal.name,
                reporter_unit_id=principal.unit_id,
                handler_unit_id=None,
                handler=None,
                photo_id=report.photo_id,
                rating=None,
                reported_at=work.now,
                due_at=work.now + TIME_LIMIT[report.level],
                closed_at=None,
            )
            work.session.add(ticket)
            work.session.flush()
            self._step(work, ticket, "report", report.text, [[area_code, {"tickets": 1}]])
            return ticket_row(ticket)

    def move(self, principal: Principal, ticket_id: str, move: TicketMove) -> Row:
        """Take a ticket one step on. Raises `not_found`, `not_allowed_now`, `unknown_unit`, `forbidden`."""
        with self._commands.transaction(principal) as work:
            ticket = work.session.get(Ticket, ticket_id, with_for_update=True)
            if ticket is None or not self._in_reach(principal, ticket):
                raise Refused("not_found", what=ticket_id)
            allowed, after = MOVES[move.action]
            if move.action in ("start", "finish") and principal.unit_id is not None:
                if principal.unit_id != ticket.handler_unit_id:
                    raise Refused("forbidden", permission="ticket")
            else:
                principal.require("ticket", ticket.area_code)
            if ticket.state not in allowed:
                raise Refused("not_allowed_now", field="action", action=move.action, state=ticket.state)
            if move.action == "assign":
                self._assign(work, ticket, move.unit)
            deltas: Deltas = []
            if after == "closed":
                ticket.closed_at, ticket.rating = work.now, move.rating
                deltas = [[ticket.area_code, {"tickets": -1, **({"overdue": -1} if ticket.overdue else {})}]]
            ticket.state = after
            self._step(work, ticket, move.action, move.note, deltas)
            return ticket_row(ticket)

    def _in_reach(self, principal: Principal, ticket: Ticket) -> bool:
        if principal.unit_id is not None:
            return principal.unit_id in (ticket.handler_unit_id, ticket.reporter_unit_id)
        return ticket.area_code.startswith(principal.area_code)

    def _assign(self, work: Work, ticket: Ticket, unit_id: str | None) -> None:
        unit = work.session.get(Unit, unit_id) if unit_id else None
        if unit is None or not unit.area_code.startswith(work.principal.area_code):
            raise Refused("unknown_unit", field="unit", unit=unit_id)
        ticket.handler_unit_id, ticket.handler = unit.id, unit.name

    def _step(self, work: Work, ticket: Ticket, action: str, note: str, deltas: Deltas) -> None:
        work.session.add(
            TicketStep(ticket_id=ticket.id, at=work.now, actor=work.principal.name or work.principal.kind, action=action, note=note)
        )
        payload: dict[str, Any] = {"row": ticket_row(ticket), "place": self._areas.short_name(ticket.area_code)}
        work.record(f"ticket.{action}", ticket.area_code, ticket.id, payload, deltas)

    def mark_overdue(self) -> int:
        """Mark the open tickets whose time is up; returns how many. Called by the clock."""
        with self._database.read() as session:
            if not queries.newly_overdue(session, self._commands.clock(), most=1):
                return 0
        with self._commands.transaction(SYSTEM) as work:
            late = queries.newly_overdue(work.session, work.now, lock=True)
            for ticket in late:
                ticket.overdue = True
                payload = {"row": ticket_row(ticket), "place": self._areas.short_name(ticket.area_code)}
                work.record("ticket.overdue", ticket.area_code, ticket.id, payload, [[ticket.area_code, {"overdue": 1}]])
            return len(late)

    def get(self, principal: Principal, ticket_id: str) -> Row:
        """A ticket in scope with its steps and the full name of its place."""
        with self._database.read() as session:
            ticket = session.get(Ticket, ticket_id)
            if ticket is None or not self._in_reach(principal, ticket):
                raise Refused("not_found", what=ticket_id)
            steps = [
                {"at": iso(step.at), "actor": step.actor, "action": step.action, "note": step.note}
                for step in queries.steps(session, ticket_id)
            ]
        return {**ticket_row(ticket), "place": self._areas.full_name(ticket.area_code), "steps": steps}

    def listed(self, principal: Principal, area_code: str | None, states: list[str], most: int, after: str) -> list[Row]:
        """A page of tickets in scope, by id."""
        principal.require("see", area_code)
        low, high = scope_range(area_code or principal.area_code)
        with self._database.read() as session:
            return [ticket_row(t) for t in queries.listed(session, low, high, tuple(states), most, after)]

"""Tickets 工单: found, assigned, handled, checked and rated."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any, Literal, get_args

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, field_validator

from dashboard import plain
from dashboard.areas import Areas, scope_range
from dashboard.clock import new_id
from dashboard.codes import same_city
from dashboard.command import Commands, Deltas, Work
from dashboard.errors import Refused
from dashboard.idempotency import ClientKey
from dashboard.identity import SYSTEM, Principal
from dashboard.numbers import LONGEST_NUMBER, plain_number
from dashboard.photos import Photos
from dashboard.rows import Row, ticket_row
from dashboard.words import Text
from datasources.models import Ticket, TicketStep, Unit
from datasources.queries import changes
from datasources.queries import tickets as queries
from datasources.serialising import iso
from datasources.types import Secret

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
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
KINDS: tuple[str, ...] = get_args(Kind)
LEVELS = ("red", "orange", "yellow", "blue")
TIME_LIMIT = {"red": timedelta(minutes=30), "orange": timedelta(hours=2), "yellow": timedelta(hours=8), "blue": timedelta(hours=24)}

MOVES: dict[str, tuple[tuple[str, ...], str | None]] = {
    # action: (states in which it is allowed, state after it; None: the same)
    "assign": (("reported", "assigned", "handling"), "assigned"),
    "start": (("assigned",), "handling"),
    "en_route": (("handling",), None),
    "arrive": (("handling",), None),
    "finish": (("assigned", "handling"), "handled"),
    "decline": (("assigned", "handling"), "reported"),
    "hand_over": (("assigned", "handling"), "assigned"),
    "reject": (("handled",), "handling"),
    "close": (("handled", "reported"), "closed"),
}
OF_THE_HANDLER = ("start", "en_route", "arrive", "finish", "decline")
EARLIEST = timedelta(days=7)
"""Nobody reports what they saw longer ago; a clock that says so is wrong."""


class TicketReport(BaseModel):
    """A new ticket. Its place is a WGS-84 point; the area is found from it."""

    model_config = ConfigDict(extra="forbid")

    key: ClientKey
    kind: Kind
    level: Literal["red", "orange", "yellow", "blue"] = "blue"
    text: Text
    lon: float | None = Field(default=None, ge=-180, le=180)
    lat: float | None = Field(default=None, ge=-90, le=90)
    photo_id: str | None = Field(default=None, max_length=36)
    at: AwareDatetime | None = Field(default=None, ge=OLDEST, description="when it was seen, by the reporter's own clock")
    address: str = Field(default="", max_length=200, description="the place in words")
    caller: str = Field(default="", max_length=LONGEST_NUMBER, description="the number of who rang up")

    @field_validator("caller")
    @classmethod
    def _number(cls, caller: str) -> str:
        return plain_number(caller)


class TicketMove(BaseModel):
    """What is done with a ticket; `unit` goes with assign, `rating` (1 to 5) with close."""

    model_config = ConfigDict(extra="forbid")

    action: Literal["assign", "start", "en_route", "arrive", "finish", "decline", "reject", "close"]
    unit: str | None = Field(default=None, max_length=36)
    was: str | None = Field(default=None, max_length=36, description="assign: the handler that it is taken from; without, nobody's is")
    note: str = Field(default="", max_length=2000)
    photo_id: str | None = Field(default=None, max_length=36)
    rating: int | None = Field(default=None, ge=1, le=5)


Listener = Callable[[Work, Ticket, str], None]
"""Hears of each step inside its transaction: the work, the ticket as it is after it, the action (`report` included)."""


class Tickets:
    """Opens tickets and moves them on."""

    def __init__(self, commands: Commands, areas: Areas, photos: Photos) -> None:
        self._commands = commands
        self._database = commands.database
        self._areas = areas
        self._photos = photos
        self._listeners: list[Listener] = []

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
                first = changes.newest_of(work.session, known.id, ("ticket.report",), 1)
                if known.area_code != area_code or not first or first[0].actor != principal.actor:
                    raise Refused("already_so", field="key", state=report.key)
                return ticket_row(known)
            seen = min(max(report.at, work.now - EARLIEST), work.now) if report.at is not None else None
            ticket = self.open_in(
                work, report.key, report.kind, report.level, report.text, area_code, report.lon, report.lat, principal.name, seen
            )
            ticket.photo_id, ticket.address, ticket.caller = report.photo_id, report.address.strip(), Secret(ticket.id, report.caller)
            ticket.reporter_unit_id = principal.unit_id
            self.step(work, ticket, "report", report.text, [[area_code, {"tickets": 1}]])
            return ticket_row(ticket)

    def open_in(
        self,
        work: Work,
        key: str,
        kind: str,
        level: str,
        text: str,
        area_code: str,
        lon: float,
        lat: float,
        reporter: str,
        seen_at: datetime | None = None,
    ) -> Ticket:
        """A new ticket in a transaction; the caller has checked all and records its first step. Its time runs from when it was seen."""
        ticket_id = new_id()
        ticket = Ticket(
            id=ticket_id,
            key=key,
            kind=kind,
            level=level,
            text=text,
            area_code=area_code,
            lon=lon,
            lat=lat,
            state="reported",
            overdue=False,
            reporter=reporter,
            reporter_unit_id=None,
            handler_unit_id=None,
            handler=None,
            photo_id=None,
            rating=None,
            address="",
            caller=Secret(ticket_id, ""),
            seen_at=seen_at,
            reported_at=work.now,
            due_at=(seen_at or work.now) + TIME_LIMIT[level],
            closed_at=None,
        )
        work.session.add(ticket)
        work.session.flush()
        return ticket

    def move(self, principal: Principal, ticket_id: str, move: TicketMove) -> Row:
        """Take a ticket one step on. Raises `not_found`, `not_allowed_now`, `unknown_unit`, `assigned`, `forbidden`."""
        if move.photo_id is not None and not self._photos.owned_by(principal, move.photo_id):
            raise Refused("not_found", field="photo_id", what=move.photo_id)
        with self._commands.transaction(principal) as work:
            ticket = work.session.get(Ticket, ticket_id, with_for_update=True)
            if ticket is None or not self._in_reach(principal, ticket):
                raise Refused("not_found", what=ticket_id)
            if move.action in OF_THE_HANDLER and principal.unit_id is not None:
                if principal.unit_id != ticket.handler_unit_id:
                    raise Refused("forbidden", permission="ticket")
            else:
                principal.require("ticket", ticket.area_code)
            note = move.note
            if move.action == "assign":
                self._check_allowed(ticket, move.action)
                unit = self._handler(work, ticket, move)
                note = f"{unit.name}：{move.note}" if move.note else unit.name  # of two that were named, the steps tell both
            self.move_in(work, ticket, move.action, note, move.photo_id, move.rating)
            return ticket_row(ticket)

    def move_in(
        self,
        work: Work,
        ticket: Ticket,
        action: str,
        note: str,
        photo_id: str | None = None,
        rating: int | None = None,
        actor: str | None = None,
    ) -> None:
        """The same in a transaction that holds the ticket; who may has been checked. Raises `not_allowed_now`."""
        self._check_allowed(ticket, action)
        after = MOVES[action][1] or ticket.state
        deltas: Deltas = []
        if after == "closed":
            ticket.closed_at, ticket.rating = work.now, rating
            deltas = [[ticket.area_code, {"tickets": -1, **({"overdue": -1} if ticket.overdue else {})}]]
        if action == "decline":
            ticket.handler_unit_id = ticket.handler = None
        ticket.state = after
        self.step(work, ticket, action, note, deltas, photo_id, actor)

    def _check_allowed(self, ticket: Ticket, action: str) -> None:
        if ticket.state not in MOVES[action][0]:
            raise Refused("not_allowed_now", field="action", action=action, state=ticket.state)

    def listen(self, listener: Listener) -> None:
        """Hear of each step."""
        self._listeners.append(listener)

    def _in_reach(self, principal: Principal, ticket: Ticket) -> bool:
        if principal.unit_id is not None:
            return principal.unit_id in (ticket.handler_unit_id, ticket.reporter_unit_id)
        return ticket.area_code.startswith(principal.area_code)

    def _handler(self, work: Work, ticket: Ticket, move: TicketMove) -> Unit:
        unit = work.session.get(Unit, move.unit) if move.unit else None
        if unit is None or unit.retired_at is not None or not unit.area_code.startswith(work.principal.area_code):
            raise Refused("unknown_unit", field="unit", unit=move.unit)
        if ticket.handler_unit_id not in (None, unit.id, move.was):
            raise Refused("assigned", field="was", by=ticket.handler)
        ticket.handler_unit_id, ticket.handler = unit.id, unit.name
        return unit

    def step(
        self, work: Work, ticket: Ticket, action: str, note: str, deltas: Deltas, photo_id: str | None = None, actor: str | None = None
    ) -> None:
        """Keep a step that was taken, record it, and tell who listens."""
        named = actor or work.principal.name or work.principal.kind
        work.session.add(TicketStep(ticket_id=ticket.id, at=work.now, actor=named, action=action, note=note, photo_id=photo_id))
        payload: dict[str, Any] = {"row": ticket_row(ticket), "place": self._areas.short_name(ticket.area_code), "note": note}
        work.record(f"ticket.{action}", ticket.area_code, ticket.id, payload, deltas)
        for listener in self._listeners:
            listener(work, ticket, action)

    def attach(self, principal: Principal, ticket_id: str, photo_id: str) -> Row:
        """Add a photo to a ticket that one has reported: the words came first. Raises `not_found`, `already_so`."""
        if not self._photos.owned_by(principal, photo_id):
            raise Refused("not_found", field="photo_id", what=photo_id)
        with self._commands.transaction(principal) as work:
            ticket = work.session.get(Ticket, ticket_id, with_for_update=True)
            if ticket is None or principal.unit_id is None or ticket.reporter_unit_id != principal.unit_id:
                raise Refused("not_found", what=ticket_id)
            if ticket.photo_id is not None:
                raise Refused("already_so", field="photo_id", state=ticket.photo_id)
            ticket.photo_id = photo_id
            self.step(work, ticket, "photo", "", [], photo_id)
            return ticket_row(ticket)

    def reported_by(self, principal: Principal, most: int) -> list[Row]:
        """What the asking unit has reported last, with what has become of it."""
        principal.require("report")
        if principal.unit_id is None:
            raise Refused("forbidden", permission="answer")
        with self._database.read() as session:
            return [ticket_row(ticket) for ticket in queries.of_reporter(session, principal.unit_id, most)]

    def caller(self, principal: Principal, ticket_id: str) -> str:
        """The whole number of who rang up; that somebody has looked is recorded. Raises `forbidden`, `not_found`."""
        principal.require("contact")
        with self._commands.transaction(principal) as work:
            ticket = work.session.get(Ticket, ticket_id)
            caller = "" if ticket is None else ticket.caller.of(ticket.id)
            if ticket is None or not caller or not ticket.area_code.startswith(principal.area_code):
                raise Refused("not_found", what=ticket_id)
            work.record("look.phone", ticket.area_code, ticket.id, {"ticket": ticket.id, "by": principal.name})
            return caller

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
                {"at": iso(step.at), "actor": step.actor, "action": step.action, "note": step.note, "photo_id": step.photo_id}
                for step in queries.steps(session, ticket_id)
            ]
        return {**ticket_row(ticket), "place": self._areas.full_name(ticket.area_code), "steps": steps}

    def search(self, principal: Principal, text: str, most: int = 12) -> list[Row]:
        """Open tickets in scope by their words or their address, the newest first; two signs at least."""
        principal.require("see")
        said = plain.words(text)
        if len(said) < 2:
            return []
        with self._database.read() as session:
            return [ticket_row(ticket) for ticket in queries.search(session, said, *scope_range(principal.area_code), most)]

    def listed(self, principal: Principal, area_code: str | None, states: list[str], most: int, after: str) -> list[Row]:
        """A page of tickets in scope, by id."""
        principal.require("see", area_code)
        low, high = scope_range(area_code or principal.area_code)
        with self._database.read() as session:
            return [ticket_row(t) for t in queries.listed(session, low, high, tuple(states), most, after)]

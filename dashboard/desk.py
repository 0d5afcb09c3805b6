"""The desk's queue 待接处置: what must not only be shown but taken by somebody, with their name on it.

Calls for help, red tickets, people who were escalated to the duty desk, messages of field units, channels that fail. More of the same
adds to the item that is there; who takes it, or what ends it, is a change like any other.
"""

from __future__ import annotations

from typing import Any, Literal

from dashboard.areas import Areas, scope_range
from dashboard.clock import new_id
from dashboard.command import Commands, Work
from dashboard.errors import Refused
from dashboard.identity import Principal
from dashboard.rows import Row, desk_row
from datasources.models import DeskItem
from datasources.queries import changes as change_queries
from datasources.queries import desk as queries

Kind = Literal["help", "ticket", "escalation", "message", "channel"]
MOST = 500
TAKEN_SHOWN = 30
LONGEST_TEXT = 300


class Desk:
    """Raises, takes and clears items."""

    def __init__(self, commands: Commands, areas: Areas) -> None:
        self._commands = commands
        self._database = commands.database
        self._areas = areas

    def put(
        self, work: Work, kind: Kind, subject: str, level: str, area_code: str, text: str, about: dict[str, Any], count: int = 1
    ) -> None:
        """In the transaction of what has happened: a new item, or more of one that is open."""
        work.claim(f"desk:{kind}:{subject}")
        item = queries.waiting_for(work.session, kind, subject)
        if item is None:
            item = DeskItem(
                id=new_id(),
                kind=kind,
                subject=subject,
                level=level,
                area_code=area_code,
                text=text[:LONGEST_TEXT],
                count=count,
                about=about,
                state="open",
                raised_at=work.now,
                last_at=work.now,
                taken_at=None,
                taken_by="",
            )
            work.session.add(item)
        else:
            item.count += count
            item.text, item.about, item.last_at = text[:LONGEST_TEXT], about, work.now
        work.session.flush()
        self._record(work, "desk.put", item)

    def clear(self, work: Work, kind: Kind, subject: str) -> None:
        """What it was about is over, or somebody is at it already."""
        item = queries.waiting_for(work.session, kind, subject)
        if item is not None:
            item.state = "cleared"
            self._record(work, "desk.clear", item)

    def take(self, principal: Principal, item_id: str) -> Row:
        """Put one's name on an item. Raises `not_found`, `taken` with the name of who was quicker."""
        with self._commands.transaction(principal) as work:
            item = work.session.get(DeskItem, item_id, with_for_update=True)
            if item is None or not item.area_code.startswith(principal.area_code):
                raise Refused("not_found", what=item_id)
            principal.require("ticket", item.area_code)
            if item.state == "taken" and item.taken_by != principal.name:
                raise Refused("taken", by=item.taken_by)
            if item.state == "cleared":
                raise Refused("not_allowed_now", action="take", state=item.state)
            if item.state == "open":
                self.take_in(work, item)
            return desk_row(item)

    def take_in(self, work: Work, item: DeskItem) -> None:
        """The same inside a transaction that holds the item."""
        item.state, item.taken_at, item.taken_by = "taken", work.now, work.principal.name
        self._record(work, "desk.take", item)

    def take_about(self, work: Work, kind: Kind, subject: str) -> None:
        """Who acts on a matter has taken it."""
        item = queries.waiting_for(work.session, kind, subject)
        if item is not None:
            self.take_in(work, item)

    def _record(self, work: Work, kind: str, item: DeskItem) -> None:
        payload = {"row": desk_row(item), "place": self._areas.short_name(item.area_code)}
        work.record(kind, item.area_code, item.id, payload)

    def listed(self, principal: Principal) -> dict[str, Any]:
        """What waits in the scope, what was taken last, and the change up to which that is true."""
        principal.require("see")
        low, high = scope_range(principal.area_code)
        with self._database.read() as session:
            seq = change_queries.last_seq(session)
            waiting = [self._shown(item) for item in queries.open_items(session, low, high, MOST)]
            taken = [self._shown(item) for item in queries.taken_items(session, low, high, TAKEN_SHOWN)]
        return {"seq": seq, "waiting": waiting, "taken": taken}

    def _shown(self, item: DeskItem) -> Row:
        return {**desk_row(item), "place": self._areas.short_name(item.area_code)}

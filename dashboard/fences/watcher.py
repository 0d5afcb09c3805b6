"""The watcher: follows the positions, keeps who is inside which fence, and does what each fence wants.

Everything that must outlive a restart is in the database: who is inside since when, and what was raised already. A position that
arrives while the watcher is away is seen when it returns: it compares with the latest positions, not with messages.
"""

from __future__ import annotations

import logging
from collections import defaultdict
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import numpy as np
import shapely
from sqlalchemy.orm import Session

from dashboard.areas import Areas
from dashboard.command import Commands, Work
from dashboard.dispatch.orders import NewOrder, Orders
from dashboard.dispatch.recipients import Criteria
from dashboard.errors import Refused
from dashboard.fences.membership import Keys, Membership, keys_of, places_and_numbers
from dashboard.identity import SYSTEM
from dashboard.offload import Offload
from dashboard.positions import Positions
from dashboard.rows import fence_row
from dashboard.tickets import TicketReport, Tickets
from datasources.hot import GONE, STALE_AFTER_MS
from datasources.models import Fence, Unit
from datasources.queries import fences as queries
from datasources.queries import units as unit_queries

log = logging.getLogger(__name__)

WATCHER = replace(SYSTEM, token_id="fences", name="电子围栏")
"""Who opens the tickets and writes the messages: people read the name."""
AGAIN_AFTER = timedelta(seconds=60)
"""Who walks along a fence crosses it often: the same is not raised again before this long."""
NAMED = 10
FORGET_ABOVE = 50_000
REDO_WITHIN = timedelta(hours=1)
"""How old an event may be whose ticket or message a crash kept from being made."""
WORDS = {"enter": "进入", "leave": "离开", "stay": "停留过久", "empty": "无人在岗"}


class Watcher:
    """A chore. `look` costs what has moved since the last."""

    def __init__(self, commands: Commands, areas: Areas, positions: Positions, orders: Orders, tickets: Tickets, offload: Offload) -> None:
        self._commands = commands
        self._database = commands.database
        self._areas = areas
        self._positions = positions
        self._orders = orders
        self._tickets = tickets
        self._offload = offload
        self._mark: tuple[int, str] | None = None
        self._fences: list[Fence] = []
        self._membership = Membership([], np.empty(0, np.int64))
        self._since: dict[int, tuple[datetime, bool]] = {}
        """Since when each pair of a fence that watches how long holds, and whether that was raised."""
        self._seen = np.empty(0, np.int64)
        self._shown = np.empty(0, np.bool_)
        self._raised: dict[tuple[str, str, int], datetime] = {}
        self._behind = True
        """Whether events may be stored whose ticket or message is not made: after a start and after a fault."""

    def look(self) -> int:
        """Take what has moved, raise what is due; returns how many pairs began or ended."""
        try:
            return self._look()
        except Exception:
            # Nothing of it was stored: the next look begins with what is, and raises again what nobody has heard of.
            self.begin()
            raise

    def begin(self) -> None:
        """Begin with what the database has: after a fault, and when another worker has watched until now."""
        self._mark = None
        self._raised.clear()
        self._behind = True

    def _look(self) -> int:
        self._refresh()
        if self._behind:
            self._behind = False
            self._redo()
        if not self._fences:
            return 0
        moved = self._moved()
        entered, left = (np.empty(0, np.int64), np.empty(0, np.int64)) if not moved.size else self._place(moved)
        now = self._commands.clock()
        staying = np.setdiff1d(self._overstayed(now), left)  # who has just gone stays no longer
        empty, peopled = self._emptied(now)
        if not (entered.size or left.size or staying.size or empty or peopled):
            return 0
        raised: list[tuple[Fence, str, list[int]]] = []
        with self._commands.transaction(SYSTEM) as work:
            queries.leave(work.session, self._pairs(left))
            queries.enter(work.session, self._pairs(entered), now)
            queries.tell(work.session, self._pairs(staying))
            for fence in peopled:
                fence.empty_since, fence.told = None, False
                queries.set_empty(work.session, fence.id, None, False)
            for fence in empty:
                queries.set_empty(work.session, fence.id, fence.empty_since, fence.told)
            groups = [("enter", entered), ("leave", left), ("stay", staying)]
            raised += [(fence, rule, numbers) for rule, keys in groups for fence, numbers in self._wanted(rule, keys, now)]
            raised += [(fence, "empty", []) for fence in empty if fence.told]
            names = self._names(work.session, {number for _, _, numbers in raised for number in numbers})
            # Nobody learns of units beyond their own area by putting a fence where those pass.
            raised = [
                (fence, rule, [n for n in numbers if n in names and names[n].area_code.startswith(fence.scope)])
                for fence, rule, numbers in raised
            ]
            raised = [(fence, rule, numbers) for fence, rule, numbers in raised if numbers or rule == "empty"]
            for fence, rule, numbers in raised:
                self._record(work, fence, rule, [names[number] for number in numbers if number in names], _key(fence, rule, now))
        for key in entered.tolist():
            self._since[key] = now, False
        for key in left.tolist():
            self._since.pop(key, None)
        for key in staying.tolist():
            self._since[key] = self._since[key][0], True
        for fence, rule, numbers in raised:
            self._act(fence, rule, [names[number] for number in numbers if number in names], _key(fence, rule, now))
        return int(entered.size + left.size)

    # --- what has moved -------------------------------------------------------------------------------

    def _refresh(self) -> None:
        """Read the fences again when some were made or removed."""
        with self._database.read() as session:
            mark = queries.mark(session)
            if mark == self._mark:
                return
            self._fences = queries.active(session)
            held = queries.presences(session)
        places = {fence.id: place for place, fence in enumerate(self._fences)}
        known = [(places[fence_id], number, since, told) for fence_id, number, since, told in held if fence_id in places]
        keys = keys_of(np.array([k[0] for k in known], np.int64), np.array([k[1] for k in known], np.int64))
        self._membership = Membership([fence.outline for fence in self._fences], keys)
        self._since = {int(key): (since, told) for key, (_, _, since, told) in zip(keys.tolist(), known, strict=True)}
        self._seen, self._shown = np.empty(0, np.int64), np.empty(0, np.bool_)  # everybody is looked at anew
        self._mark = mark

    def _moved(self) -> np.ndarray[Any, np.dtype[np.int64]]:
        hot = self._positions.hot
        at, shown = hot.at.copy(), hot.on_duty.copy()
        if self._seen.size != at.size:
            changed = at > 0
        else:
            changed = (at != self._seen) | ((shown != self._shown) & (at > 0))
        self._seen, self._shown = at, shown
        return np.flatnonzero(changed)

    def _place(self, moved: np.ndarray[Any, np.dtype[np.int64]]) -> tuple[Keys, Keys]:
        hot = self._positions.hot
        lons, lats = hot.lon[moved] / 1e6, hot.lat[moved] / 1e6
        lons[(hot.lon[moved] == GONE) | ~hot.on_duty[moved]] = np.nan  # who goes off duty is nowhere
        return self._offload(lambda: self._membership.move(moved, lons, lats))  # type: ignore[no-any-return]

    # --- what is due ----------------------------------------------------------------------------------

    def _overstayed(self, now: datetime) -> Keys:
        limits = {place: timedelta(minutes=fence.minutes) for place, fence in enumerate(self._fences) if fence.rule == "stay"}
        if not limits:
            return np.empty(0, np.int64)
        held = ((key, key >> 32, since) for key, (since, told) in self._since.items() if not told)
        return np.array([key for key, place, since in held if place in limits and since + limits[place] <= now], np.int64)

    def _holding(self, now: datetime) -> np.ndarray[Any, np.dtype[np.int64]]:
        """How many are inside each fence and have been heard of lately: a phone whose battery is dead holds no post."""
        at = self._positions.hot.at
        return self._membership.count(len(self._fences), at >= now.timestamp() * 1000 - STALE_AFTER_MS)

    def _emptied(self, now: datetime) -> tuple[list[Fence], list[Fence]]:
        """Fences whose emptiness began or has lasted too long now, and those that are no longer empty."""
        watched = [(place, fence) for place, fence in enumerate(self._fences) if fence.rule == "empty"]
        if not watched:
            return [], []
        counts = self._holding(now)
        changed, peopled = [], []
        for place, fence in watched:
            if counts[place]:
                if fence.empty_since is not None:
                    peopled.append(fence)
            elif fence.empty_since is None:
                fence.empty_since, fence.told = now, False
                changed.append(fence)
            elif not fence.told and fence.empty_since + timedelta(minutes=fence.minutes) <= now:
                fence.told = True
                changed.append(fence)
        return changed, peopled

    def _wanted(self, rule: str, keys: Keys, now: datetime) -> Iterable[tuple[Fence, list[int]]]:
        """By fence, the units for which its own rule has come true and was not raised a moment ago."""
        groups: dict[int, list[int]] = defaultdict(list)
        for place, number in zip(*(part.tolist() for part in places_and_numbers(keys)), strict=True):
            fence = self._fences[place]
            last = self._raised.get((fence.id, rule, number))
            if fence.rule == rule and (rule == "stay" or last is None or last + AGAIN_AFTER <= now):
                groups[place].append(number)
                self._raised[fence.id, rule, number] = now
        if len(self._raised) > FORGET_ABOVE:
            self._raised = {key: at for key, at in self._raised.items() if at + AGAIN_AFTER > now}
        return [(self._fences[place], numbers) for place, numbers in groups.items()]

    # --- what is done ---------------------------------------------------------------------------------

    def _record(self, work: Work, fence: Fence, rule: str, units: list[Unit], key: str) -> None:
        row = {name: value for name, value in fence_row(fence).items() if name != "text"}
        told = [[unit.id, unit.number, unit.name] for unit in units]
        payload = {"row": row, "units": told, "place": self._areas.short_name(fence.area_code), "key": key}
        work.record(f"fence.{rule}", fence.area_code, fence.id, payload)

    def _redo(self) -> None:
        """Make what a crash between an event and its ticket or message has kept from being made. Under the event's key: once in effect."""
        acting = {fence.id: fence for fence in self._fences if fence.effect != "event"}
        with self._database.read() as session:
            events = queries.unmade(session, list(acting), self._commands.clock() - REDO_WITHIN)
            names = self._names(session, {number for event in events for _, number, _ in event.payload["units"]})
        for event in events:
            units = [names[number] for _, number, _ in event.payload["units"] if number in names]
            self._act(acting[event.entity_id], event.kind.partition(".")[2], units, event.payload["key"])

    def _act(self, fence: Fence, rule: str, units: list[Unit], key: str) -> None:
        """Outside the transaction of the event: a ticket or an order that is refused must not undo who is inside."""
        actions: dict[str, Callable[[], Any]] = {
            "ticket": lambda: self._ticket(fence, rule, units, key),
            "message": lambda: self._message(fence, units, key),
        }
        if fence.effect in actions:
            try:
                actions[fence.effect]()
            except Refused as refused:
                with self._commands.transaction(SYSTEM) as work:
                    payload = {"row": fence_row(fence), "problem": refused.as_dict()["error"], "key": key}
                    work.record("fence.fail", fence.area_code, fence.id, payload)
            except Exception:
                # One fence that cannot act must not keep the others from it; it is tried again at the next look.
                self._behind = True
                log.exception("the fence %s could not act", fence.id)

    def _ticket(self, fence: Fence, rule: str, units: list[Unit], key: str) -> None:
        centre = shapely.point_on_surface(fence.outline)
        more = f" 等 {len(units)} 人" if len(units) > NAMED else ""
        who = "、".join(unit.name for unit in units[:NAMED]) + more
        text = f"电子围栏「{fence.name}」{WORDS[rule]}" + (f"：{who}" if who else "")
        report = TicketReport(key=key, kind="other", level=fence.level, text=text, lon=centre.x, lat=centre.y)  # type: ignore[arg-type]
        self._tickets.report(WATCHER, report)

    def _message(self, fence: Fence, units: list[Unit], key: str) -> None:
        to = Criteria(area=fence.area_code[:4], units=[unit.id for unit in units], off_duty_too=True)
        self._orders.send(WATCHER, NewOrder(key=key, title=fence.name, text=fence.text, priority="urgent", to=to))

    def _names(self, session: Session, numbers: set[int]) -> dict[int, Unit]:
        return {unit.number: unit for unit in unit_queries.by_numbers(session, sorted(numbers))} if numbers else {}

    def _pairs(self, keys: Keys) -> list[tuple[str, int]]:
        places, numbers = places_and_numbers(keys)
        return [(self._fences[place].id, number) for place, number in zip(places.tolist(), numbers.tolist(), strict=True)]


def _key(fence: Fence, rule: str, now: datetime) -> str:
    """One event of one fence: the ticket or the message is made under it."""
    return f"fence:{fence.id[-12:]}:{rule}:{int(now.timestamp() * 1000)}"

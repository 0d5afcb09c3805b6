"""The hub: reads the change log in order, keeps the rooms that somebody looks at, and tells the screens.

It knows sockets only as an `Outlet`. Its loops are threads; under gevent they are greenlets.
"""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

from dashboard.clock import Clock
from dashboard.codes import ancestors, related
from dashboard.live import frames
from dashboard.live.events import as_mapping
from dashboard.live.micro_grids import MicroGrids
from dashboard.live.rooms import AreaRoom, OrderRoom
from dashboard.rows import order_row
from datasources.bus import Bus
from datasources.database import Database, turn
from datasources.hot import HotPositions
from datasources.models import Order
from datasources.queries import changes, dispatch
from datasources.serialising import iso

log = logging.getLogger(__name__)

PATCH_INTERVAL_S = 0.1
"""Between two patches of a screen. What goes to people in the field does not wait for that."""
LEAST_PAUSE_S = 0.02
PAUSE_FOR_WORK = 5
"""Following the log takes at most a sixth of the processor, and no more than a look each fiftieth of a second."""
FRAME_INTERVAL_S = 1.0
POLL_S = 1.0
BATCH = 100
PATIENCE_S = 0.02
"""So long others wait while many changes are followed."""
CATCH_UP_MOST = 5000
ROOM_LIFE_S = 120.0


class Outlet(Protocol):
    """Where the hub's messages go."""

    def send(self, room: str, event: str, message: Any) -> None:
        """One message to everybody in a room, encoded once."""

    def send_frame(self, area_code: str, frame: bytes) -> None:
        """One position frame to the screens of an area; slow ones skip it."""

    def watched(self) -> set[str]:
        """Names of the rooms in which somebody is."""

    def frame_areas(self) -> list[str]:
        """Areas whose positions somebody looks at."""

    def colour_rooms(self) -> list[tuple[str, str]]:
        """(theme, area) of the colours that somebody looks at."""

    def has_unit(self, unit_id: str) -> bool:
        """Whether a device of this unit is connected."""

    def send_units(self, event: str, message: dict[str, Any], deliveries: Iterable[tuple[str, str]]) -> None:
        """One message to the devices of many units; `deliveries` are (id, unit id), and each gets its own `id`."""


class Hub:
    """Follows the change log and serves the rooms."""

    def __init__(self, database: Database, bus: Bus, hot: HotPositions, numbers: Callable[[str], int | None], clock: Clock) -> None:
        self._database = database
        self._hot = hot
        self._number_of = numbers
        self._clock = clock
        self._outlet: Outlet | None = None
        self._areas: dict[str, AreaRoom] = {}
        self._orders: dict[tuple[str, str], OrderRoom] = {}
        self._idle_since: dict[str, float] = {}
        self._order_rows: dict[str, dict[str, Any]] = {}
        self._micro_grids: MicroGrids | None = None
        self._told: list[tuple[dict[str, Any], list[tuple[str, str]]]] = []
        self._followed = time.monotonic()
        self.encoding_seconds = 0.0
        """Processor time spent on encoding frames."""
        self._lock = threading.RLock()
        self._wake = threading.Event()
        self._stopped = threading.Event()
        self._threads: list[threading.Thread] = []
        self._refreshers: list[Callable[[str], None]] = []
        with database.read() as session:
            self.seq = changes.last_seq(session)
            self._order_rows |= {order.id: order_row(order) for order in dispatch.running(session)}
        bus.listen(self._wake.set)

    def start(self, outlet: Outlet) -> None:
        """Begin to follow the log and to send."""
        self._outlet = outlet
        for loop in (self._follow, self._frame_clock):
            thread = threading.Thread(target=loop, name=f"hub{loop.__name__}", daemon=True)
            thread.start()
            self._threads.append(thread)

    def stop(self) -> None:
        """End the loops."""
        self._stopped.set()
        self._wake.set()
        for thread in self._threads:
            thread.join(timeout=3)

    # --- what screens ask -------------------------------------------------------------------------

    def open_area(self, area_code: str, since: int | None) -> tuple[str, dict[str, Any]]:
        """`("snapshot", …)` of an area or, for a screen that saw everything up to `since`, `("patch", …)`.

        Join the screen to the room before calling: what is pushed in between is older than the answer.
        """
        with self._lock:
            room = self._areas.get(area_code)
            if room is None:
                with self._database.read() as session:
                    room = AreaRoom(session, area_code)
                self._areas[area_code] = room
            if since is not None and 0 <= room.picture.seq - since <= CATCH_UP_MOST and since <= room.picture.seq:
                with self._database.read() as session:
                    missed = [as_mapping(c) for c in changes.after(session, since, CATCH_UP_MOST + 1)]
                return "patch", room.catch_up(missed, since)
            return "snapshot", room.snapshot()

    def open_order(self, order_id: str, area_code: str) -> tuple[str, dict[str, Any]]:
        """The room's name and the present list of an order's deliveries as an area sees them."""
        with self._lock:
            room = self._orders.get((order_id, area_code))
            if room is None:
                with self._database.read() as session:
                    room = OrderRoom(session, order_id, area_code)
                self._orders[order_id, area_code] = room
            return room.name, room.snapshot()

    def full_frame(self, area_code: str) -> bytes:
        """All positions of an area, for a screen that opens it or that skipped a frame."""
        return frames.full_frame(self._hot, area_code, self._now_ms())

    def open_colours(self, theme: str, area_code: str) -> tuple[str, bytes]:
        """The numbering of the micro-grids, and a full frame of an area's values. Join the screen to the room before."""
        with self._lock:
            if self._micro_grids is None:
                with self._database.read() as session:
                    self._micro_grids = MicroGrids(session)
            return self._micro_grids.numbering, self._micro_grids.full_frame(theme, area_code)

    def age(self) -> float:
        """Seconds since the log was followed to its end."""
        return time.monotonic() - self._followed

    def alive(self) -> bool:
        """Whether the loops go on."""
        return bool(self._threads) and all(thread.is_alive() for thread in self._threads)

    def beat(self) -> dict[str, Any]:
        """How far the picture is true, and the server's time."""
        return {"seq": self.seq, "at": iso(self._clock())}

    # --- following the log --------------------------------------------------------------------------

    def _follow(self) -> None:
        last_beat = pushed = 0.0
        waiting = False
        while not self._stopped.is_set():
            self._wake.wait(max(0.0, pushed + PATCH_INTERVAL_S - time.monotonic()) if waiting else POLL_S)
            self._wake.clear()
            began = time.monotonic()
            try:
                waiting = self._take_new() > 0 or waiting
                if time.monotonic() >= pushed + PATCH_INTERVAL_S:
                    pushed, waiting = time.monotonic(), False
                    self._push()
                self._followed = time.monotonic()
            except Exception:
                # Whatever went wrong, the next round reads from the same place: nothing is skipped.
                log.exception("the hub could not follow the change log, trying again")
                self._stopped.wait(1.0)
                continue
            if time.monotonic() - last_beat >= POLL_S * 0.9:
                last_beat = time.monotonic()
                self._send("screens", "beat", self.beat())
            self._stopped.wait(min(PATCH_INTERVAL_S, max(LEAST_PAUSE_S, PAUSE_FOR_WORK * (time.monotonic() - began))))

    def pump(self) -> int:
        """Take all changes that are new and push what they altered; returns how many there were."""
        count = self._take_new()
        self._push()
        return count

    def _take_new(self) -> int:
        count, since = 0, time.monotonic()
        while True:
            with self._lock:
                with self._database.read() as session:
                    batch = [as_mapping(change) for change in changes.after(session, self.seq, BATCH)]
                for change in batch:
                    self._take(change)
                    self.seq = change["seq"]
                told, self._told = self._told, []
            # Outside the lock: an order to thousands must not keep anybody from opening an area.
            for message, deliveries in told:
                if self._outlet is not None:
                    self._outlet.send_units("delivery", message, deliveries)
            count += len(batch)
            if len(batch) < BATCH:
                break
            if told:
                since = time.monotonic()  # sending to units gives turns of its own
            elif time.monotonic() - since > PATIENCE_S:
                turn()
                since = time.monotonic()
        return count

    def _take(self, change: Mapping[str, Any]) -> None:
        for area_code, room in list(self._areas.items()):
            try:
                if related(area_code, change["area_code"]) or change["kind"].startswith("order."):
                    room.apply(change)
                else:
                    room.pass_by(change["seq"])
            except Exception:
                # One room that cannot be kept true must not stop the others: it is built anew from the tables.
                log.exception("the picture of %s could not take change %d", area_code, change["seq"])
                del self._areas[area_code]
                self._send(room.name, "reopen", {})
        if self._micro_grids is not None:
            self._micro_grids.apply(change)
        for (order_id, _), order_room in self._orders.items():
            if order_id == change["entity_id"]:
                order_room.apply(change)
        topic, _, verb = change["kind"].partition(".")
        if verb == "import":
            self._imported(topic)
        if change["kind"] in ("unit.duty", "unit.retire"):
            number = self._number_of(change["entity_id"])
            if number is not None:
                self._hot.set_duty(number, change["payload"]["row"]["duty"] == "on_duty")
        if topic in ("order", "delivery"):
            self._tell_units(change)
        if topic == "message":
            self._tell_message(change)
        if topic == "desk":
            self._tell_desks(change)

    def _tell_message(self, change: Mapping[str, Any]) -> None:
        """To the unit's devices, and to the screens that have the order open and the unit in sight."""
        message = change["payload"]["row"]
        self._send(f"unit:{change['payload']['unit_id']}", "message", message)
        for (order_id, area_code), room in self._orders.items():
            if order_id == change["entity_id"] and change["area_code"].startswith(area_code):
                self._send(room.name, "message", message)

    def _tell_desks(self, change: Mapping[str, Any]) -> None:
        """To every desk whose scope holds it, whatever place it has open; and to who called for help, that somebody is at it."""
        row = change["payload"]["row"]
        message = {"seq": change["seq"], "item": {**row, "place": change["payload"]["place"]}}
        for scope in ("", *ancestors(row["area_code"]), row["area_code"]):
            self._send(f"desk:{scope}", "desk", message)
        if row["kind"] == "help" and row["state"] == "taken":
            self._send(f"unit:{row['about']['unit']}", "taken", {"delivery": row["about"]["delivery"], "by": row["taken_by"]})

    def on_import(self, refresh: Callable[[str], None]) -> None:
        """Call `refresh(topic)` when areas, units or video points were imported, here or by another process."""
        self._refreshers.append(refresh)

    def _imported(self, topic: str) -> None:
        for refresh in self._refreshers:
            refresh(topic)
        self._areas.clear()
        self._orders.clear()
        self._micro_grids = None
        self._send("screens", "reopen", {})

    def _tell_units(self, change: Mapping[str, Any]) -> None:
        kind, payload = change["kind"], change["payload"]
        if kind.startswith("order."):
            row = payload["row"]
            if row["state"] == "running":
                self._order_rows[row["id"]] = row
            else:
                self._order_rows.pop(row["id"], None)
                # the deliveries that ended with it have been told one by one
            return
        outlet = self._outlet
        if outlet is None:
            return
        told = [(delivery_id, unit_id) for delivery_id, unit_id, *_ in payload["deliveries"] if outlet.has_unit(unit_id)]
        if not told:
            return
        message: dict[str, Any] = {"order_id": payload["order_id"], "seq": change["seq"]}
        if kind == "delivery.move":
            message |= {"state": payload["to"], "at": payload["at"]}
        if kind == "delivery.resend" or payload.get("to") == "queued":
            message["order"] = payload.get("row") or self._order_row(payload["order_id"])
        self._told.append((message, told))

    def _order_row(self, order_id: str) -> dict[str, Any] | None:
        """A running order: kept since it was sent, or read (one that gives out a ticket, after a start)."""
        if order_id not in self._order_rows:
            with self._database.read() as session:
                order = session.get(Order, order_id)
                if order is None or order.state != "running":
                    return None
                self._order_rows[order_id] = order_row(order)
        return self._order_rows[order_id]

    def _push(self) -> None:
        watched = self._outlet.watched() if self._outlet is not None else set()
        with self._lock:
            for area_room in list(self._areas.values()):
                patch = area_room.take_patch(self.seq)
                if patch is not None and area_room.name in watched:
                    self._send(area_room.name, "patch", patch)
            for order_room in list(self._orders.values()):
                if order_room.dirty and order_room.name in watched:
                    self._send(order_room.name, "deliveries", order_room.snapshot())
                order_room.dirty = False
            self._forget_unwatched(watched)

    def _forget_unwatched(self, watched: set[str]) -> None:
        present = time.monotonic()
        for name in [*(room.name for room in self._areas.values()), *(room.name for room in self._orders.values())]:
            if name in watched:
                self._idle_since.pop(name, None)
            else:
                self._idle_since.setdefault(name, present)
        stale = {name for name, since in self._idle_since.items() if present - since > ROOM_LIFE_S}
        if stale:
            self._areas = {code: room for code, room in self._areas.items() if room.name not in stale}
            self._orders = {key: room for key, room in self._orders.items() if room.name not in stale}
            self._idle_since = {name: since for name, since in self._idle_since.items() if name not in stale}

    # --- positions ------------------------------------------------------------------------------------

    def _frame_clock(self) -> None:
        while not self._stopped.wait(FRAME_INTERVAL_S):
            outlet = self._outlet
            if outlet is not None:
                try:
                    self._send_frames(outlet)
                except Exception:
                    log.exception("the frames of this second could not be sent")

    def _send_frames(self, outlet: Outlet) -> None:
        began = time.thread_time()
        moved = frames.moved_frames(self._hot, outlet.frame_areas(), self._now_ms())
        self.encoding_seconds += time.thread_time() - began
        for area_code, frame in moved.items():
            outlet.send_frame(area_code, frame)
        rooms = outlet.colour_rooms()
        with self._lock:
            known = self._micro_grids
            changed = known.changed_frames(rooms) if known is not None else {}
        for (theme, area_code), frame in changed.items():
            self._send(f"colours:{theme}:{area_code}", "colours", (area_code, known.numbering if known else "", frame))

    def _now_ms(self) -> int:
        return int(self._clock().timestamp() * 1000)

    def _send(self, room: str, event: str, message: Any) -> None:
        if self._outlet is not None:
            self._outlet.send(room, event, message)

"""How moves of deliveries are written into the change log: many in one row, by community.

An order to 44,000 people is some 3,000 changes, not 44,000. One form serves for a single answer too.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple

from dashboard.codes import LEVELS
from dashboard.command import Deltas, Work
from dashboard.desk import Desk
from dashboard.dispatch.states import unanswered_difference
from datasources.database import turn
from datasources.models import Delivery, Order
from datasources.serialising import iso

LEVEL = {"critical": "red", "urgent": "orange", "normal": "yellow"}
"""How grave it is when nobody answers, by the priority of the order."""
AT_ONCE = 100
"""Communities recorded before others get their turn."""


class Move(NamedTuple):
    """One delivery going to a state; `was` is None when it is new."""

    delivery_id: str
    unit_id: str
    unit: str
    area_code: str
    was: str | None


def record_moves(work: Work, order_id: str, to: str, moves: Iterable[Move], at: datetime, extra: Mapping[str, Any] | None = None) -> None:
    """Record that these deliveries of one order go to `to`, tapped at `at`."""
    groups: dict[str, list[Move]] = defaultdict(list)
    for move in moves:
        groups[move.area_code[: LEVELS["community"]]].append(move)
    for i, (area_code, group) in enumerate(groups.items(), start=1):
        if i % AT_ONCE == 0:
            turn()
        differences: dict[str, int] = defaultdict(int)
        for move in group:
            differences[move.area_code] += unanswered_difference(move.was, to)
        deltas: Deltas = [[code, {"unanswered": n}] for code, n in differences.items() if n]
        payload = {"order_id": order_id, "to": to, "at": iso(at), "deliveries": [list(move) for move in group], **(extra or {})}
        work.record("delivery.move", area_code, order_id, payload, deltas)


def escalate(work: Work, desk: Desk, area_code: str, order: Order, deliveries: Sequence[Delivery], place: str) -> None:
    """Report these silent recipients of one order to the duty desk: marked, recorded at `area_code`, and in the desk's queue until
    somebody takes it."""
    for delivery in deliveries:
        delivery.escalated = True
    lines = [[d.id, d.unit_id, d.unit_name, d.area_code, d.state] for d in deliveries]
    payload = {"order_id": order.id, "deliveries": lines, "title": order.title, "place": place}
    work.record("delivery.escalate", area_code, order.id, payload)
    level = LEVEL[order.priority]
    about = {"order": order.id, "ticket": order.ticket_id, "unit": deliveries[0].unit_name}
    desk.put(work, "escalation", order.id, level, order.area_code, order.title, about, count=len(deliveries))

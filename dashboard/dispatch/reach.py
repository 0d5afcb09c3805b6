"""The reach board 叫应看板: how far an order has come, area by area, how long it took, and who is still silent."""

from __future__ import annotations

import math
import time
from collections import OrderedDict
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dashboard.areas import Areas, scope_range
from dashboard.codes import LEVELS, child_towards
from dashboard.command import Commands
from dashboard.dispatch.orders import Orders
from dashboard.identity import Principal
from dashboard.rows import Row, order_row
from datasources.models import Order
from datasources.queries import dispatch as queries

STEPS = ("received", "acknowledged", "arrived", "done")
_AT_LEAST = {
    "received": ("delivered", "acknowledged", "en_route", "arrived", "done", "declined"),
    "acknowledged": ("acknowledged", "en_route", "arrived", "done"),
    "arrived": ("arrived", "done"),
    "done": ("done",),
}
TIMED = ("delivered", "acknowledged", "done")
SHARES = (50, 90, 99, 100)
LISTED = 200
"""How many of the silent are listed: those of the areas with the most come first on a desk's list."""
KEPT_S = 1.5
KEPT = 40


class Reach:
    """Counts reach. What was counted is kept for a moment: every desk looks at the same order."""

    def __init__(self, commands: Commands, areas: Areas, orders: Orders) -> None:
        self._database = commands.database
        self._areas = areas
        self._orders = orders
        self._kept: OrderedDict[tuple[str, str], tuple[float, Row]] = OrderedDict()

    def board(self, principal: Principal, order_id: str, area_code: str) -> Row:
        """An order's reach inside an area (empty: the scope). Seconds are since the order was sent; a share that is not reached is None.

        Raises `not_found`, `outside_scope`.
        """
        self._orders.get(principal, order_id)
        code = area_code or self._areas.start_of(principal)
        principal.require("see", code)
        kept = self._kept.get((order_id, code))
        if kept is None or time.monotonic() - kept[0] > KEPT_S:
            kept = (time.monotonic(), self._count(order_id, code))
            self._kept[order_id, code] = kept
            self._kept.move_to_end((order_id, code))
            while len(self._kept) > KEPT:
                self._kept.popitem(last=False)
        return kept[1]

    def _count(self, order_id: str, code: str) -> Row:
        low, high = scope_range(code)
        deeper = next((n for n in LEVELS.values() if n > len(code)), len(code))
        with self._database.read() as session:
            order = session.get_one(Order, order_id)
            counts = queries.counts_by_area(session, order_id, low, high, deeper)
            moments = queries.step_moments(session, order_id, low, high)
            silent = queries.silent(session, order_id, low, high, LISTED)
        areas = [self._line(child or code, states) for child, states in self._by_child(code, counts).items()]
        areas.sort(key=lambda line: (-line["silent"], line["code"]))
        whole: dict[str, int] = {}
        for _, state, n in counts:
            whole[state] = whole.get(state, 0) + n
        total = self._line(code, whole)
        return {
            "order": order_row(order),
            "total": total,
            "areas": areas,
            "times": {step: _shares(moments.get(step, ()), order.sent_at, total["total"]) for step in TIMED},
            "silent": [
                {"delivery": d.id, "unit_id": u.id, "number": u.number, "unit": d.unit_name, "area_code": d.area_code, "state": d.state,
                 "place": self._areas.short_name(d.area_code), "escalated": d.escalated, "channel": channel or ""}
                for d, u, channel in silent
            ],
        }  # fmt: skip

    def _by_child(self, code: str, counts: Sequence[tuple[str, str, int]]) -> dict[str, dict[str, int]]:
        children: dict[str, dict[str, int]] = {}
        for area_code, state, n in counts:
            child = child_towards(code, area_code) or code
            children.setdefault(child, {})[state] = children.get(child, {}).get(state, 0) + n
        return children

    def _line(self, code: str, states: dict[str, int]) -> dict[str, Any]:
        line: dict[str, Any] = {"code": code, "name": self._areas.names([code])[code], "total": sum(states.values())}
        for step in STEPS:
            line[step] = sum(states.get(state, 0) for state in _AT_LEAST[step])
        line["silent"] = sum(states.get(state, 0) for state in queries.UNANSWERED)
        return line


def _shares(moments: Sequence[datetime], sent_at: datetime, total: int) -> dict[str, float | None]:
    """Seconds until each share of the recipients was there; `moments` in their order."""
    found: dict[str, float | None] = {}
    for share in SHARES:
        needed = math.ceil(total * share / 100)
        reached = 0 < needed <= len(moments)
        found[str(share)] = round((moments[needed - 1] - sent_at).total_seconds(), 1) if reached else None
    return found

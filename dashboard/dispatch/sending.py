"""How deliveries come to be: many at once, each with the moment of its first call."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import timedelta
from typing import Any

from dashboard.clock import new_id
from dashboard.command import Work
from dashboard.dispatch.moves import Move, record_moves
from dashboard.dispatch.policies import Steps
from datasources.bulk import insert_rows
from datasources.database import turn
from datasources.models import Delivery, Order
from datasources.queries.units import Chosen
from datasources.serialising import iso

CHUNK = 200


def deliver(
    work: Work, order: Order, chosen: Sequence[Chosen], steps_of: Callable[[str], Steps], notes: Mapping[str, str] | None = None
) -> None:
    """Queue an order for these units. `notes`: by unit, why somebody has it who was not chosen by the desk."""
    moves, queued = [], {"queued": iso(work.now)}
    for start in range(0, len(chosen), CHUNK):
        rows: list[dict[str, Any]] = []
        for one in chosen[start : start + CHUNK]:
            delivery_id, steps = new_id(), steps_of(one.area_code)
            rows.append(
                {
                    "id": delivery_id,
                    "order_id": order.id,
                    "unit_id": one.id,
                    "unit_name": one.name,
                    "area_code": one.area_code,
                    "state": "queued",
                    "escalated": False,
                    "sends": 1,
                    "times": queued,
                    "note": (notes or {}).get(one.id, ""),
                    "calls": 0,
                    "said": 0,
                    "call_at": work.now + timedelta(seconds=steps[0].after_s) if steps else None,
                }
            )
            moves.append(Move(delivery_id, one.id, one.name, one.area_code, None))
        insert_rows(work.session, Delivery, rows)
        turn()
    record_moves(work, order.id, "queued", moves, work.now)

"""How an order ends: what is not finished expires, and the log says why."""

from __future__ import annotations

from sqlalchemy import func, select

from dashboard.areas import Areas
from dashboard.command import Work
from dashboard.dispatch.moves import Move, record_moves
from dashboard.rows import order_row
from datasources.models import Delivery, Order
from datasources.queries import dispatch as queries
from datasources.serialising import iso

UPDATE = {"key_share": True}
"""How an order is held for a change: whoever stores something that names it (a delivery, a call, a message) need not wait, or two would
wait for each other."""


def end(work: Work, areas: Areas, order: Order, state: str) -> None:
    """End a running order as `closed` or `called_off`. The caller holds its row."""
    _expire_rest(work, order)
    order.state, order.ended_at, order.ended_by = state, work.now, work.principal.name
    payload = {"row": order_row(order), "place": areas.short_name(order.area_code)}
    work.record("order.close" if state == "closed" else "order.call_off", order.area_code, order.id, payload)


def end_when_enough(work: Work, areas: Areas, order_id: str) -> None:
    """Close an order of a team when as many have done it as its rule wants. Called after each `done`, in its transaction.

    The caller holds the order (`queries.hold_for_answers`): of two who finish at once, the second must see the first.
    """
    order = work.session.get(Order, order_id)
    if order is None or order.done_when == "each" or order.state != "running":
        return
    work.session.flush()
    states = select(Delivery.state, func.count()).where(Delivery.order_id == order_id).group_by(Delivery.state)
    counts = {str(state): int(n) for state, n in work.session.execute(states)}
    possible = sum(counts.values()) - sum(counts.get(state, 0) for state in ("declined", "help", "expired"))
    wanted = possible if order.done_when == "all" else min(order.needed or 1, max(1, possible))
    if 0 < wanted <= counts.get("done", 0):
        end(work, areas, order, "closed")


def hold_order(work: Work, delivery_id: str) -> None:
    """Hold the order of a delivery before the delivery itself."""
    order_id = work.session.scalar(select(Delivery.order_id).where(Delivery.id == delivery_id))
    if order_id is not None:
        work.session.get(Order, order_id, with_for_update=UPDATE)


def _expire_rest(work: Work, order: Order) -> None:
    work.session.flush()
    moves = [Move(*row) for row in queries.expire_rest(work.session, order.id, iso(work.now))]
    if moves:
        record_moves(work, order.id, "expired", moves, work.now)

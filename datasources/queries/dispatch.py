"""Orders and deliveries."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, and_, cast, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import JSONB
from sqlalchemy.orm import Session

from datasources.database import turn
from datasources.models import Call, Delivery, DeliveryStep, Order, Ticket, Unit

UNANSWERED = ("queued", "delivered")
AT_ONCE = 500
"""Ids in one IN list."""
MANY = 1000
"""Rows read before others get their turn."""
UNDERWAY = ("queued", "delivered", "acknowledged", "en_route", "arrived")
"""What an order's end lets expire. A call for help is no longer about the order: it stays."""
HELD = (*UNDERWAY, "help")
"""What a unit's device shows."""


def order_by_key(session: Session, key: str) -> Order | None:
    """The order that was sent under this idempotency key."""
    return session.scalar(select(Order).where(Order.key == key))


def hold_for_answers(session: Session, ids: Sequence[str]) -> tuple[dict[str, Delivery], list[Order]]:
    """Deliveries by id, locked, and their orders: as long as the caller holds these, the session need not ask for each again.

    A ticket is locked before its order, the order of a team before its deliveries: whoever ends one does so in this order, and two must
    not wait for each other.
    """
    hold_tickets(session, ids)
    of_these = select(Delivery.order_id).where(Delivery.id.in_(ids))
    teams = select(Order).where(Order.id.in_(of_these), Order.done_when != "each").order_by(Order.id)
    held = session.scalars(teams.with_for_update(key_share=True)).all()
    found = session.scalars(select(Delivery).where(Delivery.id.in_(ids)).order_by(Delivery.id).with_for_update()).all()
    orders = session.scalars(select(Order).where(Order.id.in_({delivery.order_id for delivery in found}))).all()
    return {delivery.id: delivery for delivery in found}, [*held, *orders]


def hold_tickets(session: Session, ids: Sequence[str]) -> None:
    """Lock the tickets that these deliveries give to their handlers."""
    given = select(Order.ticket_id).join(Delivery, Delivery.order_id == Order.id).where(Delivery.id.in_(ids), Order.ticket_id.is_not(None))
    session.scalars(select(Ticket).where(Ticket.id.in_(given)).order_by(Ticket.id).with_for_update()).all()


def order_of_ticket(session: Session, ticket_id: str) -> Order | None:
    """The running order that gives a ticket to its handler, locked."""
    where = (Order.ticket_id == ticket_id, Order.state == "running")
    return session.scalar(select(Order).where(*where).with_for_update(key_share=True))


def steps_by_key(session: Session, keys: Sequence[str]) -> dict[str, tuple[str, str]]:
    """(delivery id, state) of the answers that were stored under these idempotency keys."""
    query = select(DeliveryStep.key, DeliveryStep.delivery_id, DeliveryStep.state).where(DeliveryStep.key.in_(keys))
    return {key: (delivery_id, state) for key, delivery_id, state in session.execute(query)}


def step_by_key(session: Session, key: str) -> DeliveryStep | None:
    """The answer that was stored under this idempotency key."""
    return session.get(DeliveryStep, key)


def delivery_of(session: Session, order_id: str, unit_id: str) -> Delivery | None:
    """The order as this unit has it; None when it has not."""
    return session.scalar(select(Delivery).where(Delivery.order_id == order_id, Delivery.unit_id == unit_id))


def steps(session: Session, delivery_id: str) -> list[DeliveryStep]:
    """Answers of one delivery in the order in which they arrived."""
    query = select(DeliveryStep).where(DeliveryStep.delivery_id == delivery_id)
    return list(session.scalars(query.order_by(DeliveryStep.arrived_at, DeliveryStep.key)))


def running(session: Session) -> list[Order]:
    """Orders that are neither closed nor called off, without those that give a ticket to its handler: a city has thousands of these."""
    return list(session.scalars(select(Order).where(Order.state == "running", Order.ticket_id.is_(None)).order_by(Order.id)))


def listed(session: Session, low: str, high: str, most: int, after: str) -> list[Order]:
    """A page of orders sent for areas in [low, high), newest first, older than `after`."""
    query = select(Order).where(Order.area_code >= low, Order.area_code < high, Order.ticket_id.is_(None))
    if after:
        query = query.where(Order.id < after)
    return list(session.scalars(query.order_by(Order.id.desc()).limit(most)))


def counts(session: Session, order_ids: Sequence[str], low: str, high: str) -> dict[str, dict[str, int]]:
    """Deliveries of each order by state, for units in [low, high); orders without any are left out."""
    query = (
        select(Delivery.order_id, Delivery.state, func.count())
        .where(Delivery.order_id.in_(order_ids), Delivery.area_code >= low, Delivery.area_code < high)
        .group_by(Delivery.order_id, Delivery.state)
    )
    found: dict[str, dict[str, int]] = {}
    for order_id, state, count in session.execute(query):
        found.setdefault(order_id, {})[state] = count
    return found


def counts_by_area(session: Session, order_id: str, low: str, high: str, length: int) -> list[tuple[str, str, int]]:
    """(area code cut to `length`, state, deliveries) of one order for units in [low, high)."""
    code = func.substr(Delivery.area_code, 1, length)
    query = select(code, Delivery.state, func.count()).where(
        Delivery.order_id == order_id, Delivery.area_code >= low, Delivery.area_code < high
    )
    return [(str(area), state, n) for area, state, n in session.execute(query.group_by(code, Delivery.state))]


def step_moments(session: Session, order_id: str, low: str, high: str) -> dict[str, list[datetime]]:
    """When the steps of one order arrived, by state, in their order."""
    query = (
        select(DeliveryStep.state, DeliveryStep.arrived_at)
        .join(Delivery, Delivery.id == DeliveryStep.delivery_id)
        .where(Delivery.order_id == order_id, Delivery.area_code >= low, Delivery.area_code < high)
        .order_by(DeliveryStep.arrived_at)
    )
    found: dict[str, list[datetime]] = {}
    for rows in session.execute(query.execution_options(yield_per=MANY)).partitions():
        for state, at in rows:
            found.setdefault(state, []).append(at)
        turn()
    return found


def silent(session: Session, order_id: str, low: str, high: str, most: int) -> list[tuple[Delivery, Unit, str | None]]:
    """Who has not answered, with the channel of the last call: those that are escalated first, then by area."""
    last = select(Call.channel).where(Call.delivery_id == Delivery.id).order_by(Call.step.desc()).limit(1).scalar_subquery()
    query = (
        select(Delivery, Unit, last)
        .join(Unit, Unit.id == Delivery.unit_id)
        .where(Delivery.order_id == order_id, Delivery.state.in_(UNANSWERED), Delivery.area_code >= low, Delivery.area_code < high)
        .order_by(Delivery.escalated.desc(), Delivery.area_code, Delivery.id)
        .limit(most)
    )
    return [(delivery, unit, channel) for delivery, unit, channel in session.execute(query)]


def deliveries(
    session: Session,
    order_ids: Sequence[str],
    low: str,
    high: str,
    above: Sequence[str] = (),
    states: Sequence[str] = (),
    lock: bool = False,
) -> list[Delivery]:
    """Deliveries of these orders to units in [low, high) or at one of `above`, by id; `lock` keeps others from answering meanwhile."""
    place = and_(Delivery.area_code >= low, Delivery.area_code < high)
    where = [Delivery.order_id.in_(order_ids), or_(place, Delivery.area_code.in_(above)) if above else place]
    if states:
        where.append(Delivery.state.in_(states))
    query = select(Delivery).where(*where).order_by(Delivery.id)
    return list(session.scalars(query.with_for_update() if lock else query))


def holders(session: Session, order_id: str) -> set[str]:
    """Ids of the units that have an order."""
    return set(session.scalars(select(Delivery.unit_id).where(Delivery.order_id == order_id)))


def deliveries_by_id(session: Session, ids: Sequence[str]) -> dict[str, Delivery]:
    """Deliveries by id, locked, not attached to the session: `set_delivered` writes what is changed in them."""
    found: dict[str, Delivery] = {}
    for start in range(0, len(ids), AT_ONCE):
        query = select(Delivery).where(Delivery.id.in_(ids[start : start + AT_ONCE])).order_by(Delivery.id).with_for_update()
        found |= {delivery.id: delivery for delivery in session.scalars(query)}
    for delivery in found.values():
        session.expunge(delivery)
    return found


def set_delivered(session: Session, ids: Sequence[str], at: str) -> None:
    """Store that these deliveries have reached their devices."""
    for start in range(0, len(ids), AT_ONCE):
        statement = update(Delivery).where(Delivery.id.in_(ids[start : start + AT_ONCE]))
        session.execute(
            statement.values(state="delivered", times=_stamped(session, "delivered", at)),
            execution_options={"synchronize_session": False},
        )


def _stamped(session: Session, state: str, at: str) -> ColumnElement[Any]:
    """The times of a delivery with one more, made by the database: many rows in one statement."""
    stamp = {state: at}
    if session.get_bind().dialect.name == "sqlite":
        return func.json_patch(Delivery.times, json.dumps(stamp))
    return Delivery.times.op("||")(cast(stamp, JSONB))


def expire_rest(session: Session, order_id: str, at: str) -> list[tuple[str, str, str, str, str]]:
    """Let what is under way of an order expire, all in one statement: (id, unit, its name, area code, the state that it was in) by id.

    Locked first, in one order, so that nobody answers meanwhile. The caller holds the order's row, and so does whoever adds a delivery:
    none may come in between. What the session has loaded of them is not refreshed.
    """
    where = and_(Delivery.order_id == order_id, Delivery.state.in_(UNDERWAY))
    columns = (Delivery.id, Delivery.unit_id, Delivery.unit_name, Delivery.area_code, Delivery.state)
    rest = session.execute(select(*columns).where(where).order_by(Delivery.id).with_for_update()).all()
    if rest:
        statement = update(Delivery).where(where).values(state="expired", call_at=None, times=_stamped(session, "expired", at))
        expired: Any = session.execute(statement, execution_options={"synchronize_session": False})
        if expired.rowcount != len(rest):
            raise RuntimeError(f"{expired.rowcount} deliveries of the order {order_id} would expire, {len(rest)} were locked")
    return [(id_, unit, name, area_code, state) for id_, unit, name, area_code, state in rest]


def add_steps(session: Session, rows: Sequence[dict[str, object]]) -> None:
    """Store answers, all at once."""
    if rows:
        session.execute(insert(DeliveryStep), rows)


def unanswered_by_area(session: Session, low: str, high: str) -> list[tuple[str, int]]:
    """(area code, deliveries that wait for an answer) for codes in [low, high)."""
    where = and_(Delivery.state.in_(UNANSWERED), Delivery.area_code >= low, Delivery.area_code < high)
    return [(code, n) for code, n in session.execute(select(Delivery.area_code, func.count()).where(where).group_by(Delivery.area_code))]


def underway_of_unit(session: Session, unit_id: str) -> list[tuple[Delivery, Order]]:
    """What one unit has to do, oldest first."""
    query = (
        select(Delivery, Order)
        .join(Order, Order.id == Delivery.order_id)
        .where(Delivery.unit_id == unit_id, Delivery.state.in_(HELD))
        .order_by(Order.id)
    )
    return [(delivery, order) for delivery, order in session.execute(query)]


def recent_of_unit(session: Session, unit_id: str, most: int) -> list[tuple[Delivery, Order]]:
    """The newest orders of one unit, whatever their state."""
    query = select(Delivery, Order).join(Order, Order.id == Delivery.order_id).where(Delivery.unit_id == unit_id)
    return [(delivery, order) for delivery, order in session.execute(query.order_by(Order.id.desc()).limit(most))]


def past_deadline(session: Session, now: datetime) -> list[Order]:
    """Running orders whose deadline has passed."""
    return list(session.scalars(select(Order).where(Order.state == "running", Order.deadline <= now).order_by(Order.deadline)))


def underway_page(session: Session, low: str, high: str, after: str, most: int) -> list[tuple[Delivery, str]]:
    """A page of deliveries that are under way, by id behind `after`, each with the kind of its order."""
    where = and_(Delivery.state.in_(UNDERWAY), Delivery.area_code >= low, Delivery.area_code < high, Delivery.id > after)
    query = select(Delivery, Order.kind).join(Order, Order.id == Delivery.order_id).where(where)
    return [(delivery, kind) for delivery, kind in session.execute(query.order_by(Delivery.id).limit(most))]


def finished_before(session: Session, moment: datetime) -> list[Order]:
    """Running orders, sent before `moment`, of which nothing is under way and no answer came since."""
    busy = select(Delivery.order_id).where(Delivery.state.in_(UNDERWAY))
    fresh = select(Delivery.order_id).join(DeliveryStep, DeliveryStep.delivery_id == Delivery.id).where(DeliveryStep.arrived_at > moment)
    where = and_(Order.state == "running", Order.sent_at <= moment, Order.id.not_in(busy), Order.id.not_in(fresh))
    return list(session.scalars(select(Order).where(where)))

"""Call policies, calls that are due, push subscriptions."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from sqlalchemy import Interval, delete, exists, func, literal, or_, select, update
from sqlalchemy.orm import Session

from datasources.models import Call, CallPolicy, Delivery, Order, PushSubscription, Unit, UnitRole
from datasources.queries import units
from datasources.queries.dispatch import AT_ONCE, UNANSWERED
from datasources.queries.units import Chosen

PLACES_AT_ONCE = 50


def policy(session: Session, area_code: str, priority: str) -> CallPolicy | None:
    """The policy of this area or of the nearest above it that has one."""
    above = [area_code[:n] for n in range(4, len(area_code) + 1)]
    query = select(CallPolicy).where(CallPolicy.priority == priority, CallPolicy.area_code.in_(above))
    return session.scalars(query.order_by(func.length(CallPolicy.area_code).desc()).limit(1)).first()


def policies(session: Session, priority: str) -> list[CallPolicy]:
    """All policies for this priority."""
    return list(session.scalars(select(CallPolicy).where(CallPolicy.priority == priority)))


def hold_orders(session: Session, order_ids: Sequence[str]) -> None:
    """Keep these orders running until the transaction ends: who ends one holds its row (`dispatch.ending`), before its deliveries."""
    session.execute(select(Order.id).where(Order.id.in_(order_ids)).order_by(Order.id).with_for_update(read=True)).all()


def due_deliveries(session: Session, now: datetime, most: int) -> list[tuple[str, str]]:
    """(id, order's id) of deliveries whose next call is due, the longest due first.

    Nothing else is asked, so that the index answers alone: while thousands wait for their calls, this is asked again and again.
    """
    query = select(Delivery.id, Delivery.order_id).where(Delivery.call_at <= now).order_by(Delivery.call_at, Delivery.id)
    return [(delivery_id, order_id) for delivery_id, order_id in session.execute(query.limit(most))]


def hold_deliveries(session: Session, ids: Sequence[str], now: datetime) -> list[tuple[Delivery, Order]]:
    """Those of these deliveries whose next call is still due, locked, with their orders."""
    query = select(Delivery).where(Delivery.id.in_(ids), Delivery.call_at <= now)
    found = list(session.scalars(query.order_by(Delivery.call_at, Delivery.id).with_for_update()))
    wanted = select(Order).where(Order.id.in_({one.order_id for one in found}))
    orders = {order.id: order for order in session.scalars(wanted)}
    return [(one, orders[one.order_id]) for one in found]


def due_calls(session: Session, now: datetime, most: int, channel: str, lock: bool = False) -> list[Call]:
    """Calls over this channel that are to be made now, or whose maker has died."""
    query = select(Call).where(Call.due_at <= now, Call.channel == channel).order_by(Call.due_at, Call.id).limit(most)
    return list(session.scalars(query.with_for_update(skip_locked=True) if lock else query))


def pass_over(session: Session, channel: str, now: datetime) -> tuple[int, Call | None]:
    """Make the next call due at once for those whose last one waits for this channel; how many, and one of their calls."""
    waiting = (Call.channel == channel, Call.due_at.is_not(None))
    theirs = exists().where(Call.delivery_id == Delivery.id, Call.step + 1 == Delivery.calls, *waiting)
    concerned = (Delivery.state.in_(UNANSWERED), Delivery.call_at > now, theirs)
    count = session.scalar(select(func.count()).select_from(Delivery).where(*concerned)) or 0
    session.execute(update(Delivery).where(*concerned).values(call_at=now).execution_options(synchronize_session=False))
    return count, session.scalars(select(Call).where(*waiting).limit(1)).first()


def shift(session: Session, step: timedelta) -> None:
    """Move the moment of every call that waits: the clock was set by `step`."""
    for model, column in ((Delivery, "call_at"), (Call, "due_at")):
        moment = getattr(model, column)
        if session.get_bind().dialect.name == "postgresql":
            # in one statement: an answer that ends the waiting meanwhile must not be undone
            moved_all = update(model).where(moment.is_not(None)).values({column: moment + literal(step, Interval())})
            session.execute(moved_all.execution_options(synchronize_session=False))
            continue
        waiting = session.execute(select(model.id, moment).where(moment.is_not(None))).all()
        moved = [{"id": key, column: at + step} for key, at in waiting]
        for start in range(0, len(moved), AT_ONCE):
            session.execute(update(model), moved[start : start + AT_ONCE])


def context(session: Session, calls: Sequence[Call]) -> dict[str, tuple[Delivery, Order, Unit]]:
    """Delivery, order and unit of each call, by the call's id."""
    query = (
        select(Call.id, Delivery, Order, Unit)
        .join(Delivery, Delivery.id == Call.delivery_id)
        .join(Order, Order.id == Delivery.order_id)
        .join(Unit, Unit.id == Delivery.unit_id)
        .where(Call.id.in_([call.id for call in calls]))
    )
    return {call_id: (delivery, order, unit) for call_id, delivery, order, unit in session.execute(query)}


def subscriptions(session: Session, unit_ids: Sequence[str]) -> dict[str, list[PushSubscription]]:
    """Push subscriptions of these units."""
    found: dict[str, list[PushSubscription]] = {}
    for start in range(0, len(unit_ids), AT_ONCE):
        query = select(PushSubscription).where(PushSubscription.unit_id.in_(unit_ids[start : start + AT_ONCE]))
        for one in session.scalars(query):
            found.setdefault(one.unit_id, []).append(one)
    return found


def forget_subscriptions(session: Session, endpoints: Sequence[str]) -> None:
    """Delete subscriptions that no longer exist at the push service."""
    if endpoints:
        session.execute(delete(PushSubscription).where(PushSubscription.endpoint.in_(endpoints)))


def of_delivery(session: Session, delivery_id: str) -> list[Call]:
    """Calls to one recipient, in their order."""
    return list(session.scalars(select(Call).where(Call.delivery_id == delivery_id).order_by(Call.step)))


def announced(session: Session, order_id: str, area_code: str) -> bool:
    """Whether a loudspeaker of this area has been, or is being, told of the order."""
    query = select(Call.id).where(Call.order_id == order_id, Call.channel == "loudspeaker", Call.area_code == area_code)
    return session.scalar(query.limit(1)) is not None


def stand_ins(session: Session, order_id: str, places: Sequence[tuple[str, str]]) -> list[Chosen]:
    """Who could stand in in these code ranges [low, high): on duty and without this order; leaders first."""
    # Asked for each candidate by the index of the pair: an order to a whole city has tens of thousands who have it.
    has_it = exists().where(Delivery.order_id == order_id, Delivery.unit_id == Unit.id)
    leads = exists().where(UnitRole.unit_id == Unit.id, UnitRole.role.in_(("micro_grid_leader", "grid_officer")))
    query = select(Unit.id, Unit.number, Unit.name, Unit.area_code, Unit.duty).where(Unit.duty == "on_duty", ~has_it)
    found: list[Chosen] = []
    for start in range(0, len(places), PLACES_AT_ONCE):
        inside = or_(*(units.place(low, high) for low, high in places[start : start + PLACES_AT_ONCE]))
        found += [Chosen(*row) for row in session.execute(query.where(inside).order_by(leads.desc(), Unit.number))]
    return found

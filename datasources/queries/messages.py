"""Messages inside an order."""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from datasources.models import Delivery, Message


def by_key(session: Session, key: str) -> Message | None:
    """The message that was sent under this idempotency key."""
    return session.scalar(select(Message).where(Message.key == key))


def of_delivery(session: Session, delivery_id: str) -> list[Message]:
    """Messages of one delivery in the order of their arrival."""
    return list(session.scalars(select(Message).where(Message.delivery_id == delivery_id).order_by(Message.arrived_at, Message.id)))


def count(session: Session, delivery_id: str) -> int:
    """How many messages a delivery has."""
    return session.scalar(select(func.count()).where(Message.delivery_id == delivery_id)) or 0


def from_desk(session: Session, delivery_ids: Sequence[str]) -> dict[str, int]:
    """How many messages the desk has written in each of these deliveries; those without are left out."""
    query = select(Message.delivery_id, func.count()).where(Message.delivery_id.in_(delivery_ids), ~Message.from_unit)
    return {str(delivery_id): int(count) for delivery_id, count in session.execute(query.group_by(Message.delivery_id))}


def addressed_to(session: Session, unit_id: str, attachment: str) -> bool:
    """Whether a photo or clip belongs to a message of one of this unit's deliveries."""
    query = select(Message.id).join(Delivery, Delivery.id == Message.delivery_id).where(Delivery.unit_id == unit_id)
    return session.scalar(query.where((Message.photo_id == attachment) | (Message.clip_id == attachment)).limit(1)) is not None

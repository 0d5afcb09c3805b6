"""Photos and voice clips that nothing names."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import exists, select
from sqlalchemy.orm import Session

from datasources.models import Clip, DeliveryStep, Message, Photo, Ticket, TicketStep

NAMED_BY = {
    Photo: (Ticket.photo_id, TicketStep.photo_id, Message.photo_id, DeliveryStep.photo_id),
    Clip: (Message.clip_id,),
}
"""Every column that names one (held by a test)."""


def unnamed(
    session: Session, model: type[Photo] | type[Clip], before: datetime, most: int, among: Sequence[str] | None = None
) -> list[str]:
    """Ids of those from before a moment that no ticket, step or message names, `among` these or of all."""
    free = [~exists().where(column == model.id) for column in NAMED_BY[model]]
    query = select(model.id).where(model.at < before, *free).order_by(model.at).limit(most)
    return list(session.scalars(query if among is None else query.where(model.id.in_(among))))


def known(session: Session, model: type[Photo] | type[Clip], ids: Sequence[str]) -> set[str]:
    """Those of these ids that have a row."""
    return set(session.scalars(select(model.id).where(model.id.in_(ids)))) if ids else set()
